//! The table `tool_pins`.

use serde_json::Value;
use sqlx::AssertSqlSafe;
use sqlx::any::AnyRow;

use crate::db::Connection;
use crate::db::Row as _;
use crate::db::Tx;
use crate::db::failed;
use crate::kit::Result;
use crate::kit::clock::Timestamp;
use crate::model::PinId;
use crate::model::RepoId;
use crate::vault::Pin;
use crate::vault::PinOf;

macro_rules! columns {
    () => {
        "id, repo, stack, server, address, tools, agreed_by, agreed_at, waiting, waiting_at"
    };
}

/// Writes the first list of a server; says whether there was none.
pub async fn put_first(connection: &mut Connection, pin: &Pin) -> Result<bool> {
    let done = sqlx::query(
        "insert into tool_pins (id, repo, stack, server, address, tools, agreed_by, agreed_at)
         values ($1, $2, $3, $4, $5, $6, $7, $8)
         on conflict (repo, stack, server) do nothing",
    )
    .bind(pin.id.to_string())
    .bind(pin.of.repo.to_string())
    .bind(&pin.of.stack)
    .bind(&pin.of.server)
    .bind(&pin.address)
    .bind(pin.tools.to_string())
    .bind(&pin.by)
    .bind(pin.at.0)
    .execute(connection)
    .await
    .map_err(failed)?;
    Ok(done.rows_affected() > 0)
}

pub async fn find(connection: &mut Connection, of: &PinOf) -> Result<Option<Pin>> {
    let sql = concat!("select ", columns!(), " from tool_pins where repo = $1 and stack = $2 and server = $3");
    let row = sqlx::query(sql)
        .bind(of.repo.to_string())
        .bind(&of.stack)
        .bind(&of.server)
        .fetch_optional(connection)
        .await
        .map_err(failed)?;
    row.as_ref().map(read).transpose()
}

/// A list, which nobody else can change until the transaction ends.
pub async fn lock(tx: &mut Tx, id: PinId) -> Result<Option<Pin>> {
    let lock = tx.engine().for_update();
    let sql = AssertSqlSafe(format!(concat!("select ", columns!(), " from tool_pins where id = $1 {}"), lock));
    let row = sqlx::query(sql).bind(id.to_string()).fetch_optional(&mut **tx).await.map_err(failed)?;
    row.as_ref().map(read).transpose()
}

pub async fn of_repository(connection: &mut Connection, repo: RepoId) -> Result<Vec<Pin>> {
    let sql = concat!("select ", columns!(), " from tool_pins where repo = $1 order by stack, server");
    let rows = sqlx::query(sql).bind(repo.to_string()).fetch_all(connection).await.map_err(failed)?;
    rows.iter().map(read).collect()
}

/// Puts a list beside the one that was agreed to, or takes it away.
pub async fn wait(connection: &mut Connection, id: PinId, list: Option<(&Value, Timestamp)>) -> Result<()> {
    sqlx::query("update tool_pins set waiting = $2, waiting_at = $3 where id = $1")
        .bind(id.to_string())
        .bind(list.map(|(tools, _)| tools.to_string()))
        .bind(list.map(|(_, at)| at.0))
        .execute(connection)
        .await
        .map_err(failed)?;
    Ok(())
}

pub async fn agree(connection: &mut Connection, id: PinId, tools: &Value, (by, at): (&str, Timestamp)) -> Result<()> {
    sqlx::query(
        "update tool_pins
         set tools = $2, agreed_by = $3, agreed_at = $4, waiting = null, waiting_at = null
         where id = $1",
    )
    .bind(id.to_string())
    .bind(tools.to_string())
    .bind(by)
    .bind(at.0)
    .execute(connection)
    .await
    .map_err(failed)?;
    Ok(())
}

fn read(row: &AnyRow) -> Result<Pin> {
    let waiting = match row.time_or_none("waiting_at")? {
        Some(at) => Some((row.json("waiting")?, at)),
        None => None,
    };
    Ok(Pin {
        id: row.parsed("id")?,
        of: PinOf { repo: row.parsed("repo")?, stack: row.text("stack")?, server: row.text("server")? },
        address: row.text("address")?,
        tools: row.json("tools")?,
        by: row.text("agreed_by")?,
        at: row.time("agreed_at")?,
        waiting,
    })
}
