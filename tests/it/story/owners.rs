//! Those who own what a pull request changes are asked to look, and a protected branch waits for them; who watches hears.

use serde_json::Value;
use serde_json::json;

use crate::clients::swagger::Swagger;
use crate::driver::Clone;
use crate::driver::World;
use crate::driver::scripts;

const REPO: &str = "/api/v1/repos/acme/slug";

const OWNERS: &str = "# who looks\n*.sh @bob\ndocs/ @acme/writers\nodd.txt bob@example.org\n*.md @nobody\n";

/// A world with owners of code, and a pull request by bob that changes a script and the documentation.
async fn world() -> (World, Clone, i64) {
    let world = World::begin().await;
    let (clone, _) = world.repository(scripts::ON_MENTION, scripts::COMMENTS).await;
    let team = json!({"name": "writers", "permission": "write", "includes_all_repositories": true});
    let team = world.json("alice", "POST /api/v1/orgs/acme/teams", Some(team)).await;
    world.ask("alice", &format!("PUT /api/v1/teams/{}/members/dave", team["id"]), None).await;
    clone.write(".github/CODEOWNERS", OWNERS);
    clone.push("main", "Say who owns what");
    let protect = json!({
        "branch_name": "main", "required_approvals": 0, "require_code_owner_reviews": true,
    });
    let made = world.json("alice", &format!("POST {REPO}/branch_protections"), Some(protect)).await;
    assert_eq!(made["require_code_owner_reviews"], true);
    clone.write("greet.sh", "echo Hello\n");
    clone.write("docs/a.txt", "Greets\n");
    // What the head says about owners is nobody's business.
    clone.write(".github/CODEOWNERS", "* @alice\n");
    clone.push("change", "Greet in English");
    let pull = json!({"title": "Greet in English", "head": "change", "base": "main"});
    let pull = world.json("alice", &format!("POST {REPO}/pulls"), Some(pull)).await;
    (world, clone, pull["number"].as_i64().unwrap())
}

async fn merge(world: &World, pull: i64) -> (u16, String) {
    let told = world.ask("alice", &format!("POST {REPO}/pulls/{pull}/merge"), Some(json!({"Do": "merge"}))).await;
    (told.status, told.text)
}

async fn approve(world: &World, who: &str, pull: i64) -> Value {
    let review = Some(json!({"event": "APPROVED", "body": "Good"}));
    world.json(who, &format!("POST {REPO}/pulls/{pull}/reviews"), review).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_protected_branch_waits_for_those_who_own_what_changes() {
    let (world, _, pull) = world().await;
    let shown = world.json("alice", &format!("GET {REPO}/pulls/{pull}"), None).await;
    assert_eq!(shown["requested_reviewers"][0]["login"], "bob", "{shown}");
    let browser = world.browser("alice").await;
    let page = browser.page(&format!("/acme/slug/pulls/{pull}")).await;
    assert!(page.contains("@acme/writers") && page.contains("needs the approval of"), "{page}");
    assert!(page.contains("Line 4") && page.contains("Line 5") && page.contains("is no owner"), "{page}");
    for (who, place) in [("bob", true), ("dave", true), ("carol", false)] {
        let inbox = world.browser(who).await.page("/inbox").await;
        assert_eq!(inbox.contains("your review is asked for"), place, "{who}");
    }

    let (status, told) = merge(&world, pull).await;
    assert!(status == 403 && told.contains("who owns it"), "{status} {told}");
    let review = approve(&world, "bob", pull).await;
    assert_eq!(review["official"], true, "{review}");
    let (status, told) = merge(&world, pull).await;
    assert!(status == 403 && told.contains("@acme/writers"), "one owner is not all: {status} {told}");
    approve(&world, "dave", pull).await;
    let shown = world.json("alice", &format!("GET {REPO}/pulls/{pull}"), None).await;
    assert_eq!(shown["requested_reviewers"], json!([]), "who reviewed is asked no more");
    let (status, told) = merge(&world, pull).await;
    assert_eq!(status, 200, "{told}");
    world.settle().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn reviews_are_asked_for_and_who_watches_hears_of_everything() {
    let (world, _, pull) = world().await;
    let line = |verb: &str| format!("{verb} {REPO}/pulls/{pull}/requested_reviewers");
    let ask = Some(json!({"reviewers": ["dave"], "team_reviewers": ["writers"]}));
    let told = world.ask("carol", &line("POST"), ask.clone()).await;
    assert_eq!(told.status, 403, "{}", told.text);
    let asked = world.json("bob", &line("POST"), ask.clone()).await;
    let faults = Swagger::read().faults_of("PullReview", &asked[0]);
    assert!(faults.is_empty(), "{faults:?}");
    for (name, why) in [("alice", "of their own"), ("carol", "nobody of this name"), ("nobody", "nobody of this name")]
    {
        let told = world.ask("alice", &line("POST"), Some(json!({"reviewers": [name]}))).await;
        assert!(told.status == 422 && told.text.contains(why), "{name}: {}", told.text);
    }
    assert_eq!(world.ask("alice", &line("DELETE"), ask).await.status, 204);
    let shown = world.json("alice", &format!("GET {REPO}/pulls/{pull}"), None).await;
    assert_eq!(shown["requested_reviewers"].as_array().unwrap().len(), 1, "bob alone: {shown}");
    let browser = world.browser("alice").await;
    browser.submit(&format!("/acme/slug/pulls/{pull}/reviewers"), &[("add", "acme/writers")]).await;
    assert!(browser.page(&format!("/acme/slug/pulls/{pull}")).await.contains("asks writers for a review"));

    let subscription = format!("{REPO}/subscription");
    assert_eq!(world.ask("carol", &format!("GET {subscription}"), None).await.status, 404);
    let watch = world.json("carol", &format!("PUT {subscription}"), None).await;
    assert_eq!(watch["subscribed"], true);
    assert_eq!(world.json("carol", "GET /api/v1/user/subscriptions", None).await[0]["name"], "slug");
    let issue = world.issue("alice", "The greeting is odd").await;
    world.comment("bob", issue, "So it is").await;
    let inbox = world.browser("carol").await.page("/inbox").await;
    assert!(inbox.contains("you watch this repository") && inbox.contains("The greeting is odd"), "{inbox}");
    world.browser("carol").await.submit("/acme/slug/watch", &[("watch", "no")]).await;
    assert_eq!(world.ask("carol", &format!("GET {subscription}"), None).await.status, 404);
    assert_eq!(world.ask("", &format!("PUT {subscription}"), None).await.status, 401);
    world.settle().await;
}
