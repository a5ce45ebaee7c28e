//! All SQL of the room: [`profiles`] that are kept, those that runs have [`frozen`], keys that were [`brought`].

pub mod profiles;

pub mod frozen;

pub mod brought;
