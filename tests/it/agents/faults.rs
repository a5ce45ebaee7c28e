//! Models that do not behave: each fault is told in words, tried again a bounded number of times, and ends clearly.

use forgehand::gateway::Stop;
use forgehand::gateway::ports::EntryKind;
use serde_json::json;

use super::KEY;
use super::Stage;
use super::model::Model;
use super::model::Says;
use super::model::finish;

/// Plays the built-in agent against a model that only does this, and says how the agent failed.
async fn failure(says: Says) -> (Stage, String, String) {
    let stage = Stage::with(Model::that(vec![says]).await).await;
    assert_eq!(stage.play("builtin").await, "1");
    let (code, message) = stage.desk.failed().unwrap();
    (stage, code, message)
}

#[tokio::test]
async fn a_refused_key_ends_the_attempt_for_the_administrator() {
    let body = r#"{"error": {"message": "Incorrect API key provided: sk-very-secret-key-of-the-server"}}"#;
    let stage = Stage::with(Model::that(vec![Says::Status(401, body)]).await).await;
    assert_eq!(stage.play("builtin").await, "1");
    let stop = stage.open.stop().unwrap();
    assert_eq!(stop.reason(), "model_refused");
    let Stop::ModelRefused { message } = stop else { panic!("{stop:?}") };
    assert_eq!(
        message,
        "The server of the model profile `default` refused our key (401); an administrator has to mend the profile. It \
         said: Incorrect API key provided: [the key]"
    );
    assert_eq!(stage.model.asked().len(), 1, "trying again is of no use");
    assert_eq!(stage.desk.failed(), None, "the gateway knows better why");
    assert!(!stage.desk.everything().contains(KEY));
    assert_eq!(stage.entries(EntryKind::Problem)[0].text, message);
}

#[tokio::test]
async fn an_unknown_model_ends_the_attempt_too() {
    let stage = Stage::with(Model::that(vec![Says::Status(404, "model not found")]).await).await;
    stage.play("builtin").await;
    assert!(
        stage.open.stop().unwrap().sentence().contains("names a model or an address that its server does not know")
    );
}

#[tokio::test]
async fn a_busy_model_is_asked_again() {
    let model = Model::that(vec![Says::Status(429, "slow down"), Says::Status(503, ""), finish()]).await;
    let stage = Stage::with(model).await;
    assert_eq!(stage.play("builtin").await, "0");
    let calls = stage.entries(EntryKind::ModelCall);
    assert_eq!(calls.len(), 1, "it is one call");
    assert_eq!(calls[0].detail["retries"], 2);
    assert_eq!(stage.open.spent().steps, 1);
}

#[tokio::test]
async fn a_model_that_stays_broken_is_given_up() {
    let (stage, code, message) = failure(Says::Status(500, "<h1>oops</h1>")).await;
    assert_eq!(code, "model_unavailable");
    assert_eq!(message, "The model answered 500 and would not do better (model_unavailable)");
    assert_eq!(stage.model.asked().len(), 9, "three calls of three tries");
    assert_eq!(stage.open.spent().tokens_in, 0, "what never answered costs nothing");
}

#[tokio::test]
async fn nobody_at_the_address_is_told_as_such() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("http://{}/v1", listener.local_addr().unwrap());
    drop(listener);
    let stage = Stage::with(Model::at(address)).await;
    stage.play("builtin").await;
    assert_eq!(stage.desk.failed().unwrap().1, "The model could not be reached (model_unavailable)");
}

#[tokio::test]
async fn a_silent_model_is_given_up() {
    let (stage, code, message) = failure(Says::Silence).await;
    assert_eq!(code, "model_unavailable");
    assert_eq!(message, "The model said nothing for 1 s (model_silent)");
    assert_eq!(stage.model.asked().len(), 3);
}

#[tokio::test]
async fn half_an_answer_is_asked_for_again() {
    let model = Model::that(vec![Says::Half, Says::HalfThenSilence, finish()]).await;
    let stage = Stage::with(model).await;
    assert_eq!(stage.play("builtin").await, "0");
    let status: Vec<_> =
        stage.entries(EntryKind::ModelCall).into_iter().map(|it| it.detail["status"].clone()).collect();
    assert_eq!(status, [json!("model_stream_broken"), json!("model_silent"), json!("ok")]);
    let first = &stage.entries(EntryKind::ModelCall)[0].detail;
    assert_eq!((&first["tokens_out"], &first["estimated"]), (&json!(1), &json!(true)), "what came is booked");
}

#[tokio::test]
async fn nonsense_is_not_taken_for_an_answer() {
    for says in [
        Says::Whole("text/html", "<html>Please log in</html>"),
        Says::Whole("application/json", "{\"answer\": 42}"),
        Says::Stream("data: <html>\n\n"),
        Says::Stream("this is no stream\n\n"),
        Says::Stream(
            "data: {\"choices\":[{\"delta\":{\"tool_calls\":[{\"index\":99999999999,\"function\":{\"name\":\"x\"}}]}}]}\n\ndata: [DONE]\n\n",
        ),
    ] {
        let (_, code, message) = failure(says).await;
        assert_eq!(code, "model_unavailable");
        assert!(message.ends_with("(model_nonsense)"), "{message}");
    }
}

#[tokio::test]
async fn a_model_that_fails_in_the_middle_says_so_in_its_stream() {
    let (_, _, message) = failure(Says::Stream("data: {\"error\":{\"message\":\"overloaded\"}}\n\n")).await;
    assert_eq!(message, "The model failed in its answer: overloaded (model_unavailable)");
}

#[tokio::test]
async fn a_request_that_the_model_refuses_is_told_with_its_words() {
    let body = r#"{"error": {"message": "context length exceeded"}}"#;
    let (_, _, message) = failure(Says::Status(400, body)).await;
    assert_eq!(message, "The model refused the request (400): context length exceeded (model_request_refused)");
}
