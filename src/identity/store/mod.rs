//! All SQL of the room, one file for each group of tables.

pub mod accounts;

pub mod bots;

pub mod credentials;

pub mod organisations;

pub mod teams;
