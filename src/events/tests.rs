//! The inbox keeps what it acknowledged, counts the same thing once, and remembers why; on both engines.

use std::time::Duration;

use axum::body::Bytes;
use tokio::task::JoinSet;

use super::*;
use crate::db::Tx;
use crate::db::scratch;
use crate::kit::ErrorKind;
use crate::kit::clock::Timestamp;
use crate::kit::page::Paging;
use crate::model::ActorKind;
use crate::model::ActorRef;
use crate::model::Event;
use crate::model::EventId;
use crate::model::RepoId;
use crate::model::RepoRef;
use crate::model::RunId;
use crate::model::What;
use crate::model::event::Issue;

fn start(db: &Db) -> (Events, Clock) {
    let clock = Clock::fixed(Timestamp::from_seconds(1_700_000_000));
    (Events::new(db.clone(), &clock), clock)
}

fn raw(remote_id: &str, body: &str) -> RawDelivery {
    RawDelivery {
        source: "github".parse().unwrap(),
        remote_id: remote_id.into(),
        name: "issues".into(),
        headers: vec![("user-agent", "GitHub-Hookshot".into())],
        body: Bytes::copy_from_slice(body.as_bytes()),
    }
}

fn issue_opened(repo: RepoId, number: i64) -> Event {
    let issue = Issue {
        number,
        title: "The sum is wrong".into(),
        body: String::new(),
        state: "open".into(),
        author: "ada".into(),
        labels: Vec::new(),
    };
    Event {
        repo: RepoRef { id: repo, owner: "acme".parse().unwrap(), name: "sums".parse().unwrap() },
        actor: ActorRef { kind: ActorKind::Person, login: "ada".into(), account: None },
        at: Timestamp::from_seconds(1_700_000_000),
        what: What::Issue { action: "opened".into(), issue },
    }
}

async fn own(events: &Events, tx: &mut Tx, id: &str, event: Event) -> Option<EventId> {
    let payload = serde_json::json!({"action": "opened"});
    events.accept_own(tx, OwnDelivery { id: id.into(), name: "issues".into(), event, payload }).await.unwrap()
}

fn execution(event: EventId, repo: RepoId, rule: &str, decision: Decision) -> NewExecution {
    NewExecution {
        event,
        repo,
        rule: rule.into(),
        decision,
        reason: "the label is `agent`".into(),
        stack: Some("fixer".into()),
        run: None,
        number: Some(7),
        config: None,
        dedupe_key: None,
        concurrency_key: None,
        firing: None,
    }
}

#[tokio::test]
async fn what_was_acknowledged_is_there_byte_for_byte() {
    scratch::on_each_engine(async |db| {
        let (events, clock) = start(&db);
        let long = format!("{{\"text\": \"{}\"}}", "again and again ".repeat(1000));
        for (id, body) in [("1", "{}"), ("2", long.as_str())] {
            let accepted = events.accept(raw(id, body)).await.unwrap();
            let Accepted::Stored(stored) = accepted else { panic!("{accepted:?}") };
            let delivery = events.delivery(stored).await.unwrap().unwrap();
            assert_eq!(delivery.body, body.as_bytes());
            assert_eq!(delivery.headers, [("user-agent".to_owned(), "GitHub-Hookshot".to_owned())]);
            assert_eq!((delivery.received.at, delivery.received.size), (clock.now(), body.len() as u64));
        }
    })
    .await;
}

#[tokio::test]
async fn the_same_id_or_the_same_bytes_again_is_known_and_other_bytes_are_quarantined() {
    scratch::on_each_engine(async |db| {
        let (events, _) = start(&db);
        let first = events.accept(raw("1", "{\"a\": 1}")).await.unwrap().id();
        assert_eq!(events.accept(raw("1", "{\"a\": 1}")).await.unwrap(), Accepted::Known(first));
        assert_eq!(events.accept(raw("2", "{\"a\": 1}")).await.unwrap(), Accepted::Known(first));
        let Accepted::Quarantined(aside) = events.accept(raw("1", "{\"a\": 2}")).await.unwrap() else { panic!() };
        let elsewhere = RawDelivery { source: "gitea".parse().unwrap(), ..raw("1", "{\"a\": 1}") };
        assert!(matches!(events.accept(elsewhere).await.unwrap(), Accepted::Stored(_)));

        let aside = events.delivery(aside).await.unwrap().unwrap();
        assert_eq!((aside.received.state, aside.received.original), (DeliveryState::Quarantined, Some(first)));
        let strays = events.strays(Paging::new(None, None)).await.unwrap();
        let states: Vec<_> = strays.items.iter().map(|one| (one.remote_id.as_str(), one.state.as_str())).collect();
        assert_eq!(states, [("1", "received"), ("1", "quarantined"), ("2", "duplicate"), ("1", "received")]);
    })
    .await;
}

#[tokio::test]
async fn ten_thousand_duplicates_of_five_hundred_ids_are_five_hundred() {
    scratch::on_each_engine(async |db| {
        let (events, _) = start(&db);
        let mut connections = JoinSet::new();
        for connection in 0..20_u32 {
            let events = events.clone();
            connections.spawn(async move {
                let mut stored = 0;
                for number in 0..500 {
                    let number = (number + connection * 25) % 500;
                    let accepted = events.accept(raw(&format!("id {number}"), &format!("{{\"n\": {number}}}"))).await;
                    stored += u32::from(matches!(accepted.unwrap(), Accepted::Stored(_)));
                }
                stored
            });
        }
        assert_eq!(connections.join_all().await.iter().sum::<u32>(), 500);
        assert_eq!(events.strays(Paging::new(None, None)).await.unwrap().total, 500);
    })
    .await;
}

#[tokio::test]
async fn a_delivery_about_a_repository_that_is_not_here_says_so() {
    scratch::on_each_engine(async |db| {
        let (events, _) = start(&db);
        let body = "{\"repository\": {\"full_name\": \"acme/sums\"}}";
        let attached = events.accept(raw("1", body)).await.unwrap().id();
        let garbled = events.accept(raw("2", "no JSON")).await.unwrap().id();
        assert_eq!(events.route(10).await.unwrap(), 2);
        assert_eq!(events.route(10).await.unwrap(), 0);
        let outcome = async |id| events.delivery(id).await.unwrap().unwrap().received.outcome.unwrap();
        assert_eq!(outcome(attached).await, "no repository here is attached to `acme/sums` at `github`");
        assert_eq!(outcome(garbled).await, "its body is not JSON as `github` sends it");
    })
    .await;
}

#[tokio::test]
async fn an_own_event_waits_once_and_is_settled_once() {
    scratch::on_each_engine(async |db| {
        let (events, _) = start(&db);
        let repo = RepoId::make();
        let mut tx = db.begin().await.unwrap();
        let first = own(&events, &mut tx, "outbox 1", issue_opened(repo, 7)).await.unwrap();
        assert_eq!(own(&events, &mut tx, "outbox 1", issue_opened(repo, 7)).await, None);
        let second = own(&events, &mut tx, "outbox 2", issue_opened(repo, 7)).await.unwrap();
        tx.commit().await.unwrap();

        let pending = events.pending(10).await.unwrap();
        assert_eq!(pending.iter().map(|one| one.id).collect::<Vec<_>>(), [first, second]);
        assert_eq!(pending[0].event, issue_opened(repo, 7));
        let mut tx = db.begin().await.unwrap();
        assert!(events.settle(&mut tx, first, EventState::Decided, "1 of 2 rules fired").await.unwrap());
        assert!(!events.settle(&mut tx, first, EventState::Ignored, "again").await.unwrap());
        tx.commit().await.unwrap();
        assert_eq!(events.pending(10).await.unwrap().len(), 1);
        let settled = events.event(first).await.unwrap().unwrap();
        assert_eq!((settled.state, settled.reason.as_deref()), (EventState::Decided, Some("1 of 2 rules fired")));
        assert_eq!(events.deliveries(repo, Paging::new(None, None)).await.unwrap().total, 2);
    })
    .await;
}

#[tokio::test]
async fn an_event_that_cannot_be_decided_is_left_for_later_and_holds_up_nobody() {
    scratch::on_each_engine(async |db| {
        let (events, clock) = start(&db);
        let mut tx = db.begin().await.unwrap();
        let stuck = own(&events, &mut tx, "outbox 1", issue_opened(RepoId::make(), 1)).await.unwrap();
        let behind = own(&events, &mut tx, "outbox 2", issue_opened(RepoId::make(), 2)).await.unwrap();
        tx.commit().await.unwrap();
        let waiting = async || -> Vec<EventId> {
            events.pending(10).await.unwrap().into_iter().map(|stored| stored.id).collect()
        };
        let postpone = async || {
            let stored = events.event(stuck).await.unwrap().unwrap();
            let mut tx = db.begin().await.unwrap();
            events.postpone(&mut tx, &stored, "the disk is full").await.unwrap();
            tx.commit().await.unwrap();
        };

        postpone().await;
        assert_eq!(waiting().await, [behind]);
        clock.advance(Duration::from_secs(1));
        assert_eq!(waiting().await, [stuck, behind]);
        postpone().await;
        clock.advance(Duration::from_secs(1));
        assert_eq!(waiting().await, [behind], "the second wait is longer");
        clock.advance(Duration::from_secs(1));
        assert_eq!(waiting().await, [stuck, behind]);
        let stored = events.event(stuck).await.unwrap().unwrap();
        assert_eq!((stored.tries, stored.reason.as_deref()), (2, Some("the disk is full")));
    })
    .await;
}

#[tokio::test]
async fn a_replay_is_a_new_event_that_names_the_first() {
    scratch::on_each_engine(async |db| {
        let (events, clock) = start(&db);
        let repo = RepoId::make();
        let mut tx = db.begin().await.unwrap();
        own(&events, &mut tx, "outbox 1", issue_opened(repo, 7)).await.unwrap();
        tx.commit().await.unwrap();
        let first = events.deliveries(repo, Paging::new(None, None)).await.unwrap().items[0].id;

        clock.advance(Duration::from_secs(60));
        let mut tx = db.begin().await.unwrap();
        let (again, made) = events.replay(&mut tx, first).await.unwrap();
        tx.commit().await.unwrap();
        let copy = events.delivery(again).await.unwrap().unwrap();
        assert_eq!((copy.received.original, copy.body.is_empty()), (Some(first), false));
        let replayed = events.event(made[0]).await.unwrap().unwrap();
        assert_eq!((replayed.state, replayed.event), (EventState::Received, issue_opened(repo, 7)));

        let stray = events.accept(raw("1", "{}")).await.unwrap().id();
        let mut tx = db.begin().await.unwrap();
        assert_eq!(events.replay(&mut tx, stray).await.unwrap_err().kind(), ErrorKind::Conflict);
    })
    .await;
}

#[tokio::test]
async fn executions_tell_why_by_rule_decision_issue_and_key() {
    scratch::on_each_engine(async |db| {
        let (events, clock) = start(&db);
        let (repo, run) = (RepoId::make(), RunId::make());
        let mut tx = db.begin().await.unwrap();
        let event = own(&events, &mut tx, "outbox 1", issue_opened(repo, 7)).await.unwrap();
        let keyed = NewExecution {
            run: Some(run),
            dedupe_key: Some("acme/sums:7".into()),
            concurrency_key: Some("7".into()),
            ..execution(event, repo, "labelled", Decision::Dispatched)
        };
        events.record(&mut tx, keyed.clone()).await.unwrap();
        events.record(&mut tx, execution(event, repo, "pushed", Decision::Skipped)).await.unwrap();
        let firing = Some(serde_json::json!({"task": "repair"}));
        let queued = NewExecution { firing, ..execution(event, repo, "later", Decision::Queued) };
        let queued = events.record(&mut tx, queued).await.unwrap();
        tx.commit().await.unwrap();
        let mut tx = db.begin().await.unwrap();
        let twice = events.record(&mut tx, keyed.clone()).await.unwrap_err();
        assert_eq!(
            (twice.kind(), twice.message()),
            (ErrorKind::Conflict, "The rule `labelled` decided about this event before")
        );
        drop(tx);

        let filter = Filter { repo: Some(repo), decision: Some(Decision::Skipped), ..Filter::default() };
        let skipped = events.executions(&filter, Paging::new(None, None)).await.unwrap();
        assert_eq!((skipped.total, skipped.items[0].what.rule.as_str()), (1, "pushed"));
        assert_eq!(events.for_number(repo, 7, 200).await.unwrap().len(), 3);
        assert_eq!(events.of_run(run).await.unwrap()[0].what, keyed);

        let now = clock.now();
        clock.advance(Duration::from_secs(1800));
        let mut tx = db.begin().await.unwrap();
        let rule = (repo, "labelled");
        let since = async |tx: &mut Tx, at| events.by_dedupe_key(tx, rule, "acme/sums:7", at).await.unwrap().is_some();
        assert!(since(&mut tx, now).await);
        assert!(!since(&mut tx, clock.now()).await);
        assert_eq!(events.runs_with_key(&mut tx, rule, "7").await.unwrap(), [run]);
        let waiting = events.waiting(&mut tx, 10).await.unwrap();
        assert_eq!(waiting[0].what.firing, Some(serde_json::json!({"task": "repair"})));
        let dispatched = (Decision::Dispatched, Some(RunId::make()));
        assert!(events.resolve(&mut tx, queued, dispatched, "its turn came").await.unwrap());
        assert!(!events.resolve(&mut tx, queued, dispatched, "its turn came").await.unwrap());
        assert!(events.waiting(&mut tx, 10).await.unwrap().is_empty());
    })
    .await;
}

#[tokio::test]
async fn only_the_newest_refusals_are_kept() {
    scratch::on_each_engine(async |db| {
        let (events, _) = start(&db);
        let source: SourceName = "github".parse().unwrap();
        for number in 0..250 {
            events.refuse(&source, format!("refusal {number}"));
        }
        let refused = events.refused();
        assert_eq!(
            (refused.len(), refused[0].why.as_str(), refused[99].why.as_str()),
            (100, "refusal 249", "refusal 150")
        );
    })
    .await;
}
