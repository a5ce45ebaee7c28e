//! The tables `secrets` and `secret_grants`.

use sqlx::any::AnyRow;

use crate::db::Connection;
use crate::db::Row as _;
use crate::db::failed;
use crate::kit::Result;
use crate::kit::clock::Timestamp;
use crate::model::GrantId;
use crate::model::SecretId;
use crate::vault::Grant;
use crate::vault::Granted;
use crate::vault::Keeper;
use crate::vault::Named;

macro_rules! columns {
    () => {
        "id, keeper, name, set_by, set_at, used_at"
    };
}

pub async fn put(connection: &mut Connection, named: &Named) -> Result<()> {
    sqlx::query(
        "insert into secrets (id, keeper, name, set_by, set_at)
         values ($1, $2, $3, $4, $5)
         on conflict (id) do update
         set set_by = excluded.set_by, set_at = excluded.set_at",
    )
    .bind(named.id.to_string())
    .bind(named.keeper.to_string())
    .bind(named.name.as_str())
    .bind(&named.set_by)
    .bind(named.set_at.0)
    .execute(connection)
    .await
    .map_err(failed)?;
    Ok(())
}

pub async fn used(connection: &mut Connection, id: SecretId, now: Timestamp) -> Result<()> {
    sqlx::query("update secrets set used_at = $2 where id = $1")
        .bind(id.to_string())
        .bind(now.0)
        .execute(connection)
        .await
        .map_err(failed)?;
    Ok(())
}

pub async fn delete(connection: &mut Connection, id: SecretId) -> Result<()> {
    for statement in ["delete from secret_grants where secret = $1", "delete from secrets where id = $1"] {
        sqlx::query(statement).bind(id.to_string()).execute(&mut *connection).await.map_err(failed)?;
    }
    Ok(())
}

pub async fn of_keeper(connection: &mut Connection, keeper: Keeper) -> Result<Vec<Named>> {
    let rows = sqlx::query(concat!("select ", columns!(), " from secrets where keeper = $1 order by name"))
        .bind(keeper.to_string())
        .fetch_all(connection)
        .await
        .map_err(failed)?;
    rows.iter().map(read).collect()
}

pub async fn one(connection: &mut Connection, id: SecretId) -> Result<Option<Named>> {
    let row = sqlx::query(concat!("select ", columns!(), " from secrets where id = $1"))
        .bind(id.to_string())
        .fetch_optional(connection)
        .await
        .map_err(failed)?;
    row.as_ref().map(read).transpose()
}

fn read(row: &AnyRow) -> Result<Named> {
    Ok(Named {
        id: row.parsed("id")?,
        keeper: row.parsed("keeper")?,
        name: row.parsed("name")?,
        set_by: row.text("set_by")?,
        set_at: row.time("set_at")?,
        used_at: row.time_or_none("used_at")?,
    })
}

/// Writes a grant; one for the same stack in the same place makes way.
pub async fn put_grant(connection: &mut Connection, grant: &Grant) -> Result<()> {
    let repo = grant.to.repo.map(|repo| repo.to_string());
    sqlx::query("delete from secret_grants where secret = $1 and stack = $2 and coalesce(repo, '') = coalesce($3, '')")
        .bind(grant.secret.to_string())
        .bind(&grant.to.stack)
        .bind(repo.clone())
        .execute(&mut *connection)
        .await
        .map_err(failed)?;
    sqlx::query(
        "insert into secret_grants (id, secret, repo, stack, uses, granted_by, granted_at)
         values ($1, $2, $3, $4, $5, $6, $7)",
    )
    .bind(grant.id.to_string())
    .bind(grant.secret.to_string())
    .bind(repo)
    .bind(&grant.to.stack)
    .bind(serde_json::json!(grant.to.uses).to_string())
    .bind(&grant.by)
    .bind(grant.at.0)
    .execute(connection)
    .await
    .map_err(failed)?;
    Ok(())
}

pub async fn delete_grant(connection: &mut Connection, id: GrantId) -> Result<()> {
    sqlx::query("delete from secret_grants where id = $1")
        .bind(id.to_string())
        .execute(connection)
        .await
        .map_err(failed)?;
    Ok(())
}

pub async fn grants_of(connection: &mut Connection, secret: SecretId) -> Result<Vec<Grant>> {
    let rows = sqlx::query(
        "select id, secret, repo, stack, uses, granted_by, granted_at
         from secret_grants
         where secret = $1
         order by id",
    )
    .bind(secret.to_string())
    .fetch_all(connection)
    .await
    .map_err(failed)?;
    let grant = |row: &AnyRow| {
        let to = Granted { repo: row.parsed_or_none("repo")?, stack: row.text("stack")?, uses: row.json("uses")? };
        let (by, at) = (row.text("granted_by")?, row.time("granted_at")?);
        Ok(Grant { id: row.parsed("id")?, secret: row.parsed("secret")?, to, by, at })
    };
    rows.iter().map(grant).collect()
}
