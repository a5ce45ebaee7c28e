//! `push`: a branch moved. A branch that was deleted has nothing to work on.

use crate::catalog::Pattern;
use crate::catalog::rule::OnPush;
use crate::model::Event;
use crate::model::What;
use crate::triggers::matchers::Matched;
use crate::triggers::matchers::any_name;

/// Whether the event is a push that the rule watches.
pub fn matches(on: &OnPush, event: &Event) -> Matched {
    let What::Push { branch, after, paths, .. } = &event.what else { return Matched::Other };
    let Some(after) = after else { return Matched::No(format!("the branch `{branch}` was deleted")) };
    let paths: Vec<&str> = paths.iter().map(String::as_str).collect();
    let matched = any_name("branch", &[branch.as_str()], &on.branch, Pattern::matches)
        .and_then(|()| any_name("changed path", &paths, &on.paths, Pattern::matches));
    match matched {
        Ok(()) => Matched::Yes(format!("the branch `{branch}` moved to {}", after.short())),
        Err(reason) => Matched::No(reason),
    }
}
