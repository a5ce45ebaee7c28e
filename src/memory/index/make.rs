//! Makes the view of a commit: from one that is there and what differs, or from nothing.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use crate::catalog::Diagnostic;
use crate::catalog::document::Document;
use crate::git;
use crate::git::Blob;
use crate::git::EntryKind;
use crate::git::Leaf;
use crate::kit::Result;
use crate::kit::error::Context as _;
use crate::memory::Class;
use crate::memory::Entry;
use crate::memory::Ontology;
use crate::memory::Sensitivity;
use crate::memory::brain::LARGEST_READ;
use crate::memory::folder::MOST_FILES;
use crate::memory::index::bits::Bits;
use crate::memory::index::builder::Builder;
use crate::memory::index::builder::merged;
use crate::memory::index::document::Kept;
use crate::memory::index::facet::Facet;
use crate::memory::index::segment::Segment;
use crate::memory::index::view::Part;
use crate::memory::index::view::View;
use crate::memory::layout::Form;
use crate::memory::layout::ONTOLOGY;
use crate::memory::parse;
use crate::model::CommitId;

/// Files that are indexed together when there is nothing to start from.
const TOGETHER: usize = 16_384;
/// More segments than this are made fewer: each costs a question.
const MOST_PARTS: usize = 12;
/// Segments of so many entries are small, and are joined.
const SMALL: usize = 2_048;
/// The kind of an entry that stands for a file that could not be read.
pub(in crate::memory) const UNREAD: &str = "Unread";

/// The view of a commit.
pub(super) async fn make(
    repository: &git::Repository,
    commit: &CommitId,
    base: Option<&View>,
    folder: Option<&Path>,
) -> Result<View> {
    let mut parts: Vec<Part> = base.map(|view| view.parts.clone()).unwrap_or_default();
    let changes = changes(repository, commit, base).await?;
    let mut wanted = Vec::new();
    for (path, leaf) in changes {
        // What is not UTF-8 was never read.
        let Ok(path) = String::from_utf8(path) else { continue };
        let leaf = leaf.filter(|leaf| matches!(leaf.kind, EntryKind::File | EntryKind::Executable));
        let leaf = leaf.filter(|_| matches!(Form::of(&path), Form::Markdown | Form::Yaml));
        let there = switch(&mut parts, &path, leaf.as_ref());
        if let (Some(leaf), false) = (leaf, there) {
            wanted.push((leaf.id, path));
        }
    }
    for segment in index(repository, wanted).await? {
        let live = Bits::new(segment.len(), true);
        parts.push(Part { segment: Arc::new(keep(segment, folder).await?), live });
    }
    parts.retain(|part| part.live.count() > 0);
    let parts = fewer(parts, folder).await?;
    Ok(View::new(commit.clone(), ontology(repository, commit).await?, parts))
}

/// What lies at each path that differs to the base: at every path when there is none.
async fn changes(
    repository: &git::Repository,
    commit: &CommitId,
    base: Option<&View>,
) -> Result<Vec<(Vec<u8>, Option<Leaf>)>> {
    if let Some(base) = base
        && let Ok(Some(changes)) = repository.leaf_changes(&base.commit, commit).await
    {
        return Ok(changes);
    }
    let mut all: BTreeMap<Vec<u8>, Option<Leaf>> = BTreeMap::new();
    if let Some(base) = base {
        all.extend(base.each().map(|at| (base.path(at).as_bytes().to_vec(), None)));
    }
    let leaves = repository.leaves(commit, MOST_FILES).await?;
    all.extend(leaves.into_iter().map(|leaf| (leaf.path.clone(), Some(leaf))));
    Ok(all.into_iter().collect())
}

/// Puts out what lay at a path, and takes in what some segment knows of the blob that lies there now. True when one does.
fn switch(parts: &mut [Part], path: &str, leaf: Option<&Leaf>) -> bool {
    let term = Facet::Path.term(path);
    let mut wanted = [0; 20];
    let wanted = leaf.filter(|leaf| hex::decode_to_slice(leaf.id.as_str(), &mut wanted).is_ok()).map(|_| wanted);
    let mut there = false;
    for Part { segment, live } in parts {
        let Some(rank) = segment.rank(&term) else { continue };
        let mut here = false;
        segment.each_posting(rank, |entry, _, _| {
            let same = !there && wanted == Some(segment.head(entry).blob);
            here |= same;
            if same { live.set(entry) } else { live.clear(entry) }
        });
        there |= here;
    }
    there
}

/// Indexes files, several segments at a time.
async fn index(repository: &git::Repository, wanted: Vec<(git::ObjectId, String)>) -> Result<Vec<Segment>> {
    let work = |files: &mut dyn Iterator<Item = Result<(String, git::ObjectId, Blob)>>| {
        let mut builder = Builder::default();
        for file in files {
            let (path, id, blob) = file?;
            add(&mut builder, &path, id.as_str(), blob);
        }
        Ok(builder.finish())
    };
    let segments = repository.blobs_in_parts(wanted, TOGETHER, LARGEST_READ, work).await?;
    Ok(segments.into_iter().filter(|segment| !segment.is_empty()).collect())
}

fn add(builder: &mut Builder, path: &str, id: &str, blob: Blob) {
    let bytes = match blob {
        Blob::Bytes(bytes) => bytes,
        Blob::Large(size) => {
            let why = format!("the file has {size} bytes and is not read");
            return builder.add_unread(&unread(path, id, 1, why));
        }
        Blob::Missing => return,
    };
    let parsed = parse::parse(path, bytes);
    for entry in &parsed.entries {
        builder.add(&Kept::of(path, id, entry), entry, parsed.document.text());
    }
    if let (true, Some(first)) = (parsed.entries.is_empty(), parsed.diagnostics.first()) {
        let why = format!("{}:{}: {}", first.line, first.column, first.message);
        builder.add_unread(&unread(path, id, u32::try_from(first.line).unwrap_or(1), why));
    }
}

/// Stands for a file that could not be read, so that it is told, and not read again.
fn unread(path: &str, id: &str, line: u32, why: String) -> Kept {
    let entry = Entry {
        class: Class::Note,
        record: None,
        title: why,
        aliases: Vec::new(),
        tags: Vec::new(),
        headings: Vec::new(),
        lines: (line, line),
        text_from: line,
        edges: Vec::new(),
        tree: None,
        edge_places: Vec::new(),
    };
    Kept { kind: UNREAD.into(), sensitivity: Sensitivity::Normal, ..Kept::of(path, id, &entry) }
}

/// Joins small segments, and those that are mostly out, when there are many.
async fn fewer(parts: Vec<Part>, folder: Option<&Path>) -> Result<Vec<Part>> {
    if parts.len() <= MOST_PARTS {
        return Ok(parts);
    }
    let is_small = |part: &Part| {
        let live = part.live.count();
        live < SMALL || live * 2 < part.segment.len()
    };
    let (small, mut large): (Vec<Part>, Vec<Part>) = parts.into_iter().partition(is_small);
    if small.len() > 1 {
        let join = move || merged(&small.iter().map(|part| (&*part.segment, &part.live)).collect::<Vec<_>>());
        let segment = tokio::task::spawn_blocking(join).await.context("Indexing memory broke off")?;
        let live = Bits::new(segment.len(), true);
        large.push(Part { segment: Arc::new(keep(segment, folder).await?), live });
    } else {
        large.extend(small);
    }
    Ok(large)
}

async fn keep(segment: Segment, folder: Option<&Path>) -> Result<Segment> {
    let Some(folder) = folder.map(|folder| folder.join("segments")) else { return Ok(segment) };
    tokio::task::spawn_blocking(move || {
        std::fs::create_dir_all(&folder).context("Cannot make the folder of an index")?;
        segment.keep(&folder)
    })
    .await
    .context("Keeping an index broke off")?
}

/// The ontology at a commit.
pub(super) async fn ontology(repository: &git::Repository, commit: &CommitId) -> Result<(Ontology, Vec<Diagnostic>)> {
    let entries = repository.tree(commit, Some(&ONTOLOGY.parse()?)).await?.unwrap_or_default();
    let (mut files, mut faults) = (Vec::new(), Vec::new());
    for entry in entries {
        let Some(path) = entry.path.filter(|path| Form::of(path.as_str()) == Form::Ontology) else { continue };
        let small = entry.size.is_some_and(|size| size <= LARGEST_READ) && entry.kind != EntryKind::Link;
        let Some(bytes) = (if small { repository.blob(&entry.id).await? } else { None }) else { continue };
        match Document::new(path.as_str(), bytes) {
            Ok(document) => files.push(document),
            Err(fault) => faults.push(fault),
        }
    }
    let (ontology, more) = Ontology::read(&files);
    faults.extend(more);
    Ok((ontology, faults))
}
