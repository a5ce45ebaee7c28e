//! Agents that others wrote, as badly as they behave: each lesson is what a real one was seen to do.

use forgehand::gateway::ports::EntryKind;

use super::Setting;
use super::Stage;
use super::model::Model;

/// What came of one lesson.
struct Played {
    stage: Stage,
    code: String,
}

/// Plays a lesson of `odd.py`.
async fn play(lesson: &str, more: &[&str], may_propose: bool) -> Played {
    let stage = stage(may_propose).await;
    let code = again(&stage, lesson, more).await;
    Played { stage, code }
}

async fn stage(may_propose: bool) -> Stage {
    let setting = Setting { agent: "acp", may_propose, ..Setting::default() };
    Stage::set(Model::that(Vec::new()).await, setting).await
}

async fn again(stage: &Stage, lesson: &str, more: &[&str]) -> String {
    let program = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/it/agents/odd.py");
    let flags = [more, &["--", "python3", program, lesson]].concat();
    stage.play_with("acp", &flags).await
}

impl Played {
    fn finished(&self) -> String {
        assert_eq!(self.code, "0", "{:?}", self.stage.desk.failed());
        self.stage.desk.finished().unwrap()
    }

    fn failed(&self) -> (String, String) {
        assert_eq!(self.code, "1", "{:?}", self.stage.desk.finished());
        self.stage.desk.failed().unwrap()
    }

    fn is_mended(&self) -> bool {
        self.stage.greet().contains("Hello")
    }
}

#[tokio::test]
async fn an_end_that_sounds_well_is_judged_by_the_tree() {
    let played = play("exits-well-after-401", &[], true).await;
    let told = "API Error: 401 Unauthorized\n\nNothing was changed, and nothing was proposed.";
    assert_eq!(played.finished(), told);
    let played = play("crashes", &[], true).await;
    assert!(played.is_mended());
    insta::assert_snapshot!(played.finished(), @r"
    The agent changed something

    The agent did not end well: The agent exited with 7 in the middle; it said: out of memory. What it left is kept for people to judge.
    ");
}

#[tokio::test]
async fn a_refusal_of_the_agent_is_told_in_its_words() {
    let (code, message) = play("refuses", &[], true).await.failed();
    assert_eq!(
        (code.as_str(), message.as_str()),
        ("agent_error", "The agent refused `session/prompt` (-31002): Internal error: no such model")
    );
    let played = play("x", &["--mode", "yolo"], true).await;
    let told = "The agent refused `session/set_mode`: it has no mode `yolo`; its modes are: ask, code";
    assert_eq!(played.failed().1, told);
}

#[tokio::test]
async fn an_agent_that_never_answers_is_ended_by_our_deadline() {
    let (code, message) = play("never-answers", &["--patience-ms", "500"], true).await.failed();
    assert_eq!((code.as_str(), message.as_str()), ("agent_error", "The agent did not answer `initialize`"));
    let played = play("silent", &["--patience-ms", "3000"], true).await;
    assert_eq!(played.failed().0, "out_of_time");
    let said: Vec<String> = played.stage.entries(EntryKind::Message).into_iter().map(|entry| entry.text).collect();
    assert_eq!(said, ["I begin.I stop."], "its last words are heard");
}

#[tokio::test]
async fn permission_is_given_by_kind_and_never_by_position() {
    let played = play("permission", &[], true).await;
    assert_eq!(played.finished(), "The answer was yes.");
    assert!(played.is_mended());
    let played = play("permission", &[], false).await;
    assert!(played.finished().starts_with("The answer was x."));
    assert!(!played.is_mended());
}

#[tokio::test]
async fn files_and_terminals_are_served_inside_the_workspace_only() {
    let played = play("writes-through-us", &[], true).await;
    assert_eq!(played.finished(), "Outside: True. Unknown: -32601.");
    assert!(played.is_mended());
    let played = play("terminal", &[], true).await;
    assert_eq!(played.finished(), "It exited with 0.");
    assert!(played.is_mended());
}

#[tokio::test]
async fn updates_that_come_twice_late_or_unannounced_are_told_once() {
    let played = play("late", &[], true).await;
    assert_eq!(played.finished(), "Done, a little late.");
    let told = |kind| played.stage.entries(kind).into_iter().map(|entry| entry.text).collect::<Vec<_>>();
    assert_eq!(told(EntryKind::ToolCall), ["Mend", "Odd", "proposals", "finish"]);
    assert_eq!(played.stage.entries(EntryKind::ToolResult).len(), 2);
}

#[tokio::test]
async fn an_agent_that_stays_and_leaves_children_behind_is_ended_with_them() {
    let played = play("stays", &[], true).await;
    let child: String = played.finished().chars().filter(char::is_ascii_digit).collect();
    let state = std::fs::read_to_string(format!("/proc/{child}/stat")).unwrap_or_default();
    assert!(state.is_empty() || state.contains(") Z "), "{state}");
}

#[tokio::test]
async fn a_session_has_our_tools_a_mode_and_a_model_and_goes_on_in_the_same_home() {
    let stage = stage(true).await;
    assert_eq!(again(&stage, "sessions", &["--mode", "code"]).await, "0");
    assert_eq!(stage.desk.finished().unwrap(), "Chose code and default; began.");
    assert_eq!(again(&stage, "sessions", &[]).await, "0");
    assert!(stage.desk.finished().unwrap().starts_with("Chose "), "{:?}", stage.desk.finished());
    let said = stage.entries(EntryKind::Message);
    assert!(said.iter().any(|entry| entry.text.ends_with("went on.")), "{said:?}");
    assert!(said.iter().all(|entry| !entry.text.contains("told before")), "{said:?}");
}

#[tokio::test]
async fn an_agent_that_wants_a_key_is_given_the_one_of_its_environment() {
    assert!(play("wants-a-key", &[], true).await.finished().starts_with("Signed in: True."));
}

#[tokio::test]
async fn a_command_gets_its_prompt_and_is_judged_like_any_other() {
    let shell = "cat; sed -i s/Helo/Hello/ greet.py; exit 3";
    let cli = serde_json::from_value(serde_json::json!({"prompt": "stdin"})).unwrap();
    let setting = Setting { agent: "cli", cli, ..Setting::default() };
    let stage = Stage::set(Model::that(Vec::new()).await, setting).await;
    assert_eq!(stage.play_with("cli", &["--", "sh", "-c", shell]).await, "0", "{:?}", stage.desk.failed());
    assert!(stage.greet().contains("Hello"));
    let summary = stage.desk.finished().unwrap();
    assert!(summary.contains("Fix the typo in greet.py.") && summary.contains("exited with 3"), "{summary}");
}
