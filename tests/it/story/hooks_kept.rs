//! Hooks of an organisation and of the whole server, and what a hook keeps to itself: sealed, sent, and shown to nobody.

use std::time::Duration;

use forgehand::egress;
use hmac::Hmac;
use hmac::KeyInit as _;
use hmac::Mac as _;
use serde_json::Value;
use serde_json::json;
use sha2::Sha256;

use crate::driver::Came;
use crate::driver::REPO;
use crate::driver::Receiver;
use crate::driver::World;
use crate::driver::forgehand;
use crate::driver::scripts;

const SECRET: &str = "signing-Zq81LmP0sTrWxY";
const HEADER: &str = "Bearer door-7hQ2kV9nXcB4mT";

/// A world whose requests may go to this machine.
async fn listening() -> (World, Receiver) {
    let allow = egress::Allow::parse(&["127.0.0.1".into()]).unwrap();
    let world = World::begin_with(|settings| {
        settings.egress = egress::Settings { allow, patience: Duration::from_millis(700) };
    })
    .await;
    world.repository(scripts::ON_MENTION, scripts::COMMENTS).await;
    (world, Receiver::open().await)
}

fn new(url: &str, header: &str) -> Value {
    let config = json!({"url": url, "content_type": "json", "secret": SECRET});
    json!({"type": "gitea", "active": true, "events": ["issues"], "config": config, "authorization_header": header})
}

fn is_signed(came: &Came) -> bool {
    let mut signing = Hmac::<Sha256>::new_from_slice(SECRET.as_bytes()).unwrap();
    signing.update(&came.body);
    came.header("x-gitea-signature") == hex::encode(signing.finalize().into_bytes())
}

/// Whether a text lies anywhere in the files of the database.
fn lies_in_the_database(world: &World, text: &str) -> bool {
    let log = world.data().join("forgehand.sqlite-wal");
    [world.database(), log].iter().any(|path| {
        let bytes = std::fs::read(path).unwrap_or_default();
        bytes.windows(text.len()).any(|window| window == text.as_bytes())
    })
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_organisation_and_the_server_are_told_of_every_repository() {
    let (world, receiver) = listening().await;
    for (who, hooks, status) in [
        ("bob", "/api/v1/orgs/acme/hooks", 403),
        ("carol", "/api/v1/orgs/acme/hooks", 403),
        ("", "/api/v1/orgs/acme/hooks", 401),
        ("alice", "/api/v1/admin/hooks", 403),
        ("alice", "/api/v1/orgs/nobody/hooks", 404),
    ] {
        let told = world.ask(who, &format!("POST {hooks}"), Some(new("https://ci.example/", ""))).await;
        assert_eq!(told.status, status, "{who} at {hooks}: {}", told.text);
    }
    let inward = world.ask("alice", "POST /api/v1/orgs/acme/hooks", Some(new("http://10.0.0.1/", ""))).await;
    assert_eq!(inward.status, 422, "{}", inward.text);
    let split = world.ask("alice", "POST /api/v1/orgs/acme/hooks", Some(new("https://x.example/", "a\r\nX: b"))).await;
    assert_eq!(split.status, 422, "{}", split.text);

    let of_all = receiver.address("/organisation");
    let made = world.json("alice", "POST /api/v1/orgs/acme/hooks", Some(new(&of_all, HEADER))).await;
    let everywhere = receiver.address("/echoes");
    let site = world.json("erin", "POST /api/v1/admin/hooks", Some(new(&everywhere, HEADER))).await;
    for told in [&made, &site] {
        assert!(!told.to_string().contains("door-7hQ") && !told.to_string().contains(SECRET), "{told}");
    }
    world.ask("alice", "POST /api/v1/orgs/acme/repos", Some(json!({"name": "other", "auto_init": true}))).await;
    world.json("carol", "POST /api/v1/user/repos", Some(json!({"name": "own", "auto_init": true}))).await;
    for (who, repo) in [("alice", "acme/slug"), ("alice", "acme/other"), ("carol", "carol/own")] {
        world.json(who, &format!("POST /api/v1/repos/{repo}/issues"), Some(json!({"title": "Look"}))).await;
    }
    world.settle().await;
    let places = |path: &str| {
        let came = receiver.came(path);
        assert!(came.iter().all(|one| is_signed(one) && one.header("authorization") == HEADER), "{came:?}");
        let mut names: Vec<String> =
            came.iter().map(|one| one.json()["repository"]["full_name"].as_str().unwrap().to_owned()).collect();
        names.sort();
        names
    };
    assert_eq!(places("/organisation"), ["acme/other", "acme/slug"]);
    assert_eq!(places("/echoes"), ["acme/other", "acme/slug", "carol/own"]);

    // The receiver says our header back; the log holds neither that nor what was sent.
    let erin = world.browser("erin").await;
    let log = erin.page(&format!("/admin/hooks/{}", site["id"])).await;
    assert!(log.contains("in carol/own"), "{log}");
    let delivery = log.split("/deliveries/").nth(1).unwrap().split('"').next().unwrap();
    let page = erin.page(&format!("/admin/hooks/{}/deliveries/{delivery}", site["id"])).await;
    assert!(page.contains("authorization") && page.contains("[secret]"), "{page}");
    assert!(page.contains("it said") && !page.contains("door-7hQ"), "{page}");
    assert!(!lies_in_the_database(&world, SECRET) && !lies_in_the_database(&world, "door-7hQ2kV9nXcB4mT"));
    let audit = world.ask("erin", "GET /api/agents/v1/audit", None).await.text;
    assert!(audit.contains("acme hook 1") && audit.contains("the server hook 1"), "{audit}");
    assert!(!audit.contains("door-7hQ") && !audit.contains(SECRET));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_pages_of_an_organisation_make_change_and_end_its_hooks() {
    let (world, receiver) = listening().await;
    let alice = world.browser("alice").await;
    assert!(alice.page("/acme").await.contains("/acme/-/hooks"));
    let url = receiver.address("/page");
    let fields = [("url", url.as_str()), ("event", "issues"), ("active", "1"), ("authorization_header", HEADER)];
    let href = alice.submit("/acme/-/hooks", &fields).await;
    assert_eq!(href, "/acme/-/hooks/1");
    let page = alice.page(&href).await;
    assert!(page.contains("Take the header away") && !page.contains("door-7hQ"), "{page}");
    assert!(!page.contains("Press Test") && !page.contains(&format!("{href}/test")), "{page}");
    world.issue("alice", "One").await;
    world.settle().await;
    // What is left empty stays; a ticked box takes it away.
    alice.submit(&href, &[("url", &url), ("event", "issues"), ("active", "1")]).await;
    world.issue("alice", "Two").await;
    world.settle().await;
    alice.submit(&href, &[("url", &url), ("event", "issues"), ("active", "1"), ("no_authorization", "1")]).await;
    world.issue("alice", "Three").await;
    world.settle().await;
    let headers: Vec<String> =
        receiver.came("/page").iter().map(|one| one.header("authorization").to_owned()).collect();
    assert_eq!(headers, [HEADER, HEADER, ""]);
    for who in ["bob", "carol"] {
        assert_eq!(world.browser(who).await.look(&href).await.status, 403, "{who}");
        assert_eq!(world.browser(who).await.look("/admin/hooks").await.status, 403, "{who}");
    }
    let asks = alice.page(&format!("{href}/delete")).await;
    assert!(asks.contains("Delete this hook?"));
    alice.submit(&format!("{href}/delete"), &[]).await;
    assert_eq!(alice.look(&href).await.status, 404);
    let again = alice.submit("/acme/-/hooks", &fields).await;
    assert_ne!(again, href, "a number is given once");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_lay_in_the_database_is_sealed_and_a_new_master_key_seals_it_again() {
    let (world, receiver) = listening().await;
    let bare = json!({"type": "gitea", "active": true, "events": ["issues"],
        "config": {"url": receiver.address("/old"), "content_type": "json"}});
    world.json("alice", &format!("POST {REPO}/hooks"), Some(bare)).await;
    let url = receiver.address("/new");
    world.json("alice", &format!("POST {REPO}/hooks"), Some(new(&url, HEADER))).await;
    // As an earlier version left it.
    let pool = world.app.engine.db.begin().await.unwrap();
    let mut tx = pool;
    sqlx::query("update webhooks set clear_secret = $1 where signed = 0").bind(SECRET).execute(&mut *tx).await.unwrap();
    tx.commit().await.unwrap();
    let rotate = || {
        let done = forgehand().args(["admin", "key", "rotate", "--json", "--data"]).arg(world.data()).output().unwrap();
        assert!(done.status.success(), "{done:?}");
        serde_json::from_slice::<Value>(&done.stdout).unwrap()["values"].clone()
    };
    assert_eq!(rotate(), json!(3), "the old secret, the new one, and a header");
    let mut tx = world.app.engine.db.begin().await.unwrap();
    let left = sqlx::query("select id from webhooks where clear_secret is not null").fetch_all(&mut *tx).await.unwrap();
    assert!(left.is_empty());
    drop(tx);
    world.issue("alice", "The greeting is odd").await;
    world.settle().await;
    for path in ["/old", "/new"] {
        let came = receiver.came(path);
        assert!(came.len() == 1 && is_signed(&came[0]), "{path}: {came:?}");
    }
    assert_eq!(receiver.came("/new")[0].header("authorization"), HEADER);
    assert_eq!(rotate(), json!(3));
}
