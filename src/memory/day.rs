//! A day as records write it: `2026-10-01`. A moment (`2026-10-01T08:00:00Z`) is taken for its day in UTC.

use std::fmt;
use std::str::FromStr;

use jiff::civil::Date;

use crate::kit::Error;
use crate::kit::clock::Timestamp;
use crate::kit::text::visible_line;

/// A day of the calendar.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Day(Date);

impl Day {
    /// The day in UTC of a moment.
    pub fn of(at: Timestamp) -> Self {
        let moment = jiff::Timestamp::from_second(at.seconds()).unwrap_or(jiff::Timestamp::UNIX_EPOCH);
        Self(moment.to_zoned(jiff::tz::TimeZone::UTC).date())
    }
}

impl FromStr for Day {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        let day = text.get(..10).filter(|_| text.len() == 10 || Timestamp::parse(text).is_some());
        day.and_then(|day| day.parse().ok()).map(Self).ok_or_else(|| {
            Error::invalid(format!("`{}` is not a day", visible_line(text, 40))).hint("write it as `2026-10-01`")
        })
    }
}

impl fmt::Display for Day {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)
    }
}
