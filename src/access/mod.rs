//! Who may do what: the context of a request, actions, and the one matrix that answers.
//!
//! Who is who: [`Cx`] says who acts, through which request, at what time; every verb takes it first. [`Action`] is what
//! somebody wants to do; [`Standing`] is what is known about the actor and the thing: visibility and role.
//! [`Cx::authorize`] is the only place that says yes or no.
//!
//! Foreign and unknown look the same: without the right to read, the answer is "not found", never "denied".
//!
//! Does not know HTTP, sessions or tokens: a door turns those into an [`Actor`].

mod cx;

pub use cx::Actor;
pub use cx::Cx;
