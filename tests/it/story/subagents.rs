//! A part of the work for another stack: its answer goes to its caller alone, its rights are lesser, its failure is seen.

use crate::driver::World;
use crate::driver::scripts;

const CALLS: &str = r#"
import json, urllib.request
def ask(path, body=None):
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request("http://127.0.0.1:7071" + path, data)
    try:
        return json.load(urllib.request.urlopen(request))
    except urllib.error.HTTPError as error:
        return json.load(error)
names = [tool["name"] for tool in ask("/task")["tools"] if tool["name"].startswith("subagent_")]
print("OFFERED", " ".join(names))
print("GOOD", json.dumps(ask("/tools/subagent_reviewer", {"task": "Read greet.sh"})))
print("BAD", json.dumps(ask("/tools/subagent_breaker", {"task": "Break"})))
print("NONE", json.dumps(ask("/tools/subagent_other", {"task": "x"})))
"#;

const REVIEWER: &str = "description: Reviews what it is told to.\nagent: scripted\nautonomy: act\nwriteback: {comment: allow}\nprompt: |\n  \
    - read: greet.sh\n  - refused: {kind: comment, body: I write by myself}\n  - write: {path: left.txt, content: x}\n  \
    - run: {command: \"git push origin HEAD:refs/heads/mine\", expect_exit: 128}\n  - finish: It says Helo.\n";

const BREAKER: &str = "description: Breaks.\nagent: scripted\nprompt: |\n  - read: no-such-file\n";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_subagent_answers_its_caller_and_writes_nothing_back() {
    let world = World::begin_with(|settings| {
        settings.models.insert("default".into(), crate::driver::model());
    })
    .await;
    let script: String = CALLS.lines().map(|line| format!("    {line}\n")).collect();
    let stack = format!(
        "agent: cli\ncli: {{prompt: stdin}}\nsubagents: [reviewer, breaker]\nautonomy: propose\ncommand:\n  - python3\n  - -c\n  - |\n{script}"
    );
    let files = [
        ("rules/mend.yaml", scripts::ON_MENTION),
        ("stacks/fixer.yaml", stack.as_str()),
        ("stacks/reviewer.yaml", REVIEWER),
        ("stacks/breaker.yaml", BREAKER),
    ];
    world.repository_of(&files).await;
    let issue = world.issue("alice", "The greeting is odd").await;
    world.comment("alice", issue, "@fixer look at it").await;
    world.settle().await;

    let run = world.runs().await.remove(0);
    let transcript = world.transcript(&run).await;
    let said = |what: &str| assert!(transcript.contains(what), "{what}\n{run}\n{transcript}");
    said("OFFERED subagent_reviewer subagent_breaker");
    said(r#"\"subagent\": \"reviewer 1\", \"ok\": true, \"answer\": \"It says Helo.\""#);
    said(r#"\"subagent\": \"breaker 2\", \"ok\": false, \"answer\": \"Step 1 of the script failed"#);
    said("There is no tool `subagent_other`");
    said(r#""lane":"reviewer 1""#);
    said(r#""state":"failed""#);
    assert!(world.asked().await.is_none(), "nothing of a subagent is written back");
    assert_eq!(world.comments(issue).await.len(), 1);
}
