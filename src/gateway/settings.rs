//! How patient the gateway is, and how much it takes.

use std::time::Duration;

/// How patient the gateway is, and how much it takes.
#[derive(Clone, Debug)]
pub struct Settings {
    /// How long a model may say nothing.
    pub silence: Duration,
    /// How often a model call is tried again after a refused connection, 429 or 5xx.
    pub retries: u32,
    /// The wait before the first retry; it doubles with each, with jitter.
    pub backoff: Duration,
    /// The longest wait before a retry that the model does not ask for.
    pub longest_wait: Duration,
    /// The longest wait that a model gets which asks for one by `Retry-After`.
    pub longest_asked: Duration,
    /// Most bytes of a request to a model.
    pub request_bytes: usize,
    /// Most bytes of an answer of a model.
    pub answer_bytes: usize,
    /// Tokens that a call may write when the agent names no number.
    pub default_output: u64,
    /// Most transcript entries of an agent in one attempt.
    pub entries: usize,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            silence: Duration::from_secs(60),
            retries: 4,
            backoff: Duration::from_millis(500),
            longest_wait: Duration::from_secs(30),
            longest_asked: Duration::from_secs(120),
            request_bytes: 8 << 20,
            answer_bytes: 16 << 20,
            default_output: 8_192,
            entries: 10_000,
        }
    }
}
