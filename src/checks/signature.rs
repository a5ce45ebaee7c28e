//! What two failures for the same reason have in common, however often they happen.
//!
//! The lines of a log that tell of a failure are picked, what differs from run to run is taken out of them, and what is
//! left is digested. A signature reads `fail-parses-a-date-0123456789ab`: some words of the first such line, for people and for
//! patterns, and a digest of all of them. It is a guess by form: two faults may look alike, and one may look different.

use std::collections::BTreeSet;
use std::sync::LazyLock;

use regex::Regex;

use crate::kit::digest::Digest;

/// Telling lines that count.
const MOST_LINES: usize = 12;
/// Bytes of words before the digest.
const MOST_WORDS: usize = 48;

/// The signature of a failure: of the last lines of the step that failed, its name, and the code of its end.
pub fn signature(step: &str, reason: &str, lines: &[String]) -> String {
    let told: Vec<String> = telling(lines).into_iter().map(normal).filter(|line| !line.is_empty()).collect();
    // Tests that run side by side fail in any order.
    let sorted: BTreeSet<&str> = told.iter().map(String::as_str).collect();
    let longest = sorted.iter().rev().max_by_key(|line| line.len()).copied().unwrap_or_default();
    let words = Some(words(longest)).filter(|words| !words.is_empty()).unwrap_or_else(|| reason.to_owned());
    let mut parts: Vec<&[u8]> = vec![step.as_bytes(), reason.as_bytes()];
    parts.extend(sorted.iter().map(|line| line.as_bytes()));
    format!("{words}-{}", Digest::of("forgehand/failure/v1", &parts).short())
}

/// The lines that tell of a failure; the last three when none looks like it.
pub fn telling(lines: &[String]) -> Vec<&str> {
    let said: Vec<&str> = lines.iter().map(|line| line.trim()).filter(|line| !line.is_empty()).collect();
    let bad: Vec<&str> = said.iter().copied().filter(|line| FAILS.is_match(line) && !FINE.is_match(line)).collect();
    if bad.is_empty() {
        said[said.len().saturating_sub(3)..].to_vec()
    } else {
        bad[..bad.len().min(MOST_LINES)].to_vec()
    }
}

static FAILS: LazyLock<Regex> = LazyLock::new(|| {
    let words = "error|err!|fail|fails|failed|failing|failure|failures|panic|panicked|fatal|exception|assert|assertion\
                 |assertionerror|traceback|cannot|undefined|not found|no such|denied|segmentation fault|timed out|timeout\
                 |killed|mismatch|unexpected|not ok";
    regex(&format!(r"(?i)(^|[^a-z])({words})([^a-z]|$)|[a-z]+(Error|Exception)\b|[✗✘×✖]"))
});

/// Lines that say how well it went.
static FINE: LazyLock<Regex> =
    LazyLock::new(|| regex(r"(?i)\b(0|no) (errors?|failed|failures?|failing)\b|^\s*(ok|pass|passed|✓)\b"));

/// What differs from run to run, and what stands for it. The order counts: a UUID before the digits in it.
static VARIES: LazyLock<Vec<(Regex, &'static str)>> = LazyLock::new(|| {
    let of = |pattern: &str, stands: &'static str| (regex(pattern), stands);
    vec![
        of(r"\x1b\[[0-9;]*[A-Za-z]", ""),
        of(r"⟦[^⟧]*⟧", ""),
        of(r"(?i)\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b", "<uuid>"),
        of(r"\b\d{4}-\d{2}-\d{2}([T ]\d{2}:\d{2}(:\d{2}([.,]\d+)?)?( ?(Z|UTC|[+-]\d{2}:?\d{2}))?)?", "<time>"),
        of(r"\b(Mon|Tue|Wed|Thu|Fri|Sat|Sun),? .{0,12}\d{2}:\d{2}:\d{2}( [A-Z]{3,4})?( \d{4})?", "<time>"),
        of(r"\b\d{1,2}:\d{2}:\d{2}([.,]\d+)?\b", "<time>"),
        of(r"\b[a-z][a-z0-9+.-]*://[^\s'\x22)]+", "<address>"),
        of(r"\b\d{1,3}(\.\d{1,3}){3}(:\d{1,5})?\b", "<address>"),
        of(r"\[[0-9a-fA-F:]*::?[0-9a-fA-F:]*\](:\d{1,5})?", "<address>"),
        of(r"([\w.-]+\.[A-Za-z]{1,5}):\d+(:\d+)?", "$1"),
        of(r"\b([A-Za-z][A-Za-z0-9.-]*):\d{4,5}\b", "$1:<port>"),
        of(r"(?i)\bport \d{1,5}\b", "port <port>"),
        of(r"(?i)\b0x[0-9a-f]+\b", "<hex>"),
        of(r"(^|[\s'\x22(=:<`])(/[^\s'\x22:(),>`]+)+(:\d+)*", "$1<path>"),
        of(r"(?i)\bline \d+(, col(umn)? \d+)?", "line"),
        of(r"(?i)\b\d+([.,]\d+)?\s?(ns|µs|us|ms|s|secs?|seconds?|m|mins?|minutes?|h|hours?)\b", "<duration>"),
        of(r"(?i)\b(pid|process|thread|#)[ =:]*\d+", "$1"),
        of(r"\b[0-9a-fA-F]*([0-9][a-fA-F]|[a-fA-F][0-9])[0-9a-fA-F]{6,}\b", "<hex>"),
        of(r"\b[0-9a-f]{16,}\b", "<hex>"),
        of(r"\[\d+\]", "[]"),
        of(r"\b\d{4,}\b", "<number>"),
        of(r"\s+", " "),
    ]
});

fn regex(pattern: &str) -> Regex {
    Regex::new(pattern).expect("our own pattern is well formed")
}

/// A line without what differs from run to run.
fn normal(line: &str) -> String {
    let text =
        VARIES.iter().fold(line.to_owned(), |text, (varies, stands)| varies.replace_all(&text, *stands).into_owned());
    text.trim().to_owned()
}

/// Some words of a line in small letters, with dashes between them.
fn words(line: &str) -> String {
    let lower = line.to_lowercase();
    let mut words = String::new();
    for word in lower.split(|c: char| !c.is_ascii_alphanumeric()).filter(|word| !word.is_empty()) {
        if words.len() + word.len() >= MOST_WORDS {
            break;
        }
        if !words.is_empty() {
            words.push('-');
        }
        words.push_str(word);
    }
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(log: &str) -> String {
        signature("run", "exit", &log.lines().map(str::to_owned).collect::<Vec<_>>())
    }

    #[test]
    fn what_differs_from_run_to_run_does_not_count() {
        let check = |name: &str, one: &str, other: &str| {
            assert_ne!(one, other, "{name}: the logs differ");
            assert_eq!(of(one), of(other), "{name}");
        };
        check("timestamps", "2026-11-20T10:00:00.123Z ERROR a b", "2027-01-02 03:04:05,9 ERROR a b");
        check("dates in words", "Fri Nov 20 21:50:02 UTC 2026 error: x", "Sat Jan 02 01:05:59 CET 2027 error: x");
        check("times of day", "12:00:01 error: no disk", "23:59:59.5 error: no disk");
        check("addresses", "error: 10.0.0.1:8080 refused", "error: 192.168.7.12:91 refused");
        check("addresses of version 6", "error: [::1]:4000 refused", "error: [fe80::1:2]:5000 refused");
        check("URLs", "error: GET http://127.0.0.1:4545/a failed", "error: GET http://127.0.0.1:61234/a?x=1 failed");
        check("ports", "cannot listen on localhost:34567", "cannot listen on localhost:41001");
        check("ports in words", "cannot bind port 34567", "cannot bind port 80");
        check("paths", "error: cannot open /tmp/tmp.a1B2/x.log", "error: cannot open /var/tmp/tmp.zz9/x.log");
        check("paths in quotes", "error: '/tmp/a b'", "error: '/tmp/c b'");
        check("UUIDs", "failed: 0190b6f2-8c5e-7c3a-9f0e-1b2c3d4e5f60", "failed: 0190b6f2-0000-7c3a-9f0e-1b2c3d4e5f61");
        check("hex", "fatal: object 1a2b3c4d5e6f7a8b9c0d is bad", "fatal: object 99ff3c4d5e6f7a8b9c0d is bad");
        check("pointers", "panic at 0x7ffd12", "panic at 0x55ab00c3");
        check("durations", "test a failed in 1.23s", "test a failed in 45 ms");
        check("positions", "src/main.rs:10:5: error: x", "src/main.rs:12:1: error: x");
        check("lines", "File \"a.py\", line 10, in f\nValueError: x", "File \"a.py\", line 12, in f\nValueError: x");
        check("processes", "[12345] killed pid 12345", "[321] killed pid 321");
        check("numbers", "error: 123456 bytes left", "error: 98765 bytes left");
        check("order", "FAIL a\nFAIL b", "FAIL b\nok c\nFAIL a\n0 failed");
    }

    #[test]
    fn other_failures_have_other_signatures() {
        let logs = [
            "FAIL a: wanted 1, got 2",
            "FAIL a: wanted 1, got 3",
            "FAIL b: wanted 1, got 2",
            "error: cannot open src/a.rs",
            "error: cannot open src/b.rs",
            "thread 'main' panicked: no",
            "",
        ];
        let signatures: BTreeSet<String> = logs.iter().map(|log| of(log)).collect();
        assert_eq!(signatures.len(), logs.len(), "{signatures:?}");
        assert_ne!(signature("build", "exit", &[]), signature("test", "exit", &[]));
        assert_ne!(signature("run", "timeout", &[]), signature("run", "exit", &[]));
    }

    #[test]
    fn a_signature_reads_like_its_failure() {
        let check = |log: &str, words: &str| {
            let signature = of(log);
            assert_eq!(signature.rsplit_once('-').map(|(words, _)| words), Some(words), "{signature}");
            assert!(
                signature.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-'),
                "{signature}"
            );
        };
        check("ok  x\nFAIL  Hello,  World!: wanted 'a', got 'b'\n1 failed", "fail-hello-world-wanted-a-got-b");
        check("compiling\n2026-01-01 error[E0308]: mismatched types", "time-error-e0308-mismatched-types");
        check("bye", "bye");
        check("", "exit");
        check("🦀🦀", "exit");
    }
}
