//! The APIs that agents call models by, one file each: what of a request is passed on, and how an answer says what it
//! used and that it came to its end. Pure.
//!
//! A model's API is a way out of the sandbox. Fields that are not known are left out, and so are tools that the provider
//! would run (web search, code); addresses that it would fetch and things that it would store or look up are refused.
//! Nothing is translated: a profile speaks one protocol, and an agent that calls another is told so.
//!
//! A new API is one file and one line in [`Api`].

mod tally;
mod vetted;

mod chat;
mod gemini;
mod messages;
mod responses;

pub(super) use tally::Seen;
pub(super) use tally::Tally;
pub(super) use vetted::Vetted;

use axum::body::Bytes;
use serde_json::Value;
use serde_json::json;

use crate::kit::Result;
use crate::models::ModelProfile;
use crate::models::Protocol;

/// An API that an agent may call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Api {
    Chat,
    Responses,
    Messages,
    Gemini,
}

impl Api {
    /// Whether a server of this protocol has it.
    pub(super) fn is_of(self, protocol: Protocol) -> bool {
        match self {
            Self::Chat => protocol == Protocol::Openai,
            Self::Responses => matches!(protocol, Protocol::Openai | Protocol::Responses),
            Self::Messages => protocol == Protocol::Anthropic,
            Self::Gemini => protocol == Protocol::Gemini,
        }
    }

    /// The protocol that a profile is best given for it.
    pub(super) fn protocol(self) -> Protocol {
        match self {
            Self::Chat | Self::Responses => Protocol::Openai,
            Self::Messages => Protocol::Anthropic,
            Self::Gemini => Protocol::Gemini,
        }
    }

    /// The word in the transcript.
    pub(super) fn as_str(self) -> &'static str {
        match self {
            Self::Chat => "chat",
            Self::Responses => "responses",
            Self::Messages => "messages",
            Self::Gemini => "gemini",
        }
    }

    /// What people call it.
    pub(super) fn title(self) -> &'static str {
        match self {
            Self::Chat => "OpenAI's Chat Completions",
            Self::Responses => "OpenAI's Responses",
            Self::Messages => "Anthropic's Messages",
            Self::Gemini => "Gemini's generateContent",
        }
    }

    /// Reads a request, leaves out what is not passed on, and names the profile's model. Gemini says in its address
    /// rather than in the body whether the answer is to be a stream.
    pub(super) fn vet(self, bytes: &Bytes, profile: &ModelProfile, streamed: bool) -> Result<Vetted> {
        let asked = vetted::object(bytes)?;
        match self {
            Self::Chat => chat::vet(&asked, profile),
            Self::Responses => responses::vet(&asked, profile),
            Self::Messages => messages::vet(&asked, profile),
            Self::Gemini => gemini::vet(&asked, streamed),
        }
    }

    /// Reads a request that only asks how many tokens it would be: no model answers it, and it costs nothing.
    pub(super) fn vet_count(self, bytes: &Bytes, profile: &ModelProfile) -> Result<Value> {
        let asked = vetted::object(bytes)?;
        match self {
            Self::Gemini => gemini::vet_count(&asked, profile),
            _ => messages::vet_count(&asked, profile),
        }
    }

    /// Where requests are sent.
    pub(super) fn address(self, profile: &ModelProfile, streamed: bool) -> String {
        let model = &profile.model;
        match self {
            Self::Chat => format!("{}/chat/completions", profile.url.as_str().trim_end_matches('/')),
            Self::Responses => format!("{}/responses", profile.url.as_str().trim_end_matches('/')),
            Self::Messages => profile.address("v1", "messages"),
            Self::Gemini if streamed => {
                profile.address("v1beta", &format!("models/{model}:streamGenerateContent?alt=sse"))
            }
            Self::Gemini => profile.address("v1beta", &format!("models/{model}:generateContent")),
        }
    }

    /// Where requests are sent that ask for a count.
    pub(super) fn count_address(self, profile: &ModelProfile) -> String {
        match self {
            Self::Gemini => profile.address("v1beta", &format!("models/{}:countTokens", profile.model)),
            _ => profile.address("v1", "messages/count_tokens"),
        }
    }

    /// Looks at one event of a stream, or at a whole answer.
    pub(super) fn see(self, event: &Value, tally: &mut Tally) -> Seen {
        match self {
            Self::Chat => chat::see(event, tally),
            Self::Responses => responses::see(event, tally),
            Self::Messages => messages::see(event, tally),
            Self::Gemini => gemini::see(event, tally),
        }
    }

    /// An error as its clients read it.
    pub(super) fn error(self, status: u16, code: &str, message: &str) -> Value {
        let kind = match status {
            400 => "invalid_request_error",
            401 => "authentication_error",
            403 => "permission_error",
            404 => "not_found_error",
            402 | 429 => "rate_limit_error",
            _ => "api_error",
        };
        match self {
            Self::Chat | Self::Responses => json!({"error": {"code": code, "type": "forgehand", "message": message}}),
            Self::Messages => {
                json!({"type": "error", "error": {"type": kind, "code": code, "message": message}})
            }
            Self::Gemini => {
                let word = match status {
                    400 => "INVALID_ARGUMENT",
                    403 => "PERMISSION_DENIED",
                    404 => "NOT_FOUND",
                    402 | 429 => "RESOURCE_EXHAUSTED",
                    504 => "DEADLINE_EXCEEDED",
                    _ => "UNAVAILABLE",
                };
                let detail = json!({"@type": "type.googleapis.com/google.rpc.ErrorInfo", "reason": code});
                json!({"error": {"code": status, "message": message, "status": word, "details": [detail]}})
            }
        }
    }

    /// An error as an event of a stream that had begun. The empty line before it ends whatever was begun.
    pub(super) fn error_event(self, status: u16, code: &str, message: &str) -> String {
        match self {
            Self::Chat | Self::Gemini => format!("\n\ndata: {}\n\n", self.error(status, code, message)),
            Self::Messages => format!("\n\nevent: error\ndata: {}\n\n", self.error(status, code, message)),
            Self::Responses => {
                let event = json!({"type": "error", "code": code, "message": message, "param": null});
                format!("\n\nevent: error\ndata: {event}\n\n")
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kit::secret::Secret;
    use crate::models::Limits;

    pub(super) fn profile(protocol: Protocol) -> ModelProfile {
        ModelProfile {
            name: "default".into(),
            protocol,
            url: "http://127.0.0.1:1/v1/".parse().unwrap(),
            key: Secret::new("k".into()),
            model: "real-model".into(),
            price: None,
            limits: Limits::default(),
        }
    }

    #[test]
    fn requests_go_where_the_provider_takes_them() {
        let to = |api: Api| api.address(&profile(api.protocol()), true);
        assert_eq!(to(Api::Chat), "http://127.0.0.1:1/v1/chat/completions");
        assert_eq!(to(Api::Responses), "http://127.0.0.1:1/v1/responses");
        assert_eq!(to(Api::Messages), "http://127.0.0.1:1/v1/messages");
        assert_eq!(to(Api::Gemini), "http://127.0.0.1:1/v1/models/real-model:streamGenerateContent?alt=sse");
    }

    #[test]
    fn each_client_reads_errors_in_its_own_shape() {
        let told = |api: Api| api.error(429, "spend_limit_exceeded", "All spent");
        assert_eq!(told(Api::Chat)["error"]["code"], "spend_limit_exceeded");
        assert_eq!(told(Api::Messages)["error"]["type"], "rate_limit_error");
        assert_eq!(told(Api::Gemini)["error"]["status"], "RESOURCE_EXHAUSTED");
        assert!(Api::Responses.error_event(503, "x", "y").starts_with("\n\nevent: error\ndata: {\"type\":\"error\""));
    }
}
