//! Where repositories, issues, pull requests and checks live, whoever keeps them.
//!
//! Who is who: [`Reader`] answers what a decision needs to know about the present: heads, states, labels, roles.
//! [`Writer`] is the one hand that writes for agents; only `writeback` holds it. Each of its verbs carries a [`Marker`],
//! so that what was done before a crash is found and not done again. A driver implements both.
//!
//! [`embedded`] is the driver that needs nothing else: the product's own forge, with its verbs for people.
//!
//! Does not know rules, runs, proposals or policy. A new driver is a new folder here with both traits.

mod reader;

mod writer;

pub mod embedded;

pub use reader::Reader;
pub use writer::Marker;
pub use writer::NewIssue;
pub use writer::NewPull;
pub use writer::Writer;
pub use writer::Written;
