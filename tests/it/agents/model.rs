//! A tiny model server that says what a story tells it to, well or badly, and keeps what it was asked.

use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::Mutex;

use axum::Router;
use axum::body::Body;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::http::StatusCode;
use axum::http::Uri;
use axum::http::header;
use axum::response::IntoResponse;
use axum::response::Response;
use futures_util::StreamExt;
use serde_json::Value;
use serde_json::json;

/// What the model does when it is asked.
#[derive(Clone)]
pub enum Says {
    /// Calls tools, with arguments as text.
    Calls(Vec<(&'static str, String)>),
    /// Only talks.
    Text(&'static str),
    /// Answers with a status and a body.
    Status(u16, &'static str),
    /// Never answers.
    Silence,
    /// Begins, and breaks off.
    Half,
    /// Begins, and says nothing more.
    HalfThenSilence,
    /// Sends these bytes as a stream.
    Stream(&'static str),
    /// Sends these bytes as this type.
    Whole(&'static str, &'static str),
}

/// The model.
#[derive(Clone)]
pub struct Model {
    address: String,
    state: Arc<Mutex<Talk>>,
}

struct Talk {
    says: VecDeque<Says>,
    last: Says,
    asked: Vec<Value>,
    /// The address and the headers of each request.
    heads: Vec<(String, HeaderMap)>,
}

/// One call with JSON arguments.
pub fn calls(name: &'static str, arguments: Value) -> Says {
    Says::Calls(vec![(name, arguments.to_string())])
}

/// The call that ends a story.
pub fn finish() -> Says {
    calls("finish", json!({"summary": "Fixed the typo"}))
}

impl Model {
    /// Says these things in turn, and the last one for ever; with none it never answers.
    pub async fn that(says: Vec<Says>) -> Self {
        let last = says.last().cloned().unwrap_or(Says::Silence);
        let state = Arc::new(Mutex::new(Talk { says: says.into(), last, asked: Vec::new(), heads: Vec::new() }));
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = format!("http://{}/v1", listener.local_addr().unwrap());
        let router = Router::new().fallback(answer).with_state(Arc::clone(&state));
        #[expect(clippy::disallowed_methods, reason = "ends with the runtime of the test")]
        tokio::spawn(async move { axum::serve(listener, router).await });
        Self { address, state }
    }

    /// A server at this address that somebody else runs.
    pub fn at(address: String) -> Self {
        let talk = Talk { says: VecDeque::new(), last: Says::Silence, asked: Vec::new(), heads: Vec::new() };
        Self { address, state: Arc::new(Mutex::new(talk)) }
    }

    pub fn url(&self) -> &str {
        &self.address
    }

    /// Requests so far.
    pub fn asked(&self) -> Vec<Value> {
        self.state.lock().unwrap().asked.clone()
    }

    /// `Authorization` headers so far.
    pub fn keys(&self) -> Vec<String> {
        self.heads().iter().map(|(_, headers)| text(headers, "authorization")).collect()
    }

    /// The addresses and headers of the requests so far.
    pub fn heads(&self) -> Vec<(String, HeaderMap)> {
        self.state.lock().unwrap().heads.clone()
    }
}

/// A header, or nothing.
pub fn text(headers: &HeaderMap, name: &str) -> String {
    headers.get(name).map_or("", |value| value.to_str().unwrap()).to_owned()
}

async fn answer(State(state): State<Arc<Mutex<Talk>>>, uri: Uri, headers: HeaderMap, body: Bytes) -> Response {
    let request: Value = serde_json::from_slice(&body).unwrap();
    let (says, asked) = {
        let mut talk = state.lock().unwrap();
        talk.heads.push((uri.to_string(), headers));
        talk.asked.push(request);
        let asked = talk.asked.len();
        (talk.says.pop_front().unwrap_or_else(|| talk.last.clone()), asked)
    };
    match says {
        Says::Calls(calls) if uri.path().ends_with("/messages") => events(&as_messages(&calls, asked)),
        Says::Calls(calls) if uri.path().ends_with("/responses") => events(&as_responses(&calls, asked)),
        Says::Calls(calls) => stream(&pieces(&calls)),
        Says::Text(text) => stream(&[json!({"content": text})]),
        Says::Status(status, body) => {
            (StatusCode::from_u16(status).unwrap(), [(header::RETRY_AFTER, "1")], body).into_response()
        }
        Says::Silence => std::future::pending().await,
        Says::Half => raw("data: {\"choices\":[{\"delta\":{\"content\":\"I wi\"}}]}\n\n".into()),
        Says::HalfThenSilence => {
            let start = Bytes::from("data: {\"choices\":[{\"delta\":{\"content\":\"I wi\"}}]}\n\n");
            let start = futures_util::stream::iter([Ok::<_, std::io::Error>(start)]);
            let body = Body::from_stream(start.chain(futures_util::stream::pending()));
            ([(header::CONTENT_TYPE, "text/event-stream")], body).into_response()
        }
        Says::Stream(text) => raw(text.to_owned()),
        Says::Whole(kind, text) => ([(header::CONTENT_TYPE, kind)], text).into_response(),
    }
}

/// Tool calls as servers cut them: the name first, then the arguments in two pieces.
fn pieces(calls: &[(&str, String)]) -> Vec<Value> {
    let mut pieces = vec![json!({"role": "assistant", "content": ""})];
    for (index, (name, arguments)) in calls.iter().enumerate() {
        let middle = arguments.floor_char_boundary(arguments.len() / 2);
        let id = format!("call_{index}_{}", arguments.len());
        pieces.push(json!({"tool_calls": [{"index": index, "id": id, "type": "function",
            "function": {"name": name, "arguments": ""}}]}));
        for part in [&arguments[..middle], &arguments[middle..]] {
            pieces.push(json!({"tool_calls": [{"index": index, "function": {"arguments": part}}]}));
        }
    }
    pieces
}

fn stream(deltas: &[Value]) -> Response {
    let mut text = String::from(": hello\n\n");
    for delta in deltas {
        let chunk = json!({"object": "chat.completion.chunk", "choices": [{"index": 0, "delta": delta}]});
        text.push_str(&format!("data: {chunk}\n\n"));
    }
    let end = json!({"choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]});
    let usage = json!({"choices": [], "usage": {"prompt_tokens": 100, "completion_tokens": 10}});
    text.push_str(&format!("data: {end}\n\ndata: {usage}\n\ndata: [DONE]\n\n"));
    raw(text)
}

fn raw(text: String) -> Response {
    ([(header::CONTENT_TYPE, "text/event-stream; charset=utf-8")], text).into_response()
}

/// The same calls as Anthropic's servers stream them.
fn as_messages(calls: &[(&str, String)], asked: usize) -> Vec<Value> {
    let usage = json!({"input_tokens": 100, "output_tokens": 1});
    let mut told = vec![json!({"type": "message_start", "message": {"type": "message", "usage": usage}})];
    for (index, (name, arguments)) in calls.iter().enumerate() {
        let middle = arguments.floor_char_boundary(arguments.len() / 2);
        let block = json!({"type": "tool_use", "id": format!("toolu_{asked}_{index}"), "name": name, "input": {}});
        told.push(json!({"type": "content_block_start", "index": index, "content_block": block}));
        for part in [&arguments[..middle], &arguments[middle..]] {
            let delta = json!({"type": "input_json_delta", "partial_json": part});
            told.push(json!({"type": "content_block_delta", "index": index, "delta": delta}));
        }
        told.push(json!({"type": "content_block_stop", "index": index}));
    }
    let usage = json!({"output_tokens": 10});
    told.push(json!({"type": "message_delta", "delta": {"stop_reason": "tool_use"}, "usage": usage}));
    told.push(json!({"type": "message_stop"}));
    told
}

/// The same calls as OpenAI's Responses stream them.
fn as_responses(calls: &[(&str, String)], asked: usize) -> Vec<Value> {
    let mut told = vec![json!({"type": "response.created", "response": {"status": "in_progress"}})];
    for (index, (name, arguments)) in calls.iter().enumerate() {
        let item = |arguments: &str| {
            json!({"type": "function_call", "id": format!("fc_{asked}_{index}"),
                "call_id": format!("call_{asked}_{index}"), "name": name, "arguments": arguments})
        };
        told.push(json!({"type": "response.output_item.added", "output_index": index, "item": item("")}));
        let delta = "response.function_call_arguments.delta";
        told.push(json!({"type": delta, "output_index": index, "delta": arguments}));
        told.push(json!({"type": "response.output_item.done", "output_index": index, "item": item(arguments)}));
    }
    let usage = json!({"input_tokens": 100, "output_tokens": 10});
    told.push(json!({"type": "response.completed", "response": {"status": "completed", "output": [], "usage": usage}}));
    told
}

fn events(events: &[Value]) -> Response {
    let line = |event: &Value| format!("event: {}\ndata: {event}\n\n", event["type"].as_str().unwrap());
    raw(events.iter().map(line).collect())
}
