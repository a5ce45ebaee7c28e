//! A new issue.

use crate::forge::NewIssue;
use crate::forge::Written;
use crate::kit::Result;
use crate::writeback::Executor;
use crate::writeback::Order;

pub(super) async fn write(
    executor: &Executor,
    order: &Order,
    (title, body, labels): (&str, &str, &[String]),
) -> Result<Written> {
    let body = format!("{}\n\n---\nProposed by the agent of [this run]({})", body.trim_end(), order.run_url);
    let new = NewIssue { title: title.to_owned(), body, labels: labels.to_vec() };
    executor.writer.open_issue(&order.effect().new.effect.target.repo, &new, &order.behalf, &order.marker()?).await
}

pub(super) async fn find(executor: &Executor, order: &Order) -> Result<Option<Written>> {
    executor.writer.find_issue(&order.effect().new.effect.target.repo, &order.marker()?).await
}
