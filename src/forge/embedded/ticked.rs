//! The same change to several issues or pull requests, as somebody ticked them in a list. Each is a change of its own: what
//! one of them refuses holds up no other.

use crate::access::Cx;
use crate::forge::embedded::Embedded;
use crate::forge::embedded::issue::IssueChange;
use crate::forge::embedded::issue::State;
use crate::forge::embedded::label_issue::Labelling;
use crate::forge::embedded::repository::Place;
use crate::kit::Error;
use crate::kit::ErrorKind;
use crate::kit::Result;

/// The most that are changed at one time.
pub const MOST_TICKED: usize = 100;

/// What is done to each of them.
#[derive(Clone, Debug)]
pub enum ToEach {
    /// Opens or closes it.
    State(State),
    /// Puts labels on, or takes them off.
    Label {
        /// To put on.
        add: Vec<String>,
        /// To take off.
        remove: Vec<String>,
    },
    /// Asks somebody to look after it, beside those who do.
    Assign(String),
    /// Asks somebody no longer.
    Unassign(String),
    /// Puts it into a milestone; zero takes it out.
    Milestone(i64),
}

/// What became of them.
#[derive(Debug, Default)]
pub struct Changed {
    /// How many are so now.
    pub done: usize,
    /// Which are not, and why.
    pub refused: Vec<(i64, Error)>,
}

impl Embedded {
    /// Does the same to each of these, by number.
    pub async fn change_each(&self, cx: &Cx, place: &Place, numbers: &[i64], to_each: &ToEach) -> Result<Changed> {
        if numbers.is_empty() {
            return Err(Error::invalid("Nothing is ticked").hint("tick some rows of the list first"));
        }
        if numbers.len() > MOST_TICKED {
            return Err(Error::invalid(format!("At most {MOST_TICKED} are changed at one time")).hint("tick fewer"));
        }
        let mut changed = Changed::default();
        for number in numbers {
            match self.change_one(cx, place, *number, to_each).await {
                Ok(()) => changed.done += 1,
                Err(error) if error.kind() == ErrorKind::Internal => return Err(error),
                Err(error) => changed.refused.push((*number, error)),
            }
        }
        Ok(changed)
    }

    async fn change_one(&self, cx: &Cx, place: &Place, number: i64, to_each: &ToEach) -> Result<()> {
        let change = match to_each {
            ToEach::Label { add, remove } => {
                let labelling = Labelling::Change { add: add.clone(), remove: remove.clone() };
                return self.label_issue(cx, place, number, labelling).await.map(drop);
            }
            ToEach::State(state) => IssueChange { state: Some(*state), ..IssueChange::default() },
            ToEach::Milestone(id) => IssueChange { milestone: Some(*id), ..IssueChange::default() },
            ToEach::Assign(login) | ToEach::Unassign(login) => {
                let issue = self.issue(place, number).await?;
                let others = issue.assignees.iter().map(|who| who.login.to_string());
                let mut all: Vec<String> = others.filter(|other| !other.eq_ignore_ascii_case(login)).collect();
                if matches!(to_each, ToEach::Assign(_)) {
                    all.push(login.clone());
                }
                IssueChange { assignees: Some(all), ..IssueChange::default() }
            }
        };
        self.edit_issue(cx, place, number, change).await.map(drop)
    }
}
