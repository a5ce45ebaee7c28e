//! Reads a stream of chat chunks as it passes by: whole lines, what was used, and whether it came to its end.

use serde_json::Value;

use crate::gateway::chat::Used;

/// Most bytes of one line.
const LINE: usize = 1 << 20;

/// Cuts bytes into lines.
#[derive(Debug, Default)]
pub(super) struct Lines {
    rest: Vec<u8>,
}

impl Lines {
    /// Takes more bytes and gives the lines that are whole by now, without their ends. None when a line is too long.
    pub(super) fn feed(&mut self, bytes: &[u8]) -> Option<Vec<String>> {
        let mut lines = Vec::new();
        for byte in bytes {
            match byte {
                b'\n' => lines.push(self.take()),
                b'\r' => {}
                other => self.rest.push(*other),
            }
        }
        (self.rest.len() <= LINE).then_some(lines)
    }

    /// What is left when the bytes end.
    pub(super) fn take(&mut self) -> String {
        let line = std::mem::take(&mut self.rest);
        String::from_utf8(line).unwrap_or_else(|error| String::from_utf8_lossy(error.as_bytes()).into_owned())
    }
}

/// What passed by so far.
#[derive(Debug, Default)]
pub(super) struct Watch {
    used: Option<Used>,
    bytes_out: u64,
    finished: bool,
    /// `[DONE]` was seen.
    pub(super) done: bool,
}

/// What to do with a line.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Line {
    Pass,
    Drop,
    /// It is not of this protocol.
    Nonsense,
    /// The server says in the stream that it failed.
    Failed(String),
}

impl Watch {
    /// Looks at one line.
    pub(super) fn see(&mut self, line: &str) -> Line {
        let Some(data) = line.strip_prefix("data:") else {
            let known = line.is_empty() || [":", "event:", "id:", "retry:"].iter().any(|start| line.starts_with(start));
            // The end of an event is ours to write.
            return if known { Line::Drop } else { Line::Nonsense };
        };
        let data = data.trim();
        if data == "[DONE]" {
            self.done = true;
            return Line::Pass;
        }
        let Ok(chunk) = serde_json::from_str::<Value>(data) else { return Line::Nonsense };
        if !chunk.is_object() {
            return Line::Nonsense;
        }
        if !chunk["error"].is_null() {
            let message = chunk["error"]["message"].as_str().unwrap_or("the model failed");
            return Line::Failed(message.to_owned());
        }
        self.count(&chunk);
        Line::Pass
    }

    /// Counts a chunk, or a whole answer.
    pub(super) fn count(&mut self, chunk: &Value) {
        if let Some(used) = usage(chunk) {
            self.used = Some(used);
        }
        for choice in chunk["choices"].as_array().into_iter().flatten() {
            self.finished |= choice["finish_reason"].is_string();
            for part in [&choice["delta"], &choice["message"]] {
                self.bytes_out += written(part);
            }
        }
    }

    /// Whether the answer came to its end.
    pub(super) fn whole(&self) -> bool {
        self.done || self.finished
    }

    /// What was used: as the model says, or by counting bytes.
    pub(super) fn used(&self, estimate_in: u64) -> Used {
        self.used.unwrap_or(Used { tokens_in: estimate_in, tokens_out: self.bytes_out.div_ceil(4), estimated: true })
    }
}

/// The bytes that the model wrote in a message or a piece of one.
fn written(part: &Value) -> u64 {
    let texts = ["content", "reasoning_content", "reasoning"].iter().filter_map(|field| part[*field].as_str());
    let calls = part["tool_calls"].as_array().into_iter().flatten().map(|call| &call["function"]);
    let calls = calls.flat_map(|function| [function["name"].as_str(), function["arguments"].as_str()]).flatten();
    texts.chain(calls).map(|text| text.len() as u64).sum()
}

/// What the model says it used. Zero everywhere is what servers say that do not count.
fn usage(chunk: &Value) -> Option<Used> {
    let usage = chunk["usage"].as_object()?;
    let number = |field: &str| usage.get(field).and_then(Value::as_u64).unwrap_or(0);
    let (tokens_in, tokens_out) = (number("prompt_tokens"), number("completion_tokens"));
    (tokens_in + tokens_out > 0).then_some(Used { tokens_in, tokens_out, estimated: false })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_come_whole_from_any_cut() {
        let text = "data: {\"ä\": 1}\r\n\r\ndata: [DONE]\n";
        for cut in 0..text.len() {
            let mut lines = Lines::default();
            let mut seen = lines.feed(&text.as_bytes()[..cut]).unwrap();
            seen.extend(lines.feed(&text.as_bytes()[cut..]).unwrap());
            assert_eq!(seen, ["data: {\"ä\": 1}", "", "data: [DONE]"]);
        }
        assert!(Lines::default().feed(&vec![b'x'; LINE + 1]).is_none());
    }

    #[test]
    fn a_stream_is_counted_and_its_end_is_known() {
        let mut watch = Watch::default();
        assert_eq!(watch.see("data: {\"choices\":[{\"delta\":{\"content\":\"12345678\"}}]}"), Line::Pass);
        assert!(!watch.whole());
        assert_eq!(watch.used(7), Used { tokens_in: 7, tokens_out: 2, estimated: true });
        watch.see("data: {\"choices\":[{\"delta\":{},\"finish_reason\":\"stop\"}]}");
        watch.see("data: {\"choices\":[],\"usage\":{\"prompt_tokens\":11,\"completion_tokens\":3}}");
        assert!(watch.whole() && !watch.done);
        assert_eq!(watch.used(7), Used { tokens_in: 11, tokens_out: 3, estimated: false });
    }

    #[test]
    fn nonsense_is_told_apart() {
        let mut watch = Watch::default();
        assert_eq!(watch.see("<html>"), Line::Nonsense);
        assert_eq!(watch.see("data: <html>"), Line::Nonsense);
        assert_eq!(watch.see("data: 7"), Line::Nonsense);
        assert_eq!(watch.see(": keep-alive"), Line::Drop);
        assert_eq!(watch.see("data: {\"error\":{\"message\":\"overloaded\"}}"), Line::Failed("overloaded".into()));
    }
}
