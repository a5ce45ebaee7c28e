//! Looks at an answer as it passes by: whole lines of a stream, what was used, and whether it came to its end.

use serde_json::Value;

use crate::gateway::apis::Api;
use crate::gateway::apis::Seen;
use crate::gateway::apis::Tally;
use crate::models::Tokens;

/// Most bytes of one line: a model may send an image, or a whole answer in its last event.
const LINE: usize = 8 << 20;

/// Looks at an answer.
#[derive(Debug)]
pub(super) struct Watch {
    api: Api,
    tally: Tally,
    rest: Vec<u8>,
    /// The last event ended with its empty line.
    ended: bool,
}

impl Watch {
    pub(super) fn over(api: Api) -> Self {
        Self { api, tally: Tally::default(), rest: Vec::new(), ended: false }
    }

    /// Looks at a piece of a stream, however it is cut.
    pub(super) fn piece(&mut self, mut bytes: &[u8]) -> Seen {
        while let Some(end) = bytes.iter().position(|byte| *byte == b'\n') {
            let seen = if self.rest.is_empty() {
                self.line(&bytes[..end])
            } else {
                let mut line = std::mem::take(&mut self.rest);
                line.extend_from_slice(&bytes[..end]);
                self.line(&line)
            };
            if seen != Seen::Fine {
                return seen;
            }
            bytes = &bytes[end + 1..];
        }
        self.rest.extend_from_slice(bytes);
        if self.rest.len() > LINE { Seen::Nonsense } else { Seen::Fine }
    }

    /// Looks at a whole answer.
    pub(super) fn whole_answer(&mut self, answer: &Value) -> Seen {
        let seen = self.api.see(answer, &mut self.tally);
        self.tally.end();
        seen
    }

    /// Looks at what is left when nothing follows: some servers leave out the last empty line.
    pub(super) fn rest(&mut self) {
        let line = std::mem::take(&mut self.rest);
        self.line(&line);
    }

    /// Whether the answer came to its end.
    pub(super) fn whole(&self) -> bool {
        self.tally.whole()
    }

    /// Whether nothing that belongs to the answer follows.
    pub(super) fn ended(&self) -> bool {
        self.ended
    }

    /// What was used, and whether it had to be counted.
    pub(super) fn used(&self, estimate_in: u64) -> (Tokens, bool) {
        self.tally.used(estimate_in)
    }

    fn line(&mut self, line: &[u8]) -> Seen {
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        let Some(data) = line.strip_prefix(b"data:") else {
            self.ended |= line.is_empty() && self.tally.last();
            let starts: [&[u8]; 4] = [b":", b"event:", b"id:", b"retry:"];
            let known = line.is_empty() || starts.iter().any(|start| line.starts_with(start));
            return if known { Seen::Fine } else { Seen::Nonsense };
        };
        let data = data.trim_ascii();
        if data == b"[DONE]" {
            self.tally.end();
            return Seen::Fine;
        }
        match serde_json::from_slice::<Value>(data) {
            Ok(event) if event.is_object() => self.api.see(&event, &mut self.tally),
            _ => Seen::Nonsense,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const STREAM: &str = ": hello\n\ndata: {\"choices\":[{\"delta\":{\"content\":\"ä2345678\"}}]}\r\n\r\n\
        data: {\"choices\":[{\"delta\":{},\"finish_reason\":\"stop\"}]}\n\n\
        data: {\"choices\":[],\"usage\":{\"prompt_tokens\":11,\"completion_tokens\":3}}\n\ndata: [DONE]\n\n";

    #[test]
    fn a_stream_is_counted_however_it_is_cut() {
        for cut in 0..STREAM.len() {
            let mut watch = Watch::over(Api::Chat);
            assert_eq!(watch.piece(&STREAM.as_bytes()[..cut]), Seen::Fine);
            assert!(!watch.ended());
            assert_eq!(watch.piece(&STREAM.as_bytes()[cut..]), Seen::Fine);
            assert!(watch.whole() && watch.ended());
            let (tokens, estimated) = watch.used(7);
            assert_eq!((tokens.read, tokens.written, estimated), (11, 3, false));
        }
    }

    #[test]
    fn nonsense_is_told_apart() {
        let see = |text: &str| Watch::over(Api::Chat).piece(text.as_bytes());
        assert_eq!(see("<html>\n"), Seen::Nonsense);
        assert_eq!(see("data: <html>\n"), Seen::Nonsense);
        assert_eq!(see("data: 7\n"), Seen::Nonsense);
        assert_eq!(see(": keep-alive\n"), Seen::Fine);
        assert_eq!(see("data: {\"error\":{\"message\":\"overloaded\"}}\n"), Seen::Failed("overloaded".into()));
        assert_eq!(see(&"x".repeat(LINE + 1)), Seen::Nonsense);
    }
}
