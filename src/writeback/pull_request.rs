//! One commit on a new branch, and a pull request from it.

use crate::forge::NewPull;
use crate::forge::Written;
use crate::kit::Result;
use crate::model::BranchName;
use crate::model::effect::Code;
use crate::writeback::Executor;
use crate::writeback::Order;
use crate::writeback::code;
use crate::writeback::push;

pub(super) type Text<'a> = (&'a str, &'a str, &'a BranchName);

pub(super) async fn write(executor: &Executor, order: &Order, text: Text<'_>, code: &Code) -> Result<Written> {
    let repo = &order.effect().new.effect.target.repo;
    let commit = code::commit(executor, order, code).await?;
    executor.writer.push(repo, push::branch(order)?, &commit, None).await?;
    open(executor, order, text).await
}

async fn open(executor: &Executor, order: &Order, (title, body, base): Text<'_>) -> Result<Written> {
    let proposed = order.effect();
    let mut links = format!("Proposed by the agent of [this run]({})", order.run_url);
    if let Some(number) = proposed.new.effect.target.number {
        links.push_str(&format!(", asked for in #{number}"));
    }
    let body = if body.trim().is_empty() { links } else { format!("{}\n\n---\n{links}", body.trim_end()) };
    let new = NewPull { title: title.into(), body, base: base.clone(), head: push::branch(order)?.clone() };
    executor.writer.open_pull(&proposed.new.effect.target.repo, &new, &order.behalf, &order.marker()?).await
}

/// A try may have been cut off between the push and the pull request.
pub(super) async fn find(executor: &Executor, order: &Order, text: Text<'_>, code: &Code) -> Result<Option<Written>> {
    let repo = &order.effect().new.effect.target.repo;
    let branch = push::branch(order)?;
    let Some(head) = executor.reader.branch_head(repo, branch).await? else { return Ok(None) };
    if head != code::commit(executor, order, code).await? {
        return Ok(None);
    }
    match executor.writer.find_pull(repo, branch).await? {
        Some(written) => Ok(Some(written)),
        None => open(executor, order, text).await.map(Some),
    }
}
