//! `GET /v1/models` and `/v1beta/models`: agents ask before they start which models there are. There is one, the
//! profile's; whatever name an agent asks for, that one answers.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::response::IntoResponse;
use axum::response::Response;
use serde_json::Value;
use serde_json::json;

use crate::gateway::answer;
use crate::gateway::apis::Api;
use crate::gateway::door::Door;

/// `GET /v1/models`, as OpenAI's and as Anthropic's clients read it.
pub(super) async fn models(State(door): State<Arc<Door>>) -> Json<Value> {
    let models: Vec<Value> = name(&door).map(|model| entry(&model)).into_iter().collect();
    let id = models.first().map(|model| model["id"].clone());
    Json(json!({"object": "list", "data": models, "has_more": false, "first_id": id, "last_id": id}))
}

/// `GET /v1/models/{model}`.
pub(super) async fn model(State(door): State<Arc<Door>>) -> Response {
    match name(&door) {
        Some(model) => Json(entry(&model)).into_response(),
        None => missing(Api::Chat),
    }
}

/// `GET /v1beta/models`.
pub(super) async fn gemini_models(State(door): State<Arc<Door>>) -> Json<Value> {
    let models: Vec<Value> = name(&door).map(|model| gemini_entry(&model)).into_iter().collect();
    Json(json!({"models": models}))
}

/// `GET /v1beta/models/{model}`.
pub(super) async fn gemini_model(State(door): State<Arc<Door>>) -> Response {
    match name(&door) {
        Some(model) => Json(gemini_entry(&model)).into_response(),
        None => missing(Api::Gemini),
    }
}

fn name(door: &Door) -> Option<String> {
    door.model.as_ref().map(|profile| profile.model.clone())
}

fn entry(model: &str) -> Value {
    json!({
        "id": model,
        "object": "model",
        "created": 0,
        "owned_by": "forgehand",
        "type": "model",
        "display_name": model,
        "created_at": "1970-01-01T00:00:00Z",
    })
}

fn gemini_entry(model: &str) -> Value {
    json!({
        "name": format!("models/{model}"),
        "displayName": model,
        "supportedGenerationMethods": ["generateContent", "countTokens"],
    })
}

fn missing(api: Api) -> Response {
    answer::model_refusal(404, api.error(404, "model_missing", "The stack of this run names no model"))
}
