//! All SQL of the room.

use sqlx::AssertSqlSafe;
use sqlx::any::AnyRow;

use crate::db::Connection;
use crate::db::Row as _;
use crate::db::Tx;
use crate::db::failed;
use crate::kit::Result;
use crate::kit::clock::Timestamp;
use crate::kit::error::Context as _;
use crate::memory::snapshot::Snapshot;
use crate::model::RunId;
use crate::model::SnapshotId;

const COLUMNS: &str = "id, organisation, commit_id, run, pieces, hidden, taken_at";

/// Keeps a snapshot.
pub(super) async fn insert(tx: &mut Tx, snapshot: &Snapshot) -> Result<()> {
    let sql = "insert into memory_snapshots (id, organisation, commit_id, run, pieces, hidden, taken_at)
               values ($1, $2, $3, $4, $5, $6, $7)";
    let Snapshot { id, organisation, commit, run, pieces, hidden, taken } = snapshot;
    let pieces = serde_json::to_string(pieces).context("Cannot write a snapshot as JSON")?;
    sqlx::query(sql)
        .bind(id.to_string())
        .bind(organisation.as_str())
        .bind(commit.as_str())
        .bind(run.map(|run| run.to_string()))
        .bind(pieces)
        .bind(*hidden)
        .bind(taken.0)
        .execute(&mut **tx)
        .await
        .map_err(failed)?;
    Ok(())
}

/// One snapshot.
pub(super) async fn by_id(connection: &mut Connection, id: SnapshotId) -> Result<Option<Snapshot>> {
    let sql = format!("select {COLUMNS}\nfrom memory_snapshots\nwhere id = $1");
    let row = sqlx::query(AssertSqlSafe(sql)).bind(id.to_string()).fetch_optional(connection).await.map_err(failed)?;
    row.as_ref().map(snapshot_from).transpose()
}

/// The snapshots of a run, in the order that they were taken.
pub(super) async fn of_run(connection: &mut Connection, run: RunId) -> Result<Vec<Snapshot>> {
    let sql = format!("select {COLUMNS}\nfrom memory_snapshots\nwhere run = $1\norder by taken_at, id");
    let rows = sqlx::query(AssertSqlSafe(sql)).bind(run.to_string()).fetch_all(connection).await.map_err(failed)?;
    rows.iter().map(snapshot_from).collect()
}

fn snapshot_from(row: &AnyRow) -> Result<Snapshot> {
    Ok(Snapshot {
        id: row.parsed("id")?,
        organisation: row.parsed("organisation")?,
        commit: row.parsed("commit_id")?,
        run: row.parsed_or_none("run")?,
        pieces: row.json("pieces")?,
        hidden: row.number("hidden")?,
        taken: Timestamp(row.number("taken_at")?),
    })
}
