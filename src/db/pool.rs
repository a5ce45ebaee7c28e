//! Pools and transactions over either engine.

use std::ops::Deref;
use std::ops::DerefMut;
use std::path::Path;
use std::time::Duration;

use sqlx::Any;
use sqlx::AnyConnection;
use sqlx::AnyPool;
use sqlx::Executor as _;
use sqlx::any::AnyPoolOptions;
use sqlx::pool::PoolConnection;

use crate::db::dialect::Engine;
use crate::db::migrations;
use crate::kit::Error;
use crate::kit::Result;
use crate::kit::error::Context as _;

/// What a room's `store.rs` works on.
pub type Connection = AnyConnection;

/// The handle of the database. Cloning is cheap.
#[derive(Clone, Debug)]
pub struct Db {
    engine: Engine,
    readers: AnyPool,
    writer: AnyPool,
}

/// One transaction. Dropping it without [`Tx::commit`] rolls back.
pub struct Tx {
    engine: Engine,
    inner: sqlx::Transaction<'static, Any>,
}

impl Db {
    /// Opens a database by its URL: `sqlite:PATH` or `postgres://…`. Does not migrate.
    pub async fn open(url: &str) -> Result<Self> {
        sqlx::any::install_default_drivers();
        let engine = Engine::of_url(url)?;
        match engine {
            Engine::Sqlite => {
                let url = format!("{url}?mode=rwc");
                Ok(Self { engine, writer: sqlite(&url, 1).await?, readers: sqlite(&url, 4).await? })
            }
            Engine::Postgres => {
                let pool = AnyPoolOptions::new()
                    .max_connections(16)
                    .acquire_timeout(Duration::from_secs(10))
                    .connect(url)
                    .await
                    .context("Cannot connect to PostgreSQL")?;
                Ok(Self { engine, writer: pool.clone(), readers: pool })
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
        let inner = self.writer.begin_with(self.engine.begin_writing()).await.context("Cannot begin a transaction")?;
        Ok(Tx { engine: self.engine, inner })
    }

    /// A connection for reading.
    pub async fn read(&self) -> Result<PoolConnection<Any>> {
        self.readers.acquire().await.context("Cannot get a database connection")
    }

    /// Which engine it is.
    pub fn engine(&self) -> Engine {
        self.engine
    }

    /// Closes all connections; SQLite's write-ahead log is folded into the file.
    pub async fn close(&self) {
        self.readers.close().await;
        self.writer.close().await;
    }
}

async fn sqlite(url: &str, connections: u32) -> Result<AnyPool> {
    AnyPoolOptions::new()
        .max_connections(connections)
        .min_connections(1)
        .acquire_timeout(Duration::from_secs(30))
        .after_connect(|connection, _| {
            Box::pin(async move {
                connection
                    .execute(
                        "pragma journal_mode = wal; pragma synchronous = full; pragma foreign_keys = on; \
                         pragma busy_timeout = 10000; pragma cache_size = -16000; pragma temp_store = memory;",
                    )
                    .await?;
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
        self.inner.commit().await.context("Cannot commit a transaction")
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
