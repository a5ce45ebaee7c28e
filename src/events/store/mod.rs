//! All SQL of the room, one file for each table; and [`burst`], the intake's own way into SQLite.

pub mod burst;

pub mod deliveries;

pub mod executions;

pub mod inbox;

pub mod strikes;
