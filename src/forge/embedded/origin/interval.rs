//! How often a mirror looks, as people and Gitea's clients write it: `8h`, `1h30m`, `0`.

use std::time::Duration;

use crate::kit::Error;
use crate::kit::Result;
use crate::kit::text::visible_line;

/// No mirror looks more often by itself.
pub const LEAST_PERIOD: Duration = Duration::from_secs(600);
/// No mirror looks more seldom, unless only when asked.
const LONGEST: Duration = Duration::from_secs(90 * 24 * 3600);
/// How often a mirror looks when nobody says how often.
const USUAL: Duration = Duration::from_secs(8 * 3600);

/// Reads how often; zero means only when somebody asks, nothing means every eight hours.
pub fn period_of(text: &str) -> Result<Duration> {
    let text = text.trim();
    if text.is_empty() {
        return Ok(USUAL);
    }
    let period = read(text).ok_or_else(|| {
        Error::invalid(format!("`{}` is no span of time", visible_line(text, 40)))
            .hint("write it like `8h`, `1h30m` or `0` for only when somebody asks")
            .field("mirror_interval")
    })?;
    if !period.is_zero() && !(LEAST_PERIOD..=LONGEST).contains(&period) {
        return Err(Error::invalid("A mirror looks every 10 minutes at most, and every 90 days at least")
            .hint("`0` lets it look only when somebody asks")
            .field("mirror_interval"));
    }
    Ok(period)
}

/// How often, as Gitea's clients read it: `8h0m0s`.
pub fn period_words(period: Duration) -> String {
    let seconds = period.as_secs();
    format!("{}h{}m{}s", seconds / 3600, seconds % 3600 / 60, seconds % 60)
}

fn read(text: &str) -> Option<Duration> {
    if text == "0" {
        return Some(Duration::ZERO);
    }
    let (mut seconds, mut digits) = (0_u64, String::new());
    for letter in text.chars() {
        let each = match letter {
            '0'..='9' => {
                digits.push(letter);
                continue;
            }
            'd' => 86_400,
            'h' => 3600,
            'm' => 60,
            's' => 1,
            _ => return None,
        };
        let count: u64 = std::mem::take(&mut digits).parse().ok()?;
        seconds = seconds.checked_add(count.checked_mul(each)?)?;
    }
    digits.is_empty().then(|| Duration::from_secs(seconds))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_are_read_as_people_and_clients_write_them() {
        let read = |text: &str| period_of(text).map(|period| period.as_secs()).ok();
        let good = [("", 28_800), ("8h0m0s", 28_800), ("10m", 600), ("1h30m", 5400), ("7d", 604_800), ("0", 0)];
        for (text, seconds) in good {
            assert_eq!(read(text), Some(seconds), "{text}");
        }
        for text in ["1", "h", "9m59s", "91d", "-1h", "1h ", "99999999999999999999h", "1x"] {
            assert_eq!(read(text).filter(|_| text != "1h "), None, "{text}");
        }
        assert_eq!(period_words(Duration::from_secs(5400)), "1h30m0s");
    }
}
