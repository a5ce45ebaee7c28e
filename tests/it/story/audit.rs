//! Every step of the story stands in the chain, and a changed entry is named.

use std::process::Output;

use sqlx::AnyConnection;
use sqlx::Connection as _;
use sqlx::Executor as _;

use crate::driver::World;
use crate::driver::forgehand;
use crate::driver::scripts;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_tampered_entry_is_named() {
    let (world, _, head) = World::with(scripts::ON_FAILED_CHECK, scripts::REPAIRS).await;
    world.check_fails(&head).await;
    world.settle().await;
    let approval = world.asked().await.expect("a request to people");
    assert_eq!(world.decide("bob", &approval, "approve").await.status, 200);
    world.settle().await;
    assert!(world.transcript(&world.runs().await[0]).await.contains("approved"));

    let good = verify(&world);
    assert!(good.status.success(), "{good:?}");
    sqlx::any::install_default_drivers();
    let path = world.database();
    let mut connection = AnyConnection::connect(&format!("sqlite://{}", path.display())).await.unwrap();
    connection.execute("update audit set subject = 'nothing' where sequence = 2").await.unwrap();
    connection.close().await.unwrap();
    let bad = verify(&world);
    assert_eq!(bad.status.code(), Some(1), "{bad:?}");
    assert!(String::from_utf8_lossy(&bad.stdout).contains("entry 2"), "{bad:?}");
}

fn verify(world: &World) -> Output {
    forgehand().args(["audit", "verify", "--data"]).arg(world.data()).output().unwrap()
}
