//! `schedule`: the clock struck. One strike is for every rule of the repository that names the same line and time zone.

use crate::catalog::Pattern;
use crate::catalog::rule::Missed;
use crate::catalog::rule::OnSchedule;
use crate::model::Event;
use crate::model::What;
use crate::triggers::matchers::Matched;
use crate::triggers::matchers::any_name;

/// Whether the event is a strike that the rule waits for.
pub fn matches(on: &OnSchedule, event: &Event) -> Matched {
    let What::Schedule { cron, timezone, late, paths } = &event.what else { return Matched::Other };
    if *cron != on.cron.as_str() || *timezone != on.timezone.to_string() {
        let (own, zone) = (on.cron.as_str(), &on.timezone);
        return Matched::No(format!(
            "the clock struck for `{cron}` in {timezone}, the rule waits for `{own}` in {zone}"
        ));
    }
    let struck = format!("the clock struck for `{cron}` in {timezone}");
    if *late && on.missed == Missed::Skip {
        return Matched::No(format!("{struck} while no server was there, and the rule's `missed` is `skip`"));
    }
    let changed: Vec<&str> = paths.iter().map(String::as_str).collect();
    match any_name("path changed since it struck last", &changed, &on.paths, Pattern::matches) {
        Ok(()) => Matched::Yes(struck),
        Err(reason) => Matched::No(format!("{struck}, but {reason}")),
    }
}
