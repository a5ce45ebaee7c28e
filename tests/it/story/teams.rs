//! Teams give their people roles, bots act and never decide, and feeds open by a token of their own.

use serde_json::Value;
use serde_json::json;

use crate::clients::swagger::Swagger;
use crate::driver::World;
use crate::driver::scripts;

const REPO: &str = "/api/v1/repos/acme/slug";

async fn role(world: &World, who: &str) -> Value {
    let line = format!("GET {REPO}/collaborators/{who}/permission");
    world.ask("alice", &line, None).await.json()["permission"].clone()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_team_gives_its_people_a_role_where_it_is_let_in() {
    let world = World::begin().await;
    world.repository(scripts::ON_MENTION, scripts::COMMENTS).await;
    world.json("alice", &format!("PATCH {REPO}"), Some(json!({"private": true}))).await;
    assert_eq!(role(&world, "bob").await, "write", "belonging gives the role to write unless somebody says otherwise");

    let browser = world.browser("alice").await;
    browser.submit("/users/acme/teams", &[("then", "member_role"), ("role", "")]).await;
    assert_eq!(role(&world, "bob").await, "none");
    assert_eq!(world.ask("bob", &format!("GET {REPO}"), None).await.status, 404);
    let seen = world.json("bob", "GET /api/v1/user/repos", None).await;
    assert_eq!(seen, json!([]), "lists show no more than pages do");

    let new = json!({"name": "core", "description": "Looks after the core", "permission": "triage"});
    let team = world.json("alice", "POST /api/v1/orgs/acme/teams", Some(new)).await;
    let faults = Swagger::read().faults_of("Team", &team);
    assert!(faults.is_empty(), "{faults:?}");
    let id = team["id"].as_i64().unwrap();
    let line = |rest: &str| format!("/api/v1/teams/{id}{rest}");
    assert_eq!(world.ask("alice", &format!("PUT {}", line("/members/bob")), None).await.status, 204);
    assert_eq!(role(&world, "bob").await, "none", "it is let in nowhere yet");
    assert_eq!(world.ask("alice", &format!("PUT {}", line("/repos/acme/slug")), None).await.status, 204);
    assert_eq!(role(&world, "bob").await, "triage");
    assert_eq!(world.json("bob", "GET /api/v1/user/repos", None).await.as_array().unwrap().len(), 1);
    let mine = world.json("bob", "GET /api/v1/user/teams", None).await;
    assert_eq!((&mine[0]["name"], &mine[0]["units_map"]["repo.code"]), (&json!("core"), &json!("triage")));
    let there = world.json("alice", &format!("GET {REPO}/teams"), None).await;
    assert_eq!(there[0]["name"], "core");

    world.json("alice", &format!("PATCH {}", line("")), Some(json!({"permission": "maintain"}))).await;
    assert_eq!(role(&world, "bob").await, "maintain");
    let change = json!({"permission": "write", "includes_all_repositories": true});
    world.json("alice", &format!("PATCH {}", line("")), Some(change)).await;
    world.ask("alice", &format!("DELETE {}", line("/repos/acme/slug")), None).await;
    assert_eq!(role(&world, "bob").await, "write", "everywhere needs no list");
    world.json("bob", "POST /api/v1/orgs/acme/repos", Some(json!({"name": "more"}))).await;
    assert_eq!(role(&world, "dave").await, "none", "who is in no team has what belonging gives");

    for (who, status) in [("bob", 403), ("carol", 404), ("", 404)] {
        let told = world.ask(who, &format!("PATCH {}", line("")), Some(json!({"permission": "admin"}))).await;
        assert_eq!(told.status, status, "{who}: {}", told.text);
        let refused = world.ask(who, "POST /api/v1/orgs/acme/teams", Some(json!({"name": "mine"}))).await;
        assert!([401, 403].contains(&refused.status), "{who}: {}", refused.text);
    }
    assert_eq!(world.ask("carol", "GET /api/v1/orgs/acme/teams", None).await.status, 404);

    let page = browser.page(&format!("/users/acme/teams/{id}")).await;
    assert!(page.contains("Team core") && page.contains("bob"), "{page}");
    assert!(browser.page("/acme").await.contains("write everywhere"));
    browser.submit(&format!("/users/acme/teams/{id}"), &[("then", "delete")]).await;
    assert_eq!(role(&world, "bob").await, "none");
    let audit = world.ask("erin", "GET /api/agents/v1/audit?limit=100", None).await.text;
    for action in ["team.create", "team.change", "team.let_in", "team.add", "team.delete", "organisation.member_role"] {
        assert!(audit.contains(action), "{action}");
    }
    world.settle().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_bot_of_an_organisation_acts_and_never_decides() {
    let world = World::begin().await;
    let (_, head) = world.repository(scripts::ON_FAILED_CHECK, scripts::REPAIRS).await;
    let bots = "/api/v1/orgs/acme/bots";
    assert_eq!(world.ask("bob", &format!("POST {bots}"), Some(json!({"username": "robot"}))).await.status, 403);
    let made = world.json("alice", &format!("POST {bots}"), Some(json!({"username": "robot"}))).await;
    assert_eq!(made["login"], "robot");
    world.json("alice", &format!("PUT {REPO}/collaborators/robot"), Some(json!({"permission": "write"}))).await;
    for scope in ["approve", "admin", "all"] {
        let ask = json!({"name": "ci", "scopes": [scope]});
        let told = world.ask("alice", &format!("POST {bots}/robot/tokens"), Some(ask)).await;
        assert!(told.status == 422 && told.text.contains("decides nothing"), "{scope}: {}", told.text);
    }
    let ask = json!({"name": "ci", "scopes": ["write:repository", "dispatch"]});
    let token = world.json("alice", &format!("POST {bots}/robot/tokens"), Some(ask)).await;
    let (id, secret) = (token["id"].as_str().unwrap(), token["sha1"].as_str().unwrap());

    let failed = json!({"state": "failure", "context": "test", "description": "1 of 2 failed"});
    let told = world.ask_by(secret, &format!("POST {REPO}/statuses/{head}"), Some(failed)).await;
    assert_eq!(told.status, 201, "{}", told.text);
    world.settle().await;
    let approval = world.asked().await.expect("a request to people");
    let line = format!("POST /api/agents/v1/approvals/{}/decision", approval["id"].as_str().unwrap());
    let decision = Some(json!({"decision": "approve", "reason": "I say so"}));
    let told = world.ask_by(secret, &line, decision.clone()).await;
    assert_eq!(told.status, 403, "a bot never decides: {}", told.text);
    // The bot of the stories has a token for everything, as a mistake of an administrator could give it one.
    let told = world.ask("ci", &line, decision).await;
    assert!(told.status == 403 && told.text.contains("MACHINE_CANNOT_DECIDE"), "{}", told.text);

    let page = world.browser("alice").await.page("/users/acme/bots").await;
    assert!(page.contains("robot") && !page.contains(secret), "{page}");
    assert_eq!(world.browser("bob").await.look("/users/acme/bots").await.status, 403);
    assert_eq!(world.browser("alice").await.look("/admin/bots").await.status, 403);
    assert!(world.browser("erin").await.page("/admin/bots").await.contains("No bots"));
    assert_eq!(world.ask("alice", &format!("DELETE {bots}/ci"), None).await.status, 404, "not one of theirs");

    let line = format!("DELETE {bots}/robot/tokens/{id}");
    assert_eq!(world.ask("alice", &line, None).await.status, 204);
    assert_eq!(world.ask_by(secret, &format!("GET {REPO}"), None).await.status, 401, "on the next request");
    assert_eq!(world.ask("alice", &format!("DELETE {bots}/robot"), None).await.status, 204);
    assert_eq!(role(&world, "robot").await, "read", "its roles are gone; the repository is public");
    world.decide("bob", &approval, "deny").await;
    world.settle().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_feed_of_a_private_repository_opens_by_a_token_that_opens_nothing_else() {
    let world = World::begin().await;
    world.repository(scripts::ON_MENTION, scripts::COMMENTS).await;
    world.json("alice", &format!("PATCH {REPO}"), Some(json!({"private": true}))).await;
    let browser = world.browser("bob").await;
    let made = browser.post("/user/tokens", &[("then", "feeds")]).await;
    let token = made.text.split("?token=").nth(1).unwrap().split_whitespace().next().unwrap().to_owned();

    let feed = |path: &str, token: &str| format!("GET {path}?token={token}");
    for path in ["/acme/slug/atom/commits/main", "/acme/slug/atom/tags", "/acme/slug/atom/runs"] {
        let told = world.ask("", &feed(path, &token), None).await;
        assert!(told.status == 200 && told.text.contains("<feed"), "{path}: {} {}", told.status, told.text);
        assert!(!told.text.contains(&token), "{path}");
        assert_ne!(world.ask("", &feed(path, "fh_wrong"), None).await.status, 200);
        assert_ne!(
            world.ask("", &feed(path, world.token("bob")), None).await.status,
            200,
            "another token is none here"
        );
    }
    for path in ["/acme/slug", "/acme/slug/issues", "/api/v1/repos/acme/slug"] {
        assert_ne!(world.ask("", &feed(path, &token), None).await.status, 200, "{path}");
    }
    assert_eq!(world.ask_by(&token, &format!("GET {REPO}"), None).await.status, 404, "it is no token of the API");
    let clone = world.ask_by(&token, "GET /acme/slug.git/info/refs?service=git-upload-pack", None).await;
    assert_eq!(clone.status, 404);

    browser.post("/user/tokens", &[("then", "feeds")]).await;
    assert_ne!(world.ask("", &feed("/acme/slug/atom/tags", &token), None).await.status, 200, "a new one ends the old");
    world.settle().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whoever_guesses_passwords_is_told_to_wait() {
    let world = World::begin().await;
    let http = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).build().unwrap();
    let address = format!("http://{}/login", world.app.address);
    let guess = |name: &'static str| {
        let request = http.post(&address).header("content-type", "application/x-www-form-urlencoded");
        request.body(format!("name={name}&password=not-this-one")).send()
    };
    for name in ["alice", "nobody-at-all"] {
        for _ in 0..10 {
            assert_eq!(guess(name).await.unwrap().status(), 422);
        }
        let refused = guess(name).await.unwrap();
        assert_eq!(refused.status(), 429, "{name}: known and unknown look the same");
        let wait: u64 = refused.headers()["retry-after"].to_str().unwrap().parse().unwrap();
        assert!((1..=300).contains(&wait), "{wait}");
    }
}
