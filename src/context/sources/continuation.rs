//! What happened before: the agent's own earlier words, and what a person says about going on.

use crate::context::input::Continuation;
use crate::context::input::Layer;
use crate::context::input::Piece;
use crate::context::sources::Keep;
use crate::context::sources::Raw;

/// Said first, so that an agent does not begin from the start.
const EARLIER: &str = "You worked on this before. Your files are as you left them: look at what has changed with `git status` and \
                       `git diff`, and go on from there. What you did, shortened:\n\n";

pub(super) fn parts(continuation: &Continuation) -> Vec<Raw> {
    let Continuation { earlier, message } = continuation;
    let earlier = earlier.iter().map(|piece| raw("What you did before", piece, EARLIER, Keep::Both));
    let message = message.iter().map(|piece| raw("What a person says now", piece, "", Keep::Head));
    earlier.chain(message).collect()
}

fn raw(name: &str, piece: &Piece, before: &str, keep: Keep) -> Raw {
    Raw {
        layer: Layer::Continuation,
        name: name.into(),
        source: piece.source.clone(),
        trust: piece.trust.clone(),
        text: format!("{before}{}", piece.text),
        keep,
    }
}
