//! A model as an administrator set it up: address, protocol, key, name and price. It never enters a sandbox.

use std::fmt;
use std::str::FromStr;

use serde::Deserialize;
use serde::Serialize;
use url::Url;

use crate::kit::Error;
use crate::kit::Result;
use crate::kit::secret::Secret;
use crate::kit::text::visible_line;

/// A model that stacks may name.
#[derive(Clone, Debug)]
pub struct ModelProfile {
    /// The name that stacks use: `default`.
    pub name: String,
    /// What its server speaks.
    pub protocol: Protocol,
    /// The base address, as the provider's documentation prints it: `https://models.example/v1`.
    pub url: Url,
    /// The key; empty for a model that asks for none.
    pub key: Secret<String>,
    /// The model's own name.
    pub model: String,
    /// What it costs, when it costs something.
    pub price: Option<Price>,
}

/// What the server of a model speaks. Nothing translates between them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Protocol {
    /// OpenAI's Chat Completions and Responses.
    #[default]
    Openai,
    /// Anthropic's Messages.
    Anthropic,
    /// Gemini's `generateContent`.
    Gemini,
}

/// What a model costs, in micro-dollars for a million tokens.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Price {
    /// Tokens that it reads.
    pub input: u64,
    /// Tokens that it reads again from the provider's cache; none costs what others cost.
    #[serde(default)]
    pub cached: Option<u64>,
    /// Tokens that the provider puts into its cache; none costs what others cost.
    #[serde(default)]
    pub cache_write: Option<u64>,
    /// Tokens that it writes.
    pub output: u64,
}

/// Tokens of one call.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tokens {
    /// All that the model read, from its cache or not.
    pub read: u64,
    /// Those of them that came from its cache.
    pub cached: u64,
    /// Those of them that were put into its cache.
    pub cache_written: u64,
    /// What it wrote, thoughts among it.
    pub written: u64,
}

impl ModelProfile {
    /// The address of a call: the base address, with the version that the path begins with unless it is there already.
    pub(super) fn address(&self, version: &str, path: &str) -> String {
        let base = self.url.as_str().trim_end_matches('/');
        let versioned = self.url.path_segments().is_some_and(|mut parts| {
            parts.any(|part| part.strip_prefix('v').is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_digit())))
        });
        if versioned { format!("{base}/{path}") } else { format!("{base}/{version}/{path}") }
    }
}

impl Protocol {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Openai, Self::Anthropic, Self::Gemini];

    /// The word in settings and in the database.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Openai => "openai",
            Self::Anthropic => "anthropic",
            Self::Gemini => "gemini",
        }
    }
}

impl fmt::Display for Protocol {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for Protocol {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        Self::ALL.into_iter().find(|protocol| protocol.as_str() == text).ok_or_else(|| {
            Error::invalid(format!("`{}` is not a protocol of models", visible_line(text, 40)))
                .field("protocol")
                .hint("protocols are `openai`, `anthropic` and `gemini`")
        })
    }
}

impl Price {
    /// From dollars for a million tokens, as providers print it.
    pub fn usd_per_million(input: f64, output: f64) -> Self {
        Self { input: micro(input), cached: None, cache_write: None, output: micro(output) }
    }

    /// With other prices for what goes into the provider's cache and comes from it.
    #[must_use]
    pub fn with_cache(self, cached: Option<f64>, cache_write: Option<f64>) -> Self {
        Self { cached: cached.map(micro), cache_write: cache_write.map(micro), ..self }
    }

    /// The cost in micro-dollars, rounded up.
    pub fn cost(&self, tokens: Tokens) -> u64 {
        let Tokens { read, cached, cache_written, written } = tokens;
        let plain = read.saturating_sub(cached).saturating_sub(cache_written);
        let part = |tokens: u64, price: u64| u128::from(tokens) * u128::from(price);
        let total = part(plain, self.input)
            + part(cached, self.cached.unwrap_or(self.input))
            + part(cache_written, self.cache_write.unwrap_or(self.input))
            + part(written, self.output);
        u64::try_from(total.div_ceil(1_000_000)).unwrap_or(u64::MAX)
    }

    /// The most that so many tokens can cost to read.
    pub(super) fn worst_to_read(&self, tokens: u64) -> u64 {
        let dearest = self.input.max(self.cache_write.unwrap_or(0)).max(self.cached.unwrap_or(0));
        Self { input: dearest, cached: None, cache_write: None, output: 0 }
            .cost(Tokens { read: tokens, ..Tokens::default() })
    }

    /// The most that a call can cost which reads and writes so many.
    pub(super) fn worst(&self, read: u64, written: u64) -> u64 {
        let to_write = self.cost(Tokens { written, ..Tokens::default() });
        self.worst_to_read(read).saturating_add(to_write)
    }
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "negative prices become zero")]
fn micro(usd: f64) -> u64 {
    (usd.max(0.0) * 1e6).round() as u64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_version_is_added_to_an_address_that_names_none() {
        let at = |url: &str| {
            let url = url.parse().unwrap();
            let (name, model, key) = ("default".into(), "m".into(), Secret::new(String::new()));
            ModelProfile { name, protocol: Protocol::Anthropic, url, key, model, price: None }.address("v1", "messages")
        };
        assert_eq!(at("https://models.example"), "https://models.example/v1/messages");
        assert_eq!(at("https://models.example/v1/"), "https://models.example/v1/messages");
        assert_eq!(at("https://models.example/team/v1beta"), "https://models.example/team/v1beta/messages");
        assert_eq!(at("https://models.example/vendor"), "https://models.example/vendor/v1/messages");
    }

    #[test]
    fn what_a_cache_holds_has_a_price_of_its_own() {
        let tokens = Tokens { read: 1_000_000, cached: 600_000, cache_written: 100_000, written: 10_000 };
        let plain = Price::usd_per_million(3.0, 15.0);
        assert_eq!(plain.cost(tokens), 3_150_000);
        assert_eq!(plain.with_cache(Some(0.3), Some(3.75)).cost(tokens), 900_000 + 180_000 + 375_000 + 150_000);
        assert_eq!(plain.with_cache(None, Some(3.75)).worst_to_read(1_000), 3_750);
    }
}
