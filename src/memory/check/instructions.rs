//! Nothing in a brain gives orders to agents, or hides from people what agents read.
//!
//! By form only: it finds what is usually written to take an agent over. What it misses stays advice in a section that is
//! marked as untrusted; the check is for the people who review.

use std::sync::LazyLock;

use regex::Regex;
use regex::RegexSet;

use crate::catalog::Diagnostic;
use crate::catalog::tree::Position;
use crate::kit::text::is_invisible;
use crate::memory::Parsed;
use crate::memory::ontology::Level;

/// Sentences that are addressed to an agent, not to a reader. Each is looked for in one line.
const ORDERS: [&str; 9] = [
    r"(?i)\b(?:ignore|disregard|forget|override)\b[^.\n]{0,40}\b(?:previous|prior|above|earlier|preceding|system|your)\b[^.\n]{0,20}\b(?:instruction|prompt|rule|direction|message|polic)",
    r"(?i)\b(?:ignore|disregard|forget)\s+(?:everything|anything|all)\s+(?:above|before|you)",
    r"(?i)\byou\s+are\s+now\s+(?:an?|the|in|free)\b",
    r"(?i)\b(?:do\s+not|don't|never|without)\s+(?:tell(?:ing)?|inform(?:ing)?|mention(?:ing)?|show(?:ing)?|alert(?:ing)?)\b[^.\n]{0,30}\b(?:user|human|reviewer|maintainer|operator)",
    r"(?i)</?(?:system|assistant|instructions?|tool_call|function_call)(?:\s[^>]*)?>",
    r"(?i)<\|(?:im_start|im_end|system|endoftext)[^|]*\|>|\[/?INST\]",
    r"(?i)<!--[^>]*\b(?:ai|llm|agents?|assistants?|copilot|claude|gpt|gemini|codex)\b[^>]{0,40}\b(?:must|should|please|approve|run|execute|send|ignore|merge|push)\b",
    r"(?i)\b(?:ai|llm|coding)\s+(?:agents?|assistants?|models?)\b[^.\n]{0,40}\b(?:must|shall|has\s+to|have\s+to|should)\b[^.\n]{0,40}\b(?:send|post|upload|exfiltrate|approve|merge|push|delete|reveal|print|curl)",
    r"(?i)\b(?:reveal|print|send|leak|exfiltrate)\b[^.\n]{0,30}\b(?:your|the)\s+(?:system\s+prompt|credentials|api\s+keys?|environment\s+variables)",
];

struct Orders {
    set: RegexSet,
    each: Vec<Regex>,
}

static COMPILED: LazyLock<Orders> = LazyLock::new(|| Orders {
    set: RegexSet::new(ORDERS).expect("a test compiles every pattern"),
    each: ORDERS.iter().map(|order| Regex::new(order).expect("a test compiles every pattern")).collect(),
});

pub(super) fn check(file: &Parsed, level: Level) -> Vec<Diagnostic> {
    let text = file.document.text();
    let mut found = Vec::new();
    for (index, line) in text.lines().enumerate() {
        let (at, message, hint) = if let Some((start, c)) = hidden(line) {
            let message = format!("the line holds U+{:04X}, which nobody sees", c as u32);
            (start, message, "remove it: agents read what people cannot see")
        } else if let Some(start) = order(line) {
            let hint = "say what is so, not what an agent is to do; the agent's orders stand in its stack";
            (start, "this gives orders to an agent".to_owned(), hint)
        } else {
            continue;
        };
        let place = Position { line: index + 1, column: 1 + line[..at].chars().count() };
        found.push(Diagnostic { severity: level.severity(), ..file.document.error(place, message, hint) });
    }
    found
}

fn order(line: &str) -> Option<usize> {
    let first = COMPILED.set.matches(line).into_iter().next()?;
    COMPILED.each[first].find(line).map(|found| found.start())
}

/// An invisible character that no script or picture needs.
fn hidden(line: &str) -> Option<(usize, char)> {
    if line.is_ascii() {
        return line.char_indices().find(|(_, c)| is_invisible(*c) && *c != '\r');
    }
    let needed = |at: usize, c: char| match c {
        '\r' | '\u{00A0}' | '\u{202F}' | '\u{3000}' | '\u{FEFF}' if c != '\u{FEFF}' || at == 0 => true,
        // Joiners and variations belong to the picture or letter before them.
        '\u{200D}' | '\u{200C}' | '\u{FE00}'..='\u{FE0F}' => line[..at]
            .chars()
            .next_back()
            .is_some_and(|before| !before.is_ascii_alphanumeric() && !is_invisible(before) || before == '\u{FE0F}'),
        _ => false,
    };
    line.char_indices().find(|(at, c)| is_invisible(*c) && !needed(*at, *c))
}
