//! Pull requests: opening, following their branch, reviews, merging.

use super::world::World;
use super::world::branch;
use crate::access::Cx;
use crate::db::scratch;
use crate::forge::embedded::Issue;
use crate::forge::embedded::Merge;
use crate::forge::embedded::NewReview;
use crate::forge::embedded::Protection;
use crate::forge::embedded::PullRequest;
use crate::forge::embedded::ReviewState;
use crate::git::Style;
use crate::kit::ErrorKind;
use crate::kit::Result;
use crate::model::Role;

async fn open(world: &World, cx: &Cx, head: &str) -> Result<Issue> {
    let place = world.place(cx).await;
    let new = PullRequest {
        title: format!("Bring {head}"),
        body: String::new(),
        base: branch("main"),
        head_repo: place.repository.id,
        head: branch(head),
        draft: false,
        labels: Vec::new(),
    };
    world.forge.open_pull(cx, &place, new).await
}

fn by(style: Style) -> Merge {
    Merge { style, message: None, expected_head: None, delete_branch: false }
}

#[tokio::test]
async fn a_pull_request_follows_its_branch() {
    scratch::on_each_engine(async |db| {
        let world = World::new(db).await;
        world.commit(&world.writer, "fix", "a.txt", "one\n").await;
        let pull = open(&world, &world.writer, "fix").await.unwrap();
        assert_eq!(world.told().await, ["Person wim: push fix", "Person wim: pull_request opened#1"]);
        let twin = open(&world, &world.writer, "fix").await.unwrap_err();
        assert_eq!((twin.kind(), twin.code_name()), (ErrorKind::Conflict, "PULL_EXISTS"));
        let empty = open(&world, &world.writer, "main").await.unwrap_err();
        assert_eq!(empty.kind(), ErrorKind::Invalid);

        let head = world.commit(&world.writer, "fix", "b.txt", "two\n").await;
        let events = world.events().await;
        let synchronised = serde_json::to_value(&events[1].what).unwrap();
        assert_eq!(synchronised["action"], "synchronize");
        assert_eq!(synchronised["paths"], serde_json::json!(["a.txt", "b.txt"]));
        let place = world.place(&world.writer).await;
        let seen = world.forge.pull(&place, pull.number).await.unwrap().pull.unwrap();
        assert_eq!(seen.head_sha, head);
        assert_eq!(world.forge.git(&place.repository).find_ref("refs/pull/1/head").await.unwrap(), Some(head));
    })
    .await;
}

#[tokio::test]
async fn each_style_of_merging_closes_the_pull_request_once() {
    scratch::on_each_engine(async |db| {
        let world = World::new(db).await;
        for (head, style) in [("one", Style::Merge), ("two", Style::Squash), ("three", Style::Rebase)] {
            world.commit(&world.writer, head, &format!("{head}.txt"), "text\n").await;
            let pull = open(&world, &world.writer, head).await.unwrap();
            world.events().await;
            let place = world.place(&world.writer).await;
            let sha = world.forge.merge(&world.writer, &place, pull.number, by(style)).await.unwrap();
            let told = world.told().await;
            let merged = format!("Person wim: pull_request merged#{}", pull.number);
            assert_eq!(told, ["Person wim: push main".to_owned(), merged], "{style:?}");
            let after = world.forge.pull(&place, pull.number).await.unwrap();
            assert_eq!(after.state_name(), "merged");
            assert_eq!(after.pull.unwrap().merged.unwrap().sha, sha, "{style:?}");
            let again = world.forge.merge(&world.writer, &place, pull.number, by(style)).await.unwrap_err();
            assert_eq!((again.kind(), again.code_name()), (ErrorKind::Conflict, "ALREADY_MERGED"));
        }
        assert_eq!(world.place(&world.owner).await.repository.open_pulls, 0);
    })
    .await;
}

#[tokio::test]
async fn of_two_who_merge_at_once_one_wins() {
    scratch::on_each_engine(async |db| {
        let world = World::new(db).await;
        world.commit(&world.writer, "fix", "a.txt", "one\n").await;
        open(&world, &world.writer, "fix").await.unwrap();
        world.events().await;
        let place = world.place(&world.owner).await;
        let merges = (0..4).map(|_| world.forge.merge(&world.owner, &place, 1, by(Style::Squash)));
        let results = futures_util::future::join_all(merges).await;
        assert_eq!(results.iter().filter(|result| result.is_ok()).count(), 1);
        let lost = results.iter().filter_map(|result| result.as_ref().err());
        assert!(lost.map(|error| error.kind()).all(|kind| kind == ErrorKind::Conflict));
        assert_eq!(world.told().await, ["Person olga: push main", "Person olga: pull_request merged#1"]);
    })
    .await;
}

#[tokio::test]
async fn a_conflict_and_a_moved_head_merge_nothing() {
    scratch::on_each_engine(async |db| {
        let world = World::new(db).await;
        world.commit(&world.writer, "fix", "README.md", "theirs\n").await;
        let pull = open(&world, &world.writer, "fix").await.unwrap();
        let looked_at = pull.pull.clone().map(|pull| pull.head_sha);
        world.commit(&world.writer, "main", "README.md", "ours\n").await;
        let place = world.place(&world.writer).await;
        let error = world.forge.merge(&world.writer, &place, 1, by(Style::Merge)).await.unwrap_err();
        assert_eq!((error.kind(), error.code_name()), (ErrorKind::Conflict, "MERGE_CONFLICT"));
        world.commit(&world.writer, "fix", "c.txt", "more\n").await;
        let stale = Merge { expected_head: looked_at, ..by(Style::Merge) };
        let error = world.forge.merge(&world.writer, &place, 1, stale).await.unwrap_err();
        assert_eq!((error.kind(), error.code_name()), (ErrorKind::Conflict, "HEAD_MOVED"));
        assert_eq!(world.forge.pull(&place, 1).await.unwrap().state_name(), "open");
    })
    .await;
}

#[tokio::test]
async fn a_protected_base_takes_no_commits_and_asks_for_reviews() {
    scratch::on_each_engine(async |db| {
        let world = World::new(db).await;
        let place = world.place(&world.owner).await;
        let protection = Protection { branch: branch("main"), approvals: 1, checks: Vec::new(), owners: false };
        world.forge.protect(&world.owner, &place, protection.clone()).await.unwrap();
        let mine = world.place(&world.writer).await;
        let denied = world.forge.protect(&world.writer, &mine, protection).await.unwrap_err();
        assert_eq!(denied.kind(), ErrorKind::Denied);
        world.commit(&world.owner, "fix", "a.txt", "one\n").await;
        open(&world, &world.owner, "fix").await.unwrap();

        let early = world.forge.merge(&world.owner, &place, 1, by(Style::Merge)).await.unwrap_err();
        assert_eq!(early.message(), "Cannot merge into `main`: 0 of 1 approvals");
        let own =
            world.forge.review(&world.owner, &place, 1, NewReview::new(ReviewState::Approved, "")).await.unwrap_err();
        assert_eq!(own.kind(), ErrorKind::Invalid);
        let cold = world.place(&world.stranger).await;
        world.forge.review(&world.stranger, &cold, 1, NewReview::new(ReviewState::Approved, "")).await.unwrap();
        let still = world.forge.merge(&world.owner, &place, 1, by(Style::Merge)).await.unwrap_err();
        assert_eq!(still.message(), "Cannot merge into `main`: 0 of 1 approvals");
        world.forge.review(&world.writer, &mine, 1, NewReview::new(ReviewState::Approved, "")).await.unwrap();
        let low = world.forge.merge(&world.writer, &mine, 1, by(Style::Merge)).await.unwrap_err();
        assert_eq!(low.hints(), ["it needs the role `maintain`"]);
        world.forge.merge(&world.owner, &place, 1, by(Style::Merge)).await.unwrap();
    })
    .await;
}

#[tokio::test]
async fn a_fork_proposes_from_outside() {
    scratch::on_each_engine(async |db| {
        let world = World::new(db).await;
        let place = world.place(&world.stranger).await;
        let fork = world.forge.fork(&world.stranger, &place).await.unwrap();
        let at = world.forge.enter_by_id(&world.stranger, fork.id).await.unwrap();
        let who = world.forge.signature(&world.stranger).await.unwrap();
        let change = crate::git::Change::Write { bytes: b"theirs\n".to_vec(), executable: false };
        let commit = crate::git::CommitFiles {
            branch: branch("main"),
            expected: crate::git::Expected::Any,
            base: None,
            changes: vec![("theirs.txt".parse().unwrap(), change)],
            author: who.clone(),
            committer: who,
            message: "Theirs\n".into(),
        };
        world.forge.commit_files(&world.stranger, &at, commit.clone()).await.unwrap();
        let new = PullRequest {
            title: "From outside".into(),
            body: String::new(),
            base: branch("main"),
            head_repo: fork.id,
            head: branch("main"),
            draft: false,
            labels: Vec::new(),
        };
        let pull = world.forge.open_pull(&world.stranger, &place, new).await.unwrap();
        assert!(pull.as_pull_event().unwrap().fork);
        world.events().await;
        let change = crate::git::Change::Write { bytes: b"more\n".to_vec(), executable: false };
        let more = crate::git::CommitFiles { changes: vec![("more.txt".parse().unwrap(), change)], ..commit };
        world.forge.commit_files(&world.stranger, &at, more).await.unwrap();
        assert_eq!(world.told().await, ["Person sam: push main", "Person sam: pull_request synchronize#1"]);
        let mine = world.place(&world.writer).await;
        world.forge.merge(&world.writer, &mine, 1, by(Style::Merge)).await.unwrap();
        assert_eq!(world.forge.pull(&place, 1).await.unwrap().state_name(), "merged");
        assert_eq!(mine.standing.role, Some(Role::Write));
    })
    .await;
}
