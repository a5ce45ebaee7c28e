//! The intake: takes verified deliveries from many connections at once and commits them together.
//!
//! One writer takes whatever waits, writes it in one transaction, and answers each caller after the commit. While it
//! writes, the next batch gathers; so the more comes in, the larger the batches, and a single delivery does not wait for
//! company. The disk is asked to be sure once a batch instead of once a delivery.

use std::collections::HashMap;

use tokio::sync::mpsc;
use tokio::sync::oneshot;

use crate::db::Connection;
use crate::db::Db;
use crate::events::Accepted;
use crate::events::DeliveryState;
use crate::events::Events;
use crate::events::RawDelivery;
use crate::events::Received;
use crate::events::payload;
use crate::events::payload::Packed;
use crate::events::store;
use crate::events::store::deliveries::Incoming;
use crate::events::store::deliveries::Known;
use crate::kit::Error;
use crate::kit::ErrorKind;
use crate::kit::Result;
use crate::kit::clock::Clock;
use crate::kit::digest::Digest;
use crate::model::DeliveryId;

/// The way to the writer. Cloning is cheap; the writer ends when the last clone is gone.
#[derive(Clone)]
pub(super) struct Intake {
    waiting: mpsc::Sender<Waiting>,
    clock: Clock,
}

struct Waiting {
    incoming: Incoming,
    answer: oneshot::Sender<Result<Accepted, Failed>>,
}

/// The batch that a delivery was part of could not be committed. The cause is logged once, for the whole batch.
#[derive(Clone, Copy)]
struct Failed;

/// More than this waits at the door of the intake, and the forge tries again later.
const MOST_WAITING: usize = 4096;
/// Rows in one transaction.
const MOST_IN_BATCH: usize = 256;
/// Bytes in one transaction, over which no further delivery is added.
const MOST_BYTES_IN_BATCH: usize = 8 * 1024 * 1024;

impl Events {
    /// Stores a verified delivery and answers when it is durable.
    pub async fn accept(&self, raw: RawDelivery) -> Result<Accepted> {
        let (answer, answered) = oneshot::channel();
        let waiting = Waiting { incoming: self.intake.prepare(raw), answer };
        self.intake.waiting.send(waiting).await.map_err(|_| cannot_store())?;
        answered.await.unwrap_or(Err(Failed)).map_err(|Failed| cannot_store())
    }
}

fn cannot_store() -> Error {
    Error::new(ErrorKind::Unavailable, "Cannot store this delivery now").hint("deliver it again later")
}

impl Intake {
    pub(super) fn new(db: Db, clock: &Clock) -> Self {
        let (waiting, queue) = mpsc::channel(MOST_WAITING);
        #[expect(clippy::disallowed_methods, reason = "the one writer; it ends with the last handle of the room")]
        tokio::spawn(write_batches(db, clock.clone(), queue));
        Self { waiting, clock: clock.clone() }
    }

    /// Everything that can be done before the writer's turn.
    fn prepare(&self, raw: RawDelivery) -> Incoming {
        let Packed { encoding, bytes } = payload::pack(&raw.body);
        Incoming {
            id: DeliveryId::make(),
            digest: Digest::plain(&raw.body),
            size: i64::try_from(raw.body.len()).unwrap_or(i64::MAX),
            headers: serde_json::json!(raw.headers).to_string(),
            received: self.clock.now().0,
            encoding,
            body: bytes.into_owned(),
            source: raw.source,
            remote_id: raw.remote_id,
            name: raw.name,
        }
    }
}

async fn write_batches(db: Db, clock: Clock, mut queue: mpsc::Receiver<Waiting>) {
    let mut batch = Vec::with_capacity(MOST_IN_BATCH);
    while let Some(first) = queue.recv().await {
        let mut bytes = first.incoming.body.len();
        batch.push(first);
        while batch.len() < MOST_IN_BATCH && bytes < MOST_BYTES_IN_BATCH {
            let Ok(next) = queue.try_recv() else { break };
            bytes += next.incoming.body.len();
            batch.push(next);
        }
        let (incoming, answers): (Vec<_>, Vec<_>) =
            batch.drain(..).map(|waiting| (waiting.incoming, waiting.answer)).unzip();
        match write(&db, &clock, incoming).await {
            Ok(results) => {
                for (answer, result) in answers.into_iter().zip(results) {
                    answer.send(Ok(result)).ok();
                }
            }
            Err(error) => {
                tracing::error!(
                    deliveries = answers.len(),
                    error = error.chain(),
                    "cannot store a batch of deliveries"
                );
                for answer in answers {
                    answer.send(Err(Failed)).ok();
                }
            }
        }
    }
}

/// Writes one batch in one transaction; the answers are in the batch's order.
async fn write(db: &Db, clock: &Clock, batch: Vec<Incoming>) -> Result<Vec<Accepted>> {
    let mut tx = db.begin().await?;
    let new = store::deliveries::insert_batch(&mut tx, &batch).await?;
    let mut answers = Vec::with_capacity(batch.len());
    if new.len() == batch.len() {
        answers.extend(batch.iter().map(|incoming| Accepted::Stored(incoming.id)));
    } else {
        let mut new: HashMap<DeliveryId, ()> = new.into_iter().map(|id| (id, ())).collect();
        for incoming in batch {
            let answer = match new.remove(&incoming.id) {
                Some(()) => Accepted::Stored(incoming.id),
                None => settle_repeated(&mut tx, clock, incoming).await?,
            };
            answers.push(answer);
        }
    }
    tx.commit().await?;
    Ok(answers)
}

/// What a delivery is whose id or bytes are here already.
async fn settle_repeated(connection: &mut Connection, clock: &Clock, incoming: Incoming) -> Result<Accepted> {
    if let Some(known) = store::deliveries::with_remote_id(connection, &incoming.source, &incoming.remote_id).await? {
        if known.digest == incoming.digest {
            return Ok(Accepted::Known(known.id));
        }
        let why = format!("its id came before with other bytes, as delivery {}", known.id);
        let id = keep_aside(connection, clock, incoming, known, (DeliveryState::Quarantined, why)).await?;
        return Ok(Accepted::Quarantined(id));
    }
    let known = store::deliveries::with_digest(connection, &incoming.source, &incoming.digest).await?;
    let known = known.ok_or_else(|| Error::internal("A delivery conflicts with none that is here"))?;
    let why = format!("the same bytes came before, as delivery {}", known.id);
    keep_aside(connection, clock, incoming, known, (DeliveryState::Duplicate, why)).await?;
    Ok(Accepted::Known(known.id))
}

async fn keep_aside(
    connection: &mut Connection,
    clock: &Clock,
    incoming: Incoming,
    original: Known,
    (state, outcome): (DeliveryState, String),
) -> Result<DeliveryId> {
    let received = Received {
        id: incoming.id,
        source: incoming.source,
        remote_id: incoming.remote_id,
        name: incoming.name,
        at: clock.now(),
        digest: incoming.digest,
        state,
        outcome: Some(outcome),
        repo: None,
        original: Some(original.id),
        size: incoming.size.unsigned_abs(),
    };
    let headers: Vec<(String, String)> = serde_json::from_str(&incoming.headers).unwrap_or_default();
    let body = Packed { encoding: incoming.encoding, bytes: incoming.body.into() };
    store::deliveries::insert(connection, &received, false, &headers, &body).await?;
    Ok(received.id)
}
