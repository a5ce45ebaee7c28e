//! Our own hand: every write is found again by its marker, and is an own event.

use super::world::World;
use super::world::branch;
use super::world::titled;
use crate::db::scratch;
use crate::forge::Marker;
use crate::forge::NewPull;
use crate::forge::Reader;
use crate::forge::Writer;
use crate::forge::embedded::LabelChange;
use crate::forge::embedded::NewStatus;
use crate::forge::embedded::StatusState;
use crate::kit::ErrorKind;

fn marker(text: &str) -> Marker {
    text.parse().unwrap()
}

#[tokio::test]
async fn a_comment_is_written_once_also_by_two_at_once() {
    scratch::on_each_engine(async |db| {
        let world = World::new(db).await;
        let place = world.place(&world.owner).await;
        let repo = place.repository.reference();
        world.forge.open_issue(&world.owner, &place, titled("broken")).await.unwrap();
        world.events().await;
        let mark = marker("effect-1234");
        let writes = (0..5).map(|_| Writer::comment(&world.forge, &repo, 1, "Fixed.", "wim", &mark));
        let written: Vec<_> =
            futures_util::future::join_all(writes).await.into_iter().map(|written| written.unwrap()).collect();
        assert_eq!(written.iter().filter(|written| !written.already).count(), 1);
        assert!(written.iter().all(|one| one.id == written[0].id));
        assert_eq!(world.told().await, ["Own forgehand-bot: comment #1"]);
        let entry = world.forge.entry(&place, written[0].id.parse().unwrap()).await.unwrap();
        assert_eq!(entry.body, "Fixed.\n\n<!-- forgehand:effect-1234 -->\n");
        assert_eq!((entry.author.login.as_str(), entry.author.behalf.as_deref()), ("forgehand-bot", Some("wim")));
        let said = world.forge.conversation(&repo, 1, 10).await.unwrap();
        assert_eq!((said.len(), said[0].author.as_str()), (1, "forgehand-bot"));
    })
    .await;
}

#[tokio::test]
async fn a_push_and_a_pull_request_are_done_once() {
    scratch::on_each_engine(async |db| {
        let world = World::new(db).await;
        let head = world.commit(&world.writer, "scratch", "a.txt", "one\n").await;
        world.events().await;
        let repo = world.place(&world.owner).await.repository.reference();
        let fix = branch("agent/fix");
        assert!(!world.forge.push(&repo, &fix, &head, None).await.unwrap().already);
        assert!(world.forge.push(&repo, &fix, &head, None).await.unwrap().already);
        let main = world.forge.branch_head(&repo, &branch("main")).await.unwrap().unwrap();
        let moved = world.forge.push(&repo, &fix, &main, None).await.unwrap_err();
        assert_eq!(moved.kind(), ErrorKind::Conflict);

        let new =
            NewPull { title: "Fix it".into(), body: "By an agent".into(), base: branch("main"), head: fix.clone() };
        let mark = marker("effect-5678");
        let first = Writer::open_pull(&world.forge, &repo, &new, "wim", &mark).await.unwrap();
        let again = Writer::open_pull(&world.forge, &repo, &new, "wim", &mark).await.unwrap();
        assert_eq!((first.id.as_str(), again.id.as_str(), again.already), ("1", "1", true));
        assert_eq!(world.forge.find_pull(&repo, &fix).await.unwrap().unwrap().id, "1");
        assert_eq!(world.forge.pull_of_branch(&repo, &fix).await.unwrap().unwrap().head.sha, head);
        let told = world.told().await;
        assert_eq!(told, ["Own forgehand-bot: push agent/fix", "Own forgehand-bot: pull_request opened#1"]);
    })
    .await;
}

#[tokio::test]
async fn a_failed_check_is_told_with_its_branches_and_can_be_asked_for_again() {
    scratch::on_each_engine(async |db| {
        let world = World::new(db).await;
        let head = world.commit(&world.writer, "fix", "a.txt", "one\n").await;
        let place = world.place(&world.writer).await;
        let repo = place.repository.reference();
        world.events().await;
        let failed = NewStatus {
            context: "test".into(),
            state: StatusState::Failure,
            description: "assertion failed".into(),
            target_url: "https://ci.example/1".into(),
        };
        world.forge.post_status(&world.writer, &place, &head, failed.clone()).await.unwrap();
        let event = serde_json::to_value(&world.events().await[0].what).unwrap();
        assert_eq!(
            (&event["branches"], &event["check"]["conclusion"]),
            (&serde_json::json!(["fix"]), &"failure".into())
        );

        let bad = NewStatus { target_url: "javascript:1".into(), ..failed.clone() };
        assert_eq!(
            world.forge.post_status(&world.writer, &place, &head, bad).await.unwrap_err().kind(),
            ErrorKind::Invalid
        );
        let nowhere = "0".repeat(40).parse().unwrap();
        let error = world.forge.post_status(&world.writer, &place, &nowhere, failed.clone()).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::NotFound);
        let cold = world.place(&world.stranger).await;
        let denied = world.forge.post_status(&world.stranger, &cold, &head, failed).await.unwrap_err();
        assert_eq!(denied.kind(), ErrorKind::Denied);

        let mark = marker("effect-rerun");
        world.forge.rerun_check(&repo, &head, "test", "wim", &mark).await.unwrap();
        assert!(world.forge.rerun_check(&repo, &head, "test", "wim", &mark).await.unwrap().already);
        assert_eq!(world.told().await, ["Own forgehand-bot: check test pending"]);
        let checks = world.forge.checks(&repo, &head).await.unwrap();
        assert_eq!((checks.len(), checks[0].description.as_str()), (1, "Rerun requested by wim"));
    })
    .await;
}

#[tokio::test]
async fn labels_are_set_and_roles_are_read() {
    scratch::on_each_engine(async |db| {
        let world = World::new(db).await;
        let place = world.place(&world.owner).await;
        let repo = place.repository.reference();
        world.forge.open_issue(&world.owner, &place, titled("broken")).await.unwrap();
        let label = LabelChange { name: Some("triaged".into()), ..LabelChange::default() };
        world.forge.create_label(&world.owner, &place, label).await.unwrap();
        world.forge.set_labels(&repo, 1, &["triaged".into()], &[]).await.unwrap();
        assert_eq!(Reader::issue(&world.forge, &repo, 1).await.unwrap().unwrap().labels, ["triaged"]);
        let unknown = world.forge.set_labels(&repo, 1, &["nope".into()], &[]).await.unwrap_err();
        assert_eq!(unknown.kind(), ErrorKind::Invalid);
        for (login, role) in [("olga", Some("admin")), ("wim", Some("write")), ("sam", None), ("forgehand-bot", None)] {
            let found = world.forge.role(&repo, login).await.unwrap();
            assert_eq!(found.map(|role| role.as_str()), role, "{login}");
        }
    })
    .await;
}
