//! A host and a port, parsed once: what is asked for, and what is allowed, are compared as parsed, and the parsed host is
//! what is connected to.
//!
//! Strict on purpose. What two programs could read differently is refused: numbers in other bases, names with a dot at the
//! end, user names, percent signs, letters outside ASCII, zones of addresses.

use std::fmt;
use std::net::IpAddr;
use std::net::Ipv4Addr;
use std::net::Ipv6Addr;
use std::str::FromStr;

use crate::kit::Error;
use crate::kit::Result;
use crate::kit::text::visible_line;

/// A host and a port to connect to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Target {
    /// The host.
    pub host: TargetHost,
    /// The port.
    pub port: u16,
}

/// A host: a name in small letters, or an address.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TargetHost {
    /// A name.
    Name(String),
    /// An address, as somebody wrote it.
    Address(IpAddr),
}

/// Hosts that may be reached: `docs.example`, `*.example`, each also with a port.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HostPattern {
    name: String,
    below: bool,
    port: Option<u16>,
}

/// The ports of a pattern that names none: those of `http` and `https`.
const USUAL_PORTS: [u16; 2] = [443, 80];

/// The longest name.
const LONGEST: usize = 253;

impl Target {
    /// Reads `host:port`; without a port it has this one.
    pub fn parse(text: &str, usual: Option<u16>) -> Result<Self> {
        let wrong = || {
            Error::invalid(format!("`{}` is not a host and a port", visible_line(text, 80)))
                .hint("write a name of small letters, digits and `-`, a colon, and a port")
        };
        let (host, port) = match text.strip_prefix('[') {
            Some(rest) => {
                let (address, port) = rest.split_once(']').ok_or_else(wrong)?;
                let address: Ipv6Addr = address.parse().map_err(|_| wrong())?;
                (TargetHost::Address(address.into()), port)
            }
            None => {
                let (host, port) = text.split_once(':').map_or((text, ""), |(host, _)| (host, &text[host.len()..]));
                (host_of(host).ok_or_else(wrong)?, port)
            }
        };
        let port = match (port.strip_prefix(':'), usual) {
            (Some(digits), _) => port_of(digits).ok_or_else(wrong)?,
            (None, Some(usual)) if port.is_empty() => usual,
            _ => return Err(wrong()),
        };
        Ok(Self { host, port })
    }
}

impl HostPattern {
    /// Whether it is meant. An address that is written as numbers is never meant by a name.
    pub fn matches(&self, target: &Target) -> bool {
        let TargetHost::Name(host) = &target.host else { return false };
        let name = match self.below {
            true => host.strip_suffix(&self.name).is_some_and(|rest| rest.len() > 1 && rest.ends_with('.')),
            false => *host == self.name,
        };
        name && self.port.map_or(USUAL_PORTS.contains(&target.port), |port| port == target.port)
    }
}

impl FromStr for HostPattern {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        let wrong = || {
            Error::invalid(format!("`{}` is not a host", visible_line(text, 60)))
                .hint("write a name without scheme or path: `a.example`, `*.a.example` or `a.example:8443`")
        };
        let (host, port) = match text.split_once(':') {
            Some((host, digits)) => (host, Some(port_of(digits).ok_or_else(wrong)?)),
            None => (text, None),
        };
        let below = host.strip_prefix("*.");
        match host_of(below.unwrap_or(host)) {
            Some(TargetHost::Name(name)) if name.contains('.') || port.is_some() => {
                Ok(Self { name, below: below.is_some(), port })
            }
            _ => Err(wrong()),
        }
    }
}

/// A name or an address of IPv4. Capitals are folded; everything else must be written as it is meant.
fn host_of(text: &str) -> Option<TargetHost> {
    let label = |part: &str| {
        (1..=63).contains(&part.len())
            && part.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
            && !part.starts_with('-')
            && !part.ends_with('-')
    };
    if text.len() > LONGEST || !text.split('.').all(label) {
        return None;
    }
    // What ends in a number is an address to some and a name to others: only the one plain way of writing it is read.
    if text.rsplit('.').next().is_some_and(|last| last.starts_with(|c: char| c.is_ascii_digit())) {
        let address: Ipv4Addr = text.parse().ok()?;
        return Some(TargetHost::Address(address.into()));
    }
    // A name that the rest of the house reads otherwise, or not at all, is no name: `xn--` that means nothing, for one.
    let name = text.to_ascii_lowercase();
    (url::Host::parse(&name) == Ok(url::Host::Domain(name.clone()))).then_some(TargetHost::Name(name))
}

fn port_of(digits: &str) -> Option<u16> {
    let plain = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit()) && !digits.starts_with('0');
    plain.then(|| digits.parse().ok()).flatten()
}

impl fmt::Display for TargetHost {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Name(name) => f.write_str(name),
            Self::Address(IpAddr::V6(address)) => write!(f, "[{address}]"),
            Self::Address(address) => write!(f, "{address}"),
        }
    }
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.host, self.port)
    }
}

impl fmt::Display for HostPattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let below = if self.below { "*." } else { "" };
        match self.port {
            Some(port) => write!(f, "{below}{}:{port}", self.name),
            None => write!(f, "{below}{}", self.name),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn matches(pattern: &str, target: &str) -> bool {
        let pattern: HostPattern = pattern.parse().unwrap();
        Target::parse(target, None).is_ok_and(|target| pattern.matches(&target))
    }

    #[test]
    fn a_pattern_means_its_hosts_and_ports_and_no_others() {
        for (pattern, target) in [
            ("a.example", "a.example:443"),
            ("a.example", "A.Example:80"),
            ("*.a.example", "b.a.example:443"),
            ("*.a.example", "c.b.a.example:443"),
            ("a.example:8443", "a.example:8443"),
            ("registry:5000", "registry:5000"),
        ] {
            assert!(matches(pattern, target), "{pattern} {target}");
        }
        for (pattern, target) in [
            ("a.example", "b.a.example:443"),
            ("a.example", "a.example:22"),
            ("a.example", "xa.example:443"),
            ("a.example", "a.example.evil.example:443"),
            ("*.a.example", "a.example:443"),
            ("*.a.example", "xa.example:443"),
            ("a.example:8443", "a.example:443"),
        ] {
            assert!(!matches(pattern, target), "{pattern} {target}");
        }
        for wrong in [
            "",
            "*",
            "*.",
            "a",
            "a.example/",
            "https://a.example",
            "a.example:0",
            "127.0.0.1",
            "a..b",
            "ä.example",
            "*.*.a",
        ] {
            assert!(wrong.parse::<HostPattern>().is_err(), "{wrong}");
        }
    }

    #[test]
    fn what_two_programs_could_read_differently_is_refused() {
        for text in [
            "",
            ":443",
            "a.example",
            "a.example:",
            "a.example:443:1",
            "a.example:+443",
            "a.example: 443",
            "a.example:0443",
            "a.example:65536",
            "a.example:0",
            "a.example.:443",
            "a.example%00:443",
            "a.example\0:443",
            "a.example\n:443",
            "user@a.example:443",
            "a.example:443@evil.example:443",
            "a.example/:443",
            "a.example\\:443",
            "a.example#:443",
            "ä.example:443",
            "a.example\u{3002}evil:443",
            "a_b.example:443",
            "-a.example:443",
            "a-.example:443",
            "0177.0.0.1:443",
            "0x7f.0.0.1:443",
            "2130706433:443",
            "127.1:443",
            "1.2.3:443",
            "127.0.0.01:443",
            "a.1:443",
            "::1:443",
            "[::1:443",
            "[::1%eth0]:443",
            "[::1]443",
            "[::ffff:127.0.0.1",
            "[v1.x]:443",
        ] {
            assert!(Target::parse(text, None).is_err(), "{text:?}");
        }
        assert_eq!(Target::parse("A.Example:443", None).unwrap().to_string(), "a.example:443");
        assert_eq!(Target::parse("[::ffff:127.0.0.1]:1", None).unwrap().to_string(), "[::ffff:127.0.0.1]:1");
        assert_eq!(Target::parse("a.example", Some(80)).unwrap().port, 80);
    }

    /// Whatever a pattern admits is a name that means the same to whoever looks it up: the dialer is handed the parsed
    /// name, and no other parser reads it again.
    #[test]
    fn five_hundred_spellings_are_refused_or_mean_what_they_say() {
        let pattern: HostPattern = "*.allowed.example".parse().unwrap();
        let before = [
            "",
            "x.",
            "X.",
            "x..",
            "-.",
            "%78.",
            "x@",
            "x:1@",
            "\u{200b}x.",
            "x\0.",
            "x\t.",
            "127.0.0.1.",
            "0x7f.",
            "[::1].",
            "x/",
            "x?",
            "x#",
            "x\\",
            "ｘ.",
            "xn--a.",
            "_x.",
            "x y.",
        ];
        let middle = [
            "allowed.example",
            "ALLOWED.EXAMPLE",
            "allowed.example.",
            "allowed。example",
            "evil.example/allowed.example",
        ];
        let after = ["", ":443", ":80", ":22", ":0443"];
        let mut seen = 0;
        let (before, middle, after) = (&before, &middle, &after);
        let endings = middle.iter().flat_map(|b| after.iter().map(move |c| format!("{b}{c}")));
        let endings: Vec<String> = endings.collect();
        for text in before.iter().flat_map(|a| endings.iter().map(move |end| format!("{a}{end}"))) {
            seen += 1;
            let Ok(target) = Target::parse(&text, None) else { continue };
            if pattern.matches(&target) {
                let TargetHost::Name(name) = &target.host else { panic!("{text}") };
                assert!(name.ends_with(".allowed.example") && [80, 443].contains(&target.port), "{text}");
                let dialed = url::Host::parse(name).unwrap();
                assert_eq!(dialed, url::Host::Domain(name.clone()), "{text}");
            }
        }
        assert!(seen >= 500, "{seen}");
    }
}
