//! Which commit each line of a file comes from.
//!
//! Of our own rather than the library's, because a history is hostile: this one looks only at the commits that changed the
//! file, ends when its time is up, and keeps what it found. Lines travel from a commit to its parents as long as they are
//! the same there; where they are in no parent, the commit brought them. A file that is in no parent may have had another
//! name there, and its lines travel on under that.

use std::collections::BinaryHeap;
use std::collections::HashMap;
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::PoisonError;
use std::time::Duration;
use std::time::Instant;

use imara_diff::Algorithm;
use imara_diff::Diff;
use imara_diff::InternedInput;

use crate::git::Commit;
use crate::git::Repository;
use crate::git::compare;
use crate::git::graph::Ancestry;
use crate::git::history;
use crate::git::object::is_binary;
use crate::git::object::shown;
use crate::git::repository::oid;
use crate::git::trail::Step;
use crate::git::trail::Trail;
use crate::git::tree::blob;
use crate::kit::Error;
use crate::kit::ErrorKind;
use crate::kit::Result;
use crate::kit::error::Context as _;
use crate::model::CommitId;
use crate::model::TreePath;

/// Larger files are not looked into.
const LARGEST: usize = 1024 * 1024;
/// How long one file may take.
const PATIENCE: Duration = Duration::from_secs(5);
/// Files whose answers are kept.
const MOST_KEPT: usize = 128;
/// Answers with more parts are not kept.
const LARGEST_KEPT: usize = 20_000;

/// Lines that stand together and come from one commit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Blamed {
    /// The first line, counted from 1.
    pub from: u32,
    /// How many lines.
    pub count: u32,
    /// The commit that brought them.
    pub commit: Commit,
    /// The path that they had there, when it was another; visible.
    pub path: Option<String>,
}

/// Answers that were found before, by commit and path. They never go stale.
#[derive(Debug, Default)]
pub(super) struct Blames(Mutex<HashMap<Asked, Arc<Vec<Part>>>>);

/// The commit and the path that somebody asked about.
type Asked = (CommitId, TreePath);

/// Lines of the file, and the commit and path that they come from.
#[derive(Clone, Debug)]
struct Part {
    from: u32,
    count: u32,
    commit: gix::ObjectId,
    path: Arc<[u8]>,
}

/// Lines of the file that was asked about, on their way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Span {
    /// The first of them in the file that was asked about.
    from: u32,
    /// The same line in the file as the commit has it that is looked at.
    at: u32,
    count: u32,
}

impl Repository {
    /// Where the lines of a file come from, in their order; none when there is no such file. Says 413 for a file over
    /// 1 MiB and for one whose history takes too long, and 422 for one that is not text.
    pub async fn blame(&self, commit: &CommitId, path: &TreePath) -> Result<Option<Vec<Blamed>>> {
        let (git, key) = (self.git().clone(), (commit.clone(), path.clone()));
        self.blocking(move |repository| {
            let kept = git.blames().0.lock().unwrap_or_else(PoisonError::into_inner).get(&key).cloned();
            let parts = match kept {
                Some(parts) => parts,
                None => {
                    let ancestry = git.graphs().ancestry(repository);
                    let Some(parts) = find(repository, &ancestry, &key)? else { return Ok(None) };
                    git.blames().keep(key.clone(), parts)
                }
            };
            told(repository, &key.1, &parts).map(Some)
        })
        .await
    }
}

impl Blames {
    fn keep(&self, key: Asked, parts: Vec<Part>) -> Arc<Vec<Part>> {
        let parts = Arc::new(parts);
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if kept.len() >= MOST_KEPT {
            kept.clear();
        }
        if parts.len() <= LARGEST_KEPT {
            kept.insert(key, parts.clone());
        }
        parts
    }
}

fn find(repository: &gix::Repository, ancestry: &Ancestry<'_>, (commit, path): &Asked) -> Result<Option<Vec<Part>>> {
    let commit = oid(commit);
    let name: Arc<[u8]> = path.as_str().as_bytes().into();
    let leaf = Trail::new(repository, ancestry, &name).entry(commit)?;
    let is_file = |mode: u16| mode & 0o170_000 == 0o100_000;
    let Some((id, _)) = leaf.filter(|(_, mode)| is_file(*mode)) else { return Ok(None) };
    let Some(bytes) = blob(repository, id)? else { return Ok(None) };
    if bytes.len() > LARGEST {
        return Err(Error::new(ErrorKind::TooLarge, format!("`{path}` is too large to tell its lines apart")));
    }
    if is_binary(&bytes) {
        return Err(Error::invalid(format!("`{path}` is not text: it has no lines")));
    }
    let lines = u32::try_from(bytes.split_inclusive(|byte| *byte == b'\n').count()).unwrap_or(u32::MAX);
    let mut search = Search {
        repository,
        ancestry,
        until: Instant::now() + PATIENCE,
        trails: HashMap::new(),
        waiting: HashMap::new(),
        next: BinaryHeap::new(),
        parts: Vec::new(),
    };
    if lines > 0 {
        search.pass((commit, name), vec![Span { from: 0, at: 0, count: lines }])?;
    }
    if !search.through()? {
        return Err(Error::new(
            ErrorKind::TooLarge,
            format!("The history of `{path}` is too long to tell its lines apart"),
        )
        .hint("look at its history, or use `git blame` in a clone"));
    }
    Ok(Some(search.in_order()))
}

/// A file of a commit, by commit and path.
type Suspect = (gix::ObjectId, Arc<[u8]>);

struct Search<'a> {
    repository: &'a gix::Repository,
    ancestry: &'a Ancestry<'a>,
    until: Instant,
    trails: HashMap<Arc<[u8]>, Trail<'a>>,
    /// Lines that wait for a file of a commit to be looked at.
    waiting: HashMap<Suspect, Vec<Span>>,
    /// The same files, the newest commit first: then all children of a commit have passed on their lines before its turn.
    next: BinaryHeap<(i64, Suspect)>,
    parts: Vec<Part>,
}

impl<'a> Search<'a> {
    /// False when the time was up.
    fn through(&mut self) -> Result<bool> {
        while let Some((_, suspect)) = self.next.pop() {
            if Instant::now() > self.until {
                return Ok(false);
            }
            let Some(spans) = self.waiting.remove(&suspect) else { continue };
            match self.trail(&suspect.1).step(suspect.0)? {
                Step::Same(parent) => self.pass((parent, suspect.1), spans)?,
                Step::Changed(parents) => self.part(&suspect, spans, &parents)?,
                Step::Nothing => {}
            }
        }
        Ok(true)
    }

    fn trail(&mut self, path: &Arc<[u8]>) -> &mut Trail<'a> {
        let (repository, ancestry) = (self.repository, self.ancestry);
        self.trails.entry(path.clone()).or_insert_with(|| Trail::new(repository, ancestry, path))
    }

    fn pass(&mut self, to: Suspect, spans: Vec<Span>) -> Result<()> {
        if spans.is_empty() {
            return Ok(());
        }
        let seconds = self.ancestry.node(to.0)?.seconds;
        let waiting = self.waiting.entry(to.clone()).or_default();
        if waiting.is_empty() {
            self.next.push((seconds, to));
        }
        waiting.extend(spans);
        Ok(())
    }

    /// Passes lines on to the parents that have them; the commit keeps the rest.
    fn part(&mut self, (commit, path): &Suspect, mut spans: Vec<Span>, parents: &[gix::ObjectId]) -> Result<()> {
        let here = self.bytes(*commit, path)?;
        for parent in parents {
            if spans.is_empty() {
                return Ok(());
            }
            let there = match self.trail(path).entry(*parent)? {
                Some(_) => Some(path.clone()),
                None => self.name_before(*commit, *parent, path)?,
            };
            let Some(name) = there else { continue };
            let before = self.bytes(*parent, &name)?;
            let (passed, kept) = split(spans, &unchanged(&before, &here));
            self.pass((*parent, name), passed)?;
            spans = kept;
        }
        let part = |span: Span| Part { from: span.from, count: span.count, commit: *commit, path: path.clone() };
        self.parts.extend(spans.into_iter().map(part));
        Ok(())
    }

    /// The name that a file had in a parent, when the commit moved it.
    fn name_before(&self, commit: gix::ObjectId, parent: gix::ObjectId, path: &[u8]) -> Result<Option<Arc<[u8]>>> {
        let (old, new) = (self.ancestry.node(parent)?.tree, self.ancestry.node(commit)?.tree);
        let (pairs, cut) = compare::pairs(self.repository, Some(old), Some(new))?;
        if cut {
            return Ok(None);
        }
        let pairs = compare::with_renames(self.repository, pairs)?;
        let moved = pairs.into_iter().find(|pair| pair.path == path && pair.old_path.is_some());
        Ok(moved.and_then(|pair| pair.old_path).map(Into::into))
    }

    /// The text of a file; empty when it is none, or too large to be compared.
    fn bytes(&mut self, commit: gix::ObjectId, path: &Arc<[u8]>) -> Result<Vec<u8>> {
        let Some((id, _)) = self.trail(path).entry(commit)? else { return Ok(Vec::new()) };
        let found = blob(self.repository, id);
        Ok(found.ok().flatten().filter(|bytes| bytes.len() <= LARGEST).unwrap_or_default())
    }

    /// The parts by line; those that touch and come from one place are one.
    fn in_order(mut self) -> Vec<Part> {
        self.parts.sort_by_key(|part| part.from);
        let mut joined: Vec<Part> = Vec::with_capacity(self.parts.len());
        for part in self.parts {
            match joined.last_mut() {
                Some(last)
                    if last.commit == part.commit && last.path == part.path && last.from + last.count == part.from =>
                {
                    last.count += part.count;
                }
                _ => joined.push(part),
            }
        }
        joined
    }
}

/// Runs of lines that two texts share: where they are before, where after, and how many.
fn unchanged(before: &[u8], after: &[u8]) -> Vec<(u32, u32, u32)> {
    let input = InternedInput::new(before, after);
    let mut diff = Diff::compute(Algorithm::Myers, &input);
    diff.postprocess_lines(&input);
    let (mut runs, mut old, mut new) = (Vec::new(), 0, 0);
    for change in diff.hunks() {
        runs.push((old, new, change.after.start - new));
        (old, new) = (change.before.end, change.after.end);
    }
    runs.push((old, new, u32::try_from(input.after.len()).unwrap_or(u32::MAX) - new));
    runs.retain(|(_, _, count)| *count > 0);
    runs
}

/// Parts lines into those that a parent has, as it numbers them, and the others.
fn split(mut spans: Vec<Span>, runs: &[(u32, u32, u32)]) -> (Vec<Span>, Vec<Span>) {
    spans.sort_by_key(|span| span.at);
    let (mut passed, mut kept) = (Vec::new(), Vec::new());
    let mut first = 0;
    for mut span in spans {
        while runs.get(first).is_some_and(|(_, new, count)| new + count <= span.at) {
            first += 1;
        }
        for (old, new, count) in &runs[first..] {
            if *new >= span.at + span.count {
                break;
            }
            if *new > span.at {
                let length = new - span.at;
                kept.push(Span { count: length, ..span });
                span = Span { from: span.from + length, at: *new, count: span.count - length };
            }
            let length = span.count.min(new + count - span.at);
            passed.push(Span { from: span.from, at: old + (span.at - new), count: length });
            span = Span { from: span.from + length, at: span.at + length, count: span.count - length };
            if span.count == 0 {
                break;
            }
        }
        if span.count > 0 {
            kept.push(span);
        }
    }
    (passed, kept)
}

fn told(repository: &gix::Repository, path: &TreePath, parts: &[Part]) -> Result<Vec<Blamed>> {
    let mut read: HashMap<gix::ObjectId, Commit> = HashMap::new();
    let mut told = Vec::with_capacity(parts.len());
    for part in parts {
        let commit = match read.get(&part.commit) {
            Some(commit) => commit.clone(),
            None => history::read(&repository.find_commit(part.commit).context("Cannot read a commit")?)?,
        };
        read.insert(part.commit, commit.clone());
        let there = (*part.path != *path.as_str().as_bytes()).then(|| shown(&part.path));
        told.push(Blamed { from: part.from + 1, count: part.count, commit, path: there });
    }
    Ok(told)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_that_a_parent_has_travel_on_and_the_others_stay() {
        let span = |from, at, count| Span { from, at, count };
        let runs = unchanged(b"a\nb\nc\nd\n", b"x\na\nb\nC\nd\n");
        assert_eq!(runs, [(0, 1, 2), (3, 4, 1)]);
        let (passed, kept) = split(vec![span(10, 0, 5)], &runs);
        assert_eq!(passed, [span(11, 0, 2), span(14, 3, 1)]);
        assert_eq!(kept, [span(10, 0, 1), span(13, 3, 1)]);
        let (passed, kept) = split(vec![span(0, 4, 1), span(7, 2, 1)], &runs);
        assert_eq!((passed, kept), (vec![span(7, 1, 1), span(0, 3, 1)], vec![]));
        assert_eq!(split(vec![span(0, 0, 3)], &[]), (vec![], vec![span(0, 0, 3)]));
    }
}
