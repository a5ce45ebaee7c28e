//! Proposals: what an agent wants to write back, checked when it is proposed, kept as bytes that people decide on.
//!
//! Who is who: a [`Draft`] is what an agent says it wants. A [`Proposed`] effect has a target, the state that the target
//! was seen in, a payload, a digest and a verdict; it never changes. [`check`] is the list of what no proposal may hold,
//! told to the agent so that it can mend it. [`View`] is what a person sees: a pure function of the bytes, from which
//! they can be recovered.
//!
//! Deliberately does not know who decides (`approvals`) nor how it is written (`writeback`), and reads no forge: facts
//! about targets are handed in.
//!
//! To add an effect kind: a variant of `model::effect::Payload`, its draft, its check, its view; the compiler names
//! the rest.

pub mod check;

pub mod draft;

mod lines;

mod proposed;

mod store;

mod view;

pub use draft::Draft;
pub use proposed::NewProposed;
pub use proposed::Proposed;
pub use proposed::Stored;
pub use proposed::Terms;
pub use view::Blobs;
pub use view::Fact;
pub use view::FileBody;
pub use view::FileView;
pub use view::Line;
pub use view::Part;
pub use view::View;

use crate::db::Db;

/// The handle of this room.
#[derive(Clone)]
pub struct Proposals {
    db: Db,
}

impl Proposals {
    /// Over this database.
    pub fn new(db: Db) -> Self {
        Self { db }
    }
}
