//! `pull_request`: something happened to a pull request.

use crate::catalog::Pattern;
use crate::catalog::listed;
use crate::catalog::rule::OnPullRequest;
use crate::catalog::rule::PullAction;
use crate::kit::text::visible_line;
use crate::model::Event;
use crate::model::What;
use crate::triggers::matchers::Matched;
use crate::triggers::matchers::any_name;

/// Whether the event is a happening on a pull request that the rule watches.
pub fn matches(on: &OnPullRequest, event: &Event) -> Matched {
    let What::PullRequest { action, pull, paths } = &event.what else { return Matched::Other };
    let wanted: Vec<&str> = on.actions.iter().map(|action| word(*action)).collect();
    if !wanted.contains(&action.as_str()) {
        let action = visible_line(action, 40);
        return Matched::No(format!("the pull request was `{action}`, the rule waits for {}", listed(&wanted)));
    }
    let paths: Vec<&str> = paths.iter().map(String::as_str).collect();
    match any_name("changed path", &paths, &on.paths, Pattern::matches) {
        Ok(()) => Matched::Yes(format!("the pull request #{} was `{action}`", pull.number)),
        Err(reason) => Matched::No(reason),
    }
}

fn word(action: PullAction) -> &'static str {
    match action {
        PullAction::Opened => "opened",
        PullAction::Synchronize => "synchronize",
        PullAction::Closed => "closed",
        PullAction::Reopened => "reopened",
        PullAction::Edited => "edited",
        PullAction::Merged => "merged",
    }
}
