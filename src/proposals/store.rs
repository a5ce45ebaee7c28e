//! All SQL of the room.

use sqlx::AssertSqlSafe;
use sqlx::any::AnyRow;

use crate::db::Connection;
use crate::db::Row as _;
use crate::db::failed;
use crate::kit::Result;
use crate::kit::digest::Digest;
use crate::model::BranchName;
use crate::model::EffectId;
use crate::model::EffectKind;
use crate::model::RepoId;
use crate::model::RunId;
use crate::model::Verdict;
use crate::proposals::NewProposed;
use crate::proposals::Proposed;

/// The columns of `effects` as [`from_row`] reads them.
macro_rules! columns {
    () => {
        "id, run, attempt, sequence, digest, policy_digest, effect, verdict, because, terms,
         proposal_commit, created_at"
    };
}

pub(super) async fn insert(connection: &mut Connection, proposed: &Proposed) -> Result<()> {
    let new = &proposed.new;
    let target = &new.effect.target;
    sqlx::query(
        "insert into effects (id, run, attempt, sequence, kind, digest, policy_digest, repo, number, branch, effect,
                              verdict, because, terms, proposal_commit, created_at)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16)",
    )
    .bind(proposed.id.to_string())
    .bind(new.run.to_string())
    .bind(new.attempt.to_string())
    .bind(proposed.sequence)
    .bind(new.effect.kind().as_str())
    .bind(proposed.digest.to_string())
    .bind(new.policy_digest.to_string())
    .bind(target.repo.id.to_string())
    .bind(target.number)
    .bind(target.branch.as_ref().map(|branch| branch.to_string()))
    .bind(serde_json::to_string(&new.effect).expect("an effect is strings, numbers and lists"))
    .bind(new.verdict.as_str())
    .bind(&new.because)
    .bind(serde_json::to_string(&new.terms).expect("terms are strings and numbers"))
    .bind(new.proposal_commit.as_str())
    .bind(proposed.created.0)
    .execute(connection)
    .await
    .map_err(failed)?;
    Ok(())
}

fn from_row(row: &AnyRow) -> Result<Proposed> {
    Ok(Proposed {
        id: row.parsed("id")?,
        sequence: row.number("sequence")?,
        digest: row.parsed("digest")?,
        created: row.time("created_at")?,
        new: NewProposed {
            run: row.parsed("run")?,
            attempt: row.parsed("attempt")?,
            effect: row.json("effect")?,
            policy_digest: row.parsed("policy_digest")?,
            verdict: verdict(&row.text("verdict")?),
            because: row.text("because")?,
            terms: row.json("terms")?,
            proposal_commit: row.parsed("proposal_commit")?,
        },
    })
}

/// A word that we did not write is read as the tightest one.
fn verdict(word: &str) -> Verdict {
    match word {
        "allow" => Verdict::Allow,
        "ask" => Verdict::Ask,
        _ => Verdict::Deny,
    }
}

pub(super) async fn last_sequence(connection: &mut Connection, run: RunId) -> Result<i64> {
    let row = sqlx::query("select coalesce(max(sequence), 0) as last from effects where run = $1")
        .bind(run.to_string())
        .fetch_one(connection)
        .await
        .map_err(failed)?;
    row.number("last")
}

pub(super) async fn by_digest(connection: &mut Connection, run: RunId, digest: &Digest) -> Result<Option<Proposed>> {
    let row = sqlx::query(concat!("select ", columns!(), " from effects where run = $1 and digest = $2"))
        .bind(run.to_string())
        .bind(digest.to_string())
        .fetch_optional(connection)
        .await
        .map_err(failed)?;
    row.as_ref().map(from_row).transpose()
}

pub(super) async fn effect(connection: &mut Connection, id: EffectId) -> Result<Option<Proposed>> {
    let row = sqlx::query(concat!("select ", columns!(), " from effects where id = $1"))
        .bind(id.to_string())
        .fetch_optional(connection)
        .await
        .map_err(failed)?;
    row.as_ref().map(from_row).transpose()
}

pub(super) async fn of_run(connection: &mut Connection, run: RunId) -> Result<Vec<Proposed>> {
    let rows = sqlx::query(concat!("select ", columns!(), " from effects where run = $1 order by sequence"))
        .bind(run.to_string())
        .fetch_all(connection)
        .await
        .map_err(failed)?;
    rows.iter().map(from_row).collect()
}

pub(super) async fn on_target(connection: &mut Connection, repo: RepoId, number: Option<i64>) -> Result<Vec<Proposed>> {
    let rows = sqlx::query(concat!(
        "select ",
        columns!(),
        " from effects
         where repo = $1 and ($2 is null or number = $2)
         order by id desc
         limit 200"
    ))
    .bind(repo.to_string())
    .bind(number)
    .fetch_all(connection)
    .await
    .map_err(failed)?;
    rows.iter().map(from_row).collect()
}

/// Effects of a kind that were proposed from these branches, the newest first.
pub(super) async fn on_branches(
    connection: &mut Connection,
    repo: RepoId,
    branches: &[&BranchName],
    kind: EffectKind,
) -> Result<Vec<Proposed>> {
    let places: Vec<String> = (3..3 + branches.len()).map(|place| format!("${place}")).collect();
    let sql = format!(
        concat!(
            "select ",
            columns!(),
            " from effects
             where repo = $1 and kind = $2 and branch in ({}) and verdict <> 'deny'
             order by id desc"
        ),
        places.join(", ")
    );
    let query = sqlx::query(AssertSqlSafe(sql)).bind(repo.to_string()).bind(kind.as_str());
    let query = branches.iter().fold(query, |query, branch| query.bind(branch.to_string()));
    let rows = query.fetch_all(connection).await.map_err(failed)?;
    rows.iter().map(from_row).collect()
}

/// The newest run that proposed a pull request from this branch.
pub(super) async fn opener(connection: &mut Connection, repo: RepoId, branch: &BranchName) -> Result<Option<RunId>> {
    let row = sqlx::query(
        "select run from effects
         where repo = $1 and branch = $2 and kind = 'pull_request' and verdict <> 'deny'
         order by id desc
         limit 1",
    )
    .bind(repo.to_string())
    .bind(branch.to_string())
    .fetch_optional(connection)
    .await
    .map_err(failed)?;
    row.map(|row| row.parsed("run")).transpose()
}
