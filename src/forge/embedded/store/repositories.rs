//! Rows of `repositories`, and the two counters that number everything in one.

use sqlx::AssertSqlSafe;
use sqlx::any::AnyRow;

use crate::access::Readable;
use crate::db;
use crate::db::Connection;
use crate::db::Row as _;
use crate::db::Tx;
use crate::forge::embedded::enter::Wanted;
use crate::forge::embedded::repository::NewRepository;
use crate::forge::embedded::repository::Repository;
use crate::forge::embedded::store::placeholders;
use crate::kit::Error;
use crate::kit::Result;
use crate::kit::clock::Timestamp;
use crate::kit::page::Page;
use crate::kit::page::Paging;
use crate::model::AccountId;
use crate::model::RepoId;

const COLUMNS: &str = "id, owner, owner_name, name, description, private, default_branch, fork_of, open_issues, \
                       open_pulls, original_url, mirror, unfinished, created, updated";

pub async fn insert(
    tx: &mut Tx,
    id: RepoId,
    new: &NewRepository,
    fork_of: Option<RepoId>,
    now: Timestamp,
) -> Result<()> {
    let address = crate::forge::embedded::repository::address(&new.owner_name, &new.name);
    let sql = "insert into repositories
                 (id, owner, owner_name, name, address, description, private, default_branch, fork_of, last_number,
                  last_id, open_issues, open_pulls, created, updated)
               values ($1, $2, $3, $4, $5, $6, $7, $8, $9, 0, 0, 0, 0, $10, $10)";
    let done = sqlx::query(sql)
        .bind(id.to_string())
        .bind(new.owner.to_string())
        .bind(new.owner_name.as_str())
        .bind(new.name.as_str())
        .bind(address)
        .bind(new.description.as_str())
        .bind(i16::from(new.private))
        .bind(new.default_branch.as_str())
        .bind(fork_of.map(|id| id.to_string()))
        .bind(now.0)
        .execute(&mut **tx)
        .await;
    done.map(drop).map_err(|error| taken(error, &new.name))
}

fn taken(error: sqlx::Error, name: &crate::model::RepoName) -> Error {
    match db::broken_constraint(&error) {
        Some(constraint) if constraint.contains("address") => {
            Error::conflict(format!("There is a repository `{name}` already")).hint("choose another name").field("name")
        }
        _ => db::failed(error),
    }
}

pub async fn by_address(connection: &mut Connection, address: &str) -> Result<Option<Repository>> {
    let sql = format!("select {COLUMNS} from repositories where address = $1");
    let row = sqlx::query(AssertSqlSafe(sql)).bind(address).fetch_optional(connection).await.map_err(db::failed)?;
    row.as_ref().map(read).transpose()
}

pub async fn by_id(connection: &mut Connection, id: RepoId) -> Result<Option<Repository>> {
    let sql = format!("select {COLUMNS} from repositories where id = $1");
    let query = sqlx::query(AssertSqlSafe(sql)).bind(id.to_string());
    let row = query.fetch_optional(connection).await.map_err(db::failed)?;
    row.as_ref().map(read).transpose()
}

pub async fn list(
    connection: &mut Connection,
    readable: &Readable,
    wanted: &Wanted,
    paging: Paging,
) -> Result<Page<Repository>> {
    let (condition, values) = condition(readable, wanted);
    let count = format!("select count(*) as total from repositories where {condition}");
    let mut query = sqlx::query(AssertSqlSafe(count));
    for value in &values {
        query = query.bind(value.as_str());
    }
    let total = query.fetch_one(&mut *connection).await.map_err(db::failed)?.number("total")?;
    let (limit, offset) = (values.len() + 1, values.len() + 2);
    let sql = format!(
        "select {COLUMNS} from repositories where {condition} order by updated desc, id limit ${limit} offset ${offset}"
    );
    let mut query = sqlx::query(AssertSqlSafe(sql));
    for value in &values {
        query = query.bind(value.as_str());
    }
    let query = query.bind(paging.take()).bind(paging.offset());
    let rows = query.fetch_all(connection).await.map_err(db::failed)?;
    let items = rows.iter().map(read).collect::<Result<Vec<_>>>()?;
    Ok(Page { items, total: u64::try_from(total).unwrap_or(0), paging })
}

/// The repositories that somebody may see, as a condition on `repositories` whose texts stand from `$1` on.
pub(super) fn sight(readable: &Readable, own_only: bool) -> (String, Vec<String>) {
    let mut values: Vec<String> = Vec::new();
    let Readable::Only { owners, repos } = readable else { return ("1 = 1".into(), values) };
    let mut own: Vec<String> = Vec::new();
    if !owners.is_empty() {
        own.push(format!("owner in ({})", placeholders(1, owners.len())));
        values.extend(owners.iter().map(AccountId::to_string));
    }
    if !repos.is_empty() {
        own.push(format!("id in ({})", placeholders(values.len() + 1, repos.len())));
        values.extend(repos.iter().map(RepoId::to_string));
    }
    if !own_only {
        own.push("private = 0".into());
    }
    (if own.is_empty() { "1 = 0".into() } else { format!("({})", own.join(" or ")) }, values)
}

fn condition(readable: &Readable, wanted: &Wanted) -> (String, Vec<String>) {
    let (sight, mut values) = sight(readable, wanted.own_only);
    let mut parts: Vec<String> = vec![sight];
    if let Some(owner) = wanted.owner {
        values.push(owner.to_string());
        parts.push(format!("owner = ${}", values.len()));
    }
    if let Some(source) = wanted.fork_of {
        values.push(source.to_string());
        parts.push(format!("fork_of = ${}", values.len()));
    }
    if !wanted.text.is_empty() {
        values.push(super::issues::pattern(&wanted.text));
        let number = values.len();
        parts.push(format!("(address like ${number} escape '!' or lower(description) like ${number} escape '!')"));
    }
    (parts.join(" and "), values)
}

pub async fn update(tx: &mut Tx, repository: &Repository, now: Timestamp) -> Result<()> {
    let address = crate::forge::embedded::repository::address(&repository.owner_name, &repository.name);
    let sql = "update repositories
               set name = $2, address = $3, description = $4, private = $5, default_branch = $6, updated = $7
               where id = $1";
    let done = sqlx::query(sql)
        .bind(repository.id.to_string())
        .bind(repository.name.as_str())
        .bind(address)
        .bind(repository.description.as_str())
        .bind(i16::from(repository.private))
        .bind(repository.default_branch.as_str())
        .bind(now.0)
        .execute(&mut **tx)
        .await;
    done.map(drop).map_err(|error| taken(error, &repository.name))
}

/// Says where a repository comes from, before anything came.
pub async fn come_from(tx: &mut Tx, repo: RepoId, from: &str, mirror: bool) -> Result<()> {
    let sql = "update repositories set original_url = $2, mirror = $3, unfinished = 1 where id = $1";
    let query = sqlx::query(sql).bind(repo.to_string()).bind(from).bind(i16::from(mirror));
    query.execute(&mut **tx).await.map(drop).map_err(db::failed)
}

/// What was to come is here.
pub async fn finish(tx: &mut Tx, repo: RepoId) -> Result<()> {
    let sql = "update repositories set unfinished = 0 where id = $1";
    sqlx::query(sql).bind(repo.to_string()).execute(&mut **tx).await.map(drop).map_err(db::failed)
}

/// A mirror is one no more.
pub async fn convert(tx: &mut Tx, repo: RepoId) -> Result<()> {
    let sql = "update repositories set mirror = 0 where id = $1";
    sqlx::query(sql).bind(repo.to_string()).execute(&mut **tx).await.map(drop).map_err(db::failed)
}

/// Deletes a repository that was never whole: nothing else knows of it.
pub async fn delete_unfinished(tx: &mut Tx, repo: RepoId) -> Result<()> {
    let sql = "delete from repositories where id = $1 and unfinished = 1";
    sqlx::query(sql).bind(repo.to_string()).execute(&mut **tx).await.map(drop).map_err(db::failed)
}

/// The next id of something in the repository. Locks the repository's row.
pub async fn next_id(tx: &mut Tx, repo: RepoId, now: Timestamp) -> Result<i64> {
    let sql = "update repositories set last_id = last_id + 1, updated = $2 where id = $1 returning last_id";
    let query = sqlx::query(sql).bind(repo.to_string()).bind(now.0);
    let row = query.fetch_optional(&mut **tx).await.map_err(db::failed)?;
    row.ok_or_else(|| Error::not_found("repository"))?.number("last_id")
}

/// The next number of an issue or pull request, which thereby counts as open. Locks the repository's row.
pub async fn next_number(tx: &mut Tx, repo: RepoId, is_pull: bool) -> Result<i64> {
    let sql = "update repositories
               set last_number = last_number + 1, open_pulls = open_pulls + $2, open_issues = open_issues + $3
               where id = $1
               returning last_number";
    let query = sqlx::query(sql).bind(repo.to_string()).bind(i64::from(is_pull)).bind(i64::from(!is_pull));
    let row = query.fetch_optional(&mut **tx).await.map_err(db::failed)?;
    row.ok_or_else(|| Error::not_found("repository"))?.number("last_number")
}

/// Counts one more or one less open issue or pull request.
pub async fn count_open(tx: &mut Tx, repo: RepoId, is_pull: bool, by: i64) -> Result<()> {
    let (issues, pulls) = if is_pull { (0, by) } else { (by, 0) };
    let sql = "update repositories set open_issues = open_issues + $2, open_pulls = open_pulls + $3 where id = $1";
    let query = sqlx::query(sql).bind(repo.to_string()).bind(issues).bind(pulls);
    query.execute(&mut **tx).await.map(drop).map_err(db::failed)
}

/// Says that a repository is to be looked after by then, or before.
pub async fn ask_for_upkeep(tx: &mut Tx, repo: RepoId, due: Timestamp) -> Result<()> {
    let sql = "update repositories
               set upkeep_due = $2
               where id = $1 and (upkeep_due is null or upkeep_due > $2)";
    let query = sqlx::query(sql).bind(repo.to_string()).bind(due.0);
    query.execute(&mut **tx).await.map(drop).map_err(db::failed)
}

/// The repository that waits longest to be looked after, and since when.
pub async fn upkeep_due(connection: &mut Connection, now: Timestamp) -> Result<Option<(RepoId, Timestamp)>> {
    let sql = "select id, upkeep_due
               from repositories
               where upkeep_due <= $1
               order by upkeep_due
               limit 1";
    let row = sqlx::query(sql).bind(now.0).fetch_optional(connection).await.map_err(db::failed)?;
    row.map(|row| Ok((row.parsed("id")?, row.time("upkeep_due")?))).transpose()
}

/// Moves the time at which it is to be looked after; false when that is another one by now.
pub async fn move_upkeep(tx: &mut Tx, repo: RepoId, from: Timestamp, to: Option<Timestamp>) -> Result<bool> {
    let sql = "update repositories set upkeep_due = $3 where id = $1 and upkeep_due = $2";
    let query = sqlx::query(sql).bind(repo.to_string()).bind(from.0).bind(to.map(|to| to.0));
    Ok(query.execute(&mut **tx).await.map_err(db::failed)?.rows_affected() == 1)
}

fn read(row: &AnyRow) -> Result<Repository> {
    Ok(Repository {
        id: row.parsed("id")?,
        owner: row.parsed("owner")?,
        owner_name: row.parsed("owner_name")?,
        name: row.parsed("name")?,
        description: row.text("description")?,
        private: row.flag("private")?,
        default_branch: row.parsed("default_branch")?,
        fork_of: row.parsed_or_none("fork_of")?,
        open_issues: row.number("open_issues")?,
        open_pulls: row.number("open_pulls")?,
        original_url: row.text_or_none("original_url")?,
        mirror: row.flag("mirror")?,
        unfinished: row.flag("unfinished")?,
        created: row.time("created")?,
        updated: row.time("updated")?,
    })
}
