//! Pages cost what they cost, however many rows they show.

use forgehand::runs::NewEvent;
use serde_json::json;

use crate::driver::Clone;
use crate::driver::World;
use crate::driver::scripts;

const REPO: &str = "/api/v1/repos/acme/slug";

/// A person's browser, and what it looks at.
struct Looking {
    browser: reqwest::Client,
    session: String,
    paths: Vec<String>,
}

impl Looking {
    /// How many statements each page sends, on its second look: the first one may fill what is kept in memory.
    async fn statements(&self, world: &World) -> Vec<(String, u64)> {
        let mut counts = Vec::new();
        for path in &self.paths {
            self.look(world, path).await;
            let before = world.app.engine.db.statements();
            self.look(world, path).await;
            counts.push((path.clone(), world.app.engine.db.statements() - before));
        }
        counts
    }

    async fn look(&self, world: &World, path: &str) -> String {
        let request = self.browser.get(format!("{}{path}", world.app.base_url));
        let cookie = format!("forgehand_session={}", self.session);
        let answer = request.header("cookie", cookie).send().await.unwrap();
        assert_eq!(answer.status().as_u16(), 200, "{path}");
        answer.text().await.unwrap()
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_page_asks_once_for_each_row_that_it_shows() {
    let (world, clone, _) = World::with(scripts::ON_MENTION, scripts::COMMENTS).await;
    let issue = world.issue("alice", "The greeting is odd").await;
    clone.write("greet.sh", "echo Hello\n");
    clone.push("change", "Greet in English");
    let pull = json!({"title": "Greet in English", "head": "change", "base": "main"});
    let pull = world.json("alice", &format!("POST {REPO}/pulls"), Some(pull)).await["number"].as_i64().unwrap();
    more_of_everything(&world, &clone, (issue, pull), "first").await;

    let run = world.runs().await[0]["id"].as_str().unwrap().to_owned();
    let of_repo = ["", "/issues", &format!("/issues/{issue}"), "/pulls", &format!("/pulls/{pull}"), "/runs", "/hooks"];
    let of_repo = of_repo.map(|path| format!("/acme/slug{path}"));
    let paths =
        [vec!["/".into(), "/inbox".into(), "/approvals".into(), format!("/runs/{run}")], of_repo.to_vec()].concat();
    let alice = world.app.engine.identity.account_by_name(&"alice".parse().unwrap()).await.unwrap().unwrap();
    let session = world.app.engine.identity.open_session(alice.id).await.unwrap().secret.reveal().clone();
    let looking = Looking { browser: reqwest::Client::new(), session, paths };

    let few = looking.statements(&world).await;
    for round in ["second", "third", "fourth"] {
        more_of_everything(&world, &clone, (issue, pull), round).await;
        note(&world, &run).await;
    }
    let many = looking.statements(&world).await;
    assert_eq!(few, many);
    assert!(few.iter().all(|(_, statements)| (1..45).contains(statements)), "{few:?}");

    // The rows are there, so that the comparison says something.
    let inbox = looking.look(&world, "/approvals").await;
    assert!(inbox.matches("/approvals/0").count() >= 4, "{inbox}");
    let conversation = looking.look(&world, &format!("/acme/slug/issues/{issue}")).await;
    assert!(conversation.contains("fourth"), "{conversation}");
}

/// Another issue with a label, a mention that a run answers with a request to people, words and a check on the rest.
async fn more_of_everything(world: &World, clone: &Clone, (issue, pull): (i64, i64), round: &str) {
    let label = json!({"name": format!("{round} label"), "color": "f00"});
    let label = world.json("alice", &format!("POST {REPO}/labels"), Some(label)).await["id"].clone();
    let opened = json!({"title": format!("The {round} issue"), "labels": [label]});
    let opened = world.json("alice", &format!("POST {REPO}/issues"), Some(opened)).await;
    world.comment("alice", opened["number"].as_i64().unwrap(), "@fixer mend it").await;
    for number in [issue, pull] {
        world.comment("bob", number, &format!("For the {round} time")).await;
    }
    let passed = json!({"state": "success", "context": format!("{round} check")});
    let head = clone.git(&["rev-parse", "origin/change"]);
    world.json("ci", &format!("POST {REPO}/statuses/{head}"), Some(passed)).await;
    clone.write(round, "a file\n");
    clone.push(round, round);
    let more = json!({"title": round, "head": round, "base": "main"});
    world.json("alice", &format!("POST {REPO}/pulls"), Some(more)).await;
    world.settle().await;
}

/// More lines in the transcript of a run.
async fn note(world: &World, run: &str) {
    let engine = &world.app.engine;
    let lines: Vec<NewEvent> = (0..10).map(|_| NewEvent::ours("state", json!({"to": "running"}))).collect();
    let mut tx = engine.db.begin().await.unwrap();
    engine.runs.note(&mut tx, run.parse().unwrap(), None, engine.clock.now(), &lines).await.unwrap();
    tx.commit().await.unwrap();
}
