//! Rows of `labels`, and which issue wears which.

use std::collections::BTreeMap;

use sqlx::AssertSqlSafe;
use sqlx::any::AnyRow;

use crate::db;
use crate::db::Connection;
use crate::db::Row as _;
use crate::db::Tx;
use crate::forge::embedded::label::Label;
use crate::forge::embedded::store::placeholders;
use crate::kit::Error;
use crate::kit::Result;
use crate::model::RepoId;

pub async fn insert(tx: &mut Tx, repo: RepoId, label: &Label) -> Result<()> {
    let sql = "insert into labels (repo, id, name, slug, color, description) values ($1, $2, $3, $4, $5, $6)";
    let query = sqlx::query(sql)
        .bind(repo.to_string())
        .bind(label.id)
        .bind(label.name.as_str())
        .bind(label.name.to_lowercase())
        .bind(label.color.as_str())
        .bind(label.description.as_str());
    query.execute(&mut **tx).await.map(drop).map_err(taken)
}

pub async fn update(tx: &mut Tx, repo: RepoId, label: &Label) -> Result<()> {
    let sql = "update labels
               set name = $3, slug = $4, color = $5, description = $6
               where repo = $1 and id = $2";
    let query = sqlx::query(sql)
        .bind(repo.to_string())
        .bind(label.id)
        .bind(label.name.as_str())
        .bind(label.name.to_lowercase())
        .bind(label.color.as_str())
        .bind(label.description.as_str());
    query.execute(&mut **tx).await.map(drop).map_err(taken)
}

fn taken(error: sqlx::Error) -> Error {
    match db::broken_constraint(&error) {
        Some(constraint) if constraint.contains("slug") => {
            Error::invalid("There is a label of this name already").hint("choose another name").field("name")
        }
        _ => db::failed(error),
    }
}

/// Deletes a label and takes it off everything.
pub async fn delete(tx: &mut Tx, repo: RepoId, id: i64) -> Result<()> {
    let sql = "delete from issue_labels where repo = $1 and label = $2";
    sqlx::query(sql).bind(repo.to_string()).bind(id).execute(&mut **tx).await.map_err(db::failed)?;
    let sql = "delete from labels where repo = $1 and id = $2";
    sqlx::query(sql).bind(repo.to_string()).bind(id).execute(&mut **tx).await.map(drop).map_err(db::failed)
}

/// All labels of a repository, by name; at most 1,000.
pub async fn list(connection: &mut Connection, repo: RepoId) -> Result<Vec<Label>> {
    let sql = "select id, name, color, description from labels where repo = $1 order by slug limit 1000";
    let rows = sqlx::query(sql).bind(repo.to_string()).fetch_all(connection).await.map_err(db::failed)?;
    rows.iter().map(read).collect()
}

pub async fn by_id(connection: &mut Connection, repo: RepoId, id: i64) -> Result<Option<Label>> {
    let sql = "select id, name, color, description from labels where repo = $1 and id = $2";
    let query = sqlx::query(sql).bind(repo.to_string()).bind(id);
    let row = query.fetch_optional(connection).await.map_err(db::failed)?;
    row.as_ref().map(read).transpose()
}

pub async fn by_name(connection: &mut Connection, repo: RepoId, name: &str) -> Result<Option<Label>> {
    let sql = "select id, name, color, description from labels where repo = $1 and slug = $2";
    let query = sqlx::query(sql).bind(repo.to_string()).bind(name.to_lowercase());
    let row = query.fetch_optional(connection).await.map_err(db::failed)?;
    row.as_ref().map(read).transpose()
}

/// Puts a label on. False when it was on.
pub async fn put_on(tx: &mut Tx, repo: RepoId, number: i64, label: i64) -> Result<bool> {
    let sql = "insert into issue_labels (repo, number, label) values ($1, $2, $3) on conflict do nothing";
    let query = sqlx::query(sql).bind(repo.to_string()).bind(number).bind(label);
    Ok(query.execute(&mut **tx).await.map_err(db::failed)?.rows_affected() == 1)
}

/// Takes a label off. False when it was not on.
pub async fn take_off(tx: &mut Tx, repo: RepoId, number: i64, label: i64) -> Result<bool> {
    let sql = "delete from issue_labels where repo = $1 and number = $2 and label = $3";
    let query = sqlx::query(sql).bind(repo.to_string()).bind(number).bind(label);
    Ok(query.execute(&mut **tx).await.map_err(db::failed)?.rows_affected() == 1)
}

pub async fn of_issues(
    connection: &mut Connection,
    repo: RepoId,
    numbers: &[i64],
) -> Result<BTreeMap<i64, Vec<Label>>> {
    let list = placeholders(2, numbers.len());
    let sql = format!(
        "select il.number, l.id, l.name, l.color, l.description
         from issue_labels il join labels l on l.repo = il.repo and l.id = il.label
         where il.repo = $1 and il.number in ({list})
         order by l.slug"
    );
    let mut query = sqlx::query(AssertSqlSafe(sql)).bind(repo.to_string());
    for number in numbers {
        query = query.bind(*number);
    }
    let mut found: BTreeMap<i64, Vec<Label>> = BTreeMap::new();
    for row in query.fetch_all(connection).await.map_err(db::failed)? {
        found.entry(row.number("number")?).or_default().push(read(&row)?);
    }
    Ok(found)
}

fn read(row: &AnyRow) -> Result<Label> {
    Ok(Label {
        id: row.number("id")?,
        name: row.text("name")?,
        color: row.text("color")?,
        description: row.text("description")?,
    })
}
