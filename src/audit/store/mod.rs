//! The tables `audit` and `audit_head`.

use sqlx::AssertSqlSafe;
use sqlx::any::AnyRow;

use crate::audit::Head;
use crate::audit::Recorded;
use crate::db::Connection;
use crate::db::Row as _;
use crate::db::Tx;
use crate::db::failed;
use crate::kit::Result;
use crate::kit::clock::Timestamp;
use crate::kit::digest::Digest;
use crate::kit::page::Page;
use crate::kit::page::Paging;

macro_rules! columns {
    () => {
        "sequence, at, actor, account, request, action, subject, details, previous, hash, signing_key, signature"
    };
}

/// Which entries to list.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    /// Whose action starts with this, such as `approval.`.
    pub action: Option<String>,
    /// By this actor.
    pub actor: Option<String>,
    /// About this thing.
    pub subject: Option<String>,
    /// Not before this moment.
    pub since: Option<Timestamp>,
}

/// What the first entry holds as the hash of the one before.
pub(super) fn nothing_before() -> Digest {
    "0".repeat(64).parse().expect("64 zeros are a digest")
}

fn read(row: &AnyRow) -> Result<Recorded> {
    Ok(Recorded {
        sequence: row.number("sequence")?,
        at: row.time("at")?,
        actor: row.text("actor")?,
        account: row.parsed_or_none("account")?,
        request: row.text("request")?,
        action: row.text("action")?,
        subject: row.text("subject")?,
        details: row.text("details")?,
        previous: row.parsed("previous")?,
        hash: row.parsed("hash")?,
        key: row.text("signing_key")?,
        signature: row.text("signature")?,
    })
}

fn read_head(row: &AnyRow) -> Result<Head> {
    Ok(Head {
        sequence: row.number("sequence")?,
        at: row.time("at")?,
        hash: row.parsed("hash")?,
        key: row.text("signing_key")?,
        signature: row.text("signature")?,
    })
}

pub(super) async fn head(connection: &mut Connection) -> Result<Head> {
    let row = sqlx::query("select sequence, at, hash, signing_key, signature from audit_head where slot = 1")
        .fetch_one(connection)
        .await
        .map_err(failed)?;
    read_head(&row)
}

/// The head, held until the transaction ends: the lock under which sequence numbers are given.
pub(super) async fn head_for_update(tx: &mut Tx) -> Result<Head> {
    let text = format!(
        "select sequence, at, hash, signing_key, signature from audit_head where slot = 1 {}",
        tx.engine().for_update()
    );
    let row = sqlx::query(AssertSqlSafe(text)).fetch_one(&mut **tx).await.map_err(failed)?;
    read_head(&row)
}

/// The head, and the highest sequence at the same moment.
pub(super) async fn head_and_last(connection: &mut Connection) -> Result<(Head, i64)> {
    let row = sqlx::query(
        "select sequence, at, hash, signing_key, signature,
           (select coalesce(max(a.sequence), 0) from audit a) as last
         from audit_head where slot = 1",
    )
    .fetch_one(connection)
    .await
    .map_err(failed)?;
    Ok((read_head(&row)?, row.number("last")?))
}

pub(super) async fn set_head(connection: &mut Connection, head: &Head) -> Result<()> {
    sqlx::query(
        "update audit_head set sequence = $1, at = $2, hash = $3, signing_key = $4, signature = $5 where slot = 1",
    )
    .bind(head.sequence)
    .bind(head.at.0)
    .bind(head.hash.to_string())
    .bind(head.key.as_str())
    .bind(head.signature.as_str())
    .execute(connection)
    .await
    .map_err(failed)?;
    Ok(())
}

pub(super) async fn insert(connection: &mut Connection, entry: &Recorded) -> Result<()> {
    sqlx::query(concat!(
        "insert into audit (",
        columns!(),
        ") values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)"
    ))
    .bind(entry.sequence)
    .bind(entry.at.0)
    .bind(entry.actor.as_str())
    .bind(entry.account.map(|account| account.to_string()))
    .bind(entry.request.as_str())
    .bind(entry.action.as_str())
    .bind(entry.subject.as_str())
    .bind(entry.details.as_str())
    .bind(entry.previous.to_string())
    .bind(entry.hash.to_string())
    .bind(entry.key.as_str())
    .bind(entry.signature.as_str())
    .execute(connection)
    .await
    .map_err(failed)?;
    Ok(())
}

/// Entries from this sequence on, in order.
pub(super) async fn from(connection: &mut Connection, sequence: i64, limit: i64) -> Result<Vec<Recorded>> {
    let rows =
        sqlx::query(concat!("select ", columns!(), " from audit where sequence >= $1 order by sequence limit $2"))
            .bind(sequence)
            .bind(limit)
            .fetch_all(connection)
            .await
            .map_err(failed)?;
    rows.iter().map(read).collect()
}

pub(super) async fn list(connection: &mut Connection, filter: &Filter, paging: Paging) -> Result<Page<Recorded>> {
    let mut conditions = vec!["at >= $1".to_owned()];
    let mut values = Vec::new();
    let escaped = filter.action.as_ref().map(|action| action.replace(['%', '_', '!'], "") + "%");
    for (condition, value) in
        [("action like", escaped), ("actor =", filter.actor.clone()), ("subject =", filter.subject.clone())]
    {
        let Some(value) = value else { continue };
        values.push(value);
        conditions.push(format!("{condition} ${}", values.len() + 1));
    }
    let conditions = conditions.join(" and ");
    let since = filter.since.map_or(i64::MIN, |since| since.0);

    let mut count = sqlx::query(AssertSqlSafe(format!("select count(*) as total from audit where {conditions}")));
    count = count.bind(since);
    for value in &values {
        count = count.bind(value.as_str());
    }
    let total = count.fetch_one(&mut *connection).await.map_err(failed)?.number("total")?;

    let (limit, offset) = (values.len() + 2, values.len() + 3);
    let mut select = sqlx::query(AssertSqlSafe(format!(
        concat!("select ", columns!(), " from audit where {} order by sequence desc limit ${} offset ${}"),
        conditions, limit, offset
    )))
    .bind(since);
    for value in &values {
        select = select.bind(value.as_str());
    }
    let rows = select.bind(paging.take()).bind(paging.offset()).fetch_all(connection).await.map_err(failed)?;
    let items = rows.iter().map(read).collect::<Result<_>>()?;
    Ok(Page { items, total: total.unsigned_abs(), paging })
}

#[cfg(test)]
mod tests;
