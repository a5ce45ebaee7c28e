//! `issue`: something happened to an issue.

use crate::catalog::listed;
use crate::catalog::rule::IssueAction;
use crate::catalog::rule::OnIssue;
use crate::kit::text::visible_line;
use crate::model::Event;
use crate::model::What;
use crate::triggers::matchers::Matched;

/// Whether the event is a happening on an issue that the rule watches.
pub fn matches(on: &OnIssue, event: &Event) -> Matched {
    let What::Issue { action, issue } = &event.what else { return Matched::Other };
    let wanted: Vec<&str> = on.actions.iter().map(|action| word(*action)).collect();
    if wanted.contains(&action.as_str()) {
        return Matched::Yes(format!("the issue #{} was `{action}`", issue.number));
    }
    let action = visible_line(action, 40);
    Matched::No(format!("the issue was `{action}`, the rule waits for {}", listed(&wanted)))
}

fn word(action: IssueAction) -> &'static str {
    match action {
        IssueAction::Opened => "opened",
        IssueAction::Edited => "edited",
        IssueAction::Closed => "closed",
        IssueAction::Reopened => "reopened",
    }
}
