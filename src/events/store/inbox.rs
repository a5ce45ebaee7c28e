//! The table `events`.

use sqlx::AssertSqlSafe;
use sqlx::any::AnyRow;

use crate::db::Connection;
use crate::db::Row as _;
use crate::db::failed;
use crate::events::inbox::EventState;
use crate::events::inbox::StoredEvent;
use crate::kit::Result;
use crate::kit::clock::Timestamp;
use crate::kit::error::Context as _;
use crate::model::DeliveryId;
use crate::model::EventId;

macro_rules! columns {
    () => {
        "id, delivery, event, state, reason, received, tries"
    };
}

fn read(row: &AnyRow) -> Result<StoredEvent> {
    Ok(StoredEvent {
        id: row.parsed("id")?,
        delivery: row.parsed("delivery")?,
        event: row.json("event")?,
        state: row.parsed("state")?,
        reason: row.text_or_none("reason")?,
        received: row.time("received")?,
        tries: row.number("tries")?,
    })
}

pub async fn insert(connection: &mut Connection, stored: &StoredEvent) -> Result<()> {
    sqlx::query(
        "insert into events (id, delivery, repo, kind, number, actor, event, state, received)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
    )
    .bind(stored.id.to_string())
    .bind(stored.delivery.to_string())
    .bind(stored.event.repo.id.to_string())
    .bind(stored.event.what.name())
    .bind(stored.event.what.number())
    .bind(stored.event.actor.login.as_str())
    .bind(serde_json::to_string(&stored.event).context("Cannot write an event as JSON")?)
    .bind(stored.state.as_str())
    .bind(stored.received.0)
    .execute(connection)
    .await
    .map_err(failed)?;
    Ok(())
}

pub async fn by_id(connection: &mut Connection, id: EventId) -> Result<Option<StoredEvent>> {
    let row = sqlx::query(concat!("select ", columns!(), " from events where id = $1"))
        .bind(id.to_string())
        .fetch_optional(connection)
        .await
        .map_err(failed)?;
    row.as_ref().map(read).transpose()
}

pub async fn of_delivery(connection: &mut Connection, delivery: DeliveryId) -> Result<Vec<StoredEvent>> {
    let rows = sqlx::query(concat!("select ", columns!(), " from events where delivery = $1 order by id"))
        .bind(delivery.to_string())
        .fetch_all(connection)
        .await
        .map_err(failed)?;
    rows.iter().map(read).collect()
}

/// The events of several deliveries, or several events by their own ids, in one statement.
pub async fn by_ids(
    connection: &mut Connection,
    deliveries: &[DeliveryId],
    events: &[EventId],
) -> Result<Vec<StoredEvent>> {
    let ids: Vec<String> =
        deliveries.iter().map(DeliveryId::to_string).chain(events.iter().map(EventId::to_string)).collect();
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    let places = |from: usize, to: usize| match from == to {
        true => "null".to_owned(),
        false => (from + 1..=to).map(|number| format!("${number}")).collect::<Vec<_>>().join(", "),
    };
    let sql = format!(
        concat!("select ", columns!(), " from events where delivery in ({}) or id in ({}) order by id"),
        places(0, deliveries.len()),
        places(deliveries.len(), ids.len())
    );
    let mut query = sqlx::query(AssertSqlSafe(sql));
    for id in ids {
        query = query.bind(id);
    }
    query.fetch_all(connection).await.map_err(failed)?.iter().map(read).collect()
}

pub async fn pending(connection: &mut Connection, now: Timestamp, limit: u32) -> Result<Vec<StoredEvent>> {
    let rows = sqlx::query(concat!(
        "select ",
        columns!(),
        " from events where state = 'received' and next_at <= $1 order by received, id limit $2"
    ))
    .bind(now.0)
    .bind(i64::from(limit))
    .fetch_all(connection)
    .await
    .map_err(failed)?;
    rows.iter().map(read).collect()
}

pub async fn count_pending(connection: &mut Connection) -> Result<i64> {
    let sql = "select count(*) as total from events where state = 'received'";
    sqlx::query(sql).fetch_one(connection).await.map_err(failed)?.number("total")
}

pub async fn settle(
    connection: &mut Connection,
    id: EventId,
    state: EventState,
    reason: &str,
    now: Timestamp,
) -> Result<bool> {
    let done = sqlx::query(
        "update events set state = $1, reason = $2, settled = $3
         where id = $4 and state = 'received'",
    )
    .bind(state.as_str())
    .bind(reason)
    .bind(now.0)
    .bind(id.to_string())
    .execute(connection)
    .await
    .map_err(failed)?;
    Ok(done.rows_affected() == 1)
}

pub async fn explain(connection: &mut Connection, id: EventId, reason: &str) -> Result<()> {
    sqlx::query("update events set reason = $1 where id = $2")
        .bind(reason)
        .bind(id.to_string())
        .execute(connection)
        .await
        .map_err(failed)?;
    Ok(())
}

pub async fn postpone(connection: &mut Connection, id: EventId, reason: &str, until: Timestamp) -> Result<()> {
    sqlx::query(
        "update events set tries = tries + 1, reason = $1, next_at = $2
         where id = $3 and state = 'received'",
    )
    .bind(reason)
    .bind(until.0)
    .bind(id.to_string())
    .execute(connection)
    .await
    .map_err(failed)?;
    Ok(())
}
