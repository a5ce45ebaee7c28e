//! The company brain: what an organisation knows, as small files in Git, read at a commit.
//!
//! Who is who: a [`Brain`] is a tree of files as it was parsed; each [`Entry`] in it is a [`Record`] with an immutable
//! [`RecordId`], or a free note. An [`Ontology`] says which kinds of records and edges there are; [`check`] holds a brain
//! against it and answers with the same [`Diagnostic`](crate::catalog::Diagnostic)s that `.agents/` gets.
//!
//! A file goes through these steps, each in its own file: [`layout`] (what its path says that it is), [`header`] (the keys of a
//! record, and their JSON Schemas), [`parse`] (entries with their lines), [`check`] (what one file, and all of them together, say
//! that is not so). Parsing looks at the path and the bytes alone: never at other files, the ontology or the clock. That is what
//! lets an index keep what a blob gave for every commit that holds it.
//!
//! [`Memory`] is the handle: the brain of an organisation at a moment ([`When`]) is a [`index::View`], which [`query`] asks,
//! [`stale`] ages, and [`snapshot`] keeps for a run. [`merge`] joins two changes of one record. [`health`] and [`uses`] say how a
//! brain fares, [`related`] what of it is about a repository. [`import`]
//! makes files of a brain from what is none.
//!
//! Broken YAML hides its file, not the brain. Links and submodules are never followed; names, bytes and texts are hostile.
//!
//! Does not know agents, runs, effects or who may read: a caller hands in what is hidden from whom it asks for.
//!
//! To add a rule: a file in `check/` and a line in [`check::brain`].

pub mod day;
pub mod record_id;

pub mod citation;

pub mod layout;
pub mod record;

pub mod header;

pub mod ontology;

mod markdown;
pub mod parse;

pub mod brain;

pub mod check;

pub mod folder;

pub mod at_commit;

pub mod seed;

pub mod when;

pub mod index;

pub mod query;

pub mod stale;

pub mod merge;

mod handle;

pub mod snapshot;

pub mod uses;

pub mod health;

pub mod import;

pub mod related;

mod store;

pub use brain::Base;
pub use brain::Brain;
pub use brain::RawFile;
pub use citation::Citation;
pub use day::Day;
pub use handle::Memory;
pub use handle::REPOSITORY;
pub use handle::Whole;
pub use layout::Class;
pub use ontology::Ontology;
pub use parse::Entry;
pub use parse::Parsed;
pub use record::Edge;
pub use record::Record;
pub use record::Sensitivity;
pub use record_id::RecordId;
pub use when::When;
