//! Comments on the issue or pull request. When they are too many, the newest stay.

use crate::context::input::Layer;
use crate::context::input::Remark;
use crate::context::sources::Keep;
use crate::context::sources::Raw;

pub(super) fn part(remark: &Remark) -> Raw {
    Raw {
        layer: Layer::Conversation,
        name: format!("Comment by {}", remark.author),
        source: remark.piece.source.clone(),
        trust: remark.piece.trust.clone(),
        text: remark.piece.text.clone(),
        keep: Keep::Both,
    }
}
