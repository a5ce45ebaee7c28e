//! What the agent says of itself: `POST /transcript`, one entry or a list. It is the agent's word and marked so.

use std::sync::Arc;

use axum::Json;
use axum::body::Body;
use axum::extract::State;
use axum::response::IntoResponse;
use axum::response::Response;
use serde::Deserialize;
use serde_json::Value;
use serde_json::json;

use crate::gateway::answer;
use crate::gateway::door::Door;
use crate::gateway::ports::Entry;
use crate::gateway::ports::EntryKind;
use crate::gateway::ports::Origin;
use crate::kit::Error;
use crate::kit::ErrorKind;
use crate::kit::Result;
use crate::kit::text::bounded;

/// Most bytes of one request.
const REQUEST: usize = 1 << 20;

/// Most bytes of the text of an entry, and of its detail.
const ENTRY: usize = 64 << 10;

#[derive(Deserialize)]
#[serde(untagged)]
enum Said {
    Many(Vec<Word>),
    One(Word),
}

/// One entry as the agent sends it.
#[derive(Deserialize)]
struct Word {
    kind: EntryKind,
    #[serde(default)]
    text: String,
    #[serde(default)]
    detail: Value,
}

/// `POST /transcript`.
pub(super) async fn write(State(door): State<Arc<Door>>, body: Body) -> Response {
    match take(&door, body).await {
        Ok(count) => Json(json!({"written": count})).into_response(),
        Err(error) => answer::refusal(&error),
    }
}

async fn take(door: &Door, body: Body) -> Result<usize> {
    let bytes = answer::whole(body, REQUEST).await?;
    let said: Said = serde_json::from_slice(&bytes)
        .map_err(|error| Error::invalid(format!("This is not a transcript entry: {error}")))?;
    let words = match said {
        Said::Many(words) => words,
        Said::One(word) => vec![word],
    };
    let count = words.len();
    for word in words {
        let entry = word.entry()?;
        if !door.take_entry() {
            return Err(Error::new(ErrorKind::RateLimited, "The transcript of this attempt is full"));
        }
        door.record(entry).await;
    }
    Ok(count)
}

impl Word {
    fn entry(self) -> Result<Entry> {
        let Self { kind, mut text, mut detail } = self;
        if matches!(kind, EntryKind::ModelCall | EntryKind::Problem | EntryKind::Egress) {
            return Err(Error::invalid("Only the gateway writes entries of this kind").field("kind"));
        }
        if text.len() > ENTRY {
            text = format!("{}…", bounded(&text, ENTRY - 4));
        }
        if !(detail.is_object() || detail.is_null()) || detail.to_string().len() > ENTRY {
            detail = json!({"left_out": "the detail was no object, or too long"});
        }
        Ok(Entry { origin: Origin::Agent, kind, text, detail })
    }
}
