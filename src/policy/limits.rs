//! The tightest limits of two policies.

use crate::catalog::PolicyFile;
use crate::catalog::policy_file::Limits;

/// The tightest limits of a repository's and its organisation's policy.
pub fn limits(repository: &PolicyFile, organisation: &PolicyFile) -> Limits {
    let (a, b) = (&repository.limits, &organisation.limits);
    Limits {
        runs_per_hour: tighter(a.runs_per_hour, b.runs_per_hour),
        concurrent: tighter(a.concurrent, b.concurrent),
        usd_per_day: cheaper(a.usd_per_day, b.usd_per_day),
        organisation_usd_per_day: cheaper(a.organisation_usd_per_day, b.organisation_usd_per_day),
    }
}

/// Dollars of a file in micro-dollars.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "what a file says is positive and small")]
pub fn micro(usd: f64) -> u64 {
    (usd.max(0.0) * 1e6).round() as u64
}

fn cheaper(a: Option<f64>, b: Option<f64>) -> Option<f64> {
    match (a, b) {
        (Some(a), Some(b)) => Some(a.min(b)),
        (a, b) => a.or(b),
    }
}

fn tighter(a: Option<u32>, b: Option<u32>) -> Option<u32> {
    match (a, b) {
        (Some(a), Some(b)) => Some(a.min(b)),
        (a, b) => a.or(b),
    }
}
