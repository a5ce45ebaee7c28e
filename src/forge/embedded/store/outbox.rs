//! Rows of `forge_outbox`: what happened and waits to be taken.

use crate::db;
use crate::db::Connection;
use crate::db::Row as _;
use crate::db::Tx;
use crate::forge::embedded::outbox::Outgoing;
use crate::kit::Result;
use crate::kit::error::Context as _;
use crate::model::DeliveryId;

pub async fn insert(tx: &mut Tx, outgoing: &Outgoing) -> Result<()> {
    let event = serde_json::to_string(&outgoing.event).context("Cannot write an event as JSON")?;
    let sql = "insert into forge_outbox (id, repo, event, payload, created) values ($1, $2, $3, $4, $5)";
    let query = sqlx::query(sql)
        .bind(outgoing.id.to_string())
        .bind(outgoing.event.repo.id.to_string())
        .bind(event)
        .bind(outgoing.payload.as_str())
        .bind(outgoing.event.at.0);
    query.execute(&mut **tx).await.map(drop).map_err(db::failed)
}

/// What waits, oldest first.
pub async fn list(connection: &mut Connection, most: i64) -> Result<Vec<Outgoing>> {
    let sql = "select id, event, payload from forge_outbox order by id limit $1";
    let rows = sqlx::query(sql).bind(most).fetch_all(connection).await.map_err(db::failed)?;
    let read = |row: &sqlx::any::AnyRow| {
        Ok(Outgoing { id: row.parsed("id")?, event: row.json("event")?, payload: row.text("payload")? })
    };
    rows.iter().map(read).collect()
}

/// How many wait.
pub async fn count(connection: &mut Connection) -> Result<i64> {
    let sql = "select count(*) as total from forge_outbox";
    sqlx::query(sql).fetch_one(connection).await.map_err(db::failed)?.number("total")
}

/// Takes one out. False when somebody else has.
pub async fn take(tx: &mut Tx, id: DeliveryId) -> Result<bool> {
    let sql = "delete from forge_outbox where id = $1";
    Ok(sqlx::query(sql).bind(id.to_string()).execute(&mut **tx).await.map_err(db::failed)?.rows_affected() == 1)
}
