//! Rows of `issues` joined with `pulls`, with their labels, assignees and milestones: four queries for any number of them.

use std::collections::BTreeMap;

use sqlx::AssertSqlSafe;
use sqlx::any::AnyRow;

use crate::db;
use crate::db::Connection;
use crate::db::Row as _;
use crate::db::Tx;
use crate::forge::Marker;
use crate::forge::embedded::issue::Author;
use crate::forge::embedded::issue::Issue;
use crate::forge::embedded::issue::State;
use crate::forge::embedded::pull::Merged;
use crate::forge::embedded::pull::Pull;
use crate::forge::embedded::search::Lack;
use crate::forge::embedded::search::Order;
use crate::forge::embedded::search::Search;
use crate::forge::embedded::search::Within;
use crate::forge::embedded::store::labels;
use crate::forge::embedded::store::milestones;
use crate::forge::embedded::store::placeholders;
use crate::kit::Result;
use crate::kit::clock::Timestamp;
use crate::kit::page::Page;
use crate::kit::page::Paging;
use crate::model::AccountId;
use crate::model::RepoId;

const COLUMNS: &str = "i.number, i.id, i.title, i.body, i.author, i.author_name, i.behalf, i.state, i.milestone, \
                       i.comments, i.is_pull, i.created, i.updated, i.closed, p.base_branch, p.base_sha, p.head_repo, \
                       p.head_branch, p.head_sha, p.fork, p.draft, p.merged, p.merged_by, p.merged_by_name, p.merge_sha";

const TABLES: &str = "issues i left join pulls p on p.repo = i.repo and p.number = i.number";

/// Inserts the part that issues and pull requests share.
pub async fn insert(tx: &mut Tx, repo: RepoId, issue: &Issue, marker: Option<&Marker>) -> Result<()> {
    let sql = "insert into issues
                 (repo, number, id, is_pull, title, body, author, author_name, behalf, state, milestone, comments,
                  marker, created, updated)
               values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, 0, $12, $13, $13)";
    sqlx::query(sql)
        .bind(repo.to_string())
        .bind(issue.number)
        .bind(issue.id)
        .bind(i16::from(issue.pull.is_some()))
        .bind(issue.title.as_str())
        .bind(issue.body.as_str())
        .bind(issue.author.account.to_string())
        .bind(issue.author.login.as_str())
        .bind(issue.author.behalf.as_deref())
        .bind(issue.state.as_str())
        .bind(issue.milestone.as_ref().map(|milestone| milestone.id))
        .bind(marker.map(Marker::as_str))
        .bind(issue.created.0)
        .execute(&mut **tx)
        .await
        .map_err(db::failed)?;
    for assignee in &issue.assignees {
        assign(tx, repo, issue.number, assignee).await?;
    }
    Ok(())
}

/// Writes title, text, state and milestone as they are now.
pub async fn update(tx: &mut Tx, repo: RepoId, issue: &Issue) -> Result<()> {
    let sql = "update issues
               set title = $3, body = $4, state = $5, milestone = $6, updated = $7, closed = $8
               where repo = $1 and number = $2";
    let query = sqlx::query(sql)
        .bind(repo.to_string())
        .bind(issue.number)
        .bind(issue.title.as_str())
        .bind(issue.body.as_str())
        .bind(issue.state.as_str())
        .bind(issue.milestone.as_ref().map(|milestone| milestone.id))
        .bind(issue.updated.0)
        .bind(issue.closed.map(|at| at.0));
    query.execute(&mut **tx).await.map(drop).map_err(db::failed)
}

/// Counts comments and moves the time of the last change.
pub async fn touch(tx: &mut Tx, repo: RepoId, number: i64, comments: i64, now: Timestamp) -> Result<()> {
    let sql = "update issues set comments = comments + $3, updated = $4 where repo = $1 and number = $2";
    let query = sqlx::query(sql).bind(repo.to_string()).bind(number).bind(comments).bind(now.0);
    query.execute(&mut **tx).await.map(drop).map_err(db::failed)
}

pub async fn assign(tx: &mut Tx, repo: RepoId, number: i64, who: &Author) -> Result<()> {
    let sql = "insert into issue_assignees (repo, number, account, login)
               values ($1, $2, $3, $4)
               on conflict do nothing";
    let query =
        sqlx::query(sql).bind(repo.to_string()).bind(number).bind(who.account.to_string()).bind(who.login.as_str());
    query.execute(&mut **tx).await.map(drop).map_err(db::failed)
}

pub async fn unassign(tx: &mut Tx, repo: RepoId, number: i64, who: AccountId) -> Result<()> {
    let sql = "delete from issue_assignees where repo = $1 and number = $2 and account = $3";
    let query = sqlx::query(sql).bind(repo.to_string()).bind(number).bind(who.to_string());
    query.execute(&mut **tx).await.map(drop).map_err(db::failed)
}

pub async fn by_number(connection: &mut Connection, repo: RepoId, number: i64) -> Result<Option<Issue>> {
    let sql = format!("select {COLUMNS} from {TABLES} where i.repo = $1 and i.number = $2");
    let query = sqlx::query(AssertSqlSafe(sql)).bind(repo.to_string()).bind(number);
    let rows = query.fetch_all(&mut *connection).await.map_err(db::failed)?;
    Ok(complete(connection, repo, &rows).await?.pop())
}

pub async fn by_marker(connection: &mut Connection, repo: RepoId, marker: &Marker) -> Result<Option<i64>> {
    let sql = "select number from issues where repo = $1 and marker = $2";
    let query = sqlx::query(sql).bind(repo.to_string()).bind(marker.as_str());
    let row = query.fetch_optional(connection).await.map_err(db::failed)?;
    row.map(|row| row.number("number")).transpose()
}

/// Open pull requests that this condition on `p` picks, whose values are texts after the first.
pub(super) async fn open_pulls(
    connection: &mut Connection,
    repo: RepoId,
    condition: &str,
    values: &[&str],
) -> Result<Vec<Issue>> {
    let sql = format!(
        "select {COLUMNS} from {TABLES} where i.repo = $1 and i.state = 'open' and {condition} order by i.number limit 200"
    );
    let mut query = sqlx::query(AssertSqlSafe(sql)).bind(repo.to_string());
    for value in values {
        query = query.bind((*value).to_owned());
    }
    let rows = query.fetch_all(&mut *connection).await.map_err(db::failed)?;
    complete(connection, repo, &rows).await
}

/// What a search picks: one page of it, and how many there are in either state whichever the search names.
#[derive(Clone, Debug)]
pub struct Found {
    /// The page.
    pub page: Page<Issue>,
    /// How many are open.
    pub open: u64,
    /// How many are closed.
    pub closed: u64,
}

pub async fn list(connection: &mut Connection, repo: RepoId, search: &Search, paging: Paging) -> Result<Found> {
    let (rest, values) = condition(search);
    // Thousands are counted along an index alone, unless the search asks about what only pull requests have.
    let tables = if search.is_about_pulls() { TABLES } else { "issues i" };
    let count =
        format!("select i.state, count(*) as total from {tables} where i.repo = $1 and {rest} group by i.state");
    let mut query = sqlx::query(AssertSqlSafe(count)).bind(repo.to_string());
    for value in &values {
        query = query.bind(value.as_str());
    }
    let (mut open, mut closed) = (0, 0);
    for row in query.fetch_all(&mut *connection).await.map_err(db::failed)? {
        let total = u64::try_from(row.number("total")?).unwrap_or(0);
        match row.parsed::<State>("state")? {
            State::Open => open = total,
            State::Closed => closed = total,
        }
    }
    let (condition, total) = match search.state {
        Some(State::Open) => (format!("i.state = 'open' and {rest}"), open),
        Some(State::Closed) => (format!("i.state = 'closed' and {rest}"), closed),
        None => (rest, open + closed),
    };
    let order = match search.order {
        Order::Newest => "i.number desc",
        Order::Oldest => "i.number",
        Order::Updated => "i.updated desc, i.number desc",
        Order::LeastUpdated => "i.updated, i.number",
        Order::MostComments => "i.comments desc, i.number desc",
        Order::LeastComments => "i.comments, i.number desc",
    };
    let (limit, offset) = (values.len() + 2, values.len() + 3);
    let sql = format!(
        "select {COLUMNS} from {TABLES} where i.repo = $1 and {condition} order by {order} limit ${limit} offset ${offset}"
    );
    let mut query = sqlx::query(AssertSqlSafe(sql)).bind(repo.to_string());
    for value in &values {
        query = query.bind(value.as_str());
    }
    let query = query.bind(paging.take()).bind(paging.offset());
    let rows = query.fetch_all(&mut *connection).await.map_err(db::failed)?;
    let items = complete(connection, repo, &rows).await?;
    Ok(Found { page: Page { items, total, paging }, open, closed })
}

/// The search without its state as a condition whose texts stand from `$2` on. Numbers and words of ours stand in it as they are.
fn condition(search: &Search) -> (String, Vec<String>) {
    let mut parts = vec!["1 = 1".to_owned()];
    let mut values: Vec<String> = Vec::new();
    let mut text = |value: String| {
        values.push(value);
        values.len() + 1
    };
    if let Some(pulls) = search.pulls {
        parts.push(format!("i.is_pull = {}", i16::from(pulls)));
    }
    if let Some(merged) = search.merged {
        parts.push(format!("p.merged is {}null", if merged { "not " } else { "" }));
    }
    if let Some(draft) = search.draft {
        parts.push(format!("p.draft = {}", i16::from(draft)));
    }
    for lack in &search.lacks {
        parts.push(match lack {
            Lack::Label => without("issue_labels"),
            Lack::Assignee => without("issue_assignees"),
            Lack::Milestone => "i.milestone is null".into(),
        });
    }
    if let Some(title) = &search.milestone_title {
        parts.push(format!(
            "i.milestone in (select m.id from milestones m where m.repo = i.repo and lower(m.title) = ${})",
            text(title.to_lowercase())
        ));
    }
    if let Some(login) = &search.mentions {
        parts.push(format!(
            "exists (select 1 from people_mentioned w
                     where w.repo = i.repo and w.number = i.number and w.login = ${})",
            text(login.to_lowercase())
        ));
    }
    if let Some(milestone) = search.milestone {
        parts.push(format!("i.milestone = {milestone}"));
    }
    if let Some(author) = &search.author {
        parts.push(format!("lower(i.author_name) = ${}", text(author.to_lowercase())));
    }
    if let Some(assignee) = &search.assignee {
        parts.push(format!(
            "exists (select 1 from issue_assignees a
                     where a.repo = i.repo and a.number = i.number and lower(a.login) = ${})",
            text(assignee.to_lowercase())
        ));
    }
    let worn = search.labels.iter().map(|label| (label, ""));
    for (label, not) in worn.chain(search.without_labels.iter().map(|label| (label, "not "))) {
        parts.push(format!(
            "{not}exists (select 1 from issue_labels il join labels l on l.repo = il.repo and l.id = il.label
                     where il.repo = i.repo and il.number = i.number and l.slug = ${})",
            text(label.to_lowercase())
        ));
    }
    if let Some(base) = &search.base {
        parts.push(format!("p.base_branch = ${}", text(base.clone())));
    }
    if let Some(head) = &search.head {
        parts.push(format!("p.head_branch = ${}", text(head.clone())));
    }
    for word in &search.text {
        let number = text(pattern(word));
        let [title, body] = ["title", "body"].map(|column| format!("lower(i.{column}) like ${number} escape '!'"));
        parts.push(match search.within {
            Within::Both => format!("({title} or {body})"),
            Within::Title => title,
            Within::Body => body,
        });
    }
    (parts.join(" and "), values)
}

/// Nothing in a table that belongs to issues.
fn without(table: &str) -> String {
    format!("not exists (select 1 from {table} x where x.repo = i.repo and x.number = i.number)")
}

/// A `like` pattern for texts that hold this one; `!` escapes.
pub fn pattern(text: &str) -> String {
    let mut pattern = String::from("%");
    for c in text.to_lowercase().chars() {
        if matches!(c, '%' | '_' | '!') {
            pattern.push('!');
        }
        pattern.push(c);
    }
    pattern.push('%');
    pattern
}

async fn complete(connection: &mut Connection, repo: RepoId, rows: &[AnyRow]) -> Result<Vec<Issue>> {
    if rows.is_empty() {
        return Ok(Vec::new());
    }
    let numbers: Vec<i64> = rows.iter().map(|row| row.number("number")).collect::<Result<_>>()?;
    let wanted = rows.iter().filter_map(|row| row.number_or_none("milestone").transpose());
    let wanted = wanted.collect::<Result<Vec<_>>>()?;
    let milestones = milestones::by_ids(connection, repo, &wanted).await?;
    let mut labels = labels::of_issues(connection, repo, &numbers).await?;
    let mut assignees = assignees(connection, repo, &numbers).await?;
    let mut issues = Vec::with_capacity(rows.len());
    for row in rows {
        let mut issue = read(row)?;
        issue.labels = labels.remove(&issue.number).unwrap_or_default();
        issue.assignees = assignees.remove(&issue.number).unwrap_or_default();
        let milestone = row.number_or_none("milestone")?;
        issue.milestone = milestones.iter().find(|known| Some(known.id) == milestone).cloned();
        issues.push(issue);
    }
    Ok(issues)
}

async fn assignees(connection: &mut Connection, repo: RepoId, numbers: &[i64]) -> Result<BTreeMap<i64, Vec<Author>>> {
    let list = placeholders(2, numbers.len());
    let sql = format!(
        "select number, account, login from issue_assignees where repo = $1 and number in ({list}) order by login"
    );
    let mut query = sqlx::query(AssertSqlSafe(sql)).bind(repo.to_string());
    for number in numbers {
        query = query.bind(*number);
    }
    let mut found: BTreeMap<i64, Vec<Author>> = BTreeMap::new();
    for row in query.fetch_all(connection).await.map_err(db::failed)? {
        let who = Author { account: row.parsed("account")?, login: row.parsed("login")?, behalf: None };
        found.entry(row.number("number")?).or_default().push(who);
    }
    Ok(found)
}

fn read(row: &AnyRow) -> Result<Issue> {
    let is_pull = row.flag("is_pull")?;
    Ok(Issue {
        number: row.number("number")?,
        id: row.number("id")?,
        title: row.text("title")?,
        body: row.text("body")?,
        author: Author {
            account: row.parsed("author")?,
            login: row.parsed("author_name")?,
            behalf: row.text_or_none("behalf")?,
        },
        state: row.parsed::<State>("state")?,
        labels: Vec::new(),
        assignees: Vec::new(),
        milestone: None,
        comments: row.number("comments")?,
        pull: if is_pull { Some(read_pull(row)?) } else { None },
        created: row.time("created")?,
        updated: row.time("updated")?,
        closed: row.time_or_none("closed")?,
    })
}

fn read_pull(row: &AnyRow) -> Result<Pull> {
    let merged = match row.time_or_none("merged")? {
        Some(at) => Some(Merged {
            at,
            account: row.parsed("merged_by")?,
            by: row.parsed("merged_by_name")?,
            sha: row.parsed("merge_sha")?,
        }),
        None => None,
    };
    Ok(Pull {
        base_branch: row.parsed("base_branch")?,
        base_sha: row.parsed("base_sha")?,
        head_repo: row.parsed("head_repo")?,
        head_branch: row.parsed("head_branch")?,
        head_sha: row.parsed("head_sha")?,
        fork: row.flag("fork")?,
        draft: row.flag("draft")?,
        merged,
    })
}
