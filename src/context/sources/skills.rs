//! Skills of the stack: each told by its description; it is read when it is wanted.

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
