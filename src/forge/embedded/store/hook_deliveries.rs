//! Rows of `webhook_deliveries` and `webhook_attempts`.

use std::time::Duration;

use sqlx::AssertSqlSafe;
use sqlx::any::AnyRow;

use crate::db;
use crate::db::Connection;
use crate::db::Row as _;
use crate::db::Tx;
use crate::forge::embedded::hooks::HookAttempt;
use crate::forge::embedded::hooks::HookDelivery;
use crate::forge::embedded::hooks::HookDeliveryId;
use crate::forge::embedded::hooks::HookDeliveryState;
use crate::kit::Result;
use crate::kit::clock::Timestamp;
use crate::kit::error::Context as _;
use crate::kit::page::Page;
use crate::kit::page::Paging;
use crate::vault::Keeper;

const COLUMNS: &str =
    "d.id, d.keeper, d.hook, d.repo, d.event, d.payload, d.state, d.tries, d.due, d.original, d.created";

pub async fn insert(tx: &mut Tx, delivery: &HookDelivery) -> Result<()> {
    let sql = "insert into webhook_deliveries
                 (id, keeper, hook, repo, event, payload, state, tries, due, original, created)
               values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)";
    let query = sqlx::query(sql)
        .bind(delivery.id.to_string())
        .bind(delivery.keeper.to_string())
        .bind(delivery.hook)
        .bind(delivery.repo.to_string())
        .bind(delivery.event.as_str())
        .bind(delivery.payload.as_str())
        .bind(delivery.state.as_str())
        .bind(delivery.tries)
        .bind(delivery.due.0)
        .bind(delivery.original.map(|id| id.to_string()))
        .bind(delivery.created.0);
    query.execute(&mut **tx).await.map(drop).map_err(db::failed)
}

/// Of each hook the oldest delivery that is due.
pub async fn due(connection: &mut Connection, now: Timestamp, most: i64) -> Result<Vec<HookDelivery>> {
    let sql = format!(
        "select {COLUMNS}
         from webhook_deliveries d
         join (select min(id) as oldest
               from webhook_deliveries
               where state = 'pending' and due <= $1
               group by keeper, hook) o on o.oldest = d.id
         order by d.id
         limit $2"
    );
    let query = sqlx::query(AssertSqlSafe(sql)).bind(now.0).bind(most);
    query.fetch_all(connection).await.map_err(db::failed)?.iter().map(read).collect()
}

/// Takes a delivery for one try: nobody else takes it before `until`. False when somebody else was first.
pub async fn claim(tx: &mut Tx, id: HookDeliveryId, now: Timestamp, until: Timestamp) -> Result<bool> {
    let sql = "update webhook_deliveries set due = $3 where id = $1 and state = 'pending' and due <= $2";
    let query = sqlx::query(sql).bind(id.to_string()).bind(now.0).bind(until.0);
    Ok(query.execute(&mut **tx).await.map_err(db::failed)?.rows_affected() == 1)
}

/// Writes what became of a delivery.
pub async fn settle(tx: &mut Tx, delivery: &HookDelivery) -> Result<()> {
    let sql = "update webhook_deliveries set state = $2, tries = $3, due = $4 where id = $1";
    let query = sqlx::query(sql)
        .bind(delivery.id.to_string())
        .bind(delivery.state.as_str())
        .bind(delivery.tries)
        .bind(delivery.due.0);
    query.execute(&mut **tx).await.map(drop).map_err(db::failed)
}

/// How many are still to be tried.
pub async fn count_pending(connection: &mut Connection) -> Result<i64> {
    let sql = "select count(*) as waiting from webhook_deliveries where state = 'pending'";
    sqlx::query(sql).fetch_one(connection).await.map_err(db::failed)?.number("waiting")
}

/// Forgets some of the deliveries of a hook that ended before a time.
pub async fn forget(tx: &mut Tx, place: (Keeper, i64), before: Timestamp, most: i64) -> Result<()> {
    let sql = "select id
               from webhook_deliveries
               where keeper = $1 and hook = $2 and created < $3 and state <> 'pending'
               order by created
               limit $4";
    let query = sqlx::query(sql).bind(place.0.to_string()).bind(place.1).bind(before.0).bind(most);
    let old = query.fetch_all(&mut **tx).await.map_err(db::failed)?;
    for row in &old {
        let attempts = "delete from webhook_attempts where delivery = $1";
        let delivery = "delete from webhook_deliveries where id = $1";
        for sql in [attempts, delivery] {
            sqlx::query(sql).bind(row.text("id")?).execute(&mut **tx).await.map_err(db::failed)?;
        }
    }
    Ok(())
}

pub async fn by_id(connection: &mut Connection, id: HookDeliveryId) -> Result<Option<HookDelivery>> {
    let sql = format!("select {COLUMNS} from webhook_deliveries d where d.id = $1");
    let query = sqlx::query(AssertSqlSafe(sql)).bind(id.to_string());
    query.fetch_optional(connection).await.map_err(db::failed)?.as_ref().map(read).transpose()
}

/// Deliveries of a hook, newest first.
pub async fn list(
    connection: &mut Connection,
    keeper: Keeper,
    hook: i64,
    paging: Paging,
) -> Result<Page<HookDelivery>> {
    let count = "select count(*) as total from webhook_deliveries where keeper = $1 and hook = $2";
    let query = sqlx::query(count).bind(keeper.to_string()).bind(hook);
    let total = query.fetch_one(&mut *connection).await.map_err(db::failed)?.number("total")?;
    let sql = format!(
        "select {COLUMNS} from webhook_deliveries d where d.keeper = $1 and d.hook = $2 order by d.id desc limit $3 offset $4"
    );
    let query = sqlx::query(AssertSqlSafe(sql)).bind(keeper.to_string()).bind(hook);
    let rows = query.bind(paging.take()).bind(paging.offset()).fetch_all(connection).await.map_err(db::failed)?;
    let items = rows.iter().map(read).collect::<Result<Vec<_>>>()?;
    Ok(Page { items, total: u64::try_from(total).unwrap_or(0), paging })
}

/// The newest delivery of each hook of a keeper, with its state.
pub async fn newest(connection: &mut Connection, keeper: Keeper) -> Result<Vec<HookDelivery>> {
    let sql = format!(
        "select {COLUMNS}
         from webhook_deliveries d
         join (select max(id) as newest from webhook_deliveries where keeper = $1 group by hook) n on n.newest = d.id"
    );
    let query = sqlx::query(AssertSqlSafe(sql)).bind(keeper.to_string());
    query.fetch_all(connection).await.map_err(db::failed)?.iter().map(read).collect()
}

pub async fn insert_attempt(tx: &mut Tx, id: HookDeliveryId, attempt: &HookAttempt) -> Result<()> {
    let sql = "insert into webhook_attempts
                 (delivery, number, at, took, url, request_headers, status, error, answer_headers, answer, cut)
               values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)";
    let json = |headers: &[(String, String)]| serde_json::to_string(headers).context("Cannot write headers as JSON");
    let query = sqlx::query(sql)
        .bind(id.to_string())
        .bind(attempt.number)
        .bind(attempt.at.0)
        .bind(i64::try_from(attempt.took.as_micros()).unwrap_or(i64::MAX))
        .bind(attempt.url.as_str())
        .bind(json(&attempt.request_headers)?)
        .bind(attempt.status.map(i64::from))
        .bind(attempt.error.as_deref())
        .bind(json(&attempt.answer_headers)?)
        .bind(attempt.answer.as_str())
        .bind(i16::from(attempt.cut));
    query.execute(&mut **tx).await.map(drop).map_err(db::failed)
}

/// Each time that a delivery was tried, first one first.
pub async fn attempts(connection: &mut Connection, id: HookDeliveryId) -> Result<Vec<HookAttempt>> {
    let sql = "select number, at, took, url, request_headers, status, error, answer_headers, answer, cut
               from webhook_attempts
               where delivery = $1
               order by number";
    let rows = sqlx::query(sql).bind(id.to_string()).fetch_all(connection).await.map_err(db::failed)?;
    rows.iter().map(read_attempt).collect()
}

fn read(row: &AnyRow) -> Result<HookDelivery> {
    Ok(HookDelivery {
        id: row.parsed("id")?,
        keeper: row.parsed("keeper")?,
        hook: row.number("hook")?,
        repo: row.parsed("repo")?,
        event: row.parsed("event")?,
        payload: row.text("payload")?,
        state: row.parsed::<HookDeliveryState>("state")?,
        tries: row.number("tries")?,
        due: row.time("due")?,
        original: row.parsed_or_none("original")?,
        created: row.time("created")?,
    })
}

fn read_attempt(row: &AnyRow) -> Result<HookAttempt> {
    Ok(HookAttempt {
        number: row.number("number")?,
        at: row.time("at")?,
        took: Duration::from_micros(row.number("took")?.unsigned_abs()),
        url: row.text("url")?,
        request_headers: row.json("request_headers")?,
        status: row.number_or_none("status")?.and_then(|status| u16::try_from(status).ok()),
        error: row.text_or_none("error")?,
        answer_headers: row.json("answer_headers")?,
        answer: row.text("answer")?,
        cut: row.flag("cut")?,
    })
}
