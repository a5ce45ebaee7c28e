//! Nouns that cross rooms, and nothing else: names with rules, ids, references, events and effects.
//!
//! A noun lives here when two rooms that do not know each other speak of it. It has no SQL, no HTTP and no verbs beyond
//! making, checking and comparing itself.
//!
//! - [`name`]: owners, repositories, branches, paths, commits: each checked once, when it is made.
//! - [`id`]: one newtype for every kind of row.
//! - [`repo`]: which repository, and what a person may do in it.
//! - [`actor`]: who did something, as far as a forge can tell.
//! - [`event`]: what happened, in our words, the same for every forge.
//! - [`effect`]: what an agent wants to write back, with the target and the state that it was seen in.
//! - [`mod@reference`]: what words of a text refer to.
//! - [`verdict`]: what policy says of an effect.

pub mod name;

pub mod id;

pub mod repo;

pub mod actor;

pub mod event;

pub mod effect;

pub mod reference;

pub mod verdict;

pub use actor::ActorKind;
pub use actor::ActorRef;
pub use effect::Effect;
pub use effect::EffectKind;
pub use event::Event;
pub use event::What;
pub use id::AccountId;
pub use id::ApprovalId;
pub use id::AttemptId;
pub use id::CallId;
pub use id::DeliveryId;
pub use id::EffectId;
pub use id::EventId;
pub use id::ExecutionId;
pub use id::GrantId;
pub use id::JobId;
pub use id::PinId;
pub use id::ProfileId;
pub use id::RepoId;
pub use id::RunId;
pub use id::SecretId;
pub use id::SnapshotId;
pub use id::TokenId;
pub use id::WritebackId;
pub use name::BranchName;
pub use name::CommitId;
pub use name::OwnerName;
pub use name::RepoName;
pub use name::TreePath;
pub use reference::Reference;
pub use repo::RepoRef;
pub use repo::Role;
pub use verdict::Verdict;
