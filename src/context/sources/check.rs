//! The check that the run is about, with its log. Of a long log the end stays: that is where it failed.

use crate::context::input::Check;
use crate::context::input::Layer;
use crate::context::sources::Keep;
use crate::context::sources::Raw;

pub(super) fn part(check: &Check) -> Raw {
    Raw {
        layer: Layer::Check,
        name: format!("Check {}: {}", check.name, check.conclusion),
        source: check.piece.source.clone(),
        trust: check.piece.trust.clone(),
        text: check.piece.text.clone(),
        keep: Keep::Tail,
    }
}
