//! The tables `sessions`, `tokens` and `setup_links`: only digests of secrets.

use crate::db::Connection;
use crate::db::Row as _;
use crate::db::broken_constraint;
use crate::db::failed;
use crate::identity::account::Account;
use crate::identity::session::OpenedSession;
use crate::identity::session::Session;
use crate::identity::store::accounts;
use crate::identity::token::Token;
use crate::kit::Error;
use crate::kit::Result;
use crate::kit::clock::Timestamp;
use crate::kit::digest::Digest;
use crate::kit::page::Paging;
use crate::model::AccountId;
use crate::model::TokenId;

pub async fn insert_session(
    connection: &mut Connection,
    digest: &Digest,
    person: AccountId,
    opened: &OpenedSession,
    now: Timestamp,
) -> Result<()> {
    sqlx::query("insert into sessions (digest, person, csrf, created, expires) values ($1, $2, $3, $4, $5)")
        .bind(digest.to_string())
        .bind(person.to_string())
        .bind(opened.csrf.as_str())
        .bind(now.0)
        .bind(opened.expires.0)
        .execute(connection)
        .await
        .map_err(failed)?;
    Ok(())
}

pub async fn session(connection: &mut Connection, digest: &Digest) -> Result<Option<Session>> {
    let row = sqlx::query(concat!(
        "select ",
        accounts::columns!(),
        ", s.csrf, s.created as opened, s.expires
         from sessions s join accounts a on a.id = s.person
         where s.digest = $1"
    ))
    .bind(digest.to_string())
    .fetch_optional(connection)
    .await
    .map_err(failed)?;
    let Some(row) = row else { return Ok(None) };
    Ok(Some(Session {
        account: accounts::read(&row)?,
        csrf: row.text("csrf")?,
        created: row.time("opened")?,
        expires: row.time("expires")?,
    }))
}

pub async fn drop_expired_sessions(connection: &mut Connection, now: Timestamp) -> Result<()> {
    sqlx::query("delete from sessions where expires <= $1").bind(now.0).execute(connection).await.map_err(failed)?;
    Ok(())
}

pub async fn close_session(connection: &mut Connection, digest: &Digest) -> Result<()> {
    sqlx::query("delete from sessions where digest = $1")
        .bind(digest.to_string())
        .execute(connection)
        .await
        .map_err(failed)?;
    Ok(())
}

pub async fn close_sessions_of(connection: &mut Connection, person: AccountId) -> Result<()> {
    sqlx::query("delete from sessions where person = $1")
        .bind(person.to_string())
        .execute(connection)
        .await
        .map_err(failed)?;
    Ok(())
}

pub async fn insert_token(
    connection: &mut Connection,
    token: &Token,
    person: AccountId,
    digest: &Digest,
) -> Result<()> {
    sqlx::query("insert into tokens (id, digest, person, name, scopes, created) values ($1, $2, $3, $4, $5, $6)")
        .bind(token.id.to_string())
        .bind(digest.to_string())
        .bind(person.to_string())
        .bind(token.name.as_str())
        .bind(serde_json::json!(token.scopes).to_string())
        .bind(token.created.0)
        .execute(connection)
        .await
        .map_err(|error| match broken_constraint(&error) {
            Some(name) if name.contains("name") => {
                Error::conflict("A token with this name exists already").hint("choose another name").field("name")
            }
            _ => failed(error),
        })?;
    Ok(())
}

pub async fn token(connection: &mut Connection, digest: &Digest) -> Result<Option<(Account, Token)>> {
    let row = sqlx::query(concat!(
        "select ",
        accounts::columns!(),
        ", t.id as token, t.name, t.scopes, t.created as issued, t.last_used
         from tokens t join accounts a on a.id = t.person
         where t.digest = $1"
    ))
    .bind(digest.to_string())
    .fetch_optional(connection)
    .await
    .map_err(failed)?;
    let Some(row) = row else { return Ok(None) };
    let token = Token {
        id: row.parsed("token")?,
        name: row.text("name")?,
        scopes: row.json("scopes")?,
        created: row.time("issued")?,
        last_used: row.time_or_none("last_used")?,
    };
    Ok(Some((accounts::read(&row)?, token)))
}

pub async fn note_use(connection: &mut Connection, id: TokenId, now: Timestamp) -> Result<()> {
    sqlx::query("update tokens set last_used = $1 where id = $2")
        .bind(now.0)
        .bind(id.to_string())
        .execute(connection)
        .await
        .map_err(failed)?;
    Ok(())
}

pub async fn tokens_of(connection: &mut Connection, person: AccountId) -> Result<Vec<Token>> {
    let rows = sqlx::query(
        "select id, name, scopes, created, last_used
         from tokens where person = $1
         order by created desc, id desc",
    )
    .bind(person.to_string())
    .fetch_all(connection)
    .await
    .map_err(failed)?;
    rows.iter().map(read_token).collect()
}

fn read_token(row: &sqlx::any::AnyRow) -> Result<Token> {
    Ok(Token {
        id: row.parsed("id")?,
        name: row.text("name")?,
        scopes: row.json("scopes")?,
        created: row.time("created")?,
        last_used: row.time_or_none("last_used")?,
    })
}

/// Tokens of everybody, newest first, with whose they are.
pub async fn all_tokens(connection: &mut Connection, paging: Paging) -> Result<Vec<(AccountId, Token)>> {
    let rows = sqlx::query(
        "select person, id, name, scopes, created, last_used
         from tokens
         order by created desc, id
         limit $1 offset $2",
    )
    .bind(paging.take())
    .bind(paging.offset())
    .fetch_all(connection)
    .await
    .map_err(failed)?;
    rows.iter().map(|row| Ok((row.parsed("person")?, read_token(row)?))).collect()
}

/// The person whose token this is.
pub async fn owner_of_token(connection: &mut Connection, id: TokenId) -> Result<Option<AccountId>> {
    let row = sqlx::query("select person from tokens where id = $1")
        .bind(id.to_string())
        .fetch_optional(connection)
        .await
        .map_err(failed)?;
    row.map(|row| row.parsed("person")).transpose()
}

pub async fn delete_token(connection: &mut Connection, person: AccountId, id: TokenId) -> Result<u64> {
    let done = sqlx::query("delete from tokens where id = $1 and person = $2")
        .bind(id.to_string())
        .bind(person.to_string())
        .execute(connection)
        .await
        .map_err(failed)?;
    Ok(done.rows_affected())
}

pub async fn put_setup_link(connection: &mut Connection, digest: &Digest, now: Timestamp) -> Result<()> {
    sqlx::query(
        "insert into setup_links (slot, digest, created)
         values (1, $1, $2)
         on conflict (slot) do update set digest = excluded.digest, created = excluded.created",
    )
    .bind(digest.to_string())
    .bind(now.0)
    .execute(connection)
    .await
    .map_err(failed)?;
    Ok(())
}

pub async fn has_setup_link(connection: &mut Connection, digest: &Digest) -> Result<bool> {
    let row = sqlx::query("select slot from setup_links where digest = $1")
        .bind(digest.to_string())
        .fetch_optional(connection)
        .await
        .map_err(failed)?;
    Ok(row.is_some())
}

pub async fn spend_setup_link(connection: &mut Connection, digest: &Digest) -> Result<bool> {
    let done = sqlx::query("delete from setup_links where digest = $1")
        .bind(digest.to_string())
        .execute(connection)
        .await
        .map_err(failed)?;
    Ok(done.rows_affected() == 1)
}
