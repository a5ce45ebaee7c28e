//! Pools and transactions over either engine.

use std::ops::Deref;
use std::ops::DerefMut;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use sqlx::AnyPool;
use sqlx::Connection as _;
use sqlx::Executor as _;
use sqlx::any::AnyPoolOptions;
use tokio::sync::Mutex;
use tokio::sync::OwnedMutexGuard;

use crate::db::checkpoints::Checkpoints;
use crate::db::connection::Connection;
use crate::db::connection::Reading;
use crate::db::connection::Statements;
use crate::db::dialect::Engine;
use crate::db::migrations;
use crate::kit::Error;
use crate::kit::Result;
use crate::kit::error::Context as _;

/// The handle of the database. Cloning is cheap.
#[derive(Clone, Debug)]
pub struct Db {
    engine: Engine,
    readers: AnyPool,
    writer: AnyPool,
    file: Option<Arc<Path>>,
    turns: Arc<Mutex<()>>,
    statements: Statements,
    checkpoints: Option<Arc<Checkpoints>>,
}

/// One transaction. Dropping it without [`Tx::commit`] rolls back.
pub struct Tx {
    engine: Engine,
    inner: Connection,
    /// Given back after the transaction ended: fields are dropped in this order.
    turn: Option<OwnedMutexGuard<()>>,
}

impl Db {
    /// Opens a database by its URL: `sqlite:PATH` or `postgres://…`. Does not migrate.
    pub async fn open(url: &str) -> Result<Self> {
        sqlx::any::install_default_drivers();
        let engine = Engine::of_url(url)?;
        match engine {
            Engine::Sqlite => {
                let file = url.trim_start_matches("sqlite:").trim_start_matches("//");
                let file: Arc<Path> = Arc::from(Path::new(file.split('?').next().unwrap_or(file)));
                let url = format!("{url}?mode=rwc");
                let (writer, readers) = (sqlite(&url, 1).await?, sqlite(&url, 4).await?);
                let turns = Arc::default();
                let checkpoints = Some(Arc::new(Checkpoints::start(&file, &turns)?));
                let (file, statements) = (Some(file), Statements::default());
                Ok(Self { engine, writer, readers, file, turns, statements, checkpoints })
            }
            Engine::Postgres => {
                let pool = AnyPoolOptions::new()
                    .max_connections(16)
                    .acquire_timeout(Duration::from_secs(10))
                    .connect(url)
                    .await
                    .context("Cannot connect to PostgreSQL")?;
                let (turns, statements) = (Arc::default(), Statements::default());
                let writer = pool.clone();
                Ok(Self { engine, writer, readers: pool, file: None, turns, statements, checkpoints: None })
            }
        }
    }

    /// Opens the SQLite database in this directory.
    pub async fn open_in(directory: &Path) -> Result<Self> {
        let file = directory.join("forgehand.sqlite");
        let path = file.to_str().ok_or_else(|| Error::invalid("The data directory's path is not UTF-8"))?;
        Self::open(&format!("sqlite:{path}")).await
    }

    /// Brings the tables up to date. Each migration is one transaction.
    pub async fn migrate(&self) -> Result<()> {
        migrations::run(self.engine, &self.writer).await
    }

    /// Begins a transaction that may write.
    pub async fn begin(&self) -> Result<Tx> {
        let turn = match self.engine {
            Engine::Sqlite => Some(self.turn().await?),
            Engine::Postgres => None,
        };
        let inner = self.writer.begin_with(self.engine.begin_writing()).await.context("Cannot begin a transaction")?;
        Ok(Tx { engine: self.engine, inner: self.statements.in_transaction(inner), turn })
    }

    /// The right to be the one writer of SQLite.
    async fn turn(&self) -> Result<OwnedMutexGuard<()>> {
        let turn = Arc::clone(&self.turns).lock_owned();
        tokio::time::timeout(LONGEST_WAIT, turn).await.context("Cannot begin a transaction: another one does not end")
    }

    /// A connection for reading.
    pub async fn read(&self) -> Result<Reading> {
        let connection = self.readers.acquire().await.context("Cannot get a database connection")?;
        Ok(self.statements.reading(connection))
    }

    /// How many statements its connections sent since it was opened.
    pub fn statements(&self) -> u64 {
        self.statements.sent()
    }

    /// Which engine it is.
    pub fn engine(&self) -> Engine {
        self.engine
    }

    pub(super) fn sqlite_file(&self) -> Option<&Path> {
        self.file.as_deref()
    }

    pub(super) fn turns(&self) -> &Arc<Mutex<()>> {
        &self.turns
    }

    pub(super) fn checkpoints(&self) -> Option<&Checkpoints> {
        self.checkpoints.as_deref()
    }

    /// Closes all connections; SQLite's write-ahead log is folded into the file.
    pub async fn close(&self) {
        if let Some(checkpoints) = self.checkpoints() {
            checkpoints.end().await;
        }
        self.readers.close().await;
        self.writer.close().await;
    }
}

/// How long a writer waits for the one before it.
const LONGEST_WAIT: Duration = Duration::from_secs(30);

/// What every connection to SQLite is told. Checkpoints are made by [`Checkpoints`] and in no commit.
pub(super) const PRAGMAS: &str = "pragma journal_mode = wal; pragma synchronous = full; pragma foreign_keys = on; \
     pragma busy_timeout = 10000; pragma cache_size = -16000; pragma temp_store = memory; pragma wal_autocheckpoint = 0;";

async fn sqlite(url: &str, connections: u32) -> Result<AnyPool> {
    AnyPoolOptions::new()
        .max_connections(connections)
        // A connection to a file does not break, and asking it costs two switches of threads.
        .test_before_acquire(false)
        // When the disk fails, SQLite ends a transaction by itself, and the driver goes on believing in it: every later one
        // would be refused. Such a connection is replaced.
        .before_acquire(|connection, _| Box::pin(async move { Ok(!connection.is_in_transaction()) }))
        .min_connections(1)
        .acquire_timeout(LONGEST_WAIT)
        .after_connect(|connection, _| {
            Box::pin(async move {
                connection.execute(PRAGMAS).await?;
                Ok(())
            })
        })
        .connect(url)
        .await
        .context("Cannot open the SQLite database")
}

impl Tx {
    /// Makes everything in this transaction durable.
    pub async fn commit(self) -> Result<()> {
        let Self { inner, turn, .. } = self;
        inner.commit().await.context("Cannot commit a transaction")?;
        drop(turn);
        Ok(())
    }

    /// Which engine it is, for [`crate::db::dialect`].
    pub fn engine(&self) -> Engine {
        self.engine
    }
}

impl Deref for Tx {
    type Target = Connection;

    fn deref(&self) -> &Connection {
        &self.inner
    }
}

impl DerefMut for Tx {
    fn deref_mut(&mut self) -> &mut Connection {
        &mut self.inner
    }
}
