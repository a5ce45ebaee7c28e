//! Weighs a firing against what runs already.

use serde::Serialize;

use crate::catalog::policy_file::Limits;
use crate::catalog::rule::OnConflict;
use crate::kit::clock::Timestamp;
use crate::kit::clock::in_words;
use crate::kit::text::visible_line;
use crate::model::RunId;
use crate::triggers::decide::Firing;

/// What runs already, as far as it matters for one firing.
#[derive(Clone, Debug, Default)]
pub struct Load {
    /// The newest dispatch by the same rule with the same dedupe key, within the window.
    pub answered: Option<Answered>,
    /// Unfinished runs with the same concurrency key (running, waiting for a person, or queued), oldest first.
    pub holders: Vec<RunId>,
    /// Runs of the repository that were dispatched within the last hour.
    pub runs_last_hour: u32,
    /// Runs of the repository that are being executed now.
    pub concurrent: u32,
    /// US dollars that the repository's runs spent today or set aside; none when nobody counts.
    pub usd_today: Option<f64>,
    /// The same of all repositories of its owner.
    pub usd_today_of_owner: Option<f64>,
    /// The tightest limits of repository and organisation.
    pub limits: Limits,
}

/// An earlier answer to an event with the same key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answered {
    /// The run that answers.
    pub run: RunId,
    /// When it was dispatched.
    pub at: Timestamp,
}

/// What happens to a firing, with all that led to it.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Admission {
    /// What happens.
    pub outcome: Outcome,
    /// A word for programs: `ADMITTED`, `DEDUPED`, `CONCURRENCY_KEY`, `RUNS_PER_HOUR`, `CONCURRENT`, `USD_PER_DAY`,
    /// `ORGANISATION_USD_PER_DAY`.
    pub reason_code: &'static str,
    /// A sentence for people.
    pub summary: String,
    /// What was counted, and the thresholds.
    pub indicators: Vec<Indicator>,
}

/// What happens to a firing.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Outcome {
    /// A run starts as soon as a runner takes it.
    Dispatch,
    /// Another run answers for it.
    Coalesce {
        /// That run.
        into: RunId,
    },
    /// A run is made and waits for its turn.
    Queue,
    /// No run.
    Reject,
}

/// One number that was looked at.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Indicator {
    /// What was counted.
    pub name: &'static str,
    /// How much there is.
    pub value: f64,
    /// How much there may be; none when there is no limit.
    pub threshold: Option<f64>,
}

/// Weighs a firing against what runs already. What would start nothing is looked at first, so that a duplicate is not
/// counted as one run too many.
pub fn admit(firing: &Firing, load: &Load) -> Admission {
    let indicators = indicators(firing, load);
    let answer = |outcome, reason_code, summary: String| Admission { outcome, reason_code, summary, indicators };
    if let Some((key, earlier)) = firing.dedupe_key.as_ref().zip(load.answered.as_ref()) {
        let key = visible_line(key, 120);
        let window = in_words(firing.window);
        let summary = format!("the run {} answered `{key}` already, within {window}", earlier.run.short());
        return answer(Outcome::Coalesce { into: earlier.run }, "DEDUPED", summary);
    }
    let mut waits = None;
    if let Some((slot, oldest)) = firing.concurrency.as_ref().zip(load.holders.first())
        && load.holders.len() >= slot.max as usize
    {
        let key = visible_line(&slot.key, 120);
        let held = format!("{} of {} runs for `{key}` are not done", load.holders.len(), slot.max);
        match slot.on_conflict {
            OnConflict::Coalesce => {
                let into = load.holders.last().copied().unwrap_or(*oldest);
                let summary = format!("{held}; the run {} answers for this too", into.short());
                return answer(Outcome::Coalesce { into }, "CONCURRENCY_KEY", summary);
            }
            OnConflict::Reject => {
                return answer(Outcome::Reject, "CONCURRENCY_KEY", format!("{held}, and the rule rejects one more"));
            }
            OnConflict::Queue => waits = Some(("CONCURRENCY_KEY", format!("{held}; this one waits for its turn"))),
        }
    }
    let limits = &load.limits;
    if let Some(most) = limits.runs_per_hour.filter(|most| load.runs_last_hour >= *most) {
        let summary = format!("{} runs started within the last hour, policy allows {most}", load.runs_last_hour);
        return answer(Outcome::Reject, "RUNS_PER_HOUR", summary);
    }
    if let Some((most, spent)) = limits.usd_per_day.zip(load.usd_today).filter(|(most, spent)| spent >= most) {
        let summary = format!(
            "{spent:.2} US dollars were spent today, policy allows {most:.2}; whoever may change the policy raises \
             `limits.usd_per_day`, and the next day begins at midnight UTC"
        );
        return answer(Outcome::Reject, "USD_PER_DAY", summary);
    }
    let of_all = limits.organisation_usd_per_day.zip(load.usd_today_of_owner);
    if let Some((most, spent)) = of_all.filter(|(most, spent)| spent >= most) {
        let summary = format!(
            "{spent:.2} US dollars were spent today in all repositories together, policy allows {most:.2}; whoever may change \
             the policy of the organisation raises `limits.organisation_usd_per_day`, and the next day begins at midnight UTC"
        );
        return answer(Outcome::Reject, "ORGANISATION_USD_PER_DAY", summary);
    }
    if let Some((code, summary)) = waits {
        return answer(Outcome::Queue, code, summary);
    }
    if let Some(most) = limits.concurrent.filter(|most| load.concurrent >= *most) {
        let summary =
            format!("{} runs are at work, policy allows {most}; this one waits for its turn", load.concurrent);
        return answer(Outcome::Queue, "CONCURRENT", summary);
    }
    answer(Outcome::Dispatch, "ADMITTED", "nothing stands in its way".into())
}

/// Why there is no room for one more run of a repository, whatever it is about; none when there is.
pub fn room(load: &Load) -> Option<String> {
    let firing = Firing {
        stack: String::new(),
        task: String::new(),
        prompt: String::new(),
        dedupe_key: None,
        window: std::time::Duration::ZERO,
        concurrency: None,
        untrusted: true,
        reason: String::new(),
    };
    let admission = admit(&firing, load);
    (admission.outcome != Outcome::Dispatch).then_some(admission.summary)
}

fn indicators(firing: &Firing, load: &Load) -> Vec<Indicator> {
    let indicator = |name, value, threshold| Indicator { name, value, threshold };
    let slots = firing.concurrency.as_ref().map(|slot| f64::from(slot.max));
    let mut found = vec![
        indicator("runs_with_key", load.holders.len() as f64, slots),
        indicator("runs_last_hour", f64::from(load.runs_last_hour), load.limits.runs_per_hour.map(f64::from)),
        indicator("concurrent", f64::from(load.concurrent), load.limits.concurrent.map(f64::from)),
    ];
    found.extend(load.usd_today.map(|spent| indicator("usd_today", spent, load.limits.usd_per_day)));
    let of_all = load.usd_today_of_owner.zip(load.limits.organisation_usd_per_day);
    found.extend(of_all.map(|(spent, most)| indicator("usd_today_of_owner", spent, Some(most))));
    found
}
