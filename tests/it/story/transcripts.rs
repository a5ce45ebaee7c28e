//! A transcript of fifty thousand lines: a page shows a window of it, finds words in it, and hands it out whole.

use forgehand::kit::clock::Timestamp;
use forgehand::runs::NewEvent;
use serde_json::json;

use crate::driver::World;
use crate::driver::scripts;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_long_transcript_is_shown_in_windows_searched_and_handed_out_whole() {
    let script = "- edit: {path: greet.sh, find: Helo, replace: Hello}\n- run: {command: echo done}\n- finish: Done.\n";
    let (world, _, _) = World::with(scripts::ON_MENTION, script).await;
    let issue = world.issue("alice", "The greeting is odd").await;
    world.comment("alice", issue, "@fixer look at it").await;
    world.settle().await;
    let run = world.runs().await[0].clone();
    let id = run["id"].as_str().unwrap();
    let page = async |query: &str| world.ask("alice", &format!("GET /runs/{id}{query}"), None).await.text;
    let short = page("").await;
    assert!(short.contains("<span class=\"cut\">echo Helo") || short.contains("<span class=\"add\">Hello"), "{short}");
    assert!(short.contains("class=\"terminal\""), "a command looks like one");

    for batch in 0..50 {
        let line =
            |number: usize| NewEvent::ours("message", json!({"text": format!("line {}", batch * 1000 + number)}));
        let lines: Vec<NewEvent> = (0..1000).map(line).collect();
        let engine = &world.app.engine;
        engine.runs.append(id.parse().unwrap(), None, Timestamp(1_800_000_000_000_000), &lines).await.unwrap();
    }
    let began = std::time::Instant::now();
    let newest = page("").await;
    let took = began.elapsed();
    println!("{} bytes in {took:?}", newest.len());
    assert!(newest.len() < 200_000, "a page does not grow with its transcript: {} bytes", newest.len());
    assert!(newest.contains("line 49999") && !newest.contains("line 49000"), "the newest lines");
    assert!(newest.contains("rel=\"prev\""), "a way to the lines before");

    let around = page("?at=12345").await;
    assert!(around.contains("id=\"s12345\"") && around.contains("rel=\"prev\"") && around.contains("rel=\"next\""));
    let found = page("?q=LINE+31415").await;
    assert!(found.contains("line 31415") && found.contains("1 line holds this"), "{found}");
    assert!(page("?q=%25").await.contains("No line holds this"), "a sign of the database is a letter like any other");
    let whole = world.ask("alice", &format!("GET /runs/{id}/events.jsonl"), None).await.text;
    let lines: Vec<serde_json::Value> = whole.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert!(lines.len() > 50_000 && lines.iter().zip(1..).all(|(line, number)| line["sequence"] == number));
    let context = page("/context").await;
    assert!(context.contains("What it was shown") && context.contains("Stack prompt") || context.contains("Task"));
}
