//! Tools of the MCP servers of a repository's stacks: what was agreed to, and lists that differ and wait.

use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::Path;
use axum::extract::State;
use axum::response::Response;
use serde::Deserialize;
use serde_json::Value;
use serde_json::json;

use crate::api::agents::answer::answer;
use crate::api::agents::answer::input;
use crate::api::agents::answer::place;
use crate::api::signed_in::SignedIn;
use crate::engine::Engine;
use crate::engine::verbs::ToolAnswer;
use crate::kit::Error;
use crate::kit::digest::Digest;
use crate::vault::Pin;
use crate::vault::pin_digest;

/// Agrees to the list with this digest; without one, the list that was agreed to stays.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Answered {
    digest: Option<Digest>,
}

/// `GET repos/{o}/{r}/tools`
pub(super) async fn list(
    State(engine): State<Arc<Engine>>,
    SignedIn(cx): SignedIn,
    Path((owner, repo)): Path<(String, String)>,
) -> Response {
    let listed = async {
        let place = place(&engine, &cx, &owner, &repo).await?;
        let pins = engine.tool_pins(&cx, &place).await?;
        Ok(json!({ "tools": pins.iter().map(shown).collect::<Vec<_>>() }))
    };
    answer(&cx, listed.await)
}

/// `POST repos/{o}/{r}/tools/{id}`
pub(super) async fn decide(
    State(engine): State<Arc<Engine>>,
    SignedIn(cx): SignedIn,
    Path((owner, repo, id)): Path<(String, String, String)>,
    body: Bytes,
) -> Response {
    let decided = async {
        let place = place(&engine, &cx, &owner, &repo).await?;
        let id = id.parse().map_err(|_| Error::not_found("such list of tools"))?;
        let Answered { digest } = input(&body)?;
        let said = digest.map_or(ToolAnswer::Keep, ToolAnswer::Agree);
        Ok(shown(&engine.answer_tools(&cx, &place, id, said).await?))
    };
    answer(&cx, decided.await)
}

fn shown(pin: &Pin) -> Value {
    let waiting =
        pin.waiting.as_ref().map(|(tools, at)| json!({ "tools": tools, "digest": pin_digest(tools), "seen_at": at }));
    json!({
        "id": pin.id,
        "stack": pin.of.stack,
        "server": pin.of.server,
        "address": pin.address,
        "tools": pin.tools,
        "digest": pin_digest(&pin.tools),
        "agreed_by": pin.by,
        "agreed_at": pin.at,
        "waiting": waiting,
    })
}
