//! Labels of an issue or pull request.

use crate::forge::Written;
use crate::kit::Result;
use crate::writeback::Executor;
use crate::writeback::Order;

pub(super) async fn write(executor: &Executor, order: &Order, add: &[String], remove: &[String]) -> Result<Written> {
    executor.writer.set_labels(&order.effect().new.effect.target.repo, order.number()?, add, remove).await
}

/// Labels have no marker: they are set when they are as wanted.
pub(super) async fn find(
    executor: &Executor,
    order: &Order,
    add: &[String],
    remove: &[String],
) -> Result<Option<Written>> {
    let repo = &order.effect().new.effect.target.repo;
    let number = order.number()?;
    let (labels, page) = match executor.reader.pull(repo, number).await? {
        Some(pull) => (pull.labels, "pulls"),
        None => match executor.reader.issue(repo, number).await? {
            Some(issue) => (issue.labels, "issues"),
            None => return Ok(None),
        },
    };
    let as_wanted =
        add.iter().all(|label| labels.contains(label)) && !remove.iter().any(|label| labels.contains(label));
    let url = format!("/{repo}/{page}/{number}");
    Ok(as_wanted.then(|| Written { id: number.to_string(), url, already: true }))
}
