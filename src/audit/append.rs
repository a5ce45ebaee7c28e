//! Putting an entry at the end of the chain, in the transaction of the deed.

use crate::access::Cx;
use crate::audit::Audit;
use crate::audit::Entry;
use crate::audit::Head;
use crate::audit::Recorded;
use crate::audit::store;
use crate::db::Tx;
use crate::kit::Result;
use crate::kit::digest::Digest;

impl Audit {
    /// Writes an entry in this transaction. From here until the transaction ends, nobody else can append: call it late.
    pub async fn append(&self, tx: &mut Tx, cx: &Cx, entry: Entry) -> Result<i64> {
        let head = store::head_for_update(tx).await?;
        let mut recorded = Recorded {
            sequence: head.sequence + 1,
            at: cx.now(),
            actor: cx.actor.name(),
            account: cx.person(),
            request: cx.request.clone(),
            action: entry.action.to_owned(),
            subject: entry.subject,
            details: entry.details.to_string(),
            previous: head.hash,
            hash: Digest::plain(b""),
            key: self.keys.id().to_owned(),
            signature: String::new(),
        };
        recorded.hash = recorded.computed_hash();
        recorded.signature = self.keys.sign(&recorded.signed());
        let head = Head {
            sequence: recorded.sequence,
            at: recorded.at,
            hash: recorded.hash,
            key: recorded.key.clone(),
            signature: self.keys.sign(&Head::signed(recorded.sequence, recorded.at, &recorded.hash)),
        };
        store::insert(tx, &recorded).await?;
        store::set_head(tx, &head).await?;
        Ok(recorded.sequence)
    }
}
