//! The JSON that Gitea's clients know: of answers, and of what webhooks carry ([`payload`]). Each is built from a noun by destructuring, so that a new field is a decision here.

pub mod account;

pub mod repository;

pub mod commit;
pub mod contents;

pub mod comment;
pub mod issue;
pub mod label;
pub mod milestone;

pub mod pull;
pub mod review;

pub mod status;
pub mod team;

pub mod hook;
pub mod payload;

use std::fmt::Display;

/// A number for an id of ours, as clients want one: 52 bits of it, the same every time. Nothing is found by it.
pub fn number_of(id: &impl Display) -> i64 {
    let digits: String = id.to_string().chars().rev().take(13).collect();
    let digits: String = digits.chars().rev().collect();
    i64::from_str_radix(&digits, 16).unwrap_or(0)
}
