//! Branches, tags and other refs: reading them, and moving one by compare-and-set.

use std::os::unix::fs::MetadataExt as _;

use gix::bstr::ByteSlice as _;
use gix::refs::transaction::Change;
use gix::refs::transaction::LogChange;
use gix::refs::transaction::PreviousValue;
use gix::refs::transaction::RefEdit;
use gix::refs::transaction::RefLog;

use crate::git::Branch;
use crate::git::Expected;
use crate::git::Repository;
use crate::git::object::Tag;
use crate::git::object::shown;
use crate::git::repository::commit_id;
use crate::git::repository::oid;
use crate::kit::Error;
use crate::kit::Result;
use crate::kit::error::Context as _;
use crate::kit::text::visible_line;
use crate::model::BranchName;
use crate::model::CommitId;

impl Repository {
    /// The commit that this names: a branch, a tag, a full `refs/heads/…` or `refs/tags/…`, `HEAD`, or an id of at least
    /// seven digits. Not an expression: `~`, `^` and `@{…}` name nothing.
    pub async fn resolve(&self, name: &str) -> Result<Option<CommitId>> {
        let name = name.to_owned();
        self.blocking(move |repository| resolve(repository, &name)).await
    }

    /// The commits with these ids, each of seven digits at least; none where there is none, or more than one.
    pub async fn known(&self, ids: Vec<String>) -> Result<Vec<Option<CommitId>>> {
        self.blocking(move |repository| ids.iter().map(|id| by_id(repository, id)).collect()).await
    }

    /// The commit at the tip of this branch.
    pub async fn branch(&self, name: &BranchName) -> Result<Option<CommitId>> {
        self.find_ref(&name.as_ref_name()).await
    }

    /// The commit at this full ref, such as `refs/forgehand/proposals/…`.
    pub async fn find_ref(&self, name: &str) -> Result<Option<CommitId>> {
        let name = name.to_owned();
        self.blocking(move |repository| at_ref(repository, &name)).await
    }

    /// The default branch: where `HEAD` points to. It need not exist yet.
    pub async fn head_branch(&self) -> Result<BranchName> {
        self.blocking(|repository| {
            let head = repository.head_name().context("Cannot read `HEAD`")?;
            let name = head.as_ref().and_then(|name| name.shorten().to_str().ok().and_then(|name| name.parse().ok()));
            name.ok_or_else(|| Error::internal("`HEAD` points to no branch"))
        })
        .await
    }

    /// Makes another branch the default.
    pub async fn set_head_branch(&self, name: &BranchName) -> Result<()> {
        let target = full_name(&name.as_ref_name())?;
        self.blocking(move |repository| {
            let new = gix::refs::Target::Symbolic(target);
            let change = Change::Update { log: LogChange::default(), expected: PreviousValue::Any, new };
            let edit = RefEdit { change, name: full_name("HEAD")?, deref: false };
            repository.edit_references_as([edit], None).context("Cannot write `HEAD`")?;
            Ok(())
        })
        .await
    }

    /// All branches, sorted by name. Those whose names no page could address are left out.
    pub async fn branches(&self) -> Result<Vec<Branch>> {
        self.blocking(|repository| {
            listed(repository, BRANCHES, |mut each| {
                let name = name_below(BRANCHES, &each)?.parse().ok()?;
                Some(Branch { name, commit: commit_id(each.peel_to_commit().ok()?.id) })
            })
        })
        .await
    }

    /// Whether there is any branch.
    pub async fn is_empty(&self) -> Result<bool> {
        self.blocking(|repository| {
            let platform = repository.references().context("Cannot list refs")?;
            Ok(platform.prefixed(BRANCHES).context("Cannot list refs")?.next().is_none())
        })
        .await
    }

    /// The names of branches, sorted, the first `most` of them; and how many there are.
    pub async fn branch_names(&self, most: usize) -> Result<(Vec<BranchName>, usize)> {
        self.blocking(move |repository| {
            let mut names: Vec<BranchName> =
                listed(repository, BRANCHES, |each| name_below(BRANCHES, &each)?.parse().ok())?;
            let all = names.len();
            names.truncate(most);
            Ok((names, all))
        })
        .await
    }

    /// The last `most` tags that stand for commits, the last name first; and how many tags there are of any kind. Whoever
    /// has twenty thousand tags waits for the names of all of them, but only for the commits of a few.
    pub async fn last_tags(&self, most: usize) -> Result<(Vec<Tag>, usize)> {
        self.blocking(move |repository| {
            let names = listed(repository, TAGS, |each| Some(each.inner.name))?;
            let tag = |name: &gix::refs::FullName| {
                let commit = repository.find_reference(name.as_ref()).ok()?.peel_to_commit().ok()?;
                Some(Tag { name: shown(name.as_bstr().strip_prefix(TAGS.as_bytes())?), commit: commit_id(commit.id) })
            };
            Ok((names.iter().rev().filter_map(tag).take(most).collect(), names.len()))
        })
        .await
    }

    /// All tags that stand for commits, sorted by name.
    pub async fn tags(&self) -> Result<Vec<Tag>> {
        self.blocking(|repository| {
            listed(repository, TAGS, |mut each| {
                let name = shown(each.name().as_bstr().strip_prefix(TAGS.as_bytes())?);
                Some(Tag { name, commit: commit_id(each.peel_to_commit().ok()?.id) })
            })
        })
        .await
    }

    /// Every branch and tag with its commit, sorted by full name.
    pub async fn all_refs(&self) -> Result<Vec<(String, CommitId)>> {
        self.blocking(|repository| {
            // A tag of a blob or a tree stands for no commit.
            let read = |mut each: gix::Reference<'_>| {
                let name = each.name().as_bstr().to_str().ok()?.to_owned();
                Some((name, commit_id(each.peel_to_commit().ok()?.id)))
            };
            Ok([listed(repository, BRANCHES, read)?, listed(repository, TAGS, read)?].concat())
        })
        .await
    }

    /// Moves, makes or deletes (`new` is none) one full ref if it is as expected; says 409 if not.
    pub async fn update_ref(&self, name: &str, expected: &Expected, new: Option<&CommitId>) -> Result<()> {
        let (name, expected, new) = (name.to_owned(), expected.clone(), new.cloned());
        self.blocking(move |repository| move_ref(repository, &name, &expected, new.as_ref())).await
    }
}

/// Where branches are.
const BRANCHES: &str = "refs/heads/";
/// Where tags are.
const TAGS: &str = "refs/tags/";
/// How often refs are read again because they were packed meanwhile.
const TURNS: usize = 10;

/// Reads the refs below a space, sorted by name.
///
/// The library reads the file of packed refs first and the others after it. Upkeep that moves a ref from its own file to that
/// one in between would make it seem gone, and what the forge then notes as deleted is lost. So refs are read again when that
/// file is another one than before.
fn listed<T>(
    repository: &gix::Repository,
    space: &str,
    read: impl Fn(gix::Reference<'_>) -> Option<T>,
) -> Result<Vec<T>> {
    for _ in 0..TURNS {
        let before = packed_refs(repository);
        let found = read_once(repository, space, &read);
        if packed_refs(repository) == before {
            return found;
        }
    }
    Err(Error::conflict("The refs of this repository are being packed").hint("look again in a moment"))
}

fn read_once<T>(
    repository: &gix::Repository,
    space: &str,
    read: impl Fn(gix::Reference<'_>) -> Option<T>,
) -> Result<Vec<T>> {
    let platform = repository.references().context("Cannot list refs")?;
    let mut found = Vec::new();
    for each in platform.prefixed(space).context("Cannot list refs")? {
        found.extend(read(each.context("Cannot read a ref")?));
    }
    Ok(found)
}

/// Which file of packed refs there is: each is written anew and put in the place of the one before.
fn packed_refs(repository: &gix::Repository) -> Option<(u64, u64, i64, i64)> {
    let about = repository.common_dir().join("packed-refs").metadata().ok()?;
    Some((about.ino(), about.len(), about.mtime(), about.mtime_nsec()))
}

/// The name of a ref without the space it is in; none when it is not UTF-8.
fn name_below(space: &str, each: &gix::Reference<'_>) -> Option<String> {
    each.name().as_bstr().to_str().ok()?.strip_prefix(space).map(str::to_owned)
}

/// Checks a full name as `git check-ref-format` does, and that a file system can hold it: each part, with `.lock` after it,
/// is the name of a file.
pub(super) fn full_name(name: &str) -> Result<gix::refs::FullName> {
    if name.len() > 1024 || name.split('/').any(|part| part.len() > 250) {
        return Err(Error::invalid(format!("The name of the ref `{}` is too long", visible_line(name, 80))));
    }
    gix::refs::FullName::try_from(name)
        .map_err(|error| Error::invalid(format!("`{}` is not the name of a ref", shown(name.as_bytes()))).source(error))
}

/// The commit at a full ref; none when there is no such ref or it stands for no commit.
pub(super) fn at_ref(repository: &gix::Repository, name: &str) -> Result<Option<CommitId>> {
    let Ok(name) = full_name(name) else { return Ok(None) };
    let found = repository.try_find_reference(name.as_ref()).context("Cannot read a ref")?;
    Ok(found.and_then(|mut found| found.peel_to_commit().ok().map(|commit| commit_id(commit.id))))
}

fn resolve(repository: &gix::Repository, name: &str) -> Result<Option<CommitId>> {
    let is_hex = name.bytes().all(|b| b.is_ascii_hexdigit());
    if is_hex && name.len() == 40 {
        return Ok(peel(repository, oid(&name)));
    }
    if name == "HEAD" {
        return Ok(repository.head_id().ok().map(commit_id));
    }
    if name.starts_with("refs/heads/") || name.starts_with("refs/tags/") {
        return at_ref(repository, name);
    }
    for kind in ["heads", "tags"] {
        if let Some(commit) = at_ref(repository, &format!("refs/{kind}/{name}"))? {
            return Ok(Some(commit));
        }
    }
    by_id(repository, name)
}

/// The commit with this id, which may be short.
fn by_id(repository: &gix::Repository, id: &str) -> Result<Option<CommitId>> {
    if !(7..=40).contains(&id.len()) || !id.bytes().all(|b| b.is_ascii_hexdigit()) {
        return Ok(None);
    }
    let Ok(prefix) = gix::hash::Prefix::from_hex(id) else { return Ok(None) };
    let found = repository.objects.lookup_prefix(prefix, None).context("Cannot look up a short id")?;
    Ok(found.and_then(std::result::Result::ok).and_then(|id| peel(repository, id)))
}

/// The commit with this id, or that an annotated tag with this id stands for.
fn peel(repository: &gix::Repository, id: gix::ObjectId) -> Option<CommitId> {
    let object = repository.try_find_object(id).ok()??;
    Some(commit_id(object.peel_to_commit().ok()?.id))
}

/// Moves one ref by compare-and-set. Blocks.
pub(super) fn move_ref(
    repository: &gix::Repository,
    name: &str,
    expected: &Expected,
    new: Option<&CommitId>,
) -> Result<()> {
    if !["refs/heads/", "refs/tags/", "refs/forgehand/", "refs/pull/"].iter().any(|space| name.starts_with(space)) {
        return Err(Error::invalid(format!("`{}` is not a ref that can be moved", shown(name.as_bytes()))));
    }
    let full = full_name(name)?;
    expected.check(name, at_ref(repository, name)?.as_ref())?;
    if let Some(new) = new
        && repository.find_commit(oid(new)).is_err()
    {
        return Err(Error::invalid(format!("There is no commit {} in this repository", new.short())));
    }
    let previous = match expected {
        Expected::Absent => PreviousValue::MustNotExist,
        Expected::At(commit) => PreviousValue::MustExistAndMatch(gix::refs::Target::Object(oid(commit))),
        Expected::Any => PreviousValue::Any,
    };
    let change = match new {
        Some(new) => {
            Change::Update { log: LogChange::default(), expected: previous, new: gix::refs::Target::Object(oid(new)) }
        }
        None if *expected == Expected::Absent => return Ok(()),
        None => Change::Delete { expected: previous, log: RefLog::AndReference },
    };
    let edit = RefEdit { change, name: full, deref: false };
    match repository.edit_references_as([edit], None) {
        Ok(_) => Ok(()),
        Err(error) => {
            // Somebody else was faster, or holds the lock; a look tells which.
            expected.check(name, at_ref(repository, name)?.as_ref())?;
            Err(Error::conflict(format!("`{name}` cannot be moved now"))
                .hint("somebody else may be writing to it: try again; or a branch of the same name with `/` after it exists")
                .source(error))
        }
    }
}
