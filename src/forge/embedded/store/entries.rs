//! Rows of `entries` joined with `reviews`, and what entries said before an edit.

use sqlx::AssertSqlSafe;
use sqlx::any::AnyRow;

use crate::db;
use crate::db::Connection;
use crate::db::Row as _;
use crate::db::Tx;
use crate::forge::Marker;
use crate::forge::embedded::entry::Dismissal;
use crate::forge::embedded::entry::Edit;
use crate::forge::embedded::entry::Entry;
use crate::forge::embedded::entry::EntryKind;
use crate::forge::embedded::entry::Review;
use crate::forge::embedded::issue::Author;
use crate::kit::Result;
use crate::kit::clock::Timestamp;
use crate::kit::page::Page;
use crate::kit::page::Paging;
use crate::model::RepoId;

const COLUMNS: &str = "e.id, e.number, e.kind, e.body, e.author, e.author_name, e.behalf, e.created, e.edited, \
                       r.state as review_state, r.sha as review_sha, r.dismissed, r.dismissed_by, r.dismissed_by_name, \
                       r.dismissal, (select count(*) from line_comments l where l.repo = r.repo and l.review = r.id) \
                       as review_lines";

const TABLES: &str = "entries e left join reviews r on r.repo = e.repo and r.id = e.id";

/// Which entries of a conversation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Which {
    /// All.
    All,
    /// Comments.
    Comments,
    /// Comments, and reviews that say something.
    Words,
    /// Reviews.
    Reviews,
}

impl Which {
    fn condition(self) -> &'static str {
        match self {
            Self::All => "1 = 1",
            Self::Comments => "e.kind = 'comment'",
            Self::Words => "(e.kind = 'comment' or (e.kind = 'review' and e.body <> ''))",
            Self::Reviews => "e.kind = 'review'",
        }
    }
}

pub async fn insert(tx: &mut Tx, repo: RepoId, entry: &Entry, marker: Option<&Marker>) -> Result<()> {
    let sql = "insert into entries (repo, id, number, kind, body, author, author_name, behalf, marker, created)
               values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)";
    sqlx::query(sql)
        .bind(repo.to_string())
        .bind(entry.id)
        .bind(entry.number)
        .bind(entry.kind.as_str())
        .bind(entry.body.as_str())
        .bind(entry.author.account.to_string())
        .bind(entry.author.login.as_str())
        .bind(entry.author.behalf.as_deref())
        .bind(marker.map(Marker::as_str))
        .bind(entry.created.0)
        .execute(&mut **tx)
        .await
        .map_err(db::failed)?;
    let Some(review) = &entry.review else { return Ok(()) };
    let sql = "insert into reviews (repo, id, number, state, sha) values ($1, $2, $3, $4, $5)";
    let query = sqlx::query(sql)
        .bind(repo.to_string())
        .bind(entry.id)
        .bind(entry.number)
        .bind(review.state.as_str())
        .bind(review.sha.as_str());
    query.execute(&mut **tx).await.map(drop).map_err(db::failed)
}

pub async fn by_id(connection: &mut Connection, repo: RepoId, id: i64) -> Result<Option<Entry>> {
    let sql = format!("select {COLUMNS} from {TABLES} where e.repo = $1 and e.id = $2");
    let query = sqlx::query(AssertSqlSafe(sql)).bind(repo.to_string()).bind(id);
    let row = query.fetch_optional(connection).await.map_err(db::failed)?;
    row.as_ref().map(read).transpose()
}

pub async fn by_marker(connection: &mut Connection, repo: RepoId, marker: &Marker) -> Result<Option<Entry>> {
    let sql = format!("select {COLUMNS} from {TABLES} where e.repo = $1 and e.marker = $2");
    let query = sqlx::query(AssertSqlSafe(sql)).bind(repo.to_string()).bind(marker.as_str());
    let row = query.fetch_optional(connection).await.map_err(db::failed)?;
    row.as_ref().map(read).transpose()
}

pub async fn list(
    connection: &mut Connection,
    place: (RepoId, i64),
    which: Which,
    paging: Paging,
) -> Result<Page<Entry>> {
    let condition = format!("e.repo = $1 and e.number = $2 and {}", which.condition());
    let count = format!("select count(*) as total from entries e where {condition}");
    let query = sqlx::query(AssertSqlSafe(count)).bind(place.0.to_string()).bind(place.1);
    let total = query.fetch_one(&mut *connection).await.map_err(db::failed)?.number("total")?;
    let sql = format!("select {COLUMNS} from {TABLES} where {condition} order by e.created, e.id limit $3 offset $4");
    let query = sqlx::query(AssertSqlSafe(sql)).bind(place.0.to_string()).bind(place.1);
    let rows = query.bind(paging.take()).bind(paging.offset()).fetch_all(connection).await.map_err(db::failed)?;
    let items = rows.iter().map(read).collect::<Result<Vec<_>>>()?;
    Ok(Page { items, total: u64::try_from(total).unwrap_or(0), paging })
}

/// Comments of all conversations of a repository, oldest first.
pub async fn comments_of_repo(connection: &mut Connection, repo: RepoId, paging: Paging) -> Result<Page<Entry>> {
    let condition = "e.repo = $1 and e.kind = 'comment'";
    let count = format!("select count(*) as total from entries e where {condition}");
    let query = sqlx::query(AssertSqlSafe(count)).bind(repo.to_string());
    let total = query.fetch_one(&mut *connection).await.map_err(db::failed)?.number("total")?;
    let sql = format!("select {COLUMNS} from {TABLES} where {condition} order by e.id limit $2 offset $3");
    let query = sqlx::query(AssertSqlSafe(sql)).bind(repo.to_string()).bind(paging.take()).bind(paging.offset());
    let rows = query.fetch_all(connection).await.map_err(db::failed)?;
    let items = rows.iter().map(read).collect::<Result<Vec<_>>>()?;
    Ok(Page { items, total: u64::try_from(total).unwrap_or(0), paging })
}

/// The newest entries, oldest of them first.
pub async fn newest(connection: &mut Connection, place: (RepoId, i64), which: Which, most: i64) -> Result<Vec<Entry>> {
    let condition = which.condition();
    let sql = format!(
        "select {COLUMNS} from {TABLES} where e.repo = $1 and e.number = $2 and {condition} \
         order by e.created desc, e.id desc limit $3"
    );
    let query = sqlx::query(AssertSqlSafe(sql)).bind(place.0.to_string()).bind(place.1).bind(most);
    let rows = query.fetch_all(connection).await.map_err(db::failed)?;
    rows.iter().rev().map(read).collect()
}

/// Writes the text of an entry as it is now.
pub async fn update_body(tx: &mut Tx, repo: RepoId, entry: &Entry) -> Result<()> {
    let sql = "update entries set body = $3, edited = $4 where repo = $1 and id = $2";
    let query = sqlx::query(sql)
        .bind(repo.to_string())
        .bind(entry.id)
        .bind(entry.body.as_str())
        .bind(entry.edited.map(|at| at.0));
    query.execute(&mut **tx).await.map(drop).map_err(db::failed)
}

/// Keeps what a text said before an edit. `id` is a fresh id of the repository.
pub async fn keep_edit(tx: &mut Tx, place: (RepoId, i64), id: i64, edit: &Edit) -> Result<()> {
    let sql = "insert into entry_edits (repo, entry, id, body, editor_name, created)
               values ($1, $2, $3, $4, $5, $6)";
    let query = sqlx::query(sql)
        .bind(place.0.to_string())
        .bind(place.1)
        .bind(id)
        .bind(edit.body.as_str())
        .bind(edit.editor.as_str())
        .bind(edit.at.0);
    query.execute(&mut **tx).await.map(drop).map_err(db::failed)
}

/// What a text said before each of its edits, oldest first.
pub async fn edits(connection: &mut Connection, repo: RepoId, entry: i64) -> Result<Vec<Edit>> {
    let sql = "select body, editor_name, created from entry_edits where repo = $1 and entry = $2 order by id limit 200";
    let query = sqlx::query(sql).bind(repo.to_string()).bind(entry);
    let rows = query.fetch_all(connection).await.map_err(db::failed)?;
    let edit = |row: &AnyRow| {
        Ok(Edit { body: row.text("body")?, editor: row.text("editor_name")?, at: Timestamp(row.number("created")?) })
    };
    rows.iter().map(edit).collect()
}

fn read(row: &AnyRow) -> Result<Entry> {
    let review = match (row.parsed_or_none("review_state")?, row.parsed_or_none("review_sha")?) {
        (Some(state), Some(sha)) => {
            let lines = row.number("review_lines")?;
            Some(Review { state, sha, lines, dismissed: dismissal(row)? })
        }
        _ => None,
    };
    Ok(Entry {
        id: row.number("id")?,
        number: row.number("number")?,
        kind: row.parsed::<EntryKind>("kind")?,
        body: row.text("body")?,
        author: Author {
            account: row.parsed("author")?,
            login: row.parsed("author_name")?,
            behalf: row.text_or_none("behalf")?,
        },
        review,
        created: row.time("created")?,
        edited: row.time_or_none("edited")?,
    })
}

fn dismissal(row: &AnyRow) -> Result<Option<Dismissal>> {
    let (Some(at), Some(account), Some(login)) =
        (row.time_or_none("dismissed")?, row.parsed_or_none("dismissed_by")?, row.parsed_or_none("dismissed_by_name")?)
    else {
        return Ok(None);
    };
    let message = row.text_or_none("dismissal")?.unwrap_or_default();
    Ok(Some(Dismissal { at, by: Author { account, login, behalf: None }, message }))
}
