//! Repositories come from other servers, once or as a mirror, and no other server gets further than that.

use std::path::Path;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::Request;
use axum::http::StatusCode;
use axum::http::header;
use axum::response::IntoResponse as _;
use axum::response::Response;
use forgehand::egress;
use forgehand::git::FetchBounds;
use forgehand::kit::secret::Secret;
use serde_json::Value;
use serde_json::json;
use tokio::net::TcpListener;

use crate::clients::swagger::Swagger;
use crate::driver::Clone;
use crate::driver::Server;
use crate::driver::World;
use crate::driver::forgehand;
use crate::driver::on_postgres;
use crate::driver::scripts;

const COPY: &str = "/api/v1/repos/acme/copy";

/// A world whose requests may go to 127.0.0.1, and whose imports end soon.
async fn world(database: Option<String>) -> World {
    World::begin_with(|settings| {
        settings.egress.allow = egress::Allow::parse(&["127.0.0.1".into()]).unwrap();
        let second = Duration::from_millis(1500);
        settings.import = FetchBounds { bytes: 4 * 1024 * 1024, silence: second, total: 20 * second };
        settings.database = database.map(Secret::new);
    })
    .await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_mirror_follows_its_origin_and_takes_nothing_else() {
    a_mirror_follows(world(None).await).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_mirror_follows_its_origin_on_postgresql() {
    on_postgres(|url| async { a_mirror_follows(world(Some(url)).await).await }).await;
}

async fn a_mirror_follows(world: World) {
    let (origin, _) = world.repository(scripts::ON_MENTION, scripts::COMMENTS).await;
    world.json("alice", "PATCH /api/v1/repos/acme/slug", Some(json!({"private": true}))).await;
    origin.git(&["tag", "-a", "v1", "-m", "One"]);
    origin.git(&["push", "--quiet", "origin", "v1", "HEAD:refs/heads/gone", "HEAD:refs/heads/a"]);
    world.settle().await;

    let address = format!("http://{}/acme/slug.git", world.app.address);
    let ask = json!({
        "clone_addr": address, "repo_name": "copy", "repo_owner": "acme", "mirror": true, "mirror_interval": "1h",
        "private": true,
    });
    let refused = world.ask("alice", "POST /api/v1/repos/migrate", Some(ask.clone())).await;
    assert_eq!(refused.status, 422, "{}", refused.text);
    assert!(refused.text.contains("asks for a name and a password"), "{}", refused.text);
    assert_eq!(world.ask("alice", &format!("GET {COPY}"), None).await.status, 404, "nothing of it stays");

    let mut ask = ask;
    ask["auth_token"] = json!(world.token("alice"));
    let made = world.json("alice", "POST /api/v1/repos/migrate", Some(ask)).await;
    assert_eq!((&made["mirror"], &made["mirror_interval"]), (&json!(true), &json!("1h0m0s")), "{made}");
    assert_eq!(made["original_url"], json!(address));
    let faults = Swagger::read().faults_of("Repository", &made);
    assert!(faults.is_empty(), "{faults:?}");
    let copy = world.clone_of("bob", "acme/copy");
    assert_eq!(refs(&copy), refs(&origin), "branches and tags, annotated ones too");
    world.settle().await;
    assert_eq!(deliveries(&world).await, 0, "old history is nobody's news");

    origin.write("greet.sh", "echo Hello\n");
    let head = origin.push("main", "Greet in English");
    origin.git(&["push", "--quiet", "origin", ":gone", ":a"]);
    origin.git(&["push", "--quiet", "origin", "HEAD:refs/heads/a/b"]);
    world.settle().await;
    assert_ne!(refs(&copy), refs(&origin), "it does not look before its time");
    world.clock.advance(Duration::from_secs(3600));
    world.settle().await;
    assert_eq!(refs(&copy), refs(&origin), "moved, deleted and made");
    assert_eq!(deliveries(&world).await, 4, "what is new comes as pushes");

    copy.git(&["fetch", "--quiet", "origin"]);
    copy.git(&["reset", "--quiet", "--hard", &head]);
    let (pushed, said) = copy.try_git(&["push", "origin", "HEAD:refs/heads/mine"]);
    assert!(!pushed && said.contains("is a mirror of"), "{said}");
    let file = json!({"content": "aGk=", "message": "Hi", "branch": "main"});
    let told = world.ask("bob", &format!("POST {COPY}/contents/hi.txt"), Some(file)).await;
    assert_eq!(told.status, 403, "{}", told.text);
    let agents = world.json("bob", "GET /api/agents/v1/repos/acme/copy/stacks", None).await;
    assert_eq!(agents["stacks"], json!([]), "whoever pushes to an origin configures no agent here");

    nowhere_to_be_read(&world, world.token("alice")).await;

    let pushed = json!({"mirror_interval": "0"});
    assert_eq!(world.json("alice", &format!("PATCH {COPY}"), Some(pushed)).await["mirror_interval"], "0h0m0s");
    origin.write("greet.sh", "echo Hello!\n");
    origin.push("main", "Greet louder");
    assert_eq!(world.ask("bob", &format!("POST {COPY}/mirror-sync"), None).await.status, 403);
    assert_eq!(world.ask("alice", &format!("POST {COPY}/mirror-sync"), None).await.status, 200);
    world.settle().await;
    assert_eq!(refs(&copy), refs(&origin));

    let own = world.json("alice", &format!("POST {COPY}/convert"), None).await;
    assert_eq!((&own["mirror"], &own["original_url"]), (&json!(false), &json!(address)));
    copy.write("own.txt", "ours now\n");
    copy.push("mine", "Go our own way");
    world.settle().await;
}

/// Branches and tags with what they point to.
fn refs(clone: &Clone) -> String {
    clone.git(&["ls-remote", "--heads", "--tags", "origin"])
}

async fn deliveries(world: &World) -> usize {
    let found = world.json("alice", "GET /api/agents/v1/repos/acme/copy/deliveries?limit=100", None).await;
    found["deliveries"].as_array().unwrap().len()
}

/// The secret is on no page, in no answer and in no file that Git or the log of decisions holds.
async fn nowhere_to_be_read(world: &World, secret: &str) {
    let browser = world.browser("alice").await;
    let page = browser.page("/acme/copy/settings/origin").await;
    assert!(page.contains("Mirror") && !page.contains(secret), "{page}");
    let audit = world.ask("erin", "GET /api/agents/v1/audit?limit=100", None).await;
    assert!(audit.text.contains("repository.import") && !audit.text.contains(secret), "{}", audit.text);
    no_file_holds(&world.data().join("git"), secret.as_bytes());
}

fn no_file_holds(folder: &Path, secret: &[u8]) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            no_file_holds(&path, secret);
        } else {
            let bytes = std::fs::read(&path).unwrap();
            assert!(!bytes.windows(secret.len()).any(|window| window == secret), "{}", path.display());
        }
    }
}

/// A server that is no friend: it hangs, redirects, talks nonsense or never ends, as the path says.
async fn stranger() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base = format!("http://{}", listener.local_addr().unwrap());
    #[expect(clippy::disallowed_methods, reason = "ends with the story's runtime")]
    tokio::spawn(async move { axum::serve(listener, Router::new().fallback(strange)).await });
    base
}

async fn strange(request: Request) -> Response {
    let path = request.uri().path().to_owned();
    let kind = |kind: &'static str| (header::CONTENT_TYPE, format!("application/x-git-upload-pack-{kind}"));
    let one = "1".repeat(40);
    let first = format!("{one} refs/heads/main\0side-band-64k\n");
    let list = format!("{:04x}{first}0000", first.len() + 4);
    let pack = |line: &[u8]| {
        let mut all = b"0008NAK\n".to_vec();
        all.extend_from_slice(format!("{:04x}", line.len() + 4).as_bytes());
        all.extend_from_slice(line);
        all
    };
    match (path.as_str(), path.ends_with("/info/refs")) {
        ("/inward/info/refs", _) => {
            (StatusCode::FOUND, [(header::LOCATION, "http://127.0.0.2:9/secret/info/refs?key=1")]).into_response()
        }
        ("/hangs/info/refs", _) => std::future::pending().await,
        ("/page/info/refs", _) => ([(header::CONTENT_TYPE, "text/html")], "<h1>Hi</h1>").into_response(),
        ("/broken/info/refs", _) => StatusCode::BAD_GATEWAY.into_response(),
        ("/endless-list/info/refs", _) => {
            let lines = futures_util::stream::repeat_with(move || {
                let line = format!("{} refs/tags/{}\n", "2".repeat(40), uuid::Uuid::now_v7());
                Ok::<_, std::io::Error>(format!("{:04x}{line}", line.len() + 4).repeat(1000))
            });
            ([kind("advertisement")], Body::from_stream(lines)).into_response()
        }
        (_, true) => ([kind("advertisement")], list).into_response(),
        ("/stalls/git-upload-pack", _) => {
            let stalls = futures_util::stream::once(async { Ok::<_, std::io::Error>("0008NAK\n") });
            let stalls = futures_util::StreamExt::chain(stalls, futures_util::stream::pending());
            ([kind("result")], Body::from_stream(stalls)).into_response()
        }
        ("/huge/git-upload-pack", _) => {
            let mut line = b"\x01PACK\0\0\0\x02\0\0\0\x01".to_vec();
            line.resize(60_000, 7);
            let huge = futures_util::stream::repeat_with(move || Ok::<_, std::io::Error>(pack(&line)[8..].to_vec()));
            ([kind("result")], Body::from_stream(huge)).into_response()
        }
        ("/nothing/git-upload-pack", _) => ([kind("result")], "0008NAK\n0000").into_response(),
        ("/error/git-upload-pack", _) => ([kind("result")], pack(b"\x03no \x1b[31mway\n")).into_response(),
        // A sound pack without a single object: what was promised did not come.
        _ => {
            let mut line = b"\x01PACK\0\0\0\x02\0\0\0\0".to_vec();
            line.extend_from_slice(&hex::decode("029d08823bd8a8eab510ad6ac75c823cfd3ed31e").unwrap());
            ([kind("result")], pack(&line)).into_response()
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn another_server_gets_no_further_than_a_sentence() {
    let world = world(None).await;
    let base = stranger().await;
    let here = |path: &str| format!("{base}/{path}");
    let cases = [
        (here("inward"), "sends us on to `http://127.0.0.2:9/secret`"),
        (here("hangs"), "It says nothing"),
        (here("page"), "does not speak Git's smart HTTP"),
        (here("broken"), "answers 502"),
        (here("endless-list"), "Its list of branches is too long"),
        (here("stalls"), "It says nothing"),
        (here("huge"), "not sound, or too large"),
        (here("nothing"), "It sends nothing"),
        (here("error"), "It says: no ⟦U+001B⟧[31mway"),
        (here("empty"), "came"),
        ("http://127.0.0.2:9/x.git".into(), "is loopback, and requests may not go there"),
        ("http://169.254.169.254/x".into(), "is link-local"),
        ("http://[::1]:9/x".into(), "is loopback"),
        ("file:///etc".into(), "does not begin with `http://` or `https://`"),
        ("/etc".into(), "is no address of a repository"),
        ("http://a:secret@127.0.0.1/x".into(), "holds a name or a password"),
        ("ext::sh -c id".into(), "does not begin with `http://`"),
    ];
    for (address, expected) in cases {
        let ask = json!({"clone_addr": address, "repo_name": "copy", "repo_owner": "acme"});
        let told = world.ask("alice", "POST /api/v1/repos/migrate", Some(ask)).await;
        let message = told.json()["message"].as_str().unwrap_or_default().to_owned();
        assert!(told.status == 422 && message.contains(expected), "{address}: {} {}", told.status, told.text);
        assert_eq!(world.ask("alice", &format!("GET {COPY}"), None).await.status, 404, "{address}");
    }
    assert!(!world.data().join("git/acme/copy.git").exists());
    let ask = json!({"clone_addr": here("empty"), "repo_name": "copy", "wiki": true});
    assert_eq!(world.ask("alice", "POST /api/v1/repos/migrate", Some(ask)).await.status, 422);
    let ask = json!({"clone_addr": here("empty"), "repo_name": "copy", "repo_owner": "acme"});
    assert_eq!(world.ask("carol", "POST /api/v1/repos/migrate", Some(ask)).await.status, 403);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_import_on_a_page_can_be_watched_stopped_and_given_up() {
    let world = world(None).await;
    let base = stranger().await;
    let browser = world.browser("bob").await;
    assert!(browser.page("/new/import?owner=acme").await.contains("Where from"));
    let form = [("owner", "acme"), ("clone_addr", &*format!("{base}/stalls.git")), ("mirror_interval", "8h")];
    let page = browser.submit("/new/import", &form).await;
    assert_eq!(page, "/acme/stalls/settings/origin");
    assert!(browser.page(&page).await.contains("Begins soon"));
    let told = world.ask("alice", "GET /api/v1/repos/acme/stalls", None).await;
    assert_eq!(told.status, 409, "nobody enters it: {}", told.text);
    assert_eq!(browser.look("/acme/stalls/issues").await.text, page, "each page leads to the one that explains");

    world.settle().await;
    let shown = browser.page(&page).await;
    assert!(shown.contains("Failed") && shown.contains("Try again"), "{shown}");
    browser.submit(&page, &[("then", "look")]).await;
    browser.submit(&page, &[("then", "stop")]).await;
    assert!(browser.page(&page).await.contains("Stopped"));
    assert_eq!(browser.submit(&page, &[("then", "discard")]).await, "/acme");
    assert_eq!(browser.look("/acme/stalls").await.status, 404);
    let again = world.json("alice", "POST /api/v1/orgs/acme/repos", Some(json!({"name": "stalls"}))).await;
    assert_eq!(again["empty"], true, "the name is free");
    world.settle().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_directory_of_the_machine_is_taken_over_by_the_command_line_alone() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let work = Clone::of("/nowhere", folder.path().join("work"));
    work.write("a.txt", "one\n");
    work.git(&["add", "--all"]);
    work.git(&["commit", "--quiet", "--message", "One"]);
    let command = |words: &[&str], input: &str| {
        use std::io::Write as _;
        let mut command = forgehand();
        command.args(words).arg("--json").arg("--data").arg(&data);
        command.stdin(std::process::Stdio::piped()).stdout(std::process::Stdio::piped());
        let mut child = command.spawn().unwrap();
        child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
        let output = child.wait_with_output().unwrap();
        assert!(output.status.success(), "{words:?}");
        serde_json::from_slice::<Value>(&output.stdout).unwrap()
    };
    command(&["admin", "user", "add", "ada", "--password-stdin"], "a long password of the story");
    let token = command(&["admin", "token", "add", "ada", "--scope", "all"], "")["token"].as_str().unwrap().to_owned();
    let path = work.folder.to_str().unwrap();
    command(&["admin", "repo", "import", "ada/tools", path, "--mirror", "0"], "");

    let server = Server::start(&data);
    let made = server.until(&token, "GET /api/v1/repos/ada/tools", |made| made["empty"] == false).await;
    assert_eq!((&made["mirror"], &made["default_branch"]), (&json!(true), &json!("main")), "{made}");
    assert_eq!(made["original_url"], "a directory on the server", "readers learn no path");
    let file = server.ask(&token, "GET /api/v1/repos/ada/tools/raw/a.txt", Value::Null).await.unwrap();
    assert_eq!(file.text, "one\n");
}
