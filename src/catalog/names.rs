//! What templates may speak of, and which events have it.

/// A name and its fields; none when it is a plain value.
pub const NAMES: [(&str, &[&str]); 15] = [
    ("repo", &[]),
    ("event", &[]),
    ("action", &[]),
    ("actor", &[]),
    ("number", &[]),
    ("label", &[]),
    ("issue", &["number", "title", "body", "state", "author", "labels"]),
    ("pull", &["number", "title", "body", "state", "author", "labels", "fork", "head", "base"]),
    ("comment", &["id", "author", "body"]),
    ("check", &["name", "conclusion", "description", "url", "sha", "signature"]),
    ("head", &["branch", "sha"]),
    ("push", &["branch", "before", "after"]),
    ("mention", &["handle", "text"]),
    ("manual", &["task", "prompt", "path", "branch"]),
    ("schedule", &["cron", "timezone", "late"]),
];

/// Fields of `pull.head` and `pull.base`.
pub const TIP: [&str; 2] = ["branch", "sha"];

/// Every event has these.
const ALWAYS: [&str; 3] = ["repo", "event", "actor"];

/// The words of `on:` and the names that such an event may have: an issue or a pull request, not both.
const OFFERED: [(&str, &[&str]); 8] = [
    ("check", &["check", "head", "pull", "number"]),
    ("mention", &["mention", "issue", "pull", "comment", "head", "number", "action"]),
    ("label", &["label", "issue", "pull", "head", "number"]),
    ("pull_request", &["pull", "head", "number", "action"]),
    ("issue", &["issue", "number", "action"]),
    ("push", &["push", "head"]),
    ("schedule", &["schedule"]),
    ("manual", &["manual", "issue", "pull", "check", "head", "number"]),
];

/// Whether an event of this kind can have this name.
pub fn may_have(kind: &str, name: &str) -> bool {
    let offered = OFFERED.iter().find(|(known, _)| *known == kind).map_or(&[] as &[&str], |(_, names)| names);
    ALWAYS.contains(&name) || offered.contains(&name)
}
