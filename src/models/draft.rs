//! A profile as people write it: in dollars for a million tokens, as providers print prices.

use serde::Deserialize;
use serde::Serialize;

use crate::kit::Error;
use crate::kit::Result;
use crate::models::Facts;
use crate::models::Limits;
use crate::models::Price;

/// A profile as people write it. The names are those of the settings.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Draft {
    /// What the provider speaks; `openai` when nothing is said.
    pub protocol: String,
    /// The base address.
    pub url: String,
    /// The model's own name.
    pub model: String,
    /// Dollars for a million tokens that it reads.
    pub input_usd_per_million: Option<f64>,
    /// Dollars for a million tokens that it writes.
    pub output_usd_per_million: Option<f64>,
    /// Dollars for a million tokens that it reads again from the provider's cache.
    pub cached_usd_per_million: Option<f64>,
    /// Dollars for a million tokens that the provider puts into its cache.
    pub cache_write_usd_per_million: Option<f64>,
    /// Tokens that the model reads and writes together at most.
    pub window_tokens: Option<u64>,
    /// Tokens that one answer may have.
    pub answer_tokens: Option<u64>,
}

/// The dearest price that is believed.
const DEAREST: f64 = 100_000.0;

impl Draft {
    /// What a profile of this name is.
    pub fn facts(self, name: &str) -> Result<Facts> {
        let prices = [
            ("input_usd_per_million", self.input_usd_per_million),
            ("output_usd_per_million", self.output_usd_per_million),
            ("cached_usd_per_million", self.cached_usd_per_million),
            ("cache_write_usd_per_million", self.cache_write_usd_per_million),
        ];
        let odd = prices.iter().find(|(_, price)| price.is_some_and(|price| !(0.0..=DEAREST).contains(&price)));
        if let Some((field, _)) = odd {
            return Err(Error::invalid(format!("A price is a number of dollars from 0 to {DEAREST}")).field(*field));
        }
        let price = match (self.input_usd_per_million, self.output_usd_per_million) {
            (None, None) if prices.iter().any(|(_, price)| price.is_some()) => {
                return Err(Error::invalid("A price of the cache stands beside those of reading and writing")
                    .field("input_usd_per_million"));
            }
            (None, None) => None,
            (Some(input), Some(output)) => {
                let price = Price::usd_per_million(input, output);
                Some(price.with_cache(self.cached_usd_per_million, self.cache_write_usd_per_million))
            }
            (None, Some(_)) => return Err(half("input_usd_per_million")),
            (Some(_), None) => return Err(half("output_usd_per_million")),
        };
        let protocol = if self.protocol.is_empty() { "openai" } else { &self.protocol };
        Facts {
            name: name.to_owned(),
            protocol: protocol.parse()?,
            url: self.url.trim().to_owned(),
            model: self.model.trim().to_owned(),
            price,
            limits: Limits { window: self.window_tokens, answer: self.answer_tokens },
        }
        .checked()
    }

    /// A profile as people would write it.
    pub fn of(facts: &Facts) -> Self {
        #[expect(clippy::cast_precision_loss, reason = "prices are far below 2^53 micro-dollars")]
        let dollars = |micro: u64| micro as f64 / 1e6;
        let price = facts.price.as_ref();
        Self {
            protocol: facts.protocol.to_string(),
            url: facts.url.clone(),
            model: facts.model.clone(),
            input_usd_per_million: price.map(|price| dollars(price.input)),
            output_usd_per_million: price.map(|price| dollars(price.output)),
            cached_usd_per_million: price.and_then(|price| price.cached).map(dollars),
            cache_write_usd_per_million: price.and_then(|price| price.cache_write).map(dollars),
            window_tokens: facts.limits.window,
            answer_tokens: facts.limits.answer,
        }
    }
}

fn half(field: &str) -> Error {
    Error::invalid("A model that costs something has a price for reading and one for writing")
        .field(field)
        .hint("write 0 for what is free")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_comes_back_as_it_was() {
        let draft = Draft {
            protocol: "anthropic".into(),
            url: "https://models.example".into(),
            model: "m-1".into(),
            input_usd_per_million: Some(3.0),
            output_usd_per_million: Some(15.0),
            cached_usd_per_million: Some(0.3),
            window_tokens: Some(200_000),
            ..Draft::default()
        };
        assert_eq!(Draft::of(&draft.clone().facts("m").unwrap()), draft);
        let half = Draft { output_usd_per_million: None, ..draft.clone() };
        assert_eq!(half.facts("m").unwrap_err().field_name(), Some("output_usd_per_million"));
        let odd = Draft { input_usd_per_million: Some(f64::NAN), ..draft };
        assert_eq!(odd.facts("m").unwrap_err().field_name(), Some("input_usd_per_million"));
    }
}
