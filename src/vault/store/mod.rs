//! All SQL of the vault: [`sealed`] values, and the [`secrets`] that people named.

pub mod sealed;

pub mod secrets;
