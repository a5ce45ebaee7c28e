//! The meter of one attempt: reserves before a model call, settles after it, and says which budget is spent.
//!
//! Calls at the same time cannot together pass a limit, since each reserves its worst case first.

use std::fmt;
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::MutexGuard;
use std::sync::PoisonError;

use serde::Deserialize;
use serde::Serialize;

use crate::models::LEAST_OUT;
use crate::models::Price;
use crate::models::Tokens;

/// What an attempt may use; none is no limit.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Budget {
    /// Model calls.
    pub steps: Option<u64>,
    /// Tokens, read and written together.
    pub tokens: Option<u64>,
    /// Micro-dollars.
    pub micro_usd: Option<u64>,
}

/// What an attempt used.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Spent {
    /// Model calls.
    pub steps: u64,
    /// Tokens that models read.
    pub tokens_in: u64,
    /// Tokens that models wrote.
    pub tokens_out: u64,
    /// Micro-dollars.
    pub micro_usd: u64,
}

/// The budget that is spent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum BudgetKind {
    /// Model calls.
    Steps,
    /// Tokens.
    Tokens,
    /// Money.
    Usd,
}

/// Counts for one attempt. Clones count together.
#[derive(Clone, Debug)]
pub(super) struct Meter(Arc<Mutex<Count>>);

#[derive(Debug)]
struct Count {
    budget: Budget,
    price: Option<Price>,
    spent: Spent,
    /// Lent to subagents.
    reserved_steps: u64,
    reserved_tokens: u64,
    reserved_usd: u64,
}

/// What an attempt may still use, for whoever lends from it.
#[derive(Clone, Debug)]
pub struct Purse(pub(super) Meter);

/// A part of what an attempt may still use, lent to a subagent. When it is dropped, what was not used comes back.
#[derive(Debug)]
pub struct Loan {
    meter: Meter,
    lent: Budget,
    /// Who counts what is used of it.
    user: Option<Meter>,
}

/// The worst case of one call, set aside. Dropped without [`Reservation::settle`] it counts as used in full if the model
/// began to answer, and else as nothing.
#[derive(Debug)]
pub(super) struct Reservation {
    meter: Meter,
    /// Tokens that the model may write at most.
    pub(super) most_out: u64,
    estimate_in: u64,
    usd: u64,
    began: bool,
    settled: bool,
}

impl Meter {
    pub(super) fn new(budget: Budget, price: Option<Price>) -> Self {
        let spent = Spent::default();
        Self(Arc::new(Mutex::new(Count {
            budget,
            price,
            spent,
            reserved_steps: 0,
            reserved_tokens: 0,
            reserved_usd: 0,
        })))
    }

    /// What is settled so far.
    pub(super) fn spent(&self) -> Spent {
        self.count().spent
    }

    /// Sets aside a call that reads about `estimate_in` tokens and wants to write up to `wanted_out`. It may get fewer
    /// to write than it wanted.
    pub(super) fn reserve(&self, estimate_in: u64, wanted_out: u64) -> Result<Reservation, BudgetKind> {
        let mut count = self.count();
        if count.budget.steps.is_some_and(|most| count.spent.steps + count.reserved_steps >= most) {
            return Err(BudgetKind::Steps);
        }
        let mut most_out = wanted_out;
        if let Some(most) = count.budget.tokens {
            let used = count.spent.tokens_in + count.spent.tokens_out + count.reserved_tokens;
            let left = most.saturating_sub(used).saturating_sub(estimate_in);
            most_out = most_out.min(left);
            if most_out < LEAST_OUT.min(wanted_out) {
                return Err(BudgetKind::Tokens);
            }
        }
        if let (Some(most), Some(price)) = (count.budget.micro_usd, count.price) {
            let left = most.saturating_sub(count.spent.micro_usd + count.reserved_usd);
            most_out = price.affordable(left, estimate_in, most_out).ok_or(BudgetKind::Usd)?;
        }
        let usd = count.price.map_or(0, |price| price.worst(estimate_in, most_out));
        count.spent.steps += 1;
        count.reserved_tokens += estimate_in + most_out;
        count.reserved_usd += usd;
        drop(count);
        Ok(Reservation { meter: self.clone(), most_out, estimate_in, usd, began: false, settled: false })
    }

    /// Sets aside at most this much, and at most half of what is left, so that the lender can go on.
    pub(super) fn lend(&self, wanted: Budget) -> Result<Loan, BudgetKind> {
        let mut count = self.count();
        let part = |most: Option<u64>, used: u64, wanted: Option<u64>| match most {
            Some(most) => Some((most.saturating_sub(used) / 2).min(wanted.unwrap_or(u64::MAX))),
            None => wanted,
        };
        let (budget, spent) = (count.budget, count.spent);
        let lent = Budget {
            steps: part(budget.steps, spent.steps + count.reserved_steps, wanted.steps),
            tokens: part(budget.tokens, spent.tokens_in + spent.tokens_out + count.reserved_tokens, wanted.tokens),
            micro_usd: part(budget.micro_usd, spent.micro_usd + count.reserved_usd, wanted.micro_usd),
        };
        let kinds =
            [(lent.steps, BudgetKind::Steps), (lent.tokens, BudgetKind::Tokens), (lent.micro_usd, BudgetKind::Usd)];
        if let Some((_, kind)) = kinds.into_iter().find(|(part, _)| *part == Some(0)) {
            return Err(kind);
        }
        count.reserved_steps += lent.steps.unwrap_or_default();
        count.reserved_tokens += lent.tokens.unwrap_or_default();
        count.reserved_usd += lent.micro_usd.unwrap_or_default();
        drop(count);
        Ok(Loan { meter: self.clone(), lent, user: None })
    }

    fn count(&self) -> MutexGuard<'_, Count> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Purse {
    /// Lends a part of what is left; says which budget is spent when there is nothing to lend.
    pub fn lend(&self, wanted: Budget) -> Result<Loan, BudgetKind> {
        self.0.lend(wanted)
    }
}

impl Loan {
    /// What was lent.
    pub fn budget(&self) -> Budget {
        self.lent
    }

    /// Says who uses it.
    pub fn used_by(&mut self, purse: &Purse) {
        self.user = Some(purse.0.clone());
    }
}

impl Drop for Loan {
    fn drop(&mut self) {
        let used = self.user.as_ref().map(Meter::spent).unwrap_or_default();
        let mut count = self.meter.count();
        count.reserved_steps = count.reserved_steps.saturating_sub(self.lent.steps.unwrap_or_default());
        count.reserved_tokens = count.reserved_tokens.saturating_sub(self.lent.tokens.unwrap_or_default());
        count.reserved_usd = count.reserved_usd.saturating_sub(self.lent.micro_usd.unwrap_or_default());
        count.spent.steps += used.steps;
        count.spent.tokens_in += used.tokens_in;
        count.spent.tokens_out += used.tokens_out;
        count.spent.micro_usd += used.micro_usd;
    }
}

impl Reservation {
    /// What the call is thought to read.
    pub(super) fn estimate_in(&self) -> u64 {
        self.estimate_in
    }

    /// Gives back what the call may not write after all.
    pub(super) fn lessen(&mut self, most_out: u64) {
        let less = self.most_out.saturating_sub(most_out);
        let mut count = self.meter.count();
        count.reserved_tokens = count.reserved_tokens.saturating_sub(less);
        let usd = count.price.map_or(0, |price| price.worst(self.estimate_in, most_out));
        count.reserved_usd = count.reserved_usd.saturating_sub(self.usd.saturating_sub(usd));
        self.usd = self.usd.min(usd);
        self.most_out = self.most_out.min(most_out);
    }

    /// The model began to answer.
    pub(super) fn begin(&mut self) {
        self.began = true;
    }

    /// Books what the call really used, and says the cost in micro-dollars.
    pub(super) fn settle(mut self, tokens: Tokens) -> u64 {
        self.book(tokens)
    }

    fn book(&mut self, tokens: Tokens) -> u64 {
        self.settled = true;
        let mut count = self.meter.count();
        count.reserved_tokens = count.reserved_tokens.saturating_sub(self.estimate_in + self.most_out);
        count.reserved_usd = count.reserved_usd.saturating_sub(self.usd);
        let cost = count.price.map_or(0, |price| price.cost(tokens));
        count.spent.tokens_in = count.spent.tokens_in.saturating_add(tokens.read);
        count.spent.tokens_out = count.spent.tokens_out.saturating_add(tokens.written);
        count.spent.micro_usd = count.spent.micro_usd.saturating_add(cost);
        cost
    }
}

impl Drop for Reservation {
    fn drop(&mut self) {
        match (self.settled, self.began) {
            (true, _) => {}
            (false, true) => {
                let worst = Tokens { read: self.estimate_in, written: self.most_out, ..Tokens::default() };
                self.book(worst);
            }
            (false, false) => _ = self.book(Tokens::default()),
        }
    }
}

impl BudgetKind {
    /// The word in the reason `budget_exceeded:<kind>`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Steps => "steps",
            Self::Tokens => "tokens",
            Self::Usd => "usd",
        }
    }
}

impl fmt::Display for BudgetKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn meter(tokens: Option<u64>, micro_usd: Option<u64>) -> Meter {
        Meter::new(Budget { steps: Some(3), tokens, micro_usd }, Some(Price::usd_per_million(1.0, 2.0)))
    }

    #[test]
    fn what_is_lent_comes_back_but_for_what_was_used() {
        let all = Budget { steps: Some(10), tokens: Some(1_000), micro_usd: None };
        let meter = Meter::new(all, None);
        let mut loan = meter.lend(Budget { steps: Some(60), tokens: Some(300), micro_usd: None }).unwrap();
        assert_eq!(loan.budget(), Budget { steps: Some(5), tokens: Some(300), micro_usd: None });
        let other = meter.lend(all).unwrap();
        assert_eq!(other.budget(), Budget { steps: Some(2), tokens: Some(350), micro_usd: None });
        drop(other);
        let child = Meter::new(loan.budget(), None);
        loan.used_by(&Purse(child.clone()));
        let mut call = child.reserve(10, 20).unwrap();
        call.begin();
        drop(call);
        drop(loan);
        assert_eq!(meter.spent(), Spent { steps: 1, tokens_in: 10, tokens_out: 20, micro_usd: 0 });
        assert_eq!(meter.lend(all).unwrap().budget().steps, Some(4));
        let spent = Meter::new(Budget { steps: Some(1), ..all }, None);
        assert_eq!(spent.lend(all).unwrap_err(), BudgetKind::Steps);
    }

    #[test]
    fn a_call_gets_what_is_left_and_then_the_budget_is_spent() {
        let meter = meter(Some(1_000), None);
        let first = meter.reserve(100, 800).unwrap();
        assert_eq!(first.most_out, 800);
        let mut second = meter.reserve(50, 800).unwrap();
        second.begin();
        assert_eq!(second.most_out, 50, "the first call's worst case is set aside");
        first.settle(Tokens { read: 100, written: 10, ..Tokens::default() });
        drop(second);
        assert_eq!(meter.spent(), Spent { steps: 2, tokens_in: 150, tokens_out: 60, micro_usd: 120 + 150 });
        assert_eq!(meter.reserve(900, 800).unwrap_err(), BudgetKind::Tokens);
    }

    #[test]
    fn money_and_steps_end_too() {
        let poor = meter(None, Some(100));
        let first = poor.reserve(10, 1_000).unwrap();
        assert_eq!(first.most_out, 45);
        assert_eq!(poor.reserve(10, 1_000).unwrap_err(), BudgetKind::Usd);
        drop(first);
        assert_eq!(poor.spent().micro_usd, 0, "a call that never began costs nothing");
        let busy = meter(None, None);
        for _ in 0..3 {
            busy.reserve(1, 1).unwrap().settle(Tokens { read: 1, written: 1, ..Tokens::default() });
        }
        assert_eq!(busy.reserve(1, 1).unwrap_err(), BudgetKind::Steps);
    }
}
