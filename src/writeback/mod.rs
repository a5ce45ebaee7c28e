//! Writeback: the one executor that writes on a forge. It takes [`crate::approvals::Approved`] effects and nothing else.
//!
//! Who is who: a [`WriteBack`] is the row of one effect that is to be written, made in the same transaction as the
//! decision. [`Executor::apply`] writes it: is it there already? does the expected state still hold? then once. What it
//! says comes back as an [`Outcome`], which `engine` stores.
//!
//! Forges know no idempotency keys, so each effect is looked for before it is written: by a marker in a comment or pull
//! request, by the commit that a branch points to (the commit is made the same way each time, so it has the same id).
//!
//! Deliberately does not know agents, rules, or how people decided.
//!
//! To add an effect kind: a file here, and a line in `execute.rs`.

mod write_back;

mod store;

mod expected;

mod execute;

mod code;

mod comment;

mod push;

mod pull_request;

mod labels;

mod check_rerun;

mod review;

mod issue;

mod answer;

pub use execute::Executor;
pub use execute::Order;
pub use execute::Outcome;
pub use expected::moved;
pub use write_back::WriteBack;
pub use write_back::WriteBackState;
pub use write_back::WriteBacks;
