//! A second way to write to SQLite, past the pool: for the one place where many small writes come in bursts.
//!
//! A statement through the pool travels to the connection's thread and back, which costs more than the statement. Here
//! the caller's own thread works on a connection of its own. It takes turns with the pool's writer, so that neither finds
//! the database busy.
//!
//! Writing and being sure are two steps, so that the next transaction is written while the disk works on the last one.
//! [`Direct::write`] leaves a transaction in the write-ahead log, where every reader sees it; [`Disk::sync`] makes all
//! that was written before durable. Nothing is acknowledged between the two.

use std::fs::File;
use std::path::Path;
use std::sync::Arc;

use rusqlite::Connection;
use rusqlite::OpenFlags;
use rusqlite::Transaction;
use rusqlite::TransactionBehavior;
use tokio::sync::Mutex;

use crate::db::Db;
use crate::db::checkpoints::Checkpoints;
use crate::db::checkpoints::Told;
use crate::db::pool;
use crate::kit::Result;
use crate::kit::error::Context as _;

/// A connection to SQLite that works in the thread of its caller.
pub struct Direct {
    connection: Connection,
    turns: Arc<Mutex<()>>,
    told: Option<Told>,
    written: u32,
}

/// Makes what was written durable. Keep it with its [`Direct`]: while that is open, the log is not replaced.
pub struct Disk {
    log: File,
}

/// Leaves syncing the log to [`Disk`]; SQLite still syncs it before it copies from it.
const DIRECTLY: &str = "pragma synchronous = normal;";

/// After so many transactions the log is folded back. Not sooner, because batch after batch writes the same pages of
/// indexes, which are copied once.
const MANY: u32 = 512;

impl Db {
    /// A direct connection, and its disk; none on PostgreSQL, whose connections are no threads.
    pub fn direct(&self) -> Result<Option<(Direct, Disk)>> {
        let Some(file) = self.sqlite_file() else { return Ok(None) };
        let opening = "Cannot open the SQLite database directly";
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let connection = Connection::open_with_flags(file, flags).context(opening)?;
        connection.execute_batch(pool::PRAGMAS).context(opening)?;
        connection.execute_batch(DIRECTLY).context(opening)?;
        // Reading once makes sure that the log is there.
        connection.query_row("pragma schema_version", [], |_| Ok(())).context(opening)?;
        let mut log = file.as_os_str().to_owned();
        log.push("-wal");
        let log = File::open(Path::new(&log)).context(opening)?;
        let told = self.checkpoints().map(Checkpoints::told);
        Ok(Some((Direct { connection, turns: Arc::clone(self.turns()), told, written: 0 }, Disk { log })))
    }
}

impl Direct {
    /// Runs one transaction and leaves it in the log. Blocks the thread, so it is not called by a task.
    pub fn write<T>(&mut self, work: impl FnOnce(&Transaction<'_>) -> rusqlite::Result<T>) -> Result<T> {
        let doing = "Cannot write to SQLite directly";
        let _turn = self.turns.blocking_lock();
        let transaction = self.connection.transaction_with_behavior(TransactionBehavior::Immediate).context(doing)?;
        let done = work(&transaction).context(doing)?;
        transaction.commit().context(doing)?;
        self.written += 1;
        if self.written.is_multiple_of(MANY)
            && let Some(told) = &self.told
        {
            told.much_was_written();
        }
        Ok(done)
    }
}

impl Disk {
    /// Makes durable what was written before this call. After an error nobody knows what is: do not go on.
    pub fn sync(&self) -> Result<()> {
        self.log.sync_data().context("Cannot make the write-ahead log durable")
    }
}
