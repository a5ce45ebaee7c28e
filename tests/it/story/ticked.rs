//! Several issues changed at one time, and issues and pull requests that start from templates.

use serde_json::Value;
use serde_json::json;

use crate::clients::swagger::Swagger;
use crate::driver::Clone;
use crate::driver::REPO;
use crate::driver::World;
use crate::driver::scripts;

async fn start() -> (World, Clone) {
    let world = World::begin().await;
    let (clone, _) = world.repository(scripts::ON_MENTION, scripts::COMMENTS).await;
    (world, clone)
}

async fn issue(world: &World, number: i64) -> Value {
    world.json("alice", &format!("GET {REPO}/issues/{number}"), None).await
}

fn names(value: &Value, field: &str) -> Vec<String> {
    let list = value.as_array().cloned().unwrap_or_default();
    list.iter().map(|one| one[field].as_str().unwrap_or_default().to_owned()).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_ticked_in_a_list_is_changed_together() {
    let (world, _) = start().await;
    world.json("alice", &format!("POST {REPO}/labels"), Some(json!({"name": "bug", "color": "#ff0000"}))).await;
    let soon = world.json("alice", &format!("POST {REPO}/milestones"), Some(json!({"title": "Soon"}))).await;
    let soon = soon["id"].to_string();
    for title in ["One", "Two", "Three"] {
        world.issue("carol", title).await;
    }
    let bob = world.browser("bob").await;
    let page = bob.page("/acme/slug/issues").await;
    assert!(page.contains("form=\"ticked\"") && page.contains("name=\"number\" value=\"2\""), "{page}");
    let carol = world.browser("carol").await;
    assert!(!carol.page("/acme/slug/issues").await.contains("form=\"ticked\""), "who may change nothing ticks nothing");

    let ticked = [("kind", "issues"), ("q", "is:open"), ("number", "1"), ("number", "3")];
    let press = async |more: &[(&str, &str)]| {
        let leads = bob.submit("/acme/slug/ticked", &[ticked.as_slice(), more].concat()).await;
        assert!(leads.starts_with("/acme/slug/issues?q=is%3Aopen"), "{leads}");
    };
    press(&[("then", "label"), ("label", "bug")]).await;
    press(&[("then", "assign"), ("person", "@dave")]).await;
    press(&[("then", "assign"), ("person", "alice")]).await;
    press(&[("then", "unassign"), ("person", "Alice")]).await;
    press(&[("then", "milestone"), ("milestone", &soon)]).await;
    press(&[("then", "close")]).await;
    for number in 1..=3 {
        let told = issue(&world, number).await;
        let so = (
            told["state"].as_str().unwrap().to_owned(),
            names(&told["labels"], "name"),
            names(&told["assignees"], "login"),
        );
        match number {
            2 => assert_eq!(so, ("open".into(), vec![], vec![]), "{told}"),
            _ => {
                assert_eq!(so, ("closed".into(), vec!["bug".into()], vec!["dave".into()]), "{told}");
                assert_eq!(told["milestone"]["title"], "Soon");
            }
        }
    }
    press(&[("then", "reopen")]).await;
    press(&[("then", "unlabel"), ("label", "bug")]).await;
    press(&[("then", "milestone"), ("milestone", "0")]).await;
    let told = issue(&world, 3).await;
    assert_eq!((&told["state"], &told["labels"], &told["milestone"]), (&json!("open"), &json!([]), &Value::Null));

    // What cannot be done is said, and holds up no other.
    let mixed = [("kind", "issues"), ("number", "2"), ("number", "99"), ("then", "close")];
    bob.submit("/acme/slug/ticked", &mixed).await;
    assert_eq!(issue(&world, 2).await["state"], "closed");
    for wrong in [
        vec![("then", "close")],
        vec![("number", "1"), ("then", "label")],
        vec![("number", "1"), ("then", "label"), ("label", "nothing such")],
        vec![("number", "1"), ("then", "milestone"), ("milestone", "soon")],
        vec![("number", "1"), ("then", "assign"), ("person", "nobody-such")],
        vec![("number", "1"), ("then", "explode")],
    ] {
        bob.submit("/acme/slug/ticked", &wrong).await;
        assert_eq!(issue(&world, 1).await["state"], "open", "{wrong:?}");
    }
    // A stranger who sends the form all the same closes nothing of others.
    world.issue("bob", "Four").await;
    carol.submit("/acme/slug/ticked", &[("number", "4"), ("then", "close")]).await;
    assert_eq!(issue(&world, 4).await["state"], "open");
    world.settle().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn issues_and_pull_requests_start_from_templates_of_the_default_branch() {
    let (world, clone) = start().await;
    world.json("alice", &format!("POST {REPO}/labels"), Some(json!({"name": "bug", "color": "#ff0000"}))).await;
    let carol = world.browser("carol").await;
    assert!(
        !carol.page("/acme/slug/issues/new").await.contains("Something else"),
        "without templates there is the form"
    );

    let bug = "---\nname: A <b>bug</b>\nabout: It does what it should not\ntitle: '[bug] '\nlabels: bug, unknown\n---\n\n## What happens\n";
    clone.write(".gitea/ISSUE_TEMPLATE/bug.md", bug);
    clone.write(".gitea/ISSUE_TEMPLATE/wish.md", "## What is missing\n");
    clone.write(".gitea/ISSUE_TEMPLATE/broken.md", "---\nname: [\n---\nStill here\n");
    clone.write(".gitea/ISSUE_TEMPLATE/config.yml", "blank_issues_enabled: false\n");
    clone.write("docs/pull_request_template.md", "## How was it tried?\n");
    clone.push("main", "Say how to ask");
    let choice = carol.page("/acme/slug/issues/new").await;
    for part in ["It does what it should not", "template=bug.md", ">wish<", "Something else"] {
        assert!(choice.contains(part), "{part}: {choice}");
    }
    assert!(!choice.contains("<b>bug</b>") && !choice.contains("config.yml"), "{choice}");
    assert!(
        world.browser("alice").await.page("/acme/slug/issues/new").await.contains("its frontmatter cannot be read")
    );
    let form = carol.page("/acme/slug/issues/new?template=bug.md").await;
    assert!(form.contains("value=\"[bug] \"") && form.contains("## What happens"), "{form}");
    let broken = carol.page("/acme/slug/issues/new?template=broken.md").await;
    assert!(broken.contains("Still here"), "{broken}");
    for other in ["..%2F..%2Fgreet.sh", "", "nothing.md"] {
        let form = carol.page(&format!("/acme/slug/issues/new?template={other}")).await;
        assert!(form.contains("name=\"body\"") && !form.contains("echo Helo"), "{form}");
    }

    // A stranger gets the labels of the template, and chooses none.
    let fields = [("template", "bug.md"), ("title", "[bug] It says Helo"), ("body", "## What happens\nHelo")];
    let href = carol.submit("/acme/slug/issues/new", &fields).await;
    let number = href.rsplit('/').next().unwrap().parse().unwrap();
    assert_eq!(names(&issue(&world, number).await["labels"], "name"), ["bug"]);
    let again = carol.post("/acme/slug/issues/new", &[("template", "bug.md"), ("title", ""), ("body", "kept")]).await;
    assert!(
        again.status == 422 && again.text.contains("kept") && again.text.contains("value=\"bug.md\""),
        "{}",
        again.text
    );
    let told = world.json("carol", &format!("GET {REPO}/issue_templates"), None).await;
    assert_eq!(names(&told, "file_name"), ["broken.md", "bug.md", "wish.md"]);
    let faults = Swagger::read().faults_of("IssueTemplate", &told[1]);
    assert!(faults.is_empty(), "{faults:?}");

    clone.write("greet.sh", "echo Hello\n");
    clone.write("docs/pull_request_template.md", "what the branch would like to be asked\n");
    clone.push("change", "Greet in English");
    let form = world.browser("alice").await.page("/acme/slug/pulls/new?base=main&head=change").await;
    assert!(
        form.contains("## How was it tried?") && !form.contains("what the branch would like to be asked</textarea>"),
        "{form}"
    );
    world.settle().await;
}
