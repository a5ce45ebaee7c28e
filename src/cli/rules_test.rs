//! `forgehand rules test --event FILE [PATH]`: what each rule of a work tree would do with an event, and why. Runs nothing.
//!
//! The event is JSON. Only what matters need be written: the rest is filled from a sample of its kind, and `facts` say who
//! the actor is. `{"kind": "check", "check": {"name": "lint"}, "facts": {"role": "write"}}` is a whole event.

use std::path::Path;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;
use serde::Deserialize;
use serde_json::Value;
use serde_json::json;

use crate::catalog::Catalog;
use crate::catalog::rule::OnConflict;
use crate::cli::Output;
use crate::cli::config_check;
use crate::kit::Error;
use crate::kit::Result;
use crate::kit::clock::in_words;
use crate::model::Event;
use crate::model::Role;
use crate::triggers;
use crate::triggers::Decision;
use crate::triggers::Facts;
use crate::triggers::Firing;
use crate::triggers::Outcome;

/// The kinds of events, as `kind` names them.
const KINDS: [&str; 7] = ["check", "comment", "issue", "label", "manual", "pull_request", "push"];

/// Say what each rule would do with an event, and why; runs nothing.
#[derive(Debug, Args)]
pub(super) struct Test {
    /// The event, as JSON; `-` reads it from the standard input.
    #[arg(long, value_name = "FILE")]
    event: PathBuf,
    /// The work tree, or its `.agents` folder.
    #[arg(default_value = ".")]
    path: PathBuf,
    /// A work tree of the organisation's config repository, when its rules are to be asked too.
    #[arg(long, value_name = "DIR")]
    organisation: Option<PathBuf>,
}

/// Who the actor is said to be.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Said {
    role: Option<Role>,
    teams: Vec<String>,
    member: bool,
    outsiders: Vec<String>,
}

impl Default for Said {
    fn default() -> Self {
        Self { role: Some(Role::Write), teams: Vec::new(), member: true, outsiders: Vec::new() }
    }
}

pub(super) async fn run(test: Test, output: Output) -> Result<ExitCode> {
    let root = config_check::root(&test.path)?;
    let (event, facts) = read(&test.event)?;
    let catalog = config_check::read(&root, test.organisation.as_deref()).await?.unwrap_or_default();
    let decisions = triggers::decide(&event, &catalog, &facts);
    let value = json!({ "ok": !catalog.is_broken(), "decisions": decisions.iter().map(as_json).collect::<Vec<_>>() });
    output.say(&text(&root, &catalog, &decisions), &value);
    Ok(if catalog.is_broken() { ExitCode::from(1) } else { ExitCode::SUCCESS })
}

/// The event and the facts of a file.
fn read(path: &Path) -> Result<(Event, Facts)> {
    let wrong =
        |why: String| Error::invalid(format!("Cannot use the event in `{}`: {why}", path.display())).field("event");
    let text =
        if path == Path::new("-") { std::io::read_to_string(std::io::stdin()) } else { std::fs::read_to_string(path) };
    let text = text.map_err(|error| wrong(error.to_string()))?;
    let given: Value = serde_json::from_str(&text).map_err(|error| wrong(format!("it is not JSON: {error}")))?;
    parse(given).map_err(|(why, hint)| wrong(why).hint(hint))
}

/// Fills what is left out from a sample of the event's kind.
fn parse(mut given: Value) -> Result<(Event, Facts), (String, String)> {
    let kinds = || format!("kinds are {}", crate::catalog::listed(&KINDS));
    let Some(fields) = given.as_object_mut() else { return Err(("it is not an object".into(), kinds())) };
    let facts = fields.remove("facts").unwrap_or_else(|| json!({}));
    let facts: Said = serde_json::from_value(facts)
        .map_err(|error| (format!("`facts`: {error}"), "write `{\"role\": \"write\", \"member\": true}`".into()))?;
    if let Some(login) = fields.get("actor").and_then(Value::as_str).map(str::to_owned) {
        fields.insert("actor".into(), json!({ "login": login }));
    }
    if let Some((owner, name)) = fields.get("repo").and_then(Value::as_str).and_then(|repo| repo.split_once('/')) {
        let repo = json!({ "owner": owner, "name": name });
        fields.insert("repo".into(), repo);
    }
    let kind = fields.get("kind").and_then(Value::as_str).unwrap_or_default();
    let Some(mut whole) = triggers::sample(kind) else {
        return Err((format!("`{kind}` is not a kind of event"), kinds()));
    };
    let unknown = fields.keys().find(|key| whole.get(key.as_str()).is_none());
    if let Some(unknown) = unknown {
        let known: Vec<&str> = whole.as_object().into_iter().flatten().map(|(key, _)| key.as_str()).collect();
        let hint = format!("it has {} and `facts`", crate::catalog::listed(&known));
        return Err((format!("`{unknown}` is not a field of a `{kind}` event"), hint));
    }
    let on_pull = fields.get("pull").is_some_and(Value::is_object) && !fields.contains_key("issue");
    let about_pull = triggers::sample("pull_request").map(|sample| sample["pull"].clone()).unwrap_or_default();
    if on_pull && whole["pull"].is_null() {
        whole["pull"] = about_pull;
        if whole.get("issue").is_some() {
            whole["issue"] = Value::Null;
        }
    }
    merge(&mut whole, given);
    let event = serde_json::from_value(whole).map_err(|error| (error.to_string(), kinds()))?;
    let Said { role, teams, member, outsiders } = facts;
    Ok((event, Facts { actor_role: role, actor_teams: teams, member, outsiders }))
}

fn merge(whole: &mut Value, with: Value) {
    match (whole, with) {
        (Value::Object(whole), Value::Object(with)) => {
            for (key, value) in with {
                merge(whole.entry(key).or_insert(Value::Null), value);
            }
        }
        (whole, with) => *whole = with,
    }
}

fn text(root: &Path, catalog: &Catalog, decisions: &[Decision]) -> String {
    let mut lines: Vec<String> = Vec::new();
    for diagnostic in config_check::placed(root, &catalog.diagnostics) {
        if diagnostic.severity.as_str() == "error" {
            lines.push(diagnostic.to_string());
        }
    }
    if decisions.is_empty() {
        lines.push(format!("there are no rules in `{}`", root.display()));
    }
    for decision in decisions {
        let (word, reason) = words(&decision.outcome);
        lines.push(format!("{} {word}: {reason}", decision.rule));
        if let Outcome::Fires(firing) = &decision.outcome {
            lines.push(details(firing));
        }
    }
    lines.join("\n")
}

fn words(outcome: &Outcome) -> (&'static str, &str) {
    match outcome {
        Outcome::Fires(firing) => ("fires", &firing.reason),
        Outcome::Skips { reason } => ("skips", reason),
        Outcome::Refuses { reason } => ("refuses", reason),
    }
}

fn details(firing: &Firing) -> String {
    let Firing { stack, task, prompt, dedupe_key, window, concurrency, untrusted, reason: _ } = firing;
    let mut lines = vec![format!("  stack        {stack}"), format!("  task         {task}")];
    if let Some(key) = dedupe_key {
        lines.push(format!("  dedupe       {key} within {}", in_words(*window)));
    }
    if let Some(slot) = concurrency {
        lines.push(format!("  concurrency  {} at most {}, then {}", slot.key, slot.max, conflict(slot.on_conflict)));
    }
    if *untrusted {
        lines.push("  untrusted    a person decides about every effect".into());
    }
    lines.extend(prompt.lines().map(|line| format!("  | {line}")));
    lines.join("\n")
}

fn as_json(decision: &Decision) -> Value {
    let (word, reason) = words(&decision.outcome);
    let firing = match &decision.outcome {
        Outcome::Fires(firing) => json!({
            "stack": firing.stack,
            "task": firing.task,
            "prompt": firing.prompt,
            "dedupe_key": firing.dedupe_key,
            "window_seconds": firing.window.as_secs(),
            "concurrency": firing.concurrency.as_ref().map(|slot| json!({
                "key": slot.key, "max": slot.max, "on_conflict": conflict(slot.on_conflict),
            })),
            "untrusted": firing.untrusted,
        }),
        Outcome::Skips { .. } | Outcome::Refuses { .. } => Value::Null,
    };
    json!({ "rule": decision.rule, "path": decision.path, "outcome": word, "reason": reason, "firing": firing })
}

fn conflict(word: OnConflict) -> &'static str {
    match word {
        OnConflict::Queue => "queue",
        OnConflict::Coalesce => "coalesce",
        OnConflict::Reject => "reject",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(given: Value) -> (Event, Facts) {
        parse(given).unwrap_or_else(|(why, hint)| panic!("{why}; {hint}"))
    }

    #[test]
    fn a_few_words_are_an_event() {
        let (event, facts) =
            read(json!({ "kind": "check", "check": { "name": "lint" }, "actor": "ci", "repo": "a/b" }));
        assert_eq!((event.actor.login.as_str(), event.repo.to_string().as_str()), ("ci", "a/b"));
        assert_eq!(facts.actor_role, Some(Role::Write));
        let (event, facts) = read(json!({ "kind": "comment", "pull": { "fork": true }, "facts": { "role": null } }));
        assert!(event.what.issue().is_none() && event.what.pull().is_some_and(|pull| pull.fork));
        assert_eq!(facts.actor_role, None);
        for kind in KINDS {
            read(json!({ "kind": kind }));
        }
    }

    #[test]
    fn an_event_that_cannot_be_read_says_why() {
        for (given, why) in [
            (json!([]), "it is not an object"),
            (json!({}), "`` is not a kind of event"),
            (json!({ "kind": "deploy" }), "`deploy` is not a kind of event"),
            (json!({ "kind": "push", "brunch": "main" }), "`brunch` is not a field of a `push` event"),
            (json!({ "kind": "push", "branch": "a b" }), "`a b` is not a branch name"),
            (json!({ "kind": "push", "facts": { "rule": 1 } }), "`facts`: unknown field `rule`"),
        ] {
            let (said, _) = parse(given).expect_err("not an event");
            assert!(said.starts_with(why), "{said}");
        }
    }
}
