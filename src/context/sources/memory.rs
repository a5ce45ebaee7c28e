//! What the company brain says: advice that others wrote, never an instruction. The most fitting comes first, and what is
//! left out is what fits least.

use crate::context::input::Layer;
use crate::context::input::Recalled;
use crate::context::sources::Keep;
use crate::context::sources::Raw;

/// Room is given from the end, so the most fitting stands there.
pub(super) fn parts(recalled: &[Recalled]) -> Vec<Raw> {
    let raw = |recalled: &Recalled| Raw {
        layer: Layer::Memory,
        name: format!("Company brain: {}", recalled.name),
        source: recalled.piece.source.clone(),
        trust: recalled.piece.trust.clone(),
        text: recalled.piece.text.clone(),
        keep: Keep::Head,
    };
    recalled.iter().rev().map(raw).collect()
}
