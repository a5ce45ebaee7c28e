//! Agents that others wrote, unchanged, without a key and without a network: each repairs the greeting against a model mock that
//! others wrote too, from a mention to a merged-ready pull request that a person approved.
//!
//! `.ci/agents.sh` installs them, each at one version, into a folder that the setting `toolchains` shows to sandboxes. One file of
//! fixtures serves all of them, over three protocols.

mod fixtures;
mod mock;

use std::path::Path;
use std::path::PathBuf;
use std::process::Command;

use forgehand::kit::secret::Secret;
use forgehand::models::Limits;
use forgehand::models::ModelProfile;
use forgehand::models::Protocol;
use forgehand::sandbox::Toolchains;

use crate::driver::World;
use crate::driver::scripts;
use mock::Mock;

/// One agent: the stack that starts it, and what it speaks to its model.
struct Agent {
    stack: &'static str,
    protocol: Protocol,
    /// The way of its calls, as the mock saw them.
    path: &'static str,
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn gemini_cli_repairs_the_greeting() {
    let stack = "agent: acp\ncommand: [gemini, --acp]\n";
    repairs(Agent { stack, protocol: Protocol::Gemini, path: "/v1beta/models/" }).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn opencode_repairs_the_greeting() {
    let stack = "agent: acp\ncommand: [opencode, acp]\n";
    repairs(Agent { stack, protocol: Protocol::Openai, path: "/v1/chat/completions" }).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn codex_repairs_the_greeting_over_acp() {
    let stack = "agent: acp\ncommand: [codex-acp]\n";
    repairs(Agent { stack, protocol: Protocol::Openai, path: "/v1/responses" }).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn codex_repairs_the_greeting_as_a_command() {
    let stack = "agent: cli
command: [codex, exec, --json, --skip-git-repo-check, \"-\"]
cli:
  prompt: stdin
  transcript: jsonl
  map:
    - {when: {item.type: agent_message}, kind: message, text: item.text}
    - {when: {item.type: reasoning}, kind: thought, text: item.text}
    - {when: {type: item.started, item.type: command_execution}, kind: tool_call, text: item.command}
    - {when: {type: item.completed, item.type: command_execution}, kind: tool_result, text: item.aggregated_output, ok: item.exit_code}
    - {when: {type: item.completed, item.type: file_change}, kind: tool_result, text: item.changes, ok: item.status}
    - {when: {type: error}, kind: message, text: message}
";
    repairs(Agent { stack, protocol: Protocol::Openai, path: "/v1/responses" }).await;
}

/// From a mention to a pull request, with a person in between.
async fn repairs(agent: Agent) {
    let folder = installed();
    let mock = Mock::start(&folder);
    let world = World::begin_with(|settings| {
        settings.toolchains = Toolchains::parse(&[folder.display().to_string()]).unwrap();
        let profile = ModelProfile {
            name: "default".into(),
            protocol: agent.protocol,
            url: match agent.protocol {
                Protocol::Openai => format!("{}/v1", mock.address()).parse().unwrap(),
                _ => mock.address().parse().unwrap(),
            },
            key: Secret::new("sk-of-the-server".into()),
            model: "the-model".into(),
            price: None,
            limits: Limits::default(),
        };
        settings.models.insert("default".into(), profile);
    })
    .await;
    let stack = format!(
        "description: Repairs\n{}prompt: You repair what is asked for.\nautonomy: propose\nbudget: {{minutes: 3}}\n\
         writeback: {{pull_request: ask, push: ask}}\n",
        agent.stack
    );
    world.repository_of(&[("rules/mend.yaml", scripts::ON_MENTION), ("stacks/fixer.yaml", &stack)]).await;
    let issue = world.issue("alice", "The greeting is odd").await;
    world.comment("alice", issue, "@fixer Fix the typo in greet.sh").await;
    world.settle().await;

    let runs = world.runs().await;
    let transcript = world.transcript(&runs[0]).await;
    let asked = world.asked().await.unwrap_or_else(|| panic!("{runs:?}\n{transcript}"));
    assert!(transcript.contains("Fixed the typo in greet.sh."), "{transcript}");
    assert!(transcript.contains("tool_call") && transcript.contains("tool_result"), "{transcript}");
    assert!(mock.journal().await.contains(agent.path), "it was led to its protocol");
    assert_eq!(world.decide("bob", &asked, "approve").await.status, 200);
    world.settle().await;

    let pulls = world.pulls().await;
    let line = format!("GET /api/v1/repos/acme/slug/pulls/{}.diff", pulls[0]["number"]);
    let diff = world.ask("alice", &line, None).await.text;
    assert!(diff.contains("-echo Helo\n+echo Hello\n"), "{diff}");
}

/// The folder of the agents, filled when it is not yet.
fn installed() -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("real-agents");
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/.ci/agents.sh");
    #[expect(clippy::disallowed_methods, reason = "fetches a part of the story")]
    let output = Command::new(script).arg(&folder).output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "the agents cannot be installed here: {said}");
    folder
}
