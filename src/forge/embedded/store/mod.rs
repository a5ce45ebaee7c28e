//! All SQL of the embedded forge, one file a noun.
//!
//! A writing verb calls [`repositories::next_id`] or [`repositories::next_number`] before it touches any other row: both
//! lock the repository's row, so that writers in one repository take turns and never wait for each other in a circle.

pub mod repositories;

pub mod issues;

pub mod pulls;

pub mod entries;

pub mod review_requests;

pub mod reviews;

pub mod labels;

pub mod milestones;

pub mod statuses;

pub mod refs;

pub mod mentions;

pub mod known;

pub mod notices;

pub mod views;

pub mod watches;

pub mod outbox;

pub mod origins;

pub mod hooks;

pub mod hook_deliveries;

/// `$2, $3, …`: placeholders for a list, the first of which has this number.
fn placeholders(first: usize, count: usize) -> String {
    (first..first + count).map(|number| format!("${number}")).collect::<Vec<_>>().join(", ")
}
