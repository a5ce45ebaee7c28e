//! Reading the whole chain again and naming the first entry that is not as it was written.

use std::collections::BTreeMap;

use crate::audit::Audit;
use crate::audit::Checkpoint;
use crate::audit::Head;
use crate::audit::Recorded;
use crate::audit::keys::Keys;
use crate::audit::store;
use crate::kit::Result;
use crate::kit::digest::Digest;

/// What reading the whole chain came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verification {
    /// Every entry is as it was written, and none is missing.
    Good {
        /// How many there are.
        entries: i64,
        /// The hash of the last one.
        head: Digest,
        /// How many checkpoints agree.
        checkpoints: usize,
    },
    /// From this entry on, the log is not what was written.
    Bad {
        /// The first bad entry.
        sequence: i64,
        /// What is wrong with it, in a sentence.
        why: String,
    },
}

/// Entries read at once.
const SOME: i64 = 500;

impl Audit {
    /// Reads the whole chain, and compares it with its head, with the checkpoints in the data directory, and with one
    /// that somebody kept elsewhere.
    pub async fn verify(&self, kept: Option<&Checkpoint>) -> Result<Verification> {
        let mut checkpoints = self.checkpoints.read()?;
        checkpoints.extend(kept.cloned());
        if let Some(forged) = checkpoints.iter().find(|one| !is_genuine(&self.keys, one)) {
            return Ok(bad(forged.sequence, "a checkpoint names it that was not signed by a key of this log"));
        }
        let mut connection = self.db.read().await?;
        let (head, last) = store::head_and_last(&mut connection).await?;
        let mut chain = Chain::new(&self.keys, &checkpoints);
        while chain.next <= last {
            let entries = store::from(&mut connection, chain.next, SOME).await?;
            let some = entries.into_iter().take_while(|entry| entry.sequence <= last).collect::<Vec<_>>();
            if some.is_empty() {
                break;
            }
            for entry in &some {
                if let Some(why) = chain.wrong_with(entry) {
                    return Ok(bad(chain.next, &why));
                }
            }
        }
        Ok(chain.end(&head))
    }
}

fn is_genuine(keys: &Keys, checkpoint: &Checkpoint) -> bool {
    let signed = Head::signed(checkpoint.sequence, checkpoint.at, &checkpoint.hash);
    keys.verify(&checkpoint.key, &signed, &checkpoint.signature)
}

fn bad(sequence: i64, why: &str) -> Verification {
    Verification::Bad { sequence, why: why.to_owned() }
}

/// The state of reading: what the next entry must be.
struct Chain<'a> {
    keys: &'a Keys,
    next: i64,
    previous: Digest,
    checkpoints: BTreeMap<i64, Digest>,
    highest_checkpoint: i64,
    agreed: usize,
}

impl<'a> Chain<'a> {
    fn new(keys: &'a Keys, checkpoints: &[Checkpoint]) -> Self {
        Self {
            keys,
            next: 1,
            previous: store::nothing_before(),
            checkpoints: checkpoints.iter().map(|one| (one.sequence, one.hash)).collect(),
            highest_checkpoint: checkpoints.iter().map(|one| one.sequence).max().unwrap_or(0),
            agreed: 0,
        }
    }

    /// What is wrong with the entry that stands where the next one must; if nothing, the reading moves on.
    fn wrong_with(&mut self, entry: &Recorded) -> Option<String> {
        if entry.sequence != self.next {
            return Some(format!("it is missing: the next entry that is here is {}", entry.sequence));
        }
        if entry.computed_hash() != entry.hash {
            return Some("its content does not match its hash: it was edited, or put in another one's place".into());
        }
        if entry.previous != self.previous {
            return Some("it does not follow the entry before it".into());
        }
        if !self.keys.verify(&entry.key, &entry.signed(), &entry.signature) {
            return Some("its signature is not by a key of this log: it was rewritten or inserted".into());
        }
        if let Some(hash) = self.checkpoints.get(&entry.sequence) {
            if *hash != entry.hash {
                return Some("a checkpoint outside the database holds another hash for it".into());
            }
            self.agreed += 1;
        }
        self.previous = entry.hash;
        self.next += 1;
        None
    }

    /// Whether the end of the chain is where the head and the checkpoints say.
    fn end(self, head: &Head) -> Verification {
        let last = self.next - 1;
        if self.highest_checkpoint > last {
            let why =
                format!("it is missing: a checkpoint outside the database names entry {}", self.highest_checkpoint);
            return bad(self.next, &why);
        }
        if head.sequence > last {
            return bad(self.next, &format!("it is missing: the signed head names entry {}", head.sequence));
        }
        if head.sequence < last {
            return bad(head.sequence + 1, "it stands after the signed head");
        }
        let signed = Head::signed(head.sequence, head.at, &head.hash);
        let genuine = head.hash == self.previous && self.keys.verify(&head.key, &signed, &head.signature);
        if last > 0 && !genuine {
            return bad(last, "the head that names it was not signed by a key of this log");
        }
        Verification::Good { entries: last, head: self.previous, checkpoints: self.agreed }
    }
}
