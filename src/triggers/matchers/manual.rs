//! `manual`: a person asked for a run of the rule's stack.

use crate::catalog::rule::OnManual;
use crate::kit::text::visible_line;
use crate::model::Event;
use crate::model::What;
use crate::triggers::matchers::Matched;

/// Whether the event asks for the rule's stack.
pub fn matches(_: &OnManual, event: &Event, stack: &str) -> Matched {
    let What::Manual { stack: asked, .. } = &event.what else { return Matched::Other };
    if asked == stack {
        return Matched::Yes(format!("{} asked for `{stack}` by hand", visible_line(&event.actor.login, 80)));
    }
    Matched::No(format!("`{}` was asked for, the rule starts `{stack}`", visible_line(asked, 80)))
}
