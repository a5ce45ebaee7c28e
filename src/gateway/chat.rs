//! `POST /v1/chat/completions`: vets the request, sets aside the worst case, calls the model, passes the answer on and
//! books what it used.

use std::sync::Arc;
use std::time::Instant;

use axum::body::Body;
use axum::extract::State;
use axum::response::Response;
use serde_json::json;

use crate::gateway::answer;
use crate::gateway::budget::Reservation;
use crate::gateway::door::Door;
use crate::gateway::open::Stop;
use crate::gateway::ports::EntryKind;
use crate::gateway::relay;
use crate::gateway::upstream;
use crate::gateway::upstream::Fault;
use crate::gateway::vet;

/// One call of a model, from the moment its worst case is set aside.
pub(super) struct Call {
    pub(super) reservation: Reservation,
    pub(super) started: Instant,
    pub(super) streamed: bool,
    /// How often it was tried again.
    pub(super) retries: u32,
}

/// What a call used, as far as it is known.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Used {
    pub(super) tokens_in: u64,
    pub(super) tokens_out: u64,
    /// The model did not say; we count bytes.
    pub(super) estimated: bool,
}

/// `POST /v1/chat/completions`.
pub(super) async fn complete(State(door): State<Arc<Door>>, body: Body) -> Response {
    let Some(profile) = &door.model else {
        return answer::model_refusal(404, "model_missing", "The stack of this run names no model");
    };
    let vetted = match answer::whole(body, door.settings.request_bytes).await {
        Ok(bytes) => vet::request(&bytes, profile),
        Err(error) => Err(error),
    };
    let mut vetted = match vetted {
        Ok(vetted) => vetted,
        Err(error) => return answer::model_refusal(error.kind().status(), "invalid_request", error.message()),
    };
    let default = door.settings.default_output;
    let reservation = match door.meter.reserve(vetted.estimate_in, vetted.wanted_out(default)) {
        Ok(reservation) => reservation,
        Err(kind) => {
            let stop = Stop::BudgetExceeded(kind);
            let (code, message) = (stop.reason(), stop.sentence());
            door.stop(stop).await;
            return answer::model_refusal(429, &code, &message);
        }
    };
    vetted.limit(reservation.most_out, default);
    let mut call = Call { reservation, started: Instant::now(), streamed: vetted.stream, retries: 0 };
    match upstream::send(&door, profile, &mut vetted, &mut call).await {
        Ok(response) => relay::pass(door, response, call).await,
        Err(fault) => {
            let answer = answer::model_refusal(fault.status, fault.code, &fault.message);
            close(&door, call, Used::default(), Some(fault)).await;
            answer
        }
    }
}

/// Books a call and writes it down.
pub(super) async fn close(door: &Door, call: Call, used: Used, fault: Option<Fault>) {
    let Call { reservation, started, streamed, retries } = call;
    let micro_usd = reservation.settle(used.tokens_in, used.tokens_out);
    let profile = door.model.as_ref();
    let name = profile.map_or("", |profile| profile.name.as_str());
    let detail = json!({
        "profile": name,
        "model": profile.map(|profile| profile.model.as_str()),
        "status": fault.as_ref().map_or("ok", |fault| fault.code),
        "tokens_in": used.tokens_in,
        "tokens_out": used.tokens_out,
        "estimated": used.estimated,
        "micro_usd": micro_usd,
        "milliseconds": u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX),
        "retries": retries,
        "streamed": streamed,
    });
    let text = match &fault {
        None => format!("{name}: {} tokens read, {} written", used.tokens_in, used.tokens_out),
        Some(fault) => fault.message.clone(),
    };
    door.say(EntryKind::ModelCall, text, detail).await;
    if let Some(stop) = fault.and_then(|fault| fault.stop) {
        door.stop(stop).await;
    }
}
