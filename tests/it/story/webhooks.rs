//! Others are told what happens, signed and shaped as Gitea does it, and what goes wrong is seen and tried again.

use std::io::Write as _;
use std::process::Command;
use std::process::Stdio;
use std::time::Duration;

use forgehand::egress;
use serde_json::Value;
use serde_json::json;

use crate::clients::swagger::Swagger;
use crate::driver::Came;
use crate::driver::Clone;
use crate::driver::Receiver;
use crate::driver::World;
use crate::driver::scripts;

const REPO: &str = "/api/v1/repos/acme/slug";
const SECRET: &str = "a secret of the story";

/// A world whose requests may go to this machine, with a repository and somebody who listens.
async fn listening() -> (World, Clone, Receiver) {
    let allow = egress::Allow::parse(&["127.0.0.1".into()]).unwrap();
    let world = World::begin_with(|settings| {
        settings.egress = egress::Settings { allow, patience: Duration::from_millis(700) };
    })
    .await;
    let (clone, _) = world.repository(scripts::ON_MENTION, scripts::COMMENTS).await;
    (world, clone, Receiver::open().await)
}

async fn hook(world: &World, url: &str, events: &[&str]) -> i64 {
    let config = json!({"url": url, "content_type": "json", "secret": SECRET});
    let new = json!({"type": "gitea", "active": true, "events": events, "config": config});
    let made = world.json("alice", &format!("POST {REPO}/hooks"), Some(new)).await;
    assert!(!made.to_string().contains(SECRET));
    made["id"].as_i64().unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_happens_is_told_as_gitea_tells_it() {
    let (world, clone, receiver) = listening().await;
    let events = ["push", "create", "delete", "issues", "pull_request", "pull_request_review", "status"];
    hook(&world, &receiver.address("/all"), &events).await;
    everything(&world, &clone).await;
    world.settle().await;

    let came = receiver.came("/all");
    let told: Vec<String> = came.iter().map(line).collect();
    insta::assert_snapshot!(told.join("\n"));
    let swagger = Swagger::read();
    for delivery in &came {
        signed(delivery);
        shaped(&swagger, delivery);
    }
    let push = came.iter().find(|one| one.header("x-gitea-event") == "push").unwrap().json();
    assert_eq!(push["ref"], "refs/heads/change");
    assert_eq!((&push["commits"][0]["modified"], &push["total_commits"]), (&json!(["greet.sh"]), &json!(1)));
}

/// A branch, an issue and a pull request, from their beginning to their end.
async fn everything(world: &World, clone: &Clone) {
    clone.write("greet.sh", "echo Hello\n");
    clone.push("change", "Greet in English");
    let label = json!({"name": "bug", "color": "#ff0000"});
    let label = world.json("alice", &format!("POST {REPO}/labels"), Some(label)).await["id"].clone();
    let issue = world.issue("alice", "The greeting is odd").await;
    let labels = Some(json!({"labels": [label]}));
    world.json("alice", &format!("POST {REPO}/issues/{issue}/labels"), labels).await;
    let edit = json!({"assignees": ["bob"], "title": "The greeting is wrong"});
    world.json("alice", &format!("PATCH {REPO}/issues/{issue}"), Some(edit)).await;
    world.comment("bob", issue, "So it is").await;
    world.json("alice", &format!("PATCH {REPO}/issues/{issue}"), Some(json!({"state": "closed"}))).await;

    let pull = json!({"title": "Greet in English", "head": "change", "base": "main"});
    let pull = world.json("alice", &format!("POST {REPO}/pulls"), Some(pull)).await["number"].clone();
    clone.write("greet.sh", "echo Hello!\n");
    let head = clone.push("change", "Greet louder");
    let review = |event| Some(json!({"event": event, "body": "Hm", "commit_id": head}));
    for event in ["COMMENT", "REQUEST_CHANGES", "APPROVED"] {
        world.json("bob", &format!("POST {REPO}/pulls/{pull}/reviews"), review(event)).await;
    }
    world.check_fails(&head).await;
    world.json("alice", &format!("POST {REPO}/pulls/{pull}/merge"), Some(json!({"Do": "merge"}))).await;
    clone.git(&["push", "--quiet", "origin", ":change"]);
}

/// One line a delivery: event, kind, what was done to what.
fn line(came: &Came) -> String {
    let json = came.json();
    let text = |field: &str| json[field].as_str().map(|text| format!(" {text}")).unwrap_or_default();
    let number = json["number"].as_i64().or(json["issue"]["number"].as_i64()).map(|number| format!(" #{number}"));
    let (event, kind) = (came.header("x-gitea-event"), came.header("x-gitea-event-type"));
    let by = json["sender"]["login"].as_str().unwrap();
    format!("{event} ({kind}){}{}{}{} by {by}", text("action"), number.unwrap_or_default(), text("ref"), text("state"))
}

/// Signed with the secret, as a program that we did not write reckons it.
fn signed(came: &Came) {
    #[expect(clippy::disallowed_methods, reason = "an independent signature")]
    let mut openssl = Command::new("openssl");
    openssl.args(["dgst", "-sha256", "-hmac", SECRET, "-r"]).stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut child = openssl.spawn().unwrap();
    child.stdin.take().unwrap().write_all(&came.body).unwrap();
    let said = String::from_utf8(child.wait_with_output().unwrap().stdout).unwrap();
    let expected = said.split(' ').next().unwrap();
    assert_eq!(expected.len(), 64, "{said}");
    for name in ["x-gitea-signature", "x-forgejo-signature", "x-gogs-signature"] {
        assert_eq!(came.header(name), expected, "{name}");
    }
    assert_eq!(came.header("x-hub-signature-256"), format!("sha256={expected}"));
    assert_eq!(came.header("x-github-event"), came.header("x-gitea-event"));
    assert_eq!(came.header("content-type"), "application/json");
}

/// Its parts are what Forgejo describes.
fn shaped(swagger: &Swagger, came: &Came) {
    let parts = [
        ("repository", "Repository"),
        ("sender", "User"),
        ("pusher", "User"),
        ("issue", "Issue"),
        ("comment", "Comment"),
        ("pull_request", "PullRequest"),
        ("commit", "PayloadCommit"),
        ("head_commit", "PayloadCommit"),
    ];
    let json = came.json();
    for (field, definition) in parts.into_iter().filter(|(field, _)| !json[*field].is_null()) {
        let faults = swagger.faults_of(definition, &json[field]);
        assert!(faults.is_empty(), "{field} of {}: {faults:?}", came.header("x-gitea-event-type"));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_does_not_take_it_is_seen_and_told_again() {
    let (world, _, receiver) = listening().await;
    let paths = ["/fails", "/hangs", "/inward", "/mends"];
    let mut hooks = Vec::new();
    for path in paths {
        hooks.push(hook(&world, &receiver.address(path), &["issues"]).await);
    }
    world.issue("alice", "The greeting is odd").await;
    world.settle().await;
    let browser = Browser::of(&world, "alice").await;
    let mut said = Vec::new();
    for (path, hook) in paths.iter().zip(&hooks) {
        let (_, page) = browser.newest(*hook).await;
        said.push(format!("{path}: {}", told(&page)));
    }
    insta::assert_snapshot!(said.join("\n"), @"
    /fails: Answered 500 Try 1 just now , took […]
    /hangs: No answer Try 1 just now , took […] There was no whole answer within 700 ms
    /inward: Answered 302: redirects are not followed Try 1 just now , took […]
    /mends: Answered 502 Try 1 just now , took […]
    ");

    // A quarter of a minute later those who may mend are asked again; a redirect is final, and leads nowhere.
    world.clock.advance(Duration::from_secs(15));
    world.settle().await;
    assert_eq!(paths.map(|path| receiver.came(path).len()), [2, 2, 1, 2]);
    assert_eq!(receiver.came("/secret").len(), 0);
    let ids: Vec<String> =
        receiver.came("/mends").iter().map(|one| one.header("x-gitea-delivery").to_owned()).collect();
    assert_eq!(ids[0], ids[1], "the same delivery keeps its id");
    let (_, mended) = browser.newest(hooks[3]).await;
    assert!(mended.contains("Taken") && mended.contains("Answered 502") && mended.contains("Answered 200"));

    // In the end it is given up, and a person may press a button.
    for _ in 0..6 {
        world.clock.advance(Duration::from_secs(4000));
        world.settle().await;
    }
    assert_eq!(receiver.came("/fails").len(), 6);
    let (delivery, page) = browser.newest(hooks[0]).await;
    assert!(page.contains("Given up") && page.contains("it broke"), "{page}");
    browser.post(&format!("{}/deliveries/{delivery}/again", browser.hook(hooks[0]))).await;
    world.settle().await;
    let again = receiver.came("/fails");
    assert_eq!(again.len(), 7);
    assert_eq!(again[0].body, again[6].body);
    assert_ne!(again[0].header("x-gitea-delivery"), again[6].header("x-gitea-delivery"));
    // It would be told again later; with the hook, that ends.
    world.json("alice", &format!("DELETE {REPO}/hooks/{}", hooks[0]), None).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_goes_inward_unless_an_administrator_says_so() {
    let world = World::begin().await;
    world.repository(scripts::ON_MENTION, scripts::COMMENTS).await;
    let receiver = Receiver::open().await;
    for url in [
        receiver.address("/"),
        "http://169.254.169.254/latest".into(),
        "http://[::ffff:10.0.0.1]/".into(),
        "ftp://x/".into(),
    ] {
        let new = json!({"type": "gitea", "active": true, "config": {"url": url, "content_type": "json"}});
        let refused = world.ask("alice", &format!("POST {REPO}/hooks"), Some(new)).await;
        assert_eq!(refused.status, 422, "{url}: {}", refused.text);
    }
    // What a name means is known only when it is looked up.
    let named = hook(&world, &format!("http://localhost:{}/", receiver.port), &["issues"]).await;
    world.issue("alice", "The greeting is odd").await;
    world.settle().await;
    assert_eq!(receiver.came("/").len(), 0);
    let browser = Browser::of(&world, "alice").await;
    let (_, page) = browser.newest(named).await;
    assert!(page.contains("is loopback, and requests may not go there") && page.contains("Given up"), "{page}");
    for (who, status) in [("bob", 403), ("carol", 403), ("", 401)] {
        assert_eq!(world.ask(who, &format!("GET {REPO}/hooks"), None).await.status, status, "{who}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_filter_a_switch_and_an_end_are_kept_to() {
    let (world, clone, receiver) = listening().await;
    let id = hook(&world, &receiver.address("/some"), &["push"]).await;
    let line = format!("PATCH {REPO}/hooks/{id}");
    world.json("alice", &line, Some(json!({"branch_filter": "release/**"}))).await;
    commit(&clone, "other");
    commit(&clone, "release/1");
    world.settle().await;
    let refs: Vec<Value> = receiver.came("/some").iter().map(|one| one.json()["ref"].clone()).collect();
    assert_eq!(refs, ["refs/heads/release/1"]);
    let form = json!({"config": {"content_type": "form"}, "active": false});
    world.json("alice", &line, Some(form)).await;
    commit(&clone, "release/2");
    world.settle().await;
    assert_eq!(receiver.came("/some").len(), 1, "it is switched off");
    let browser = Browser::of(&world, "alice").await;
    browser.post(&format!("{}/test", browser.hook(id))).await;
    world.settle().await;
    let tested = receiver.came("/some").pop().unwrap();
    assert_eq!(tested.header("content-type"), "application/x-www-form-urlencoded");
    assert!(tested.body.starts_with(b"payload=%7B%22ref%22"));
    let page = browser.look(&format!("{}/delete", browser.hook(id))).await;
    assert!(page.contains("Delete this hook?"));
    browser.post(&format!("{}/delete", browser.hook(id))).await;
    assert_eq!(world.json("alice", &format!("GET {REPO}/hooks"), None).await, json!([]));
    let audit = world.ask("erin", "GET /api/agents/v1/audit", None).await.text;
    assert!(audit.contains("hook.delete") && !audit.contains(SECRET), "{audit}");
}

/// A commit on a branch that is new.
fn commit(clone: &Clone, branch: &str) {
    clone.write("branch.txt", branch);
    clone.push(branch, "Say which branch this is");
}

/// What the log says of the newest try, in one line, without how long it took.
fn told(page: &str) -> String {
    let main = page.split("<section").find(|part| part.contains("<h2>Tries</h2>")).unwrap();
    let (_, main) = main.split_once("</header>").unwrap();
    let mut text = String::new();
    let mut inside = false;
    for c in main.split("<details").next().unwrap().chars() {
        match c {
            '<' => inside = true,
            '>' => {
                inside = false;
                text.push(' ');
            }
            c if !inside => text.push(c),
            _ => {}
        }
    }
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    regex::Regex::new(r"took \d+ ms").unwrap().replace(&line, "took […]").into_owned()
}

/// Somebody's browser on the pages of hooks.
struct Browser<'a> {
    world: &'a World,
    http: reqwest::Client,
    session: String,
}

impl<'a> Browser<'a> {
    async fn of(world: &'a World, who: &str) -> Self {
        let identity = &world.app.engine.identity;
        let account = identity.account_by_name(&who.parse().unwrap()).await.unwrap().unwrap();
        let session = identity.open_session(account.id).await.unwrap().secret.reveal().clone();
        Self { world, http: reqwest::Client::new(), session }
    }

    fn hook(&self, id: i64) -> String {
        format!("/acme/slug/settings/hooks/{id}")
    }

    async fn look(&self, path: &str) -> String {
        let request = self.http.get(format!("{}{path}", self.world.app.base_url));
        let answer = request.header("cookie", format!("forgehand_session={}", self.session)).send().await.unwrap();
        let (status, text) = (answer.status().as_u16(), answer.text().await.unwrap());
        assert_eq!(status, 200, "{path}: {text}");
        text
    }

    /// Presses a button.
    async fn post(&self, path: &str) {
        let page = self.look("/acme/slug/settings/hooks").await;
        let csrf = page.split("name=\"csrf\" value=\"").nth(1).unwrap().split('"').next().unwrap().to_owned();
        let request = self.http.post(format!("{}{path}", self.world.app.base_url));
        let request = request.header("cookie", format!("forgehand_session={}", self.session));
        let request = request.header("content-type", "application/x-www-form-urlencoded").body(format!("csrf={csrf}"));
        let answer = request.send().await.unwrap();
        let (status, text) = (answer.status().as_u16(), answer.text().await.unwrap());
        assert_eq!(status, 200, "{path}: {text}");
    }

    /// The newest delivery of a hook: its id and its page.
    async fn newest(&self, id: i64) -> (String, String) {
        let log = self.look(&self.hook(id)).await;
        let delivery = log.split("/deliveries/").nth(1).unwrap().split('"').next().unwrap().to_owned();
        let page = self.look(&format!("{}/deliveries/{delivery}", self.hook(id))).await;
        (delivery, page)
    }
}
