//! The issue or pull request that the run is about: title and opening text.

use crate::context::input::Layer;
use crate::context::input::Piece;
use crate::context::sources::Keep;
use crate::context::sources::Raw;

pub(super) fn part(piece: &Piece) -> Raw {
    Raw {
        layer: Layer::Object,
        name: "Issue or pull request".into(),
        source: piece.source.clone(),
        trust: piece.trust.clone(),
        text: piece.text.clone(),
        keep: Keep::Both,
    }
}
