//! How files read: openings, lengths, names, imports, and the attributes and calls that we do without.

use crate::rule::Rule;
use crate::source::Source;
use crate::source::names;

const SAYS_NOTHING: &[&str] = &[
    "utils", "util", "common", "helpers", "helper", "manager", "managers", "service", "services", "base", "misc",
    "data", "info",
];

/// Lines before the tests that a file may have without a reason.
const LONG: usize = 500;

/// The rules about how code reads.
pub const RULES: &[Rule] = &[
    Rule {
        says: "Every file opens with `//!` and why it exists",
        hint: "one sentence is enough: what the file is for, and what it leaves to others",
        breaches: |file| {
            let opens = !is_rust(file) || file.text.starts_with("//! ");
            if opens { Vec::new() } else { vec![1] }
        },
        catches: &[("src/kit/a.rs", "use std::fmt;\n"), ("tests/it/a.rs", "// a test\n")],
        spares: &[("src/kit/a.rs", "//! Ids.\n"), ("templates/a.html", "<p>")],
    },
    Rule {
        says: "A file of more than 500 lines before its tests says why",
        hint: "split it by noun or by verb, or write `//! Long because …` in its opening",
        breaches: |file| {
            let excused =
                file.text.lines().take_while(|line| line.starts_with("//!")).any(|line| line.contains("Long because"));
            let long = is_rust(file) && file.lines().count().min(longest_part(file)) > LONG;
            if long && !excused { vec![1] } else { Vec::new() }
        },
        catches: &[],
        spares: &[("src/kit/a.rs", "//! Short.\nfn a() {}\n")],
    },
    Rule {
        says: "No file or module is called utils, common, helpers, manager, service, base, misc, data or info",
        hint: "say what is in it: a noun of the room, or the verb at a door",
        breaches: |file| {
            let says_nothing = |name: &str| SAYS_NOTHING.contains(&name);
            let mut found = file.lines_where(|line| is_rust(file) && declared_module(line).is_some_and(says_nothing));
            if file.path.split(['/', '.']).any(says_nothing) {
                found.push(1);
            }
            found
        },
        catches: &[
            ("src/runs/utils.rs", ""),
            ("src/common/mod.rs", ""),
            ("src/kit/mod.rs", "    pub(crate) mod helpers {"),
        ],
        spares: &[("src/kit/text.rs", "let data = mod_data(base);"), ("tests/it/main.rs", "mod story;")],
    },
    Rule {
        says: "One `use` a line: no braces after `crate`, `super` or `self`",
        hint: "call the room by name: `use crate::runs;`, then `runs::Run`",
        breaches: |file| {
            file.lines_where(|line| imported(line).is_some_and(|path| is_ours(path) && path.contains('{')))
        },
        catches: &[("src/web/a.rs", "use crate::{runs, kit};"), ("src/web/a.rs", "pub use super::page::{self, Page};")],
        spares: &[("src/web/a.rs", "use crate::runs;"), ("src/web/a.rs", "let user = a;")],
    },
    Rule {
        says: "No glob imports of our own code, except `super::*` in tests",
        hint: "name what you take",
        breaches: |file| {
            let glob = |line: &str| imported(line).is_some_and(|path| is_ours(path) && path.contains("::*"));
            let mut found = file.production_where(|line| glob(line) && !file.path.starts_with("tests/"));
            let in_tests = file.lines().filter(|(number, _)| *number >= file.tests_from);
            found.extend(
                in_tests.filter(|(_, line)| glob(line) && line.trim() != "use super::*;").map(|(number, _)| number),
            );
            found
        },
        catches: &[("src/web/a.rs", "use super::*;"), ("tests/it/a.rs", "use forgehand::kit::*;")],
        spares: &[("src/web/a.rs", "fn a() {}\n#[cfg(test)]\nmod tests {\n    use super::*;\n}")],
    },
    Rule {
        says: "No `#[allow]`",
        hint: "mend it, or say `#[expect(lint, reason = \"…\")]`, which complains when it is no longer true",
        breaches: |file| {
            let attribute = |line: &str| line.contains("#[") || line.contains("#![");
            file.lines_where(|line| is_rust(file) && attribute(line) && line.contains("allow("))
        },
        catches: &[("src/kit/a.rs", "#[allow(dead_code)]"), ("src/kit/a.rs", "#![cfg_attr(x, allow(dead_code))]")],
        spares: &[("src/kit/a.rs", "fn allow(a: u8) {}\nallow(1);")],
    },
    Rule {
        says: "No `#[ignore]`: a test runs or is deleted",
        hint: "make it fast and certain, or write what is missing into SHORTCOMINGS.md",
        breaches: |file| {
            let ignores =
                |line: &str| line.contains("#[ignore") || (line.contains("cfg_attr") && names(line, "ignore"));
            file.lines_where(|line| is_rust(file) && ignores(line))
        },
        catches: &[("tests/it/a.rs", "#[ignore = \"slow\"]"), ("tests/it/a.rs", "#[cfg_attr(x, ignore)]")],
        spares: &[("src/git/ignore.rs", "fn ignore(path: &str, ignored: &Gitignore) {}")],
    },
    Rule {
        says: "Tests never sleep",
        hint: "move the clock (`Clock::advance`), step the task, or wait for the thing itself",
        breaches: |file| {
            let sleeps = |line: &str| ["thread::sleep", "time::sleep", "sleep("].iter().any(|call| line.contains(call));
            let in_tests = file.lines().filter(|(number, _)| *number >= file.tests_from && is_rust(file));
            in_tests.filter(|(_, line)| sleeps(line)).map(|(number, _)| number).collect()
        },
        catches: &[
            ("tests/it/a.rs", "tokio::time::sleep(second).await;"),
            ("src/runs/a.rs", "#[cfg(test)]\nmod tests {\n    std::thread::sleep(second);\n}"),
        ],
        spares: &[("src/engine/a.rs", "tokio::time::sleep(second).await;")],
    },
];

fn is_rust(file: &Source) -> bool {
    file.path.ends_with(".rs")
}

/// Lines that count towards a file's length: those before the tests, and all of a file that only holds tests.
fn longest_part(file: &Source) -> usize {
    if file.tests_from == 1 { usize::MAX } else { file.tests_from - 1 }
}

/// The path of a `use` on this line.
fn imported(line: &str) -> Option<&str> {
    let line = line.trim();
    let (_, path) = line.split_once("use ").filter(|(before, _)| before.is_empty() || before.starts_with("pub"))?;
    Some(path)
}

fn is_ours(path: &str) -> bool {
    ["crate::", "super::", "self::", "forgehand::"].iter().any(|root| path.starts_with(root))
}

/// The module that this line declares.
fn declared_module(line: &str) -> Option<&str> {
    let line = line.trim();
    let (_, name) = line.split_once("mod ").filter(|(before, _)| before.is_empty() || before.starts_with("pub"))?;
    name.split(|c: char| !c.is_alphanumeric() && c != '_').next()
}

#[test]
fn a_long_file_needs_a_reason_before_its_tests() {
    let rule = RULES.iter().find(|rule| rule.hint.contains("Long because")).expect("the rule about length");
    let broken = |path: &str, text: String| !(rule.breaches)(&Source::parse(path, &text)).is_empty();
    let lines = "fn a() {}\n".repeat(LONG + 1);
    assert!(broken("src/kit/a.rs", lines.clone()));
    assert!(broken("tests/it/a.rs", lines.clone()));
    assert!(!broken("src/kit/a.rs", format!("//! Ids.\n//!\n//! Long because it is one table.\n{lines}")));
    assert!(!broken("src/kit/a.rs", format!("fn b() {{}}\n#[cfg(test)]\nmod tests {{\n{lines}}}\n")));
}
