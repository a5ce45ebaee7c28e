//! Rows of `notices` and `muted_conversations`.

use sqlx::AssertSqlSafe;
use sqlx::any::AnyRow;

use crate::access::Readable;
use crate::db;
use crate::db::Connection;
use crate::db::Row as _;
use crate::db::Tx;
use crate::forge::embedded::notice::Did;
use crate::forge::embedded::notice::Notice;
use crate::forge::embedded::notice::Shelf;
use crate::forge::embedded::notice::Why;
use crate::forge::embedded::store::repositories;
use crate::kit::Result;
use crate::kit::clock::Timestamp;
use crate::kit::page::Page;
use crate::kit::page::Paging;
use crate::model::AccountId;
use crate::model::RepoId;
use crate::model::RepoRef;

const MUTED: &str = "exists (select 1 from muted_conversations q
  where q.account = n.account and q.repo = n.repo and q.number = n.number)";

/// Writes what is news in the place of what was, unless the conversation is muted.
pub async fn put(tx: &mut Tx, at: (RepoId, i64), told: (AccountId, Why), did: Did<'_>) -> Result<()> {
    let sql = "insert into notices (account, repo, number, reason, what, entry, actor_name, unread, updated)
               select $1, i.repo, i.number, $4, $5, $6, $7, 1, $8
               from issues i
               where i.repo = $2 and i.number = $3 and not exists (
                 select 1 from muted_conversations q where q.account = $1 and q.repo = i.repo and q.number = i.number)
               on conflict (account, repo, number) do update
               set reason = excluded.reason, what = excluded.what, entry = excluded.entry,
                   actor_name = excluded.actor_name, unread = 1, updated = excluded.updated";
    let query = sqlx::query(sql)
        .bind(told.0.to_string())
        .bind(at.0.to_string())
        .bind(at.1)
        .bind(told.1.as_str())
        .bind(did.what)
        .bind(did.entry)
        .bind(did.who.login.as_str())
        .bind(did.at.0);
    query.execute(&mut **tx).await.map(drop).map_err(db::failed)
}

pub async fn list(
    connection: &mut Connection,
    account: AccountId,
    readable: &Readable,
    which: (Shelf, Paging),
) -> Result<Page<Notice>> {
    let (shelf, paging) = which;
    let (sight, mut values) = repositories::sight(readable, false);
    values.push(account.to_string());
    let account = values.len();
    let shelf = match shelf {
        Shelf::Unread => "n.unread = 1".to_owned(),
        Shelf::All => format!("not {MUTED}"),
        Shelf::Muted => MUTED.to_owned(),
    };
    let condition =
        format!("n.account = ${account} and {shelf} and n.repo in (select id from repositories where {sight})");
    let count = format!("select count(*) as total from notices n where {condition}");
    let mut query = sqlx::query(AssertSqlSafe(count));
    for value in &values {
        query = query.bind(value.as_str());
    }
    let total = query.fetch_one(&mut *connection).await.map_err(db::failed)?.number("total")?;
    let (limit, offset) = (account + 1, account + 2);
    let sql = format!(
        "select n.repo, n.number, n.reason, n.what, n.entry, n.actor_name, n.unread, n.updated, r.owner_name, r.name,
                i.is_pull, i.title, i.state, p.merged, case when {MUTED} then 1 else 0 end as muted
         from notices n
         join repositories r on r.id = n.repo
         join issues i on i.repo = n.repo and i.number = n.number
         left join pulls p on p.repo = n.repo and p.number = n.number
         where {condition}
         order by n.updated desc, n.repo, n.number
         limit ${limit} offset ${offset}"
    );
    let mut query = sqlx::query(AssertSqlSafe(sql));
    for value in &values {
        query = query.bind(value.as_str());
    }
    let rows = query.bind(paging.take()).bind(paging.offset()).fetch_all(connection).await.map_err(db::failed)?;
    let items = rows.iter().map(read).collect::<Result<Vec<_>>>()?;
    Ok(Page { items, total: u64::try_from(total).unwrap_or(0), paging })
}

pub async fn count_unread(connection: &mut Connection, account: AccountId) -> Result<u64> {
    let sql = "select count(*) as total from notices where account = $1 and unread = 1";
    let row = sqlx::query(sql).bind(account.to_string()).fetch_one(connection).await.map_err(db::failed)?;
    Ok(u64::try_from(row.number("total")?).unwrap_or(0))
}

pub async fn mark_all_read(tx: &mut Tx, account: AccountId) -> Result<()> {
    let sql = "update notices set unread = 0 where account = $1 and unread = 1";
    sqlx::query(sql).bind(account.to_string()).execute(&mut **tx).await.map(drop).map_err(db::failed)
}

/// Answers which comment or review it was about; none when it was about none, or there is no such notice.
pub async fn mark_read(tx: &mut Tx, account: AccountId, at: (RepoId, i64)) -> Result<Option<i64>> {
    let sql = "update notices set unread = 0 where account = $1 and repo = $2 and number = $3 returning entry";
    let query = sqlx::query(sql).bind(account.to_string()).bind(at.0.to_string()).bind(at.1);
    let row = query.fetch_optional(&mut **tx).await.map_err(db::failed)?;
    Ok(row.map(|row| row.number("entry")).transpose()?.filter(|entry| *entry != 0))
}

pub async fn mute(tx: &mut Tx, account: AccountId, at: (RepoId, i64), mute: bool, now: Timestamp) -> Result<()> {
    let (sql, stamped) = match mute {
        true => {
            let sql = "insert into muted_conversations (account, repo, number, created)
                       values ($1, $2, $3, $4)
                       on conflict do nothing";
            (sql, Some(now.0))
        }
        false => ("delete from muted_conversations where account = $1 and repo = $2 and number = $3", None),
    };
    let query = sqlx::query(sql).bind(account.to_string()).bind(at.0.to_string()).bind(at.1);
    let query = if let Some(now) = stamped { query.bind(now) } else { query };
    query.execute(&mut **tx).await.map_err(db::failed)?;
    mark_read(tx, account, at).await.map(drop)
}

fn read(row: &AnyRow) -> Result<Notice> {
    let merged = row.time_or_none("merged")?.is_some();
    Ok(Notice {
        repo: RepoRef { id: row.parsed("repo")?, owner: row.parsed("owner_name")?, name: row.parsed("name")? },
        number: row.number("number")?,
        pull: row.flag("is_pull")?,
        title: row.text("title")?,
        state: if merged { "merged".to_owned() } else { row.text("state")? },
        why: row.parsed("reason")?,
        what: row.text("what")?,
        entry: Some(row.number("entry")?).filter(|entry| *entry != 0),
        actor: row.text("actor_name")?,
        unread: row.flag("unread")?,
        muted: row.flag("muted")?,
        at: row.time("updated")?,
    })
}
