//! What the repository tells every agent: each `AGENTS.md` at the trusted commit.

use crate::context::input::Layer;
use crate::context::input::Piece;
use crate::context::sources::Keep;
use crate::context::sources::Raw;

pub(super) fn part(piece: &Piece) -> Raw {
    Raw {
        layer: Layer::Instructions,
        name: "Repository instructions".into(),
        source: piece.source.clone(),
        trust: piece.trust.clone(),
        text: piece.text.clone(),
        keep: Keep::Head,
    }
}
