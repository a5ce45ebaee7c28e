//! A moment as pages show it: how long ago, with the exact time behind it.

use crate::kit::clock::Timestamp;
use crate::kit::clock::in_words;

/// A moment, in words and exactly.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct When {
    /// RFC 3339, for `datetime` and `title`.
    pub exact: String,
    /// `3 min ago`, `in 2 d`, or a date.
    pub words: String,
}

impl When {
    /// A moment as seen from now.
    pub fn new(at: Timestamp, now: Timestamp) -> Self {
        let words = if at > now {
            format!("in {}", coarse(at.since(now).as_secs()))
        } else {
            match now.since(at).as_secs() {
                0..=9 => "just now".to_owned(),
                seconds @ 0..=2_591_999 => format!("{} ago", coarse(seconds)),
                _ => at.rfc3339()[..10].to_owned(),
            }
        };
        Self { exact: at.rfc3339(), words }
    }
}

/// How long something took, or takes so far.
pub fn took(from: Timestamp, to: Timestamp) -> String {
    in_words(to.since(from))
}

/// One unit is enough at a glance; the exact time is one hover away.
fn coarse(seconds: u64) -> String {
    match seconds {
        0..=59 => format!("{seconds} s"),
        60..=3599 => format!("{} min", seconds / 60),
        3600..=86_399 => format!("{} h", seconds / 3600),
        _ => format!("{} d", seconds / 86_400),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_read_as_people_say_them() {
        let now = Timestamp::parse("2026-03-10T12:00:00Z").expect("a time");
        let check = |at: &str| When::new(Timestamp::parse(at).expect("a time"), now).words;
        assert_eq!(check("2026-03-10T11:59:58Z"), "just now");
        assert_eq!(check("2026-03-10T11:57:00Z"), "3 min ago");
        assert_eq!(check("2026-03-08T11:57:00Z"), "2 d ago");
        assert_eq!(check("2026-03-17T12:00:00Z"), "in 7 d");
        assert_eq!(check("2025-03-17T12:00:00Z"), "2025-03-17");
    }
}
