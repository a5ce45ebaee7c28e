//! The table `deliveries`.

use sqlx::AssertSqlSafe;
use sqlx::any::AnyRow;

use crate::db::Connection;
use crate::db::Row as _;
use crate::db::failed;
use crate::events::delivery::Delivery;
use crate::events::delivery::DeliveryState;
use crate::events::delivery::Received;
use crate::events::delivery::SourceName;
use crate::events::payload;
use crate::events::payload::Packed;
use crate::kit::Result;
use crate::kit::digest::Digest;
use crate::kit::page::Page;
use crate::kit::page::Paging;
use crate::model::DeliveryId;
use crate::model::RepoId;

macro_rules! columns {
    () => {
        "id, source, remote_id, name, received, digest, state, outcome, repo, original, size"
    };
}

/// A delivery of the intake, ready to be written: one row of a batch.
#[derive(Clone, Debug)]
pub struct Incoming {
    pub id: DeliveryId,
    pub source: SourceName,
    pub remote_id: String,
    pub name: String,
    pub received: i64,
    pub digest: Digest,
    pub size: i64,
    pub headers: String,
    pub encoding: &'static str,
    pub body: Vec<u8>,
}

/// What is known of an id or of a body.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Known {
    pub id: DeliveryId,
    pub digest: Digest,
}

fn read(row: &AnyRow) -> Result<Received> {
    Ok(Received {
        id: row.parsed("id")?,
        source: row.parsed("source")?,
        remote_id: row.text("remote_id")?,
        name: row.text("name")?,
        at: row.time("received")?,
        digest: row.parsed("digest")?,
        state: row.parsed("state")?,
        outcome: row.text_or_none("outcome")?,
        repo: row.parsed_or_none("repo")?,
        original: row.parsed_or_none("original")?,
        size: row.number("size")?.unsigned_abs(),
    })
}

pub async fn by_id(connection: &mut Connection, id: DeliveryId) -> Result<Option<Delivery>> {
    let row = sqlx::query(concat!("select ", columns!(), ", headers, encoding, body from deliveries where id = $1"))
        .bind(id.to_string())
        .fetch_optional(connection)
        .await
        .map_err(failed)?;
    let Some(row) = row else { return Ok(None) };
    Ok(Some(Delivery {
        received: read(&row)?,
        headers: row.json("headers")?,
        body: payload::unpack(&row.text("encoding")?, row.bytes("body")?)?,
    }))
}

pub async fn of_repo(connection: &mut Connection, repo: RepoId, paging: Paging) -> Result<Page<Received>> {
    let total = sqlx::query("select count(*) as total from deliveries where repo = $1")
        .bind(repo.to_string())
        .fetch_one(&mut *connection)
        .await
        .map_err(failed)?
        .number("total")?;
    let rows = sqlx::query(concat!(
        "select ",
        columns!(),
        " from deliveries where repo = $1 order by received desc, id desc limit $2 offset $3"
    ))
    .bind(repo.to_string())
    .bind(paging.take())
    .bind(paging.offset())
    .fetch_all(connection)
    .await
    .map_err(failed)?;
    let items = rows.iter().map(read).collect::<Result<_>>()?;
    Ok(Page { items, total: total.unsigned_abs(), paging })
}

/// Without counting them all: the newest, or those before one.
pub async fn newest_of_repo(
    connection: &mut Connection,
    repo: RepoId,
    before: Option<DeliveryId>,
    most: i64,
) -> Result<Vec<Received>> {
    let (earlier, before) = match before {
        Some(before) => (" and id < $3", Some(before.to_string())),
        None => ("", None),
    };
    let sql = format!(
        concat!("select ", columns!(), " from deliveries where repo = $1{} order by id desc limit $2"),
        earlier
    );
    let mut query = sqlx::query(AssertSqlSafe(sql)).bind(repo.to_string()).bind(most);
    if let Some(before) = before {
        query = query.bind(before);
    }
    query.fetch_all(connection).await.map_err(failed)?.iter().map(read).collect()
}

pub async fn strays(connection: &mut Connection, paging: Paging) -> Result<Page<Received>> {
    let total = sqlx::query("select count(*) as total from deliveries where repo is null")
        .fetch_one(&mut *connection)
        .await
        .map_err(failed)?
        .number("total")?;
    let rows = sqlx::query(concat!(
        "select ",
        columns!(),
        " from deliveries where repo is null order by id desc limit $1 offset $2"
    ))
    .bind(paging.take())
    .bind(paging.offset())
    .fetch_all(connection)
    .await
    .map_err(failed)?;
    let items = rows.iter().map(read).collect::<Result<_>>()?;
    Ok(Page { items, total: total.unsigned_abs(), paging })
}

pub async fn is_known(connection: &mut Connection, source: &SourceName, remote_id: &str) -> Result<bool> {
    Ok(with_remote_id(connection, source, remote_id).await?.is_some())
}

/// The delivery that counts among those with this id.
pub async fn with_remote_id(
    connection: &mut Connection,
    source: &SourceName,
    remote_id: &str,
) -> Result<Option<Known>> {
    let row = sqlx::query("select id, digest from deliveries where source = $1 and remote_id = $2 and first = 1")
        .bind(source.as_str())
        .bind(remote_id)
        .fetch_optional(connection)
        .await
        .map_err(failed)?;
    row.map(|row| Ok(Known { id: row.parsed("id")?, digest: row.parsed("digest")? })).transpose()
}

/// The delivery that counts among those with these bytes.
pub async fn with_digest(connection: &mut Connection, source: &SourceName, digest: &Digest) -> Result<Option<Known>> {
    let row = sqlx::query(
        "select id, digest from deliveries where digest = $1 and source = $2 and first = 1 and source <> 'forgehand'",
    )
    .bind(digest.to_string())
    .bind(source.as_str())
    .fetch_optional(connection)
    .await
    .map_err(failed)?;
    row.map(|row| Ok(Known { id: row.parsed("id")?, digest: row.parsed("digest")? })).transpose()
}

/// A delivery of our own. False when its id was accepted before.
pub async fn insert_own(connection: &mut Connection, received: &Received, body: &Packed<'_>) -> Result<bool> {
    insert(connection, received, true, &[], body).await
}

/// One delivery. False when it counts and another one that counts has its id or its bytes.
pub async fn insert(
    connection: &mut Connection,
    received: &Received,
    first: bool,
    headers: &[(String, String)],
    body: &Packed<'_>,
) -> Result<bool> {
    let done = sqlx::query(
        "insert into deliveries
           (id, source, remote_id, name, received, digest, first, state, outcome, repo, original, size, headers,
            encoding, body)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)
         on conflict do nothing",
    )
    .bind(received.id.to_string())
    .bind(received.source.as_str())
    .bind(received.remote_id.as_str())
    .bind(received.name.as_str())
    .bind(received.at.0)
    .bind(received.digest.to_string())
    .bind(i16::from(first))
    .bind(received.state.as_str())
    .bind(received.outcome.as_deref())
    .bind(received.repo.map(|repo| repo.to_string()))
    .bind(received.original.map(|original| original.to_string()))
    .bind(i64::try_from(received.size).unwrap_or(i64::MAX))
    .bind(serde_json::json!(headers).to_string())
    .bind(body.encoding)
    .bind(body.bytes.to_vec())
    .execute(connection)
    .await
    .map_err(failed)?;
    Ok(done.rows_affected() == 1)
}

/// Writes a batch of deliveries in one statement and answers which of them are new.
pub async fn insert_batch(connection: &mut Connection, batch: &[Incoming]) -> Result<Vec<DeliveryId>> {
    let mut text = String::with_capacity(200 + batch.len() * 80);
    text.push_str(
        "insert into deliveries
           (id, source, remote_id, name, received, digest, size, headers, encoding, body, first, state)
         values ",
    );
    for row in 0..batch.len() {
        let places: Vec<String> =
            (1..=COLUMNS_OF_BATCH).map(|at| format!("${}", row * COLUMNS_OF_BATCH + at)).collect();
        text.push_str(if row == 0 { "(" } else { ", (" });
        text.push_str(&places.join(", "));
        text.push_str(", 1, 'received')");
    }
    text.push_str(" on conflict do nothing returning id");
    let mut query = sqlx::query(AssertSqlSafe(text));
    for row in batch {
        query = query
            .bind(row.id.to_string())
            .bind(row.source.as_str())
            .bind(row.remote_id.as_str())
            .bind(row.name.as_str())
            .bind(row.received)
            .bind(row.digest.to_string())
            .bind(row.size)
            .bind(row.headers.as_str())
            .bind(row.encoding)
            .bind(row.body.as_slice());
    }
    query.fetch_all(connection).await.map_err(failed)?.iter().map(|row| row.parsed("id")).collect()
}

const COLUMNS_OF_BATCH: usize = 10;

/// Deliveries whose meaning is not worked out yet, oldest first, with their bodies.
pub async fn to_route(connection: &mut Connection, limit: u32) -> Result<Vec<Delivery>> {
    let rows = sqlx::query(concat!(
        "select ",
        columns!(),
        ", headers, encoding, body from deliveries where state = 'received' order by received limit $1"
    ))
    .bind(i64::from(limit))
    .fetch_all(connection)
    .await
    .map_err(failed)?;
    let read_all = |row: &AnyRow| {
        Ok(Delivery {
            received: read(row)?,
            headers: row.json("headers")?,
            body: payload::unpack(&row.text("encoding")?, row.bytes("body")?)?,
        })
    };
    rows.iter().map(read_all).collect()
}

pub async fn set_outcome(
    connection: &mut Connection,
    id: DeliveryId,
    state: DeliveryState,
    outcome: &str,
) -> Result<()> {
    sqlx::query("update deliveries set state = $1, outcome = $2 where id = $3 and state = 'received'")
        .bind(state.as_str())
        .bind(outcome)
        .bind(id.to_string())
        .execute(connection)
        .await
        .map_err(failed)?;
    Ok(())
}
