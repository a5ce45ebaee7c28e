//! `check`: a check ended, or a commit status was posted.

use crate::catalog::Pattern;
use crate::catalog::listed;
use crate::catalog::rule::Conclusion;
use crate::catalog::rule::OnCheck;
use crate::kit::text::visible_line;
use crate::model::Event;
use crate::model::What;
use crate::triggers::matchers::Matched;
use crate::triggers::matchers::any_name;

/// Whether the event is a check that the rule watches.
pub fn matches(on: &OnCheck, event: &Event) -> Matched {
    let What::Check { check, branches, pull } = &event.what else { return Matched::Other };
    let wanted: Vec<&str> = on.conclusion.iter().map(|conclusion| word(*conclusion)).collect();
    if !wanted.contains(&check.conclusion.as_str()) {
        let ended = visible_line(&check.conclusion, 40);
        return Matched::No(format!("the check ended as `{ended}`, the rule waits for {}", listed(&wanted)));
    }
    if let Err(reason) = any_name("check", &[&check.name], &on.name, Pattern::matches_name) {
        return Matched::No(reason);
    }
    let mut heads: Vec<&str> = branches.iter().map(AsRef::as_ref).collect();
    heads.extend(pull.as_ref().map(|pull| pull.head.branch.as_str()));
    if let Err(reason) = any_name("branch", &heads, &on.branch, Pattern::matches) {
        return Matched::No(reason);
    }
    if let Err(reason) = any_name("signature", &[&check.signature], &on.signature, Pattern::matches_name) {
        return Matched::No(reason);
    }
    let name = visible_line(&check.name, 80);
    Matched::Yes(format!("the check `{name}` ended as `{}` on {}", check.conclusion, check.sha.short()))
}

fn word(conclusion: Conclusion) -> &'static str {
    match conclusion {
        Conclusion::Success => "success",
        Conclusion::Failure => "failure",
        Conclusion::Error => "error",
        Conclusion::Pending => "pending",
    }
}
