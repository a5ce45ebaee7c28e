//! Takes the key out of what a model's server says, as it passes by: a server that echoes what it was sent must not hand
//! the key in. Everything else stays as it is, byte for byte.

use axum::body::Bytes;

/// What stands in place of the key.
const MARK: &[u8] = b"[the key]";

/// A key shorter than this is none worth hiding, and would be found in ordinary words.
const SHORTEST: usize = 8;

/// Takes the key out of bytes that come in pieces.
#[derive(Debug)]
pub(super) struct Scrub {
    key: Vec<u8>,
    /// The end of what came so far, when the key may begin there.
    held: Vec<u8>,
}

impl Scrub {
    pub(super) fn of(key: &str) -> Self {
        let key = if key.len() < SHORTEST { Vec::new() } else { key.as_bytes().to_vec() };
        Self { key, held: Vec::new() }
    }

    /// What of a piece may pass. It is the piece itself, unless the key is in it or may begin at its end.
    pub(super) fn pass(&mut self, piece: Bytes) -> Bytes {
        if self.key.is_empty() {
            return piece;
        }
        if self.held.is_empty() && !holds(&piece, &self.key) && begun(&piece, &self.key) == 0 {
            return piece;
        }
        let mut all = std::mem::take(&mut self.held);
        all.extend_from_slice(&piece);
        let mut clean = replaced(&all, &self.key);
        let rest = clean.len() - begun(&clean, &self.key);
        self.held = clean.split_off(rest);
        clean.into()
    }

    /// What was held back, when nothing follows.
    pub(super) fn rest(&mut self) -> Bytes {
        std::mem::take(&mut self.held).into()
    }
}

fn holds(bytes: &[u8], key: &[u8]) -> bool {
    find(bytes, key).is_some()
}

fn find(bytes: &[u8], key: &[u8]) -> Option<usize> {
    bytes.windows(key.len()).position(|window| window == key)
}

/// How many bytes at the end are the beginning of the key.
fn begun(bytes: &[u8], key: &[u8]) -> usize {
    let most = bytes.len().min(key.len() - 1);
    (1..=most).rev().find(|count| bytes.ends_with(&key[..*count])).unwrap_or(0)
}

fn replaced(bytes: &[u8], key: &[u8]) -> Vec<u8> {
    let (mut clean, mut rest) = (Vec::with_capacity(bytes.len()), bytes);
    while let Some(at) = find(rest, key) {
        clean.extend_from_slice(&rest[..at]);
        clean.extend_from_slice(MARK);
        rest = &rest[at + key.len()..];
    }
    clean.extend_from_slice(rest);
    clean
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_key_is_found_however_it_is_cut() {
        let text = "a sk-sk-secret-key b sk-sk-secret";
        for cut in 0..text.len() {
            for second in cut..text.len() {
                let mut scrub = Scrub::of("sk-secret-key");
                let mut passed = Vec::new();
                for piece in [&text[..cut], &text[cut..second], &text[second..]] {
                    passed.extend_from_slice(&scrub.pass(Bytes::copy_from_slice(piece.as_bytes())));
                }
                passed.extend_from_slice(&scrub.rest());
                assert_eq!(String::from_utf8(passed).unwrap(), "a sk-[the key] b sk-sk-secret");
            }
        }
    }

    #[test]
    fn a_piece_without_the_key_is_passed_at_once_and_as_it_is() {
        let mut scrub = Scrub::of("sk-secret-key");
        let piece = Bytes::from_static(b"data: {\"x\": 1}\n\n");
        assert_eq!(scrub.pass(piece.clone()).as_ptr(), piece.as_ptr());
        assert_eq!(Scrub::of("short").pass(Bytes::from_static(b"short")), "short");
    }
}
