//! All SQL of the room, one file for each table.

pub mod deliveries;

pub mod executions;

pub mod inbox;
