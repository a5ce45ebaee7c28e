//! One bit for each entry of a segment.

/// A set of entries.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Bits {
    words: Vec<u64>,
    length: usize,
}

impl Bits {
    /// So many entries, all in or all out.
    pub fn new(length: usize, all: bool) -> Self {
        let mut bits = Self { words: vec![if all { u64::MAX } else { 0 }; length.div_ceil(64)], length };
        if all && !length.is_multiple_of(64) {
            let last = bits.words.len() - 1;
            bits.words[last] = (1 << (length % 64)) - 1;
        }
        bits
    }

    /// Whether an entry is in.
    pub fn has(&self, at: u32) -> bool {
        self.words.get(at as usize / 64).is_some_and(|word| word & (1 << (at % 64)) != 0)
    }

    /// Takes an entry in.
    pub fn set(&mut self, at: u32) {
        if let Some(word) = self.words.get_mut(at as usize / 64) {
            *word |= 1 << (at % 64);
        }
    }

    /// Puts an entry out.
    pub fn clear(&mut self, at: u32) {
        if let Some(word) = self.words.get_mut(at as usize / 64) {
            *word &= !(1 << (at % 64));
        }
    }

    /// How many are in.
    pub fn count(&self) -> usize {
        self.words.iter().map(|word| word.count_ones() as usize).sum()
    }

    /// How many there could be.
    pub fn length(&self) -> usize {
        self.length
    }

    /// Keeps what is in both.
    pub fn meet(&mut self, other: &Self) {
        self.words.iter_mut().zip(&other.words).for_each(|(word, other)| *word &= other);
    }

    /// Takes in what the other has.
    pub fn join(&mut self, other: &Self) {
        self.words.iter_mut().zip(&other.words).for_each(|(word, other)| *word |= other);
    }

    /// Puts out what the other has.
    pub fn less(&mut self, other: &Self) {
        self.words.iter_mut().zip(&other.words).for_each(|(word, other)| *word &= !other);
    }

    /// Entries that are in, in order.
    pub fn each(&self) -> impl Iterator<Item = u32> + '_ {
        self.words.iter().enumerate().flat_map(|(index, word)| {
            let mut rest = *word;
            std::iter::from_fn(move || {
                let bit = (rest != 0).then(|| rest.trailing_zeros())?;
                rest &= rest - 1;
                Some(index as u32 * 64 + bit)
            })
        })
    }

    /// As bytes, for a file.
    pub fn bytes(&self) -> Vec<u8> {
        self.words.iter().flat_map(|word| word.to_le_bytes()).collect()
    }

    /// From bytes of a file; none when there are too few or too many.
    pub fn from_bytes(bytes: &[u8], length: usize) -> Option<Self> {
        if bytes.len() != length.div_ceil(64) * 8 {
            return None;
        }
        let word = |chunk: &[u8]| u64::from_le_bytes(chunk.try_into().expect("eight bytes"));
        Some(Self { words: bytes.chunks(8).map(word).collect(), length })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_set_knows_who_is_in() {
        let mut bits = Bits::new(130, true);
        assert_eq!((bits.count(), bits.has(129), bits.has(130)), (130, true, false));
        bits.clear(64);
        bits.clear(500);
        assert_eq!(
            bits.each().filter(|at| (60..70).contains(at)).collect::<Vec<_>>(),
            [60, 61, 62, 63, 65, 66, 67, 68, 69]
        );
        assert_eq!(Bits::from_bytes(&bits.bytes(), 130), Some(bits.clone()));
        let mut other = Bits::new(130, false);
        other.set(64);
        other.set(1);
        bits.meet(&other);
        assert_eq!(bits.each().collect::<Vec<_>>(), [1]);
    }
}
