//! What models cost an owner of repositories: sums by stack, repository or model, day by day.

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

use crate::kit::Error;
use crate::kit::Result;
use crate::kit::clock::Timestamp;
use crate::kit::text::visible_line;
use crate::model::OwnerName;
use crate::model::RepoId;
use crate::models::Models;
use crate::models::ledger::day_of;
use crate::models::store::usage as store;

/// What sums are told by.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum By {
    /// The stack of the run.
    #[default]
    Stack,
    /// The repository.
    Repo,
    /// The model profile.
    Model,
}

/// What calls used together.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Sums {
    /// How many calls.
    pub calls: u64,
    /// Tokens that models read.
    pub tokens_in: u64,
    /// Those of them that came from a provider's cache.
    pub tokens_cached: u64,
    /// Tokens that models wrote.
    pub tokens_out: u64,
    /// Micro-dollars.
    pub micro_usd: u64,
    /// Those of them that people paid by a key of their own.
    pub own_micro_usd: u64,
    /// Calls whose numbers the provider did not tell, or not all.
    pub estimated: u64,
}

/// The calls of one repository, of one stack, repository or model, on one day.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// The repository.
    pub repo: RepoId,
    /// The name of the stack, the repository or the model profile.
    pub name: String,
    /// The day, counted from 1970.
    pub day: i64,
    /// What they used.
    pub sums: Sums,
}

/// Sums of some days.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Usage {
    /// The first day.
    pub from: i64,
    /// The last day.
    pub to: i64,
    /// All of it.
    pub all: Sums,
    /// By name, the dearest first; each with the sums of every day.
    pub groups: Vec<Group>,
}

/// A stack, a repository or a model.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Group {
    /// Its name.
    pub name: String,
    /// All of it.
    pub all: Sums,
    /// Day by day, from the first to the last.
    pub days: Vec<Sums>,
}

/// The most days that are told at once.
pub const MOST_DAYS: i64 = 366;

impl Models {
    /// What was used since so many days before now, today among them.
    pub async fn lines(&self, owner: &OwnerName, by: By, (days, now): (i64, Timestamp)) -> Result<Vec<Line>> {
        let from = day_of(now) - days.clamp(1, MOST_DAYS) + 1;
        store::lines(&mut *self.db.read().await?, owner, by, from).await
    }
}

impl Usage {
    /// Adds lines up.
    pub fn of(lines: &[Line], (days, now): (i64, Timestamp)) -> Self {
        let days = days.clamp(1, MOST_DAYS);
        let to = day_of(now);
        let from = to - days + 1;
        let mut all = Sums::default();
        let mut groups: BTreeMap<&str, Group> = BTreeMap::new();
        for line in lines {
            let Ok(at) = usize::try_from(line.day - from) else { continue };
            let none = || Group {
                name: line.name.clone(),
                all: Sums::default(),
                days: vec![Sums::default(); usize::try_from(days).unwrap_or(1)],
            };
            let group = groups.entry(&line.name).or_insert_with(none);
            let Some(day) = group.days.get_mut(at) else { continue };
            day.add(&line.sums);
            group.all.add(&line.sums);
            all.add(&line.sums);
        }
        let mut groups: Vec<Group> = groups.into_values().collect();
        groups.sort_by(|one, other| {
            let rank = |group: &Group| (group.all.micro_usd, group.all.tokens_in + group.all.tokens_out);
            rank(other).cmp(&rank(one)).then_with(|| one.name.cmp(&other.name))
        });
        Self { from, to, all, groups }
    }

    /// What each day cost altogether.
    pub fn days(&self) -> Vec<Sums> {
        let count = usize::try_from(self.to - self.from + 1).unwrap_or(1);
        let mut days = vec![Sums::default(); count];
        for group in &self.groups {
            days.iter_mut().zip(&group.days).for_each(|(sum, day)| sum.add(day));
        }
        days
    }
}

impl Sums {
    fn add(&mut self, other: &Self) {
        let Self { calls, tokens_in, tokens_cached, tokens_out, micro_usd, own_micro_usd, estimated } = other;
        self.calls += calls;
        self.tokens_in += tokens_in;
        self.tokens_cached += tokens_cached;
        self.tokens_out += tokens_out;
        self.micro_usd += micro_usd;
        self.own_micro_usd += own_micro_usd;
        self.estimated += estimated;
    }
}

impl By {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Stack, Self::Repo, Self::Model];

    /// The word in addresses.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Stack => "stack",
            Self::Repo => "repo",
            Self::Model => "model",
        }
    }
}

impl fmt::Display for By {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for By {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        Self::ALL.into_iter().find(|by| by.as_str() == text).ok_or_else(|| {
            Error::invalid(format!("Usage is not told by `{}`", visible_line(text, 40)))
                .field("by")
                .hint("use `stack`, `repo` or `model`")
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sums_are_told_by_name_and_by_day_the_dearest_first() {
        let line = |name: &str, day, micro_usd| Line {
            repo: RepoId::make(),
            name: name.into(),
            day,
            sums: Sums { calls: 1, micro_usd, ..Sums::default() },
        };
        let now = Timestamp::from_seconds(100 * 86_400 + 5);
        let lines = [
            line("cheap", 100, 5),
            line("dear", 99, 7),
            line("dear", 100, 1),
            line("dear", 100, 2),
            line("old", 90, 9),
        ];
        let usage = Usage::of(&lines, (2, now));
        assert_eq!((usage.from, usage.to, usage.all.micro_usd, usage.all.calls), (99, 100, 15, 4));
        let names: Vec<&str> = usage.groups.iter().map(|group| group.name.as_str()).collect();
        assert_eq!(names, ["dear", "cheap"]);
        let cost = |days: &[Sums]| days.iter().map(|sums| sums.micro_usd).collect::<Vec<_>>();
        assert_eq!(cost(&usage.groups[0].days), [7, 3]);
        assert_eq!(cost(&usage.days()), [7, 8]);
    }
}
