//! Writes back what was decided, and records what the forge said.

use serde_json::json;

use crate::access::Cx;
use crate::approvals::Approved;
use crate::engine::Engine;
use crate::kit::Result;
use crate::model::Verdict;
use crate::runs::NewEvent;
use crate::runs::Run;
use crate::writeback::Order;
use crate::writeback::Outcome;
use crate::writeback::WriteBack;
use crate::writeback::WriteBackState;

pub(super) async fn step(engine: &Engine) -> Result<bool> {
    let due = engine.write_backs.due(engine.clock.now()).await?;
    let mut worked = false;
    for row in &due {
        // One that fails for a reason of our own must not hold up those behind it; it is due again at the next turn.
        match one(engine, row).await {
            Ok(()) => worked = true,
            Err(error) => {
                tracing::error!(effect.id = %row.effect, error = %error.chain(), "cannot write an effect back")
            }
        }
    }
    Ok(worked)
}

async fn one(engine: &Engine, row: &WriteBack) -> Result<()> {
    let run = engine.runs.run(row.run).await?;
    let order = order(engine, row, &run).await?;
    let outcome = engine.executor.apply(&order).await;
    let cx = Cx::system(&engine.clock);
    let mut step = engine.step(&cx).await?;
    let now = step.now();
    let state = engine.write_backs.record(&mut step, row, &outcome, now).await?;
    let digest = order.effect().digest;
    let said = match &outcome {
        Outcome::Applied(written) => json!({ "url": written.url, "id": written.id, "already": written.already }),
        Outcome::Stale(why) | Outcome::Failed(why) | Outcome::Later(why) => json!({ "why": why, "try": row.tries + 1 }),
    };
    let body = json!({
        "effect": digest.short(),
        "kind": row.kind,
        "state": state.as_str(),
        "approved_by": row.approved_by,
        "result": said,
    });
    let attempt = order.effect().new.attempt;
    engine.runs.note(&mut step, run.id, Some(attempt), now, &[NewEvent::ours("write_back", body.clone())]).await?;
    let action = match state {
        WriteBackState::Applied => "writeback.applied",
        WriteBackState::Stale => "writeback.stale",
        WriteBackState::Failed => "writeback.failed",
        WriteBackState::Pending => "writeback.postponed",
    };
    step.finish(action, format!("effect {digest}"), body).await?;
    engine.runs.announce(run.id);
    engine.settle_run(run.id).await
}

async fn order(engine: &Engine, row: &WriteBack, run: &Run) -> Result<Order> {
    let proposed = engine.proposals.effect(row.effect).await?;
    let approved = if proposed.new.verdict == Verdict::Allow {
        Approved::by_policy(proposed)?
    } else {
        let mut tx = engine.db.begin().await?;
        engine.approvals.approved(&mut tx, proposed).await?
    };
    let account = match run.dispatch.requester {
        Some(id) => engine.identity.account(id).await?,
        None => None,
    };
    let behalf = run.dispatch.requester_login.clone();
    Ok(Order {
        approved,
        behalf_email: account.map_or_else(|| format!("{behalf}@users.invalid"), |account| account.git_email()),
        behalf,
        stack: run.dispatch.stack.clone(),
        run_url: format!("{}/runs/{}", engine.settings.base_url, run.id),
    })
}
