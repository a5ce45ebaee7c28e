//! One commit on an existing branch.

use crate::forge::Written;
use crate::kit::Error;
use crate::kit::Result;
use crate::model::BranchName;
use crate::model::effect::Code;
use crate::writeback::Executor;
use crate::writeback::Order;
use crate::writeback::code;

pub(super) async fn write(executor: &Executor, order: &Order, code: &Code) -> Result<Written> {
    let effect = &order.effect().new.effect;
    let commit = code::commit(executor, order, code).await?;
    executor.writer.push(&effect.target.repo, branch(order)?, &commit, effect.expected.head.as_ref()).await
}

/// The branch may have moved on since: the commit is there when the branch holds it.
pub(super) async fn find(executor: &Executor, order: &Order, code: &Code) -> Result<Option<Written>> {
    let repo = &order.effect().new.effect.target.repo;
    let Some(head) = executor.reader.branch_head(repo, branch(order)?).await? else { return Ok(None) };
    if head == code.parent {
        return Ok(None);
    }
    let commit = code::commit(executor, order, code).await?;
    if !executor.git.repository(&repo.owner, &repo.name).is_ancestor(&commit, &head).await? {
        return Ok(None);
    }
    let url = format!("/{repo}/commit/{commit}");
    Ok(Some(Written { id: commit.to_string(), url, already: true }))
}

pub(super) fn branch(order: &Order) -> Result<&BranchName> {
    let branch = order.effect().new.effect.target.branch.as_ref();
    branch.ok_or_else(|| Error::internal("An effect with code names no branch"))
}
