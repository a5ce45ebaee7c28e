//! Which records are stale: computed from Git and the calendar, never guessed.
//!
//! A record is stale when lines that it cites changed at the default branch, when a file that it cites is gone, or when its day
//! for review or its last day passed. Lines that only moved are told, and are not stale.

use async_trait::async_trait;
use serde::Serialize;

use crate::git::Git;
use crate::git::ObjectId;
use crate::git::Repository;
use crate::kit::ErrorKind;
use crate::kit::Result;
use crate::memory::Citation;
use crate::memory::Day;
use crate::memory::index::At;
use crate::memory::index::Facet;
use crate::memory::index::Kept;
use crate::memory::index::View;
use crate::memory::query::Scope;
use crate::memory::query::around::is_hidden;
use crate::model::OwnerName;
use crate::model::RepoName;
use crate::model::TreePath;

/// What citations are held against: other repositories, and the brain itself.
#[async_trait]
pub trait Cited: Send + Sync {
    /// The bytes that lie at a path of the default branch now; none when nothing does.
    ///
    /// # Errors
    ///
    /// The repository cannot be read.
    async fn now(&self, repo: Option<&(OwnerName, RepoName)>, path: &TreePath) -> Result<Now>;

    /// The bytes of a blob; none when it is not known.
    ///
    /// # Errors
    ///
    /// The repository cannot be read.
    async fn blob(&self, repo: Option<&(OwnerName, RepoName)>, id: &ObjectId) -> Result<Option<Vec<u8>>>;
}

/// What lies at a path now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Now {
    /// A file.
    File(ObjectId, Vec<u8>),
    /// Nothing.
    Nothing,
    /// The repository is not one that can be looked at from here.
    OutOfSight,
}

/// What became of a citation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Fate {
    /// The lines are as they were.
    Same,
    /// They stand elsewhere in the file, from this line on.
    Moved(u32),
    /// They changed.
    Changed,
    /// The file is gone.
    Gone,
    /// The blob that was cited is not in the repository.
    Unknown,
    /// The repository cannot be looked at from here.
    OutOfSight,
}

/// A reason why a record is stale.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Reason {
    /// In words.
    pub says: String,
    /// The citation, when it is about one.
    pub citation: Option<String>,
}

/// A record that is stale.
#[derive(Clone, Debug, Serialize)]
pub struct Stale {
    /// What is kept of it.
    pub kept: Kept,
    /// Why.
    pub reasons: Vec<Reason>,
}

/// Records of a view that are stale, in the order of their paths.
///
/// # Errors
///
/// A repository cannot be read.
pub async fn stale(view: &View, scope: &Scope, today: Day, cited: &dyn Cited) -> Result<Vec<Stale>> {
    let mut entries: Vec<At> =
        ["cites", "review", "expires"].iter().flat_map(|age| view.with(Facet::Ages, age)).collect();
    view.sort(&mut entries);
    entries.dedup();
    let mut found = Vec::new();
    for at in entries {
        let kept = view.kept(at)?;
        if is_hidden(&kept, scope) {
            continue;
        }
        let reasons = reasons(&kept, today, cited).await?;
        if !reasons.is_empty() {
            found.push(Stale { kept, reasons });
        }
    }
    Ok(found)
}

/// Why one record is stale; empty when it is not.
///
/// # Errors
///
/// A repository cannot be read.
pub async fn reasons(kept: &Kept, today: Day, cited: &dyn Cited) -> Result<Vec<Reason>> {
    let mut reasons = by_calendar(kept, today);
    for text in &kept.cites {
        let Ok(citation) = text.parse::<Citation>() else { continue };
        let says = match fate(&citation, cited).await? {
            Fate::Same | Fate::Moved(_) | Fate::OutOfSight => continue,
            Fate::Changed => format!("`{}` changed where it is cited", citation.path),
            Fate::Gone => format!("`{}` is gone", citation.path),
            Fate::Unknown => format!("what is cited of `{}` is not in its repository", citation.path),
        };
        reasons.push(Reason { says, citation: Some(text.clone()) });
    }
    Ok(reasons)
}

/// What became of a citation.
///
/// # Errors
///
/// The repository cannot be read.
pub async fn fate(citation: &Citation, cited: &dyn Cited) -> Result<Fate> {
    let repo = citation.repo.as_ref();
    match cited.now(repo, &citation.path).await? {
        Now::OutOfSight => Ok(Fate::OutOfSight),
        Now::Nothing => Ok(Fate::Gone),
        Now::File(id, _) if id == citation.blob => Ok(Fate::Same),
        Now::File(_, now) => match cited.blob(repo, &citation.blob).await? {
            None => Ok(Fate::Unknown),
            Some(then) => Ok(compare(&then, &now, citation.lines)),
        },
    }
}

fn by_calendar(kept: &Kept, today: Day) -> Vec<Reason> {
    let passed =
        |day: &Option<String>| day.as_ref().filter(|day| day.parse::<Day>().is_ok_and(|day| day < today)).cloned();
    let review = passed(&kept.review).map(|day| format!("somebody had to look at it again by {day}"));
    let expires = passed(&kept.expires).map(|day| format!("it expired on {day}"));
    review.into_iter().chain(expires).map(|says| Reason { says, citation: None }).collect()
}

/// What became of some lines between two versions of a file.
fn compare(then: &[u8], now: &[u8], lines: Option<(u32, u32)>) -> Fate {
    let Some((first, last)) = lines else { return Fate::Changed };
    let then: Vec<&[u8]> = then.split(|byte| *byte == b'\n').collect();
    let now: Vec<&[u8]> = now.split(|byte| *byte == b'\n').collect();
    let Some(wanted) = then.get(first as usize - 1..last as usize) else { return Fate::Unknown };
    if now.get(first as usize - 1..last as usize) == Some(wanted) {
        return Fate::Same;
    }
    let mut places = now.windows(wanted.len()).enumerate().filter(|(_, window)| *window == wanted).map(|(at, _)| at);
    match (places.next(), places.next()) {
        (Some(at), None) => Fate::Moved(u32::try_from(at + 1).unwrap_or(u32::MAX)),
        // Lines that stand in several places, such as a brace, prove nothing.
        _ => Fate::Changed,
    }
}

/// The repositories that this server keeps, of one organisation and the brain itself.
pub struct OwnRepositories {
    /// All repositories.
    pub git: Git,
    /// The organisation whose brain it is: others are out of sight.
    pub organisation: OwnerName,
    /// The brain.
    pub brain: Repository,
}

impl OwnRepositories {
    pub(super) fn repository(&self, repo: Option<&(OwnerName, RepoName)>) -> Option<Repository> {
        match repo {
            None => Some(self.brain.clone()),
            Some((owner, name)) => (*owner == self.organisation).then(|| self.git.repository(owner, name)),
        }
    }
}

#[async_trait]
impl Cited for OwnRepositories {
    async fn now(&self, repo: Option<&(OwnerName, RepoName)>, path: &TreePath) -> Result<Now> {
        let Some(repository) = self.repository(repo) else { return Ok(Now::OutOfSight) };
        if !repository.exists().await {
            return Ok(Now::OutOfSight);
        }
        let branch = repository.head_branch().await?;
        let Some(tip) = repository.branch(&branch).await? else { return Ok(Now::Nothing) };
        match repository.file(&tip, path).await {
            Ok(Some(file)) => Ok(Now::File(file.id, file.bytes)),
            Ok(None) => Ok(Now::Nothing),
            Err(error) if error.kind() == ErrorKind::TooLarge => Ok(Now::OutOfSight),
            Err(error) => Err(error),
        }
    }

    async fn blob(&self, repo: Option<&(OwnerName, RepoName)>, id: &ObjectId) -> Result<Option<Vec<u8>>> {
        match self.repository(repo) {
            Some(repository) => repository.blob(id).await,
            None => Ok(None),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cited_lines_are_the_same_moved_or_changed() {
        let then = b"a\nb\nc\nd\n";
        for (now, lines, fate) in [
            (&b"a\nb\nc\nX\n"[..], Some((2, 3)), Fate::Same),
            (b"new\na\nb\nc\nd\n", Some((2, 3)), Fate::Moved(3)),
            (b"a\nB\nc\nd\n", Some((2, 3)), Fate::Changed),
            (b"b\nc\nx\nb\nc\n", Some((2, 3)), Fate::Changed),
            (b"a\nb\nc\nd\ne\n", None, Fate::Changed),
            (b"a\n", Some((9, 12)), Fate::Unknown),
            (b"", Some((1, 1)), Fate::Changed),
        ] {
            assert_eq!(compare(then, now, lines), fate, "{:?} {lines:?}", String::from_utf8_lossy(now));
        }
    }
}
