//! What an event gives to templates: text, numbers and lists of text, nothing that can be called.

use std::collections::BTreeMap;

use minijinja::Value;

use crate::catalog::template::Values;
use crate::model::BranchName;
use crate::model::CommitId;
use crate::model::Event;
use crate::model::What;
use crate::model::event::Check;
use crate::model::event::Issue;
use crate::model::event::Pull;
use crate::model::event::Tip;
use crate::triggers::matchers::mention;

/// The values of an event, for templates. `handle` is the one that was mentioned, when a mention matched.
pub fn values(event: &Event, handle: Option<&str>) -> Values {
    let mut values = Values::default();
    values.set("repo", event.repo.to_string());
    values.set("event", event.what.name());
    values.set("actor", event.actor.login.clone());
    if let Some(number) = event.what.number() {
        values.set("number", number);
    }
    if let Some(shown) = event.what.issue() {
        values.set("issue", issue(shown));
    }
    if let Some(shown) = event.what.pull() {
        values.set("pull", pull(shown));
    }
    if let Some(shown) = event.what.tip() {
        values.set("head", tip(&shown));
    }
    if let Some((handle, told)) = handle.and_then(|handle| Some((handle, mention::told(event, handle)?))) {
        values.set("mention", map([("handle", handle.into()), ("text", told.into())]));
    }
    match &event.what {
        What::Issue { action, .. } | What::PullRequest { action, .. } => values.set("action", action.clone()),
        What::Comment { comment, .. } => {
            let (path, lines) = comment.lines.as_ref().map_or(("", String::new()), |lines| {
                let place = lines.to_string();
                (lines.path.as_str(), place.rsplit(':').next().unwrap_or_default().to_owned())
            });
            values.set(
                "comment",
                map([
                    ("id", comment.id.as_str().into()),
                    ("author", comment.author.as_str().into()),
                    ("body", comment.body.as_str().into()),
                    ("path", path.into()),
                    ("lines", lines.into()),
                ]),
            );
        }
        What::Label { label, .. } => values.set("label", label.clone()),
        What::Push { branch, before, after, .. } => {
            let fields =
                [("branch", name(Some(branch))), ("before", id(before.as_ref())), ("after", id(after.as_ref()))];
            values.set("push", map(fields));
        }
        What::Check { check: shown, branches, .. } => {
            values.set("check", check(shown));
            if event.what.tip().is_none() {
                let branch = name(branches.first());
                values.set("head", map([("branch", branch), ("sha", id(Some(&shown.sha)))]));
            }
        }
        What::Schedule { cron, timezone, late, .. } => {
            let fields =
                [("cron", cron.as_str().into()), ("timezone", timezone.as_str().into()), ("late", (*late).into())];
            values.set("schedule", map(fields));
        }
        What::Manual { task, prompt, path, branch, check: shown, .. } => {
            let path = path.as_deref().unwrap_or_default();
            values.set(
                "manual",
                map([
                    ("task", task.as_str().into()),
                    ("prompt", prompt.as_str().into()),
                    ("path", path.into()),
                    ("branch", name(branch.as_ref())),
                ]),
            );
            if let Some(shown) = shown {
                values.set("check", check(shown));
            }
        }
    }
    values
}

fn issue(issue: &Issue) -> Value {
    let Issue { number, title, body, state, author, labels } = issue;
    map([
        ("number", (*number).into()),
        ("title", title.as_str().into()),
        ("body", body.as_str().into()),
        ("state", state.as_str().into()),
        ("author", author.as_str().into()),
        ("labels", labels.clone().into()),
    ])
}

fn pull(pull: &Pull) -> Value {
    let Pull { number, title, body, state, author, labels, base, head, fork } = pull;
    map([
        ("number", (*number).into()),
        ("title", title.as_str().into()),
        ("body", body.as_str().into()),
        ("state", state.as_str().into()),
        ("author", author.as_str().into()),
        ("labels", labels.clone().into()),
        ("base", tip(base)),
        ("head", tip(head)),
        ("fork", (*fork).into()),
    ])
}

fn check(check: &Check) -> Value {
    map([
        ("name", check.name.as_str().into()),
        ("sha", id(Some(&check.sha))),
        ("conclusion", check.conclusion.as_str().into()),
        ("description", check.description.as_str().into()),
        ("url", check.url.as_str().into()),
        ("signature", check.signature.as_str().into()),
    ])
}

fn tip(tip: &Tip) -> Value {
    map([("branch", name(Some(&tip.branch))), ("sha", id(Some(&tip.sha)))])
}

fn name(branch: Option<&BranchName>) -> Value {
    branch.map(BranchName::as_str).unwrap_or_default().into()
}

fn id(commit: Option<&CommitId>) -> Value {
    commit.map(CommitId::as_str).unwrap_or_default().into()
}

fn map<const N: usize>(fields: [(&'static str, Value); N]) -> Value {
    Value::from(BTreeMap::from(fields))
}
