//! What is known elsewhere is brought into the brain: with its source, once, checked, by a pull request.

use serde_json::Value;
use serde_json::json;

use super::furnish;
use crate::driver::World;
use crate::driver::on_each;

const IMPORT: &str = "POST /api/agents/v1/orgs/acme/memory/import";

const MENDS: &str = r##"- say: The greeting was always Helo.
- edit: {path: greet.sh, find: Helo, replace: Hello}
- propose: {kind: pull_request, title: Greet in English, body: It said Helo., branch: mend-greeting}
- finish: "The greeting was wrong. The key is ghp_a1B2a1B2a1B2a1B2a1B2a1B2a1B2a1B2a1B2"
"##;

fn fates(told: &Value) -> Vec<(String, String)> {
    let text = |value: &Value| value.as_str().unwrap_or("–").to_owned();
    let items = told["items"].as_array().unwrap_or_else(|| panic!("{told}")).iter();
    items.map(|item| (text(&item["path"]), text(&item["fate"]))).collect()
}

async fn merge(world: &World, number: &Value) {
    let line = format!("POST /api/v1/repos/acme/company-brain/pulls/{number}/merge");
    let told = world.ask("alice", &line, Some(json!({"Do": "merge"}))).await;
    assert!(told.status < 300, "{}", told.text);
    world.settle().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn files_of_a_repository_come_over_once_and_name_their_source() {
    on_each(async |world: World| {
        let (code, brain) = furnish(&world, MENDS, "").await;
        brain.write("notes/begin.md", "# Begin\n");
        brain.push("main", "Begin");
        code.write("AGENTS.md", "# Working here\n\nRun `sh tests/run.sh` before you push.\n");
        code.write("docs/adr/0001-greet.md", "# 1. Greet in English\n\nDate: 2020-01-02\n\n## Status\n\nAccepted\n");
        code.write("docs/adr/README.md", "# Decisions\n");
        code.write("docs/adr/0002-nul.md", "# A\0\n");
        code.write("wiki/cheese.md", "# Cheese\n\nIt is good.\n");
        let head = code.push("main", "Write down what we know");
        world.settle().await;

        let asked = json!({"repo": "acme/slug", "notes": "wiki"});
        let dry = json!({"repo": "acme/slug", "notes": "wiki", "dry_run": true});
        let dry = world.json("alice", IMPORT, Some(dry)).await;
        assert_eq!((&dry["pull"], dry["findings"].as_array().unwrap().len()), (&Value::Null, 0), "{dry}");
        let told = world.ask("alice", IMPORT, Some(asked.clone())).await;
        assert_eq!(told.status, 201, "{}", told.text);
        let told = told.json();
        let made = [
            ("practices/slug-agents.md", "new"),
            ("decisions/slug-0001-greet.md", "new"),
            ("–", "refused"),
            ("notes/slug/wiki/cheese.md", "new"),
        ];
        let found = fates(&told);
        for (path, fate) in made {
            assert!(found.contains(&(path.into(), fate.into())), "{path} {fate}: {told}");
        }
        assert_eq!(found.len(), 4, "{told}");

        // What waits to be merged is not brought again, and neither is what was merged.
        let again = world.ask("alice", IMPORT, Some(asked.clone())).await;
        assert_eq!((again.status, &again.json()["pull"]), (200, &Value::Null), "{}", again.text);
        world.settle().await;
        let updates = world.json("alice", "GET /api/agents/v1/orgs/acme/memory/updates", None).await;
        let update = &updates["updates"][0];
        assert_eq!((&updates["total"], &update["kind"]), (&json!(1), &json!("import")), "{updates}");
        assert_eq!(update["findings"]["state"], "success", "{updates}");
        let evidence = update["evidence"].as_str().unwrap();
        assert!(evidence.contains("docs/adr/0002-nul.md") && evidence.contains("it is not text"), "{update}");
        merge(&world, &told["pull"]).await;
        let record =
            world.json("alice", "GET /api/agents/v1/orgs/acme/memory/records/decision:slug-0001-greet", None).await;
        assert_eq!(record["kept"]["status"], "accepted", "{record}");
        assert_eq!(record["kept"]["sources"][0], format!("acme/slug@{head}:docs/adr/0001-greet.md"));
        assert_eq!(record["stale"], json!([]));
        let again = world.ask("alice", IMPORT, Some(asked.clone())).await;
        assert_eq!((again.status, &again.json()["pull"]), (200, &Value::Null), "{}", again.text);

        // A source that changed makes its record stale, and the next import brings it anew.
        code.write("docs/adr/0001-greet.md", "# 1. Greet in English\n\nDate: 2020-01-02\n\n## Status\n\nSuperseded\n");
        code.push("main", "Change our mind");
        world.settle().await;
        let stale = world.json("alice", "GET /api/agents/v1/orgs/acme/memory/stale", None).await;
        assert_eq!(stale["stale"][0]["record"]["id"], "decision:slug-0001-greet", "{stale}");
        let told = world.json("alice", IMPORT, Some(asked)).await;
        assert!(fates(&told).contains(&("decisions/slug-0001-greet.md".into(), "changed".into())), "{told}");
        assert_eq!(fates(&told).iter().filter(|(_, fate)| fate == "known").count(), 2, "{told}");
        merge(&world, &told["pull"]).await;
        let log = brain.git(&["ls-remote", "origin", "refs/heads/main"]);
        assert!(!log.is_empty());
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_finished_runs_left_comes_over_by_tier_and_without_secrets() {
    let world = World::begin().await;
    let (_, brain) = furnish(&world, MENDS, "").await;
    brain.write("notes/begin.md", "# Begin\n");
    brain.push("main", "Begin");
    world.settle().await;
    let issue = world.issue("alice", "The greeting is odd").await;
    world.comment("alice", issue, "@fixer mend the greeting").await;
    world.settle().await;
    let run = world.runs().await.remove(0);
    let id = run["id"].as_str().unwrap();
    let asked = |tier: &str| json!({"runs": [id], "tier": tier});
    let waits = world.json("alice", IMPORT, Some(asked("summary"))).await;
    let text = waits.to_string();
    assert_eq!(run["state"], "awaiting_approval", "{run}");
    assert!(text.contains("refused") && text.contains("only what is over is remembered"), "{text}");
    let approval = world.asked().await.expect("people are asked");
    assert_eq!(world.decide("bob", &approval, "deny").await.status, 200);
    world.settle().await;

    let told = world.json("alice", IMPORT, Some(asked("journal"))).await;
    assert_eq!((&told["items"][0]["fate"], &told["findings"]), (&json!("new"), &json!([])), "{told}");
    assert!(told["items"][0]["redacted"].as_i64().unwrap() > 0, "{told}");
    world.settle().await;
    let path = told["items"][0]["path"].as_str().unwrap();
    brain.git(&["fetch", "--quiet", "origin", "refs/heads/*:refs/remotes/origin/*"]);
    let branch = brain.git(&["for-each-ref", "--format=%(refname:short)", "refs/remotes/origin/forgehand"]);
    let episode = brain.git(&["show", &format!("{branch}:{path}")]);
    for words in
        ["agent: The greeting was always Helo.", "pull_request `", ": denied", "run: ", "[redacted: a GitHub token]"]
    {
        assert!(episode.contains(words), "{words}: {episode}");
    }
    assert!(!episode.contains("ghp_a1B2"), "{episode}");
    let again = world.ask("alice", IMPORT, Some(asked("journal"))).await;
    assert_eq!((again.status, &again.json()["pull"]), (200, &Value::Null), "{}", again.text);
    merge(&world, &told["pull"]).await;
    let known = world.json("alice", IMPORT, Some(json!({"runs": [id], "tier": "journal", "dry_run": true}))).await;
    assert_eq!(known["items"][0]["fate"], "known", "{known}");
    let less = world.json("alice", IMPORT, Some(json!({"runs": [id], "tier": "summary", "dry_run": true}))).await;
    assert_eq!(less["items"][0]["fate"], "changed", "{less}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_import_reaches_nobody_who_could_not_read_it() {
    let world = World::begin().await;
    let (_, brain) = furnish(&world, MENDS, "").await;
    brain.write("notes/begin.md", "# Begin\n");
    brain.push("main", "Begin");
    world.json("alice", "POST /api/v1/orgs/acme/repos", Some(json!({"name": "closed", "private": true}))).await;
    world.json("carol", "POST /api/v1/user/repos", Some(json!({"name": "mine", "auto_init": true}))).await;
    world.settle().await;
    let ask = async |who: &str, body: Value| world.ask(who, IMPORT, Some(body)).await;
    let closed = ask("alice", json!({"repo": "acme/closed"})).await;
    assert!(closed.status == 403 && closed.text.contains("WIDER_AUDIENCE"), "{}", closed.text);
    let other = ask("alice", json!({"repo": "carol/mine"})).await;
    assert!(other.status == 403 && other.text.contains("CROSS_ORG_REF_DENIED"), "{}", other.text);
    assert_eq!(ask("alice", json!({"repo": "acme/none"})).await.status, 404);
    assert_eq!(ask("alice", json!({"repo": "acme/slug", "notes": "../x"})).await.status, 422);
    assert_eq!(ask("alice", json!({})).await.status, 422);
    let carol = ask("carol", json!({"repo": "acme/slug"})).await;
    assert_eq!(carol.status, 403, "who may not push to the brain imports nothing: {}", carol.text);

    // The same by a page: it looks first, and says what is wrong on the form.
    let alice = world.browser("alice").await;
    let form = alice.page("/acme/brain/import").await;
    assert!(form.contains("Files of a repository"), "{form}");
    let looked = alice.post("/acme/brain/import", &[("from", "files"), ("repo", "slug")]).await;
    assert!(looked.status == 200 && looked.text.contains("Nothing here is taken over"), "{}", looked.text);
    let wrong = alice.post("/acme/brain/import", &[("from", "files"), ("repo", "closed")]).await;
    assert!(wrong.text.contains("everybody may read the brain"), "{}", wrong.text);
    assert_eq!(world.browser("carol").await.look("/acme/brain/import").await.status, 403);
}
