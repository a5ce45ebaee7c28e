//! The table `run_keys`.

use sqlx::any::AnyRow;

use crate::db::Connection;
use crate::db::Row as _;
use crate::db::failed;
use crate::kit::Result;
use crate::kit::clock::Timestamp;
use crate::model::EventId;
use crate::model::RunId;
use crate::models::brought::Brought;

pub async fn put(connection: &mut Connection, event: EventId, by: &str, now: Timestamp) -> Result<()> {
    sqlx::query("insert into run_keys (event, brought_by, brought_at) values ($1, $2, $3)")
        .bind(event.to_string())
        .bind(by)
        .bind(now.0)
        .execute(connection)
        .await
        .map_err(failed)?;
    Ok(())
}

/// The first run of the event has it.
pub async fn claim(connection: &mut Connection, event: EventId, run: RunId, profile: &str) -> Result<()> {
    sqlx::query("update run_keys set run = $2, name = $3 where event = $1 and run is null")
        .bind(event.to_string())
        .bind(run.to_string())
        .bind(profile)
        .execute(connection)
        .await
        .map_err(failed)?;
    Ok(())
}

/// The event that brought the key of a run, and the profile that it is for.
pub async fn of_run(connection: &mut Connection, run: RunId) -> Result<Option<(EventId, String)>> {
    let row = sqlx::query("select event, name from run_keys where run = $1")
        .bind(run.to_string())
        .fetch_optional(connection)
        .await
        .map_err(failed)?;
    row.map(|row| Ok((row.parsed("event")?, row.text("name")?))).transpose()
}

pub async fn there(connection: &mut Connection) -> Result<Vec<Brought>> {
    let rows =
        sqlx::query("select event, run, brought_at from run_keys where gone_at is null order by brought_at limit 1000")
            .fetch_all(connection)
            .await
            .map_err(failed)?;
    let read = |row: &AnyRow| {
        Ok(Brought { event: row.parsed("event")?, run: row.parsed_or_none("run")?, at: row.time("brought_at")? })
    };
    rows.iter().map(read).collect()
}

pub async fn gone(connection: &mut Connection, event: EventId, now: Timestamp) -> Result<()> {
    sqlx::query("update run_keys set gone_at = $2 where event = $1")
        .bind(event.to_string())
        .bind(now.0)
        .execute(connection)
        .await
        .map_err(failed)?;
    Ok(())
}
