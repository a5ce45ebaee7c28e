//! Event × rules → decisions, each with a reason that a person can read. Pure: data in, data out.
//!
//! Who is who: [`decide`] asks every rule about an event and answers one [`Decision`] a rule: it fires with a [`Firing`], it
//! skips because the event is not its own, or it refuses because the actor may not. [`admit`] then weighs a firing against
//! what runs already: dispatch, coalesce, queue or reject.
//!
//! Does not know databases, HTTP, agents or effects. What it must know of the world comes as [`Facts`] and [`Load`].
//! A new kind of event is one file in `matchers/` and one line in its table.

mod decide;

mod firing;
mod matchers;
mod values;
mod who;

mod admission;

mod sample;

#[cfg(test)]
mod tests;

pub use admission::Admission;
pub use admission::Answered;
pub use admission::Indicator;
pub use admission::Load;
pub use admission::Outcome as AdmissionOutcome;
pub use admission::admit;
pub use admission::room;
pub use decide::Decision;
pub use decide::Facts;
pub use decide::Firing;
pub use decide::Outcome;
pub use decide::Slot;
pub use decide::decide;
pub use sample::sample;
pub use values::values;
