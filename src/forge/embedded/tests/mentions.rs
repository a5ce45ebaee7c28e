//! What texts refer to, who is told, and what searches narrow by, on both engines.

use super::world::World;
use super::world::titled;
use crate::db::scratch;
use crate::forge::embedded::IssueChange;
use crate::forge::embedded::LabelChange;
use crate::forge::embedded::MilestoneChange;
use crate::forge::embedded::NewIssue;
use crate::forge::embedded::Search;
use crate::forge::embedded::Shelf;
use crate::forge::embedded::View;
use crate::forge::embedded::Why;
use crate::kit::page::Paging;
use crate::model::reference;

const FIRST: Paging = Paging { page: 1, limit: 30 };

fn saying(title: &str, body: &str) -> NewIssue {
    NewIssue { body: body.into(), ..titled(title) }
}

#[tokio::test]
async fn a_mention_counts_once_and_is_seen_by_those_who_read_both_ends() {
    scratch::on_each_engine(async |db| {
        let world = World::new(db).await;
        let place = world.place(&world.owner).await;
        world.create("secret", true).await;
        let secret =
            world.forge.enter(&world.owner, &"olga".parse().unwrap(), &"secret".parse().unwrap()).await.unwrap();
        world.forge.open_issue(&world.owner, &place, titled("target")).await.unwrap();
        world.forge.open_issue(&world.owner, &place, saying("near", "see #1 and #1, and #2")).await.unwrap();
        world.forge.comment(&world.owner, &place, 2, "again #1 and #77").await.unwrap();
        world.forge.open_issue(&world.owner, &secret, saying("far", "see olga/tools#1")).await.unwrap();
        // A stranger reaches nothing that they cannot read.
        world.forge.comment(&world.stranger, &place, 2, "olga/secret#1").await.unwrap();

        let seen = async |cx| {
            let place = world.place(cx).await;
            let mentions = world.forge.mentions(cx, &place, 1).await.unwrap();
            mentions.iter().map(|mention| mention.repo.to_string()).collect::<Vec<_>>()
        };
        assert_eq!(seen(&world.owner).await, ["olga/secret", "olga/tools"]);
        assert_eq!(seen(&world.stranger).await, ["olga/tools"]);
        assert!(world.forge.mentions(&world.owner, &secret, 1).await.unwrap().is_empty());

        let references = reference::find("#1 #77 olga/secret#1 @SAM @nobody 0123456789");
        let references: Vec<_> = references.into_iter().map(|found| found.reference).collect();
        let known = world.forge.known(&world.stranger, &place, references.clone()).await.unwrap();
        let secret = ("olga".parse().unwrap(), "secret".parse().unwrap());
        assert_eq!(known.issue(None, 1).map(|issue| issue.title.as_str()), Some("target"));
        assert!(known.issue(None, 77).is_none() && known.issue(Some(&secret), 1).is_none());
        assert_eq!(known.person(&"Sam".parse().unwrap()).map(|name| name.as_str()), Some("sam"));
        assert!(known.person(&"nobody".parse().unwrap()).is_none() && known.commit("0123456789").is_none());
        let known = world.forge.known(&world.owner, &place, references).await.unwrap();
        assert_eq!(known.issue(Some(&secret), 1).map(|issue| issue.title.as_str()), Some("far"));
    })
    .await;
}

#[tokio::test]
async fn people_are_told_why_and_not_what_they_muted() {
    scratch::on_each_engine(async |db| {
        let world = World::new(db).await;
        let place = world.place(&world.stranger).await;
        world.forge.open_issue(&world.stranger, &place, saying("help", "@wim?")).await.unwrap();
        let told = async |cx, shelf| {
            let page = world.forge.notices(cx, shelf, FIRST).await.unwrap();
            let told = page.items.iter().map(|one| (one.actor.clone(), one.what.clone(), one.why, one.entry.is_some()));
            told.collect::<Vec<_>>()
        };
        let news = told(&world.writer, Shelf::Unread).await;
        assert_eq!(news, [("sam".into(), "mentioned you".into(), Why::Mentioned, false)]);
        world.forge.comment(&world.writer, &place, 1, "yes").await.unwrap();
        let news = told(&world.stranger, Shelf::Unread).await;
        assert_eq!(news, [("wim".into(), "commented".into(), Why::Author, true)]);
        let sam = world.stranger.person().unwrap();
        assert_eq!(world.forge.count_unread(sam).await.unwrap(), 1);
        assert!(world.forge.mark_read(&world.stranger, place.repository.id, 1).await.unwrap().is_some());
        assert_eq!(world.forge.count_unread(sam).await.unwrap(), 0);

        world.forge.mute(&world.stranger, &place, 1, true).await.unwrap();
        world.forge.comment(&world.writer, &place, 1, "@sam").await.unwrap();
        assert!(told(&world.stranger, Shelf::Unread).await.is_empty());
        assert_eq!(told(&world.stranger, Shelf::Muted).await.len(), 1);
        world.forge.mute(&world.stranger, &place, 1, false).await.unwrap();
        world.forge.comment(&world.writer, &place, 1, "@sam").await.unwrap();
        assert_eq!(told(&world.stranger, Shelf::All).await[0].2, Why::Mentioned);
        world.forge.mark_all_read(&world.stranger).await.unwrap();
        assert_eq!(world.forge.count_unread(sam).await.unwrap(), 0);
    })
    .await;
}

#[tokio::test]
async fn every_qualifier_narrows_and_views_are_ones_own() {
    scratch::on_each_engine(async |db| {
        let world = World::new(db).await;
        let place = world.place(&world.writer).await;
        let label = LabelChange { name: Some("bug".into()), ..LabelChange::default() };
        world.forge.create_label(&world.writer, &place, label).await.unwrap();
        let due = MilestoneChange { title: Some("Version 1".into()), ..MilestoneChange::default() };
        let milestone = world.forge.create_milestone(&world.writer, &place, due).await.unwrap();
        let one = NewIssue { labels: vec!["bug".into()], milestone: Some(milestone.id), ..titled("one") };
        world.forge.open_issue(&world.writer, &place, one).await.unwrap();
        let two = NewIssue { assignees: vec!["sam".into()], ..saying("two", "for @olga: one") };
        world.forge.open_issue(&world.writer, &place, two).await.unwrap();
        world.forge.comment(&world.owner, &place, 1, "said").await.unwrap();
        let close = IssueChange { state: Some(crate::forge::embedded::State::Closed), ..IssueChange::default() };
        world.forge.edit_issue(&world.writer, &place, 2, close).await.unwrap();
        let cases: [(&str, &[i64]); 16] = [
            ("label:bug", &[1]),
            ("-label:bug", &[2]),
            ("no:label", &[2]),
            ("no:assignee", &[1]),
            ("no:milestone", &[2]),
            ("assignee:sam", &[2]),
            ("mentions:Olga", &[2]),
            ("milestone:\"version 1\"", &[1]),
            ("one", &[2, 1]),
            ("one in:title", &[1]),
            ("one in:body", &[2]),
            ("is:closed one", &[2]),
            ("is:draft", &[]),
            ("sort:updated-asc", &[1, 2]),
            ("sort:comments-desc", &[1, 2]),
            ("sort:comments-asc", &[2, 1]),
        ];
        for (typed, expected) in cases {
            let found = world.forge.search(&place, &Search::parse(typed), FIRST).await.unwrap();
            let numbers: Vec<i64> = found.page.items.iter().map(|issue| issue.number).collect();
            assert_eq!(numbers, expected, "{typed}");
            assert_eq!(found.page.total, expected.len() as u64, "{typed}");
        }
        let found = world.forge.search(&place, &Search::parse("is:closed"), FIRST).await.unwrap();
        assert_eq!((found.open, found.closed), (1, 1), "both tabs are counted whichever is shown");

        let view = |query: &str| View { name: "Mine".into(), pulls: false, query: query.into() };
        world.forge.keep_view(&world.writer, &place, &view("is:open")).await.unwrap();
        world.forge.keep_view(&world.writer, &place, &view("is:closed")).await.unwrap();
        assert_eq!(world.forge.views(&world.writer, &place).await.unwrap(), [view("is:closed")]);
        assert!(world.forge.views(&world.owner, &place).await.unwrap().is_empty());
        world.forge.forget_view(&world.writer, &place, false, "Mine").await.unwrap();
        assert!(world.forge.views(&world.writer, &place).await.unwrap().is_empty());
    })
    .await;
}
