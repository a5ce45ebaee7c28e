//! What a rule is, and how it is held.
//!
//! Each rule carries faults that it must catch and look-alikes that it must let pass, so a rule that stopped seeing
//! anything fails by itself.

use crate::source;
use crate::source::Source;

/// One rule over one file at a time.
pub struct Rule {
    /// The rule as one sentence.
    pub says: &'static str,
    /// What to do about a breach.
    pub hint: &'static str,
    /// Numbers of the lines that break the rule.
    pub breaches: fn(&Source) -> Vec<usize>,
    /// Files, as path and text, that break it.
    pub catches: &'static [(&'static str, &'static str)],
    /// Files, as path and text, that look like it and do not.
    pub spares: &'static [(&'static str, &'static str)],
}

/// Every file that a rule may look at.
pub fn tree() -> Vec<Source> {
    let mut files = Vec::new();
    for folder in ["src", "tests", "benches"] {
        files.extend(source::read_all(folder, ".rs"));
    }
    files.extend(source::read_all("templates", ".html"));
    files
}

/// Holds rules over the whole tree and says all breaches at once, each as `file:line: the line`.
pub fn hold(rules: &[Rule]) {
    let files = tree();
    let mut complaint = String::new();
    for rule in rules {
        let mut places = Vec::new();
        for file in &files {
            for number in (rule.breaches)(file) {
                places.push(place(file, number));
            }
        }
        complaint.push_str(&complain(rule.says, rule.hint, &places));
    }
    assert!(complaint.is_empty(), "{complaint}");
}

/// Proves that each rule sees what it is for.
pub fn prove(rules: &[Rule]) {
    for rule in rules {
        for (path, text) in rule.catches {
            let found = (rule.breaches)(&Source::parse(path, text));
            assert!(!found.is_empty(), "the rule is blind: {}\nit should catch {path}: {text}", rule.says);
        }
        for (path, text) in rule.spares {
            let found = (rule.breaches)(&Source::parse(path, text));
            assert!(found.is_empty(), "the rule is too strict: {}\nit should spare {path}: {text}", rule.says);
        }
    }
}

/// A breach as a person and an editor read it.
pub fn place(file: &Source, number: usize) -> String {
    let line = file.text.lines().nth(number.saturating_sub(1)).unwrap_or_default().trim();
    format!("{}:{number}: {line}", file.path)
}

/// The whole complaint about one rule, or nothing when no place breaks it.
pub fn complain(says: &str, hint: &str, places: &[String]) -> String {
    if places.is_empty() {
        return String::new();
    }
    format!("\n{says}\n    {}\nhint: {hint}\n", places.join("\n    "))
}
