//! The story of one event, from a delivery to a write on the forge, as people and programs see it through the doors.

mod agents;
mod approvals;
mod attacker;
mod audit;
mod checks;
mod clock;
mod code;
mod deliveries;
mod events;
mod faults;
mod forks;
mod gone_on;
mod issues;
mod killed;
mod kinds;
mod mended;
mod numbers;
mod pages;
mod queued;
mod refused;
mod steered;
mod strangers;
mod titles;
mod transcripts;
mod webhooks;
mod workspaces;
