//! The tables `vault_sealed` and `vault_master`.

use sqlx::AssertSqlSafe;
use sqlx::any::AnyRow;

use crate::db::Connection;
use crate::db::Row as _;
use crate::db::Tx;
use crate::db::failed;
use crate::kit::Result;
use crate::kit::clock::Timestamp;
use crate::vault::Slot;

/// A sealed value as it lies in the database.
pub struct Sealed {
    pub slot: Slot,
    /// The name of the master key.
    pub master: String,
    pub bytes: Vec<u8>,
}

/// Names the master key if none is named yet, or if nothing is sealed; gives the one that is named then.
pub async fn settle_master(tx: &mut Tx, newest: &str) -> Result<String> {
    sqlx::query("insert into vault_master (one, id) values (1, $1) on conflict do nothing")
        .bind(newest)
        .execute(&mut **tx)
        .await
        .map_err(failed)?;
    sqlx::query("update vault_master set id = $1 where one = 1 and not exists (select 1 from vault_sealed)")
        .bind(newest)
        .execute(&mut **tx)
        .await
        .map_err(failed)?;
    named(tx, "").await
}

/// The master key that seals, which stays so until the transaction ends.
pub async fn master_for_share(tx: &mut Tx) -> Result<String> {
    let lock = tx.engine().for_share();
    named(tx, lock).await
}

/// The master key that seals, which nobody else can use until the transaction ends.
pub async fn master_for_update(tx: &mut Tx) -> Result<String> {
    let lock = tx.engine().for_update();
    named(tx, lock).await
}

async fn named(tx: &mut Tx, lock: &str) -> Result<String> {
    let sql = AssertSqlSafe(format!("select id from vault_master where one = 1 {lock}"));
    sqlx::query(sql).fetch_one(&mut **tx).await.map_err(failed)?.text("id")
}

/// Names the master key that seals from now on.
pub async fn set_master(connection: &mut Connection, id: &str) -> Result<()> {
    sqlx::query("update vault_master set id = $1 where one = 1").bind(id).execute(connection).await.map_err(failed)?;
    Ok(())
}

pub async fn put(connection: &mut Connection, sealed: &Sealed, now: Timestamp) -> Result<()> {
    sqlx::query(
        "insert into vault_sealed (slot, master, sealed, at)
         values ($1, $2, $3, $4)
         on conflict (slot) do update
         set master = excluded.master, sealed = excluded.sealed, at = excluded.at",
    )
    .bind(sealed.slot.as_str())
    .bind(&sealed.master)
    .bind(&sealed.bytes)
    .bind(now.0)
    .execute(connection)
    .await
    .map_err(failed)?;
    Ok(())
}

pub async fn find(connection: &mut Connection, slot: &Slot) -> Result<Option<Sealed>> {
    let row = sqlx::query("select slot, master, sealed from vault_sealed where slot = $1")
        .bind(slot.as_str())
        .fetch_optional(connection)
        .await
        .map_err(failed)?;
    row.as_ref().map(read).transpose()
}

pub async fn all(connection: &mut Connection) -> Result<Vec<Sealed>> {
    let rows =
        sqlx::query("select slot, master, sealed from vault_sealed").fetch_all(connection).await.map_err(failed)?;
    rows.iter().map(read).collect()
}

pub async fn delete(connection: &mut Connection, slot: &Slot) -> Result<()> {
    sqlx::query("delete from vault_sealed where slot = $1")
        .bind(slot.as_str())
        .execute(connection)
        .await
        .map_err(failed)?;
    Ok(())
}

/// Some values that another master key sealed, which stay as they are until the transaction ends.
pub async fn sealed_by_others(tx: &mut Tx, master: &str, most: i64) -> Result<Vec<Sealed>> {
    let lock = tx.engine().for_update();
    let sql = AssertSqlSafe(format!(
        "select slot, master, sealed from vault_sealed where master <> $1 order by slot limit $2 {lock}"
    ));
    let rows = sqlx::query(sql).bind(master).bind(most).fetch_all(&mut **tx).await.map_err(failed)?;
    rows.iter().map(read).collect()
}

fn read(row: &AnyRow) -> Result<Sealed> {
    Ok(Sealed { slot: Slot::from_row(row.text("slot")?), master: row.text("master")?, bytes: row.bytes("sealed")? })
}
