//! `label`: a label was put on an issue or pull request.

use crate::catalog::Pattern;
use crate::catalog::rule::OnLabel;
use crate::kit::text::visible_line;
use crate::model::Event;
use crate::model::What;
use crate::triggers::matchers::Matched;
use crate::triggers::matchers::any_name;

/// Whether the event is a label that the rule watches.
pub fn matches(on: &OnLabel, event: &Event) -> Matched {
    let What::Label { label, .. } = &event.what else { return Matched::Other };
    match any_name("label", &[label], &on.name, Pattern::matches_name) {
        Ok(()) => Matched::Yes(format!("the label `{}` was put on", visible_line(label, 80))),
        Err(reason) => Matched::No(reason),
    }
}
