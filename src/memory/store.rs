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
use crate::memory::uses::Use;
use crate::model::OwnerName;
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

/// Counts an entry that was shown, or asked for.
pub(super) async fn count_use(
    tx: &mut Tx,
    organisation: &OwnerName,
    name: &str,
    (shown, asked): (i64, i64),
    now: Timestamp,
) -> Result<()> {
    let sql = "insert into memory_uses (organisation, name, shown, asked, used_at)
               values ($1, $2, $3, $4, $5)
               on conflict (organisation, name) do update
               set shown = memory_uses.shown + excluded.shown, asked = memory_uses.asked + excluded.asked,
                   used_at = excluded.used_at";
    sqlx::query(sql)
        .bind(organisation.as_str())
        .bind(name)
        .bind(shown)
        .bind(asked)
        .bind(now.0)
        .execute(&mut **tx)
        .await
        .map_err(failed)?;
    Ok(())
}

/// What was used most.
pub(super) async fn most_used(connection: &mut Connection, organisation: &OwnerName, most: i64) -> Result<Vec<Use>> {
    let sql = "select name, shown, asked, used_at
               from memory_uses
               where organisation = $1
               order by shown + asked desc, name
               limit $2";
    let rows = sqlx::query(sql).bind(organisation.as_str()).bind(most).fetch_all(connection).await.map_err(failed)?;
    let of_row = |row: &AnyRow| {
        Ok(Use {
            name: row.text("name")?,
            shown: row.number("shown")?,
            asked: row.number("asked")?,
            last: Timestamp(row.number("used_at")?),
        })
    };
    rows.iter().map(of_row).collect()
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
