//! What would the rules do with this event, and why; runs nothing.

use crate::access::Action;
use crate::access::Cx;
use crate::engine::Engine;
use crate::forge::embedded::Place;
use crate::kit::Result;
use crate::model::Event;
use crate::triggers::Decision;

impl Engine {
    /// Asks the rules that are in force about an event that did not happen. The event's repository is the place's own,
    /// whatever it says.
    pub async fn dry_run(&self, cx: &Cx, place: &Place, event: Event) -> Result<Vec<Decision>> {
        cx.authorize(Action::DispatchRun, &place.standing)?;
        let event = Event { repo: place.repository.reference(), ..event };
        match self.trusted(&event.repo).await? {
            Some(trusted) => self.ask_rules(&event, &trusted).await,
            None => Ok(Vec::new()),
        }
    }
}
