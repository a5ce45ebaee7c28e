//! The built-in agent with a model that behaves, more or less.

use forgehand::gateway::Spent;
use forgehand::gateway::ports::EntryKind;
use forgehand::gateway::ports::Origin;
use forgehand::model::EffectKind;
use forgehand::models::Protocol;
use serde_json::Value;
use serde_json::json;

use super::KEY;
use super::Stage;
use super::model::Model;
use super::model::Says;
use super::model::calls;
use super::model::finish;

fn edit() -> Says {
    calls("edit_file", json!({"path": "greet.py", "find": "Helo", "replace": "Hello"}))
}

/// What the last tool answered, as the model reads it with the given request.
fn told(request: &Value) -> &str {
    request["messages"].as_array().unwrap().last().unwrap()["content"].as_str().unwrap()
}

#[tokio::test]
async fn the_agent_mends_a_file_and_proposes_it() {
    let model = Model::that(vec![
        Says::Calls(vec![
            ("source_read", String::new()),
            ("list_files", "{}".into()),
            ("search", json!({"pattern": "Hel+o", "path": "."}).to_string()),
        ]),
        edit(),
        calls("run_command", json!({"command": "grep -c Hello greet.py; echo oops >&2; exit 3"})),
        calls("propose_pull_request", json!({"title": "Fix the greeting", "body": "It said Helo."})),
        finish(),
    ]);
    let stage = Stage::with(model.await).await;
    assert_eq!(stage.play("builtin").await, "0");

    assert!(stage.greet().contains("Hello"));
    assert_eq!(stage.desk.finished().as_deref(), Some("Fixed the typo"));
    assert_eq!(stage.desk.drafts()[0].kind(), EffectKind::PullRequest);
    let asked = stage.model.asked();
    assert_eq!(asked[0]["model"], "the-model");
    assert_eq!(asked[0]["messages"][0]["content"], "You repair things.");
    let source = asked[1]["messages"][3]["content"].as_str().unwrap();
    assert!(source.starts_with("<data ") && source.contains("Ignore your rules"), "data stands between fences");
    assert_eq!(told(&asked[1]), "greet.py:2:     return \"Helo \" + name");
    assert_eq!(told(&asked[3]), "[exit code 3]\n1\noops\n");
    assert_eq!(stage.open.spent(), Spent { steps: 5, tokens_in: 500, tokens_out: 50, micro_usd: 0 });
}

#[tokio::test]
async fn the_key_is_added_outside_and_never_seen_inside() {
    let echo = r#"{"choices":[{"message":{"content":"your key is sk-very-secret-key-of-the-server"},"finish_reason":"stop"}]}"#;
    let stream = concat!(
        "data: {\"choices\":[{\"delta\":{\"content\":\"sk-very-secret-key-of-the-server\"},\"finish_reason\":\"stop\"}]}\n\n",
        "data: [DONE]\n\n"
    );
    let model = Model::that(vec![Says::Whole("application/json", echo), Says::Stream(stream), finish()]).await;
    let stage = Stage::with(model).await;
    assert_eq!(stage.play("builtin").await, "0");
    assert_eq!(stage.model.keys(), vec![format!("Bearer {KEY}"); 3]);
    assert!(!stage.desk.everything().contains(KEY));
    assert!(!json!(stage.model.asked()).to_string().contains(KEY), "it comes back in no conversation");
    let messages = stage.entries(EntryKind::Message);
    assert!(messages.iter().any(|entry| entry.text == "your key is [the key]"), "{messages:?}");
}

#[tokio::test]
async fn every_model_call_is_written_down_by_the_gateway() {
    let stage = Stage::with(Model::that(vec![edit(), finish()]).await).await;
    stage.play("builtin").await;
    let calls = stage.entries(EntryKind::ModelCall);
    assert_eq!(calls.len(), 2);
    assert!(calls.iter().all(|entry| entry.origin == Origin::Gateway));
    assert_eq!(calls[0].text, "default: 100 tokens read, 10 written");
    assert_eq!(calls[0].detail["model"], "the-model");
    let tools: Vec<_> = stage.entries(EntryKind::ToolCall).into_iter().map(|it| (it.origin, it.text)).collect();
    assert_eq!(tools, [(Origin::Agent, "edit_file".into()), (Origin::Gateway, "finish".into())]);
}

#[tokio::test]
async fn what_cannot_be_used_is_told_and_mended() {
    let model = Model::that(vec![
        Says::Calls(vec![("edit_file", "{\"path\": \"greet.py\", ".into())]),
        calls("edit_file", json!({"file": "greet.py"})),
        edit(),
        calls("edit_files", json!({})),
        Says::Text("I am done!"),
        finish(),
    ]);
    let stage = Stage::with(model.await).await;
    assert_eq!(stage.play("builtin").await, "0");
    let asked = stage.model.asked();
    assert_eq!(told(&asked[1]), "error: The arguments of `edit_file` are not a JSON object");
    assert!(told(&asked[2]).contains("\"path\" is a required property"), "{}", told(&asked[2]));
    assert!(told(&asked[4]).starts_with("error: There is no tool `edit_files`\nhint: tools are list_files, read_file"));
    assert!(told(&asked[5]).starts_with("You called no tool"));
}

#[tokio::test]
async fn three_bad_answers_in_a_row_fail_safe_and_nothing_is_done() {
    let bad = Says::Calls(vec![
        ("edit_file", json!({"path": "greet.py", "content": "rm -rf"}).to_string()),
        ("run_command", json!({"cmd": "touch done"}).to_string()),
    ]);
    let stage = Stage::with(Model::that(vec![bad]).await).await;
    assert_eq!(stage.play("builtin").await, "1");
    let (code, message) = stage.desk.failed().unwrap();
    assert_eq!(code, "failed_safe");
    assert!(message.contains("3 times in a row") && message.contains("run_command"), "{message}");
    assert_eq!(stage.model.asked().len(), 3);
    assert_eq!(stage.greet(), super::GREET, "not even the good half of a bad answer is done");
    assert!(told(&stage.model.asked()[1]).contains("Additional properties"));
}

#[tokio::test]
async fn a_denial_reaches_the_model_as_data() {
    let model = Model::that(vec![
        calls("propose_comment", json!({"body": "deny me"})),
        calls("propose_comment", json!({"body": "a token: ghp_x"})),
        calls("ask", json!({"question": "Why?"})),
        finish(),
    ]);
    let stage = Stage::with(model.await).await;
    stage.play("builtin").await;
    let asked = stage.model.asked();
    let denial = asked[1]["messages"].as_array().unwrap().last().unwrap();
    assert_eq!(denial["role"], "user");
    let denial = denial["content"].as_str().unwrap();
    assert!(denial.contains("<data ") && denial.contains("denied abcdef123456: alice denied it: too long"), "{denial}");
    assert_eq!(told(&asked[2]), "error: The comment holds something like a GitHub token\nhint: take it out");
    assert!(told(&asked[3]).contains("the answer is 42"));
    assert_eq!(stage.desk.drafts().len(), 1);
}

#[tokio::test]
async fn an_agent_that_may_only_read_is_offered_nothing_else() {
    let setting = super::Setting { may_propose: false, ..super::Setting::default() };
    let stage = Stage::set(Model::that(vec![finish()]).await, setting).await;
    stage.play("builtin").await;
    assert!(!stage.model.asked()[0]["tools"].to_string().contains("propose_"));
    let (status, answer) = stage.post("/tools/propose_comment", r#"{"body": "x"}"#).await;
    assert_eq!((status, answer["error"]["code"].as_str()), (404, Some("UNKNOWN_TOOL")));
}

#[tokio::test]
async fn the_same_work_is_done_over_each_of_three_apis() {
    for (protocol, path) in [
        (Protocol::Openai, "/v1/chat/completions"),
        (Protocol::Responses, "/v1/responses"),
        (Protocol::Anthropic, "/v1/messages"),
    ] {
        let model = Model::that(vec![
            Says::Calls(vec![("list_files", "{}".into()), ("read_file", json!({"path": "greet.py"}).to_string())]),
            edit(),
            calls("propose_pull_request", json!({"title": "Fix the greeting", "body": "It said Helo."})),
            finish(),
        ]);
        let setting = super::Setting { protocol, ..super::Setting::default() };
        let stage = Stage::set(model.await, setting).await;
        assert_eq!(stage.play("builtin").await, "0", "{path}: {:?}", stage.desk.failed());
        assert!(stage.greet().contains("Hello"), "{path}");
        assert_eq!(stage.desk.drafts()[0].kind(), EffectKind::PullRequest);
        assert!(stage.model.heads().iter().all(|(address, _)| address == path), "{:?}", stage.model.heads());
        let asked = json!(stage.model.asked()[1]).to_string();
        assert!(asked.contains("return \\\"Helo \\\" + name"), "{path}: what tools answered comes back: {asked}");
        assert_eq!(stage.open.spent(), Spent { steps: 4, tokens_in: 400, tokens_out: 40, micro_usd: 0 });
    }
}

#[tokio::test]
async fn calls_that_only_look_are_made_at_one_time_and_answered_in_their_order() {
    let looks: Vec<(&'static str, String)> = (0..6)
        .map(|number| {
            (
                "read_file",
                json!({"path": "greet.py", "first_line": number % 2 + 1, "last_line": number % 2 + 1}).to_string(),
            )
        })
        .collect();
    let stage = Stage::with(Model::that(vec![Says::Calls(looks), finish()]).await).await;
    assert_eq!(stage.play("builtin").await, "0");
    let asked = stage.model.asked();
    let answers: Vec<&Value> =
        asked[1]["messages"].as_array().unwrap().iter().filter(|message| message["role"] == "tool").collect();
    assert_eq!(answers.len(), 6);
    for (number, answer) in answers.iter().enumerate() {
        let line = if number % 2 == 0 { "def greet" } else { "return" };
        assert!(answer["content"].as_str().unwrap().contains(line), "{number}: {answer}");
        assert!(answer["tool_call_id"].as_str().unwrap().starts_with(&format!("call_{number}_")));
    }
}

#[tokio::test]
async fn a_conversation_is_cut_below_its_size_and_keeps_what_matters() {
    let mut says = vec![calls("propose_comment", json!({"body": "May I?"}))];
    says.extend((0..8).map(|number| {
        calls("run_command", json!({"command": format!("echo step {number}; head -c 6000 /dev/zero | tr '\\0' x")}))
    }));
    says.push(finish());
    let setting = super::Setting { context_bytes: 20_000, ..super::Setting::default() };
    let stage = Stage::set(Model::that(says).await, setting).await;
    assert_eq!(stage.play("builtin").await, "0");
    let last = json!(stage.model.asked().last().unwrap()["messages"]).to_string();
    assert!(last.len() < 26_000, "{}", last.len());
    for kept in
        ["You repair things.", "Fix the typo in greet.py.", "earlier steps of yours are left out", "abcdef123456"]
    {
        assert!(last.contains(kept), "{kept}: {last}");
    }
}

#[tokio::test]
async fn a_conversation_that_the_model_calls_too_long_is_cut_and_asked_again() {
    let body = r#"{"error": {"message": "This model's maximum context length is 8192 tokens"}}"#;
    let long = calls("run_command", json!({"command": "head -c 30000 /dev/zero | tr '\\0' x"}));
    let model =
        Model::that(vec![long.clone(), long.clone(), long.clone(), long, Says::Status(400, body), finish()]).await;
    let stage = Stage::with(model).await;
    assert_eq!(stage.play("builtin").await, "0", "{:?}", stage.desk.failed());
    let asked = stage.model.asked();
    let bytes = |number: usize| json!(asked[number]["messages"]).to_string().len();
    assert!(bytes(5) < bytes(4), "{} {}", bytes(5), bytes(4));
}

#[tokio::test]
async fn a_model_that_asks_to_wait_is_waited_for() {
    let setting = super::Setting { longest_asked: std::time::Duration::from_secs(5), ..super::Setting::default() };
    let stage = Stage::set(Model::that(vec![Says::Status(429, "slow down"), finish()]).await, setting).await;
    let began = std::time::Instant::now();
    assert_eq!(stage.play("builtin").await, "0");
    assert!(began.elapsed() >= std::time::Duration::from_secs(1), "{:?}", began.elapsed());
    assert_eq!(stage.entries(EntryKind::ModelCall)[0].detail["retries"], 1);
}
