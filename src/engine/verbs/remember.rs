//! What an agent wants the team to remember: files of the company brain, as one commit for a pull request there.
//!
//! The commit stands on the brain as the run saw it, so that what others changed meanwhile is merged, never overwritten.

use crate::context::Snapshot;
use crate::engine::Engine;
use crate::engine::brain::unseen;
use crate::engine::verbs::Proposing;
use crate::engine::verbs::code;
use crate::git::TreeChange;
use crate::kit::Error;
use crate::kit::Result;
use crate::kit::text::visible_line;
use crate::model::Effect;
use crate::model::TreePath;
use crate::model::effect::Code;
use crate::model::effect::Expected;
use crate::model::effect::Payload;
use crate::model::effect::Target;
use crate::proposals::draft::MemoryChange;

impl Engine {
    /// The effect that a draft of kind `memory` means.
    pub(super) async fn remember(
        &self,
        proposing: &Proposing,
        (title, body): (String, String),
        changes: Vec<MemoryChange>,
    ) -> Result<Effect> {
        let run = &proposing.run;
        let Some(Snapshot { repo: brain, commit: seen, .. }) = proposing.memory.clone() else {
            return Err(unseen());
        };
        let source = self.git.repository(&brain.owner, &brain.name);
        let quarantine = self.git.closed_quarantine(run.id, &source).await?;
        let changes = tree_changes(changes)?;
        let tree = quarantine.tree_with(Some(&seen), changes).await?;
        let files = code::changed(&quarantine, &seen, &tree).await?;
        let name = format!("forgehand/memory-{}-{}", run.id.short(), &tree.to_string()[..10]);
        let code = Code { parent: seen, tree: tree.to_string(), message: title.trim().to_owned(), files };
        Ok(Effect {
            target: Target { repo: brain.clone(), number: None, branch: Some(name.parse()?) },
            expected: Expected { branch_absent: true, ..Expected::default() },
            payload: Payload::Memory { title, body, base: self.reader.default_branch(&brain).await?, code },
        })
    }
}

/// Plain files, each path once.
fn tree_changes(changes: Vec<MemoryChange>) -> Result<Vec<(TreePath, TreeChange)>> {
    let mut wanted: Vec<(TreePath, TreeChange)> = Vec::new();
    for change in changes {
        let path: TreePath = change.path.parse()?;
        if wanted.iter().any(|(known, _)| *known == path) {
            let message = format!("`{}` stands in `changes` twice", visible_line(path.as_str(), 120));
            return Err(Error::invalid(message).field("changes"));
        }
        let change = match change.text {
            Some(text) => TreeChange::Write { bytes: text.into_bytes(), executable: false },
            None => TreeChange::Remove,
        };
        wanted.push((path, change));
    }
    Ok(wanted)
}
