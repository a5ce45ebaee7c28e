//! The few differences between the two engines.

use crate::kit::Error;
use crate::kit::Result;

/// Which database engine.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Engine {
    /// The default: a file in the data directory.
    Sqlite,
    /// For many replicas.
    Postgres,
}

impl Engine {
    /// The engine that a database URL names.
    pub fn of_url(url: &str) -> Result<Self> {
        if url.starts_with("sqlite:") {
            Ok(Self::Sqlite)
        } else if url.starts_with("postgres:") || url.starts_with("postgresql:") {
            Ok(Self::Postgres)
        } else {
            Err(Error::invalid("Cannot use this database: its URL names no engine that we know")
                .hint("use `sqlite:PATH` or `postgres://USER@HOST/NAME`")
                .field("database"))
        }
    }

    /// How a transaction that writes begins. SQLite takes the writer's lock at once, so that it never fails half-way.
    pub fn begin_writing(self) -> &'static str {
        match self {
            Self::Sqlite => "begin immediate",
            Self::Postgres => "begin",
        }
    }

    /// What a claiming `select` ends with, so that two claimers never wait for the same row. SQLite has one writer.
    pub fn skip_locked(self) -> &'static str {
        match self {
            Self::Sqlite => "",
            Self::Postgres => "for update skip locked",
        }
    }

    /// What a `select` ends with that must hold its row until the transaction ends. SQLite has one writer.
    pub fn for_update(self) -> &'static str {
        match self {
            Self::Sqlite => "",
            Self::Postgres => "for update",
        }
    }

    /// What a `select` ends with whose row must stay as it is until the transaction ends. SQLite has one writer.
    pub fn for_share(self) -> &'static str {
        match self {
            Self::Sqlite => "",
            Self::Postgres => "for share",
        }
    }

    /// The type of bytes in a migration.
    pub fn bytes(self) -> &'static str {
        match self {
            Self::Sqlite => "blob",
            Self::Postgres => "bytea",
        }
    }
}
