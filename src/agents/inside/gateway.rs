//! The gateway as an agent sees it: the task, the run's tools, the transcript, the model.

use std::io::BufRead;
use std::io::BufReader;
use std::io::Read;
use std::time::Duration;
use std::time::Instant;

use serde_json::Value;
use serde_json::json;

use crate::agents::inside::dialect::Dialect;
use crate::agents::inside::http::Address;
use crate::agents::inside::http::Answer;
use crate::agents::inside::reply::Reply;
use crate::gateway::Brief;
use crate::gateway::ports::EntryKind;
use crate::gateway::ports::FailureCode;
use crate::gateway::ports::Observation;
use crate::gateway::tools::SUBAGENT;
use crate::kit::Error;
use crate::kit::Result;
use crate::kit::error::Context;
use crate::kit::text::bounded;

/// The gateway.
#[derive(Clone, Debug)]
pub(super) struct Gateway {
    address: Address,
}

/// Why a model gave no usable answer.
#[derive(Debug)]
pub(super) struct ModelFault {
    /// `spend_limit_exceeded`, `model_refused`, `model_unavailable`, …
    pub(super) code: String,
    /// A sentence.
    pub(super) message: String,
}

/// How long the answer of a tool may take; observations wait 25 seconds of it.
const TOOL: Duration = Duration::from_secs(120);

/// How long a subagent may work.
const LONG: Duration = Duration::from_secs(24 * 60 * 60);

/// How long a model may take between two pieces: the gateway gives up long before.
const MODEL: Duration = Duration::from_secs(600);

/// How long the gateway may take to be there at the start.
const START: Duration = Duration::from_secs(5);

/// Most bytes of an answer.
const ANSWER: u64 = 8 << 20;

/// Most bytes of a transcript entry that we send.
const ENTRY: usize = 60_000;

impl Gateway {
    pub(super) fn at(address: Address) -> Self {
        Self { address }
    }

    /// What is to be done. Waits a moment for the gateway to be there.
    pub(super) fn brief(&self) -> Result<Brief> {
        let start = Instant::now();
        let answer = loop {
            match self.address.send("GET", "/task", b"", TOOL) {
                Err(_) if start.elapsed() < START => std::thread::sleep(Duration::from_millis(5)),
                other => break other.context("the gateway cannot be reached")?,
            }
        };
        let bytes = answer.whole(ANSWER).context("the task broke off")?;
        serde_json::from_slice(&bytes).context("the task cannot be read")
    }

    /// Calls one of the run's tools. A refusal says how to mend the call.
    pub(super) fn tool(&self, name: &str, arguments: &Value) -> Result<Value> {
        let body = arguments.to_string();
        // A subagent takes as long as it takes; the sandbox ends both.
        let patience = if name.starts_with(SUBAGENT) { LONG } else { TOOL };
        let answer = self.address.send("POST", &format!("/tools/{name}"), body.as_bytes(), patience);
        let answer = answer.context("the gateway cannot be reached")?;
        let status = answer.status;
        let bytes = answer.whole(ANSWER).context("the gateway broke off")?;
        let mut value: Value = serde_json::from_slice(&bytes).context("the gateway's answer cannot be read")?;
        if status == 200 {
            return Ok(value["result"].take());
        }
        let mut error = Error::invalid(value["error"]["message"].as_str().unwrap_or("The gateway refused"));
        for hint in value["error"]["hints"].as_array().into_iter().flatten().filter_map(Value::as_str) {
            error = error.hint(hint);
        }
        Err(error)
    }

    /// Where the run's tools are for programs that speak MCP, when they can reach it.
    pub(super) fn mcp(&self) -> Option<String> {
        match &self.address {
            Address::Tcp(host) => Some(format!("http://{host}/mcp")),
            Address::Unix(_) => None,
        }
    }

    /// What happened since; waits this long when nothing did.
    pub(super) fn observations(&self, after: u64, wait_seconds: u64) -> Result<Vec<Observation>> {
        let seen = self.tool("observations", &json!({"after": after, "wait_seconds": wait_seconds}))?;
        serde_json::from_value(seen).context("the observations cannot be read")
    }

    /// Says that we are done.
    pub(super) fn finish(&self, summary: &str) -> Result<()> {
        self.tool("finish", &json!({"summary": bounded(summary, 8_000)})).map(|_| ())
    }

    /// Says that we cannot go on.
    pub(super) fn fail(&self, code: FailureCode, message: &str) -> Result<()> {
        self.tool("fail", &json!({"code": code, "message": bounded(message, 4_000)})).map(|_| ())
    }

    /// Writes into the transcript. A transcript that is full does not stop us.
    pub(super) fn say(&self, kind: EntryKind, text: &str, detail: &Value) {
        if text.is_empty() && detail.is_null() {
            return;
        }
        let mut detail = detail.clone();
        if detail.to_string().len() > ENTRY {
            detail = json!({"tool": detail["tool"], "left_out": "too long"});
        }
        let entry = json!({"kind": kind, "text": bounded(text, ENTRY), "detail": detail});
        let answer = self.address.send("POST", "/transcript", entry.to_string().as_bytes(), TOOL);
        if let Ok(answer) = answer {
            // Read to the end, so that entries arrive in order.
            let _ = answer.whole(ANSWER);
        }
    }

    /// Asks the model, reading its answer as it comes.
    pub(super) fn model(&self, dialect: Dialect, request: &Value) -> Result<Reply, ModelFault> {
        let answer = self.address.send("POST", dialect.path(), request.to_string().as_bytes(), MODEL);
        let answer = answer.map_err(|error| ModelFault::of("gateway_unreachable", error.to_string()))?;
        if answer.status != 200 || !answer.content_type.starts_with("text/event-stream") {
            return whole(dialect, answer);
        }
        let mut reply = Reply::default();
        let mut lines = BufReader::new(answer.body.take(ANSWER)).lines();
        while !reply.done() {
            let Some(Ok(line)) = lines.next() else { break };
            let Some(data) = line.strip_prefix("data:") else { continue };
            if data.trim() == "[DONE]" {
                reply.end();
                continue;
            }
            let nonsense = |_| ModelFault::of("model_nonsense", "The answer of the model is not what its API sends");
            dialect.event(&mut reply, &serde_json::from_str(data.trim()).map_err(nonsense)?)?;
        }
        reply.close()
    }
}

/// An answer in one piece: an error, or a model that does not stream.
fn whole(dialect: Dialect, answer: Answer) -> Result<Reply, ModelFault> {
    let status = answer.status;
    let bytes = answer.whole(ANSWER).map_err(|error| ModelFault::of("gateway_unreachable", error.to_string()))?;
    let value: Value = serde_json::from_slice(&bytes).unwrap_or_default();
    if status == 200 {
        return dialect.whole(&value);
    }
    Err(ModelFault::told(&value["error"], status))
}

impl ModelFault {
    pub(super) fn of(code: &str, message: impl Into<String>) -> Self {
        Self { code: code.into(), message: message.into() }
    }

    /// From an error object.
    pub(super) fn told(error: &Value, status: u16) -> Self {
        let text = |field: &str| error[field].as_str().map(str::to_owned);
        let message = text("message").unwrap_or_else(|| format!("the gateway answered {status}"));
        Self { code: text("code").unwrap_or_else(|| "model_unavailable".into()), message }
    }

    /// Whether trying again is of no use.
    pub(super) fn is_final(&self) -> bool {
        self.is_stop() || ["model_missing", "gateway_unreachable"].contains(&self.code.as_str())
    }

    /// Whether the conversation is too long for the model, as far as its server says so.
    pub(super) fn is_too_long(&self) -> bool {
        let said = self.message.to_lowercase();
        let long = ["too long", "too large", "length", "window", "maximum", "exceed", "too many tokens"];
        let what = ["context", "prompt", "input", "token"];
        self.code == "model_request_refused"
            && long.iter().any(|word| said.contains(word))
            && what.iter().any(|word| said.contains(word))
    }

    /// Whether the gateway ends the attempt by itself, and knows why.
    pub(super) fn is_stop(&self) -> bool {
        ["spend_limit_exceeded", "model_refused"].contains(&self.code.as_str())
    }
}
