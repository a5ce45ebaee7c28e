//! Budgets end an attempt cleanly, each by its own reason, and no agent can talk its way past them.

use forgehand::gateway::Budget;
use forgehand::models::Price;
use serde_json::json;

use super::Setting;
use super::Stage;
use super::model::Model;
use super::model::Says;
use super::model::calls;

/// A model that never finishes.
async fn busy() -> Model {
    Model::that(vec![calls("list_files", json!({}))]).await
}

async fn reason(budget: Budget, price: Option<Price>) -> (Stage, String) {
    let stage = Stage::set(busy().await, Setting { budget, price, ..Setting::default() }).await;
    assert_eq!(stage.play("builtin").await, "1");
    let reason = stage.open.stop().unwrap().reason();
    assert_eq!(stage.desk.failed(), None, "the gateway knows better why");
    (stage, reason)
}

#[tokio::test]
async fn each_budget_ends_by_its_own_reason() {
    let (stage, steps) = reason(Budget { steps: Some(3), ..Budget::default() }, None).await;
    assert_eq!((steps.as_str(), stage.model.asked().len()), ("budget_exceeded:steps", 3));

    let (stage, tokens) = reason(Budget { tokens: Some(2_000), ..Budget::default() }, None).await;
    assert_eq!(tokens, "budget_exceeded:tokens");
    assert!(stage.open.spent().tokens_in < 2_000);

    let price = Price::usd_per_million(1_000.0, 2_000.0);
    let (stage, usd) = reason(Budget { micro_usd: Some(2_000_000), ..Budget::default() }, Some(price)).await;
    assert_eq!(usd, "budget_exceeded:usd");
    assert!(stage.open.spent().micro_usd <= 2_000_000, "{:?}", stage.open.spent());
}

#[tokio::test]
async fn an_answer_may_be_no_longer_than_what_is_left() {
    let setting = Setting { budget: Budget { tokens: Some(500), ..Budget::default() }, ..Setting::default() };
    let stage = Stage::set(Model::that(vec![Says::Text("hi")]).await, setting).await;
    let ask = json!({"messages": [{"role": "user", "content": "hi"}], "max_tokens": 1_000_000});
    let (status, _) = stage.post("/v1/chat/completions", ask.to_string()).await;
    assert_eq!(status, 200);
    let most = stage.model.asked()[0]["max_tokens"].as_u64().unwrap();
    assert!((400..500).contains(&most), "{most}");
}

#[tokio::test]
async fn many_calls_at_once_cannot_together_pass_a_budget() {
    let setting = Setting { budget: Budget { tokens: Some(5_000), ..Budget::default() }, ..Setting::default() };
    let stage = Stage::set(Model::that(vec![Says::Silence]).await, setting).await;
    let ask = json!({"messages": [{"role": "user", "content": "hi"}], "max_tokens": 1_000}).to_string();
    let answers =
        futures_util::future::join_all((0..12).map(|_| stage.post("/v1/chat/completions", ask.clone()))).await;
    let refused = answers.iter().filter(|(status, _)| *status == 429).count();
    assert_eq!(refused, 7, "four of 1,000 and a bit fit into 5,000, and one that may write what is left: {answers:?}");
    let told = &answers.iter().find(|it| it.0 == 429).unwrap().1["error"];
    assert_eq!((&told["code"], &told["reason"]), (&json!("spend_limit_exceeded"), &json!("budget_exceeded:tokens")));
}

#[tokio::test]
async fn a_model_that_wants_the_other_name_for_the_limit_gets_it() {
    let body = r#"{"error": {"message": "Unsupported parameter: use 'max_completion_tokens' instead"}}"#;
    let stage = Stage::with(Model::that(vec![Says::Status(400, body), Says::Text("hi")]).await).await;
    let ask = json!({"messages": [{"role": "user", "content": "hi"}], "max_tokens": 10});
    let (status, _) = stage.post("/v1/chat/completions", ask.to_string()).await;
    assert_eq!(status, 200);
    assert_eq!(stage.model.asked()[1]["max_completion_tokens"], 10);
}
