//! The main story: a failing check becomes a pull request that a person approved.

use serde_json::json;

use crate::driver::World;
use crate::driver::on_postgres;
use crate::driver::scripts;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_failing_check_becomes_an_approved_pull_request() {
    a_check_is_mended(World::begin().await).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_failing_check_becomes_an_approved_pull_request_on_postgresql() {
    on_postgres(|url| async { a_check_is_mended(World::begin_on(Some(url)).await).await }).await;
}

async fn a_check_is_mended(world: World) {
    let (clone, head) = world.repository(scripts::ON_FAILED_CHECK, scripts::REPAIRS).await;
    world.check_fails(&head).await;
    world.settle().await;

    let runs = world.runs().await;
    assert_eq!(runs.len(), 1, "{runs:?}");
    assert_eq!((&runs[0]["state"], &runs[0]["code_commit"]), (&json!("awaiting_approval"), &json!(head)), "{runs:?}");
    let approval = world.asked().await.expect("a request to people");
    assert!(world.pulls().await.is_empty(), "nothing leaves before a person has decided");

    let told = world.decide("bob", &approval, "approve").await;
    assert_eq!(told.status, 200, "{}", told.text);
    world.settle().await;

    let runs = world.runs().await;
    assert_eq!(runs[0]["state"], "succeeded", "{runs:?}");
    let pulls = world.pulls().await;
    assert_eq!(pulls.len(), 1, "{pulls:?}");
    assert_eq!((&pulls[0]["title"], &pulls[0]["head"]["ref"]), (&json!("Greet in English"), &json!("mend-greeting")));

    clone.git(&["fetch", "--quiet", "origin", "mend-greeting"]);
    assert_eq!(clone.git(&["show", "FETCH_HEAD:greet.sh"]), "echo Hello");
    assert_eq!(clone.git(&["rev-list", "--count", &format!("{head}..FETCH_HEAD")]), "1");
    assert_eq!(clone.git(&["rev-parse", "FETCH_HEAD~1"]), head);
    let people = clone.git(&["log", "-1", "--format=%an|%cn", "FETCH_HEAD"]);
    assert!(people.starts_with("ci|") || people.starts_with("CI|"), "who asked is the author: {people}");
    assert_ne!(people.split('|').next(), people.split('|').nth(1), "the agent is the committer: {people}");
    let trailers = clone.git(&["log", "-1", "--format=%(trailers:only)", "FETCH_HEAD"]);
    let run = runs[0]["id"].as_str().unwrap();
    let digest = approval["effects"][0]["digest"].as_str().unwrap();
    assert!(trailers.contains(&format!("Forgehand-Run: {run}")), "{trailers}");
    assert!(trailers.contains("Forgehand-Effect: ") && trailers.contains(digest), "{trailers}");
    assert!(trailers.contains("Approved-by: ") && trailers.contains("bob"), "{trailers}");
}
