//! What agents want remembered is decided by the people of the brain, and what a run saw of it is shown to them alone.

use serde_json::Value;
use serde_json::json;

use super::document;
use super::furnish;
use crate::driver::World;
use crate::driver::on_each;

const REMEMBERS: &str = r##"- propose: {kind: memory, title: Greet in English, body: The run saw it., changes: [{path: notes/greeting.md, text: "# Greeting\n\nHello, never Helo.\n"}]}
- propose: {kind: pull_request, title: Say Hello, body: It said Helo., branch: hello}
- finish: It is remembered.
"##;

async fn role(world: &World, repo: &str, who: &str, role: &str) {
    let line = format!("PUT /api/v1/repos/acme/{repo}/collaborators/{who}");
    let told = world.ask("alice", &line, Some(json!({"permission": role}))).await;
    assert_eq!(told.status, 204, "{}", told.text);
}

async fn decide(world: &World, who: &str, approval: &Value, effects: &[&Value]) -> (u16, String) {
    let said = json!({"decision": "approve", "effects": effects, "reason": "the story says so"});
    let line = format!("POST /api/agents/v1/approvals/{}/decision", approval["id"].as_str().unwrap());
    let told = world.ask(who, &line, Some(said)).await;
    (told.status, told.text)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_remembered_is_decided_at_the_brain() {
    on_each(async |world: World| {
        let script = format!("- edit: {{path: greet.sh, find: Helo, replace: Hello}}\n{REMEMBERS}");
        let (_, brain) = furnish(&world, &script, "").await;
        brain.write("runbooks/greeting.md", &document("runbook:greeting", "Mend the greeting", "owners: [\"@alice\"]\n", "The greeting is English."));
        brain.write(".agents/policy.yaml", "approvers: {memory: {role: maintain}}\n");
        brain.push("main", "Begin");
        for repo in ["slug", "company-brain"] {
            world.json("alice", &format!("PATCH /api/v1/repos/acme/{repo}"), Some(json!({"private": true}))).await;
        }
        role(&world, "slug", "carol", "write").await;
        world.settle().await;
        let issue = world.issue("alice", "The greeting is odd").await;
        world.comment("alice", issue, "@fixer mend the greeting").await;
        world.settle().await;
        let run = world.runs().await.remove(0);
        let approval = world.asked().await.expect("people are asked");
        let of_kind = |kind: &str| {
            let effects = approval["effects"].as_array().unwrap().iter();
            &effects.clone().find(|effect| effect["kind"] == kind).unwrap_or_else(|| panic!("{kind}: {approval}"))["digest"]
        };
        let (memory, pull) = (of_kind("memory"), of_kind("pull_request"));

        // Who may decide where the run is decides nothing at the brain.
        let (status, text) = decide(&world, "carol", &approval, &[memory]).await;
        assert!(status == 403 && text.contains("asked at the company brain"), "{status} {text}");
        let (status, text) = decide(&world, "carol", &approval, &[memory, pull]).await;
        assert_eq!(status, 403, "all or none: {text}");
        // What the run saw of the brain is not for carol, who may read the run.
        let id = run["id"].as_str().unwrap();
        let context = format!("GET /api/agents/v1/runs/{id}/context");
        let seen = world.ask("bob", &context, None).await.text;
        assert!(seen.contains("runbook:greeting") && seen.contains("The greeting is English"), "{seen}");
        let unseen = world.ask("carol", &context, None).await.text;
        assert!(unseen.contains("Only those who may read the company brain"), "{unseen}");
        assert!(!unseen.contains("runbook:greeting") && !unseen.contains("The greeting is English"), "{unseen}");
        let page = world.browser("carol").await.page(&format!("/runs/{id}/context")).await;
        assert!(!page.contains("The greeting is English"), "{page}");

        // The policy of the brain asks for a maintainer there; bob, who may write, is none.
        let (status, text) = decide(&world, "bob", &approval, &[memory]).await;
        assert!(status == 403 && text.contains("needs the role `maintain`"), "{status} {text}");
        let (status, text) = decide(&world, "carol", &approval, &[pull]).await;
        assert_eq!(status, 200, "{text}");

        // Whoever looks after the brain alone sees what is asked there, and nothing of where the run is.
        role(&world, "slug", "carol", "read").await;
        let removed = world.ask("alice", "DELETE /api/v1/repos/acme/slug/collaborators/carol", None).await;
        assert_eq!(removed.status, 204, "{}", removed.text);
        role(&world, "company-brain", "carol", "admin").await;
        let listed = world.json("carol", "GET /api/agents/v1/approvals?state=open", None).await;
        let told = listed.to_string();
        assert!(told.contains("company-brain") && !told.contains("acme/slug"), "{told}");
        let line = format!("/approvals/{}", approval["id"].as_str().unwrap());
        let page = world.browser("carol").await.page(&line).await;
        assert!(page.contains("Hello, never Helo") && !page.contains("acme/slug"), "{page}");
        assert!(world.browser("carol").await.page("/approvals").await.contains(&line));
        let (status, text) = decide(&world, "carol", &approval, &[memory]).await;
        assert_eq!(status, 200, "{text}");
        world.settle().await;
        let pulls = world.json("alice", "GET /api/v1/repos/acme/company-brain/pulls", None).await;
        assert_eq!(pulls[0]["title"], "Greet in English", "{pulls}");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_team_decides_about_the_brain() {
    let world = World::begin().await;
    let (remembers, _) = REMEMBERS.split_once("- propose: {kind: pull").unwrap();
    let (_, brain) = furnish(&world, &format!("{remembers}- finish: It is remembered.\n"), "").await;
    brain.write("notes/begin.md", "# Begin\n");
    brain.write(".agents/policy.yaml", "approvers: {memory: {team: knowledge}}\n");
    brain.push("main", "Begin");
    let team =
        json!({"name": "knowledge", "permission": "write", "units": ["repo.code"], "includes_all_repositories": true});
    let team = world.json("alice", "POST /api/v1/orgs/acme/teams", Some(team)).await;
    let added = world.ask("alice", &format!("PUT /api/v1/teams/{}/members/dave", team["id"]), None).await;
    assert_eq!(added.status, 204, "{}", added.text);
    world.settle().await;
    let issue = world.issue("alice", "The greeting is odd").await;
    world.comment("alice", issue, "@fixer mend the greeting").await;
    world.settle().await;
    let approval = world.asked().await.expect("people are asked");
    let bob = world.decide("bob", &approval, "approve").await;
    assert!(bob.status == 403 && bob.text.contains("somebody of the team `knowledge`"), "{}", bob.text);
    assert_eq!(world.decide("dave", &approval, "approve").await.status, 200);
}
