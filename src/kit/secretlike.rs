//! Finds text that looks like somebody's secret: tokens of known makers, private keys, passwords in addresses, and
//! long random values that are given a telling name.
//!
//! A guess by form. It misses what has no form, and may call an example a secret; whoever uses it says what it does then.

use std::collections::BTreeSet;
use std::ops::Range;
use std::sync::LazyLock;

use regex::bytes::Captures;
use regex::bytes::Regex;
use regex::bytes::RegexSet;

/// A stretch that looks like a secret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// What it looks like: `a GitHub token`.
    pub what: &'static str,
    /// Where it stands, in bytes. Never splits a character.
    pub range: Range<usize>,
}

/// Every stretch that looks like a secret, in order, without overlaps.
pub fn find(bytes: &[u8]) -> Vec<Finding> {
    let mut found: Vec<Finding> = Vec::new();
    for form in FORMS.set.matches(bytes) {
        let (what, _) = PATTERNS[form];
        let stretches = FORMS.each[form].captures_iter(bytes).filter_map(|captures| stretch(what, &captures));
        found.extend(stretches.map(|range| Finding { what, range }));
    }
    found.sort_by_key(|finding| (finding.range.start, std::cmp::Reverse(finding.range.end)));
    let mut end = 0;
    found.retain(|finding| {
        let apart = finding.range.start >= end;
        end = end.max(finding.range.end);
        apart
    });
    found
}

/// The line that a stretch starts on, counted from one.
pub fn line_of(bytes: &[u8], finding: &Finding) -> usize {
    1 + bytes[..finding.range.start].iter().filter(|byte| **byte == b'\n').count()
}

/// The text with each secret-like stretch replaced by `[redacted: …]`, and how many there were.
pub fn redact(text: &str) -> (String, usize) {
    let found = find(text.as_bytes());
    let mut clean = String::with_capacity(text.len());
    let mut from = 0;
    for Finding { what, range } in &found {
        clean.push_str(&text[from..range.start]);
        clean.push_str(&format!("[redacted: {what}]"));
        from = range.end;
    }
    clean.push_str(&text[from..]);
    (clean, found.len())
}

const PASSWORD_IN_ADDRESS: &str = "a password in an address";
const NAMED_VALUE: &str = "a secret value";

/// What it is, and its form. A group named `secret` narrows the stretch.
#[rustfmt::skip]
const PATTERNS: [(&str, &str); 15] = [
    ("a private key", r"-----BEGIN [A-Z ]{0,40}PRIVATE KEY(?: BLOCK)?-----[A-Za-z0-9+/=\s:,.\\-]*"),
    ("a GitHub token", r"\bgh[pousr]_[A-Za-z0-9]{36,255}"),
    ("a GitHub token", r"\bgithub_pat_[A-Za-z0-9_]{22,255}"),
    ("a GitLab token", r"\bglpat-[A-Za-z0-9_-]{20,64}"),
    ("a Forgehand token", r"\bfh_[A-Za-z0-9_-]{24,128}"),
    ("a model key", r"\bsk-(?:ant-|proj-|or-)?[A-Za-z0-9_-]{20,200}"),
    ("an AWS key", r"\b(?:AKIA|ASIA)[A-Z0-9]{16}\b"),
    ("a Google key", r"\bAIza[0-9A-Za-z_-]{35}"),
    ("a Slack token", r"\bxox[abposr]-[A-Za-z0-9-]{10,250}"),
    ("a Stripe key", r"\b[rs]k_live_[0-9A-Za-z]{20,100}"),
    ("a registry token", r"\bnpm_[A-Za-z0-9]{36}\b"),
    ("a registry token", r"\bpypi-[A-Za-z0-9_-]{50,250}"),
    ("a signed token", r"\beyJ[A-Za-z0-9_-]{10,2000}\.eyJ[A-Za-z0-9_-]{10,4000}\.[A-Za-z0-9_-]{10,1000}"),
    (PASSWORD_IN_ADDRESS, r"\b[a-zA-Z][a-zA-Z0-9+.-]{1,20}://[^\s/:@]{1,100}:(?<secret>[!-.0-9;-?A-~]{6,200})@"),
    (NAMED_VALUE, r#"(?i)(?:api_?-?key|secret|token|passw(?:or)?d|credential)[a-z_-]{0,20}["']?\s{0,3}(?:=|:|=>)\s{0,3}["']?(?<secret>[A-Za-z0-9+/_=-]{24,200})"#),
];

struct Forms {
    set: RegexSet,
    each: Vec<Regex>,
}

static FORMS: LazyLock<Forms> = LazyLock::new(|| {
    let patterns = PATTERNS.map(|(_, pattern)| pattern);
    let each = patterns.iter().map(|pattern| Regex::new(pattern).expect("a test compiles every pattern")).collect();
    Forms { set: RegexSet::new(patterns).expect("a test compiles every pattern"), each }
});

/// The stretch of a match, unless a closer look says that it is an example.
fn stretch(what: &'static str, captures: &Captures<'_>) -> Option<Range<usize>> {
    let found = captures.name("secret").or_else(|| captures.get(0))?;
    let real = match what {
        PASSWORD_IN_ADDRESS => !is_placeholder(found.as_bytes()),
        NAMED_VALUE => is_random(found.as_bytes()) && !is_placeholder(found.as_bytes()),
        _ => true,
    };
    real.then(|| found.range())
}

fn is_placeholder(value: &[u8]) -> bool {
    let lower = value.to_ascii_lowercase();
    let holds = |word: &str| lower.windows(word.len()).any(|window| window == word.as_bytes());
    lower.iter().any(|byte| b"${}<>*%".contains(byte))
        || ["password", "passwd", "secret", "example", "changeme", "placeholder", "xxxx", "your"]
            .iter()
            .any(|word| holds(word))
}

/// Whether a value has the mix of a random one: letters and digits, and many different ones.
fn is_random(value: &[u8]) -> bool {
    let digits = value.iter().filter(|byte| byte.is_ascii_digit()).count();
    let letters = value.iter().filter(|byte| byte.is_ascii_alphabetic()).count();
    let different: BTreeSet<u8> = value.iter().copied().collect();
    digits >= 3 && letters >= 3 && different.len() >= 12
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kinds(text: &str) -> Vec<&'static str> {
        find(text.as_bytes()).into_iter().map(|finding| finding.what).collect()
    }

    #[test]
    fn tokens_of_known_makers_are_found() {
        let long = "aB3dE6gH9jK2mN5pQ8sT1vW4yZ7bC0eF3hI6kL9";
        for (text, what) in [
            (format!("ghp_{}", &long[..36]), "a GitHub token"),
            (format!("glpat-{}", &long[..20]), "a GitLab token"),
            (format!("fh_{long}"), "a Forgehand token"),
            (format!("sk-proj-{long}"), "a model key"),
            (format!("AKIA{}", "ABCDEFGH12345678"), "an AWS key"),
            (format!("-----BEGIN RSA {}-----\nMIIE\nabcd", "PRIVATE KEY"), "a private key"),
            (format!("postgres://app:{}@db/x", "hunter22x"), PASSWORD_IN_ADDRESS),
            (format!("API_KEY = \"{long}\""), NAMED_VALUE),
        ] {
            assert_eq!(kinds(&format!("before {text} after é")), [what], "{text}");
        }
    }

    #[test]
    fn usual_text_is_left_alone() {
        for text in [
            "commit 0123456789012345678901234567890123456789",
            "postgres://app:password@db/x and https://user:$TOKEN@host/",
            "token = get_token_from_the_environment_somehow",
            "secret: ${{ secrets.DEPLOY_KEY_FOR_PRODUCTION_1 }}",
            "the risk-assessment-of-things-that-take-long",
        ] {
            assert!(kinds(text).is_empty(), "{text}: {:?}", kinds(text));
        }
    }

    #[test]
    fn redaction_leaves_the_rest_as_it_was() {
        let token = format!("ghp_{}", "a1".repeat(18));
        let (clean, count) = redact(&format!("ä {token} ö {token}."));
        assert_eq!(clean, "ä [redacted: a GitHub token] ö [redacted: a GitHub token].");
        assert_eq!(count, 2);
        let text = format!("one\ntwo {token}");
        assert_eq!(line_of(text.as_bytes(), &find(text.as_bytes())[0]), 2);
    }
}
