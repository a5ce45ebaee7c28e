//! Deliveries to hooks: written with the change, taken once, tried again.

use std::time::Duration;

use super::world::World;
use super::world::titled;
use crate::db::scratch;
use crate::forge::embedded::hooks::HookAttempt;
use crate::forge::embedded::hooks::HookChange;
use crate::forge::embedded::hooks::HookDeliveryState;
use crate::forge::embedded::hooks::HookEvent;
use crate::forge::embedded::hooks::HooksOf;
use crate::kit::ErrorKind;
use crate::kit::page::Paging;
use crate::kit::secret::Secret;

/// A hook about issues; gives its id.
async fn hook(world: &World) -> i64 {
    let place = world.place(&world.owner).await;
    let change = HookChange {
        url: Some("https://ci.example/hook".into()),
        secret: Some(Secret::new("secret".into())),
        events: Some(vec![HookEvent::Issues]),
        ..HookChange::default()
    };
    let mut tx = world.forge.db().begin().await.unwrap();
    let hook = world.forge.create_hook(&mut tx, &world.owner, HooksOf::Repository(&place), change).await.unwrap();
    tx.commit().await.unwrap();
    hook.id
}

fn attempt(world: &World, status: Option<u16>) -> HookAttempt {
    HookAttempt {
        number: 0,
        at: world.clock.now(),
        took: Duration::from_millis(3),
        url: "https://ci.example/hook".into(),
        request_headers: vec![("x-gitea-event".into(), "issues".into())],
        status,
        error: status.is_none().then(|| "Nobody is there".into()),
        answer_headers: Vec::new(),
        answer: String::new(),
        cut: false,
    }
}

#[tokio::test]
async fn a_delivery_is_taken_by_one_and_tried_until_it_is_given_up() {
    scratch::on_each_engine(async |db| {
        let world = World::new(db).await;
        let id = hook(&world).await;
        let place = world.place(&world.owner).await;
        for title in ["One", "Two"] {
            world.forge.open_issue(&world.owner, &place, titled(title)).await.unwrap();
        }
        let due = async || world.forge.due_hook_deliveries(world.clock.now(), 100).await.unwrap();
        let first = due().await;
        assert_eq!(first.len(), 1, "of one hook one delivery at a time: {first:?}");
        assert!(first[0].payload.contains(r#""action":"opened""#) && first[0].payload.contains(r#""title":"One""#));
        let now = world.clock.now();
        assert!(world.forge.claim_hook_delivery(&first[0], now).await.unwrap().is_some());
        assert!(world.forge.claim_hook_delivery(&first[0], now).await.unwrap().is_none(), "it is taken");
        assert_ne!(due().await[0].id, first[0].id);

        let tell = async |status| {
            let attempt = attempt(&world, status);
            world.forge.record_hook_attempt(first[0].id, attempt, false, 0.5).await.unwrap().unwrap()
        };
        for _ in 0..2 {
            assert_eq!(tell(Some(500)).await, HookDeliveryState::Pending);
            assert_ne!(due().await[0].id, first[0].id, "not before its time");
            world.clock.advance(Duration::from_secs(60));
            assert_eq!(due().await[0].id, first[0].id);
        }
        assert_eq!(tell(Some(404)).await, HookDeliveryState::Failed);
        let (told, attempts) =
            world.forge.hook_delivery(&world.owner, HooksOf::Repository(&place), first[0].id).await.unwrap();
        let numbers: Vec<_> = attempts.iter().map(|one| (one.number, one.status)).collect();
        assert_eq!((told.tries, numbers), (3, vec![(1, Some(500)), (2, Some(500)), (3, Some(404))]));

        let second = due().await.remove(0);
        world.clock.advance(Duration::from_secs(31 * 24 * 60 * 60));
        let taken = world.forge.record_hook_attempt(second.id, attempt(&world, Some(204)), false, 0.5).await.unwrap();
        assert_eq!(taken, Some(HookDeliveryState::Delivered));
        let gone = world.forge.hook_delivery(&world.owner, HooksOf::Repository(&place), first[0].id).await.unwrap_err();
        assert_eq!(gone.kind(), ErrorKind::NotFound, "the log goes back a month");
        world.forge.open_issue(&world.owner, &place, titled("Three")).await.unwrap();

        let mut tx = world.forge.db().begin().await.unwrap();
        world.forge.delete_hook(&mut tx, &world.owner, HooksOf::Repository(&place), id).await.unwrap();
        tx.commit().await.unwrap();
        assert_eq!(due().await.len(), 0);
        let late = attempt(&world, None);
        assert_eq!(world.forge.record_hook_attempt(first[0].id, late, false, 0.5).await.unwrap(), None);
    })
    .await;
}

#[tokio::test]
async fn hooks_are_for_administrators_and_checked() {
    scratch::on_each_engine(async |db| {
        let world = World::new(db).await;
        hook(&world).await;
        let place = world.place(&world.writer).await;
        assert_eq!(
            world.forge.hooks(&world.writer, HooksOf::Repository(&place)).await.unwrap_err().kind(),
            ErrorKind::Denied
        );
        let place = world.place(&world.owner).await;
        let hook = world.forge.hooks(&world.owner, HooksOf::Repository(&place)).await.unwrap().pop().unwrap();
        assert!(hook.signed && !hook.authorized);
        let wrong = [
            HookChange { url: Some("javascript:alert(1)".into()), ..HookChange::default() },
            HookChange { url: Some(String::new()), ..HookChange::default() },
            HookChange { branches: Some("[".into()), ..HookChange::default() },
            HookChange { secret: Some(Secret::new("x".repeat(2000))), ..HookChange::default() },
            HookChange { authorization: Some(Secret::new("Bearer a\r\nX-Other: b".into())), ..HookChange::default() },
            HookChange { authorization: Some(Secret::new("Bearer grün".into())), ..HookChange::default() },
        ];
        for change in wrong {
            let mut tx = world.forge.db().begin().await.unwrap();
            let refused =
                world.forge.change_hook(&mut tx, &world.owner, HooksOf::Repository(&place), (hook.id, change)).await;
            assert_eq!(refused.unwrap_err().kind(), ErrorKind::Invalid);
        }
        let log = world
            .forge
            .hook_deliveries(&world.owner, HooksOf::Repository(&place), hook.id, Paging::new(None, None))
            .await
            .unwrap();
        assert_eq!(log.total, 0);
    })
    .await;
}
