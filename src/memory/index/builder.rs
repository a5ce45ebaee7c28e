//! Makes a segment, entry by entry.

use std::collections::HashMap;

use crate::memory::Entry;
use crate::memory::index::codec::put;
use crate::memory::index::codec::put_bytes;
use crate::memory::index::document::Kept;
use crate::memory::index::facet;
use crate::memory::index::segment::Field;
use crate::memory::index::segment::Head;
use crate::memory::index::segment::Segment;
use crate::memory::index::segment::Small;
use crate::memory::index::terms::Kind;
use crate::memory::index::terms::each_term;

/// A mark in the stream of an entry's terms: the line moves on.
const LINE: u32 = 1 << 31;

/// A segment in the making.
#[derive(Default)]
pub struct Builder {
    terms: HashMap<Box<str>, u32>,
    lists: Vec<List>,
    heads: Vec<Head>,
    paths: Vec<u8>,
    kept: Vec<u8>,
    kept_ends: Vec<u64>,
    stream: Vec<u32>,
    stream_ends: Vec<usize>,
    /// Terms of the entry at hand with their fields.
    here: Vec<u64>,
    buffer: String,
}

#[derive(Default)]
struct List {
    count: u32,
    last: u32,
    bytes: Vec<u8>,
}

impl Builder {
    /// Adds an entry; `text` is its whole file.
    pub fn add(&mut self, kept: &Kept, entry: &Entry, text: &str) {
        let mut head = self.head(kept);
        self.field(Field::Title, &kept.title, &mut head);
        kept.aliases.iter().for_each(|alias| self.field(Field::Aliases, alias, &mut head));
        kept.id.iter().for_each(|id| self.field(Field::Aliases, id, &mut head));
        kept.tags.iter().for_each(|tag| self.field(Field::Tags, tag, &mut head));
        entry.headings.iter().for_each(|heading| self.field(Field::Headings, &heading.text, &mut head));
        self.field(Field::Path, &kept.path, &mut head);
        self.body(text, kept, &mut head);
        self.finish_entry(kept, head);
    }

    /// Adds an entry that cannot be found by words: a file that could not be read.
    pub fn add_unread(&mut self, kept: &Kept) {
        let head = self.head(kept);
        self.finish_entry(kept, head);
    }

    fn head(&mut self, kept: &Kept) -> Head {
        let from = self.paths.len() as u32;
        self.paths.extend_from_slice(kept.path.as_bytes());
        let mut blob = [0; 20];
        hex::decode_to_slice(&kept.blob, &mut blob).ok();
        Head {
            path: (from, self.paths.len() as u32),
            blob,
            lengths: [0; Field::COUNT],
            class: kept.class,
            lines: kept.lines,
        }
    }

    fn field(&mut self, field: Field, text: &str, head: &mut Head) {
        let mut buffer = std::mem::take(&mut self.buffer);
        each_term(text, &mut buffer, |term, kind| {
            let term = self.ordinal(term);
            self.here.push(u64::from(term) << 8 | field as u64);
            head.lengths[field as usize] += u32::from(kind == Kind::Part);
        });
        self.buffer = buffer;
    }

    fn body(&mut self, text: &str, kept: &Kept, head: &mut Head) {
        let mut buffer = std::mem::take(&mut self.buffer);
        let mut at = kept.lines.0;
        let lines = (1..).zip(text.lines()).skip(kept.text_from.saturating_sub(1) as usize);
        for (number, line) in lines.take_while(|(number, _)| *number <= kept.lines.1) {
            each_term(line, &mut buffer, |term, kind| {
                let term = self.ordinal(term);
                self.here.push(u64::from(term) << 8 | Field::Body as u64);
                if kind == Kind::Part {
                    if number != at {
                        self.stream.push(LINE | (number - at));
                        at = number;
                    }
                    self.stream.push(term);
                    head.lengths[Field::Body as usize] += 1;
                }
            });
        }
        self.buffer = buffer;
    }

    fn finish_entry(&mut self, kept: &Kept, head: Head) {
        facet::each(kept, |facet, value| {
            let term = self.ordinal(&facet.term(value));
            self.here.push(u64::from(term) << 8 | 0xff);
        });
        let entry = self.heads.len() as u32;
        self.here.sort_unstable();
        let mut here = std::mem::take(&mut self.here);
        for group in here.chunk_by(|one, other| one >> 8 == other >> 8) {
            self.post(entry, group);
        }
        here.clear();
        self.here = here;
        serde_json::to_writer(&mut self.kept, kept).expect("an entry is JSON");
        self.kept_ends.push(self.kept.len() as u64);
        self.stream_ends.push(self.stream.len());
        self.heads.push(head);
    }

    /// Writes how often one term stands in each field of an entry.
    fn post(&mut self, entry: u32, group: &[u64]) {
        let list = &mut self.lists[(group[0] >> 8) as usize];
        put(&mut list.bytes, u64::from(entry - list.last));
        list.last = entry;
        list.count += 1;
        let mut often = [0_u64; Field::COUNT];
        for field in group.iter().map(|each| (each & 0xff) as usize).filter(|field| *field < Field::COUNT) {
            often[field] += 1;
        }
        let mask =
            often.iter().enumerate().filter(|(_, often)| **often > 0).fold(0_u8, |mask, (field, _)| mask | 1 << field);
        list.bytes.push(mask);
        often.iter().filter(|often| **often > 0).for_each(|often| put(&mut list.bytes, *often));
    }

    fn ordinal(&mut self, term: &str) -> u32 {
        if let Some(known) = self.terms.get(term) {
            return *known;
        }
        let ordinal = self.lists.len() as u32;
        self.terms.insert(term.into(), ordinal);
        self.lists.push(List::default());
        ordinal
    }

    /// The segment.
    pub fn finish(self) -> Segment {
        let mut sorted: Vec<(Box<str>, u32)> = self.terms.into_iter().collect();
        sorted.sort_unstable();
        let mut small = Small { heads: self.heads, paths: self.paths, kept_ends: self.kept_ends, ..Small::default() };
        let mut ranks = vec![0_u32; sorted.len()];
        let mut postings = Vec::new();
        for (rank, (term, ordinal)) in sorted.iter().enumerate() {
            let list = &self.lists[*ordinal as usize];
            ranks[*ordinal as usize] = rank as u32;
            small.term_text.extend_from_slice(term.as_bytes());
            small.term_ends.push(small.term_text.len() as u32);
            small.list_counts.push(list.count);
            postings.extend_from_slice(&list.bytes);
            small.list_ends.push(postings.len() as u64);
        }
        let mut streams = Vec::new();
        let mut from = 0;
        for end in self.stream_ends {
            for each in &self.stream[from..end] {
                // Zero moves the line on; terms count from one.
                if each & LINE != 0 {
                    put(&mut streams, 0);
                    put(&mut streams, u64::from(each & !LINE));
                } else {
                    put(&mut streams, u64::from(ranks[*each as usize]) + 1);
                }
            }
            small.stream_ends.push(streams.len() as u64);
            from = end;
        }
        Segment::made(small, [postings, self.kept, streams])
    }
}

/// One segment of the entries of several that are in.
pub fn merged(parts: &[(&Segment, &crate::memory::index::bits::Bits)]) -> Segment {
    let mut small = Small::default();
    let [mut postings, mut kept, mut streams] = [Vec::new(), Vec::new(), Vec::new()];
    // Where each entry of each part goes.
    let mut moved: Vec<Vec<u32>> = Vec::new();
    for (segment, live) in parts {
        let mut to = vec![u32::MAX; segment.len()];
        for entry in live.each() {
            to[entry as usize] = small.heads.len() as u32;
            let mut head = segment.head(entry).clone();
            let from = small.paths.len() as u32;
            small.paths.extend_from_slice(segment.path(entry).as_bytes());
            head.path = (from, small.paths.len() as u32);
            small.heads.push(head);
            kept.extend_from_slice(&segment.kept_bytes(entry));
            small.kept_ends.push(kept.len() as u64);
        }
        moved.push(to);
    }
    let mut ranks: Vec<Vec<u32>> = parts.iter().map(|(segment, _)| vec![0; segment.terms()]).collect();
    let mut next: Vec<usize> = vec![0; parts.len()];
    loop {
        let waiting = parts.iter().zip(&next).filter(|((segment, _), at)| **at < segment.terms());
        let Some(term) = waiting.map(|((segment, _), at)| segment.term(*at)).min() else { break };
        let (mut bytes, mut count, mut last) = (Vec::new(), 0, 0);
        for (part, (segment, _)) in parts.iter().enumerate() {
            if next[part] >= segment.terms() || segment.term(next[part]) != term {
                continue;
            }
            ranks[part][next[part]] = small.term_ends.len() as u32;
            segment.each_posting(next[part], |entry, mask, often| {
                let to = moved[part][entry as usize];
                if to != u32::MAX {
                    put(&mut bytes, u64::from(to - last));
                    bytes.push(mask);
                    often.iter().filter(|often| **often > 0).for_each(|often| put(&mut bytes, u64::from(*often)));
                    (last, count) = (to, count + 1);
                }
            });
        }
        small.term_text.extend_from_slice(term.as_bytes());
        small.term_ends.push(small.term_text.len() as u32);
        small.list_counts.push(count);
        postings.extend_from_slice(&bytes);
        small.list_ends.push(postings.len() as u64);
        for (part, (segment, _)) in parts.iter().enumerate() {
            if next[part] < segment.terms() && segment.term(next[part]) == term {
                next[part] += 1;
            }
        }
    }
    for (part, (segment, live)) in parts.iter().enumerate() {
        for entry in live.each() {
            let mut line = segment.head(entry).lines.0;
            segment.each_word(entry, |number, term| {
                if number != line {
                    put(&mut streams, 0);
                    put(&mut streams, u64::from(number - line));
                    line = number;
                }
                put(&mut streams, u64::from(ranks[part][term as usize]) + 1);
            });
            small.stream_ends.push(streams.len() as u64);
        }
    }
    Segment::made(small, [postings, kept, streams])
}

/// The bytes of a list of numbers that grow.
pub(super) fn put_growing(bytes: &mut Vec<u8>, numbers: impl ExactSizeIterator<Item = u64>) {
    put(bytes, numbers.len() as u64);
    let mut last = 0;
    for number in numbers {
        put(bytes, number - last);
        last = number;
    }
}

/// The bytes of a text with its length.
pub(super) fn put_text(bytes: &mut Vec<u8>, text: &[u8]) {
    put_bytes(bytes, text);
}
