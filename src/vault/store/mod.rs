//! All SQL of the vault: [`sealed`] values, the [`secrets`] that people named, and the [`pins`] of tools.

pub mod pins;

pub mod sealed;

pub mod secrets;
