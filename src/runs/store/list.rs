//! Lists of runs. A question of its own for each shape of a list, so that each walks along an index and ends at its limit,
//! however many runs there are: one text with `$1 is null or …` for all would be planned for none of them.

use sqlx::AssertSqlSafe;

use crate::db::Connection;
use crate::db::failed;
use crate::kit::Result;
use crate::model::RepoId;
use crate::runs::Filter;
use crate::runs::Run;
use crate::runs::State;
use crate::runs::store::run_from;

pub async fn list(connection: &mut Connection, filter: &Filter) -> Result<Vec<Run>> {
    if filter.repos.as_ref().is_some_and(Vec::is_empty) {
        return Ok(Vec::new());
    }
    let (sql, values) = question(filter);
    let mut query = sqlx::query(AssertSqlSafe(sql));
    for value in values {
        query = query.bind(value);
    }
    query.fetch_all(connection).await.map_err(failed)?.iter().map(run_from).collect()
}

/// The question and its values. Numbers and words of ours stand in it as they are.
fn question(filter: &Filter) -> (String, Vec<String>) {
    let mut values: Vec<String> = Vec::new();
    let mut place = |value: String| {
        values.push(value);
        format!("${}", values.len())
    };
    let mut conditions = vec!["1 = 1".to_owned()];
    match filter.repos.as_deref() {
        None => {}
        Some([only]) => conditions.push(format!("repo = {}", place(only.to_string()))),
        Some(many) => {
            let many: Vec<String> = many.iter().map(RepoId::to_string).map(&mut place).collect();
            conditions.push(format!("repo in ({})", many.join(", ")));
        }
    }
    if let Some(number) = filter.number {
        conditions.push(format!("number = {number}"));
    }
    if let Some(stack) = &filter.stack {
        conditions.push(format!("stack = {}", place(stack.clone())));
    }
    if let Some(before) = filter.before {
        conditions.push(format!("id < {}", place(before.to_string())));
    }
    let conditions = conditions.join(" and ");
    let limit = if filter.limit == 0 { 30 } else { filter.limit.clamp(1, 200) };
    let newest = format!("order by id desc limit {limit}");
    let walk = |state: &State| {
        format!("select id from (select id from runs where {conditions} and state = '{state}' {newest}) in_{state}")
    };
    let states = states(filter);
    let picked = match states.is_empty() {
        true => conditions.clone(),
        false => format!("id in ({})", states.iter().map(walk).collect::<Vec<_>>().join(" union all ")),
    };
    (format!(concat!("select ", run_columns!(), " from runs where {} {}"), picked, newest), values)
}

/// One walk for each state. Over many repositories there is no order that all their runs stand in but that of a state.
fn states(filter: &Filter) -> &[State] {
    let many = filter.repos.as_ref().is_some_and(|repos| repos.len() > 1) && filter.number.is_none();
    if filter.states.is_empty() && many { &State::ALL } else { &filter.states }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::db::scratch;
    use crate::kit::clock::Timestamp;
    use crate::kit::digest::Digest;
    use crate::model::RepoRef;
    use crate::model::RunId;
    use crate::runs::NewRun;
    use crate::runs::run::Source;
    use crate::runs::store::insert_run;

    fn run(repo: RepoId, number: i64, state: State) -> Run {
        let text = String::new;
        let source = Source { kind: "issue".into(), label: text(), page: text(), check: None, path: None };
        let repo = RepoRef { id: repo, owner: "acme".parse().unwrap(), name: "slug".parse().unwrap() };
        let dispatch = NewRun {
            repo,
            number: Some(number),
            stack: "fixer".into(),
            task: text(),
            prompt: text(),
            rule: None,
            event: None,
            source,
            requester_login: "ada".into(),
            requester: None,
            trusted: true,
            config_commit: "0123456789012345678901234567890123456789".parse().unwrap(),
            ceiling_commit: None,
            code_commit: None,
            code_branch: None,
            policy_digest: Digest::plain(b""),
            concurrency_key: None,
            forked_from: None,
        };
        let (reason, summary, cancel_asked_by) = (None, None, None);
        let (created, started, ended) = (Timestamp(0), None, None);
        let (id, tokens_in, tokens_out, micro_usd) = (RunId::make(), 0, 0, 0);
        Run {
            id,
            dispatch,
            state,
            reason,
            summary,
            cancel_asked_by,
            tokens_in,
            tokens_out,
            micro_usd,
            created,
            started,
            ended,
        }
    }

    #[tokio::test]
    async fn every_shape_of_a_list_narrows_and_begins_with_the_newest() {
        scratch::on_each_engine(async |db| {
            let [ours, also_ours, foreign] = [RepoId::make(), RepoId::make(), RepoId::make()];
            let rows = [
                run(ours, 1, State::Failed),
                run(also_ours, 1, State::Running),
                run(foreign, 1, State::Failed),
                run(ours, 2, State::Succeeded),
                run(also_ours, 2, State::Failed),
                run(ours, 1, State::Queued),
            ];
            let mut tx = db.begin().await.unwrap();
            for row in &rows {
                insert_run(&mut tx, row).await.unwrap();
            }
            tx.commit().await.unwrap();
            let picks = async |filter: Filter| -> Vec<usize> {
                let found = list(&mut db.read().await.unwrap(), &filter).await.unwrap();
                found.iter().map(|run| rows.iter().position(|row| row.id == run.id).unwrap()).collect()
            };
            let both = || Filter { repos: Some(vec![ours, also_ours]), ..Filter::default() };
            assert_eq!(picks(Filter::default()).await, [5, 4, 3, 2, 1, 0]);
            assert_eq!(picks(both()).await, [5, 4, 3, 1, 0]);
            assert_eq!(picks(Filter { limit: 2, ..both() }).await, [5, 4]);
            assert_eq!(picks(Filter { before: Some(rows[4].id), ..both() }).await, [3, 1, 0]);
            let failed_or_runs = vec![State::Failed, State::Running];
            assert_eq!(picks(Filter { states: failed_or_runs, limit: 2, ..both() }).await, [4, 1]);
            assert_eq!(picks(Filter { number: Some(1), ..both() }).await, [5, 1, 0]);
            let mine = || Filter { repos: Some(vec![ours]), ..Filter::default() };
            assert_eq!(picks(mine()).await, [5, 3, 0]);
            assert_eq!(picks(Filter { states: vec![State::Failed], number: Some(1), ..mine() }).await, [0]);
            assert!(picks(Filter { stack: Some("other".into()), ..mine() }).await.is_empty());
            assert!(picks(Filter { repos: Some(Vec::new()), ..Filter::default() }).await.is_empty());
        })
        .await;
    }
}
