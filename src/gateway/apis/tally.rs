//! What an answer used, as far as it passed by: the provider's own numbers, and the bytes that the model wrote for
//! providers that do not count.

use serde_json::Value;

use crate::models::Tokens;

/// What passed by so far.
#[derive(Debug, Default)]
pub(in crate::gateway) struct Tally {
    said: Option<Tokens>,
    bytes_out: u64,
    /// The answer came to its end.
    pub(super) whole: bool,
    /// Nothing follows.
    pub(super) last: bool,
}

/// What an event is.
#[derive(Debug, PartialEq, Eq)]
pub(in crate::gateway) enum Seen {
    Fine,
    /// It is not of this API.
    Nonsense,
    /// The server says that it failed.
    Failed(String),
}

impl Tally {
    /// Takes the provider's numbers, unless all are zero: that is what servers say that do not count. Later numbers
    /// are about the whole answer, so each counts if it is higher than what was said before.
    pub(super) fn says(&mut self, tokens: Tokens) {
        if tokens.read + tokens.written == 0 {
            return;
        }
        let before = self.said.unwrap_or_default();
        self.said = Some(Tokens {
            read: tokens.read.max(before.read),
            cached: tokens.cached.max(before.cached),
            cache_written: tokens.cache_written.max(before.cache_written),
            written: tokens.written.max(before.written),
        });
    }

    /// The model wrote some text.
    pub(super) fn wrote(&mut self, text: &Value) {
        self.bytes_out += match text {
            Value::String(text) => text.len() as u64,
            Value::Null => 0,
            other => other.to_string().len() as u64,
        };
    }

    /// Whether the answer came to its end.
    pub(in crate::gateway) fn whole(&self) -> bool {
        self.whole || self.last
    }

    /// Whether nothing follows.
    pub(in crate::gateway) fn last(&self) -> bool {
        self.last
    }

    /// `[DONE]` passed by.
    pub(in crate::gateway) fn end(&mut self) {
        self.last = true;
    }

    /// What was used, and whether it had to be counted: each number that the provider left out is.
    pub(in crate::gateway) fn used(&self, estimate_in: u64) -> (Tokens, bool) {
        let counted = self.bytes_out.div_ceil(4);
        let Some(said) = self.said else {
            return (Tokens { read: estimate_in, written: counted, ..Tokens::default() }, true);
        };
        let lacks_read = said.read == 0 && estimate_in > 0;
        let lacks_written = said.written == 0 && counted > 0;
        let read = if lacks_read { estimate_in } else { said.read };
        let written = if lacks_written { counted } else { said.written };
        (Tokens { read, written, ..said }, lacks_read || lacks_written)
    }
}

/// A number of an object; zero when it is not there.
pub(super) fn number(object: &Value, field: &str) -> u64 {
    object[field].as_u64().unwrap_or(0)
}

/// The words of an error object.
pub(super) fn words(error: &Value) -> String {
    error["message"].as_str().or_else(|| error.as_str()).unwrap_or("the model failed").to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_that_the_provider_leaves_out_is_counted() {
        let mut tally = Tally::default();
        tally.wrote(&Value::from("12345678"));
        assert_eq!(tally.used(7), (Tokens { read: 7, written: 2, ..Tokens::default() }, true));
        tally.says(Tokens::default());
        tally.says(Tokens { read: 11, ..Tokens::default() });
        assert_eq!(tally.used(7), (Tokens { read: 11, written: 2, ..Tokens::default() }, true));
        tally.says(Tokens { written: 3, ..Tokens::default() });
        assert_eq!(tally.used(7), (Tokens { read: 11, written: 3, ..Tokens::default() }, false));
    }
}
