//! A comment on an issue or pull request.

use crate::forge::Written;
use crate::kit::Result;
use crate::writeback::Executor;
use crate::writeback::Order;

pub(super) async fn write(executor: &Executor, order: &Order, body: &str) -> Result<Written> {
    let repo = &order.effect().new.effect.target.repo;
    executor.writer.comment(repo, order.number()?, body, &order.behalf, &order.marker()?).await
}

pub(super) async fn find(executor: &Executor, order: &Order) -> Result<Option<Written>> {
    executor.writer.find_comment(&order.effect().new.effect.target.repo, &order.marker()?).await
}
