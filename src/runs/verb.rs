//! What people may do to a run, and in which states. Pure: the table is held by a test.

use crate::kit::Error;
use crate::kit::Result;
use crate::model::RunId;
use crate::runs::State;

/// What a person does to a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verb {
    /// End it.
    Cancel,
    /// Begin it again from the start.
    Retry,
    /// Tell its agent more: one that lives reads it, one that has ended goes on from where it was.
    Resume,
    /// Make another run of it.
    Fork,
    /// Answer what its agent asks.
    Answer,
}

/// What comes of a verb in a state.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Becomes {
    /// The run ends: at once, or when its runner hears of it.
    End,
    /// Another attempt of the same run.
    Attempt,
    /// Words that a living agent reads.
    Words,
    /// Another run.
    Run,
}

impl Verb {
    /// All of them, in the order of the table.
    pub const ALL: [Self; 5] = [Self::Cancel, Self::Retry, Self::Resume, Self::Fork, Self::Answer];

    /// The word in addresses and messages.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Cancel => "cancel",
            Self::Retry => "retry",
            Self::Resume => "resume",
            Self::Fork => "fork",
            Self::Answer => "answer",
        }
    }

    /// What comes of it in a state; none where it is not to be done.
    pub fn becomes(self, state: State) -> Option<Becomes> {
        let ended = state.is_final() && state != State::Refused;
        match self {
            Self::Cancel => (!state.is_final()).then_some(Becomes::End),
            Self::Retry => ended.then_some(Becomes::Attempt),
            Self::Resume if matches!(state, State::Running | State::NeedsInput) => Some(Becomes::Words),
            Self::Resume => (ended || state == State::AwaitingApproval).then_some(Becomes::Attempt),
            Self::Fork => Some(Becomes::Run),
            Self::Answer => (state == State::NeedsInput).then_some(Becomes::Words),
        }
    }

    /// The same, as an error for the reader.
    pub fn check(self, run: RunId, state: State) -> Result<Becomes> {
        if let Some(becomes) = self.becomes(state) {
            return Ok(becomes);
        }
        let (verb, run) = (self.as_str(), run.short());
        let (because, hint) = match (self, state) {
            (_, State::Refused) => {
                ("it was refused".to_owned(), "mend what it was refused for, then ask for a new run, or fork it")
            }
            (Self::Answer, _) => {
                (format!("it has asked nothing and is `{state}`"), "resume it with what you have to say")
            }
            (Self::Cancel, _) => (format!("it is already `{state}`"), "there is nothing left to end"),
            (Self::Retry, _) => (format!("it is still `{state}`"), "cancel it first, or wait until it has ended"),
            _ => (format!("it is `{state}`"), "wait until its agent works or has ended"),
        };
        Err(Error::conflict(format!("Cannot {verb} run {run}: {because}")).hint(hint).code("NOT_IN_THIS_STATE"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_verb_is_for_some_states_and_a_conflict_in_all_others() {
        let mut table = String::new();
        for state in State::ALL {
            let cells = Verb::ALL.map(|verb| match verb.check(RunId::make(), state) {
                Ok(becomes) => format!("{}: {becomes:?}", verb.as_str()).to_lowercase(),
                Err(error) => {
                    assert_eq!(error.kind(), crate::kit::ErrorKind::Conflict);
                    format!("{}: 409", verb.as_str())
                }
            });
            table.push_str(&format!("{state} | {}\n", cells.join(" | ")));
        }
        insta::assert_snapshot!(table, @r"
        queued | cancel: end | retry: 409 | resume: 409 | fork: run | answer: 409
        starting | cancel: end | retry: 409 | resume: 409 | fork: run | answer: 409
        running | cancel: end | retry: 409 | resume: words | fork: run | answer: 409
        needs_input | cancel: end | retry: 409 | resume: words | fork: run | answer: words
        awaiting_approval | cancel: end | retry: 409 | resume: attempt | fork: run | answer: 409
        applying | cancel: end | retry: 409 | resume: 409 | fork: run | answer: 409
        succeeded | cancel: 409 | retry: attempt | resume: attempt | fork: run | answer: 409
        failed | cancel: 409 | retry: attempt | resume: attempt | fork: run | answer: 409
        cancelled | cancel: 409 | retry: attempt | resume: attempt | fork: run | answer: 409
        refused | cancel: 409 | retry: 409 | resume: 409 | fork: run | answer: 409
        lost | cancel: 409 | retry: attempt | resume: attempt | fork: run | answer: 409
        ");
    }

    #[test]
    fn what_is_begun_again_waits_in_the_queue_which_its_state_allows() {
        for (verb, state) in Verb::ALL.into_iter().flat_map(|verb| State::ALL.map(|state| (verb, state))) {
            if verb.becomes(state) == Some(Becomes::Attempt) {
                assert!(state.may_become(State::Queued), "{} in {state}", verb.as_str());
            }
        }
    }
}
