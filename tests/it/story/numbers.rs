//! Who may read the numbers of the server.

use crate::driver::World;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn numbers_are_for_administrators_unless_the_server_is_local() {
    let local = World::begin().await;
    for who in ["", "carol", "erin"] {
        assert_eq!(local.ask(who, "GET /metrics", None).await.status, 200, "{who}");
    }
    let open = World::begin_with(|settings| settings.base_url = Some("https://forge.example".into())).await;
    for (who, status) in [("", 401), ("carol", 403), ("alice", 403), ("erin", 200)] {
        assert_eq!(open.ask(who, "GET /metrics", None).await.status, status, "{who}");
    }
    let told = open.ask("erin", "GET /metrics", None).await;
    assert!(told.text.contains("forgehand_waiting{queue=\"events\"} 0"), "{}", told.text);
}
