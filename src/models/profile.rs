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
    /// How much of it one call may use.
    pub limits: Limits,
}

/// A profile without its key: as it is kept, frozen for a run, and shown.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Facts {
    /// The name that stacks use.
    pub name: String,
    /// What its server speaks.
    pub protocol: Protocol,
    /// The base address.
    pub url: String,
    /// The model's own name.
    pub model: String,
    /// What it costs.
    #[serde(default)]
    pub price: Option<Price>,
    /// How much of it one call may use.
    #[serde(default)]
    pub limits: Limits,
}

/// How much of a model one call may use; none is what the gateway takes for usual.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Limits {
    /// Tokens that the model reads and writes together at most: its window. The built-in agent keeps its conversation below.
    pub window: Option<u64>,
    /// Tokens that one answer may have.
    pub answer: Option<u64>,
}

/// What the server of a model speaks. Nothing translates between them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Protocol {
    /// OpenAI's Chat Completions, and Responses too where the server has them. Our own agent uses the first.
    #[default]
    Openai,
    /// OpenAI's Responses alone.
    Responses,
    /// Anthropic's Messages.
    Anthropic,
    /// Gemini's `generateContent`.
    Gemini,
}

/// What a model costs, in micro-dollars for a million tokens.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
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

/// Fewer tokens than this for an answer are not worth a call.
pub const LEAST_OUT: u64 = 16;

/// The longest name of a profile.
const NAME: usize = 48;

/// The longest address and name of a model.
const LONGEST: usize = 400;

/// The fewest tokens that a window may have: less holds no task.
const LEAST_WINDOW: u64 = 4_000;

impl ModelProfile {
    /// A profile with the key that it is called by.
    pub fn of(facts: Facts, key: Secret<String>) -> Result<Self> {
        let url = facts.address()?;
        let Facts { name, protocol, url: _, model, price, limits } = facts;
        Ok(Self { name, protocol, url, key, model, price, limits })
    }

    /// Everything but its key.
    pub fn facts(&self) -> Facts {
        let Self { name, protocol, url, key: _, model, price, limits } = self.clone();
        Facts { name, protocol, url: url.to_string(), model, price, limits }
    }

    /// The address of a call: the base address, with the version that the path begins with unless it is there already.
    pub fn address(&self, version: &str, path: &str) -> String {
        let base = self.url.as_str().trim_end_matches('/');
        let versioned = self.url.path_segments().is_some_and(|mut parts| {
            parts.any(|part| part.strip_prefix('v').is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_digit())))
        });
        if versioned { format!("{base}/{path}") } else { format!("{base}/{version}/{path}") }
    }
}

impl Facts {
    /// These facts, if a profile may be so.
    pub fn checked(self) -> Result<Self> {
        let wrong = |field: &str, message: String| Err(Error::invalid(message).field(field));
        let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || "-_.".contains(c);
        if self.name.is_empty() || self.name.len() > NAME || !self.name.chars().all(plain) {
            let message = format!("A profile is called by 1 to {NAME} small letters, digits, `-`, `_` and `.`");
            return wrong("name", message);
        }
        self.address()?;
        let printable = |text: &str| text.chars().all(|c| c.is_ascii_graphic());
        if self.model.is_empty() || self.model.len() > LONGEST || !printable(&self.model) {
            let message = format!("The model's own name has 1 to {LONGEST} visible characters and no blank");
            return wrong("model", message);
        }
        if self.limits.window.is_some_and(|window| window < LEAST_WINDOW) {
            return wrong("window", format!("The window has {LEAST_WINDOW} tokens or more"));
        }
        if self.limits.answer == Some(0) {
            return wrong("answer", "An answer has one token or more".to_owned());
        }
        if self.limits.window.zip(self.limits.answer).is_some_and(|(window, answer)| answer >= window) {
            return wrong("answer", "An answer is shorter than the window that it has to fit into".to_owned());
        }
        Ok(self)
    }

    /// Where its server is.
    pub fn address(&self) -> Result<Url> {
        let wrong = |why: &str| {
            Error::invalid(format!("The base address {why}"))
                .field("url")
                .hint("use an address such as `https://models.example/v1`")
        };
        let url: Url = self.url.trim().parse().map_err(|_| wrong("is none"))?;
        if !matches!(url.scheme(), "http" | "https") || !url.has_host() {
            return Err(wrong("starts with `https://` or `http://`, and a host"));
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err(wrong("holds a name or a password: the key is set on its own"));
        }
        if url.query().is_some() || url.fragment().is_some() || self.url.len() > LONGEST {
            return Err(wrong("has no `?` and no `#`, and is not that long"));
        }
        Ok(url)
    }

    /// Whether a key for the one may be sent to the other: the server is the same.
    pub fn same_server(&self, other: &Self) -> bool {
        let origin = |facts: &Self| facts.address().map(|url| url.origin());
        matches!((origin(self), origin(other)), (Ok(one), Ok(other)) if one == other)
    }
}

impl Protocol {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Openai, Self::Responses, Self::Anthropic, Self::Gemini];

    /// What people call what it speaks.
    pub fn title(self) -> &'static str {
        match self {
            Self::Openai => "OpenAI Chat Completions",
            Self::Responses => "OpenAI Responses",
            Self::Anthropic => "Anthropic Messages",
            Self::Gemini => "Gemini",
        }
    }

    /// The word in settings and in the database.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Openai => "openai",
            Self::Responses => "responses",
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
                .hint("protocols are `openai`, `responses`, `anthropic` and `gemini`")
        })
    }
}

impl Price {
    /// The price of reading and of writing, in dollars, as people read it.
    pub fn dollars(micro: u64) -> String {
        let text = format!("{}.{:06}", micro / 1_000_000, micro % 1_000_000);
        let short = text.trim_end_matches('0');
        let decimals = short.split('.').next_back().map_or(0, str::len);
        format!("{short}{}", "0".repeat(2_usize.saturating_sub(decimals)))
    }

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
    pub fn worst_to_read(&self, tokens: u64) -> u64 {
        let dearest = self.input.max(self.cache_write.unwrap_or(0)).max(self.cached.unwrap_or(0));
        Self { input: dearest, cached: None, cache_write: None, output: 0 }
            .cost(Tokens { read: tokens, ..Tokens::default() })
    }

    /// Tokens that a call may write which is thought to read so many, wants to write so many, and may cost what is left. None when
    /// that is not worth a call.
    pub fn affordable(&self, left: u64, read: u64, wanted: u64) -> Option<u64> {
        let for_output = left.checked_sub(self.worst_to_read(read))?;
        let most = for_output.saturating_mul(1_000_000).checked_div(self.output).unwrap_or(wanted).min(wanted);
        (most >= LEAST_OUT.min(wanted)).then_some(most)
    }

    /// The most that a call can cost which reads and writes so many.
    pub fn worst(&self, read: u64, written: u64) -> u64 {
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
            let (protocol, limits) = (Protocol::Anthropic, Limits::default());
            ModelProfile { name, protocol, url, key, model, price: None, limits }.address("v1", "messages")
        };
        assert_eq!(at("https://models.example"), "https://models.example/v1/messages");
        assert_eq!(at("https://models.example/v1/"), "https://models.example/v1/messages");
        assert_eq!(at("https://models.example/team/v1beta"), "https://models.example/team/v1beta/messages");
        assert_eq!(at("https://models.example/vendor"), "https://models.example/vendor/v1/messages");
    }

    fn facts(url: &str) -> Facts {
        let (name, model) = ("default".to_owned(), "m".to_owned());
        Facts { name, protocol: Protocol::Openai, url: url.into(), model, price: None, limits: Limits::default() }
    }

    #[test]
    fn a_key_stays_with_its_server() {
        let same = |one: &str, other: &str| facts(one).same_server(&facts(other));
        assert!(same("https://models.example/v1", "https://models.example:443/v2"));
        assert!(!same("https://models.example/v1", "http://models.example/v1"));
        assert!(!same("https://models.example/v1", "https://models.example:8443/v1"));
        assert!(!same("https://models.example/v1", "https://models.example.evil/v1"));
    }

    #[test]
    fn a_profile_that_cannot_work_is_refused_at_its_field() {
        let field = |facts: Facts| facts.checked().unwrap_err().field_name().unwrap().to_owned();
        let good = facts("https://models.example/v1");
        assert_eq!(field(Facts { name: "My model".into(), ..good.clone() }), "name");
        assert_eq!(field(Facts { model: "a b".into(), ..good.clone() }), "model");
        for url in
            ["", "models.example", "ftp://models.example", "https://me:secret@models.example", "https://m.example?k=1"]
        {
            assert_eq!(field(facts(url)), "url", "{url}");
        }
        let limited = |window, answer| Facts { limits: Limits { window, answer }, ..good.clone() };
        assert_eq!(field(limited(Some(100), None)), "window");
        assert_eq!(field(limited(Some(8_000), Some(8_000))), "answer");
        assert!(limited(Some(8_000), Some(1_000)).checked().is_ok());
    }

    #[test]
    fn dollars_have_two_decimals_or_more() {
        assert_eq!([0, 3_000_000, 250_000, 75].map(Price::dollars), ["0.00", "3.00", "0.25", "0.000075"]);
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
