//! What an index holds at one commit: segments, and which of their entries are in.

use std::sync::Arc;

use crate::catalog::Diagnostic;
use crate::kit::Result;
use crate::memory::Ontology;
use crate::memory::RecordId;
use crate::memory::index::bits::Bits;
use crate::memory::index::document::Kept;
use crate::memory::index::facet::Facet;
use crate::memory::index::segment::Field;
use crate::memory::index::segment::Segment;
use crate::model::CommitId;

/// A brain at a commit, ready to be asked. Never changes.
#[derive(Debug)]
pub struct View {
    /// The commit.
    pub commit: CommitId,
    /// Its ontology.
    pub ontology: Ontology,
    /// What is wrong with the ontology.
    pub faults: Vec<Diagnostic>,
    /// Segments with the entries that are in.
    pub parts: Vec<Part>,
    /// How many entries are in, and how many words they have in each field.
    pub totals: Totals,
}

/// A segment and which of its entries are in.
#[derive(Clone, Debug)]
pub struct Part {
    /// The segment.
    pub segment: Arc<Segment>,
    /// Entries that are in.
    pub live: Bits,
}

/// An entry of a view: the segment it is in, and its number there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct At {
    /// The place of the segment among the parts.
    pub part: u32,
    /// The number of the entry.
    pub entry: u32,
}

/// Sums over entries, for the weights of words.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Totals {
    /// How many entries.
    pub entries: u64,
    /// How many words in each field.
    pub words: [u64; Field::COUNT],
}

impl View {
    pub(super) fn new(commit: CommitId, (ontology, faults): (Ontology, Vec<Diagnostic>), parts: Vec<Part>) -> Self {
        let totals = Totals::of(&parts, |part| &parts[part].live);
        Self { commit, ontology, faults, parts, totals }
    }

    /// What is known of an entry without reading more.
    pub fn head(&self, at: At) -> &crate::memory::index::segment::Head {
        self.parts[at.part as usize].segment.head(at.entry)
    }

    /// The path of an entry.
    pub fn path(&self, at: At) -> &str {
        self.parts[at.part as usize].segment.path(at.entry)
    }

    /// What is kept of an entry.
    pub fn kept(&self, at: At) -> Result<Kept> {
        self.parts[at.part as usize].segment.kept(at.entry)
    }

    /// Entries of a facet that are in, in the order of their paths.
    pub fn with(&self, facet: Facet, value: &str) -> Vec<At> {
        let term = facet.term(value);
        let mut found = Vec::new();
        for (number, part) in self.parts.iter().enumerate() {
            let Some(rank) = part.segment.rank(&term) else { continue };
            part.segment.each_posting(rank, |entry, _, _| {
                if part.live.has(entry) {
                    found.push(At { part: number as u32, entry });
                }
            });
        }
        self.sort(&mut found);
        found
    }

    /// The record with an id; the first by path when several claim it.
    pub fn record(&self, id: &RecordId) -> Option<At> {
        self.with(Facet::Id, id.as_str()).first().copied()
    }

    /// What is kept of the record with an id, or of what lies at a path.
    pub fn named(&self, name: &str) -> Result<Option<Kept>> {
        let by_id = name.parse::<RecordId>().ok().and_then(|id| self.record(&id));
        let at = by_id.or_else(|| self.with(Facet::Path, name).first().copied());
        at.map(|at| self.kept(at)).transpose()
    }

    /// Values of a facet with how many entries that are in have it, sorted by value.
    pub fn values(&self, facet: Facet) -> std::collections::BTreeMap<String, usize> {
        let mut values = std::collections::BTreeMap::new();
        let prefix = facet.term("");
        for part in &self.parts {
            for rank in part.segment.ranks_from(&prefix) {
                let mut count = 0;
                part.segment.each_posting(rank, |entry, _, _| count += usize::from(part.live.has(entry)));
                let value = facet.value(part.segment.term(rank)).unwrap_or_default();
                if count > 0 {
                    *values.entry(value.to_owned()).or_default() += count;
                }
            }
        }
        values
    }

    /// Entries in the order of their paths and lines, which is the same however they were indexed.
    pub fn sort(&self, entries: &mut [At]) {
        entries.sort_by(|one, other| self.order(*one).cmp(&self.order(*other)));
    }

    /// What entries are ordered by where nothing else does.
    pub fn order(&self, at: At) -> (&str, (u32, u32)) {
        (self.path(at), self.head(at).lines)
    }

    /// Every entry that is in.
    pub fn each(&self) -> impl Iterator<Item = At> + '_ {
        let parts = self.parts.iter().enumerate();
        parts.flat_map(|(part, each)| each.live.each().map(move |entry| At { part: part as u32, entry }))
    }
}

impl Totals {
    /// Sums over the entries that are in a set, which is given for each part.
    pub fn of<'a>(parts: &[Part], live: impl Fn(usize) -> &'a Bits) -> Self {
        let mut totals = Self::default();
        for (number, part) in parts.iter().enumerate() {
            for entry in live(number).each() {
                totals.entries += 1;
                let lengths = &part.segment.head(entry).lengths;
                totals.words.iter_mut().zip(lengths).for_each(|(sum, length)| *sum += u64::from(*length));
            }
        }
        totals
    }
}
