//! Where a run stands once its agent is done: what is still asked, what is still to be written, how it ends. Pure.

use crate::approvals::AskedState;
use crate::runs::State;
use crate::writeback::WriteBackState;

/// How the agent of a run ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AgentEnd {
    /// `done`, or a code that says why not.
    pub reason: String,
    /// The same in a sentence.
    pub summary: String,
}

/// Where everything that a run proposed stands.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Effects {
    /// Effects that people were asked about.
    pub asked: Vec<AskedState>,
    /// Effects that are to be written, or were.
    pub written: Vec<WriteBackState>,
    /// Effects that policy denied.
    pub denied_by_policy: usize,
}

/// The state that follows, with a reason and a sentence when it is final.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Next {
    /// Not final.
    Waits(State),
    /// Final.
    Ends {
        /// The final state.
        state: State,
        /// The reason code.
        reason: String,
        /// The sentence.
        summary: String,
    },
}

/// Decides where a run stands whose agent has ended.
pub fn conclude(agent: &AgentEnd, effects: &Effects) -> Next {
    if effects.asked.contains(&AskedState::Open) {
        return Next::Waits(State::AwaitingApproval);
    }
    if effects.written.contains(&WriteBackState::Pending) {
        return Next::Waits(State::Applying);
    }
    if agent.reason == "cancelled" {
        return ends(State::Cancelled, &agent.reason, &agent.summary);
    }
    if agent.reason != "done" {
        return ends(State::Failed, &agent.reason, &agent.summary);
    }
    let count = |state| effects.asked.iter().filter(|asked| **asked == state).count();
    let wrote = |state| effects.written.iter().filter(|written| **written == state).count();
    let (applied, failed) = (wrote(WriteBackState::Applied), wrote(WriteBackState::Failed));
    let stale = wrote(WriteBackState::Stale) + count(AskedState::Stale);
    let (denied, expired) = (count(AskedState::Denied), count(AskedState::Expired));
    if failed > 0 {
        return ends(State::Failed, "writeback_failed", &format!("{failed} of its effects could not be written"));
    }
    if stale > 0 {
        return ends(State::Failed, "stale", &format!("the target of {stale} of its effects moved; retry it"));
    }
    if expired > 0 {
        return ends(State::Failed, "expired", "nobody decided in time");
    }
    if applied > 0 {
        let summary =
            if denied > 0 { format!("{applied} effects written, {denied} denied") } else { agent.summary.clone() };
        return ends(State::Succeeded, "done", &summary);
    }
    if denied + effects.denied_by_policy > 0 {
        return ends(State::Succeeded, "denied", "everything it proposed was denied");
    }
    ends(State::Succeeded, "nothing_proposed", &agent.summary)
}

fn ends(state: State, reason: &str, summary: &str) -> Next {
    let summary = if summary.is_empty() { "it ended without a word" } else { summary };
    Next::Ends { state, reason: reason.into(), summary: summary.into() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(asked: &[AskedState], written: &[WriteBackState], expected: &str) {
        let agent = AgentEnd { reason: "done".into(), summary: "fixed it".into() };
        let effects = Effects { asked: asked.to_vec(), written: written.to_vec(), denied_by_policy: 0 };
        let found = match conclude(&agent, &effects) {
            Next::Waits(state) => state.to_string(),
            Next::Ends { state, reason, .. } => format!("{state}: {reason}"),
        };
        assert_eq!(found, expected, "{asked:?} {written:?}");
    }

    #[test]
    fn a_run_waits_for_people_then_for_the_forge_then_ends() {
        use AskedState::Approved;
        use AskedState::Denied;
        use AskedState::Expired;
        use AskedState::Open;
        use AskedState::Stale;
        check(&[Open, Approved], &[WriteBackState::Pending], "awaiting_approval");
        check(&[Approved], &[WriteBackState::Pending], "applying");
        check(&[Approved], &[WriteBackState::Applied], "succeeded: done");
        check(&[Approved, Denied], &[WriteBackState::Applied], "succeeded: done");
        check(&[Denied], &[], "succeeded: denied");
        check(&[Stale], &[], "failed: stale");
        check(&[Expired], &[], "failed: expired");
        check(&[Approved], &[WriteBackState::Failed], "failed: writeback_failed");
        check(&[], &[], "succeeded: nothing_proposed");
    }
}
