//! Imports and mirrors in the database: what a killed server was fetching begins again, and nothing is shown by half.

use std::time::Duration;

use super::world::World;
use crate::db::scratch;
use crate::forge::embedded::NewOrigin;
use crate::forge::embedded::NewRepository;
use crate::forge::embedded::OriginState;
use crate::forge::embedded::UNFINISHED;
use crate::git::Fetched;
use crate::model::RepoId;

async fn import(world: &World, name: &str) -> RepoId {
    let place = world.place(&world.owner).await;
    let new = NewOrigin {
        repository: NewRepository {
            owner: place.repository.owner,
            owner_name: place.repository.owner_name.clone(),
            name: name.parse().unwrap(),
            description: String::new(),
            private: false,
            default_branch: "main".parse().unwrap(),
            readme: false,
        },
        url: "https://git.example/x.git".parse().unwrap(),
        credentials: None,
        mirror: Some(Duration::from_secs(3600)),
    };
    let mut tx = world.forge.db().begin().await.unwrap();
    let repo = world.forge.start_import(&mut tx, &world.owner, &new).await.unwrap();
    tx.commit().await.unwrap();
    repo
}

#[tokio::test]
async fn what_a_killed_server_was_fetching_begins_again() {
    scratch::on_each_engine(async |db| {
        let world = World::new(db).await;
        world.events().await;
        let repo = import(&world, "copy").await;
        let now = world.clock.now();
        assert_eq!(world.forge.due_origins(now).await.unwrap(), [repo]);
        let origin = world.forge.claim_origin(repo, now).await.unwrap().unwrap();
        assert!(world.forge.claim_origin(repo, now).await.unwrap().is_none(), "one fetches it");
        assert!(world.forge.due_origins(now).await.unwrap().is_empty());

        // The server dies here; nobody has entered meanwhile, and the next start begins anew.
        let owner = world.place(&world.owner).await.repository.owner_name;
        let refused = world.forge.enter(&world.owner, &owner, &"copy".parse().unwrap()).await.unwrap_err();
        assert_eq!(refused.code_name(), UNFINISHED);
        assert_eq!(world.forge.recover_origins(now).await.unwrap(), 1);
        assert_eq!(world.forge.due_origins(now).await.unwrap(), [repo]);

        // It dies again after refs moved and before the row says so: the same comes again, and no event tells of it.
        world.forge.claim_origin(repo, now).await.unwrap().unwrap();
        let cx = crate::access::Cx::system(&world.clock);
        let place = world.forge.enter_by_id(&cx, repo).await.unwrap();
        let git = world.forge.ground(&place.repository).await.unwrap();
        let source = world.place(&world.owner).await.repository;
        let source = world.forge.git(&source);
        let refs = source.raw_refs().await.unwrap();
        let head = source.branch(&"main".parse().unwrap()).await.unwrap().unwrap();
        git.import(&source, &head).await.unwrap();
        git.follow(refs.clone()).await.unwrap();
        world.forge.recover_origins(now).await.unwrap();
        world.forge.claim_origin(repo, now).await.unwrap().unwrap();
        world.forge.take_over(&cx, &origin, Fetched { refs, ..Fetched::default() }).await.unwrap();
        world.forge.enter(&world.owner, &owner, &"copy".parse().unwrap()).await.unwrap();
        assert!(world.events().await.is_empty(), "old history is nobody's news");

        let origin = world.forge.origin(repo).await.unwrap().unwrap();
        assert_eq!((origin.state, origin.due), (OriginState::Done, Some(now.plus(Duration::from_secs(3600)))));
        world.forge.note_failure(&origin, "It says nothing", now).await.unwrap();
        let origin = world.forge.origin(repo).await.unwrap().unwrap();
        assert_eq!((origin.failures, origin.due), (1, Some(now.plus(Duration::from_secs(60)))));
    })
    .await;
}
