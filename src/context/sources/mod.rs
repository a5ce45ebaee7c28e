//! The sources of a bundle, one a file: each turns what was loaded into raw parts and says how much of them it may keep.

mod house;

mod stack;

mod skills;

mod instructions;

mod task;

mod object;

mod conversation;

mod check;

mod continuation;
mod memory;

use crate::context::bundle::Trust;
use crate::context::input::Input;
use crate::context::input::Layer;

/// A part before it is redacted and bounded.
pub(super) struct Raw {
    pub(super) layer: Layer,
    pub(super) name: String,
    pub(super) source: String,
    pub(super) trust: Trust,
    pub(super) text: String,
    /// Which end of a long text is kept.
    pub(super) keep: Keep,
}

/// Which end of a long text is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Keep {
    Head,
    Tail,
    Both,
}

impl Layer {
    /// All layers, in the order in which a model reads them.
    pub const ALL: [Self; 10] = [
        Self::House,
        Self::Stack,
        Self::Skill,
        Self::Instructions,
        Self::Task,
        Self::Object,
        Self::Conversation,
        Self::Check,
        Self::Memory,
        Self::Continuation,
    ];

    /// The raw parts of this layer.
    pub(super) fn gather(self, input: &Input) -> Vec<Raw> {
        match self {
            Self::House => vec![house::part()],
            Self::Stack => stack::part(&input.stack).into_iter().collect(),
            Self::Skill => input.skills.iter().map(skills::part).collect(),
            Self::Instructions => input.instructions.iter().map(instructions::part).collect(),
            Self::Task => vec![task::part(&input.task)],
            Self::Object => input.object.iter().map(object::part).collect(),
            Self::Conversation => input.conversation.iter().map(conversation::part).collect(),
            Self::Check => input.check.iter().map(check::part).collect(),
            Self::Memory => memory::parts(&input.memory),
            Self::Continuation => continuation::parts(&input.continuation),
        }
    }

    /// Most bytes of all parts of this layer together.
    pub(super) fn most_bytes(self) -> usize {
        match self {
            Self::House => 8 << 10,
            Self::Stack | Self::Skill | Self::Task | Self::Object | Self::Conversation | Self::Check => 32 << 10,
            Self::Instructions => 16 << 10,
            Self::Memory => 48 << 10,
            Self::Continuation => 48 << 10,
        }
    }

    /// Lower is served first when all of them together are too long.
    pub(super) fn rank(self) -> u8 {
        match self {
            Self::House => 0,
            Self::Stack => 1,
            Self::Task => 2,
            Self::Object => 3,
            Self::Check => 4,
            Self::Instructions => 5,
            Self::Skill => 6,
            Self::Conversation => 7,
            Self::Memory => 8,
            // Never too long beside others: it is added to a bundle that is settled.
            Self::Continuation => 9,
        }
    }

    /// Whether it stands in the system message; the others stand in the first user message.
    pub(super) fn is_system(self) -> bool {
        matches!(self, Self::House | Self::Stack | Self::Skill | Self::Instructions)
    }
}
