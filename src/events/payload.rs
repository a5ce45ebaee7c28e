//! How bodies are stored: packed when that is shorter. Forges repeat every address in every payload, so it mostly is.

use std::borrow::Cow;

use crate::kit::Error;
use crate::kit::Result;
use crate::kit::error::Context as _;

/// A body as it stands in the database.
#[derive(Clone, Debug)]
pub(super) struct Packed<'a> {
    pub encoding: &'static str,
    pub bytes: Cow<'a, [u8]>,
}

const PLAIN: &str = "plain";
const LZ4: &str = "lz4";
const WORTH_IT_FROM: usize = 512;

/// Packs a body. LZ4, because it costs some 20 µs for a usual payload where the disk would cost more.
pub(super) fn pack(body: &[u8]) -> Packed<'_> {
    if body.len() >= WORTH_IT_FROM {
        let packed = lz4_flex::block::compress_prepend_size(body);
        if packed.len() < body.len() {
            return Packed { encoding: LZ4, bytes: Cow::Owned(packed) };
        }
    }
    Packed { encoding: PLAIN, bytes: Cow::Borrowed(body) }
}

/// The exact bytes that were packed.
pub(super) fn unpack(encoding: &str, bytes: Vec<u8>) -> Result<Vec<u8>> {
    match encoding {
        PLAIN => Ok(bytes),
        LZ4 => lz4_flex::block::decompress_size_prepended(&bytes).context("A stored body cannot be unpacked"),
        other => Err(Error::internal(format!("A stored body has the unknown encoding `{other}`"))),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::any;
    use proptest::prop_assert_eq;
    use proptest::proptest;

    use super::*;

    proptest! {
        #[test]
        fn what_is_packed_comes_back(body in proptest::collection::vec(any::<u8>(), 0..4096), times in 1_usize..8) {
            let body = body.repeat(times);
            let packed = pack(&body);
            prop_assert_eq!(unpack(packed.encoding, packed.bytes.to_vec()).unwrap(), body);
        }
    }
}
