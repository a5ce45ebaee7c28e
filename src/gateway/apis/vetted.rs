//! A request that may be passed on, and what the APIs share in vetting one.

use axum::body::Bytes;
use serde_json::Map;
use serde_json::Value;
use serde_json::json;

use crate::kit::Error;
use crate::kit::Result;
use crate::kit::text::visible_line;

/// A request that may be passed on.
#[derive(Debug)]
pub(in crate::gateway) struct Vetted {
    pub(super) body: Map<String, Value>,
    pub(in crate::gateway) stream: bool,
    /// Tokens that it asks for, when it names a number.
    pub(super) wanted_out: Option<u64>,
    /// Where the body names that number: providers differ.
    pub(super) most_field: &'static [&'static str],
    /// The provider insists on that number.
    pub(super) must_limit: bool,
    /// What the agent asked for and is not passed on, as it is told in the transcript.
    pub(super) left_out: Vec<String>,
}

/// Tokens that an image or a file counts for until the provider says better.
const ATTACHED: u64 = 2_000;

/// Bytes of a text from which on it may be such a thing.
const LONG: usize = 4_096;

/// Most messages of a request.
const MESSAGES: usize = 5_000;

impl Vetted {
    /// Tokens that it is thought to read: four bytes each.
    pub(in crate::gateway) fn estimate_in(&self) -> u64 {
        self.body.iter().map(|(field, value)| field.len() as u64 / 4 + estimate(value)).sum::<u64>() + 1
    }

    /// Tokens that are to be set aside for the answer.
    pub(in crate::gateway) fn wanted_out(&self, default: u64) -> u64 {
        self.wanted_out.unwrap_or(default)
    }

    /// Names the number of tokens that the answer may have. A request that named none, and need not be cut, stays
    /// without: models differ in what they take at most.
    pub(in crate::gateway) fn limit(&mut self, most: u64, default: u64) {
        if self.wanted_out.is_none() && most >= default && !self.must_limit {
            return;
        }
        match self.most_field {
            [field] => _ = self.body.insert((*field).into(), json!(most)),
            [outer, field] => {
                let outer = self.body.entry(*outer).or_insert_with(|| json!({}));
                outer[*field] = json!(most);
            }
            _ => {}
        }
    }

    /// Uses the other name for that number; false when it names none, or was renamed before.
    pub(in crate::gateway) fn rename_limit(&mut self) -> bool {
        let Some(most) = self.body.remove("max_tokens") else { return false };
        self.body.insert("max_completion_tokens".into(), most);
        true
    }

    /// The body to send.
    pub(in crate::gateway) fn body(&self) -> &Map<String, Value> {
        &self.body
    }

    /// What is not passed on.
    pub(in crate::gateway) fn left_out(&self) -> &[String] {
        &self.left_out
    }
}

fn estimate(value: &Value) -> u64 {
    match value {
        Value::String(text) if text.len() > LONG && is_attached(text) => ATTACHED,
        Value::String(text) => text.len() as u64 / 4 + 1,
        Value::Array(items) => items.iter().map(estimate).sum(),
        Value::Object(fields) => fields.iter().map(|(field, value)| field.len() as u64 / 4 + 1 + estimate(value)).sum(),
        _ => 1,
    }
}

/// Whether a long text is an image or a file in base64: no text of people is that long without a space.
fn is_attached(text: &str) -> bool {
    !text.as_bytes()[..LONG].iter().any(u8::is_ascii_whitespace)
}

/// The request as an object.
pub(super) fn object(bytes: &Bytes) -> Result<Map<String, Value>> {
    match serde_json::from_slice::<Value>(bytes) {
        Ok(Value::Object(asked)) => Ok(asked),
        _ => Err(Error::invalid("The request is not a JSON object")),
    }
}

/// Only these fields.
pub(super) fn only(asked: &Map<String, Value>, fields: &[&str]) -> Map<String, Value> {
    let kept = asked.iter().filter(|(field, value)| fields.contains(&field.as_str()) && !value.is_null());
    kept.map(|(field, value)| (field.clone(), value.clone())).collect()
}

/// A list of messages, or of whatever a conversation is made of, that is neither empty nor too long.
pub(super) fn listed<'a>(list: Option<&'a mut Value>, field: &str) -> Result<&'a mut Vec<Value>> {
    let Some(Value::Array(list)) = list else {
        return Err(Error::invalid(format!("The request has no list `{field}`")).field(field));
    };
    if list.is_empty() || list.len() > MESSAGES {
        return Err(Error::invalid(format!("`{field}` holds 1 to {MESSAGES} of them")).field(field));
    }
    match list.iter().position(|item| !item.is_object()) {
        None => Ok(list),
        Some(number) => Err(Error::invalid(format!("Number {number} of `{field}` is not an object")).field(field)),
    }
}

/// The number of tokens to write, under the first of these names that holds one.
pub(super) fn wanted(asked: &Map<String, Value>, names: &[&'static str]) -> Result<Option<(&'static str, u64)>> {
    let Some(name) = names.iter().find(|name| asked.get(**name).is_some_and(|value| !value.is_null())) else {
        return Ok(None);
    };
    match asked[*name].as_u64() {
        Some(most @ 1..) => Ok(Some((name, most))),
        _ => Err(Error::invalid("The number of tokens to write is not a positive integer").field(*name)),
    }
}

/// Leaves out the tools that the agent does not run itself, and says which.
pub(super) fn keep_own(tools: &mut Value, left_out: &mut Vec<String>, is_own: impl Fn(&str) -> bool) -> Result<()> {
    let Some(tools) = tools.as_array_mut() else {
        return Err(Error::invalid("`tools` is not a list").field("tools"));
    };
    tools.retain(|tool| {
        let kind = tool["type"].as_str().unwrap_or_default();
        let own = is_own(kind);
        if !own {
            left_out.push(format!("tool {}", visible_line(kind, 40)));
        }
        own
    });
    Ok(())
}

/// A part of a conversation that is not passed on.
pub(super) fn refused(what: &str, number: usize) -> Error {
    let what = visible_line(what, 40);
    Error::invalid(format!("Message {number} has a part of type `{what}` that is not passed on"))
        .hint("send text, or images that lie in the message itself: a model may fetch nothing")
}

/// A field that would have the provider look up what it stored.
pub(super) fn refuse_stored(asked: &Map<String, Value>, fields: &[&str]) -> Result<()> {
    match fields.iter().find(|field| asked.get(**field).is_some_and(|value| !value.is_null())) {
        None => Ok(()),
        Some(field) => Err(Error::invalid(format!("`{field}` is not passed on: nothing is stored with the provider"))
            .field(*field)
            .hint("send the whole conversation with each request")),
    }
}
