//! Entries that were indexed together, and never change.
//!
//! Terms, paths and lengths are in memory; postings, what is kept of each entry and the stream of its terms lie in a file and
//! are read in pieces, so that opening an index of 100,000 entries takes as long as reading its terms.

use std::borrow::Cow;
use std::fs::File;
use std::os::unix::fs::FileExt as _;
use std::path::Path;

use crate::kit::Error;
use crate::kit::Result;
use crate::kit::error::Context as _;
use crate::memory::Class;
use crate::memory::index::builder::put_growing;
use crate::memory::index::builder::put_text;
use crate::memory::index::codec::Reader;
use crate::memory::index::codec::put;
use crate::memory::index::document::Kept;

/// A part of an entry that words stand in, and that a match in counts differently.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Field {
    /// The title.
    Title,
    /// Aliases and the id.
    Aliases,
    /// Tags.
    Tags,
    /// Headings.
    Headings,
    /// The text.
    Body,
    /// The path.
    Path,
}

/// What is known of an entry without reading more.
#[derive(Clone, Debug)]
pub struct Head {
    /// Where its path stands among the paths.
    pub(super) path: (u32, u32),
    /// The blob of its file.
    pub blob: [u8; 20],
    /// How many words stand in each field.
    pub lengths: [u32; Field::COUNT],
    /// What sort of thing it is.
    pub class: Class,
    /// First and last line.
    pub lines: (u32, u32),
}

/// What is held in memory.
#[derive(Clone, Debug, Default)]
pub(super) struct Small {
    pub heads: Vec<Head>,
    pub paths: Vec<u8>,
    pub term_text: Vec<u8>,
    pub term_ends: Vec<u32>,
    pub list_counts: Vec<u32>,
    pub list_ends: Vec<u64>,
    pub kept_ends: Vec<u64>,
    pub stream_ends: Vec<u64>,
}

/// Entries that were indexed together.
#[derive(Debug)]
pub struct Segment {
    name: String,
    small: Small,
    big: Big,
    /// Where postings, kept entries and streams begin in `big`.
    starts: [u64; 3],
}

#[derive(Debug)]
enum Big {
    Memory(Vec<u8>),
    File(File),
}

/// The first bytes of the file; the last one is the version of its form and of what is put into it.
const MAGIC: &[u8; 8] = b"FHBRAIN\x01";

impl Field {
    /// How many there are.
    pub const COUNT: usize = 6;
    /// All fields, in their order.
    pub const ALL: [Self; Self::COUNT] =
        [Self::Title, Self::Aliases, Self::Tags, Self::Headings, Self::Body, Self::Path];

    /// Where a match stands, for people.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Title => "title",
            Self::Aliases => "aliases",
            Self::Tags => "tags",
            Self::Headings => "headings",
            Self::Body => "text",
            Self::Path => "path",
        }
    }
}

impl Segment {
    pub(super) fn made(small: Small, sections: [Vec<u8>; 3]) -> Self {
        let [postings, kept, streams] = &sections;
        let starts = [0, postings.len() as u64, (postings.len() + kept.len()) as u64];
        let mut big = Vec::with_capacity(postings.len() + kept.len() + streams.len());
        sections.iter().for_each(|section| big.extend_from_slice(section));
        let name = uuid::Uuid::now_v7().as_simple().to_string();
        Self { name, small, big: Big::Memory(big), starts }
    }

    /// The name of its file.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// How many entries it has, also such as no commit of today has.
    pub fn len(&self) -> usize {
        self.small.heads.len()
    }

    /// Whether it has none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// What is known of an entry without reading more.
    pub fn head(&self, entry: u32) -> &Head {
        &self.small.heads[entry as usize]
    }

    /// The path of an entry.
    pub fn path(&self, entry: u32) -> &str {
        let (from, to) = self.head(entry).path;
        std::str::from_utf8(&self.small.paths[from as usize..to as usize]).unwrap_or_default()
    }

    /// How many terms it has.
    pub(super) fn terms(&self) -> usize {
        self.small.term_ends.len()
    }

    /// A term by its rank.
    pub fn term(&self, rank: usize) -> &str {
        let from = rank.checked_sub(1).map_or(0, |before| self.small.term_ends[before] as usize);
        std::str::from_utf8(&self.small.term_text[from..self.small.term_ends[rank] as usize]).unwrap_or_default()
    }

    /// The rank of a term.
    pub fn rank(&self, term: &str) -> Option<usize> {
        let rank = self.first_rank(term);
        (rank < self.terms() && self.term(rank) == term).then_some(rank)
    }

    /// Ranks of the terms that start so.
    pub fn ranks_from<'a>(&'a self, prefix: &'a str) -> impl Iterator<Item = usize> + 'a {
        (self.first_rank(prefix)..self.terms()).take_while(move |rank| self.term(*rank).starts_with(prefix))
    }

    fn first_rank(&self, term: &str) -> usize {
        let (mut low, mut high) = (0, self.terms());
        while low < high {
            let middle = usize::midpoint(low, high);
            if self.term(middle) < term { low = middle + 1 } else { high = middle }
        }
        low
    }

    /// How many entries a term stands in, also such as no commit of today has.
    pub fn count(&self, rank: usize) -> u32 {
        self.small.list_counts[rank]
    }

    /// Each entry that a term stands in, with a bit for each field, and how often it stands there.
    pub fn each_posting(&self, rank: usize, mut take: impl FnMut(u32, u8, &[u32; Field::COUNT])) {
        let from = rank.checked_sub(1).map_or(0, |before| self.small.list_ends[before]);
        let bytes = self.read(0, from, self.small.list_ends[rank]);
        let mut reader = Reader(&bytes);
        let mut entry = 0;
        let most = self.len() as u32;
        while let (Some(step), Some(mask)) = (reader.small(), reader.byte()) {
            entry += step;
            if entry >= most {
                return;
            }
            let mut often = [0; Field::COUNT];
            let mut rest = mask & 0x3f;
            while rest != 0 {
                let Some(count) = reader.small() else { return };
                often[rest.trailing_zeros() as usize] = count;
                rest &= rest - 1;
            }
            take(entry, mask, &often);
        }
    }

    /// Each word of an entry's text in order, as its line and the rank of its term.
    pub fn each_word(&self, entry: u32, mut take: impl FnMut(u32, u32)) {
        let ends = &self.small.stream_ends;
        let from = entry.checked_sub(1).map_or(0, |before| ends[before as usize]);
        let bytes = self.read(2, from, ends[entry as usize]);
        let mut reader = Reader(&bytes);
        let mut line = self.head(entry).lines.0;
        while let Some(number) = reader.small() {
            match number {
                0 => line += reader.small().unwrap_or_default(),
                term if (term as usize) <= self.terms() => take(line, term - 1),
                _ => return,
            }
        }
    }

    /// What is kept of an entry.
    pub fn kept(&self, entry: u32) -> Result<Kept> {
        serde_json::from_slice(&self.kept_bytes(entry)).context("An index of memory cannot be read")
    }

    pub(super) fn kept_bytes(&self, entry: u32) -> Cow<'_, [u8]> {
        let ends = &self.small.kept_ends;
        let from = entry.checked_sub(1).map_or(0, |before| ends[before as usize]);
        self.read(1, from, ends[entry as usize])
    }

    /// Bytes of a section. What cannot be read is empty, and whoever decodes it stops there.
    fn read(&self, section: usize, from: u64, to: u64) -> Cow<'_, [u8]> {
        let (from, to) = (self.starts[section] + from, self.starts[section] + to);
        let length = usize::try_from(to.saturating_sub(from)).unwrap_or_default();
        match &self.big {
            Big::Memory(bytes) => Cow::Borrowed(bytes.get(from as usize..from as usize + length).unwrap_or_default()),
            Big::File(file) => {
                let mut bytes = vec![0; length];
                match file.read_exact_at(&mut bytes, from) {
                    Ok(()) => Cow::Owned(bytes),
                    Err(error) => {
                        tracing::error!(error = %error, "an index of memory cannot be read");
                        Cow::Owned(Vec::new())
                    }
                }
            }
        }
    }

    /// Writes it into a folder, whole or not at all, and lets go of what need not be in memory. Blocks.
    pub(super) fn keep(self, folder: &Path) -> Result<Self> {
        let Big::Memory(big) = &self.big else { return Ok(self) };
        let small = self.small.encode();
        let mut bytes = Vec::with_capacity(64 + small.len());
        bytes.extend_from_slice(MAGIC);
        for number in [small.len() as u64, self.starts[1], self.starts[2], big.len() as u64, checksum(&small)] {
            bytes.extend_from_slice(&number.to_le_bytes());
        }
        bytes.extend_from_slice(&small);
        let (path, fresh) = (folder.join(&self.name), folder.join(format!(".{}.new", self.name)));
        let write = || -> std::io::Result<File> {
            let mut file = File::create(&fresh)?;
            std::io::Write::write_all(&mut file, &bytes)?;
            std::io::Write::write_all(&mut file, big)?;
            std::fs::rename(&fresh, &path)?;
            File::open(&path)
        };
        let file = write().context("Cannot write an index of memory")?;
        let start = bytes.len() as u64;
        let starts = self.starts.map(|each| each + start);
        Ok(Self { big: Big::File(file), starts, ..self })
    }

    /// Opens one that was kept. Blocks.
    pub(super) fn open(folder: &Path, name: &str) -> Result<Self> {
        let broken = || Error::internal("An index of memory is broken");
        let file = File::open(folder.join(name)).context("Cannot open an index of memory")?;
        let mut front = [0; 48];
        file.read_exact_at(&mut front, 0).context("An index of memory is broken")?;
        let number = |at: usize| u64::from_le_bytes(front[8 + at * 8..16 + at * 8].try_into().expect("eight bytes"));
        let [length, kept, streams, big, sum] = [number(0), number(1), number(2), number(3), number(4)];
        let size = file.metadata().context("Cannot look at an index of memory")?.len();
        let whole = length.checked_add(big).and_then(|sum| sum.checked_add(front.len() as u64));
        if &front[..8] != MAGIC || whole != Some(size) || kept > streams || streams > big {
            return Err(broken());
        }
        let mut small = vec![0; usize::try_from(length).map_err(|_| broken())?];
        file.read_exact_at(&mut small, front.len() as u64).context("An index of memory is broken")?;
        if checksum(&small) != sum {
            return Err(broken());
        }
        let small = Small::decode(&small).ok_or_else(broken)?;
        let start = front.len() as u64 + length;
        Ok(Self { name: name.to_owned(), small, big: Big::File(file), starts: [start, start + kept, start + streams] })
    }
}

impl Small {
    fn encode(&self) -> Vec<u8> {
        let mut bytes = Vec::new();
        put(&mut bytes, self.heads.len() as u64);
        for Head { path: (_, end), blob, lengths, class, lines } in &self.heads {
            put(&mut bytes, u64::from(*end));
            bytes.extend_from_slice(blob);
            lengths.iter().for_each(|length| put(&mut bytes, u64::from(*length)));
            bytes.push(*class as u8);
            put(&mut bytes, u64::from(lines.0));
            put(&mut bytes, u64::from(lines.1));
        }
        put_text(&mut bytes, &self.paths);
        put_text(&mut bytes, &self.term_text);
        put_growing(&mut bytes, self.term_ends.iter().map(|end| u64::from(*end)));
        put(&mut bytes, self.list_counts.len() as u64);
        self.list_counts.iter().for_each(|count| put(&mut bytes, u64::from(*count)));
        for ends in [&self.list_ends, &self.kept_ends, &self.stream_ends] {
            put_growing(&mut bytes, ends.iter().copied());
        }
        bytes
    }

    fn decode(bytes: &[u8]) -> Option<Self> {
        let mut reader = Reader(bytes);
        let mut small = Self::default();
        let mut from = 0;
        for _ in 0..reader.number()? {
            let end = reader.small()?;
            let (blob, rest) = reader.0.split_first_chunk::<20>()?;
            reader.0 = rest;
            let mut lengths = [0; Field::COUNT];
            for length in &mut lengths {
                *length = reader.small()?;
            }
            let class = *Class::ALL.get(usize::from(reader.byte()?))?;
            let lines = (reader.small()?, reader.small()?);
            small.heads.push(Head { path: (from, end), blob: *blob, lengths, class, lines });
            from = end;
        }
        small.paths = reader.bytes()?.to_vec();
        small.term_text = reader.bytes()?.to_vec();
        small.term_ends =
            growing(&mut reader)?.into_iter().map(|end| u32::try_from(end).ok()).collect::<Option<_>>()?;
        for _ in 0..reader.number()? {
            small.list_counts.push(reader.small()?);
        }
        small.list_ends = growing(&mut reader)?;
        small.kept_ends = growing(&mut reader)?;
        small.stream_ends = growing(&mut reader)?;
        let terms = small.term_ends.len();
        let whole = small.list_counts.len() == terms
            && small.list_ends.len() == terms
            && small.kept_ends.len() == small.heads.len()
            && small.stream_ends.len() == small.heads.len()
            && small.term_ends.last().copied().unwrap_or_default() as usize == small.term_text.len()
            && from as usize == small.paths.len();
        whole.then_some(small)
    }
}

fn growing(reader: &mut Reader<'_>) -> Option<Vec<u64>> {
    let mut last = 0_u64;
    let count = reader.number()?;
    let mut numbers = Vec::new();
    for _ in 0..count {
        last = last.checked_add(reader.number()?)?;
        numbers.push(last);
    }
    Some(numbers)
}

/// Notices a torn or a foreign file; says nothing about who wrote it.
fn checksum(bytes: &[u8]) -> u64 {
    let step = |sum: u64, word: u64| (sum.rotate_left(5) ^ word).wrapping_mul(0x517c_c1b7_2722_0a95);
    let chunks = bytes.chunks_exact(8);
    let rest = chunks.remainder().iter().fold(bytes.len() as u64, |sum, byte| step(sum, u64::from(*byte)));
    chunks.fold(rest, |sum, chunk| step(sum, u64::from_le_bytes(chunk.try_into().expect("eight bytes"))))
}
