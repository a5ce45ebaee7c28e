//! The table `strikes`.

use sqlx::any::AnyRow;

use crate::db::Connection;
use crate::db::Row as _;
use crate::db::failed;
use crate::events::strike::Strike;
use crate::kit::Result;
use crate::kit::clock::Timestamp;
use crate::model::CommitId;
use crate::model::RepoId;

macro_rules! columns {
    () => {
        "repo, cron, timezone, next_at, seen"
    };
}

fn read(row: &AnyRow) -> Result<Strike> {
    Ok(Strike {
        repo: row.parsed("repo")?,
        cron: row.text("cron")?,
        timezone: row.text("timezone")?,
        next_at: row.time("next_at")?,
        seen: row.parsed_or_none("seen")?,
    })
}

pub async fn due(connection: &mut Connection, now: Timestamp, limit: u32) -> Result<Vec<Strike>> {
    let rows =
        sqlx::query(concat!("select ", columns!(), " from strikes where next_at <= $1 order by next_at limit $2"))
            .bind(now.0)
            .bind(i64::from(limit))
            .fetch_all(connection)
            .await
            .map_err(failed)?;
    rows.iter().map(read).collect()
}

pub async fn of_repo(connection: &mut Connection, repo: RepoId) -> Result<Vec<Strike>> {
    let rows = sqlx::query(concat!("select ", columns!(), " from strikes where repo = $1 order by cron, timezone"))
        .bind(repo.to_string())
        .fetch_all(connection)
        .await
        .map_err(failed)?;
    rows.iter().map(read).collect()
}

/// Writes a line down; one that is known already stays as it is.
pub async fn insert(connection: &mut Connection, strike: &Strike) -> Result<()> {
    sqlx::query(
        "insert into strikes (repo, cron, timezone, next_at, seen)
         values ($1, $2, $3, $4, $5)
         on conflict do nothing",
    )
    .bind(strike.repo.to_string())
    .bind(&strike.cron)
    .bind(&strike.timezone)
    .bind(strike.next_at.0)
    .bind(strike.seen.as_ref().map(CommitId::as_str))
    .execute(connection)
    .await
    .map_err(failed)?;
    Ok(())
}

/// Moves a line on. False when somebody else moved it before.
pub async fn move_on(
    connection: &mut Connection,
    strike: &Strike,
    next_at: Timestamp,
    seen: Option<&CommitId>,
) -> Result<bool> {
    let done = sqlx::query(
        "update strikes set next_at = $1, seen = $2
         where repo = $3 and cron = $4 and timezone = $5 and next_at = $6",
    )
    .bind(next_at.0)
    .bind(seen.map(CommitId::as_str))
    .bind(strike.repo.to_string())
    .bind(&strike.cron)
    .bind(&strike.timezone)
    .bind(strike.next_at.0)
    .execute(connection)
    .await
    .map_err(failed)?;
    Ok(done.rows_affected() == 1)
}

pub async fn delete(connection: &mut Connection, strike: &Strike) -> Result<()> {
    sqlx::query("delete from strikes where repo = $1 and cron = $2 and timezone = $3")
        .bind(strike.repo.to_string())
        .bind(&strike.cron)
        .bind(&strike.timezone)
        .execute(connection)
        .await
        .map_err(failed)?;
    Ok(())
}
