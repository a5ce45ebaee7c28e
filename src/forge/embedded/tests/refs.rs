//! Branches move in Git first; what happened is told once, also after a crash.

use super::world::World;
use super::world::branch;
use crate::db::scratch;
use crate::git::Expected;

#[tokio::test]
async fn moves_that_nobody_told_are_found_at_the_next_start() {
    scratch::on_each_engine(async |db| {
        let world = World::new(db).await;
        let head = world.commit(&world.writer, "fix", "a.txt", "one\n").await;
        world.events().await;
        let place = world.place(&world.writer).await;
        let git = world.forge.git(&place.repository);

        // The server dies after Git moved and before anything was told.
        let actor = world.forge.actor(&world.forge.author(&world.writer).unwrap());
        let begun = world.forge.begin_push(&world.writer, &place, actor, None, None).await.unwrap();
        git.update_ref("refs/heads/more", &Expected::Absent, Some(&head)).await.unwrap();
        git.update_ref("refs/heads/fix", &Expected::At(head.clone()), None).await.unwrap();
        assert_eq!(world.forge.reconcile_left_over(world.clock.now()).await.unwrap(), 0);
        assert!(world.events().await.is_empty());

        drop(begun);
        assert_eq!(world.forge.reconcile_left_over(world.clock.now()).await.unwrap(), 1);
        assert_eq!(world.told().await, ["Person wim: push fix", "Person wim: push more"]);
        assert_eq!(world.forge.reconcile_left_over(world.clock.now()).await.unwrap(), 0);
        assert!(world.events().await.is_empty());
    })
    .await;
}

#[tokio::test]
async fn many_reconciliations_at_once_tell_a_move_once() {
    scratch::on_each_engine(async |db| {
        let world = World::new(db).await;
        let place = world.place(&world.writer).await;
        let git = world.forge.git(&place.repository);
        let main = git.branch(&branch("main")).await.unwrap().unwrap();
        for name in ["one", "two", "three"] {
            git.update_ref(&format!("refs/heads/{name}"), &Expected::Absent, Some(&main)).await.unwrap();
        }
        let turns = (0..6).map(|_| world.forge.reconcile(place.repository.id, &[]));
        for done in futures_util::future::join_all(turns).await {
            done.unwrap();
        }
        let told = world.told().await;
        assert_eq!(told, ["one", "three", "two"].map(|name| format!("System forgehand: push {name}")));
    })
    .await;
}

#[tokio::test]
async fn only_the_move_that_our_hand_claimed_is_our_own() {
    scratch::on_each_engine(async |db| {
        let world = World::new(db).await;
        let theirs = world.commit(&world.writer, "theirs", "a.txt", "one\n").await;
        let ours = world.commit(&world.writer, "ours", "b.txt", "one\n").await;
        world.events().await;
        let place = world.place(&world.writer).await;
        let git = world.forge.git(&place.repository);
        let own = world.forge.actor(&world.forge.own_author(None));
        let claim = Some((branch("agent/fix"), ours.clone()));
        let id = world.forge.begin_push(&world.writer, &place, own, claim, None).await.unwrap();
        git.update_ref("refs/heads/agent/fix", &Expected::Absent, Some(&ours)).await.unwrap();
        // A person pushes meanwhile, and our reconciliation sees both.
        let actor = world.forge.actor(&world.forge.author(&world.writer).unwrap());
        let other = world.forge.begin_push(&world.writer, &place, actor, None, None).await.unwrap();
        git.update_ref("refs/heads/person", &Expected::Absent, Some(&theirs)).await.unwrap();
        world.forge.reconcile(place.repository.id, &[id.id]).await.unwrap();
        assert_eq!(world.told().await, ["Own forgehand-bot: push agent/fix", "Person wim: push person"]);
        world.forge.reconcile(place.repository.id, &[other.id]).await.unwrap();
        assert!(world.events().await.is_empty());
    })
    .await;
}
