//! Forgehand puts coding agents to work inside a Git forge and lets nothing leave them unseen.
//!
//! The modules are rooms in one fixed order; a room imports only rooms before it, and `tests/tidy.rs` holds that.
//! `docs/ARCHITECTURE.md` is the map.

// Ground: no product knowledge.
pub mod kit;
