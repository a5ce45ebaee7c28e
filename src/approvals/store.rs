//! All SQL of the room.

use std::collections::BTreeMap;

use sqlx::Any;
use sqlx::AssertSqlSafe;
use sqlx::any::AnyArguments;
use sqlx::any::AnyRow;
use sqlx::query::Query;

use crate::approvals::Approval;
use crate::approvals::Asked;
use crate::approvals::AskedState;
use crate::approvals::Decider;
use crate::approvals::Decision;
use crate::approvals::Filter;
use crate::approvals::Given;
use crate::db::Connection;
use crate::db::Row as _;
use crate::db::Tx;
use crate::db::failed;
use crate::kit::Error;
use crate::kit::Result;
use crate::kit::clock::Timestamp;
use crate::kit::digest::Digest;
use crate::model::ApprovalId;
use crate::model::EffectId;
use crate::model::RepoId;
use crate::model::RepoRef;
use crate::model::RunId;

/// The columns of `approvals` as [`approval_from`] reads them.
macro_rules! columns {
    () => {
        "id, run, repo, owner_name, repo_name, number, requester, requester_login, state, created_at, closed_at"
    };
}

/// The columns of `approval_effects` as [`asked_from`] reads them.
macro_rules! asked_columns {
    () => {
        "effect, approval, digest, kind, asked_at, terms, state, expires_at, closed_by, closed_at, why"
    };
}

pub(super) async fn insert(connection: &mut Connection, approval: &Approval) -> Result<()> {
    sqlx::query(
        "insert into approvals (id, run, repo, owner_name, repo_name, number, requester, requester_login, state, created_at)
         values ($1, $2, $3, $4, $5, $6, $7, $8, 'open', $9)",
    )
    .bind(approval.id.to_string())
    .bind(approval.run.to_string())
    .bind(approval.repo.id.to_string())
    .bind(approval.repo.owner.as_str())
    .bind(approval.repo.name.as_str())
    .bind(approval.number)
    .bind(approval.requester.map(|id| id.to_string()))
    .bind(&approval.requester_login)
    .bind(approval.created.0)
    .execute(connection)
    .await
    .map_err(failed)?;
    Ok(())
}

pub(super) async fn insert_asked(connection: &mut Connection, approval: ApprovalId, asked: &Asked) -> Result<()> {
    sqlx::query(
        "insert into approval_effects (effect, approval, digest, kind, terms, state, expires_at, asked_at)
         values ($1, $2, $3, $4, $5, 'open', $6, $7)",
    )
    .bind(asked.effect.to_string())
    .bind(approval.to_string())
    .bind(asked.digest.to_string())
    .bind(asked.kind.as_str())
    .bind(serde_json::to_string(&asked.terms).expect("terms are strings and numbers"))
    .bind(asked.expires.0)
    .bind(asked.asked_at.map(|at| at.to_string()))
    .execute(connection)
    .await
    .map_err(failed)?;
    Ok(())
}

pub(super) async fn insert_decision(
    connection: &mut Connection,
    approval: ApprovalId,
    asked: &Asked,
    decider: &Decider,
    (given, reason): (Given, &str),
    view: &Digest,
    now: Timestamp,
) -> Result<()> {
    let done = sqlx::query(
        "insert into decisions (approval, effect, digest, view_digest, person, login, decision, reason, decided_at)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9)
         on conflict (effect, person) do nothing",
    )
    .bind(approval.to_string())
    .bind(asked.effect.to_string())
    .bind(asked.digest.to_string())
    .bind(view.to_string())
    .bind(decider.account.to_string())
    .bind(&decider.login)
    .bind(given.as_str())
    .bind(reason)
    .bind(now.0)
    .execute(connection)
    .await
    .map_err(failed)?;
    match done.rows_affected() {
        1 => Ok(()),
        _ => Err(Error::conflict("You have already decided on this effect").code("ALREADY_DECIDED")),
    }
}

/// Closes an effect that is still open; answers whether it was.
pub(super) async fn close_asked(
    connection: &mut Connection,
    effect: EffectId,
    state: AskedState,
    by: &str,
    why: &str,
    now: Timestamp,
) -> Result<bool> {
    let done = sqlx::query(
        "update approval_effects
         set state = $2, closed_by = $3, why = $4, closed_at = $5
         where effect = $1 and state = 'open'",
    )
    .bind(effect.to_string())
    .bind(state.as_str())
    .bind(by)
    .bind(why)
    .bind(now.0)
    .execute(connection)
    .await
    .map_err(failed)?;
    Ok(done.rows_affected() == 1)
}

pub(super) async fn close_if_done(connection: &mut Connection, approval: ApprovalId, now: Timestamp) -> Result<()> {
    sqlx::query(
        "update approvals
         set state = 'closed', closed_at = $2
         where id = $1 and state = 'open'
           and not exists (select 1 from approval_effects where approval = $1 and state = 'open')",
    )
    .bind(approval.to_string())
    .bind(now.0)
    .execute(connection)
    .await
    .map_err(failed)?;
    Ok(())
}

pub(super) async fn lock(tx: &mut Tx, id: ApprovalId) -> Result<()> {
    let sql = sqlx::AssertSqlSafe(format!("select id from approvals where id = $1 {}", tx.engine().for_update()));
    sqlx::query(sql).bind(id.to_string()).fetch_optional(&mut **tx).await.map_err(failed)?;
    Ok(())
}

fn approval_from(row: &AnyRow) -> Result<Approval> {
    Ok(Approval {
        id: row.parsed("id")?,
        run: row.parsed("run")?,
        repo: RepoRef { id: row.parsed("repo")?, owner: row.parsed("owner_name")?, name: row.parsed("repo_name")? },
        number: row.number_or_none("number")?,
        requester: row.parsed_or_none("requester")?,
        requester_login: row.text("requester_login")?,
        open: row.text("state")? == "open",
        created: row.time("created_at")?,
        closed: row.time_or_none("closed_at")?,
        effects: Vec::new(),
    })
}

fn asked_from(row: &AnyRow) -> Result<(ApprovalId, Asked)> {
    let asked = Asked {
        effect: row.parsed("effect")?,
        digest: row.parsed("digest")?,
        kind: row.parsed("kind")?,
        asked_at: row.parsed_or_none("asked_at")?,
        terms: row.json("terms")?,
        state: row.parsed("state")?,
        expires: row.time("expires_at")?,
        closed_by: row.text_or_none("closed_by")?,
        closed: row.time_or_none("closed_at")?,
        why: row.text_or_none("why")?,
        decisions: Vec::new(),
    };
    Ok((row.parsed("approval")?, asked))
}

fn decision_from(row: &AnyRow) -> Result<(EffectId, Decision)> {
    let decision = Decision {
        person: row.parsed("person")?,
        login: row.text("login")?,
        given: row.parsed("decision")?,
        reason: row.text("reason")?,
        at: row.time("decided_at")?,
    };
    Ok((row.parsed("effect")?, decision))
}

/// Puts effects and decisions into approvals: two statements for any number of them.
async fn filled(connection: &mut Connection, rows: &[AnyRow]) -> Result<Vec<Approval>> {
    let mut approvals = rows.iter().map(approval_from).collect::<Result<Vec<_>>>()?;
    if approvals.is_empty() {
        return Ok(approvals);
    }
    let ids: Vec<String> = approvals.iter().map(|approval| approval.id.to_string()).collect();
    let list = places(1, ids.len());
    let sql = format!(
        concat!("select ", asked_columns!(), " from approval_effects where approval in ({}) order by effect"),
        list
    );
    let asked = bound(sql, &ids).fetch_all(&mut *connection).await.map_err(failed)?;
    let sql = format!(
        "select d.effect, d.person, d.login, d.decision, d.reason, d.decided_at
         from approval_effects a
         join decisions d on d.effect = a.effect
         where a.approval in ({list})
         order by d.decided_at"
    );
    let decisions = bound(sql, &ids).fetch_all(connection).await.map_err(failed)?;
    let mut said: BTreeMap<EffectId, Vec<Decision>> = BTreeMap::new();
    for row in &decisions {
        let (effect, decision) = decision_from(row)?;
        said.entry(effect).or_default().push(decision);
    }
    for row in &asked {
        let (approval, mut asked) = asked_from(row)?;
        asked.decisions = said.remove(&asked.effect).unwrap_or_default();
        if let Some(found) = approvals.iter_mut().find(|found| found.id == approval) {
            found.effects.push(asked);
        }
    }
    Ok(approvals)
}

pub(super) async fn approval(connection: &mut Connection, id: ApprovalId) -> Result<Option<Approval>> {
    let rows = sqlx::query(concat!("select ", columns!(), " from approvals where id = $1"))
        .bind(id.to_string())
        .fetch_all(&mut *connection)
        .await
        .map_err(failed)?;
    Ok(filled(connection, &rows).await?.pop())
}

pub(super) async fn of_run(connection: &mut Connection, run: RunId) -> Result<Vec<Approval>> {
    let rows = sqlx::query(concat!("select ", columns!(), " from approvals where run = $1 order by id"))
        .bind(run.to_string())
        .fetch_all(&mut *connection)
        .await
        .map_err(failed)?;
    filled(connection, &rows).await
}

pub(super) async fn list(connection: &mut Connection, filter: &Filter) -> Result<Vec<Approval>> {
    let mut values = ids_of(filter.repos.as_deref().unwrap_or_default());
    let mut conditions = vec!["1 = 1".to_owned()];
    if filter.repos.is_some() {
        let list = places(1, values.len());
        let asked_there = "select approval from approval_effects where asked_at in";
        conditions.push(match filter.elsewhere {
            true => format!("(repo in ({list}) or id in ({asked_there} ({list})))"),
            false => format!("repo in ({list})"),
        });
    }
    if let Some(open) = filter.open {
        conditions.push(format!("state = '{}'", if open { "open" } else { "closed" }));
    }
    if let Some(number) = filter.number {
        conditions.push(format!("number = {number}"));
    }
    if let Some(before) = filter.before {
        values.push(before.to_string());
        conditions.push(format!("id < ${}", values.len()));
    }
    let limit = if filter.limit == 0 { 30 } else { filter.limit.clamp(1, 200) };
    let sql = format!(
        concat!("select ", columns!(), " from approvals where {} order by id desc limit {}"),
        conditions.join(" and "),
        limit
    );
    let rows = bound(sql, &values).fetch_all(&mut *connection).await.map_err(failed)?;
    filled(connection, &rows).await
}

pub(super) async fn count_open(connection: &mut Connection, repos: &[RepoId]) -> Result<i64> {
    let repos = ids_of(repos);
    let list = places(1, repos.len());
    let sql = format!(
        "select count(*) as waiting from approvals where state = 'open' and (repo in ({list})
           or id in (select approval from approval_effects where state = 'open' and asked_at in ({list})))"
    );
    bound(sql, &repos).fetch_one(connection).await.map_err(failed)?.number("waiting")
}

fn ids_of(repos: &[RepoId]) -> Vec<String> {
    repos.iter().map(RepoId::to_string).collect()
}

/// `$1, $2, …` for a list; `null`, which nothing equals, for an empty one.
fn places(first: usize, count: usize) -> String {
    if count == 0 {
        return "null".to_owned();
    }
    (first..first + count).map(|place| format!("${place}")).collect::<Vec<_>>().join(", ")
}

/// A statement with these texts for its places.
fn bound(sql: String, values: &[String]) -> Query<'static, Any, AnyArguments> {
    values.iter().fold(sqlx::query(AssertSqlSafe(sql)), |query, value| query.bind(value.clone()))
}

pub(super) async fn open_of_run(connection: &mut Connection, run: RunId) -> Result<Option<ApprovalId>> {
    let row = sqlx::query("select id from approvals where run = $1 and state = 'open'")
        .bind(run.to_string())
        .fetch_optional(connection)
        .await
        .map_err(failed)?;
    row.as_ref().map(|row| row.parsed("id")).transpose()
}

pub(super) async fn asked(connection: &mut Connection, effect: EffectId) -> Result<Option<Asked>> {
    let Some(approval) = approval_of(connection, effect).await? else { return Ok(None) };
    let found = self::approval(connection, approval).await?;
    Ok(found.and_then(|approval| approval.effects.into_iter().find(|asked| asked.effect == effect)))
}

pub(super) async fn approval_of(connection: &mut Connection, effect: EffectId) -> Result<Option<ApprovalId>> {
    let row = sqlx::query("select approval from approval_effects where effect = $1")
        .bind(effect.to_string())
        .fetch_optional(connection)
        .await
        .map_err(failed)?;
    row.as_ref().map(|row| row.parsed("approval")).transpose()
}

pub(super) async fn open_effects(connection: &mut Connection, repo: Option<RepoId>) -> Result<Vec<EffectId>> {
    let rows = sqlx::query(
        "select e.effect
         from approval_effects e
         join approvals a on a.id = e.approval
         where e.state = 'open' and ($1 is null or a.repo = $1)
         order by e.effect",
    )
    .bind(repo.map(|id| id.to_string()))
    .fetch_all(connection)
    .await
    .map_err(failed)?;
    rows.iter().map(|row| row.parsed("effect")).collect()
}

pub(super) async fn open_effects_of_run(connection: &mut Connection, run: RunId) -> Result<Vec<EffectId>> {
    let rows = sqlx::query(
        "select e.effect
         from approval_effects e
         join approvals a on a.id = e.approval
         where e.state = 'open' and a.run = $1",
    )
    .bind(run.to_string())
    .fetch_all(connection)
    .await
    .map_err(failed)?;
    rows.iter().map(|row| row.parsed("effect")).collect()
}

pub(super) async fn late(connection: &mut Connection, now: Timestamp) -> Result<Vec<(EffectId, RunId)>> {
    let rows = sqlx::query(
        "select e.effect, a.run
         from approval_effects e
         join approvals a on a.id = e.approval
         where e.state = 'open' and e.expires_at <= $1
         order by e.effect
         limit 100",
    )
    .bind(now.0)
    .fetch_all(connection)
    .await
    .map_err(failed)?;
    rows.iter().map(|row| Ok((row.parsed("effect")?, row.parsed("run")?))).collect()
}

pub(super) async fn by_short_digest(
    connection: &mut Connection,
    repo: RepoId,
    start: &str,
) -> Result<Vec<(ApprovalId, Digest)>> {
    let rows = sqlx::query(
        "select e.approval, e.digest
         from approval_effects e
         where e.digest >= $2 and e.digest < $3
           and exists (select 1 from approvals a where a.id = e.approval and a.repo = $1)
         order by case when e.state = 'open' then 0 else 1 end, e.effect desc
         limit 10",
    )
    .bind(repo.to_string())
    .bind(start)
    // What starts with these digits stands before the first letter that is no digit.
    .bind(format!("{start}g"))
    .fetch_all(connection)
    .await
    .map_err(failed)?;
    rows.iter().map(|row| Ok((row.parsed("approval")?, row.parsed("digest")?))).collect()
}
