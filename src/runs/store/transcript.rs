//! The lines of transcripts. A run may have tens of thousands: every question walks along the key and ends at its limit.

use sqlx::any::AnyRow;

use crate::db::Connection;
use crate::db::Row as _;
use crate::db::failed;
use crate::kit::Result;
use crate::model::RunId;
use crate::runs::TranscriptEvent;

pub async fn last_sequence(connection: &mut Connection, run: RunId) -> Result<i64> {
    let row = sqlx::query("select coalesce(max(sequence), 0) as last from run_events where run = $1")
        .bind(run.to_string())
        .fetch_one(connection)
        .await
        .map_err(failed)?;
    row.number("last")
}

pub async fn insert_event(connection: &mut Connection, run: RunId, event: &TranscriptEvent) -> Result<()> {
    sqlx::query(
        "insert into run_events (run, sequence, attempt, at, origin, kind, body)
         values ($1, $2, $3, $4, $5, $6, $7)",
    )
    .bind(run.to_string())
    .bind(event.sequence)
    .bind(event.attempt.map(|id| id.to_string()))
    .bind(event.at.0)
    .bind(event.origin.as_str())
    .bind(&event.kind)
    .bind(event.body.to_string())
    .execute(connection)
    .await
    .map_err(failed)?;
    Ok(())
}

pub async fn events_after(
    connection: &mut Connection,
    run: RunId,
    after: i64,
    most: i64,
) -> Result<Vec<TranscriptEvent>> {
    let rows = sqlx::query(
        "select sequence, attempt, at, origin, kind, body
         from run_events
         where run = $1 and sequence > $2
         order by sequence
         limit $3",
    )
    .bind(run.to_string())
    .bind(after)
    .bind(most)
    .fetch_all(connection)
    .await
    .map_err(failed)?;
    rows.iter().map(event_from).collect()
}

pub async fn events_before(
    connection: &mut Connection,
    run: RunId,
    before: i64,
    most: i64,
) -> Result<Vec<TranscriptEvent>> {
    let rows = sqlx::query(
        "select sequence, attempt, at, origin, kind, body
         from run_events
         where run = $1 and sequence < $2
         order by sequence desc
         limit $3",
    )
    .bind(run.to_string())
    .bind(before)
    .bind(most)
    .fetch_all(connection)
    .await
    .map_err(failed)?;
    rows.iter().rev().map(event_from).collect()
}

fn event_from(row: &AnyRow) -> Result<TranscriptEvent> {
    Ok(TranscriptEvent {
        sequence: row.number("sequence")?,
        attempt: row.parsed_or_none("attempt")?,
        at: row.time("at")?,
        origin: row.parsed("origin")?,
        kind: row.text("kind")?,
        body: row.json("body")?,
    })
}

pub async fn events_with(
    connection: &mut Connection,
    run: RunId,
    words: &str,
    most: i64,
) -> Result<Vec<TranscriptEvent>> {
    let rows = sqlx::query(
        "select sequence, attempt, at, origin, kind, body
         from run_events
         where run = $1 and lower(body) like $2 escape '\\'
         order by sequence desc
         limit $3",
    )
    .bind(run.to_string())
    .bind(pattern(words))
    .bind(most)
    .fetch_all(connection)
    .await
    .map_err(failed)?;
    rows.iter().rev().map(event_from).collect()
}

pub async fn count_events(connection: &mut Connection, run: RunId, kind: &str) -> Result<i64> {
    sqlx::query("select count(*) as total from run_events where run = $1 and kind = $2")
        .bind(run.to_string())
        .bind(kind)
        .fetch_one(connection)
        .await
        .map_err(failed)?
        .number("total")
}

pub async fn events_of(connection: &mut Connection, run: RunId, kind: &str, most: i64) -> Result<Vec<TranscriptEvent>> {
    let rows = sqlx::query(
        "select sequence, attempt, at, origin, kind, body
         from run_events
         where run = $1 and kind = $2
         order by sequence desc
         limit $3",
    )
    .bind(run.to_string())
    .bind(kind)
    .bind(most)
    .fetch_all(connection)
    .await
    .map_err(failed)?;
    rows.iter().rev().map(event_from).collect()
}

pub async fn newest_event(connection: &mut Connection, run: RunId, kind: &str) -> Result<Option<TranscriptEvent>> {
    Ok(events_of(connection, run, kind, 1).await?.pop())
}

/// Words as part of a line, as they stand in its JSON.
fn pattern(words: &str) -> String {
    let json = serde_json::Value::from(words.to_lowercase()).to_string();
    let inside = json.trim_start_matches('"').trim_end_matches('"');
    let escaped = inside.replace('\\', "\\\\").replace('%', "\\%").replace('_', "\\_");
    format!("%{escaped}%")
}
