//! A call of a model, whichever API the agent speaks: vets the request, sets aside the worst case, calls the model, passes
//! the answer on and books what it used.

use std::sync::Arc;
use std::time::Instant;

use axum::body::Body;
use axum::extract::Path;
use axum::extract::RawQuery;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::IntoResponse;
use axum::response::Response;
use serde_json::json;

use crate::gateway::answer;
use crate::gateway::apis::Api;
use crate::gateway::budget::Reservation;
use crate::gateway::door::Door;
use crate::gateway::open::Stop;
use crate::gateway::ports::EntryKind;
use crate::gateway::relay;
use crate::gateway::upstream;
use crate::gateway::upstream::Fault;
use crate::gateway::upstream::Request;
use crate::kit::Error;
use crate::model::CallId;
use crate::models::ModelProfile;
use crate::models::Planned;
use crate::models::Tokens;
use crate::models::Used;

/// One call of a model, from the moment its worst case is set aside.
pub(super) struct Call {
    pub(super) api: Api,
    pub(super) reservation: Reservation,
    /// Its row in the ledger.
    pub(super) row: CallId,
    pub(super) started: Instant,
    pub(super) streamed: bool,
    /// How often it was tried again.
    pub(super) retries: u32,
    /// What the agent asked for and was not passed on.
    pub(super) left_out: Vec<String>,
}

/// What an agent asks of a model.
struct Asking {
    api: Api,
    headers: HeaderMap,
    body: Body,
    /// The answer is to be a stream, as far as the address says.
    streamed: bool,
}

/// `POST /v1/chat/completions`.
pub(super) async fn chat(State(door): State<Arc<Door>>, headers: HeaderMap, body: Body) -> Response {
    make(door, Asking { api: Api::Chat, headers, body, streamed: false }).await
}

/// `POST /v1/responses`.
pub(super) async fn responses(State(door): State<Arc<Door>>, headers: HeaderMap, body: Body) -> Response {
    make(door, Asking { api: Api::Responses, headers, body, streamed: false }).await
}

/// `POST /v1/messages`.
pub(super) async fn messages(State(door): State<Arc<Door>>, headers: HeaderMap, body: Body) -> Response {
    make(door, Asking { api: Api::Messages, headers, body, streamed: false }).await
}

/// `POST /v1/messages/count_tokens`.
pub(super) async fn count_tokens(State(door): State<Arc<Door>>, headers: HeaderMap, body: Body) -> Response {
    count(&door, Asking { api: Api::Messages, headers, body, streamed: false }).await
}

/// `POST /v1beta/models/{model}:generateContent`, `:streamGenerateContent` and `:countTokens`. The name of the model is
/// the agent's; the profile's is used.
pub(super) async fn gemini(
    State(door): State<Arc<Door>>,
    Path(asked): Path<String>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
    body: Body,
) -> Response {
    let events = query.is_some_and(|query| query.split('&').any(|pair| pair == "alt=sse"));
    let asking = |streamed| Asking { api: Api::Gemini, headers, body, streamed };
    match asked.rsplit_once(':').map(|(_, verb)| verb) {
        Some("generateContent") => make(door, asking(false)).await,
        Some("streamGenerateContent") if events => make(door, asking(true)).await,
        // Without events the stream is a list; a list of one whole answer is one too.
        Some("streamGenerateContent") => answer::listed(make(door, asking(false)).await).await,
        Some("countTokens") => count(&door, asking(false)).await,
        _ => Api::Gemini.refuse(
            404,
            "unknown_call",
            "The gateway knows `generateContent`, `streamGenerateContent` and `countTokens`",
        ),
    }
}

async fn make(door: Arc<Door>, asking: Asking) -> Response {
    let Asking { api, headers, body, streamed } = asking;
    let profile = match spoken(&door, api).await {
        Ok(profile) => profile,
        Err(refused) => return refused,
    };
    let vetted = match answer::whole(body, door.settings.request_bytes).await {
        Ok(bytes) => api.vet(&bytes, profile, streamed),
        Err(error) => Err(error),
    };
    let mut vetted = match vetted {
        Ok(vetted) => vetted,
        Err(error) => return malformed(api, &error),
    };
    drop(door.book_first().await);
    let limit = profile.limits.answer;
    let default = limit.unwrap_or(door.settings.default_output);
    let wanted = vetted.wanted_out(default).min(limit.unwrap_or(u64::MAX));
    let mut reservation = match door.meter.reserve(vetted.estimate_in(), wanted) {
        Ok(reservation) => reservation,
        Err(kind) => return spent(&door, api, Stop::BudgetExceeded(kind)).await,
    };
    let planned = Planned { read: reservation.estimate_in(), write: reservation.most_out, price: profile.price };
    let row = match door.ports.ledger.set_aside(planned).await {
        Ok(Ok(aside)) => {
            reservation.lessen(aside.write);
            aside.call
        }
        Ok(Err(day)) => return spent(&door, api, Stop::DaySpent { kind: day.kind, sentence: day.sentence }).await,
        Err(error) => {
            tracing::error!(run.id = %door.brief.run, "A call of a model could not be written down: {}", error.chain());
            return api.refuse(503, "usage_not_kept", "The call could not be written down, so it was not made");
        }
    };
    // What the profile limits is always said to the model.
    vetted.limit(reservation.most_out, limit.map_or(default, |_| u64::MAX));
    let (streamed, left_out) = (vetted.stream, vetted.left_out().to_vec());
    let started = Instant::now();
    let mut call = Call { api, reservation, row, started, streamed, retries: 0, left_out };
    let mut request = Request { api, headers: upstream::passed(api, &headers), vetted };
    match upstream::send(&door, profile, &mut request, &mut call).await {
        Ok(response) => relay::pass(Arc::clone(&door), response, call).await,
        Err(fault) => {
            let answer = api.refuse(fault.status, fault.code, &fault.message);
            close(&door, call, None, Some(fault)).await;
            answer
        }
    }
}

/// Something is spent: the agent is told, and the attempt ends.
async fn spent(door: &Door, api: Api, stop: Stop) -> Response {
    let mut answer = api.error(429, "spend_limit_exceeded", &stop.sentence());
    answer["error"]["reason"] = json!(stop.reason());
    door.stop(stop).await;
    answer::model_refusal(429, answer)
}

/// Asks how many tokens a request would be. That is no call of the model: it costs nothing and is tried once.
async fn count(door: &Door, asking: Asking) -> Response {
    let Asking { api, headers, body, .. } = asking;
    let profile = match spoken(door, api).await {
        Ok(profile) => profile,
        Err(refused) => return refused,
    };
    let vetted = match answer::whole(body, door.settings.request_bytes).await {
        Ok(bytes) => api.vet_count(&bytes, profile),
        Err(error) => Err(error),
    };
    match vetted {
        Err(error) => malformed(api, &error),
        Ok(body) => match upstream::count(door, profile, api, &upstream::passed(api, &headers), &body).await {
            Ok(counted) => axum::Json(counted).into_response(),
            Err(fault) => api.refuse(fault.status, fault.code, &fault.message),
        },
    }
}

/// The profile, if the stack names one and it speaks what the agent speaks. An agent that does not suit its model is told
/// so, and so is whoever looks at the run.
async fn spoken(door: &Door, api: Api) -> Result<&ModelProfile, Response> {
    let Some(profile) = &door.model else {
        return Err(api.refuse(404, "model_missing", "The stack of this run names no model"));
    };
    if api.is_of(profile.protocol) {
        return Ok(profile);
    }
    let message = format!(
        "The agent calls {}, and the model profile `{}` speaks the protocol `{}`; name a profile of the protocol `{}` \
         in the stack",
        api.title(),
        profile.name,
        profile.protocol,
        api.protocol()
    );
    if door.first_mismatch() {
        door.say(EntryKind::Problem, message.clone(), json!({"reason": "protocol_mismatch"})).await;
    }
    Err(api.refuse(400, "protocol_mismatch", &message))
}

fn malformed(api: Api, error: &Error) -> Response {
    api.refuse(error.kind().status(), "invalid_request", error.message())
}

/// Books a call and writes it down. Without tokens it counts as one that was never answered.
pub(super) async fn close(door: &Door, call: Call, used: Option<(Tokens, bool)>, fault: Option<Fault>) {
    let Call { api, reservation, row, started, streamed, retries, left_out } = call;
    let (tokens, estimated) = used.unwrap_or_default();
    let micro_usd = reservation.settle(tokens);
    if let Err(error) = door.ports.ledger.settle(row, Used { tokens, micro_usd, estimated }).await {
        // It is booked by its worst case when the attempt is over.
        tracing::error!(run.id = %door.brief.run, "What a call used could not be written down: {}", error.chain());
    }
    let profile = door.model.as_ref();
    let name = profile.map_or("", |profile| profile.name.as_str());
    let mut detail = json!({
        "profile": name,
        "model": profile.map(|profile| profile.model.as_str()),
        "api": api.as_str(),
        "status": fault.as_ref().map_or("ok", |fault| fault.code),
        "tokens_in": tokens.read,
        "tokens_cached": tokens.cached,
        "tokens_out": tokens.written,
        "estimated": estimated,
        "micro_usd": micro_usd,
        "milliseconds": u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX),
        "retries": retries,
        "streamed": streamed,
    });
    if !left_out.is_empty() {
        detail["left_out"] = json!(left_out);
    }
    let text = match &fault {
        None => format!("{name}: {} tokens read, {} written", tokens.read, tokens.written),
        Some(fault) => fault.message.clone(),
    };
    door.say(EntryKind::ModelCall, text, detail).await;
    if let Some(stop) = fault.and_then(|fault| fault.stop) {
        door.stop(stop).await;
    }
}

impl Api {
    /// Says no as its clients read it.
    fn refuse(self, status: u16, code: &str, message: &str) -> Response {
        answer::model_refusal(status, self.error(status, code, message))
    }
}
