//! The intake: takes verified deliveries from many connections at once and commits them together.
//!
//! One writer takes whatever waits, writes it in one transaction, and each caller is answered after it is durable. While
//! it writes, the next batch gathers; so the more comes in, the larger the batches, and a single delivery does not wait
//! for company. The disk is asked to be sure once a batch instead of once a delivery; on SQLite, a second thread waits for
//! the disk while the next batch is written.

use std::collections::HashMap;
use std::thread;

use tokio::runtime::Handle;
use tokio::sync::mpsc;
use tokio::sync::oneshot;

use crate::db::Connection;
use crate::db::Db;
use crate::db::Direct;
use crate::db::Disk;
use crate::events::Accepted;
use crate::events::DeliveryState;
use crate::events::Events;
use crate::events::RawDelivery;
use crate::events::Received;
use crate::events::payload;
use crate::events::payload::Packed;
use crate::events::store;
use crate::events::store::burst::Fate;
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
    answer: Answer,
}

type Answer = oneshot::Sender<Result<Accepted, Failed>>;

/// A batch in the log: who waits, and for what.
type Written = (Vec<Answer>, Vec<Accepted>);

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
        let writer = Writer { db, clock: clock.clone() };
        match writer.db.direct() {
            Ok(Some((direct, disk))) => {
                let runtime = Handle::current();
                let (written, unsure) = std::sync::mpsc::channel();
                in_thread("intake", move || writer.write_in_thread(direct, &runtime, queue, &written));
                in_thread("intake-disk", move || answer_when_durable(&disk, &unsure));
            }
            Ok(None) => writer.start_task(queue),
            Err(error) => {
                tracing::warn!(error = error.chain(), "deliveries are stored the slow way");
                writer.start_task(queue);
            }
        }
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

/// Fills a batch with what waits already, up to the bounds.
fn gather(first: Waiting, queue: &mut mpsc::Receiver<Waiting>) -> (Vec<Incoming>, Vec<Answer>) {
    let mut bytes = first.incoming.body.len();
    let mut batch = (vec![first.incoming], vec![first.answer]);
    while batch.0.len() < MOST_IN_BATCH && bytes < MOST_BYTES_IN_BATCH {
        let Ok(next) = queue.try_recv() else { break };
        bytes += next.incoming.body.len();
        batch.0.push(next.incoming);
        batch.1.push(next.answer);
    }
    batch
}

fn tell(answers: Vec<Answer>, result: Result<Vec<Accepted>>) {
    match result {
        Ok(accepted) => {
            for (answer, accepted) in answers.into_iter().zip(accepted) {
                answer.send(Ok(accepted)).ok();
            }
        }
        Err(error) => {
            tracing::error!(deliveries = answers.len(), error = error.chain(), "cannot store a batch of deliveries");
            for answer in answers {
                answer.send(Err(Failed)).ok();
            }
        }
    }
}

impl Fate {
    /// What is answered for the delivery with this id.
    fn of(self, id: DeliveryId) -> Accepted {
        match self {
            Self::Known(before) => Accepted::Known(before),
            Self::New | Self::Unclear => Accepted::Stored(id),
        }
    }
}

fn in_thread(name: &str, work: impl FnOnce() + Send + 'static) {
    thread::Builder::new().name(name.into()).spawn(work).expect("the server can start a thread when it starts");
}

/// Answers batches that were written, all that wait at once, after the disk is sure of them. When the disk fails, this ends
/// and with it the intake: what reached the disk is no longer known, so nothing more is acknowledged until a restart.
fn answer_when_durable(disk: &Disk, unsure: &std::sync::mpsc::Receiver<Written>) {
    while let Ok(first) = unsure.recv() {
        let batches: Vec<Written> = std::iter::once(first).chain(unsure.try_iter()).collect();
        let synced = disk.sync();
        if let Err(error) = &synced {
            tracing::error!(error = error.chain(), "deliveries are refused until the server is started again");
        }
        for (answers, accepted) in batches {
            tell(answers, synced.as_ref().map(|()| accepted).map_err(|_| Error::internal("The disk failed")));
        }
        if synced.is_err() {
            return;
        }
    }
}

/// The one that writes batches until no handle of the room is left.
struct Writer {
    db: Db,
    clock: Clock,
}

impl Writer {
    /// SQLite: a thread of its own, which needs no other to write.
    fn write_in_thread(
        self,
        mut direct: Direct,
        runtime: &Handle,
        mut queue: mpsc::Receiver<Waiting>,
        written: &std::sync::mpsc::Sender<Written>,
    ) {
        while let Some(first) = queue.blocking_recv() {
            let (batch, answers) = gather(first, &mut queue);
            let accepted = match direct.write(|transaction| store::burst::insert(transaction, &batch)) {
                Ok(fates) if fates.contains(&Fate::Unclear) => runtime.block_on(self.clear_up(batch, fates)),
                Ok(fates) => Ok(batch.iter().zip(fates).map(|(incoming, fate)| fate.of(incoming.id)).collect()),
                Err(error) => Err(error),
            };
            let sent = match accepted {
                Ok(accepted) => written.send((answers, accepted)).is_ok(),
                Err(error) => {
                    tell(answers, Err(error));
                    true
                }
            };
            if !sent {
                return;
            }
        }
    }

    /// What the first look could not tell is settled in a transaction of its own, before anything is answered.
    async fn clear_up(&self, batch: Vec<Incoming>, fates: Vec<Fate>) -> Result<Vec<Accepted>> {
        let mut tx = self.db.begin().await?;
        let mut accepted = Vec::with_capacity(batch.len());
        for (incoming, fate) in batch.into_iter().zip(fates) {
            accepted.push(match fate {
                Fate::Unclear => settle_repeated(&mut tx, &self.clock, incoming).await?,
                Fate::New | Fate::Known(_) => fate.of(incoming.id),
            });
        }
        tx.commit().await?;
        Ok(accepted)
    }

    /// PostgreSQL: a task.
    fn start_task(self, mut queue: mpsc::Receiver<Waiting>) {
        let writing = async move {
            while let Some(first) = queue.recv().await {
                let (batch, answers) = gather(first, &mut queue);
                tell(answers, write(&self.db, &self.clock, batch).await);
            }
        };
        #[expect(clippy::disallowed_methods, reason = "the one writer; it ends with the last handle of the room")]
        tokio::spawn(writing);
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
