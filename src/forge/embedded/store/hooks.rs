//! Rows of `webhooks`. What a hook keeps to itself is in none of them.

use sqlx::AssertSqlSafe;
use sqlx::any::AnyRow;

use crate::db;
use crate::db::Connection;
use crate::db::Row as _;
use crate::db::Tx;
use crate::forge::embedded::hooks::Hook;
use crate::forge::embedded::hooks::HookEvent;
use crate::kit::Error;
use crate::kit::Result;
use crate::kit::error::Context as _;
use crate::kit::secret::Secret;
use crate::vault::Keeper;

const COLUMNS: &str =
    "keeper, id, flavour, url, content_type, signed, authorized, events, branches, active, created, updated";

pub async fn insert(tx: &mut Tx, hook: &Hook) -> Result<()> {
    let sql = "insert into webhooks
                 (keeper, id, flavour, url, content_type, signed, authorized, events, branches, active, created, updated)
               values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)";
    let query = sqlx::query(sql)
        .bind(hook.keeper.to_string())
        .bind(hook.id)
        .bind(hook.flavour.as_str())
        .bind(hook.url.to_string())
        .bind(hook.content_type.as_str())
        .bind(i16::from(hook.signed))
        .bind(i16::from(hook.authorized))
        .bind(words(&hook.events)?)
        .bind(hook.branches.as_str())
        .bind(i16::from(hook.active))
        .bind(hook.created.0)
        .bind(hook.updated.0);
    query.execute(&mut **tx).await.map(drop).map_err(db::failed)
}

pub async fn update(tx: &mut Tx, hook: &Hook) -> Result<()> {
    let sql = "update webhooks
               set flavour = $3, url = $4, content_type = $5, signed = $6, authorized = $7, events = $8, branches = $9,
                   active = $10, updated = $11
               where keeper = $1 and id = $2";
    let query = sqlx::query(sql)
        .bind(hook.keeper.to_string())
        .bind(hook.id)
        .bind(hook.flavour.as_str())
        .bind(hook.url.to_string())
        .bind(hook.content_type.as_str())
        .bind(i16::from(hook.signed))
        .bind(i16::from(hook.authorized))
        .bind(words(&hook.events)?)
        .bind(hook.branches.as_str())
        .bind(i16::from(hook.active))
        .bind(hook.updated.0);
    query.execute(&mut **tx).await.map(drop).map_err(db::failed)
}

/// Deletes a hook with all that is known of its deliveries.
pub async fn delete(tx: &mut Tx, keeper: Keeper, id: i64) -> Result<()> {
    let attempts = "delete from webhook_attempts
                    where delivery in (select id from webhook_deliveries where keeper = $1 and hook = $2)";
    let deliveries = "delete from webhook_deliveries where keeper = $1 and hook = $2";
    let hook = "delete from webhooks where keeper = $1 and id = $2";
    for sql in [attempts, deliveries, hook] {
        sqlx::query(sql).bind(keeper.to_string()).bind(id).execute(&mut **tx).await.map_err(db::failed)?;
    }
    Ok(())
}

/// The next id of a hook that is no repository's. The row that counts stays locked until the transaction ends.
pub async fn next_id(tx: &mut Tx, keeper: Keeper) -> Result<i64> {
    let sql = "insert into webhook_numbers (keeper, last)
               values ($1, 1)
               on conflict (keeper) do update set last = webhook_numbers.last + 1
               returning last";
    let query = sqlx::query(sql).bind(keeper.to_string());
    query.fetch_one(&mut **tx).await.map_err(db::failed)?.number("last")
}

pub async fn by_id(connection: &mut Connection, keeper: Keeper, id: i64) -> Result<Option<Hook>> {
    let sql = format!("select {COLUMNS} from webhooks where keeper = $1 and id = $2");
    let query = sqlx::query(AssertSqlSafe(sql)).bind(keeper.to_string()).bind(id);
    query.fetch_optional(connection).await.map_err(db::failed)?.as_ref().map(read).transpose()
}

/// All hooks of a keeper, oldest first.
pub async fn list(connection: &mut Connection, keeper: Keeper) -> Result<Vec<Hook>> {
    let sql = format!("select {COLUMNS} from webhooks where keeper = $1 order by id");
    let rows = sqlx::query(AssertSqlSafe(sql)).bind(keeper.to_string()).fetch_all(connection).await;
    rows.map_err(db::failed)?.iter().map(read).collect()
}

/// All hooks of these keepers.
pub async fn of_any(connection: &mut Connection, keepers: [Keeper; 3]) -> Result<Vec<Hook>> {
    let sql = format!("select {COLUMNS} from webhooks where keeper in ($1, $2, $3) order by keeper, id");
    let query = keepers.iter().fold(sqlx::query(AssertSqlSafe(sql)), |query, keeper| query.bind(keeper.to_string()));
    query.fetch_all(connection).await.map_err(db::failed)?.iter().map(read).collect()
}

/// A hook whose secret lies in its row as it was typed.
pub async fn one_clear(tx: &mut Tx) -> Result<Option<((Keeper, i64), Secret<String>)>> {
    let lock = tx.engine().for_update();
    let sql = format!("select keeper, id, clear_secret from webhooks where clear_secret is not null limit 1 {lock}");
    let row = sqlx::query(AssertSqlSafe(sql)).fetch_optional(&mut **tx).await.map_err(db::failed)?;
    let read = |row: &AnyRow| Ok(((row.parsed("keeper")?, row.number("id")?), Secret::new(row.text("clear_secret")?)));
    row.as_ref().map(read).transpose()
}

/// Leaves nothing of a secret in its row. False when there is no such hook.
pub async fn cleared(tx: &mut Tx, (keeper, id): (Keeper, i64)) -> Result<bool> {
    let sql = "update webhooks set signed = 1, clear_secret = null where keeper = $1 and id = $2";
    let query = sqlx::query(sql).bind(keeper.to_string()).bind(id);
    Ok(query.execute(&mut **tx).await.map_err(db::failed)?.rows_affected() == 1)
}

fn words(events: &[HookEvent]) -> Result<String> {
    let words: Vec<&str> = events.iter().map(|event| event.as_str()).collect();
    serde_json::to_string(&words).context("Cannot write words as JSON")
}

fn read(row: &AnyRow) -> Result<Hook> {
    let events: Vec<String> = row.json("events")?;
    let url = row.text("url")?;
    Ok(Hook {
        keeper: row.parsed("keeper")?,
        id: row.number("id")?,
        flavour: row.parsed("flavour")?,
        url: url.parse().map_err(|_| Error::internal(format!("A hook holds the address `{url}`")))?,
        content_type: row.parsed("content_type")?,
        signed: row.flag("signed")?,
        authorized: row.flag("authorized")?,
        events: events.iter().map(|word| word.parse()).collect::<Result<_>>()?,
        branches: row.text("branches")?,
        active: row.flag("active")?,
        created: row.time("created")?,
        updated: row.time("updated")?,
    })
}
