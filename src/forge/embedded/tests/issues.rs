//! Issues, comments, labels and search.

use std::time::Duration;

use super::world::World;
use super::world::titled;
use crate::db::scratch;
use crate::forge::embedded::IssueChange;
use crate::forge::embedded::LabelChange;
use crate::forge::embedded::Labelling;
use crate::forge::embedded::NewIssue;
use crate::forge::embedded::Search;
use crate::forge::embedded::State;
use crate::forge::embedded::Which;
use crate::kit::ErrorKind;
use crate::kit::page::Paging;

fn label(name: &str) -> LabelChange {
    LabelChange { name: Some(name.into()), color: Some("#d73a4a".into()), description: None }
}

#[tokio::test]
async fn opening_an_issue_with_a_label_tells_both() {
    scratch::on_each_engine(async |db| {
        let world = World::new(db).await;
        let place = world.place(&world.writer).await;
        world.forge.create_label(&world.writer, &place, label("Bug")).await.unwrap();
        let again = world.forge.create_label(&world.writer, &place, label("bUG")).await.unwrap_err();
        assert_eq!((again.kind(), again.field_name()), (ErrorKind::Invalid, Some("name")));

        let new =
            NewIssue { labels: vec!["bug".into(), "BUG".into()], body: "@fixer go".into(), ..titled("It breaks") };
        let issue = world.forge.open_issue(&world.writer, &place, new).await.unwrap();
        assert_eq!((issue.number, issue.label_names()), (1, vec!["Bug".to_owned()]));
        assert_eq!(world.told().await, ["Person wim: issue opened#1", "Person wim: label Bug#1"]);
        assert_eq!(world.place(&world.owner).await.repository.open_issues, 1);

        let unknown = NewIssue { labels: vec!["nope".into()], ..titled("x") };
        let error = world.forge.open_issue(&world.writer, &place, unknown).await.unwrap_err();
        assert_eq!(error.message(), "The repository has no label `nope`");
        assert_eq!(world.forge.open_issue(&world.writer, &place, titled("next")).await.unwrap().number, 2);
    })
    .await;
}

#[tokio::test]
async fn numbers_are_given_once_however_many_ask_at_once() {
    scratch::on_each_engine(async |db| {
        let world = World::new(db).await;
        let place = world.place(&world.owner).await;
        let asks = (0..24).map(|n| world.forge.open_issue(&world.owner, &place, titled(&format!("issue {n}"))));
        let mut numbers: Vec<i64> =
            futures_util::future::join_all(asks).await.into_iter().map(|issue| issue.unwrap().number).collect();
        numbers.sort_unstable();
        assert_eq!(numbers, (1..=24).collect::<Vec<i64>>());
        assert_eq!(world.told().await.len(), 24);
    })
    .await;
}

#[tokio::test]
async fn hostile_titles_are_refused_or_kept_as_they_are() {
    scratch::on_each_engine(async |db| {
        let world = World::new(db).await;
        let place = world.place(&world.stranger).await;
        for wrong in ["", " ", "a\nb", "a\0b", "\u{7f}", &"x".repeat(256)] {
            let error = world.forge.open_issue(&world.stranger, &place, titled(wrong)).await.unwrap_err();
            assert_eq!((error.kind(), error.field_name()), (ErrorKind::Invalid, Some("title")), "{wrong:?}");
        }
        for kept in
            ["'; drop table issues; --", "$(id)`id`", "--upload-pack=x", "a\u{202e}b\u{e0041}", "<script>alert(1)"]
        {
            let issue = world.forge.open_issue(&world.stranger, &place, titled(kept)).await.unwrap();
            assert_eq!(world.forge.issue(&place, issue.number).await.unwrap().title, kept);
        }
        let long = NewIssue { body: "x".repeat(300_000), ..titled("long") };
        let error = world.forge.open_issue(&world.stranger, &place, long).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::TooLarge);
    })
    .await;
}

#[tokio::test]
async fn an_author_edits_their_own_and_a_stranger_nothing() {
    scratch::on_each_engine(async |db| {
        let world = World::new(db).await;
        let place = world.place(&world.stranger).await;
        let issue = world.forge.open_issue(&world.owner, &place, titled("mine")).await.unwrap();
        let close = IssueChange { state: Some(State::Closed), ..IssueChange::default() };
        let denied = world.forge.edit_issue(&world.stranger, &place, issue.number, close.clone()).await.unwrap_err();
        assert_eq!(denied.kind(), ErrorKind::Denied);

        let own = world.forge.open_issue(&world.stranger, &place, titled("theirs")).await.unwrap();
        world.events().await;
        let change = IssueChange { title: Some("new".into()), body: Some("said".into()), ..close };
        let closed = world.forge.edit_issue(&world.stranger, &place, own.number, change).await.unwrap();
        assert_eq!((closed.state, closed.closed), (State::Closed, Some(world.clock.now())));
        assert_eq!(world.told().await, ["Person sam: issue edited#2", "Person sam: issue closed#2"]);
        assert_eq!(world.place(&world.owner).await.repository.open_issues, 1);
        assert_eq!(world.forge.edits(&place, own.id).await.unwrap()[0].body, "");
        let milestone = IssueChange { milestone: Some(1), ..IssueChange::default() };
        let denied = world.forge.edit_issue(&world.stranger, &place, own.number, milestone).await.unwrap_err();
        assert_eq!(denied.kind(), ErrorKind::Denied);
    })
    .await;
}

#[tokio::test]
async fn an_edited_comment_keeps_its_history_and_changes_its_digest() {
    scratch::on_each_engine(async |db| {
        let world = World::new(db).await;
        let place = world.place(&world.stranger).await;
        let issue = world.forge.open_issue(&world.owner, &place, titled("talk")).await.unwrap();
        let comment = world.forge.comment(&world.stranger, &place, issue.number, "first").await.unwrap();
        assert_eq!(world.told().await, ["Person olga: issue opened#1", "Person sam: comment #1"]);
        world.clock.advance(Duration::from_secs(60));
        let edited = world.forge.edit_comment(&world.stranger, &place, comment.id, "second", None).await.unwrap();
        assert_ne!(edited.body_digest(), comment.body_digest());
        let edits = world.forge.edits(&place, comment.id).await.unwrap();
        assert_eq!(
            (edits[0].body.as_str(), edits[0].editor.as_str(), edits[0].at),
            ("first", "sam", world.clock.now())
        );
        let other = world.forge.comment(&world.owner, &place, issue.number, "mine").await.unwrap();
        let denied = world.forge.edit_comment(&world.stranger, &place, other.id, "yours", None).await.unwrap_err();
        assert_eq!(denied.kind(), ErrorKind::Denied);
        let error = world.forge.comment(&world.owner, &place, 99, "where").await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::NotFound);
        assert_eq!(world.forge.issue(&place, issue.number).await.unwrap().comments, 2);
    })
    .await;
}

#[tokio::test]
async fn labels_come_on_once_and_off_quietly() {
    scratch::on_each_engine(async |db| {
        let world = World::new(db).await;
        let place = world.place(&world.writer).await;
        for name in ["bug", "agent:fix", "late"] {
            world.forge.create_label(&world.writer, &place, label(name)).await.unwrap();
        }
        world.forge.open_issue(&world.writer, &place, titled("labelled")).await.unwrap();
        world.events().await;
        let add = Labelling::Change { add: vec!["bug".into(), "agent:fix".into()], remove: Vec::new() };
        world.forge.label_issue(&world.writer, &place, 1, add.clone()).await.unwrap();
        world.forge.label_issue(&world.writer, &place, 1, add).await.unwrap();
        assert_eq!(world.told().await, ["Person wim: label bug#1", "Person wim: label agent:fix#1"]);
        let exactly = Labelling::Replace(vec!["late".into(), "bug".into()]);
        let issue = world.forge.label_issue(&world.writer, &place, 1, exactly).await.unwrap();
        assert_eq!(issue.label_names(), ["bug", "late"]);
        assert_eq!(world.told().await, ["Person wim: label late#1"]);
        let all = world.forge.entries(&place, 1, Which::All, Paging::new(None, None)).await.unwrap();
        let words: Vec<String> = all.items.iter().map(|entry| format!("{:?} {}", entry.kind, entry.body)).collect();
        assert_eq!(words, ["Labelled bug", "Labelled agent:fix", "Labelled late", "Unlabelled agent:fix"]);
    })
    .await;
}

#[tokio::test]
async fn a_search_picks_by_state_label_author_and_words() {
    scratch::on_each_engine(async |db| {
        let world = World::new(db).await;
        let place = world.place(&world.writer).await;
        world.forge.create_label(&world.writer, &place, label("good first")).await.unwrap();
        let new = NewIssue { labels: vec!["good first".into()], ..titled("Flaky 100% test") };
        world.forge.open_issue(&world.writer, &place, new).await.unwrap();
        world.forge.open_issue(&world.stranger, &place, titled("Another flaky thing")).await.unwrap();
        let close = IssueChange { state: Some(State::Closed), ..IssueChange::default() };
        world.forge.edit_issue(&world.stranger, &place, 2, close).await.unwrap();
        let found = async |typed: &str| -> Vec<i64> {
            let page = world.forge.issues(&place, &Search::parse(typed), Paging::new(None, None)).await.unwrap();
            assert_eq!(page.total, page.items.len() as u64);
            page.items.iter().map(|issue| issue.number).collect()
        };
        assert_eq!(found("").await, [2, 1]);
        assert_eq!(found("is:open").await, [1]);
        assert_eq!(found("FLAKY sort:oldest").await, [1, 2]);
        assert_eq!(found(r#"label:"Good First" author:WIM"#).await, [1]);
        assert_eq!(found("100%").await, [1]);
        assert_eq!(found("1__%").await, Vec::<i64>::new());
        assert_eq!(found("is:pr").await, Vec::<i64>::new());
    })
    .await;
}

#[tokio::test]
async fn a_private_repository_is_not_there_for_strangers() {
    scratch::on_each_engine(async |db| {
        let world = World::new(db).await;
        world.create("secret", true).await;
        let name = "secret".parse().unwrap();
        let owner = "olga".parse().unwrap();
        let hidden = world.forge.enter(&world.stranger, &owner, &name).await.unwrap_err();
        let missing = world.forge.enter(&world.stranger, &owner, &"nothing".parse().unwrap()).await.unwrap_err();
        assert_eq!((hidden.kind(), hidden.message()), (ErrorKind::NotFound, missing.message()));
        let listed = async |cx| {
            let wanted = crate::forge::embedded::Wanted::default();
            let page = world.forge.repositories(cx, &wanted, Paging::new(None, None)).await.unwrap();
            page.items.iter().map(|repository| repository.name.to_string()).collect::<Vec<_>>()
        };
        assert_eq!(listed(&world.stranger).await, ["tools"]);
        assert_eq!(listed(&world.owner).await.len(), 2);
    })
    .await;
}
