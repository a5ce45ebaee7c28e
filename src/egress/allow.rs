//! What an administrator opened: hosts by name, and ranges of addresses.

use std::net::IpAddr;
use std::str::FromStr;

use crate::egress::address::same_start;
use crate::kit::Error;
use crate::kit::Result;

/// What is open although it is not of the public internet. Nothing, unless somebody says so.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Allow(Vec<Opening>);

#[derive(Clone, Debug, PartialEq, Eq)]
enum Opening {
    /// A host by its name, wherever the name leads.
    Host(String),
    /// Every host below a name.
    Below(String),
    /// Addresses that begin alike.
    Range(IpAddr, u32),
}

impl Allow {
    /// From words such as `ci.internal`, `*.internal`, `10.1.2.3` and `10.0.0.0/8`.
    pub fn parse(words: &[String]) -> Result<Self> {
        words.iter().map(|word| word.trim().parse()).collect::<Result<_>>().map(Self)
    }

    /// Whether a host is open by its name.
    pub fn names(&self, host: &str) -> bool {
        let host = host.trim_end_matches('.').to_ascii_lowercase();
        self.0.iter().any(|opening| match opening {
            Opening::Host(name) => *name == host,
            Opening::Below(name) => host.strip_suffix(name).is_some_and(|rest| rest.ends_with('.')),
            Opening::Range(..) => false,
        })
    }

    /// Whether an address is open.
    pub fn holds(&self, address: IpAddr) -> bool {
        let address = address.to_canonical();
        self.0.iter().any(|opening| match opening {
            Opening::Range(IpAddr::V4(net), bits) => match address {
                IpAddr::V4(address) => same_start(address.to_bits().into(), net.to_bits().into(), *bits, 32),
                IpAddr::V6(_) => false,
            },
            Opening::Range(IpAddr::V6(net), bits) => match address {
                IpAddr::V6(address) => same_start(address.to_bits(), net.to_bits(), *bits, 128),
                IpAddr::V4(_) => false,
            },
            Opening::Host(_) | Opening::Below(_) => false,
        })
    }
}

impl FromStr for Opening {
    type Err = Error;

    fn from_str(word: &str) -> Result<Self> {
        let wrong = || {
            Error::invalid(format!("`{word}` is neither a host nor a range of addresses"))
                .hint("use words such as `ci.internal`, `*.internal`, `10.1.2.3` and `10.0.0.0/8`")
                .field("egress_allow")
        };
        let (address, bits) = match word.split_once('/') {
            Some((address, bits)) => (address, Some(bits.parse::<u32>().map_err(|_| wrong())?)),
            None => (word, None),
        };
        if let Ok(address) = address.parse::<IpAddr>() {
            let width = if address.is_ipv4() { 32 } else { 128 };
            let bits = bits.unwrap_or(width);
            return if bits <= width { Ok(Self::Range(address, bits)) } else { Err(wrong()) };
        }
        let below = word.strip_prefix("*.");
        let name = below.unwrap_or(word).to_ascii_lowercase();
        match url::Host::parse(&name) {
            Ok(url::Host::Domain(host)) if bits.is_none() && host == name && !name.contains('*') => {
                Ok(if below.is_some() { Self::Below(name) } else { Self::Host(name) })
            }
            _ => Err(wrong()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn allow(words: &[&str]) -> Result<Allow> {
        Allow::parse(&words.iter().map(|word| (*word).to_owned()).collect::<Vec<_>>())
    }

    #[test]
    fn hosts_and_ranges_are_opened_and_nothing_beside_them() {
        let allow = allow(&["CI.internal", "*.corp.example", "10.0.0.0/8", "fd00::/16", "127.0.0.1"]).unwrap();
        let open = ["ci.internal", "ci.internal.", "a.b.corp.example"].map(|host| allow.names(host));
        assert_eq!(open, [true; 3]);
        let shut = ["xci.internal", "corp.example", "evilcorp.example", "10.0.0.1"].map(|host| allow.names(host));
        assert_eq!(shut, [false; 4]);
        let inside = ["10.9.9.9", "fd00::1", "127.0.0.1", "::ffff:10.0.0.1"];
        assert_eq!(inside.map(|text| allow.holds(text.parse().unwrap())), [true; 4]);
        let outside = ["11.0.0.1", "fd01::1", "127.0.0.2", "::1"];
        assert_eq!(outside.map(|text| allow.holds(text.parse().unwrap())), [false; 4]);
    }

    #[test]
    fn what_is_neither_is_told() {
        for wrong in ["", "10.0.0.0/33", "a b", "*", "*.*.x", "http://x", "host/8", "10.0.0.0/x", "x:80"] {
            assert!(allow(&[wrong]).is_err(), "{wrong}");
        }
    }
}
