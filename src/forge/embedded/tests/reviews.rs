//! Judgements about one head, words about single lines, and judgements that were taken off the table.

use super::world::World;
use super::world::branch;
use crate::db::scratch;
use crate::forge::embedded::About;
use crate::forge::embedded::LineSide;
use crate::forge::embedded::Lines;
use crate::forge::embedded::NewLineComment;
use crate::forge::embedded::NewReview;
use crate::forge::embedded::PullRequest;
use crate::forge::embedded::ReviewState;
use crate::kit::ErrorKind;
use crate::kit::page::Paging;

/// A pull request of the owner's that turns `one` into `one`, `two`.
async fn proposed(world: &World) {
    world.commit(&world.owner, "main", "a.txt", "one\n").await;
    let place = world.place(&world.owner).await;
    world.commit(&world.owner, "fix", "a.txt", "one\ntwo\n").await;
    let new = PullRequest {
        title: "Count on".into(),
        body: String::new(),
        base: branch("main"),
        head_repo: place.repository.id,
        head: branch("fix"),
        draft: false,
        labels: Vec::new(),
    };
    world.forge.open_pull(&world.owner, &place, new).await.unwrap();
}

fn word(path: &str, side: LineSide, (first, last): (i64, i64), body: &str) -> NewLineComment {
    let about = About::Lines(Lines { path: path.into(), side, first, last });
    NewLineComment { about, body: body.into() }
}

fn about(line: i64, side: LineSide) -> NewReview {
    let comment = word("a.txt", side, (line, line), "Why?");
    NewReview { lines: vec![comment], ..NewReview::new(ReviewState::Commented, "") }
}

#[tokio::test]
async fn words_about_a_line_stand_where_it_was_seen() {
    scratch::on_each_engine(async |db| {
        let world = World::new(db).await;
        proposed(&world).await;
        let place = world.place(&world.writer).await;
        let review = world.forge.review(&world.writer, &place, 1, about(2, LineSide::New)).await.unwrap();
        let lines = world.forge.lines_of_review(&place, review.id).await.unwrap();
        let said = (lines[0].lines.to_string(), lines[0].hunk.as_str(), lines[0].body.as_str());
        assert_eq!(said, ("a.txt:2".to_owned(), "@@ -1 +1,2 @@\n one\n+two\n", "Why?"));
        assert_eq!(world.forge.lines_of_pull(&place, 1).await.unwrap(), lines);
        for (line, side) in [(3, LineSide::New), (2, LineSide::Old), (0, LineSide::New), (-1, LineSide::Old)] {
            let refused = world.forge.review(&world.writer, &place, 1, about(line, side)).await.unwrap_err();
            assert_eq!((refused.kind(), refused.field_name()), (ErrorKind::Invalid, Some("comments")), "{line}");
        }
        let elsewhere = word("../a.txt", LineSide::New, (1, 1), "?");
        let review = NewReview { lines: vec![elsewhere], ..NewReview::new(ReviewState::Commented, "") };
        assert!(world.forge.review(&world.writer, &place, 1, review).await.is_err());
        assert_eq!(world.forge.reviews(&place, 1, Paging::new(None, None)).await.unwrap().total, 1);
    })
    .await;
}

#[tokio::test]
async fn a_judgement_counts_for_its_head_until_it_is_dismissed() {
    scratch::on_each_engine(async |db| {
        let world = World::new(db).await;
        proposed(&world).await;
        let place = world.place(&world.writer).await;
        let head = async || world.forge.pull(&place, 1).await.unwrap().pull.unwrap().head_sha;
        let judged = async || world.forge.judgement(&place, 1, &head().await).await.unwrap();
        let old = head().await;
        world.forge.review(&world.writer, &place, 1, NewReview::new(ReviewState::Approved, "")).await.unwrap();
        assert_eq!(judged().await, (1, false));
        world.commit(&world.owner, "fix", "a.txt", "one\ntwo\nthree\n").await;
        assert_eq!(judged().await, (0, false), "the head moved on");
        let late = NewReview { looked_at: Some(old), ..NewReview::new(ReviewState::Approved, "") };
        let late = world.forge.review(&world.writer, &place, 1, late).await.unwrap_err();
        assert_eq!(late.kind(), ErrorKind::Conflict);

        let wish = NewReview::new(ReviewState::ChangesRequested, "Four");
        let wish = world.forge.review(&world.writer, &place, 1, wish).await.unwrap();
        assert_eq!(judged().await, (0, true));
        let stranger = world.place(&world.stranger).await;
        let denied = world.forge.dismiss_review(&world.stranger, &stranger, wish.id, Some("no")).await.unwrap_err();
        assert_eq!(denied.kind(), ErrorKind::Denied);
        let owner = world.place(&world.owner).await;
        let gone = world.forge.dismiss_review(&world.owner, &owner, wish.id, Some("Three is enough")).await.unwrap();
        assert_eq!(gone.review.unwrap().dismissed.unwrap().message, "Three is enough");
        assert_eq!(judged().await, (0, false), "nor does an earlier judgement of theirs rise again");
        assert_eq!(
            world.forge.entry(&place, wish.id).await.unwrap().review.unwrap().dismissed.unwrap().by.login.as_str(),
            "olga"
        );
        world.forge.dismiss_review(&world.owner, &owner, wish.id, None).await.unwrap();
        assert_eq!(judged().await, (0, true));
    })
    .await;
}
