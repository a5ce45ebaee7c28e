//! The commit of an effect: the tree that people approved, in the name of who asked, with our trailers.

use crate::git::NewCommit;
use crate::git::Who;
use crate::kit::Result;
use crate::model::CommitId;
use crate::model::effect::Code;
use crate::writeback::Executor;
use crate::writeback::Order;

/// Makes the commit in the repository. Everything in it comes from the order, so that a second try makes the same one.
pub(super) async fn commit(executor: &Executor, order: &Order, code: &Code) -> Result<CommitId> {
    let proposed = order.effect();
    let repo = &proposed.new.effect.target.repo;
    let quarantine = proposed.quarantine(&executor.git);
    let at = proposed.created;
    let made = quarantine
        .commit_tree(NewCommit {
            tree: code.tree.parse()?,
            parents: vec![code.parent.clone()],
            author: Who { name: order.behalf.clone(), email: order.behalf_email.clone(), at },
            committer: Who {
                name: format!("{} (forgehand agent)", order.stack),
                email: "agent@forgehand.invalid".into(),
                at,
            },
            message: message(order, code),
        })
        .await?;
    executor.git.repository(&repo.owner, &repo.name).import(&quarantine, &made).await?;
    Ok(made)
}

fn message(order: &Order, code: &Code) -> String {
    let proposed = order.effect();
    let mut message = format!(
        "{}\n\nForgehand-Run: {}\nForgehand-Effect: {}\n",
        code.message.trim_end(),
        proposed.new.run,
        proposed.digest
    );
    for name in order.approved.by() {
        message.push_str(&format!("Approved-by: {name}\n"));
    }
    message
}
