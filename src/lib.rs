//! Forgehand puts coding agents to work inside a Git forge and lets nothing leave them unseen.
//!
//! The modules are rooms in one fixed order; a room imports only rooms before it, and `tests/tidy.rs` holds that.
//! `docs/ARCHITECTURE.md` is the map.

// Ground: no product knowledge.
pub mod kit;
pub mod model;

pub mod db;
pub mod telemetry;

pub mod egress;

// Trust: who, what they may, what was done.
pub mod identity;

pub mod access;
pub mod audit;

pub mod vault;

// Material: what is worked on.
pub mod git;

pub mod forge;

pub mod events;

pub mod catalog;

pub mod memory;

// Judgement: what should happen.
pub mod policy;

pub mod triggers;

pub mod context;

pub mod proposals;

pub mod approvals;

// Work: making it happen.
pub mod runs;

pub mod sandbox;

pub mod checks;

pub mod models;

pub mod gateway;

pub mod agents;

pub mod writeback;

// Story: the only room that knows the whole.
pub mod engine;

// Doors: people and programs come in.
pub mod hooks;

pub mod api;

pub mod web;

// Roof: settings, building, commands.
pub mod config;

pub mod app;

pub mod cli;
