//! A review of a pull request.

use crate::forge::Written;
use crate::kit::Result;
use crate::model::effect::ReviewWords;
use crate::writeback::Executor;
use crate::writeback::Order;

pub(super) async fn write(executor: &Executor, order: &Order, review: &ReviewWords) -> Result<Written> {
    let effect = &order.effect().new.effect;
    let head = effect.expected.head.as_ref();
    executor.writer.review(&effect.target.repo, (order.number()?, head), review, &order.behalf, &order.marker()?).await
}

/// A review carries the marker of a comment.
pub(super) async fn find(executor: &Executor, order: &Order) -> Result<Option<Written>> {
    executor.writer.find_comment(&order.effect().new.effect.target.repo, &order.marker()?).await
}
