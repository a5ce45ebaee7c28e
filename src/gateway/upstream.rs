//! Calls the model: adds the key, tries again a bounded number of times when that can help, and says in words of ours
//! what went wrong. Nothing that the model's server says of an error reaches the agent unread: it may hold the key.

use std::time::Duration;

use reqwest::StatusCode;
use reqwest::header;
use reqwest::header::HeaderMap;
use serde_json::Value;
use tokio::time::timeout;

use crate::gateway::apis::Api;
use crate::gateway::apis::Vetted;
use crate::gateway::door::Door;
use crate::gateway::model_call::Call;
use crate::gateway::open::Stop;
use crate::kit::secretlike;
use crate::kit::text::visible_line;
use crate::models::ModelProfile;
use crate::models::Protocol;

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

/// Bytes of a header of the agent that is passed on.
const HEADER: usize = 500;

/// A request on its way to a model.
pub(super) struct Request {
    pub(super) api: Api,
    pub(super) headers: HeaderMap,
    pub(super) vetted: Vetted,
}

/// What of the agent's headers is passed on: the version of the API and the features that it asks for. Its key is not
/// among them.
pub(super) fn passed(api: Api, headers: &HeaderMap) -> HeaderMap {
    let mut passed = HeaderMap::new();
    if api == Api::Messages {
        for name in ["anthropic-version", "anthropic-beta"] {
            let plain = |text: &str| {
                text.len() <= HEADER
                    && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_., ".contains(&byte))
            };
            if let Some(value) = headers.get(name).filter(|value| value.to_str().is_ok_and(plain)) {
                passed.insert(name, value.clone());
            }
        }
        passed.entry("anthropic-version").or_insert(header::HeaderValue::from_static("2023-06-01"));
    }
    passed
}

/// Sends the request until there is an answer to pass on, or no use in trying.
pub(super) async fn send(
    door: &Door,
    profile: &ModelProfile,
    request: &mut Request,
    call: &mut Call,
) -> Result<reqwest::Response, Fault> {
    loop {
        let (fault, asked_wait) = match once(door, profile, request).await {
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
        let asked_wait = asked_wait.unwrap_or_default().min(door.settings.longest_asked);
        let wait = jittered.min(door.settings.longest_wait).max(asked_wait);
        call.retries += 1;
        tokio::time::sleep(wait).await;
    }
}

/// Asks for a count, once.
pub(super) async fn count(
    door: &Door,
    profile: &ModelProfile,
    api: Api,
    headers: &HeaderMap,
    body: &Value,
) -> Result<Value, Fault> {
    let sent = door.client.post(api.count_address(profile)).headers(headers.clone()).json(body);
    let Ok(Ok(response)) = timeout(door.settings.silence, with_key(sent, profile).send()).await else {
        return Err(Fault::new("model_unavailable", "The model could not be reached"));
    };
    let status = response.status().as_u16();
    if status != 200 {
        let said = said(door, profile, response).await;
        let message = format!("The model did not count ({status}): {said}");
        let fault = Fault::new("model_request_refused", message);
        return Err(Fault { status: if (400..500).contains(&status) { 400 } else { 503 }, ..fault });
    }
    let text = match timeout(door.settings.silence, response.text()).await {
        Ok(Ok(text)) if text.len() <= ERROR_BODY => text,
        _ => return Err(Fault::new("model_stream_broken", "The model broke off in the middle")),
    };
    let nonsense = |_| Fault::new("model_nonsense", "The answer of the model is not a count");
    serde_json::from_str(&scrub(profile, &text)).map_err(nonsense)
}

/// Adds the key where the provider looks for it.
fn with_key(request: reqwest::RequestBuilder, profile: &ModelProfile) -> reqwest::RequestBuilder {
    let key = profile.key.reveal();
    if key.is_empty() {
        return request;
    }
    match profile.protocol {
        Protocol::Openai | Protocol::Responses => request.bearer_auth(key),
        Protocol::Anthropic => request.header("x-api-key", secret(key)),
        Protocol::Gemini => request.header("x-goog-api-key", secret(key)),
    }
}

/// A value that no log prints.
fn secret(key: &str) -> header::HeaderValue {
    let mut value = header::HeaderValue::from_str(key).unwrap_or(header::HeaderValue::from_static(""));
    value.set_sensitive(true);
    value
}

async fn once(door: &Door, profile: &ModelProfile, asked: &mut Request) -> Result<reqwest::Response, Next> {
    let Request { api, headers, vetted } = asked;
    let request = door.client.post(api.address(profile, vetted.stream)).headers(headers.clone()).json(vetted.body());
    let request = with_key(request, profile);
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
        // Nothing was asked to be packed, and what is packed could not be counted.
        if response.headers().contains_key(header::CONTENT_ENCODING) {
            return Err(Next::Never(Fault::new("model_nonsense", "The answer of the model is packed")));
        }
        return Ok(response);
    }
    let wait = retry_after(&response);
    let said = said(door, profile, response).await;
    Err(judge(profile, status, wait, &said, vetted))
}

/// What an error status means.
fn judge(profile: &ModelProfile, status: StatusCode, wait: Option<Duration>, said: &str, vetted: &mut Vetted) -> Next {
    let name = &profile.name;
    // Gemini calls a wrong key a wrong request.
    let wrong_key = profile.protocol == Protocol::Gemini && said.contains("API key");
    match status.as_u16() {
        code if matches!(code, 401..=404) || (code == 400 && wrong_key) => {
            let what = match code {
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
    let text = |name| response.headers().get(name)?.to_str().ok();
    waits(text(header::RETRY_AFTER)?, text(header::DATE))
}

/// How long `Retry-After` asks to wait: seconds, or until a time, which is read against the server's own clock.
fn waits(asked: &str, server: Option<&str>) -> Option<Duration> {
    if let Ok(seconds) = asked.trim().parse() {
        return Some(Duration::from_secs(seconds));
    }
    let at = |text: &str| jiff::fmt::rfc2822::parse(text.trim()).ok().map(|at| at.timestamp().as_second());
    let seconds = at(asked)? - at(server?)?;
    Some(Duration::from_secs(u64::try_from(seconds).unwrap_or(0)))
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wait_is_a_number_of_seconds_or_a_time_by_the_clock_of_the_server() {
        let server = Some("Fri, 27 Nov 2026 17:49:32 GMT");
        let wait = |asked| waits(asked, server).map(|wait| wait.as_secs());
        assert_eq!(wait("7"), Some(7));
        assert_eq!(wait("Fri, 27 Nov 2026 17:50:02 GMT"), Some(30));
        assert_eq!(wait("Fri, 27 Nov 2026 17:40:02 GMT"), Some(0));
        assert_eq!(wait("soon"), None);
        assert_eq!(waits("Fri, 27 Nov 2026 17:50:02 GMT", None), None);
    }
}
