//! The connection that a store works on: it counts what it sends.
//!
//! A page that asks once for each row that it shows is quick with ten rows and slow with a thousand. Counted statements
//! make that a number, which `/metrics` shows and a test compares: [`crate::db::Db::statements`].

use std::ops::Deref;
use std::ops::DerefMut;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::sync::atomic::Ordering;

use futures_util::future::BoxFuture;
use futures_util::stream::BoxStream;
use sqlx::Any;
use sqlx::AnyConnection;
use sqlx::Either;
use sqlx::Execute;
use sqlx::Executor;
use sqlx::SqlStr;
use sqlx::any::AnyQueryResult;
use sqlx::any::AnyRow;
use sqlx::any::AnyStatement;
use sqlx::any::AnyTypeInfo;
use sqlx::pool::PoolConnection;

/// What a room's `store.rs` works on.
#[derive(Debug)]
pub struct Connection {
    inner: Inner,
    statements: Statements,
}

/// A connection for reading; dropping it gives it back.
#[derive(Debug)]
pub struct Reading(Connection);

#[derive(Debug)]
enum Inner {
    Pooled(PoolConnection<Any>),
    Transaction(sqlx::Transaction<'static, Any>),
}

/// How many statements were sent since the database was opened. All clones count together.
#[derive(Clone, Debug, Default)]
pub(super) struct Statements(Arc<AtomicU64>);

impl Statements {
    pub fn sent(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }

    pub fn reading(&self, connection: PoolConnection<Any>) -> Reading {
        Reading(Connection { inner: Inner::Pooled(connection), statements: self.clone() })
    }

    pub fn in_transaction(&self, transaction: sqlx::Transaction<'static, Any>) -> Connection {
        Connection { inner: Inner::Transaction(transaction), statements: self.clone() }
    }
}

impl Connection {
    /// Commits, when this is a transaction.
    pub(super) async fn commit(self) -> sqlx::Result<()> {
        match self.inner {
            Inner::Transaction(transaction) => transaction.commit().await,
            Inner::Pooled(_) => Ok(()),
        }
    }

    /// The connection below, for one statement more.
    fn counted(&mut self) -> &mut AnyConnection {
        self.statements.0.fetch_add(1, Ordering::Relaxed);
        metrics::counter!("forgehand_db_statements_total").increment(1);
        match &mut self.inner {
            Inner::Pooled(connection) => connection,
            Inner::Transaction(transaction) => transaction,
        }
    }
}

impl Deref for Reading {
    type Target = Connection;

    fn deref(&self) -> &Connection {
        &self.0
    }
}

impl DerefMut for Reading {
    fn deref_mut(&mut self) -> &mut Connection {
        &mut self.0
    }
}

impl<'c> Executor<'c> for &'c mut Connection {
    type Database = Any;

    fn fetch_many<'e, 'q: 'e, E>(self, query: E) -> BoxStream<'e, sqlx::Result<Either<AnyQueryResult, AnyRow>>>
    where
        'c: 'e,
        E: 'q + Execute<'q, Any>,
    {
        self.counted().fetch_many(query)
    }

    fn fetch_optional<'e, 'q: 'e, E>(self, query: E) -> BoxFuture<'e, sqlx::Result<Option<AnyRow>>>
    where
        'c: 'e,
        E: 'q + Execute<'q, Any>,
    {
        self.counted().fetch_optional(query)
    }

    fn prepare_with<'e>(self, sql: SqlStr, parameters: &'e [AnyTypeInfo]) -> BoxFuture<'e, sqlx::Result<AnyStatement>>
    where
        'c: 'e,
    {
        self.counted().prepare_with(sql, parameters)
    }
}
