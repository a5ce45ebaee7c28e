//! The small things that many pages show: each file here has its macros in `templates/parts/` under the same name.
//!
//! A part is a display-ready value: it holds words and addresses, no ids to look up and no times to format.

pub mod agents;
pub mod approval;
pub mod badge;
pub mod checks;
pub mod diff;
pub mod digest;
pub mod drawing;
pub mod effect;
pub mod execution;
pub mod field;
pub mod html;
pub mod job;
pub mod log;
pub mod memory_link;
pub mod meter;
pub mod pager;
pub mod person;
pub mod recalled;
pub mod references;
pub mod remark;
pub mod reviewers;
pub mod run;
pub mod searched;
pub mod sidebar;
pub mod size;
pub mod time;
pub mod timeline;
pub mod transcript;
pub mod window;
pub mod workspace;
