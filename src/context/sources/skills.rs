//! Skills of the stack: each a `SKILL.md`, given whole.

use crate::context::input::Layer;
use crate::context::input::Skill;
use crate::context::sources::Keep;
use crate::context::sources::Raw;

pub(super) fn part(skill: &Skill) -> Raw {
    Raw {
        layer: Layer::Skill,
        name: format!("Skill {}", skill.name),
        source: skill.piece.source.clone(),
        trust: skill.piece.trust.clone(),
        text: skill.piece.text.clone(),
        keep: Keep::Head,
    }
}
