//! What is asked: the rule's prompt, rendered from the event, or what a person wrote who dispatched by hand.

use crate::context::input::Layer;
use crate::context::input::Piece;
use crate::context::sources::Keep;
use crate::context::sources::Raw;

pub(super) fn part(piece: &Piece) -> Raw {
    Raw {
        layer: Layer::Task,
        name: "Task".into(),
        source: piece.source.clone(),
        trust: piece.trust.clone(),
        text: piece.text.clone(),
        keep: Keep::Head,
    }
}
