//! One thing to be told to one hook, and each time that it was tried.

use std::time::Duration;

use crate::forge::embedded::hooks::HookEvent;
use crate::kit::Error;
use crate::kit::Result;
use crate::kit::clock::Timestamp;
use crate::model::RepoId;
use crate::vault::Keeper;

crate::id!(
    /// A delivery to a hook; whoever is told sees it as `X-Gitea-Delivery`.
    HookDeliveryId
);

/// How often a delivery is tried before it is given up.
pub const MOST_TRIES: i64 = 6;

/// The wait before the second try; each further one is four times as long.
const FIRST_WAIT: Duration = Duration::from_secs(10);

/// One thing to be told to one hook.
#[derive(Clone, Debug)]
pub struct HookDelivery {
    /// Its id.
    pub id: HookDeliveryId,
    /// Whose hook it is.
    pub keeper: Keeper,
    /// The hook.
    pub hook: i64,
    /// Where it happened.
    pub repo: RepoId,
    /// What happened.
    pub event: HookEvent,
    /// The same as JSON.
    pub payload: String,
    /// What became of it.
    pub state: HookDeliveryState,
    /// How often it was tried.
    pub tries: i64,
    /// When it is tried next, while it is pending.
    pub due: Timestamp,
    /// The delivery that it says again.
    pub original: Option<HookDeliveryId>,
    /// When it happened.
    pub created: Timestamp,
}

/// What became of a delivery.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HookDeliveryState {
    /// It is to be tried, for the first time or again.
    Pending,
    /// It was taken with a status of success.
    Delivered,
    /// It was refused, or tried too often.
    Failed,
}

/// One time that a delivery was tried.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HookAttempt {
    /// Counted from 1.
    pub number: i64,
    /// When it began.
    pub at: Timestamp,
    /// How long it took.
    pub took: Duration,
    /// Where it went.
    pub url: String,
    /// Headers that were sent.
    pub request_headers: Vec<(String, String)>,
    /// The status that came back.
    pub status: Option<u16>,
    /// Why nothing came back.
    pub error: Option<String>,
    /// Headers that came back.
    pub answer_headers: Vec<(String, String)>,
    /// The beginning of what came back.
    pub answer: String,
    /// Whether there was more of it.
    pub cut: bool,
}

/// Whether a try that ended so is the last one, and if not, how long to wait. Pure: the jitter, from 0 to 1, is handed in.
pub(super) fn next_try(status: Option<u16>, refused: bool, tries: i64, jitter: f64) -> Option<Duration> {
    let may_mend = match status {
        Some(408 | 425 | 429 | 500..=599) => true,
        Some(_) => false,
        None => !refused,
    };
    if !may_mend || tries >= MOST_TRIES {
        return None;
    }
    let doubled = 4_u32.saturating_pow(u32::try_from(tries - 1).unwrap_or(0));
    // From three quarters to five quarters, so that those who failed together do not come again together.
    Some(FIRST_WAIT.saturating_mul(doubled).mul_f64(0.75 + jitter.clamp(0.0, 1.0) / 2.0))
}

impl HookDeliveryState {
    /// The word in the database.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Delivered => "delivered",
            Self::Failed => "failed",
        }
    }
}

impl std::str::FromStr for HookDeliveryState {
    type Err = Error;

    fn from_str(word: &str) -> Result<Self> {
        match word {
            "pending" => Ok(Self::Pending),
            "delivered" => Ok(Self::Delivered),
            "failed" => Ok(Self::Failed),
            _ => Err(Error::invalid("This is no state of a delivery")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_may_mend_is_tried_again_later_and_later() {
        let waits: Vec<u64> = (1..6).map(|tries| next_try(Some(500), false, tries, 0.5).unwrap().as_secs()).collect();
        assert_eq!(waits, [10, 40, 160, 640, 2560]);
        assert_eq!(next_try(Some(500), false, MOST_TRIES, 0.5), None);
        assert_eq!(next_try(None, false, 1, 0.0), Some(Duration::from_millis(7500)));
        assert_eq!(next_try(Some(429), false, 1, 1.0), Some(Duration::from_millis(12_500)));
        for last in [Some(301), Some(302), Some(404), Some(410)] {
            assert_eq!(next_try(last, false, 1, 0.5), None, "{last:?}");
        }
        assert_eq!(next_try(None, true, 1, 0.5), None, "the way there is shut");
    }
}
