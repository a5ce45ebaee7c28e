//! Agents that others wrote, from a mention to a proposal: their programs, and the skills and instructions that they are given.

use forgehand::sandbox::Toolchains;

use crate::driver::World;
use crate::driver::scripts;

/// A world whose agent `@fixer` is asked on an issue; gives its only run and the transcript.
async fn asked(world: &World) -> (serde_json::Value, String) {
    let issue = world.issue("alice", "The greeting is odd").await;
    world.comment("alice", issue, "@fixer look at it").await;
    world.settle().await;
    let run = world.runs().await.remove(0);
    let transcript = world.transcript(&run).await;
    (run, transcript)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_program_of_a_toolchain_works_and_what_it_leaves_is_proposed() {
    use std::os::unix::fs::PermissionsExt as _;
    let folder = tempfile::tempdir().unwrap();
    std::fs::create_dir(folder.path().join("bin")).unwrap();
    let program = folder.path().join("bin/mend");
    std::fs::write(
        &program,
        "#!/bin/sh\ncat >/dev/null\nsed -i s/Helo/Hello/ greet.sh\necho Mended, $HOME, $OPENAI_BASE_URL\nexit 9\n",
    )
    .unwrap();
    std::fs::set_permissions(&program, std::fs::Permissions::from_mode(0o755)).unwrap();
    std::fs::set_permissions(folder.path(), std::fs::Permissions::from_mode(0o755)).unwrap();
    let shown = folder.path().display().to_string();
    let world = World::begin_with(|settings| {
        settings.toolchains = Toolchains::parse(&[shown]).unwrap();
        settings.models.insert("default".into(), crate::driver::model());
    })
    .await;
    let stack =
        "agent: cli\ncommand: [mend]\ncli: {prompt: stdin}\nautonomy: propose\nwriteback: {pull_request: ask}\n";
    world.repository_of(&[("rules/mend.yaml", scripts::ON_MENTION), ("stacks/fixer.yaml", stack)]).await;
    let (run, transcript) = asked(&world).await;
    assert!(transcript.contains("Mended, /home/agent, http://127.0.0.1:7071/v1"), "{transcript}");
    let line = format!("GET /api/agents/v1/runs/{}/attempts", run["id"].as_str().unwrap());
    let attempts = world.ask("alice", &line, None).await.text;
    assert!(attempts.contains("exited with 9"), "{attempts}");
    let approval = world.asked().await.unwrap_or_else(|| panic!("{run} {transcript}"));
    assert_eq!(approval["effects"][0]["kind"], "pull_request", "{approval}");
}

const SKILL: &str =
    "---\nname: greetings\ndescription: How we greet.\nallowed-tools: source_read Bash(sed:*)\n---\nGreet loudly.\n";

/// Looks at everything that it is given, and says it.
const LOOKS: &str = r#"
import json, urllib.request
def ask(path, body=None):
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request("http://127.0.0.1:7071" + path, data)
    try:
        return json.load(urllib.request.urlopen(request))
    except urllib.error.HTTPError as error:
        return json.load(error)
print("SYSTEM", ask("/task")["prompt"]["system"])
print("READ", json.dumps(ask("/tools/skill_read", {"name": "greetings"})))
print("OTHER", json.dumps(ask("/tools/skill_read", {"name": "greetings", "path": "words/list.txt"})))
print("OUTSIDE", json.dumps(ask("/tools/skill_read", {"name": "greetings", "path": "../../rules/mend.yaml"})))
print("FILE", open("/run/forgehand/skills/greetings/words/list.txt").read())
try:
    open("/run/forgehand/skills/greetings/SKILL.md", "w")
except OSError as error:
    print("WRITE", error.strerror)
"#;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn skills_are_told_by_name_and_read_when_they_are_wanted() {
    let world = World::begin_with(|settings| {
        settings.models.insert("default".into(), crate::driver::model());
    })
    .await;
    let script: String = LOOKS.lines().map(|line| format!("    {line}\n")).collect();
    let stack = format!(
        "agent: cli\ncli: {{prompt: stdin}}\nskills: [greetings]\ncommand:\n  - python3\n  - -c\n  - |\n{script}"
    );
    let files = [
        ("rules/mend.yaml", scripts::ON_MENTION),
        ("stacks/fixer.yaml", stack.as_str()),
        ("skills/greetings/SKILL.md", SKILL),
        ("skills/greetings/words/list.txt", "hello"),
    ];
    let (clone, _) = world.repository_of(&files).await;
    clone.write("AGENTS.md", "Write short lines.");
    clone.write("docs/AGENTS.md", "Write long lines.");
    clone.push("main", "Tell agents");
    let (run, transcript) = asked(&world).await;
    let said = |what: &str| assert!(transcript.contains(what), "{what}\n{run}\n{transcript}");
    said("How we greet.");
    said(".agents/skills/greetings, tree ");
    said(r#"\"files\": [\"SKILL.md\", \"words/list.txt\"]"#);
    said(r#"\"given\": [\"source_read\"], \"not_given\": [\"Bash(sed:*)\"]"#);
    said(r#"\"text\": \"hello\""#);
    said("There is no file `../../rules/mend.yaml` in the skill `greetings`");
    said("FILE hello");
    said("WRITE Read-only file system");
    said("Write short lines.");
    said("For files below `docs/`; where it says otherwise than one above it, this one counts.");
    let system = transcript.split("skill_read").next().unwrap();
    assert!(!system.contains("Greet loudly."), "a skill is read, not told whole: {system}");
}
