//! Views in a folder of the data directory: which segments a commit has, and which of their entries are in.
//!
//! Whatever is missing, torn or of another version counts as not there. Segments that no kept view names are removed.

use std::collections::BTreeSet;
use std::collections::HashMap;
use std::path::Path;
use std::path::PathBuf;
use std::sync::Arc;

use crate::git;
use crate::memory::index::bits::Bits;
use crate::memory::index::codec::Reader;
use crate::memory::index::codec::put_bytes;
use crate::memory::index::make;
use crate::memory::index::segment::Segment;
use crate::memory::index::view::Part;
use crate::memory::index::view::View;
use crate::model::CommitId;

/// Views that are kept; the oldest go first.
const MOST_KEPT: usize = 64;

/// Keeps a view. That it cannot be kept is logged: it is made again when it is needed.
pub(super) fn keep(folder: Option<&Path>, view: &View) {
    let Some(folder) = folder else { return };
    let mut bytes = Vec::new();
    for Part { segment, live } in &view.parts {
        put_bytes(&mut bytes, segment.name().as_bytes());
        put_bytes(&mut bytes, &live.bytes());
    }
    let write = || -> std::io::Result<()> {
        let views = folder.join("views");
        std::fs::create_dir_all(&views)?;
        let fresh = folder.join(format!(".{}.new", view.commit));
        std::fs::write(&fresh, &bytes)?;
        std::fs::rename(&fresh, views.join(view.commit.as_str()))?;
        sweep(folder, &views)
    };
    if let Err(error) = write() {
        tracing::warn!(error = %error, "an index of memory cannot be kept");
    }
}

/// A view that was kept.
pub(super) async fn load(
    folder: Option<&Path>,
    repository: &git::Repository,
    commit: &CommitId,
    known: &HashMap<String, Arc<Segment>>,
) -> Option<View> {
    let folder = folder?.to_owned();
    let bytes = std::fs::read(folder.join("views").join(commit.as_str())).ok()?;
    let ontology = make::ontology(repository, commit).await.ok()?;
    let known = known.clone();
    let parts = tokio::task::spawn_blocking(move || parts(&folder, &bytes, &known)).await.ok()??;
    Some(View::new(commit.clone(), ontology, parts))
}

/// The view that was kept last, when its commit is still there.
pub(super) async fn newest(
    folder: Option<&Path>,
    repository: &git::Repository,
    known: &HashMap<String, Arc<Segment>>,
) -> Option<View> {
    let kept = by_age(&folder?.join("views")).ok()?;
    let commit: CommitId = kept.last()?.file_name()?.to_str()?.parse().ok()?;
    load(folder, repository, &commit, known).await
}

fn parts(folder: &Path, bytes: &[u8], known: &HashMap<String, Arc<Segment>>) -> Option<Vec<Part>> {
    let mut reader = Reader(bytes);
    let mut parts = Vec::new();
    while !reader.0.is_empty() {
        let name = std::str::from_utf8(reader.bytes()?).ok().filter(|name| !name.contains(['/', '.']))?;
        let live = reader.bytes()?;
        let segment = match known.get(name) {
            Some(segment) => Arc::clone(segment),
            None => Arc::new(Segment::open(&folder.join("segments"), name).ok()?),
        };
        let live = Bits::from_bytes(live, segment.len())?;
        parts.push(Part { segment, live });
    }
    Some(parts)
}

/// Files of a folder, the oldest first.
fn by_age(folder: &Path) -> std::io::Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    for entry in std::fs::read_dir(folder)? {
        let entry = entry?;
        files.push((entry.metadata()?.modified()?, entry.path()));
    }
    files.sort();
    Ok(files.into_iter().map(|(_, path)| path).collect())
}

/// Removes the oldest views when there are many, and with them the segments that no view names.
fn sweep(folder: &Path, views: &Path) -> std::io::Result<()> {
    let mut kept = by_age(views)?;
    if kept.len() <= MOST_KEPT {
        return Ok(());
    }
    for old in kept.drain(..kept.len() - MOST_KEPT / 2) {
        std::fs::remove_file(old)?;
    }
    let mut named = BTreeSet::new();
    for view in kept {
        let bytes = std::fs::read(view)?;
        let mut reader = Reader(&bytes);
        while let (Some(name), Some(_)) = (reader.bytes(), reader.bytes()) {
            named.insert(name.to_vec());
        }
    }
    for entry in std::fs::read_dir(folder.join("segments"))? {
        let entry = entry?;
        // Whoever has it open reads on.
        if !named.contains(entry.file_name().as_encoded_bytes()) {
            std::fs::remove_file(entry.path())?;
        }
    }
    Ok(())
}
