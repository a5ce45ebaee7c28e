//! The table `run_models`.

use sqlx::any::AnyRow;

use crate::db::Connection;
use crate::db::Row as _;
use crate::db::failed;
use crate::kit::Result;
use crate::kit::error::Context as _;
use crate::model::RunId;
use crate::models::frozen::Frozen;

pub async fn put(connection: &mut Connection, run: RunId, frozen: &Frozen) -> Result<()> {
    sqlx::query(
        "insert into run_models (run, name, profile, facts)
         values ($1, $2, $3, $4)
         on conflict do nothing",
    )
    .bind(run.to_string())
    .bind(&frozen.facts.name)
    .bind(frozen.profile.map(|id| id.to_string()))
    .bind(serde_json::to_string(&frozen.facts).context("A profile cannot be written")?)
    .execute(connection)
    .await
    .map_err(failed)?;
    Ok(())
}

pub async fn of_run(connection: &mut Connection, run: RunId) -> Result<Vec<Frozen>> {
    let rows = sqlx::query("select profile, facts from run_models where run = $1 order by name")
        .bind(run.to_string())
        .fetch_all(connection)
        .await
        .map_err(failed)?;
    let read = |row: &AnyRow| Ok(Frozen { profile: row.parsed_or_none("profile")?, facts: row.json("facts")? });
    rows.iter().map(read).collect()
}

pub async fn forget(connection: &mut Connection, run: RunId) -> Result<()> {
    sqlx::query("delete from run_models where run = $1")
        .bind(run.to_string())
        .execute(connection)
        .await
        .map_err(failed)?;
    Ok(())
}
