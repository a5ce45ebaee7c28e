//! Patterns over paths, branches, labels and names: `*` stays within a segment, `**` crosses them.

use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;

use globset::GlobBuilder;
use globset::GlobMatcher;
use serde::Deserialize;
use serde::Serialize;

use crate::kit::Error;
use crate::kit::text::visible_line;

/// Longer patterns are refused: nobody reads them, and matching them takes time.
const LONGEST: usize = 256;

/// A glob. `*` and `?` stay within a segment between slashes, `**` crosses them, `[…]` and `{a,b}` choose.
#[derive(Clone, Debug)]
pub struct Pattern {
    text: String,
    matcher: GlobMatcher,
    name_matcher: GlobMatcher,
}

impl Pattern {
    /// The pattern as it was written.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Whether this path or branch matches.
    pub fn matches(&self, text: &str) -> bool {
        self.matcher.is_match(text)
    }

    /// Whether this name matches. A label or a check is no path: `*` crosses its slashes.
    pub fn matches_name(&self, text: &str) -> bool {
        self.name_matcher.is_match(text)
    }
}

impl FromStr for Pattern {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        let refuse = |why: String| {
            Error::invalid(format!("`{}` is not a pattern: {why}", visible_line(text, 60)))
                .hint("`*` stays within a segment, `**` crosses them: `src/**`, `release/*`")
        };
        if text.is_empty() {
            return Err(refuse("it is empty".into()));
        }
        if text.len() > LONGEST {
            return Err(refuse(format!("it is longer than {LONGEST} bytes")));
        }
        if text.starts_with('/') || text.starts_with("./") {
            return Err(refuse("paths start at the root without `/` or `./`".into()));
        }
        let built = |separator| {
            let glob = GlobBuilder::new(text).literal_separator(separator).backslash_escape(true).build();
            glob.map(|glob| glob.compile_matcher()).map_err(|error| refuse(error.kind().to_string()))
        };
        Ok(Self { text: text.to_owned(), matcher: built(true)?, name_matcher: built(false)? })
    }
}

impl fmt::Display for Pattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl PartialEq for Pattern {
    fn eq(&self, other: &Self) -> bool {
        self.text == other.text
    }
}

impl Eq for Pattern {}

impl PartialOrd for Pattern {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Pattern {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.text.cmp(&other.text)
    }
}

impl std::hash::Hash for Pattern {
    fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
        self.text.hash(state);
    }
}

super::value::as_text!(Pattern, "glob", "A pattern: `*` stays within a segment between slashes, `**` crosses them.");
