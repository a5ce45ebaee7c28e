//! Models that stacks may name: who set them up, what each costs, and by which key it is called.
//!
//! Who is who: a [`ModelProfile`] is a model with its key, for the gateway alone; [`Facts`] are the same without the key, as they
//! are kept, frozen and shown. A profile is [`Kept`] in the database, where an administrator set it up, or given by the
//! settings, where nobody changes it while the server runs; a given one hides a kept one of the same name. [`Models::freeze`]
//! notes the profiles of a run when it is dispatched, so that a change is for the next run; [`Models::of_run`] says them again, with
//! the key as it is then. A key is bound to its server: it is never sent to another one than it was set for.
//!
//! A run may bring a key of its own ([`Models::bring_key`]). It is sealed in the vault for as long as the run lasts, outlives a
//! restart, and is thrown away when the run has ended; that run is never called on another key.
//!
//! Every call is written down: [`Models::set_aside`] takes its worst case from the day of the repository and of its owner before it
//! is made, [`Models::settle`] books what it used, and [`Usage`] adds it up.
//!
//! Does not know HTTP, stacks, policy, or how a model is called: `gateway` does that.

mod profile;

mod draft;

mod kept;

mod frozen;

mod brought;

mod ledger;

mod usage;

mod store;

pub use draft::Draft;
pub use kept::Kept;
pub use kept::Listed;
pub use ledger::Aside;
pub use ledger::Day;
pub use ledger::DayLimits;
pub use ledger::Over;
pub use ledger::Payer;
pub use ledger::Planned;
pub use ledger::Used;
pub use profile::Facts;
pub use profile::LEAST_OUT;
pub use profile::Limits;
pub use profile::ModelProfile;
pub use profile::Price;
pub use profile::Protocol;
pub use profile::Tokens;
pub use usage::By;
pub use usage::MOST_DAYS;
pub use usage::Sums;
pub use usage::Usage;

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::db::Db;
use crate::vault::Vault;

/// The handle of the room. Cloning is cheap.
#[derive(Clone)]
pub struct Models {
    db: Db,
    vault: Vault,
    given: Arc<BTreeMap<String, ModelProfile>>,
}

impl Models {
    /// With the profiles that the settings give. Their keys are looked for in what agents say, as sealed ones are.
    pub fn new(db: Db, vault: Vault, given: BTreeMap<String, ModelProfile>) -> Self {
        given.values().for_each(|profile| vault.watch().add(&profile.key));
        Self { db, vault, given: Arc::new(given) }
    }

    /// Whether the settings give a profile of this name.
    pub fn is_given(&self, name: &str) -> bool {
        self.given.contains_key(name)
    }
}

#[cfg(test)]
mod tests;
