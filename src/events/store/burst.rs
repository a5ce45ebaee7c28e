//! Writing a batch of deliveries into SQLite in the intake's own thread. PostgreSQL takes the same batch in one statement.

use rusqlite::OptionalExtension as _;
use rusqlite::Transaction;
use rusqlite::params;

use crate::events::store::deliveries::Incoming;
use crate::model::DeliveryId;

/// What became of one delivery of a batch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fate {
    /// It is new.
    New,
    /// Its id came before with the same bytes.
    Known(DeliveryId),
    /// Its id came before with other bytes, or its bytes with another id: a rare case, which is looked at with more care.
    Unclear,
}

/// Writes what is new. The fates are in the batch's order.
pub fn insert(transaction: &Transaction<'_>, batch: &[Incoming]) -> rusqlite::Result<Vec<Fate>> {
    let mut insert = transaction.prepare_cached(
        "insert into deliveries
           (id, source, remote_id, name, received, digest, size, headers, encoding, body, first, state)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, 1, 'received')
         on conflict do nothing",
    )?;
    let mut known = transaction
        .prepare_cached("select id, digest from deliveries where source = $1 and remote_id = $2 and first = 1")?;
    let mut fates = Vec::with_capacity(batch.len());
    for incoming in batch {
        let digest = incoming.digest.to_string();
        let written = insert.execute(params![
            incoming.id.to_string(),
            incoming.source.as_str(),
            incoming.remote_id,
            incoming.name,
            incoming.received,
            digest,
            incoming.size,
            incoming.headers,
            incoming.encoding,
            incoming.body,
        ])?;
        if written == 1 {
            fates.push(Fate::New);
            continue;
        }
        let before = known
            .query_row(params![incoming.source.as_str(), incoming.remote_id], |row| {
                Ok((row.get::<_, String>(0)?, row.get::<_, String>(1)?))
            })
            .optional()?;
        fates.push(match before {
            Some((id, bytes)) if bytes == digest => id.parse().map_or(Fate::Unclear, Fate::Known),
            _ => Fate::Unclear,
        });
    }
    Ok(fates)
}
