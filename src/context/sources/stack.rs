//! The stack's prompt: who the agent is. A stack without one adds nothing.

use crate::context::input::Layer;
use crate::context::input::Piece;
use crate::context::sources::Keep;
use crate::context::sources::Raw;

pub(super) fn part(piece: &Piece) -> Option<Raw> {
    if piece.text.trim().is_empty() {
        return None;
    }
    Some(Raw {
        layer: Layer::Stack,
        name: "Stack prompt".into(),
        source: piece.source.clone(),
        trust: piece.trust.clone(),
        text: piece.text.clone(),
        keep: Keep::Head,
    })
}
