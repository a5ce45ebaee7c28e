//! What a run used of what its stack allows.

use crate::engine::Engine;
use crate::kit::Result;
use crate::kit::clock::Timestamp;
use crate::runs::Run;
use crate::web::parts::size;

/// Something that a stack bounds.
#[derive(Clone, Debug)]
pub struct Meter {
    /// `Steps`, `Tokens`, `Cost`, `Time`.
    pub name: &'static str,
    /// What was used.
    pub used: String,
    /// What there may be.
    pub most: String,
    /// How much of it in hundredths, at most 100.
    pub share: u64,
}

/// What was used of what the stack allows. A stack that is gone allows nothing that could be told.
pub async fn of(engine: &Engine, run: &Run, now: Timestamp) -> Result<Vec<Meter>> {
    let dispatch = &run.dispatch;
    let read = engine.trusted_at(&dispatch.repo, dispatch.config_commit.clone(), dispatch.ceiling_commit.clone()).await;
    let Ok(trusted) = read else { return Ok(Vec::new()) };
    let Some(stack) = trusted.catalog.stacks.get(&dispatch.stack) else { return Ok(Vec::new()) };
    let budget = &stack.value.budget;
    let steps = engine.runs.count_lines(run.id, "model_call").await?;
    let tokens = run.tokens_in + run.tokens_out;
    let seconds = run.started.map_or(0, |from| run.ended.unwrap_or(now).since(from).as_secs());
    let whole = |count: u64| size::count(i64::try_from(count).unwrap_or(i64::MAX));
    let mut meters = Vec::new();
    if steps > 0 {
        meters.push(Meter::of("Steps", u64::try_from(steps).unwrap_or(0), u64::from(budget.steps), whole));
        meters.push(Meter::of("Tokens", u64::try_from(tokens).unwrap_or(0), budget.tokens, whole));
    }
    if run.micro_usd > 0 {
        let most = (budget.usd * 1e6).round() as i64;
        let used = u64::try_from(run.micro_usd).unwrap_or(0);
        meters.push(Meter::of("Cost", used, u64::try_from(most).unwrap_or(0), |usd| {
            cost(i64::try_from(usd).unwrap_or(0))
        }));
    }
    let minutes = u64::from(budget.minutes) * 60;
    meters.push(Meter::of("Time", seconds, minutes, |seconds| format!("{}:{:02}", seconds / 60, seconds % 60)));
    Ok(meters)
}

impl Meter {
    fn of(name: &'static str, used: u64, most: u64, told: impl Fn(u64) -> String) -> Self {
        let share = used.saturating_mul(100).checked_div(most).unwrap_or(100).min(100);
        Self { name, used: told(used), most: told(most), share }
    }
}

/// Dollars with as many digits as tell something; empty when nothing was metered.
pub fn cost(micro_usd: i64) -> String {
    match micro_usd {
        0 => String::new(),
        1..10_000 => format!("${}.{:06}", micro_usd / 1_000_000, micro_usd % 1_000_000),
        _ => format!("${}.{:02}", micro_usd / 1_000_000, micro_usd % 1_000_000 / 10_000),
    }
}
