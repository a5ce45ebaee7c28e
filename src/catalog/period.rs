//! Lengths of time as people write them: `90s`, `30m`, `12h`, `7d`.

use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use serde::Deserialize;
use serde::Serialize;

use crate::kit::Error;
use crate::kit::text::visible_line;

const UNITS: [(&str, u64); 4] = [("d", 86_400), ("h", 3_600), ("m", 60), ("s", 1)];

/// The longest that a file may say: ten years.
const MOST: u64 = 3_650 * 86_400;

/// A length of time in whole seconds, written with a unit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Period(u64);

impl Period {
    /// So many seconds.
    pub const fn seconds(count: u64) -> Self {
        Self(count)
    }

    /// As the standard library has it.
    pub fn duration(self) -> Duration {
        Duration::from_secs(self.0)
    }
}

impl FromStr for Period {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        let digits = text.trim_end_matches(|c: char| c.is_ascii_alphabetic());
        let unit = UNITS.into_iter().find(|(unit, _)| *unit == &text[digits.len()..]);
        let count = digits.parse::<u64>().ok().filter(|count| *count > 0);
        let seconds = unit.zip(count).and_then(|((_, factor), count)| count.checked_mul(factor));
        seconds.filter(|seconds| *seconds <= MOST).map(Self).ok_or_else(|| {
            Error::invalid(format!("`{}` is not a length of time", visible_line(text, 40)))
                .hint("write a whole number and `s`, `m`, `h` or `d`: `30m` or `7d`, at most ten years")
        })
    }
}

impl fmt::Display for Period {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let fits = UNITS.into_iter().find(|(_, factor)| self.0.is_multiple_of(*factor));
        let (unit, factor) = fits.expect("every number is a multiple of one second");
        write!(f, "{}{unit}", self.0 / factor)
    }
}

super::value::as_text!(Period, "period", "A whole number and `s`, `m`, `h` or `d`: `30m`, `7d`.");

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_period_reads_back_as_it_was_written() {
        for text in ["1s", "90s", "30m", "12h", "7d"] {
            assert_eq!(text.parse::<Period>().expect("a period").to_string(), text);
        }
        assert_eq!("120s".parse::<Period>().expect("a period").to_string(), "2m");
    }

    #[test]
    fn what_is_not_a_period_is_refused() {
        for text in ["", "30", "m", "0m", "1w", "-1m", "1.5h", "4000d", "99999999999999999999s"] {
            assert!(text.parse::<Period>().is_err(), "{text}");
        }
    }
}
