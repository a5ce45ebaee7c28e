//! All SQL of the room.

use sqlx::any::AnyRow;

use crate::approvals::Approved;
use crate::db::Connection;
use crate::db::Row as _;
use crate::db::failed;
use crate::kit::Result;
use crate::kit::clock::Timestamp;
use crate::model::EffectId;
use crate::model::RunId;
use crate::proposals::Proposed;
use crate::writeback::Outcome;
use crate::writeback::WriteBack;
use crate::writeback::WriteBackState;

/// The columns of `write_backs` as [`from_row`] reads them.
macro_rules! columns {
    () => {
        "effect, run, kind, state, approved_by, tries, result_id, result_url, problem, created_at, ended_at"
    };
}

pub(super) async fn insert(connection: &mut Connection, approved: &Approved<Proposed>, now: Timestamp) -> Result<()> {
    let proposed = approved.get();
    sqlx::query(
        "insert into write_backs (effect, run, kind, state, approved_by, tries, next_at, created_at)
         values ($1, $2, $3, 'pending', $4, 0, $5, $5)
         on conflict (effect) do nothing",
    )
    .bind(proposed.id.to_string())
    .bind(proposed.new.run.to_string())
    .bind(proposed.new.effect.kind().as_str())
    .bind(serde_json::to_string(approved.by()).expect("names are strings"))
    .bind(now.0)
    .execute(connection)
    .await
    .map_err(failed)?;
    Ok(())
}

fn from_row(row: &AnyRow) -> Result<WriteBack> {
    Ok(WriteBack {
        effect: row.parsed("effect")?,
        run: row.parsed("run")?,
        kind: row.parsed("kind")?,
        state: row.parsed("state")?,
        approved_by: row.json("approved_by")?,
        tries: row.number("tries")?,
        result_id: row.text_or_none("result_id")?,
        result_url: row.text_or_none("result_url")?,
        problem: row.text_or_none("problem")?,
        created: row.time("created_at")?,
        ended: row.time_or_none("ended_at")?,
    })
}

pub(super) async fn due(connection: &mut Connection, now: Timestamp) -> Result<Vec<WriteBack>> {
    let rows = sqlx::query(concat!(
        "select ",
        columns!(),
        " from write_backs where state = 'pending' and next_at <= $1 order by next_at, effect limit 50"
    ))
    .bind(now.0)
    .fetch_all(connection)
    .await
    .map_err(failed)?;
    rows.iter().map(from_row).collect()
}

pub(super) async fn count_pending(connection: &mut Connection) -> Result<i64> {
    let sql = "select count(*) as total from write_backs where state = 'pending'";
    sqlx::query(sql).fetch_one(connection).await.map_err(failed)?.number("total")
}

pub(super) async fn of_run(connection: &mut Connection, run: RunId) -> Result<Vec<WriteBack>> {
    let rows =
        sqlx::query(concat!("select ", columns!(), " from write_backs where run = $1 order by created_at, effect"))
            .bind(run.to_string())
            .fetch_all(connection)
            .await
            .map_err(failed)?;
    rows.iter().map(from_row).collect()
}

pub(super) async fn record(
    connection: &mut Connection,
    effect: EffectId,
    (state, tries, next): (WriteBackState, i64, Timestamp),
    outcome: &Outcome,
    now: Timestamp,
) -> Result<()> {
    let written = match outcome {
        Outcome::Applied(written) => Some(written),
        Outcome::Stale(_) | Outcome::Failed(_) | Outcome::Later(_) => None,
    };
    sqlx::query(
        "update write_backs
         set state = $2, tries = $3, next_at = $4, result_id = $5, result_url = $6, problem = $7, ended_at = $8
         where effect = $1 and state = 'pending'",
    )
    .bind(effect.to_string())
    .bind(state.as_str())
    .bind(tries)
    .bind(next.0)
    .bind(written.map(|written| written.id.clone()))
    .bind(written.map(|written| written.url.clone()))
    .bind(outcome.problem())
    .bind((state != WriteBackState::Pending).then_some(now.0))
    .execute(connection)
    .await
    .map_err(failed)?;
    Ok(())
}
