//! The table of contents of a door.

use std::sync::Arc;

use axum::Json;
use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::extract::State;
use axum::response::Response;
use axum::routing::any;
use axum::routing::get;
use axum::routing::post;

use crate::gateway::answer;
use crate::gateway::brief::Brief;
use crate::gateway::call;
use crate::gateway::door::Door;
use crate::gateway::listing;
use crate::gateway::mcp;
use crate::gateway::model_call;
use crate::gateway::quarantine;
use crate::gateway::transcript;
use crate::kit::Error;

/// Every address that an agent can reach.
pub(super) fn router(door: Arc<Door>) -> Router {
    Router::new()
        .route("/task", get(task))
        .route("/v1/chat/completions", post(model_call::chat))
        .route("/v1/responses", post(model_call::responses))
        .route("/v1/messages", post(model_call::messages))
        .route("/v1/messages/count_tokens", post(model_call::count_tokens))
        .route("/v1/models", get(listing::models))
        .route("/v1/models/{*model}", get(listing::model))
        .route("/v1beta/models", get(listing::gemini_models))
        .route("/v1beta/models/{*model}", get(listing::gemini_model).post(model_call::gemini))
        .route("/tools/{name}", post(call::post))
        .route("/mcp", any(mcp::serve))
        .route("/transcript", post(transcript::write))
        .route("/quarantine.git/info/refs", get(quarantine::advertise))
        .route("/quarantine.git/git-upload-pack", post(quarantine::upload_pack))
        .route("/quarantine.git/git-receive-pack", post(quarantine::receive_pack))
        .fallback(nothing)
        // Each handler bounds its own body.
        .layer(DefaultBodyLimit::disable())
        .with_state(door)
}

async fn task(State(door): State<Arc<Door>>) -> Json<Brief> {
    Json(door.brief.clone())
}

async fn nothing() -> Response {
    answer::refusal(
        &Error::not_found("address")
            .hint("the gateway has `/task`, `/tools/…`, `/mcp`, `/transcript` and `/quarantine.git`")
            .hint(
                "models answer at `/v1/chat/completions`, `/v1/responses`, `/v1/messages` and \
                 `/v1beta/models/{model}:generateContent`",
            ),
    )
}
