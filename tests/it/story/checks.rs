//! Checks of the forge itself: a push runs jobs in the sandbox, and what they say is a commit status like any other.

use serde_json::Value;
use serde_json::json;

use crate::driver::Clone;
use crate::driver::Demo;
use crate::driver::World;
use crate::driver::scripts;

const CHECKS: &str = "/api/agents/v1/repos/acme/slug/checks";

/// The greeting says `Hello`.
const GREETS: &str = "jobs:\n  test:\n    run: |\n      echo wanted Hello\n      test \"$(sh greet.sh)\" = Hello || \
                      { echo \"FAIL greeting: got $(sh greet.sh)\"; exit 1; }\n";

/// Every newest check at a commit.
async fn checks(world: &World, sha: &str) -> Vec<Value> {
    let found = world.json("alice", &format!("GET {CHECKS}?sha={sha}&newest=true"), None).await;
    found["checks"].as_array().unwrap().clone()
}

/// Their names and states, by name.
async fn states(world: &World, sha: &str) -> String {
    let word = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let shown = |check: &Value| format!("{} {}", word(&check["name"]), word(&check["state"]));
    checks(world, sha).await.iter().map(shown).collect::<Vec<_>>().join(", ")
}

async fn check(world: &World, sha: &str, name: &str) -> Value {
    checks(world, sha).await.into_iter().find(|check| check["name"] == name).expect("a check of this name")
}

async fn log(world: &World, check: &Value) -> String {
    let told = world.ask("alice", &format!("GET {CHECKS}/{}/log", check["id"].as_str().unwrap()), None).await;
    assert_eq!(told.status, 200, "{}", told.text);
    told.text
}

async fn statuses(world: &World, sha: &str) -> Value {
    world.json("alice", &format!("GET /api/v1/repos/acme/slug/commits/{sha}/status"), None).await
}

async fn steer(world: &World, who: &str, check: &Value, verb: &str) -> crate::driver::Told {
    world.ask(who, &format!("POST {CHECKS}/{}/{verb}", check["id"].as_str().unwrap()), Some(json!({}))).await
}

/// A repository whose checks are these.
async fn with(checks: &str) -> (World, Clone, String) {
    let (world, clone, _) = World::with(scripts::ON_FAILED_CHECK, scripts::REPAIRS).await;
    clone.write(".agents/checks.yaml", checks);
    let head = clone.push("main", "Check it");
    (world, clone, head)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_push_that_fails_its_check_is_mended_to_a_green_pull_request() {
    let (world, _, head) = with(GREETS).await;
    world.settle().await;

    let failed = check(&world, &head, "test").await;
    assert_eq!((&failed["state"], &failed["reason"]), (&json!("failure"), &json!("exit")), "{failed}");
    let signature = failed["signature"].as_str().unwrap();
    assert!(signature.starts_with("fail-greeting-got-helo-"), "{signature}");
    assert_eq!(log(&world, &failed).await, "wanted Hello\nFAIL greeting: got Helo\n");
    let status = statuses(&world, &head).await;
    assert_eq!(status["state"], "failure", "{status}");
    let posted = &status["statuses"][0];
    assert_eq!((&posted["context"], &posted["creator"]["login"]), (&json!("test"), &json!("forgehand-checks")));
    assert!(posted["target_url"].as_str().unwrap().ends_with(failed["id"].as_str().unwrap()), "{posted}");
    assert!(posted["description"].as_str().unwrap().contains("FAIL greeting: got Helo"), "{posted}");

    // Its page has an anchor for each line, and its stream ends when the job has.
    let address = format!("GET /acme/slug/checks/{}", failed["id"].as_str().unwrap());
    let page = world.ask("", &address, None).await.text;
    assert!(page.contains("id=\"L2\"") && page.contains("FAIL greeting: got Helo"), "{page}");
    assert!(page.contains(signature) && !page.contains("Run again"), "nobody is signed in: {page}");
    let stream = world.ask("", &format!("{address}/stream?after=0"), None).await.text;
    let mut events: Vec<&str> = stream.lines().filter_map(|line| line.strip_prefix("event: ")).collect();
    // What the job wrote in two pieces comes in two.
    events.dedup();
    assert_eq!(events, ["step", "changed", "lines", "ended"], "{stream}");
    assert_eq!(world.ask("", &format!("{address}/raw"), None).await.text, "wanted Hello\nFAIL greeting: got Helo\n");

    let runs = world.runs().await;
    assert_eq!(runs.len(), 1, "{runs:?}");
    let line = format!("GET /api/agents/v1/runs/{}/context", runs[0]["id"].as_str().unwrap());
    let context = world.json("alice", &line, None).await;
    let part = context["bundle"]["parts"].as_array().unwrap().iter().find(|part| part["layer"] == "check").unwrap();
    assert!(part["text"].as_str().unwrap().contains("FAIL greeting: got Helo"), "{part}");
    assert!(part["source"].as_str().unwrap().contains(failed["id"].as_str().unwrap()), "{part}");

    let approval = world.asked().await.expect("a request to people");
    assert_eq!(world.decide("bob", &approval, "approve").await.status, 200);
    world.settle().await;
    let pulls = world.pulls().await;
    let sha = pulls[0]["head"]["sha"].as_str().unwrap();
    assert_eq!(states(&world, sha).await, "test success");
    assert_eq!(statuses(&world, sha).await["state"], "success");
    assert_eq!(world.runs().await.len(), 1, "a green check dispatches nobody");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn jobs_wait_for_those_they_need_and_are_skipped_after_a_failure() {
    let (world, _, head) = with(
        "jobs:\n  build: {run: 'echo $WHERE > made; exit 3', environment: {WHERE: here}}\n  test: {run: 'true', needs: [build]}\n  \
         ship: {run: 'true', needs: [test]}\n  lint:\n    run:\n      - {name: first, run: echo one > left}\n      \
         - {name: second, run: cat left; env | grep ^FORGEHAND_CHECK; git log -1 --format=%s}\n  docs: {run: 'true', paths: ['docs/**']}\n",
    )
    .await;
    world.settle().await;
    assert_eq!(states(&world, &head).await, "build failure, docs skipped, lint success, ship skipped, test skipped");
    let lint = check(&world, &head, "lint").await;
    assert_eq!(log(&world, &lint).await, "one\nFORGEHAND_CHECK=lint\nCheck it\n");
    let steps: Vec<&Value> = lint["steps"].as_array().unwrap().iter().map(|step| &step["name"]).collect();
    assert_eq!(steps, [&json!("first"), &json!("second")]);
    assert_eq!(world.runs().await.len(), 0, "the rule speaks of checks named `test*`, and that one never ran");

    // One rerun takes those along that were skipped because of it.
    let build = check(&world, &head, "build").await;
    assert_eq!(steer(&world, "carol", &build, "rerun").await.status, 403);
    let told = steer(&world, "bob", &build, "rerun").await;
    assert_eq!((told.status, &told.json()["attempt"]), (200, &json!(2)), "{}", told.text);
    world.settle().await;
    assert_eq!(states(&world, &head).await, "build failure, docs skipped, lint success, ship skipped, test skipped");
    assert_eq!(check(&world, &head, "ship").await["attempt"], 2);
    assert_eq!(check(&world, &head, "lint").await["attempt"], 1);
    let same = world.json("alice", &format!("GET {CHECKS}?signature={}", text(&build["signature"])), None).await;
    assert_eq!(same["checks"].as_array().unwrap().len(), 2, "both failures are the same: {same}");
    let all = world.ask("bob", &format!("POST {CHECKS}/rerun"), Some(json!({"sha": head}))).await;
    assert_eq!((all.status, &all.json()["count"]), (200, &json!(1)), "{}", all.text);
    world.settle().await;
    assert_eq!(check(&world, &head, "build").await["attempt"], 3);
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_job_that_never_ends_is_ended_and_one_that_is_cancelled_too() {
    let (world, _, head) = with(
        "jobs:\n  hangs: {run: 'echo started; sleep 1000 & sleep 1000', timeout: 1s}\n  \
         waits: {run: 'echo here; sleep 1000'}\n",
    )
    .await;
    let waits = world
        .until("a job that runs", async || {
            let found = check(&world, &head, "waits").await;
            (found["state"] == "running" && found["log_lines"] == 1).then_some(found)
        })
        .await;
    assert_eq!(steer(&world, "bob", &waits, "cancel").await.status, 200);
    world.settle().await;
    assert_eq!(states(&world, &head).await, "hangs failure, waits cancelled");
    let hangs = check(&world, &head, "hangs").await;
    assert_eq!(hangs["reason"], "timeout", "{hangs}");
    assert_eq!(log(&world, &hangs).await, "started\n");
    assert_eq!(check(&world, &head, "waits").await["summary"], "bob cancelled it");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_file_that_cannot_be_read_is_a_failed_check_and_breaks_nothing_else() {
    let (world, _, head) = with("jobs:\n  test: {run: 'true', needs: [tset], tiemout: 1m}\n").await;
    world.settle().await;
    assert_eq!(states(&world, &head).await, "checks failure");
    let broken = check(&world, &head, "checks").await;
    assert!(text(&broken["summary"]).contains(".agents/checks.yaml:2:"), "{broken}");
    assert!(log(&world, &broken).await.contains("hint: did you mean `timeout`?"));
    assert_eq!(steer(&world, "bob", &broken, "rerun").await.status, 409);
    let rules = world.json("alice", "GET /api/agents/v1/repos/acme/slug/rules", None).await;
    assert_eq!((rules["broken"].clone(), rules["rules"].as_array().map(Vec::len)), (json!(false), Some(1)), "{rules}");
    assert!(rules["diagnostics"].to_string().contains("tiemout"), "{rules}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_check_of_a_fork_waits_for_a_person_at_each_head() {
    let (world, _, _) = with("jobs: {test: {run: 'echo of the base', on: [push]}}\n").await;
    world.settle().await;
    world.json("carol", "POST /api/v1/repos/acme/slug/forks", Some(json!({}))).await;
    let fork = world.clone_of("carol", "carol/slug");
    fork.git(&["fetch", "--quiet", "origin", "main"]);
    fork.git(&["reset", "--quiet", "--hard", "FETCH_HEAD"]);
    fork.write(".agents/checks.yaml", "jobs: {test: {run: 'echo of the fork; git log -1', on: [pull_request]}}\n");
    let head = fork.push("topic", "Mine");
    let pull = json!({"title": "Mine", "head": "carol:topic", "base": "main"});
    world.json("carol", &format!("POST {}/pulls", crate::driver::REPO), Some(pull)).await;
    world.settle().await;

    let waiting = check(&world, &head, "test").await;
    assert_eq!((&waiting["state"], &waiting["fork"]), (&json!("waiting"), &json!(true)), "{waiting}");
    assert_eq!(statuses(&world, &head).await["state"], "pending");
    assert_eq!(steer(&world, "carol", &waiting, "start").await.status, 403, "a stranger cannot start it");
    assert_eq!(steer(&world, "ci", &waiting, "start").await.status, 403, "nor can a program that may write");
    assert_eq!(steer(&world, "bob", &waiting, "start").await.status, 200);
    world.settle().await;
    let ran = check(&world, &head, "test").await;
    assert_eq!(ran["state"], "failure", "the history of the base is not there: {ran}");
    assert!(log(&world, &ran).await.starts_with("of the fork\n"));

    fork.write("more", "");
    let next = fork.push("topic", "More");
    world.settle().await;
    assert_eq!(
        check(&world, &next, "test").await["state"],
        "waiting",
        "what was decided holds for the head that was seen"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_rule_answers_a_signature_and_an_agent_asks_for_a_rerun() {
    let (world, clone, _) = World::with(
        "on: {check: {signature: ['fail-flaky-*']}}\nstack: fixer\nprompt: '{{ check.signature }}'\n\
         dedupe: {key: '{{ repo }}:{{ check.signature }}', window: 1h}\n",
        "- propose: {kind: check_rerun, check: test}\n- finish: Asked for a rerun.\n",
    )
    .await;
    clone.write(
        ".agents/checks.yaml",
        "jobs: {test: {run: 'echo FAIL flaky at 0x7ffd$$; exit 1'}, other: {run: 'exit 1'}}\n",
    );
    let head = clone.push("main", "Flaky");
    world.settle().await;
    let runs = world.runs().await;
    assert_eq!(runs.len(), 1, "only the signature that the rule names: {runs:?}");
    assert_eq!(runs[0]["prompt"], check(&world, &head, "test").await["signature"]);
    let approval = world.asked().await.expect("a request to people");
    assert_eq!(world.decide("bob", &approval, "approve").await.status, 200);
    world.settle().await;
    let again = check(&world, &head, "test").await;
    assert_eq!((&again["attempt"], &again["state"]), (&json!(2), &json!("failure")), "{again}");
    assert_eq!(world.runs().await.len(), 1, "the same failure is answered once");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_job_whose_server_is_killed_is_begun_again() {
    let home = tempfile::tempdir().unwrap();
    let mut demo = Demo::start(&home.path().join("data"));
    let slow = "jobs: {slow: {run: 'echo begun; sleep 3; echo done'}}\n";
    let path = "/api/v1/repos/acme/leap/contents/.agents/checks.yaml";
    let there = demo.ask(reqwest::Method::GET, path, Value::Null).await;
    let edit = json!({"content": base64(slow), "sha": there["sha"], "message": "Slow", "new_branch": "slow"});
    demo.ask(reqwest::Method::PUT, path, edit).await;
    let list = "/api/agents/v1/repos/acme/leap/checks?state=running";
    let id = demo
        .until(list, |told| {
            let found = told["checks"].as_array()?.iter().find(|check| check["name"] == "slow")?;
            (found["log_lines"] == 1).then(|| text(&found["id"]).to_owned())
        })
        .await;
    let mut demo = demo.killed_and_started();
    let one = format!("/api/agents/v1/repos/acme/leap/checks/{id}");
    let ended = demo.until(&one, |told| (told["state"] == "success").then(|| told.clone())).await;
    assert_eq!(ended["begins"], 2, "{ended}");
    let states: Vec<&str> = ended["steps"].as_array().unwrap().iter().map(|step| text(&step["state"])).collect();
    assert_eq!(states, ["lost", "success"]);
    assert!(demo.audit_is_good());
}

fn base64(text: &str) -> String {
    use base64::Engine as _;
    base64::engine::general_purpose::STANDARD.encode(text)
}
