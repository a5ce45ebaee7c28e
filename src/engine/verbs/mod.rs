//! Verbs that span rooms, one a file: what doors call, and what background tasks do.

pub mod commands;

mod decide_event;

mod dispatch;

mod dry_run;

mod replay;

pub mod propose;

mod code;

mod remember;

pub mod check_brain;

mod found_brain;

pub mod import_memory;

mod import_runs;

mod decide_approval;

mod show;

mod hooks;
mod issue_templates;

mod origins;

mod moved;

mod settle_run;

mod steer;

mod fork;

mod workspaces;

mod edit_agents;

mod why;

mod ask;

mod wind;

mod waiting;

mod accounts;
mod administer;
mod bots;
mod models;
mod secrets;
mod teams;
mod tool_pins;
mod usage;

mod check_agents;

pub use accounts::FirstVisitor;
pub use administer::Membership;
pub use decide_approval::DecideApproval;
pub use dispatch::Dispatch;
pub use dispatch::DispatchFrom;
pub use edit_agents::EditFile;
pub use edit_agents::Edited;
pub use edit_agents::Onto;
pub use fork::Fork;
pub use origins::MirrorChange;
pub use propose::Proposing;
pub use secrets::Holder;
pub use secrets::Need;
pub use tool_pins::ToolAnswer;
