//! The tables `model_calls` and `model_days`.

use sqlx::AssertSqlSafe;
use sqlx::any::AnyRow;

use crate::db::Connection;
use crate::db::Row as _;
use crate::db::Tx;
use crate::db::failed;
use crate::kit::Result;
use crate::kit::clock::Timestamp;
use crate::model::AttemptId;
use crate::model::CallId;
use crate::models::ledger::Payer;
use crate::models::ledger::Used;
use crate::models::ledger::owner_scope;
use crate::models::ledger::repository_scope;

/// What a day costs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counted {
    pub spent: u64,
    pub reserved: u64,
}

/// A call that was not settled until now.
pub struct Open {
    pub day: i64,
    pub worst: u64,
    pub own_key: bool,
    pub owner_scope: String,
    pub repository_scope: String,
}

/// The row of a day, which nobody else counts on until the transaction ends.
pub async fn hold(tx: &mut Tx, scope: &str, day: i64) -> Result<Counted> {
    sqlx::query(
        "insert into model_days (scope, day, spent, reserved) values ($1, $2, 0, 0)
         on conflict do nothing",
    )
    .bind(scope)
    .bind(day)
    .execute(&mut **tx)
    .await
    .map_err(failed)?;
    let lock = tx.engine().for_update();
    let sql = AssertSqlSafe(format!("select spent, reserved from model_days where scope = $1 and day = $2 {lock}"));
    let row = sqlx::query(sql).bind(scope).bind(day).fetch_one(&mut **tx).await.map_err(failed)?;
    read(&row)
}

pub async fn counted(connection: &mut Connection, scope: &str, day: i64) -> Result<Counted> {
    let row = sqlx::query("select spent, reserved from model_days where scope = $1 and day = $2")
        .bind(scope)
        .bind(day)
        .fetch_optional(connection)
        .await
        .map_err(failed)?;
    row.as_ref().map_or(Ok(Counted::default()), read)
}

fn read(row: &AnyRow) -> Result<Counted> {
    Ok(Counted { spent: unsigned(row.number("spent")?), reserved: unsigned(row.number("reserved")?) })
}

pub async fn add(connection: &mut Connection, (scope, day): (&str, i64), spent: i64, reserved: i64) -> Result<()> {
    sqlx::query("update model_days set spent = spent + $3, reserved = reserved + $4 where scope = $1 and day = $2")
        .bind(scope)
        .bind(day)
        .bind(spent)
        .bind(reserved)
        .execute(connection)
        .await
        .map_err(failed)?;
    Ok(())
}

pub async fn insert(
    connection: &mut Connection,
    payer: &Payer,
    (call, day, now): (CallId, i64, Timestamp),
    (read, write, worst): (u64, u64, u64),
) -> Result<()> {
    sqlx::query(
        "insert into model_calls (id, run, attempt, lane, repo, owner_name, repo_name, stack, profile, model, day, state,
                                  own_key, worst_micro_usd, worst_in, worst_out, tokens_in, tokens_cached, tokens_out,
                                  micro_usd, estimated, at)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, 'reserved', $12, $13, $14, $15, 0, 0, 0, 0, 0, $16)",
    )
    .bind(call.to_string())
    .bind(payer.run.to_string())
    .bind(payer.attempt.to_string())
    .bind(&payer.lane)
    .bind(payer.repo.id.to_string())
    .bind(payer.repo.owner.as_str())
    .bind(payer.repo.name.as_str())
    .bind(&payer.stack)
    .bind(&payer.profile)
    .bind(&payer.model)
    .bind(day)
    .bind(i32::from(payer.own_key))
    .bind(signed(worst))
    .bind(signed(read))
    .bind(signed(write))
    .bind(now.0)
    .execute(connection)
    .await
    .map_err(failed)?;
    Ok(())
}

/// Settles a call by what it used, or by its worst case; none when it was settled before.
pub async fn close(tx: &mut Tx, call: CallId, used: Option<Used>) -> Result<Option<Open>> {
    let columns = "repo, owner_name, repo_name, day, own_key, worst_micro_usd, worst_in, worst_out";
    let lock = tx.engine().for_update();
    let sql = AssertSqlSafe(format!("select {columns} from model_calls where id = $1 and state = 'reserved' {lock}"));
    let row = sqlx::query(sql).bind(call.to_string()).fetch_optional(&mut **tx).await.map_err(failed)?;
    let Some(row) = row else { return Ok(None) };
    let worst = row.number("worst_micro_usd")?;
    let (read, cached, written, cost, estimated) = match used {
        Some(used) => (
            signed(used.tokens.read),
            signed(used.tokens.cached),
            signed(used.tokens.written),
            signed(used.micro_usd),
            used.estimated,
        ),
        None => (row.number("worst_in")?, 0, row.number("worst_out")?, worst, true),
    };
    sqlx::query(
        "update model_calls
         set state = 'settled', tokens_in = $2, tokens_cached = $3, tokens_out = $4, micro_usd = $5, estimated = $6
         where id = $1",
    )
    .bind(call.to_string())
    .bind(read)
    .bind(cached)
    .bind(written)
    .bind(cost)
    .bind(i32::from(estimated))
    .execute(&mut **tx)
    .await
    .map_err(failed)?;
    let repo = crate::model::RepoRef {
        id: row.parsed("repo")?,
        owner: row.parsed("owner_name")?,
        name: row.parsed("repo_name")?,
    };
    Ok(Some(Open {
        day: row.number("day")?,
        worst: unsigned(worst),
        own_key: row.flag("own_key")?,
        owner_scope: owner_scope(&repo),
        repository_scope: repository_scope(&repo),
    }))
}

pub async fn open_of(connection: &mut Connection, attempt: AttemptId) -> Result<Vec<CallId>> {
    let rows = sqlx::query("select id from model_calls where attempt = $1 and state = 'reserved' order by id")
        .bind(attempt.to_string())
        .fetch_all(connection)
        .await
        .map_err(failed)?;
    rows.iter().map(|row| row.parsed("id")).collect()
}

pub async fn unsettled(connection: &mut Connection) -> Result<Vec<AttemptId>> {
    let rows = sqlx::query("select distinct attempt from model_calls where state = 'reserved' limit 1000")
        .fetch_all(connection)
        .await
        .map_err(failed)?;
    rows.iter().map(|row| row.parsed("attempt")).collect()
}

fn signed(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

fn unsigned(number: i64) -> u64 {
    u64::try_from(number).unwrap_or(0)
}
