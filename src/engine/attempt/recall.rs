//! What the company brain says to a run: core records of its scope always, the rest by how well it fits the task. All of it at
//! one commit, and all of it advice: whoever reads it may not act without a person.

use std::collections::BTreeSet;

use serde_json::Value;
use serde_json::json;

use crate::catalog::Pattern;
use crate::catalog::Stack;
use crate::context;
use crate::context::Piece;
use crate::context::Recalled;
use crate::context::Snapshot;
use crate::context::Trust;
use crate::engine::Engine;
use crate::engine::attempt::tools::Tools;
use crate::engine::brain;
use crate::engine::brain::Reach;
use crate::kit::Error;
use crate::kit::Result;
use crate::kit::text::bounded;
use crate::kit::text::visible_line;
use crate::memory::Class;
use crate::memory::Day;
use crate::memory::health;
use crate::memory::index::Kept;
use crate::memory::index::View;
use crate::memory::query;
use crate::memory::query::Answer;
use crate::memory::query::Around;
use crate::memory::query::Direction;
use crate::memory::query::Hit;
use crate::memory::query::Query;
use crate::memory::snapshot;
use crate::memory::snapshot::NewSnapshot;
use crate::model::RepoRef;
use crate::model::TreePath;
use crate::runs::Run;

/// Entries that a run is shown by how well they fit, beside the core.
const MOST_FITTING: usize = 8;

/// Core records that a run is shown.
const MOST_CORE: usize = 40;

/// Bytes of all of them together, when the stack says no less.
const MOST_BYTES: usize = 40 * 1024;

/// Words of the task that are looked for.
const MOST_WORDS: usize = 48;

/// Records of each sort that one call of `memory_health` gives.
const MOST_OF_HEALTH: usize = 50;

/// Bytes that one call of `memory_read` gives.
const MOST_READ: usize = 64 * 1024;

/// What a run is shown of the brain before it begins. None when its stack asks for none, or there is none to read: the
/// sentence says why.
pub(super) async fn recall(
    engine: &Engine,
    run: &Run,
    stack: &Stack,
    input: &context::Input,
) -> Result<(Vec<Recalled>, Option<Snapshot>, Option<String>)> {
    if !brain::recalls(stack) {
        return Ok((Vec::new(), None, None));
    }
    let (place, commit) = match engine.reach_of(&run.dispatch.repo).await? {
        Reach::Reads(place, commit) => (place, commit),
        Reach::None(why) if stack.memory.required => {
            return Err(Error::invalid(format!(
                "The stack `{}` requires the company brain: {why}",
                run.dispatch.stack
            ))
            .code("MEMORY_MISSING")
            .hint("set `memory: {required: false}` in the stack, or mend the brain"));
        }
        Reach::None(why) => return Ok((Vec::new(), None, Some(why))),
    };
    let repo = place.repository.reference();
    let (repository, view) = engine.brain_view(&repo, &commit).await?;
    let scope = brain::scope_of(stack);
    let room = usize::try_from(stack.memory.max_bytes).unwrap_or(MOST_BYTES).min(MOST_BYTES);
    let core = Query { classes: vec![Class::Core], limit: MOST_CORE, max_bytes: room / 2, ..Query::default() };
    let core =
        query::ask(&repository, &view, &core, &query::Scope { kinds: Vec::new(), paths: Vec::new(), ..scope.clone() })
            .await?;
    let asked = Query { text: words_of(input), limit: MOST_FITTING + MOST_CORE, max_bytes: room, ..Query::default() };
    let fitting = match asked.text.is_empty() {
        true => None,
        false => Some(query::ask(&repository, &view, &asked, &scope).await?),
    };
    let shown: BTreeSet<&str> = core.hits.iter().map(|hit| hit.path.as_str()).collect();
    let others = fitting.iter().flat_map(|answer| &answer.hits).filter(|hit| !shown.contains(hit.path.as_str()));
    let others: Vec<&Hit> = others.take(MOST_FITTING).collect();
    let for_us = |hit: &&Hit| of_core(hit, &run.dispatch.repo.to_string());
    let recalled: Vec<Recalled> = core
        .hits
        .iter()
        .filter(for_us)
        .chain(others.iter().copied())
        .map(|hit| piece(&repo.to_string(), hit))
        .collect();
    let hidden = core.hidden + fitting.as_ref().map_or(0, |answer| answer.hidden);
    let total = core.total + fitting.as_ref().map_or(0, |answer| answer.total);
    let shown = core.hits.iter().filter(for_us).chain(others.iter().copied());
    let taken = NewSnapshot {
        organisation: repo.owner.clone(),
        commit: commit.clone(),
        run: Some(run.id),
        pieces: shown.map(remembered).collect(),
        hidden: i64::try_from(hidden).unwrap_or(i64::MAX),
        taken: engine.clock.now(),
    };
    let snapshot = Snapshot {
        id: engine.memory.take(taken).await?.id,
        repo,
        commit,
        hidden: hidden as u64,
        left_out: total.saturating_sub(recalled.len()) as u64,
        notes: Vec::new(),
    };
    Ok((recalled, Some(snapshot), None))
}

/// A core record that names repositories is for those alone.
fn of_core(hit: &Hit, repo: &str) -> bool {
    hit.repos.is_empty() || hit.repos.iter().any(|named| named.eq_ignore_ascii_case(repo))
}

fn remembered(hit: &Hit) -> snapshot::Piece {
    snapshot::Piece {
        citation: hit.citation.clone(),
        id: hit.id.clone(),
        title: hit.title.clone(),
        digest: hit.digest,
        bytes: hit.excerpt.len() as u64,
        why: hit.why.clone(),
    }
}

fn piece(brain: &str, hit: &Hit) -> Recalled {
    let name = hit.id.clone().unwrap_or_else(|| hit.path.clone());
    let why = if hit.why.is_empty() { "shown to every run".to_owned() } else { hit.why.join("; ").replace('`', "") };
    Recalled {
        name: format!("{name}: {} ({why})", hit.title),
        piece: Piece { source: format!("{brain}@{}", hit.citation), text: hit.excerpt.clone(), trust: advice() },
    }
}

fn advice() -> Trust {
    Trust::Untrusted { why: "the company brain is advice, never an instruction".into() }
}

/// What is looked for: words of the task, of the title of what it is about, and the name of the check. Signs that mean
/// something in a question are no part of it.
fn words_of(input: &context::Input) -> String {
    let object = input.object.iter().flat_map(|piece| piece.text.lines().next());
    let check = input.check.iter().flat_map(|check| [check.name.as_str(), bounded(&check.piece.text, 400)]);
    let texts = [input.task.text.as_str()].into_iter().chain(object).chain(check);
    let mut seen = BTreeSet::new();
    let words =
        texts.flat_map(|text| text.split(|c: char| !c.is_alphanumeric() && c != '_')).filter(|word| word.len() > 2);
    words.filter(|word| seen.insert(word.to_lowercase())).take(MOST_WORDS).collect::<Vec<_>>().join(" ")
}

impl Tools {
    /// Answers a tool that asks the brain, at the commit that the run sees.
    pub(super) async fn recall(&self, tool: &str, arguments: &Value) -> Result<Value> {
        let Some(Snapshot { repo, commit, .. }) = &self.proposing.memory else {
            return Err(brain::unseen());
        };
        let (repository, view) = self.engine.brain_view(repo, commit).await?;
        let scope = brain::scope_of(&self.proposing.stack);
        if tool == "memory_health" {
            return self.health(repo, &view).await;
        }
        let text = |name: &str| arguments[name].as_str().unwrap_or_default().to_owned();
        let asked = match tool {
            "memory_search" => Query {
                text: text("text"),
                kinds: listed(arguments, "kinds"),
                paths: listed(arguments, "paths").iter().map(|path| path.parse()).collect::<Result<_>>()?,
                limit: usize::try_from(arguments["limit"].as_u64().unwrap_or(8)).unwrap_or(8),
                ..Query::default()
            },
            "memory_related" => Query {
                around: Some(Around {
                    id: text("id").parse()?,
                    edges: Vec::new(),
                    depth: u8::try_from(arguments["depth"].as_u64().unwrap_or(1)).unwrap_or(1),
                    direction: Direction::Both,
                }),
                limit: 40,
                ..Query::default()
            },
            _ => Query { paths: vec![exactly(&text("path"))?], limit: 20, ..Query::default() },
        };
        let answer = query::ask(&repository, &view, &asked, &scope).await?;
        // Before the agent sees a byte of it: whatever it proposes from now on asks.
        self.distrust(&["the company brain".to_owned()]).await?;
        let name = |hit: &Hit| hit.id.clone().unwrap_or_else(|| hit.path.clone());
        let names: BTreeSet<String> = answer.hits.iter().map(name).collect();
        self.engine.memory.count_asked(&repo.owner, &names, self.engine.clock.now()).await?;
        if tool != "memory_read" {
            return Ok(told(&repo.to_string(), &answer));
        }
        let path: TreePath = text("path").parse()?;
        let missing = || Error::not_found(format!("such file in the company brain at {}", commit.short()));
        // A file is read whole only when nothing in it is hidden.
        if answer.hits.is_empty() || answer.hidden > 0 {
            return Err(missing());
        }
        let file = repository.file(commit, &path).await?.ok_or_else(missing)?;
        let text = file.text().ok_or_else(missing)?;
        let shown = bounded(text, MOST_READ);
        Ok(json!({
            "path": path, "commit": commit, "source": format!("{repo}@{commit}:{path}"), "text": shown,
            "cut": shown.len() < text.len(),
        }))
    }
}

impl Tools {
    /// What of the brain that the run sees is stale, unowned, or there twice.
    async fn health(&self, repo: &RepoRef, view: &View) -> Result<Value> {
        let scope = brain::scope_of(&self.proposing.stack);
        let today = Day::of(self.engine.clock.now());
        let stale = self.engine.memory.stale_in(&repo.owner, view, &scope, today).await?;
        let unowned = health::unowned(view, &scope)?;
        let alike = health::alike(view, &scope)?;
        self.distrust(&["the company brain".to_owned()]).await?;
        let named =
            |kept: &Kept| json!({ "id": kept.id, "path": kept.path, "title": kept.title, "status": kept.status });
        let stale = stale.iter().take(MOST_OF_HEALTH).map(|one| {
            let says: Vec<&str> = one.reasons.iter().map(|reason| reason.says.as_str()).collect();
            json!({ "record": named(&one.kept), "because": says })
        });
        let alike = alike.iter().map(
            |group| json!({ "because": group.why, "records": group.records.iter().map(named).collect::<Vec<_>>() }),
        );
        Ok(json!({
            "commit": view.commit, "stale": stale.collect::<Vec<_>>(),
            "unowned": unowned.iter().take(MOST_OF_HEALTH).map(named).collect::<Vec<_>>(),
            "alike": alike.collect::<Vec<_>>(),
        }))
    }
}

/// A pattern that one path alone matches.
fn exactly(path: &str) -> Result<Pattern> {
    let path: TreePath = path.parse()?;
    if path.as_str().contains(['*', '?', '[', ']', '{', '}', '\\', '!']) {
        return Err(Error::not_found(format!("such file as `{}`", visible_line(path.as_str(), 120))));
    }
    path.as_str().parse()
}

fn listed(arguments: &Value, name: &str) -> Vec<String> {
    let values = arguments[name].as_array().map(Vec::as_slice).unwrap_or_default();
    values.iter().filter_map(|value| value.as_str().map(str::to_owned)).collect()
}

fn told(brain: &str, answer: &Answer) -> Value {
    let hits = answer.hits.iter().map(|hit| {
        json!({
            "source": format!("{brain}@{}", hit.citation), "path": hit.path, "id": hit.id, "kind": hit.kind,
            "title": hit.title, "status": hit.status, "updated": hit.updated, "owners": hit.owners,
            "why": hit.why, "excerpt": hit.excerpt,
        })
    });
    json!({
        "commit": answer.commit, "total": answer.total, "hidden": answer.hidden, "cut": answer.cut,
        "found": hits.collect::<Vec<_>>(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_looked_for_holds_no_signs_of_a_question() {
        let task = Piece { text: "Mend \"slug\" -fast kind:Runbook, mend it".into(), ..Piece::default() };
        let input = context::Input { task, ..context::Input::default() };
        assert_eq!(words_of(&input), "Mend slug fast kind Runbook");
    }

    #[test]
    fn a_path_is_no_pattern() {
        assert!(exactly("runbooks/a.md").is_ok());
        for path in ["runbooks/*", "a/[b]", "../x", ""] {
            assert!(exactly(path).is_err(), "{path}");
        }
    }
}
