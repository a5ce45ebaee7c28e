//! A tree of files as it was parsed: from a folder on disk, or from a commit.

use std::collections::BTreeMap;

use crate::catalog::Diagnostic;
use crate::catalog::document::Document;
use crate::git::object::shown;
use crate::memory::Ontology;
use crate::memory::Parsed;
use crate::memory::RecordId;
use crate::memory::layout::Form;
use crate::memory::parse;

/// The largest file that is read at all; a larger one is told and left out.
pub const LARGEST_READ: u64 = 1024 * 1024;

/// A file before it is read.
#[derive(Clone, Debug)]
pub struct RawFile {
    /// Its path as it is; it need not be UTF-8.
    pub path: Vec<u8>,
    /// What lies there.
    pub found: Found,
}

/// What lies at a path.
#[derive(Clone, Debug)]
pub enum Found {
    /// A file that is small enough.
    Bytes(Vec<u8>),
    /// A file of more than [`LARGEST_READ`] bytes.
    Large(u64),
    /// A file whose form is not read; its size.
    Unread(u64),
    /// A symbolic link or a submodule: never followed.
    Link,
}

/// Everything that a tree holds.
#[derive(Debug)]
pub struct Brain {
    /// Its ontology.
    pub ontology: Ontology,
    /// Files that were read, sorted by path.
    pub files: Vec<Parsed>,
    /// Every path as it can be shown, with what lies there and how large it is; sorted.
    pub paths: Vec<(String, Lying)>,
    /// What is wrong with the ontology.
    pub diagnostics: Vec<Diagnostic>,
}

/// What lies at a path, for rules about paths.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lying {
    /// A file of so many bytes.
    File(u64),
    /// A link or a submodule.
    Link,
    /// A file whose name is not UTF-8.
    Unnameable,
}

/// What a change is held against: how things stood before.
#[derive(Clone, Debug, Default)]
pub struct Base {
    /// Each record's status and path.
    pub records: BTreeMap<RecordId, (String, String)>,
    /// The version of the ontology.
    pub version: u32,
}

impl Brain {
    /// Reads files. Work is shared among threads.
    pub fn read(mut raw: Vec<RawFile>) -> Self {
        raw.sort_by(|one, other| one.path.cmp(&other.path));
        let mut paths = Vec::with_capacity(raw.len());
        let mut ontology = Vec::new();
        let mut diagnostics = Vec::new();
        let mut wanted = Vec::new();
        for RawFile { path, found } in raw {
            let name = shown(&path);
            let lying = match &found {
                _ if std::str::from_utf8(&path).is_err() => Lying::Unnameable,
                Found::Bytes(bytes) => Lying::File(bytes.len() as u64),
                Found::Large(size) | Found::Unread(size) => Lying::File(*size),
                Found::Link => Lying::Link,
            };
            if let (Lying::File(_), Found::Bytes(bytes)) = (lying, found) {
                match Form::of(&name) {
                    Form::Ontology => match Document::new(&name, bytes) {
                        Ok(document) => ontology.push(document),
                        Err(diagnostic) => diagnostics.push(diagnostic),
                    },
                    Form::Markdown | Form::Yaml => wanted.push((name.clone(), bytes)),
                    Form::Other => {}
                }
            }
            paths.push((name, lying));
        }
        let (ontology, more) = Ontology::read(&ontology);
        diagnostics.extend(more);
        Self { ontology, files: shared(wanted, |(path, bytes)| parse::parse(&path, bytes)), paths, diagnostics }
    }

    /// How things stand, for the next change to be held against.
    pub fn base(&self) -> Base {
        let mut records = BTreeMap::new();
        for file in &self.files {
            for record in file.entries.iter().filter_map(|entry| entry.record.as_ref()) {
                records.entry(record.id.clone()).or_insert((record.status.clone(), file.document.path.clone()));
            }
        }
        Base { records, version: self.ontology.rules.version }
    }

    /// How many records and notes were read.
    pub fn counts(&self) -> (usize, usize) {
        let entries = self.files.iter().flat_map(|file| &file.entries);
        let records = entries.clone().filter(|entry| entry.record.is_some()).count();
        (records, entries.filter(|entry| entry.record.is_none() && entry.edges.is_empty()).count())
    }
}

/// Does the same with each of many things on all processors; the answers keep the order.
pub(super) fn shared<A: Send, B: Send>(things: Vec<A>, work: impl Fn(A) -> B + Sync) -> Vec<B> {
    let threads = std::thread::available_parallelism().map_or(1, usize::from).min(8);
    if things.len() < 32 || threads == 1 {
        return things.into_iter().map(work).collect();
    }
    let length = things.len().div_ceil(threads);
    let mut things = things.into_iter();
    let parts: Vec<Vec<A>> = (0..threads).map(|_| things.by_ref().take(length).collect()).collect();
    let work = &work;
    std::thread::scope(|scope| {
        let started: Vec<_> =
            parts.into_iter().map(|part| scope.spawn(move || part.into_iter().map(work).collect::<Vec<B>>())).collect();
        started.into_iter().flat_map(|thread| thread.join().expect("parsing does not panic")).collect()
    })
}
