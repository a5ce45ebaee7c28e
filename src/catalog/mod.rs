//! The files in `.agents/` at a commit: parsed, checked, resolved, with diagnostics that point at the fault.
//!
//! Who is who: [`Files`] is where files come from: a Git commit, or a folder for `config check`. [`load`] reads one
//! repository's folder into a [`Folder`]; [`resolve`] puts an organisation's folder and a repository's folder together
//! into a [`Catalog`]: the stacks, rules and policies that are in force, and every [`Diagnostic`].
//!
//! A repository whose files have any error keeps running on nothing: none of its own stacks and rules are in force, and a
//! policy that cannot be read denies everything. What was read stays in [`Catalog::aside`], to be shown.
//!
//! [`ChecksFile`] is read from the same folder, but at the commit that is checked, by [`load_checks`]: it configures no agent, so
//! its errors are told and keep nothing else from working.
//!
//! A file goes through these steps, each in its own file: `tree` (YAML with positions), `shape` (against the JSON Schema of
//! its type, so that all unknown keys and wrong values are found at once), the type itself ([`stack`], [`rule`],
//! [`policy_file`], [`checks_file`]), `check` (what one file says that types cannot check), `resolve` (names of things in other files). A new
//! key is a field with a doc comment; a new kind of value is a type with `FromStr` and a `format` in `shape`.
//!
//! `tree`, `shape` and `document` are also what `memory` reads its records with: one reader of YAML, one kind of diagnostic.
//!
//! Does not know what an event is, who may do what, or how anything runs.

mod diagnostic;

mod files;
pub mod near;
mod value;

pub mod checks_file;
pub mod cron;
pub mod names;
pub mod pattern;
pub mod period;
pub mod policy_file;
pub mod rule;
pub mod size;
pub mod stack;
pub mod template;
pub mod writeback;

mod schema;
pub mod tree;

pub mod shape;

pub mod document;

mod issue_template;

mod check;
mod check_checks;
mod skill;

mod folder;
mod load;

mod resolve;

mod directory;
mod shelf;

#[cfg(test)]
mod tests;

pub use check_checks::OF_THE_FILE;
pub use checks_file::CHECKS_FILE;
pub use checks_file::ChecksFile;
pub use diagnostic::Diagnostic;
pub use diagnostic::Severity;
pub use directory::Directory;
pub use files::Entry;
pub use files::EntryKind;
pub use files::Files;
pub use folder::Folder;
pub use folder::Found;
pub use folder::Scope;
pub use issue_template::IssueTemplate;
pub use load::Checks;
pub use load::load;
pub use load::load_checks;
pub use near::listed;
pub use pattern::Pattern;
pub use policy_file::PolicyFile;
pub use resolve::Aside;
pub use resolve::Catalog;
pub use resolve::Sourced;
pub use resolve::resolve;
pub use rule::Rule;
pub use schema::FileKind;
pub use schema::schema;
pub use shelf::AtCommit;
pub use shelf::Shelf;
pub use skill::Skill;
pub use stack::Stack;
pub use template::Template;
