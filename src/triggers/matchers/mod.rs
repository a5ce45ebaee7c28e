//! One matcher for each word of `on:`: whether an event is what the rule watches, and why or why not.

use crate::catalog::Pattern;
use crate::catalog::listed;
use crate::catalog::rule::On;
use crate::model::Event;

mod check;
mod issue;
mod label;
mod manual;
pub mod mention;
mod pull_request;
mod push;
mod schedule;

/// What a matcher says of an event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Matched {
    /// It is what the rule watches; why.
    Yes(String),
    /// It is of this sort, but not one that the rule watches; why.
    No(String),
    /// It is of another sort.
    Other,
}

/// Asks every matcher that a rule has; the first yes counts, with the word that said it.
pub fn ask(on: &On, event: &Event, stack: &str) -> (Option<&'static str>, Matched) {
    let asked = [
        ("check", on.check.as_ref().map(|on| check::matches(on, event))),
        ("mention", on.mention.as_ref().map(|on| mention::matches(on, event))),
        ("label", on.label.as_ref().map(|on| label::matches(on, event))),
        ("pull_request", on.pull_request.as_ref().map(|on| pull_request::matches(on, event))),
        ("issue", on.issue.as_ref().map(|on| issue::matches(on, event))),
        ("push", on.push.as_ref().map(|on| push::matches(on, event))),
        ("schedule", on.schedule.as_ref().map(|on| schedule::matches(on, event))),
        ("manual", on.manual.as_ref().map(|on| manual::matches(on, event, stack))),
    ];
    let answers = asked.into_iter().filter_map(|(word, matched)| matched.map(|matched| (word, matched)));
    let mut near = Vec::new();
    for (word, matched) in answers {
        match matched {
            Matched::Yes(reason) => return (Some(word), Matched::Yes(reason)),
            Matched::No(reason) => near.push(reason),
            Matched::Other => {}
        }
    }
    if near.is_empty() { (None, Matched::Other) } else { (None, Matched::No(near.join("; "))) }
}

/// Whether any of these names matches one of the patterns, none meaning any name; otherwise why not.
fn any_name(
    noun: &str,
    names: &[&str],
    patterns: &[Pattern],
    matches: fn(&Pattern, &str) -> bool,
) -> Result<(), String> {
    let matched = names.iter().any(|name| patterns.iter().any(|pattern| matches(pattern, name)));
    if patterns.is_empty() || matched {
        return Ok(());
    }
    let patterns: Vec<&str> = patterns.iter().map(Pattern::as_str).collect();
    let of = if patterns.len() == 1 { "does not match" } else { "matches none of" };
    Err(match names {
        [] => format!("there is no {noun} that could match {}", listed(&patterns)),
        [name] => format!("the {noun} `{}` {of} {}", crate::kit::text::visible_line(name, 80), listed(&patterns)),
        [first, ..] => format!(
            "none of {} {noun}s such as `{}` matches {}",
            names.len(),
            crate::kit::text::visible_line(first, 80),
            listed(&patterns)
        ),
    })
}
