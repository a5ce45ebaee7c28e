//! Finding values of the vault in text, also where they were dressed up: any twelve bytes of one, as they are, backwards, in
//! capitals, with blanks between, in base64 (once or twice), hexadecimal, percent or character escapes, or packed with gzip.
//!
//! Text is looked at through *views*: itself, itself without separators, and what each decoder makes of its parts, some
//! levels deep. A view remembers where in the text each of its bytes comes from, so that exactly that is blotted out.
//! Windows are kept as keyed hashes, so this holds no value.

use std::collections::HashSet;
use std::io::Read as _;
use std::ops::Range;

use crate::kit::secret::Secret;

/// Bytes of a window. Shorter values are not looked for.
pub const WINDOW: usize = 12;

/// What stands where a value stood.
const BLOT: &str = "[redacted: a secret]";

/// Decoders that are tried on top of each other.
const DEPTH: usize = 3;

/// Most bytes that a packed part may unpack to.
const UNPACKED: u64 = 256 << 10;

/// Characters of base64 or hexadecimal in a row that are worth decoding.
const RUN: usize = 16;

/// The windows of all values.
#[derive(Debug)]
pub(super) struct Windows {
    base: u64,
    known: HashSet<u64>,
}

impl Windows {
    pub(super) fn new() -> Self {
        Self { base: rand::random::<u64>() | 1, known: HashSet::new() }
    }

    /// Looks for this value from now on.
    pub(super) fn add(&mut self, value: &Secret<String>) {
        let plain = folded(value.reveal().as_bytes());
        let squeezed: Vec<u8> = plain.iter().copied().filter(|byte| !is_separator(*byte)).collect();
        for form in [&plain, &squeezed] {
            let backwards: Vec<u8> = form.iter().rev().copied().collect();
            let turned: Vec<u8> = form.iter().map(|byte| rot13(*byte)).collect();
            for bytes in [form, &backwards, &turned] {
                self.each_window(bytes, |_, hash| Some(hash))
                    .into_iter()
                    .for_each(|(_, hash)| _ = self.known.insert(hash));
            }
        }
    }

    /// The text with every stretch blotted out that holds a part of a value, and whether there was one.
    pub(super) fn redact(&self, text: &str) -> Option<String> {
        let found = self.find(text);
        if found.is_empty() {
            return None;
        }
        let mut clean = String::with_capacity(text.len());
        let mut from = 0;
        for range in found {
            clean.push_str(&text[from..range.start]);
            clean.push_str(BLOT);
            from = range.end;
        }
        clean.push_str(&text[from..]);
        Some(clean)
    }

    /// Where parts of values stand, in order and apart. Never splits a character.
    pub(super) fn find(&self, text: &str) -> Vec<Range<usize>> {
        let mut found = Vec::new();
        if !self.known.is_empty() && text.len() >= WINDOW {
            self.look(&View::of(text.as_bytes()), DEPTH, &mut found);
        }
        merged(found, text)
    }

    /// Whether bytes, such as a file's, hold a part of a value.
    pub(super) fn holds(&self, bytes: &[u8]) -> bool {
        let mut found = Vec::new();
        if !self.known.is_empty() && bytes.len() >= WINDOW {
            self.look(&View::of(bytes), DEPTH, &mut found);
        }
        !found.is_empty()
    }

    fn look(&self, view: &View, depth: usize, found: &mut Vec<Range<usize>>) {
        let lower = folded(&view.bytes);
        let hits = self.each_window(&lower, |at, hash| self.known.contains(&hash).then_some(at));
        found.extend(hits.into_iter().map(|(at, _)| view.from[at].start..view.from[at + WINDOW - 1].end));
        if depth == 0 {
            return;
        }
        for inner in view.decoded() {
            self.look(&inner, depth - 1, found);
        }
    }

    /// Goes over all windows by a rolling hash, and keeps what `pick` picks.
    fn each_window<T>(&self, bytes: &[u8], pick: impl Fn(usize, u64) -> Option<T>) -> Vec<(T, u64)> {
        let mut picked = Vec::new();
        let highest = (1..WINDOW).fold(1_u64, |power, _| power.wrapping_mul(self.base));
        let mut hash = 0_u64;
        for (at, byte) in bytes.iter().enumerate() {
            if at >= WINDOW {
                hash = hash.wrapping_sub(highest.wrapping_mul(u64::from(bytes[at - WINDOW]) + 1));
            }
            hash = hash.wrapping_mul(self.base).wrapping_add(u64::from(*byte) + 1);
            if at + 1 >= WINDOW {
                let mixed = mix(hash);
                picked.extend(pick(at + 1 - WINDOW, mixed).map(|one| (one, mixed)));
            }
        }
        picked
    }
}

/// Bytes, and where in the text each comes from.
#[derive(Clone, Debug, Default)]
struct View {
    bytes: Vec<u8>,
    from: Vec<Range<usize>>,
}

impl View {
    fn of(bytes: &[u8]) -> Self {
        Self { bytes: bytes.to_vec(), from: (0..bytes.len()).map(|at| at..at + 1).collect() }
    }

    fn push(&mut self, byte: u8, from: Range<usize>) {
        self.bytes.push(byte);
        self.from.push(from);
    }

    /// The place in the text of a stretch of this view.
    fn place(&self, stretch: Range<usize>) -> Range<usize> {
        self.from[stretch.start].start..self.from[stretch.end - 1].end
    }

    /// What each decoder makes of it, where it makes something else.
    fn decoded(&self) -> Vec<Self> {
        let mut views = vec![self.joined(), self.squeezed(), self.unescaped(), self.unpacked()];
        for start in 0..4 {
            views.push(self.runs(start, 4, sextet, |four| {
                let bits = four.iter().fold(0_u32, |bits, one| bits << 6 | u32::from(*one));
                bits.to_be_bytes()[1..].to_vec()
            }));
        }
        for start in 0..2 {
            views.push(self.runs(start, 2, nibble, |two| vec![two[0] << 4 | two[1]]));
        }
        views.retain(|view| view.bytes.len() >= WINDOW && view.bytes.len() != self.bytes.len());
        views
    }

    /// Without blanks and quotes, and what joins two quoted parts.
    fn joined(&self) -> Self {
        let is_quote = |byte: u8| b"\"'`\\".contains(&byte);
        let dense: Vec<usize> = (0..self.bytes.len()).filter(|at| !self.bytes[*at].is_ascii_whitespace()).collect();
        let near =
            |place: Option<usize>| place.and_then(|place| dense.get(place)).is_some_and(|at| is_quote(self.bytes[*at]));
        let mut view = Self::default();
        for (place, at) in dense.iter().enumerate() {
            let byte = self.bytes[*at];
            let between = near(place.checked_sub(1)) && near(Some(place + 1));
            let joins = byte == b',' || (between && b"+.&|".contains(&byte));
            if !is_quote(byte) && !joins {
                view.push(byte, self.from[*at].clone());
            }
        }
        view
    }

    /// Without anything that could stand between two parts.
    fn squeezed(&self) -> Self {
        let mut view = Self::default();
        for (byte, from) in self.bytes.iter().zip(&self.from).filter(|(byte, _)| !is_separator(**byte)) {
            view.push(*byte, from.clone());
        }
        view
    }

    /// Runs of an alphabet, from this character of each run on, decoded in groups.
    fn runs(&self, start: usize, group: usize, digit: fn(u8) -> Option<u8>, join: fn(&[u8]) -> Vec<u8>) -> Self {
        let mut view = Self::default();
        let mut at = 0;
        while at < self.bytes.len() {
            let length = self.bytes[at..].iter().take_while(|byte| digit(**byte).is_some()).count();
            if length >= RUN {
                let digits: Vec<u8> = self.bytes[at..at + length].iter().filter_map(|byte| digit(*byte)).collect();
                for (number, chunk) in digits.get(start..).unwrap_or_default().chunks(group).enumerate() {
                    // The last group of a run may lack what padding stands for.
                    let mut full = chunk.to_vec();
                    full.resize(group, 0);
                    let first = at + start + number * group;
                    let place = self.place(first..first + chunk.len());
                    for byte in join(&full) {
                        view.push(byte, place.clone());
                    }
                }
                // What stands between two runs is no part of either.
                view.push(0, self.place(at..at + length));
            }
            at += length.max(1);
        }
        view
    }

    /// `%41`, `\x41`, `\u0041`, `&#65;` and `&#x41;` as what they stand for.
    fn unescaped(&self) -> Self {
        let mut view = Self::default();
        let mut at = 0;
        while at < self.bytes.len() {
            let (byte, length) = escape(&self.bytes[at..]).unwrap_or((self.bytes[at], 1));
            view.push(byte, self.place(at..at + length));
            at += length;
        }
        view
    }

    /// The first part that was packed with gzip, as it was before.
    fn unpacked(&self) -> Self {
        let mut view = Self::default();
        let Some(at) = self.bytes.windows(3).position(|start| start == [0x1f, 0x8b, 8]) else { return view };
        let packed = &self.bytes[at..];
        let mut unpacker = flate2::bufread::GzDecoder::new(packed);
        let mut bytes = Vec::new();
        // A part that breaks off gives what it gave so far.
        let _ = (&mut unpacker).take(UNPACKED).read_to_end(&mut bytes);
        let used = packed.len() - unpacker.get_ref().len();
        let place = self.place(at..at + used.max(1));
        bytes.into_iter().for_each(|byte| view.push(byte, place.clone()));
        view
    }
}

fn escape(bytes: &[u8]) -> Option<(u8, usize)> {
    let hex = |digits: &[u8]| u8::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok();
    match bytes {
        [b'%', high, low, ..] => Some((hex(&[*high, *low])?, 3)),
        [b'\\', b'x', high, low, ..] => Some((hex(&[*high, *low])?, 4)),
        [b'\\', b'u', b'0', b'0', high, low, ..] => Some((hex(&[*high, *low])?, 6)),
        [b'&', b'#', rest @ ..] => {
            let end = rest.iter().take(6).position(|byte| *byte == b';')?;
            let number = match &rest[..end] {
                [b'x' | b'X', digits @ ..] => hex(digits)?,
                digits => std::str::from_utf8(digits).ok()?.parse().ok()?,
            };
            Some((number, end + 3))
        }
        _ => None,
    }
}

fn sextet(byte: u8) -> Option<u8> {
    match byte {
        b'A'..=b'Z' => Some(byte - b'A'),
        b'a'..=b'z' => Some(byte - b'a' + 26),
        b'0'..=b'9' => Some(byte - b'0' + 52),
        b'+' | b'-' => Some(62),
        b'/' | b'_' => Some(63),
        _ => None,
    }
}

fn nibble(byte: u8) -> Option<u8> {
    char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok())
}

/// Bytes that people and programs put between the parts of a text that they split.
fn is_separator(byte: u8) -> bool {
    byte.is_ascii_whitespace() || b"\"'`,;:|.\\+-_=()[]{}<>*#".contains(&byte)
}

fn rot13(byte: u8) -> u8 {
    if byte.is_ascii_lowercase() { (byte - b'a' + 13) % 26 + b'a' } else { byte }
}

fn folded(bytes: &[u8]) -> Vec<u8> {
    bytes.to_ascii_lowercase()
}

/// Spreads the bits of a rolling hash, so that what is kept says nothing by itself.
fn mix(hash: u64) -> u64 {
    let once = (hash ^ (hash >> 32)).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    once ^ (once >> 29)
}

fn merged(mut found: Vec<Range<usize>>, text: &str) -> Vec<Range<usize>> {
    found.sort_by_key(|range| range.start);
    let mut apart: Vec<Range<usize>> = Vec::new();
    for range in found {
        let start = (0..=range.start).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0);
        let end = (range.end..=text.len()).find(|at| text.is_char_boundary(*at)).unwrap_or(text.len());
        match apart.last_mut() {
            Some(last) if last.end >= start => last.end = last.end.max(end),
            _ => apart.push(start..end),
        }
    }
    apart
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use base64::Engine as _;
    use base64::engine::general_purpose::STANDARD;
    use base64::engine::general_purpose::URL_SAFE_NO_PAD;

    use super::*;

    const VALUE: &str = "q7Rt-Zk2+pX9/wLm4_Vb8Hs";

    fn windows() -> Windows {
        let mut windows = Windows::new();
        windows.add(&Secret::new(VALUE.into()));
        windows
    }

    fn gzip(bytes: &[u8]) -> Vec<u8> {
        let mut packer = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
        packer.write_all(bytes).unwrap();
        packer.finish().unwrap()
    }

    /// The ways that somebody dresses up what they carry out.
    fn dressed(part: &str) -> Vec<(&'static str, String)> {
        let each = |write: fn(u8) -> String| part.bytes().map(write).collect::<String>();
        let shifted = STANDARD.encode(format!("k={part}&"));
        vec![
            ("plain", part.into()),
            ("reversed", part.chars().rev().collect()),
            ("capitals", part.to_ascii_uppercase()),
            ("base64", STANDARD.encode(part)),
            ("base64 from the middle", shifted),
            ("base64 for addresses", URL_SAFE_NO_PAD.encode(format!("ab{part}"))),
            ("base64 twice", STANDARD.encode(STANDARD.encode(part))),
            (
                "base64 in lines",
                STANDARD
                    .encode(part)
                    .as_bytes()
                    .chunks(7)
                    .map(|line| format!("{}\n", String::from_utf8_lossy(line)))
                    .collect(),
            ),
            ("hexadecimal", hex::encode(part)),
            ("hexadecimal in pairs", each(|byte| format!("{byte:02X} "))),
            ("percent", each(|byte| format!("%{byte:02x}"))),
            ("escapes of JSON", each(|byte| format!("\\u00{byte:02x}"))),
            ("escapes of HTML", each(|byte| format!("&#{byte};"))),
            ("split by blanks", each(|byte| format!("{} ", char::from(byte)))),
            (
                "split by quotes",
                part.as_bytes().chunks(5).map(|piece| format!("\"{}\" + ", String::from_utf8_lossy(piece))).collect(),
            ),
            ("gzip in base64", STANDARD.encode(gzip(part.as_bytes()))),
            ("gzip in hexadecimal", hex::encode(gzip(format!("xx{part}yy").as_bytes()))),
            (
                "turned by 13",
                part.chars()
                    .map(|c| match c {
                        'a'..='z' => char::from((c as u8 - b'a' + 13) % 26 + b'a'),
                        'A'..='Z' => char::from((c as u8 - b'A' + 13) % 26 + b'A'),
                        other => other,
                    })
                    .collect(),
            ),
        ]
    }

    #[test]
    fn every_twelve_bytes_of_a_value_are_found_in_every_dress() {
        let windows = windows();
        for start in 0..=VALUE.len() - WINDOW {
            let part = &VALUE[start..start + WINDOW];
            for (dress, text) in dressed(part) {
                let around = format!("I say: {text} and no more");
                let clean = windows.redact(&around);
                assert!(clean.is_some(), "{dress}: {part} in {around}");
                let clean = clean.unwrap();
                assert!(windows.redact(&clean).is_none(), "{dress}: still in {clean}");
                assert!(clean.starts_with("I say: ") && clean.ends_with("no more"), "{dress}: {clean}");
            }
        }
    }

    #[test]
    fn usual_text_and_shorter_parts_stay() {
        let windows = windows();
        for text in ["", "q7Rt-Zk2+pX", include_str!("windows.rs").split("mod tests").next().unwrap()] {
            assert_eq!(windows.find(text), Vec::<Range<usize>>::new());
        }
        assert_eq!(windows.redact("ä q7Rt-Zk2+pX9 ö").as_deref(), Some("ä [redacted: a secret] ö"));
    }

    #[test]
    fn a_long_text_is_looked_through_in_little_time() {
        let windows = windows();
        let text = "fn main() { println!(\"0123456789abcdef\"); }\n".repeat(1_500);
        let start = std::time::Instant::now();
        assert!(windows.redact(&text).is_none());
        assert!(start.elapsed().as_secs() < 5, "{:?}", start.elapsed());
    }
}
