//! The tightest limits of two policies.

use crate::catalog::PolicyFile;
use crate::catalog::policy_file::Limits;

/// The tightest limits of a repository's and its organisation's policy.
pub fn limits(repository: &PolicyFile, organisation: &PolicyFile) -> Limits {
    let (a, b) = (&repository.limits, &organisation.limits);
    Limits {
        runs_per_hour: tighter(a.runs_per_hour, b.runs_per_hour),
        concurrent: tighter(a.concurrent, b.concurrent),
        usd_per_day: match (a.usd_per_day, b.usd_per_day) {
            (Some(a), Some(b)) => Some(a.min(b)),
            (a, b) => a.or(b),
        },
    }
}

fn tighter(a: Option<u32>, b: Option<u32>) -> Option<u32> {
    match (a, b) {
        (Some(a), Some(b)) => Some(a.min(b)),
        (a, b) => a.or(b),
    }
}
