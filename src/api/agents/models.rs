//! Model profiles of the server, for its administrators. A key goes in and never comes out.

use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::Path;
use axum::extract::State;
use axum::response::Response;
use serde::Deserialize;
use serde_json::Value;
use serde_json::json;

use crate::access::Cx;
use crate::api::agents::answer::answer;
use crate::api::agents::answer::input;
use crate::api::signed_in::SignedIn;
use crate::engine::Engine;
use crate::kit::Error;
use crate::kit::Result;
use crate::kit::secret::Secret;
use crate::models::Draft;
use crate::models::Facts;
use crate::models::Kept;
use crate::models::Listed;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Key {
    key: String,
}

/// `GET models`
pub(super) async fn list(State(engine): State<Arc<Engine>>, SignedIn(cx): SignedIn) -> Response {
    let listed = engine.model_profiles(&cx).await;
    answer(&cx, listed.map(|all| json!({ "models": all.iter().map(listing).collect::<Vec<_>>() })))
}

/// `PUT models/{name}`: sets it up, or changes it. The key may come with it; without one the old one stays.
pub(super) async fn set(
    State(engine): State<Arc<Engine>>,
    SignedIn(cx): SignedIn,
    Path(name): Path<String>,
    body: Bytes,
) -> Response {
    let set = async {
        let (draft, key) = read(&body)?;
        let facts = draft.facts(&name)?;
        let known = engine.models.kept_by_name(&name).await?;
        let kept = match known {
            Some(known) => engine.change_model(&cx, known.id, facts, key).await?,
            None => engine.add_model(&cx, facts, key).await?,
        };
        Ok(profile(&kept, false))
    };
    answer(&cx, set.await)
}

/// `DELETE models/{name}`
pub(super) async fn remove(
    State(engine): State<Arc<Engine>>,
    SignedIn(cx): SignedIn,
    Path(name): Path<String>,
) -> Response {
    let removed = async {
        let kept = found(&engine, &cx, &name).await?;
        engine.remove_model(&cx, kept.id).await?;
        Ok(json!({ "removed": name }))
    };
    answer(&cx, removed.await)
}

/// `PUT models/{name}/key`
pub(super) async fn set_key(
    State(engine): State<Arc<Engine>>,
    SignedIn(cx): SignedIn,
    Path(name): Path<String>,
    body: Bytes,
) -> Response {
    let set = async {
        let kept = found(&engine, &cx, &name).await?;
        let Key { key } = input(&body)?;
        Ok(profile(&engine.set_model_key(&cx, kept.id, Some(Secret::new(key))).await?, false))
    };
    answer(&cx, set.await)
}

/// `DELETE models/{name}/key`
pub(super) async fn forget_key(
    State(engine): State<Arc<Engine>>,
    SignedIn(cx): SignedIn,
    Path(name): Path<String>,
) -> Response {
    let forgotten = async {
        let kept = found(&engine, &cx, &name).await?;
        Ok(profile(&engine.set_model_key(&cx, kept.id, None).await?, false))
    };
    answer(&cx, forgotten.await)
}

/// The profile, and the key beside it.
fn read(body: &Bytes) -> Result<(Draft, Option<Secret<String>>)> {
    let mut whole: serde_json::Map<String, Value> = input(body)?;
    let key = match whole.remove("key") {
        None | Some(Value::Null) => None,
        Some(Value::String(key)) => Some(Secret::new(key)),
        Some(_) => return Err(Error::invalid("The key is not a text").field("key")),
    };
    Ok((input(&Value::Object(whole).to_string().into())?, key))
}

/// For whoever administers the server; for others the name is not looked up.
async fn found(engine: &Engine, cx: &Cx, name: &str) -> Result<Kept> {
    let all = engine.model_profiles(cx).await?;
    let found = all.into_iter().find_map(|listed| match listed {
        Listed::Kept { kept, .. } if kept.facts.name == name => Some(kept),
        _ => None,
    });
    found.ok_or_else(|| Error::not_found("such model profile"))
}

fn listing(listed: &Listed) -> Value {
    match listed {
        Listed::Given { facts: given, has_key } => {
            let mut value = facts(given);
            value["given_by_settings"] = json!(true);
            value["has_key"] = json!(has_key);
            value
        }
        Listed::Kept { kept, hidden } => profile(kept, *hidden),
    }
}

fn profile(kept: &Kept, hidden: bool) -> Value {
    let Kept { id, facts: is, set_by, set_at, key_set_at } = kept;
    let mut value = facts(is);
    value["id"] = json!(id);
    value["given_by_settings"] = json!(false);
    value["hidden_by_settings"] = json!(hidden);
    value["has_key"] = json!(key_set_at.is_some());
    value["key_set_at"] = json!(key_set_at.map(|at| at.rfc3339()));
    value["set_by"] = json!(set_by);
    value["set_at"] = json!(set_at.rfc3339());
    value
}

fn facts(facts: &Facts) -> Value {
    let mut value = json!({ "name": facts.name });
    if let (Value::Object(value), Value::Object(more)) = (&mut value, json!(Draft::of(facts))) {
        value.extend(more);
    }
    value
}
