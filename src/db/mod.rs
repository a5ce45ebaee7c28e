//! The database: pools, transactions, migrations, and the few differences between SQLite and PostgreSQL.
//!
//! Who is who: [`Db`] is the handle that every room's handle holds. [`Tx`] is one transaction of one story step; verbs
//! that belong to the same step take the same `&mut Tx`. [`Connection`] is what a room's `store.rs` works on: both a
//! transaction and a reading connection lend one.
//!
//! SQL is one text for both engines: `$1`, `returning`, `on conflict`, and only text, bigint, smallint, double precision
//! and bytes. Times are `bigint` microseconds, booleans `smallint`, JSON is text, ids are text. In a migration the word
//! `BYTES` stands for the engine's type of bytes. What still differs is in [`dialect`].
//!
//! SQLite has one writing connection and several readers, so a writer never meets a busy database in this process;
//! [`Direct`] takes turns with it. Its log is folded back into its file by a thread beside them, in [`checkpoints`].
//!
//! Does not know any table. To add one, write a numbered file in `migrations/` and the SQL in the owning room's `store.rs`.

mod pool;

mod connection;

mod direct;

mod checkpoints;

pub mod dialect;

mod migrations;

mod row;

pub use connection::Connection;
pub use connection::Reading;
pub use direct::Direct;
pub use direct::Disk;
pub use pool::Db;
pub use pool::Tx;
pub use row::Row;
pub use row::broken_constraint;
pub use row::failed;

#[cfg(test)]
mod tests;

#[cfg(test)]
pub use tests::scratch;
