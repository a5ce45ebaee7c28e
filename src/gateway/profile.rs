//! A model as an administrator set it up: address, key, name and price. It never enters a sandbox.

use serde::Deserialize;
use serde::Serialize;
use url::Url;

use crate::kit::secret::Secret;

/// A model that stacks may name.
#[derive(Clone, Debug)]
pub struct ModelProfile {
    /// The name that stacks use: `default`.
    pub name: String,
    /// The base address of an OpenAI-compatible API: `https://models.example/v1`.
    pub url: Url,
    /// The key; empty for a model that asks for none.
    pub key: Secret<String>,
    /// The model's own name.
    pub model: String,
    /// What it costs, when it costs something.
    pub price: Option<Price>,
}

/// What a model costs, in micro-dollars for a million tokens.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Price {
    /// Tokens that it reads.
    pub input: u64,
    /// Tokens that it writes.
    pub output: u64,
}

impl ModelProfile {
    /// Where chats are sent.
    pub(super) fn chat_address(&self) -> String {
        format!("{}/chat/completions", self.url.as_str().trim_end_matches('/'))
    }
}

impl Price {
    /// From dollars for a million tokens, as providers print it.
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "negative prices become zero")]
    pub fn usd_per_million(input: f64, output: f64) -> Self {
        let micro = |usd: f64| (usd.max(0.0) * 1e6).round() as u64;
        Self { input: micro(input), output: micro(output) }
    }

    /// The cost in micro-dollars, rounded up.
    pub fn cost(&self, tokens_in: u64, tokens_out: u64) -> u64 {
        let total = u128::from(tokens_in) * u128::from(self.input) + u128::from(tokens_out) * u128::from(self.output);
        u64::try_from(total.div_ceil(1_000_000)).unwrap_or(u64::MAX)
    }
}
