//! The table `accounts`.

use sqlx::AssertSqlSafe;
use sqlx::any::AnyRow;

use crate::db::Connection;
use crate::db::Row as _;
use crate::db::broken_constraint;
use crate::db::failed;
use crate::identity::account::Account;
use crate::identity::account::AccountKind;
use crate::identity::password::PasswordHash;
use crate::kit::Error;
use crate::kit::Result;
use crate::kit::page::Page;
use crate::kit::page::Paging;
use crate::model::AccountId;
use crate::model::OwnerName;

/// The columns of an account; `a` is the table.
macro_rules! columns {
    () => {
        "a.id, a.login, a.kind, a.display_name, a.email, a.site_admin, a.created"
    };
}
pub(super) use columns;

pub(super) fn read(row: &AnyRow) -> Result<Account> {
    Ok(Account {
        id: row.parsed("id")?,
        login: row.parsed("login")?,
        kind: row.parsed("kind")?,
        display_name: row.text("display_name")?,
        email: row.text_or_none("email")?,
        site_admin: row.flag("site_admin")?,
        created: row.time("created")?,
    })
}

pub async fn by_id(connection: &mut Connection, id: AccountId) -> Result<Option<Account>> {
    let row = sqlx::query(concat!("select ", columns!(), " from accounts a where a.id = $1"))
        .bind(id.to_string())
        .fetch_optional(connection)
        .await
        .map_err(failed)?;
    row.as_ref().map(read).transpose()
}

pub async fn by_ids(connection: &mut Connection, ids: &[AccountId]) -> Result<Vec<Account>> {
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    let places = (1..=ids.len()).map(|number| format!("${number}")).collect::<Vec<_>>().join(", ");
    let text = format!(concat!("select ", columns!(), " from accounts a where a.id in ({})"), places);
    let mut query = sqlx::query(AssertSqlSafe(text));
    for id in ids {
        query = query.bind(id.to_string());
    }
    query.fetch_all(connection).await.map_err(failed)?.iter().map(read).collect()
}

pub async fn by_login(connection: &mut Connection, login: &OwnerName) -> Result<Option<Account>> {
    let row = sqlx::query(concat!("select ", columns!(), " from accounts a where a.login_key = $1"))
        .bind(login.as_str().to_ascii_lowercase())
        .fetch_optional(connection)
        .await
        .map_err(failed)?;
    row.as_ref().map(read).transpose()
}

pub async fn by_logins(connection: &mut Connection, logins: &[&OwnerName]) -> Result<Vec<Account>> {
    if logins.is_empty() {
        return Ok(Vec::new());
    }
    let places = (1..=logins.len()).map(|number| format!("${number}")).collect::<Vec<_>>().join(", ");
    let text = format!(concat!("select ", columns!(), " from accounts a where a.login_key in ({})"), places);
    let mut query = sqlx::query(AssertSqlSafe(text));
    for login in logins {
        query = query.bind(login.as_str().to_ascii_lowercase());
    }
    query.fetch_all(connection).await.map_err(failed)?.iter().map(read).collect()
}

pub async fn with_password(connection: &mut Connection, login: &OwnerName) -> Result<Option<(Account, String)>> {
    let row = sqlx::query(concat!(
        "select ",
        columns!(),
        ", a.password from accounts a where a.login_key = $1 and a.password is not null"
    ))
    .bind(login.as_str().to_ascii_lowercase())
    .fetch_optional(connection)
    .await
    .map_err(failed)?;
    row.map(|row| Ok((read(&row)?, row.text("password")?))).transpose()
}

pub async fn list(connection: &mut Connection, kind: AccountKind, paging: Paging) -> Result<Page<Account>> {
    let total = sqlx::query("select count(*) as total from accounts where kind = $1")
        .bind(kind.as_str())
        .fetch_one(&mut *connection)
        .await
        .map_err(failed)?
        .number("total")?;
    let rows = sqlx::query(concat!(
        "select ",
        columns!(),
        " from accounts a where a.kind = $1 order by a.login_key limit $2 offset $3"
    ))
    .bind(kind.as_str())
    .bind(paging.take())
    .bind(paging.offset())
    .fetch_all(connection)
    .await
    .map_err(failed)?;
    let items = rows.iter().map(read).collect::<Result<_>>()?;
    Ok(Page { items, total: total.unsigned_abs(), paging })
}

pub async fn insert(connection: &mut Connection, account: &Account, password: Option<&PasswordHash>) -> Result<()> {
    sqlx::query(
        "insert into accounts
           (id, login, login_key, kind, display_name, email, password, site_admin, created)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
    )
    .bind(account.id.to_string())
    .bind(account.login.as_str())
    .bind(account.login.as_str().to_ascii_lowercase())
    .bind(account.kind.as_str())
    .bind(account.display_name.as_str())
    .bind(account.email.as_deref())
    .bind(password.map(|hash| hash.0.as_str()))
    .bind(i16::from(account.site_admin))
    .bind(account.created.0)
    .execute(connection)
    .await
    .map_err(|error| match broken_constraint(&error) {
        Some(name) if name.contains("login") => {
            Error::conflict(format!("The name `{}` is taken", account.login)).field("login")
        }
        _ => failed(error),
    })?;
    Ok(())
}

pub async fn set_password(connection: &mut Connection, id: AccountId, password: &PasswordHash) -> Result<()> {
    sqlx::query("update accounts set password = $1 where id = $2 and kind = 'person'")
        .bind(password.0.as_str())
        .bind(id.to_string())
        .execute(connection)
        .await
        .map_err(failed)?;
    Ok(())
}

pub async fn set_site_admin(connection: &mut Connection, id: AccountId, site_admin: bool) -> Result<()> {
    sqlx::query("update accounts set site_admin = $1 where id = $2 and kind = 'person'")
        .bind(i16::from(site_admin))
        .bind(id.to_string())
        .execute(connection)
        .await
        .map_err(failed)?;
    Ok(())
}

pub async fn other_site_admins(connection: &mut Connection, besides: AccountId) -> Result<i64> {
    sqlx::query("select count(*) as total from accounts where site_admin = 1 and id <> $1")
        .bind(besides.to_string())
        .fetch_one(connection)
        .await
        .map_err(failed)?
        .number("total")
}

pub async fn any_person(connection: &mut Connection) -> Result<bool> {
    let row = sqlx::query("select id from accounts where kind = 'person' limit 1")
        .fetch_optional(connection)
        .await
        .map_err(failed)?;
    Ok(row.is_some())
}
