//! A check to run again.

use crate::forge::Written;
use crate::kit::Result;
use crate::model::CommitId;
use crate::writeback::Executor;
use crate::writeback::Order;

pub(super) async fn write(executor: &Executor, order: &Order, check: &str, sha: &CommitId) -> Result<Written> {
    let repo = &order.effect().new.effect.target.repo;
    executor.writer.rerun_check(repo, sha, check, &order.behalf, &order.marker()?).await
}
