//! Rows of `line_comments`, of reviews that are not sent yet, and the dismissal of a row of `reviews`.

use sqlx::AssertSqlSafe;
use sqlx::any::AnyRow;

use crate::db;
use crate::db::Connection;
use crate::db::Row as _;
use crate::db::Tx;
use crate::forge::embedded::drafts::Draft;
use crate::forge::embedded::entry::Dismissal;
use crate::forge::embedded::issue::Author;
use crate::forge::embedded::line_comment::LineComment;
use crate::forge::embedded::line_comment::Lines;
use crate::forge::embedded::line_comment::Resolution;
use crate::kit::Result;
use crate::model::AccountId;
use crate::model::RepoId;

const COLUMNS: &str = "id, number, review, thread, path, side, first_line, line, sha, hunk, body, author, author_name, \
                       created, edited, resolved, resolved_by, resolved_by_name";

/// Where words about lines lie: those of reviews that are not sent yet lie apart.
fn table(pending: bool) -> &'static str {
    if pending { "draft_lines" } else { "line_comments" }
}

pub async fn insert_line(tx: &mut Tx, repo: RepoId, comment: &LineComment) -> Result<()> {
    let sql = format!(
        "insert into {} (repo, id, number, review, thread, path, side, first_line, line, sha, hunk, body, author, \
         author_name, created, edited)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16)",
        table(comment.pending)
    );
    let Lines { path, side, first, last } = &comment.lines;
    let query = sqlx::query(AssertSqlSafe(sql))
        .bind(repo.to_string())
        .bind(comment.id)
        .bind(comment.number)
        .bind(comment.review)
        .bind(comment.thread)
        .bind(path.as_str())
        .bind(side.as_str())
        .bind(Some(*first).filter(|first| first != last))
        .bind(*last)
        .bind(comment.sha.as_str())
        .bind(comment.hunk.as_str())
        .bind(comment.body.as_str())
        .bind(comment.author.account.to_string())
        .bind(comment.author.login.as_str())
        .bind(comment.created.0)
        .bind(comment.edited.map(|at| at.0));
    query.execute(&mut **tx).await.map(drop).map_err(db::failed)
}

/// One word about lines, sent or not.
pub async fn line(connection: &mut Connection, repo: RepoId, id: i64, pending: bool) -> Result<Option<LineComment>> {
    let sql = format!("select {COLUMNS} from {} where repo = $1 and id = $2", table(pending));
    let query = sqlx::query(AssertSqlSafe(sql)).bind(repo.to_string()).bind(id);
    let row = query.fetch_optional(connection).await.map_err(db::failed)?;
    row.as_ref().map(|row| read(row, pending)).transpose()
}

/// What a review says about lines, oldest first.
pub async fn lines_of_review(connection: &mut Connection, repo: RepoId, review: i64) -> Result<Vec<LineComment>> {
    lines_of(connection, (repo, review), false).await
}

async fn lines_of(
    connection: &mut Connection,
    (repo, review): (RepoId, i64),
    pending: bool,
) -> Result<Vec<LineComment>> {
    let sql = format!("select {COLUMNS} from {} where repo = $1 and review = $2 order by created, id", table(pending));
    let query = sqlx::query(AssertSqlSafe(sql)).bind(repo.to_string()).bind(review);
    let rows = query.fetch_all(connection).await.map_err(db::failed)?;
    rows.iter().map(|row| read(row, pending)).collect()
}

/// What all reviews of a pull request say about lines, by file, oldest first.
pub async fn lines_of_pull(connection: &mut Connection, repo: RepoId, number: i64) -> Result<Vec<LineComment>> {
    let sql = format!(
        "select {COLUMNS} from line_comments where repo = $1 and number = $2 order by path, created, id limit 2000"
    );
    let query = sqlx::query(AssertSqlSafe(sql)).bind(repo.to_string()).bind(number);
    let rows = query.fetch_all(connection).await.map_err(db::failed)?;
    rows.iter().map(|row| read(row, false)).collect()
}

/// The newest words about lines, oldest of them first.
pub async fn newest_lines(connection: &mut Connection, at: (RepoId, i64), most: i64) -> Result<Vec<LineComment>> {
    let sql = format!(
        "select {COLUMNS} from line_comments where repo = $1 and number = $2 order by created desc, id desc limit $3"
    );
    let query = sqlx::query(AssertSqlSafe(sql)).bind(at.0.to_string()).bind(at.1).bind(most);
    let rows = query.fetch_all(connection).await.map_err(db::failed)?;
    rows.iter().rev().map(|row| read(row, false)).collect()
}

/// Writes the text of a word about lines as it is now.
pub async fn update_line(tx: &mut Tx, repo: RepoId, comment: &LineComment) -> Result<()> {
    let sql = format!("update {} set body = $3, edited = $4 where repo = $1 and id = $2", table(comment.pending));
    let query = sqlx::query(AssertSqlSafe(sql))
        .bind(repo.to_string())
        .bind(comment.id)
        .bind(comment.body.as_str())
        .bind(comment.edited.map(|at| at.0));
    query.execute(&mut **tx).await.map(drop).map_err(db::failed)
}

/// Says that a conversation is over, or that it goes on.
pub async fn resolve(tx: &mut Tx, repo: RepoId, thread: i64, resolution: Option<&Resolution>) -> Result<()> {
    let sql = "update line_comments
               set resolved = $3, resolved_by = $4, resolved_by_name = $5
               where repo = $1 and id = $2";
    let query = sqlx::query(sql)
        .bind(repo.to_string())
        .bind(thread)
        .bind(resolution.map(|resolution| resolution.at.0))
        .bind(resolution.map(|resolution| resolution.by.account.to_string()))
        .bind(resolution.map(|resolution| resolution.by.login.to_string()));
    query.execute(&mut **tx).await.map(drop).map_err(db::failed)
}

pub async fn insert_draft(tx: &mut Tx, repo: RepoId, draft: &Draft) -> Result<()> {
    let sql = "insert into review_drafts (repo, id, number, author, author_name, sha, body, created)
               values ($1, $2, $3, $4, $5, $6, $7, $8)";
    let query = sqlx::query(sql)
        .bind(repo.to_string())
        .bind(draft.id)
        .bind(draft.number)
        .bind(draft.author.account.to_string())
        .bind(draft.author.login.as_str())
        .bind(draft.sha.as_str())
        .bind(draft.body.as_str())
        .bind(draft.created.0);
    query.execute(&mut **tx).await.map(drop).map_err(db::failed)
}

/// The review of a pull request that a person still writes, with its lines.
pub async fn draft(connection: &mut Connection, at: (RepoId, i64), author: AccountId) -> Result<Option<Draft>> {
    let sql = "select id, number, author, author_name, sha, body, created
               from review_drafts
               where repo = $1 and number = $2 and author = $3";
    let query = sqlx::query(sql).bind(at.0.to_string()).bind(at.1).bind(author.to_string());
    let Some(row) = query.fetch_optional(&mut *connection).await.map_err(db::failed)? else { return Ok(None) };
    let id = row.number("id")?;
    Ok(Some(Draft {
        id,
        number: row.number("number")?,
        author: Author { account: row.parsed("author")?, login: row.parsed("author_name")?, behalf: None },
        sha: row.parsed("sha")?,
        body: row.text("body")?,
        created: row.time("created")?,
        lines: lines_of(connection, (at.0, id), true).await?,
    }))
}

pub async fn update_draft_body(tx: &mut Tx, repo: RepoId, draft: i64, body: &str) -> Result<()> {
    let sql = "update review_drafts set body = $3 where repo = $1 and id = $2";
    let query = sqlx::query(sql).bind(repo.to_string()).bind(draft).bind(body);
    query.execute(&mut **tx).await.map(drop).map_err(db::failed)
}

/// Forgets one word of a review that is not sent yet.
pub async fn delete_draft_line(tx: &mut Tx, repo: RepoId, id: i64) -> Result<()> {
    let query = sqlx::query("delete from draft_lines where repo = $1 and id = $2").bind(repo.to_string()).bind(id);
    query.execute(&mut **tx).await.map(drop).map_err(db::failed)
}

/// Forgets a review that is not sent yet, with its lines.
pub async fn delete_draft(tx: &mut Tx, repo: RepoId, draft: i64) -> Result<()> {
    for sql in [
        "delete from draft_lines where repo = $1 and review = $2",
        "delete from review_drafts where repo = $1 and id = $2",
    ] {
        sqlx::query(sql).bind(repo.to_string()).bind(draft).execute(&mut **tx).await.map_err(db::failed)?;
    }
    Ok(())
}

/// Takes a judgement off the table, or puts it back.
pub async fn dismiss(tx: &mut Tx, repo: RepoId, id: i64, dismissal: Option<&Dismissal>) -> Result<()> {
    let sql = "update reviews
               set dismissed = $3, dismissed_by = $4, dismissed_by_name = $5, dismissal = $6
               where repo = $1 and id = $2";
    let query = sqlx::query(sql)
        .bind(repo.to_string())
        .bind(id)
        .bind(dismissal.map(|dismissal| dismissal.at.0))
        .bind(dismissal.map(|dismissal| dismissal.by.account.to_string()))
        .bind(dismissal.map(|dismissal| dismissal.by.login.to_string()))
        .bind(dismissal.map(|dismissal| dismissal.message.clone()));
    query.execute(&mut **tx).await.map(drop).map_err(db::failed)
}

fn read(row: &AnyRow, pending: bool) -> Result<LineComment> {
    let last = row.number("line")?;
    let resolved = match (
        row.time_or_none("resolved")?,
        row.parsed_or_none("resolved_by")?,
        row.parsed_or_none("resolved_by_name")?,
    ) {
        (Some(at), Some(account), Some(login)) => Some(Resolution { at, by: Author { account, login, behalf: None } }),
        _ => None,
    };
    Ok(LineComment {
        id: row.number("id")?,
        number: row.number("number")?,
        review: row.number("review")?,
        thread: row.number_or_none("thread")?,
        lines: Lines {
            path: row.text("path")?,
            side: row.parsed("side")?,
            first: row.number_or_none("first_line")?.unwrap_or(last),
            last,
        },
        sha: row.parsed("sha")?,
        hunk: row.text("hunk")?,
        body: row.text("body")?,
        author: Author { account: row.parsed("author")?, login: row.parsed("author_name")?, behalf: None },
        created: row.time("created")?,
        edited: row.time_or_none("edited")?,
        resolved,
        pending,
    })
}
