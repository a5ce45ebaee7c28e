//! Sizes as people write them: `512MiB`, `2GiB`.

use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;

use serde::Deserialize;
use serde::Serialize;

use crate::kit::Error;
use crate::kit::text::visible_line;

const UNITS: [(&str, u64); 4] = [("GiB", 1 << 30), ("MiB", 1 << 20), ("KiB", 1 << 10), ("B", 1)];

/// A number of bytes, written with a unit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Size(u64);

impl Size {
    /// So many mebibytes.
    pub const fn mebibytes(count: u64) -> Self {
        Self(count << 20)
    }

    /// Bytes.
    pub fn bytes(self) -> u64 {
        self.0
    }
}

impl FromStr for Size {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        let digits = text.trim_end_matches(|c: char| c.is_ascii_alphabetic());
        let unit = UNITS.into_iter().find(|(unit, _)| *unit == &text[digits.len()..]);
        let count = digits.parse::<u64>().ok().filter(|count| *count > 0);
        let bytes = unit.zip(count).and_then(|((_, factor), count)| count.checked_mul(factor));
        bytes.map(Self).ok_or_else(|| {
            Error::invalid(format!("`{}` is not a size", visible_line(text, 40)))
                .hint("write a whole number and a unit: `512MiB` or `2GiB`")
        })
    }
}

impl fmt::Display for Size {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let fits = UNITS.into_iter().find(|(_, factor)| self.0.is_multiple_of(*factor));
        let (unit, factor) = fits.expect("every number is a multiple of one byte");
        write!(f, "{}{unit}", self.0 / factor)
    }
}

super::value::as_text!(Size, "size", "A whole number and a unit: `512MiB`, `2GiB`.");

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_size_reads_back_as_it_was_written() {
        for text in ["1B", "3KiB", "512MiB", "2GiB", "1025KiB"] {
            assert_eq!(text.parse::<Size>().expect("a size").to_string(), text);
        }
        assert_eq!("2GiB".parse::<Size>().expect("a size").bytes(), 2 << 30);
    }

    #[test]
    fn what_is_not_a_size_is_refused() {
        for text in ["", "2", "GiB", "0MiB", "2GB", "2 GiB", "-1GiB", "1.5GiB", "99999999999999GiB", "2gib"] {
            assert!(text.parse::<Size>().is_err(), "{text}");
        }
    }
}
