//! The scripted agent, through the same tools and the same door.

use forgehand::agents::Adapter;
use forgehand::agents::LaunchInput;
use forgehand::gateway::ports::EntryKind;
use forgehand::model::EffectKind;
use forgehand::models::Protocol;

use super::Setting;
use super::Stage;
use super::git;
use super::model::Model;
use super::model::finish;

async fn play(script: &'static str) -> (Stage, String) {
    let setting = Setting { agent: "scripted", script, ..Setting::default() };
    let stage = Stage::set(Model::that(vec![finish()]).await, setting).await;
    let code = stage.play("scripted").await;
    (stage, code)
}

#[tokio::test]
async fn a_script_mends_pushes_and_proposes() {
    let (stage, code) = play(
        r#"
- say: I will look at the greeting.
- read: greet.py
- edit: {path: greet.py, find: "Helo", replace: "Hello"}
- write: {path: notes/why.md, content: "It said Helo."}
- run: {command: "grep -q Hello greet.py", expect_exit: 0}
- push: {branch: fix/greeting, message: "Fix the greeting"}
- propose: {kind: pull_request, title: Fix the greeting, body: It said Helo.}
- propose: {kind: comment, body: "deny me"}
- observe: {until: decision}
- refused: {kind: comment, body: "ghp_"}
- refused: {kind: push, message: ""}
- ask: Which one?
- sleep_ms: 1
- finish: The greeting is right.
"#,
    )
    .await;
    assert_eq!((code.as_str(), stage.desk.failed()), ("0", None));
    assert_eq!(stage.desk.finished().as_deref(), Some("The greeting is right."));
    let kinds: Vec<_> = stage.desk.drafts().iter().map(|draft| draft.kind()).collect();
    assert_eq!(kinds, [EffectKind::PullRequest, EffectKind::Comment]);
    let pushed = stage.quarantine.resolve("refs/heads/fix/greeting").await.unwrap().unwrap();
    assert_eq!(pushed.as_str(), git(&stage.work(), &["rev-parse", "HEAD"]).trim(), "the quarantine repository has it");
    let said: Vec<_> = stage.entries(EntryKind::Message).into_iter().map(|entry| entry.text).collect();
    assert_eq!(said[0], "I will look at the greeting.");
    assert_eq!(said[1], "pushed to fix/greeting");
    assert_eq!(said[2], "denied abcdef123456: alice denied it: too long");
    assert!(said[3].contains("the answer is 42"));
    assert!(stage.model.asked().is_empty(), "no model is called");
}

#[tokio::test]
async fn a_step_that_does_not_do_what_it_should_ends_the_script() {
    for (script, told) in [
        ("- edit: {path: greet.py, find: Hola, replace: x}", "Step 1 of the script failed: `find` does not stand in"),
        (
            "- say: hi\n- run: {command: exit 4, expect_exit: 0}",
            "Step 2 of the script failed: `exit 4` should exit with 0",
        ),
        ("- refused: {kind: comment, body: fine}", "the proposal was taken, but the script expects it to be refused"),
        ("- push: {branch: '--upload-pack=x'}", "is not a branch name"),
        ("- dance: {}", "The script cannot be played"),
        ("- read: ../../etc/passwd", "is not inside the workspace"),
    ] {
        let (stage, code) = play(script).await;
        let (reason, message) = stage.desk.failed().unwrap();
        assert_eq!((code.as_str(), reason.as_str()), ("1", "script_failed"));
        assert!(message.contains(told), "{message}");
    }
}

#[test]
fn an_agent_says_before_it_starts_what_does_not_suit_it() {
    let input = |prompt: &str, protocol: Option<Protocol>| LaunchInput {
        gateway: "http://127.0.0.1:7071".into(),
        model: "default".into(),
        mode: None,
        program: "/run/forgehand/forgehand".into(),
        protocol,
        prompt: prompt.into(),
        command: Vec::new(),
    };
    let launch = Adapter::Scripted.agent().unwrap().launch(&input("- finish: done", None)).unwrap();
    assert_eq!(launch.argv, ["/run/forgehand/forgehand", "agent-inside", "scripted"]);
    assert_eq!(launch.script.as_deref(), Some("- finish: done"));
    assert!(Adapter::Scripted.agent().unwrap().launch(&input("You are helpful.", None)).is_err());
    let told = Adapter::Builtin.agent().unwrap().launch(&input("", None)).unwrap_err();
    assert_eq!(told.message(), "The agent `builtin` needs a model, and the stack names none that is set up");
    assert!(Adapter::Builtin.agent().unwrap().launch(&input("", Some(Protocol::Openai))).is_ok());
    let told = Adapter::Builtin.agent().unwrap().launch(&input("", Some(Protocol::Gemini))).unwrap_err();
    assert_eq!(told.message(), "The agent `builtin` does not speak Gemini, as the model `default` does");
    for adapter in [Adapter::Acp, Adapter::Cli] {
        let told = adapter.agent().unwrap().launch(&input("", Some(Protocol::Openai))).unwrap_err();
        assert_eq!(told.message(), format!("The agent `{adapter}` needs a `command`"));
    }
}
