//! Rows of `origins`.

use std::time::Duration;

use sqlx::AssertSqlSafe;
use sqlx::any::AnyRow;

use crate::db;
use crate::db::Connection;
use crate::db::Row as _;
use crate::db::Tx;
use crate::forge::embedded::origin::NewOrigin;
use crate::forge::embedded::origin::Origin;
use crate::kit::Error;
use crate::kit::Result;
use crate::kit::clock::Timestamp;
use crate::kit::secret::Secret;
use crate::model::RepoId;

const COLUMNS: &str = "repo, url, username, period, state, due, tried, fresh, error, failures";

pub async fn insert(tx: &mut Tx, repo: RepoId, new: &NewOrigin, now: Timestamp) -> Result<()> {
    let sql = "insert into origins (repo, url, username, period, state, due, failures, created)
               values ($1, $2, $3, $4, 'waiting', $5, 0, $5)";
    let query = sqlx::query(sql)
        .bind(repo.to_string())
        .bind(new.url.to_string())
        .bind(new.credentials.as_ref().map(|one| one.username.clone()))
        .bind(seconds(new.mirror.unwrap_or_default()))
        .bind(now.0);
    query.execute(&mut **tx).await.map(drop).map_err(db::failed)
}

pub async fn by_repo(connection: &mut Connection, repo: RepoId) -> Result<Option<Origin>> {
    let sql = format!("select {COLUMNS} from origins where repo = $1");
    let query = sqlx::query(AssertSqlSafe(sql)).bind(repo.to_string());
    query.fetch_optional(connection).await.map_err(db::failed)?.as_ref().map(read).transpose()
}

pub async fn due(connection: &mut Connection, now: Timestamp) -> Result<Vec<RepoId>> {
    let sql = "select repo from origins
               where due <= $1 and state <> 'running'
               order by due, repo
               limit 20";
    let rows = sqlx::query(sql).bind(now.0).fetch_all(connection).await.map_err(db::failed)?;
    rows.iter().map(|row| row.parsed("repo")).collect()
}

/// Whether it is ours to fetch now.
pub async fn claim(tx: &mut Tx, repo: RepoId, now: Timestamp) -> Result<bool> {
    let sql = "update origins set state = 'running', tried = $2, due = null
               where repo = $1 and state <> 'running' and due <= $2";
    let query = sqlx::query(sql).bind(repo.to_string()).bind(now.0);
    Ok(query.execute(&mut **tx).await.map_err(db::failed)?.rows_affected() == 1)
}

/// What a killed process was fetching is due again.
pub async fn recover(tx: &mut Tx, now: Timestamp) -> Result<u64> {
    let sql = "update origins set state = 'waiting', due = $1 where state = 'running'";
    Ok(sqlx::query(sql).bind(now.0).execute(&mut **tx).await.map_err(db::failed)?.rows_affected())
}

pub async fn succeeded(tx: &mut Tx, repo: RepoId, due: Option<Timestamp>, now: Timestamp) -> Result<()> {
    let sql = "update origins set state = 'done', due = $2, fresh = $3, error = null, failures = 0 where repo = $1";
    let query = sqlx::query(sql).bind(repo.to_string()).bind(due.map(|due| due.0)).bind(now.0);
    query.execute(&mut **tx).await.map(drop).map_err(db::failed)
}

pub async fn failed(tx: &mut Tx, repo: RepoId, why: &str, due: Option<Timestamp>) -> Result<()> {
    let sql = "update origins set state = 'failed', due = $2, error = $3, failures = failures + 1 where repo = $1";
    let query = sqlx::query(sql).bind(repo.to_string()).bind(due.map(|due| due.0)).bind(why);
    query.execute(&mut **tx).await.map(drop).map_err(db::failed)
}

pub async fn cancelled(tx: &mut Tx, repo: RepoId, due: Option<Timestamp>) -> Result<()> {
    let sql = "update origins set state = 'cancelled', due = $2 where repo = $1";
    let query = sqlx::query(sql).bind(repo.to_string()).bind(due.map(|due| due.0));
    query.execute(&mut **tx).await.map(drop).map_err(db::failed)
}

/// Makes it due, unless it is being fetched.
pub async fn wake(tx: &mut Tx, repo: RepoId, now: Timestamp) -> Result<()> {
    let sql = "update origins set state = 'waiting', due = $2 where repo = $1 and state <> 'running'";
    sqlx::query(sql).bind(repo.to_string()).bind(now.0).execute(&mut **tx).await.map(drop).map_err(db::failed)
}

pub async fn set_period(tx: &mut Tx, repo: RepoId, period: Duration, due: Option<Timestamp>) -> Result<()> {
    let sql = "update origins set period = $2, due = case when state = 'running' then due else $3 end where repo = $1";
    let query = sqlx::query(sql).bind(repo.to_string()).bind(seconds(period)).bind(due.map(|due| due.0));
    query.execute(&mut **tx).await.map(drop).map_err(db::failed)
}

/// Writes who we are there. The password is none of this table's.
pub async fn set_username(tx: &mut Tx, repo: RepoId, username: Option<&str>) -> Result<()> {
    let sql = "update origins set username = $2, password = null where repo = $1";
    let query = sqlx::query(sql).bind(repo.to_string()).bind(username);
    query.execute(&mut **tx).await.map(drop).map_err(db::failed)
}

/// An origin whose password lies in its row as it was typed.
pub async fn one_clear(tx: &mut Tx) -> Result<Option<(RepoId, Secret<String>)>> {
    let lock = tx.engine().for_update();
    let sql = format!("select repo, password from origins where password is not null limit 1 {lock}");
    let row = sqlx::query(AssertSqlSafe(sql)).fetch_optional(&mut **tx).await.map_err(db::failed)?;
    row.as_ref().map(|row| Ok((row.parsed("repo")?, Secret::new(row.text("password")?)))).transpose()
}

/// Leaves nothing of a password in its row. False when there is no such origin.
pub async fn cleared(tx: &mut Tx, repo: RepoId) -> Result<bool> {
    let sql = "update origins set password = null where repo = $1";
    Ok(sqlx::query(sql).bind(repo.to_string()).execute(&mut **tx).await.map_err(db::failed)?.rows_affected() == 1)
}

/// It is looked at no more.
pub async fn retire(tx: &mut Tx, repo: RepoId) -> Result<()> {
    let sql = "update origins set state = 'done', due = null, error = null, period = 0 where repo = $1";
    sqlx::query(sql).bind(repo.to_string()).execute(&mut **tx).await.map(drop).map_err(db::failed)
}

pub async fn delete(tx: &mut Tx, repo: RepoId) -> Result<()> {
    let sql = "delete from origins where repo = $1";
    sqlx::query(sql).bind(repo.to_string()).execute(&mut **tx).await.map(drop).map_err(db::failed)
}

fn seconds(period: Duration) -> i64 {
    i64::try_from(period.as_secs()).unwrap_or(i64::MAX)
}

fn read(row: &AnyRow) -> Result<Origin> {
    let url = row.text("url")?;
    Ok(Origin {
        repo: row.parsed("repo")?,
        url: url.parse().map_err(|_| Error::internal("An origin holds an address that is none"))?,
        username: row.text_or_none("username")?,
        period: Duration::from_secs(row.number("period")?.unsigned_abs()),
        state: row.parsed("state")?,
        due: row.time_or_none("due")?,
        tried: row.time_or_none("tried")?,
        fresh: row.time_or_none("fresh")?,
        error: row.text_or_none("error")?,
        failures: u32::try_from(row.number("failures")?).unwrap_or(0),
    })
}
