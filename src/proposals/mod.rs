//! To be furnished.

pub mod draft;
