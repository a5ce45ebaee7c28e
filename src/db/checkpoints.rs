//! Folds SQLite's write-ahead log back into its file, beside the writers.
//!
//! By itself, SQLite does that in the commit that finds the log too long, and whoever waits for that commit waits for
//! thousands of pages to be copied and synced: in a burst of deliveries a third of all time. Here a thread with a
//! connection of its own copies while others write. What they write meanwhile is copied again, each time less, until so
//! little is left that the writers are held up for it: only when nothing is left does the log begin anew instead of growing.

use std::path::Path;
use std::sync::Arc;
use std::sync::Mutex as Lock;
use std::sync::PoisonError;
use std::sync::atomic::AtomicBool;
use std::sync::atomic::Ordering;
use std::sync::mpsc;
use std::sync::mpsc::RecvTimeoutError;
use std::thread;
use std::thread::JoinHandle;
use std::time::Duration;

use rusqlite::Connection;
use rusqlite::OpenFlags;
use tokio::sync::Mutex;

use crate::kit::Result;
use crate::kit::error::Context as _;

/// The thread, as long as the database is open.
#[derive(Debug)]
pub(super) struct Checkpoints {
    told: Told,
    ended: Arc<AtomicBool>,
    thread: Lock<Option<JoinHandle<()>>>,
}

/// A way to say that much was written.
#[derive(Clone, Debug)]
pub(super) struct Told(mpsc::SyncSender<()>);

/// How often it looks when nobody says anything.
const PERIOD: Duration = Duration::from_secs(1);
/// With this few pages left, writers are held up for the rest.
const FEW: i64 = 1000;
/// A log that is shorter than this may wait for the next quiet moment to begin anew.
const SHORT: i64 = 4000;
/// More often than this it does not run after writers: they write as fast as it copies.
const MOST_ROUNDS: usize = 6;

impl Checkpoints {
    /// Starts the thread for this file. `turns` are those of its writers.
    pub fn start(file: &Path, turns: &Arc<Mutex<()>>) -> Result<Self> {
        let opening = "Cannot open the SQLite database for checkpoints";
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let connection = Connection::open_with_flags(file, flags).context(opening)?;
        connection.execute_batch("pragma synchronous = normal; pragma busy_timeout = 10000;").context(opening)?;
        // Before its first reading a connection does not know that there is a log.
        connection.query_row("pragma schema_version", [], |_| Ok(())).context(opening)?;
        let (told, hears) = mpsc::sync_channel(1);
        let mut log = Log { connection, turns: Arc::clone(turns), copied: 0 };
        let ended = Arc::new(AtomicBool::new(false));
        let over = Arc::clone(&ended);
        let work = move || {
            while hears.recv_timeout(PERIOD) != Err(RecvTimeoutError::Disconnected) && !over.load(Ordering::Acquire) {
                if let Err(error) = log.fold() {
                    // Nothing is lost: the log is longer until the next time.
                    tracing::warn!(%error, "the write-ahead log could not be folded back");
                }
            }
            // Whoever opens it next finds an empty log.
            let _ = log.copy();
        };
        let thread = thread::Builder::new().name("checkpoints".into()).spawn(work).context(opening)?;
        Ok(Self { told: Told(told), ended, thread: Lock::new(Some(thread)) })
    }

    /// For those who write much at once.
    pub fn told(&self) -> Told {
        self.told.clone()
    }

    /// Ends the thread and closes its connection.
    pub async fn end(&self) {
        self.ended.store(true, Ordering::Release);
        self.told.much_was_written();
        let thread = self.thread.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(thread) = thread {
            // It logs what goes wrong; a panic was told by its hook.
            let _ = tokio::task::spawn_blocking(move || thread.join()).await;
        }
    }
}

impl Told {
    /// Asks for a look now. Nobody waits for it, and asking twice is asking once.
    pub fn much_was_written(&self) {
        let _ = self.0.try_send(());
    }
}

struct Log {
    connection: Connection,
    turns: Arc<Mutex<()>>,
    /// How many pages of the log were copied when it was last looked at.
    copied: i64,
}

impl Log {
    fn fold(&mut self) -> rusqlite::Result<()> {
        let (mut length, mut new) = self.copy()?;
        let mut rounds = 1;
        while length > SHORT && new > FEW && rounds < MOST_ROUNDS {
            (length, new) = self.copy()?;
            rounds += 1;
        }
        if length > SHORT {
            let turns = Arc::clone(&self.turns);
            let _turn = turns.blocking_lock();
            self.copy()?;
        }
        Ok(())
    }

    /// Copies what is in the log by now. Answers how long the log is, and how many of its pages were new.
    fn copy(&mut self) -> rusqlite::Result<(i64, i64)> {
        let read = |row: &rusqlite::Row<'_>| Ok((row.get::<_, i64>(1)?, row.get::<_, i64>(2)?));
        let (length, copied) = self.connection.query_row("pragma wal_checkpoint(passive)", [], read)?;
        // A log that began anew is shorter than what was copied of the old one.
        let before = if length < self.copied { 0 } else { self.copied };
        self.copied = copied;
        Ok((length, length - before))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::db::Db;

    const ROW: &str = "insert into installation (name, value) values (hex(randomblob(2000)), hex(randomblob(2000)))";

    #[tokio::test]
    async fn a_long_log_is_copied_while_it_is_written_and_then_begins_anew() {
        let directory = tempfile::tempdir().unwrap();
        let db = Db::open_in(directory.path()).await.unwrap();
        db.migrate().await.unwrap();
        // This test is the thread.
        db.checkpoints().unwrap().end().await;
        let file = directory.path().join("forgehand.sqlite");
        let written = tokio::task::spawn_blocking(move || {
            let (mut direct, _) = db.direct().unwrap().unwrap();
            let connection = Connection::open(&file).unwrap();
            let mut log = Log { connection, turns: Arc::clone(db.turns()), copied: 0 };
            log.connection.query_row("pragma schema_version", [], |_| Ok(())).unwrap();
            for _ in 0..1500 {
                direct.write(|transaction| transaction.execute(ROW, [])).unwrap();
            }
            let (before, _) = log.copy().unwrap();
            log.fold().unwrap();
            direct.write(|transaction| transaction.execute(ROW, [])).unwrap();
            let (after, _) = log.copy().unwrap();
            assert!(before > SHORT && after < 100, "{before} pages, then {after}");
            direct.write(|transaction| transaction.query_row("select count(*) from installation", [], |row| row.get(0)))
        });
        let rows: i64 = written.await.unwrap().unwrap();
        assert_eq!(rows, 1501);
    }
}
