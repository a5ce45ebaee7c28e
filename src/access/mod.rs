//! Who may do what: the context of a request, actions, and the one matrix that answers.
//!
//! Who is who: [`Cx`] says who acts, through which request, at what time; every verb takes it first. [`Action`] is what
//! somebody wants to do; [`Standing`] is what is known about the actor and the thing: visibility and role.
//! [`Cx::authorize`] is the only place that says yes or no, for pages, APIs and Git alike. [`Access`] keeps the roles
//! that were given to single people, in which repositories those of teams count, and works out a [`Standing`]; it also knows which requests were answered [`Before`].
//!
//! Foreign and unknown look the same: without the right to read, the answer is "not found", never "denied".
//!
//! Does not know HTTP, sessions or tokens: a door turns those into an [`Actor`]. Does not know repositories beyond
//! [`RepoFacts`], which the forge hands in.
//!
//! To add an action, add it to [`Action`] and say there which role and which scope it needs; the golden matrix in
//! `snapshots/` then shows the new row for a reviewer to read.

mod cx;

mod action;

mod authorize;

pub mod scope;

mod roles;

mod answered;

mod store;

pub use action::Action;
pub use action::Needs;
pub use answered::Before;
pub use authorize::Standing;
pub use cx::Actor;
pub use cx::Cx;
pub use roles::Access;
pub use roles::Collaborator;
pub use roles::Readable;
pub use roles::RepoFacts;
pub use scope::Scope;

#[cfg(test)]
mod tests;
