//! What the tests of every room need of a database.

pub mod scratch;
