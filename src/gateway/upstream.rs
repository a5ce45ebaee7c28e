//! Calls the model: adds the key, tries again a bounded number of times when that can help, and says in words of ours
//! what went wrong. Nothing that the model's server says of an error reaches the agent unread: it may hold the key.

use std::time::Duration;

use reqwest::StatusCode;
use reqwest::header;
use tokio::time::timeout;

use crate::gateway::chat::Call;
use crate::gateway::door::Door;
use crate::gateway::open::Stop;
use crate::gateway::profile::ModelProfile;
use crate::gateway::vet::Vetted;
use crate::kit::secretlike;
use crate::kit::text::visible_line;

/// Why a model gave no usable answer.
#[derive(Debug)]
pub(super) struct Fault {
    /// `model_unavailable`, `model_refused`, `model_silent`, `model_stream_broken`, `model_nonsense`, …
    pub(super) code: &'static str,
    /// The status that the agent gets.
    pub(super) status: u16,
    /// A sentence.
    pub(super) message: String,
    /// Why the attempt must end, when it must.
    pub(super) stop: Option<Stop>,
}

/// What is to be done about an answer that is none.
enum Next {
    Again(Fault, Option<Duration>),
    Renamed,
    Never(Fault),
}

/// Most bytes of an error's body that are read.
const ERROR_BODY: usize = 64 << 10;

/// Sends the request until there is an answer to pass on, or no use in trying.
pub(super) async fn send(
    door: &Door,
    profile: &ModelProfile,
    vetted: &mut Vetted,
    call: &mut Call,
) -> Result<reqwest::Response, Fault> {
    loop {
        let (fault, asked_wait) = match once(door, profile, vetted).await {
            Ok(response) => {
                call.reservation.begin();
                return Ok(response);
            }
            Err(Next::Renamed) => continue,
            Err(Next::Never(fault)) => return Err(fault),
            Err(Next::Again(fault, wait)) => (fault, wait),
        };
        if call.retries >= door.settings.retries {
            return Err(fault);
        }
        let doubled = door.settings.backoff.saturating_mul(1 << call.retries.min(10));
        let jittered = doubled.mul_f64(rand::random_range(0.5..1.0));
        let wait = asked_wait.unwrap_or_default().max(jittered).min(door.settings.longest_wait);
        call.retries += 1;
        tokio::time::sleep(wait).await;
    }
}

async fn once(door: &Door, profile: &ModelProfile, vetted: &mut Vetted) -> Result<reqwest::Response, Next> {
    let mut request = door.client.post(profile.chat_address()).json(vetted.body());
    if !profile.key.reveal().is_empty() {
        request = request.bearer_auth(profile.key.reveal());
    }
    let response = match timeout(door.settings.silence, request.send()).await {
        Ok(Ok(response)) => response,
        Ok(Err(error)) => {
            tracing::warn!(model = %profile.name, "The model could not be reached: {}", error.without_url());
            return Err(Next::Again(Fault::new("model_unavailable", "The model could not be reached"), None));
        }
        Err(_) => return Err(Next::Never(Fault::silent(door.settings.silence))),
    };
    let status = response.status();
    if status.is_success() {
        return Ok(response);
    }
    let wait = retry_after(&response);
    let said = said(door, profile, response).await;
    Err(judge(profile, status, wait, &said, vetted))
}

/// What an error status means.
fn judge(profile: &ModelProfile, status: StatusCode, wait: Option<Duration>, said: &str, vetted: &mut Vetted) -> Next {
    let name = &profile.name;
    match status.as_u16() {
        401..=404 => {
            let what = match status.as_u16() {
                404 => format!(
                    "The model profile `{name}` names a model or an address that its server does not know (404)"
                ),
                402 => format!("The server of the model profile `{name}` asks for payment (402)"),
                code => format!("The server of the model profile `{name}` refused our key ({code})"),
            };
            let message = format!("{what}; an administrator has to mend the profile. It said: {said}");
            let stop = Stop::ModelRefused { message };
            Next::Never(Fault { code: "model_refused", status: 403, message: what, stop: Some(stop) })
        }
        408 | 429 | 500..=599 => {
            let message = format!("The model answered {} and would not do better", status.as_u16());
            Next::Again(Fault::new("model_unavailable", message), wait)
        }
        400 if said.contains("max_completion_tokens") && vetted.rename_limit() => Next::Renamed,
        code => {
            let message = format!("The model refused the request ({code}): {said}");
            Next::Never(Fault { status: 400, ..Fault::new("model_request_refused", message) })
        }
    }
}

fn retry_after(response: &reqwest::Response) -> Option<Duration> {
    let value = response.headers().get(header::RETRY_AFTER)?.to_str().ok()?;
    value.trim().parse().ok().map(Duration::from_secs)
}

/// What the server said of the error, on one short line without secrets.
async fn said(door: &Door, profile: &ModelProfile, mut response: reqwest::Response) -> String {
    let mut body = Vec::new();
    while let Ok(Ok(Some(chunk))) = timeout(door.settings.silence, response.chunk()).await {
        body.extend_from_slice(&chunk);
        if body.len() > ERROR_BODY {
            break;
        }
    }
    let told = serde_json::from_slice::<serde_json::Value>(&body).ok();
    let told = told.as_ref().and_then(|told| told["error"]["message"].as_str().or_else(|| told["message"].as_str()));
    let text = told.map_or_else(|| String::from_utf8_lossy(&body).into_owned(), str::to_owned);
    visible_line(&scrub(profile, &text), 300)
}

/// Text of the model's server without the key, and without what looks like one.
pub(super) fn scrub(profile: &ModelProfile, text: &str) -> String {
    let key = profile.key.reveal();
    let clean = if key.len() < 8 { text.to_owned() } else { text.replace(key.as_str(), "[the key]") };
    secretlike::redact(&clean).0
}

impl Fault {
    /// A fault that the agent gets as 503.
    pub(super) fn new(code: &'static str, message: impl Into<String>) -> Self {
        Self { code, status: 503, message: message.into(), stop: None }
    }

    /// The model said nothing for too long.
    pub(super) fn silent(silence: Duration) -> Self {
        let message = format!("The model said nothing for {}", crate::kit::clock::in_words(silence));
        Self { status: 504, ..Self::new("model_silent", message) }
    }
}
