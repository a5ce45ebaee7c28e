//! The table `model_profiles`.

use sqlx::any::AnyRow;

use crate::db::Connection;
use crate::db::Row as _;
use crate::db::failed;
use crate::kit::Result;
use crate::kit::clock::Timestamp;
use crate::kit::error::Context as _;
use crate::model::ProfileId;
use crate::models::Facts;
use crate::models::Kept;

macro_rules! columns {
    () => {
        "id, name, protocol, url, model, price, limits, set_by, set_at, key_set_at"
    };
}

pub async fn put(connection: &mut Connection, kept: &Kept) -> Result<()> {
    let Facts { name, protocol, url, model, price, limits } = &kept.facts;
    let price = price.as_ref().map(serde_json::to_string).transpose().context("A price cannot be written")?;
    sqlx::query(concat!(
        "insert into model_profiles (",
        columns!(),
        ") values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
         on conflict (id) do update
         set name = excluded.name, protocol = excluded.protocol, url = excluded.url, model = excluded.model,
             price = excluded.price, limits = excluded.limits, set_by = excluded.set_by, set_at = excluded.set_at,
             key_set_at = excluded.key_set_at"
    ))
    .bind(kept.id.to_string())
    .bind(name)
    .bind(protocol.as_str())
    .bind(url)
    .bind(model)
    .bind(price)
    .bind(serde_json::to_string(limits).context("Limits cannot be written")?)
    .bind(&kept.set_by)
    .bind(kept.set_at.0)
    .bind(kept.key_set_at.map(|at| at.0))
    .execute(connection)
    .await
    .map_err(failed)?;
    Ok(())
}

pub async fn key_set(connection: &mut Connection, id: ProfileId, at: Option<Timestamp>) -> Result<()> {
    sqlx::query("update model_profiles set key_set_at = $2 where id = $1")
        .bind(id.to_string())
        .bind(at.map(|at| at.0))
        .execute(connection)
        .await
        .map_err(failed)?;
    Ok(())
}

pub async fn delete(connection: &mut Connection, id: ProfileId) -> Result<()> {
    sqlx::query("delete from model_profiles where id = $1")
        .bind(id.to_string())
        .execute(connection)
        .await
        .map_err(failed)?;
    Ok(())
}

pub async fn all(connection: &mut Connection) -> Result<Vec<Kept>> {
    let rows = sqlx::query(concat!("select ", columns!(), " from model_profiles order by name"))
        .fetch_all(connection)
        .await
        .map_err(failed)?;
    rows.iter().map(read).collect()
}

pub async fn by_id(connection: &mut Connection, id: ProfileId) -> Result<Option<Kept>> {
    let row = sqlx::query(concat!("select ", columns!(), " from model_profiles where id = $1"))
        .bind(id.to_string())
        .fetch_optional(connection)
        .await
        .map_err(failed)?;
    row.as_ref().map(read).transpose()
}

pub async fn by_name(connection: &mut Connection, name: &str) -> Result<Option<Kept>> {
    let row = sqlx::query(concat!("select ", columns!(), " from model_profiles where name = $1"))
        .bind(name)
        .fetch_optional(connection)
        .await
        .map_err(failed)?;
    row.as_ref().map(read).transpose()
}

fn read(row: &AnyRow) -> Result<Kept> {
    let price = row.text_or_none("price")?;
    Ok(Kept {
        id: row.parsed("id")?,
        facts: Facts {
            name: row.text("name")?,
            protocol: row.parsed("protocol")?,
            url: row.text("url")?,
            model: row.text("model")?,
            price: price.map(|price| serde_json::from_str(&price)).transpose().context("A price cannot be read")?,
            limits: row.json("limits")?,
        },
        set_by: row.text("set_by")?,
        set_at: row.time("set_at")?,
        key_set_at: row.time_or_none("key_set_at")?,
    })
}
