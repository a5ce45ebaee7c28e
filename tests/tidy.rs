//! Holds the house rules that a compiler does not: the order of the rooms, where SQL, processes and clocks may stand, how
//! files open and are named, and what templates leave out.
//!
//! A breach is told as `file:line: the line`, with the rule above and a hint below. A remark worth making twice in a review
//! becomes a [`Rule`](rule::Rule) here; each rule brings faults that it must catch.

#[path = "tidy/source.rs"]
mod source;

#[path = "tidy/rule.rs"]
mod rule;

#[path = "tidy/rooms.rs"]
mod rooms;
#[path = "tidy/sql.rs"]
mod sql;
#[path = "tidy/templates.rs"]
mod templates;
#[path = "tidy/twice.rs"]
mod twice;
#[path = "tidy/words.rs"]
mod words;

/// The rooms in their order: each imports only rooms before it.
#[rustfmt::skip]
const ROOMS: &[&str] = &[
    /* ground    */ "kit", "model", "db", "telemetry", "egress",
    /* trust     */ "identity", "access", "audit", "vault",
    /* material  */ "git", "forge", "events", "catalog", "memory",
    /* judgement */ "policy", "triggers", "context", "proposals", "approvals",
    /* work      */ "runs", "sandbox", "checks", "models", "gateway", "agents", "writeback",
    /* story     */ "engine",
    /* doors     */ "hooks", "api", "mcp", "web",
    /* roof      */ "config", "app", "cli",
];

#[test]
fn rooms_keep_their_order_and_their_secrets() {
    rule::hold(rooms::RULES);
}

#[test]
fn files_read_like_this_house() {
    rule::hold(words::RULES);
}

#[test]
fn sql_stays_in_its_stores() {
    rule::hold(sql::RULES);
}

#[test]
fn templates_keep_the_content_policy() {
    rule::hold(templates::RULES);
}

#[test]
fn every_rule_catches_the_fault_it_is_for() {
    for rules in [rooms::RULES, words::RULES, sql::RULES, templates::RULES] {
        rule::prove(rules);
    }
}
