//! Everything that an agent is shown, gathered in layers, each part with its source, its digest and its trust.
//!
//! ```text
//! house rules · stack prompt · skills · AGENTS.md        what the agent is         → the system message
//! task · source object · conversation · check log        what it is asked to do    → the first user message
//! what happened before · what a person says now          where it goes on
//! ```
//!
//! Who is who: [`Input`] is what the engine loaded; [`assemble`] turns it into a [`Bundle`] of [`Part`]s: redacted,
//! bounded, digested. A bundle is frozen with its attempt and shown on the run's page; a retry uses the same bytes.
//! [`Bundle::system`] and [`Bundle::task`] are what a model reads; text of people we do not trust stands there between
//! fences and is called data.
//!
//! Pure: loads nothing and asks nobody. Does not know agent protocols, forges or models. A new source is one file in
//! `sources/` and one line in [`Layer`].

mod assemble;

mod sources;

mod bundle;
mod input;

pub use assemble::assemble;
pub use bundle::Bundle;
pub use bundle::Part;
pub use bundle::Snapshot;
pub use bundle::Trust;
pub use input::Check;
pub use input::Continuation;
pub use input::Input;
pub use input::Layer;
pub use input::Piece;
pub use input::Recalled;
pub use input::Remark;
pub use input::Skill;
