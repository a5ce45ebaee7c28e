//! Webhooks that go out: what others asked to be told, and what became of telling them.
//!
//! Who is who: a [`Hook`] is where to, and about which [`HookEvent`]s; [`HooksOf`] says whose it is: a repository's, an
//! organisation's or the server's. Its [`HookSecrets`] lie in the vault. [`announce`] writes a [`HookDelivery`] for each hook that wants to know, in the transaction of what happened. A background task of the engine
//! takes what is due, sends what [`dispatch`] makes of it through `egress`, and has [`record`] write what came back and when to
//! try again. Payloads and headers are Gitea's, so that what listens to Gitea or Forgejo listens to us.
//!
//! A delivery may arrive twice, when the server dies after sending and before writing that down; it has the same id then.

mod hook;

mod whose;

pub(super) mod sealed;

mod event;

mod delivery;

pub(super) mod announce;

mod pushed;

mod change;

mod dispatch;

mod record;

pub use delivery::HookAttempt;
pub use delivery::HookDelivery;
pub use delivery::HookDeliveryId;
pub use delivery::HookDeliveryState;
pub use dispatch::Dispatch;
pub use event::HookEvent;
pub use event::Known;
pub use hook::ContentType;
pub use hook::Flavour;
pub use hook::Hook;
pub use hook::HookChange;
pub use sealed::HookSecrets;
pub use whose::HooksOf;
