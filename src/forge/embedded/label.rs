//! Labels: a word and a colour, known to one repository.

use crate::kit::Error;
use crate::kit::Result;

/// A label.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Label {
    /// Its id among everything in the repository.
    pub id: i64,
    /// The word; two labels never differ in case only.
    pub name: String,
    /// Six lower-case hexadecimal digits.
    pub color: String,
    /// One line about it.
    pub description: String,
}

/// What a label is to be.
#[derive(Clone, Debug, Default)]
pub struct LabelChange {
    /// The word.
    pub name: Option<String>,
    /// Six hexadecimal digits, with or without `#`.
    pub color: Option<String>,
    /// One line about it.
    pub description: Option<String>,
}

/// A colour as it is stored, from one as people write it.
pub fn color(text: &str) -> Result<String> {
    let digits = text.trim_start_matches('#').to_ascii_lowercase();
    let digits = if digits.len() == 3 { digits.chars().flat_map(|c| [c, c]).collect() } else { digits };
    if digits.len() == 6 && digits.bytes().all(|b| b.is_ascii_hexdigit()) {
        return Ok(digits);
    }
    Err(Error::invalid("A colour is six hexadecimal digits, such as `#d73a4a`").field("color"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn colours_are_six_digits() {
        assert_eq!(color("#D73a4a").expect("usual"), "d73a4a");
        assert_eq!(color("0bf").expect("short"), "00bbff");
        for wrong in ["", "red", "#12345", "url(x)", "1234567", "#é23"] {
            assert!(color(wrong).is_err(), "{wrong:?}");
        }
    }
}
