//! How the work of an agent that others wrote ended: by the tree, and by what was proposed.
//!
//! Its exit code and the reason that it gives for stopping say nothing: after a refused key some exit with 0, and a refused
//! permission still ends as if all were well. So we look at what is there.

use std::path::Path;
use std::time::Duration;

use serde_json::Value;
use serde_json::json;

use crate::agents::inside::Ended;
use crate::agents::inside::command;
use crate::agents::inside::gateway::Gateway;
use crate::gateway::ports::FailureCode;

/// The checkout before or after the agent worked; equal ones differ in nothing that it could have meant.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Tree(String);

/// How an agent stopped, in its own words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Stopped {
    /// It says that it is done.
    Done,
    /// It says that it cannot, or ended in the middle.
    Broken(String),
    /// It said nothing for too long.
    OutOfTime(String),
}

/// What there is to see.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Left {
    /// The tree differs from what the agent was given.
    pub(super) changed: bool,
    /// It proposed something by itself.
    pub(super) proposed: bool,
}

/// How long a look at the tree may take.
const PATIENCE: Duration = Duration::from_secs(60);

impl Tree {
    /// Looks at a checkout: its commit and what is not in it yet.
    pub(super) fn look(root: &Path) -> Self {
        let told = |arguments: &[&str]| {
            let argv = [&["git"], arguments].concat();
            command::run(&argv, root, PATIENCE).map(|ran| ran.output).unwrap_or_default()
        };
        let head = told(&["rev-parse", "HEAD"]);
        // The difference too: a file that was dirty before may have changed again.
        Self(format!(
            "{head}{}{}",
            told(&["status", "--porcelain", "--untracked-files=all"]),
            told(&["diff", "--no-ext-diff"])
        ))
    }
}

impl Left {
    /// Compares, and asks the gateway what was proposed.
    pub(super) fn look(before: &Tree, root: &Path, gateway: &Gateway) -> Self {
        let proposed = gateway.tool("proposals", &json!({})).ok();
        let proposed = proposed.as_ref().and_then(Value::as_array).is_some_and(|list| !list.is_empty());
        Self { changed: *before != Tree::look(root), proposed }
    }
}

/// The end of the attempt.
pub(super) fn judge(left: Left, stopped: &Stopped, words: &str) -> Ended {
    let words = words.trim();
    let said = |otherwise: &str| if words.is_empty() { otherwise.to_owned() } else { words.to_owned() };
    match (stopped, left.changed || left.proposed) {
        (Stopped::OutOfTime(message), _) => Ended::failed(FailureCode::OutOfTime, message),
        (Stopped::Done, true) => Ended::Finished(said("The agent is done and said nothing")),
        (Stopped::Broken(why), true) => Ended::Finished(format!(
            "{}\n\nThe agent did not end well: {why}. What it left is kept for people to judge.",
            said("The agent changed something")
        )),
        (Stopped::Broken(why), false) => Ended::failed(FailureCode::AgentError, why),
        (Stopped::Done, false) if words.is_empty() => Ended::failed(
            FailureCode::FailedSafe,
            "The agent ended without a word, and nothing was changed or proposed",
        ),
        (Stopped::Done, false) => Ended::Finished(format!("{words}\n\nNothing was changed, and nothing was proposed.")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(changed: bool, proposed: bool, stopped: Stopped, words: &str) -> String {
        match judge(Left { changed, proposed }, &stopped, words) {
            Ended::Finished(summary) => format!("finished: {summary}"),
            Ended::Failed(code, message) => format!("{code:?}: {message}"),
            Ended::Stopped(message) => message,
        }
    }

    #[test]
    fn an_end_is_judged_by_what_is_left_and_not_by_what_is_said() {
        let broken = || Stopped::Broken("it exited with 1".into());
        let late = || Stopped::OutOfTime("Its time was up".into());
        let all = [
            told(true, false, Stopped::Done, "Fixed."),
            told(true, false, broken(), ""),
            told(false, false, Stopped::Done, "API Error: 401"),
            told(false, false, Stopped::Done, " "),
            told(false, true, Stopped::Done, ""),
            told(false, false, broken(), "I try"),
            told(true, true, late(), "I try"),
        ];
        insta::assert_snapshot!(all.join("\n---\n"));
    }
}
