//! All SQL of the room: [`profiles`] that are kept, those that runs have [`frozen`], keys that were [`brought`], the [`ledger`] of calls,
//! and [`usage`], its sums.

pub mod profiles;

pub mod frozen;

pub mod brought;

pub mod ledger;

pub mod usage;
