//! When by the clock: a cron line and the time zone that it is read in.

use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;

use serde::Deserialize;
use serde::Serialize;

use crate::kit::Error;
use crate::kit::clock::Timestamp;
use crate::kit::text::visible_line;

/// Minute, hour, day of month, month, day of week.
#[derive(Clone, Debug)]
pub struct Cron {
    text: String,
    line: croner::Cron,
}

/// A time zone of the IANA database.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Zone(jiff::tz::TimeZone);

impl Cron {
    /// The line as it was written.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The first moment after `after` at which it strikes, in this time zone; none when it never does.
    pub fn next(&self, after: Timestamp, zone: &Zone) -> Option<Timestamp> {
        let after = jiff::Timestamp::from_microsecond(after.0).ok()?.to_zoned(zone.0.clone());
        let next = self.line.find_next_occurrence(&after, false).ok()?;
        Some(Timestamp(next.timestamp().as_microsecond()))
    }

    /// The last moment, `now` included, at which it struck; none when it never did.
    pub fn last(&self, now: Timestamp, zone: &Zone) -> Option<Timestamp> {
        let now = jiff::Timestamp::from_microsecond(now.0).ok()?.to_zoned(zone.0.clone());
        let last = self.line.find_previous_occurrence(&now, true).ok()?;
        Some(Timestamp(last.timestamp().as_microsecond()))
    }
}

impl FromStr for Cron {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        let refuse = |why: &str| {
            Error::invalid(format!("`{}` is not a cron line: {why}", visible_line(text, 60)))
                .hint("five fields: minute, hour, day of month, month, day of week: `0 6 * * 1-5` is 6:00 on weekdays")
        };
        if text.len() > 100 || text.split_whitespace().count() != 5 {
            return Err(refuse("it needs five fields"));
        }
        let line = croner::Cron::from_str(text).map_err(|error| {
            let told = error.to_string();
            refuse(told.trim_start_matches("Component error: ").trim_end_matches('.').to_lowercase().as_str())
        })?;
        Ok(Self { text: text.to_owned(), line })
    }
}

impl FromStr for Zone {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        let known = !text.is_empty() && text.len() <= 64 && !text.starts_with(['/', '.', ':']);
        let zone = known.then(|| jiff::tz::TimeZone::get(text).ok()).flatten();
        zone.map(Self).ok_or_else(|| {
            Error::invalid(format!("`{}` is not a time zone", visible_line(text, 60)))
                .hint("write a name of the IANA database, such as `UTC` or `Europe/Berlin`")
        })
    }
}

impl Default for Zone {
    fn default() -> Self {
        Self(jiff::tz::TimeZone::UTC)
    }
}

impl fmt::Display for Zone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0.iana_name().unwrap_or("UTC"))
    }
}

impl fmt::Display for Cron {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl PartialEq for Cron {
    fn eq(&self, other: &Self) -> bool {
        self.text == other.text
    }
}

impl Eq for Cron {}

super::value::as_text!(Cron, "cron", "Minute, hour, day of month, month, day of week: `0 6 * * 1-5`.");
super::value::as_text!(Zone, "timezone", "A time zone of the IANA database: `UTC`, `Europe/Berlin`.");

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn weekdays_at_six_follow_the_clock_of_the_zone() {
        let cron: Cron = "0 6 * * 1-5".parse().expect("a cron line");
        let friday_noon = Timestamp::parse("2026-11-20T12:00:00Z").expect("a time");
        let next = |zone: &str| cron.next(friday_noon, &zone.parse().expect("a zone")).expect("it strikes").rfc3339();
        assert_eq!(next("UTC"), "2026-11-23T06:00:00Z");
        assert_eq!(next("Europe/Berlin"), "2026-11-23T05:00:00Z");
    }

    #[test]
    fn the_last_strike_may_be_this_moment() {
        let cron: Cron = "0 6 * * 1-5".parse().expect("a cron line");
        let last = |now: &str| {
            let now = Timestamp::parse(now).expect("a time");
            cron.last(now, &Zone::default()).expect("it struck").rfc3339()
        };
        assert_eq!(last("2026-11-23T06:00:00Z"), "2026-11-23T06:00:00Z");
        assert_eq!(last("2026-11-23T05:59:59Z"), "2026-11-20T06:00:00Z");
    }

    #[test]
    fn what_is_not_a_cron_line_is_refused() {
        for text in ["", "* * * *", "* * * * * *", "61 * * * *", "a b c d e", "* * * * 9", &"1,".repeat(200)] {
            assert!(text.parse::<Cron>().is_err(), "{text}");
        }
        for zone in ["", "Mars/Olympus", "../../etc/passwd", "/etc/localtime"] {
            assert!(zone.parse::<Zone>().is_err(), "{zone}");
        }
    }
}
