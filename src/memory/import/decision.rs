//! Records of decisions as others write them: by Nygard (`## Status`, `Date:`) and as MADR (frontmatter, or a list at the top).

use crate::kit::text::visible_line;
use crate::memory::Day;
use crate::memory::import::without_frontmatter;

/// What is known of one.
#[derive(Clone, Debug, PartialEq)]
pub struct Decision {
    /// Its heading, without its number.
    pub title: Option<String>,
    /// Where it stands, in the words of the brain.
    pub status: &'static str,
    /// When it was decided.
    pub date: Option<Day>,
    /// Its text, without frontmatter.
    pub body: String,
}

/// Reads one. What it does not say is left out; one without a status is proposed.
pub fn read(text: &str) -> Decision {
    let body = without_frontmatter(text);
    let front = &text[..text.len() - body.len()];
    let top = front.lines().chain(body.lines().take(40));
    let value = |keys: &[&str]| top.clone().find_map(|line| value_of(line, keys));
    let status = value(&["status"]).or_else(|| below_heading(body, "status"));
    let date = value(&["date"]).or_else(|| below_heading(body, "date"));
    Decision {
        title: body.lines().find_map(|line| line.strip_prefix("# ")).and_then(title),
        status: status.as_deref().map_or("proposed", stands),
        date: date.and_then(|date| date.get(..10)?.parse().ok()),
        body: body.to_owned(),
    }
}

/// `status: accepted`, `* Status: Accepted`, `**Date:** 2020-01-02`.
fn value_of(line: &str, keys: &[&str]) -> Option<String> {
    let line = line.trim_start_matches(['*', '-', ' ', '_']);
    let (key, value) = line.split_once(':')?;
    let key = key.trim_matches(['*', '_', ' ']).to_lowercase();
    let value = value.trim_matches(['*', '_', ' ', '"', '\'']);
    (keys.contains(&key.as_str()) && !value.is_empty()).then(|| value.to_owned())
}

/// The first line of words below `## Status`.
fn below_heading(body: &str, name: &str) -> Option<String> {
    let mut lines = body.lines();
    lines.find(|line| line.strip_prefix("## ").is_some_and(|heading| heading.trim().eq_ignore_ascii_case(name)))?;
    lines.map(str::trim).find(|line| !line.is_empty()).filter(|line| !line.starts_with('#')).map(str::to_owned)
}

/// `1. Use Rust`, `ADR-0001: Use Rust` and `ADR 1 – Use Rust` are called `Use Rust`.
fn title(heading: &str) -> Option<String> {
    let heading = heading.trim();
    let rest = heading.strip_prefix("ADR").or_else(|| heading.strip_prefix("adr")).unwrap_or(heading);
    let words = rest.trim_start_matches(|c: char| c.is_ascii_digit() || " -–—_#.:".contains(c));
    let words = if words.is_empty() || !rest.starts_with(|c: char| !c.is_alphabetic()) { heading } else { words };
    let words = visible_line(words, 160);
    (!words.is_empty()).then_some(words)
}

/// What others call where a decision stands, the last word first, and what it is called in a brain.
const STANDS: [(&str, &[&str]); 4] = [
    ("superseded", &["supersed", "replaced"]),
    ("deprecated", &["deprecat", "obsolete", "retired"]),
    ("rejected", &["reject", "declin", "abandon", "withdrawn"]),
    ("accepted", &["accept", "approv", "adopt", "decided", "implement", "done"]),
];

/// Where it stands, in the words of the brain.
fn stands(status: &str) -> &'static str {
    let status = status.to_lowercase();
    let found = STANDS.iter().find(|(_, words)| words.iter().any(|word| status.contains(word)));
    found.map_or("proposed", |(stands, _)| stands)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decisions_are_read_in_the_forms_that_people_use() {
        let check = |text: &str, title: &str, status: &str, date: Option<&str>| {
            let found = read(text);
            let date = date.map(|date| date.parse().expect("a day"));
            assert_eq!((found.title.as_deref(), found.status, found.date), (Some(title), status, date), "{text}");
        };
        check(
            "# 12. Use Rust\n\nDate: 2020-01-02\n\n## Status\n\nSuperseded by [13](0013.md)\n\n## Context\n",
            "Use Rust",
            "superseded",
            Some("2020-01-02"),
        );
        check(
            "---\nstatus: accepted\ndate: 2024-05-06\n---\n# Use Git\n\n## Context\n",
            "Use Git",
            "accepted",
            Some("2024-05-06"),
        );
        check(
            "# ADR-0003: No mail\n\n* Status: Rejected\n* Date: 2021-07-08\n",
            "No mail",
            "rejected",
            Some("2021-07-08"),
        );
        check("# Adrenaline\n\nWe want it.\n", "Adrenaline", "proposed", None);
        check("# 2 phases\n\n**Status:** draft\n**Date:** soon\n", "phases", "proposed", None);
    }
}
