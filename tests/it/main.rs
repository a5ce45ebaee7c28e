//! Stories through the public doors.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on says where by panicking")]

mod agents;
mod brain;
mod clients;
mod driver;
mod forge_api;
mod memory;
mod real;
mod sandbox;
mod story;
