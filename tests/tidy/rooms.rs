//! Who may name whom, and which room alone may touch which part of the outside.

use crate::ROOMS;
use crate::rule::Rule;
use crate::source;
use crate::source::Source;
use crate::source::names;

const DOORS: &[&str] = &["hooks", "api", "mcp", "web"];

/// Rooms that decide or show, and so keep nothing.
const WITHOUT_STORE: &[&str] = &[
    "kit",
    "model",
    "telemetry",
    "egress",
    "policy",
    "triggers",
    "hooks",
    "api",
    "mcp",
    "web",
    "config",
    "app",
    "cli",
];

/// The rules about rooms.
pub const RULES: &[Rule] = &[
    Rule {
        says: "A room names only rooms before it in `ROOMS`",
        hint: "a noun that both need belongs in `model`, a verb that spans rooms in `engine`: shared nouns sink, verbs rise",
        breaches: climbs,
        catches: &[
            ("src/kit/a.rs", "use crate::model;"),
            ("src/runs/a.rs", "    crate::engine::poke();"),
            ("src/events/mod.rs", "use super::runs;"),
            ("src/events/a.rs", "use super::super::runs::Run;"),
        ],
        spares: &[
            ("src/runs/a.rs", "use crate::runs::Run;\nuse crate::kit::Error;\n// crate::engine calls this"),
            ("src/main.rs", "use crate::cli;"),
            ("src/events/a/b.rs", "use super::super::runs;"),
        ],
    },
    Rule {
        says: "A door never names another door",
        hint: "what two doors need is a verb of a room behind them",
        breaches: |file| {
            naming_rooms(file, |own, other| own != other && DOORS.contains(&own) && DOORS.contains(&other))
        },
        catches: &[("src/web/a.rs", "use crate::api;")],
        spares: &[("src/web/a.rs", "use crate::web::page;"), ("src/app/a.rs", "use crate::api;")],
    },
    Rule {
        says: "`policy` and `triggers` are pure: they know no database",
        hint: "load the facts in `engine` and hand them in as data",
        breaches: |file| {
            let pure = matches!(file.room(), Some("policy" | "triggers"));
            file.lines_where(|line| pure && (names(line, "crate::db") || names(line, "sqlx")))
        },
        catches: &[("src/policy/a.rs", "use crate::db::Db;"), ("src/triggers/a.rs", "sqlx::query(x)")],
        spares: &[("src/runs/store.rs", "use crate::db::Db;")],
    },
    Rule {
        says: "Only `git`, `forge` and `memory` name `gix` or `octocrab`",
        hint: "ask the room for a function in our words",
        breaches: |file| {
            let may = matches!(file.room(), None | Some("git" | "forge" | "memory"));
            file.lines_where(|line| !may && (names(line, "gix") || names(line, "octocrab")))
        },
        catches: &[("src/catalog/a.rs", "use gix::Repository;")],
        spares: &[("src/git/a.rs", "use gix::Repository;"), ("src/web/a.rs", "// gix reads it")],
    },
    Rule {
        says: "Only `writeback` names the forge's write client `forge::Writer`; `app` may build it",
        hint: "propose an effect: whatever is written goes through a proposal, a verdict and the executor",
        breaches: |file| {
            let may = matches!(file.room(), None | Some("forge" | "writeback" | "app"));
            let forge_writer = |line: &str| line.contains("forge::") && names(line, "Writer");
            file.production_where(|line| !may && forge_writer(line))
        },
        catches: &[("src/engine/a.rs", "use crate::forge::Writer;")],
        spares: &[("src/writeback/mod.rs", "use crate::forge::Writer;"), ("src/git/a.rs", "use std::io::Writer;")],
    },
    Rule {
        says: "Rooms that decide or show keep nothing: no store there",
        hint: "the table belongs to the room that owns the noun",
        breaches: |file| {
            let keeps = file.stem() == "store" || file.path.contains("/store/");
            let may = file.room().is_none_or(|room| !WITHOUT_STORE.contains(&room));
            if keeps && !may { vec![1] } else { Vec::new() }
        },
        catches: &[("src/web/store.rs", ""), ("src/policy/store/rows.rs", "")],
        spares: &[("src/runs/store.rs", "")],
    },
    Rule {
        says: "Methods that `clippy.toml` disallows are used in the rooms that it names, and nowhere else",
        hint: "`clippy.toml` says whom to ask instead; an `#[expect]` does not widen it",
        breaches: disallowed,
        catches: &[
            ("src/runs/a.rs", "let at = SystemTime::now();"),
            ("src/catalog/a.rs", "let child = Command::new(\"git\");"),
            ("src/policy/a.rs", "#[expect(clippy::disallowed_methods, reason = \"hm\")]"),
        ],
        spares: &[
            ("src/git/a.rs", "let child = Command::new(\"git\");"),
            ("src/cli/a.rs", "let command = clap::Command::new(\"forgehand\");"),
            ("src/config/a.rs", "#[expect(clippy::disallowed_methods, reason = \"reads settings\")]"),
            ("src/runs/a.rs", "fn a() {}\n#[cfg(test)]\nmod tests {\n    use tokio::process::Command;\n}"),
        ],
    },
];

/// Rooms in the disallowed methods' reasons, by the method's last two names.
pub fn exceptions() -> Vec<(String, Vec<String>)> {
    let text = include_str!("../../clippy.toml");
    let table: toml::Table = text.parse().expect("clippy.toml is TOML");
    let methods = table["disallowed-methods"].as_array().expect("a list of methods");
    methods
        .iter()
        .map(|method| {
            let path = method["path"].as_str().expect("a path");
            let reason = method["reason"].as_str().expect("a reason");
            let allowed = reason.split(':').next().unwrap_or_default();
            let rooms = allowed.split('`').skip(1).step_by(2).map(str::to_owned).collect();
            let tail: Vec<&str> = path.rsplit("::").take(2).collect();
            (format!("{}::{}", tail[1], tail[0]), rooms)
        })
        .collect()
}

fn climbs(file: &Source) -> Vec<usize> {
    let order = |name: &str| ROOMS.iter().position(|room| *room == name);
    naming_rooms(file, |own, other| match (order(own), order(other)) {
        (Some(own), Some(other)) => other > own,
        _ => false,
    })
}

/// Lines of a room's file that name another room in a way that the predicate on (own, other) refuses.
fn naming_rooms(file: &Source, refuses: impl Fn(&str, &str) -> bool) -> Vec<usize> {
    let Some(own) = file.room() else { return Vec::new() };
    let others: Vec<&&str> = ROOMS.iter().filter(|other| refuses(own, other)).collect();
    let supers = "super::".repeat(depth(file));
    let climbs_to = |line: &str, other: &str| {
        names(line, &format!("{supers}{other}")) && !line.contains(&format!("super::{supers}"))
    };
    let numbered = file.lines().filter(|(_, line)| line.contains("::")).filter(|(number, line)| {
        let production = *number < file.tests_from;
        others.iter().any(|other| names(line, &format!("crate::{other}")) || (production && climbs_to(line, other)))
    });
    numbered.map(|(number, _)| number).collect()
}

/// How many `super::` lead from the file's module to the crate.
fn depth(file: &Source) -> usize {
    let parts = file.path.trim_start_matches("src/").split('/').count();
    if file.stem() == "mod" { parts - 1 } else { parts }
}

fn disallowed(file: &Source) -> Vec<usize> {
    let Some(room) = file.room() else { return Vec::new() };
    let exceptions = exceptions();
    let refused: Vec<&str> = exceptions
        .iter()
        .filter(|(_, rooms)| !rooms.iter().any(|may| may == room))
        .map(|(method, _)| method.as_str())
        .collect();
    let excused = exceptions.iter().any(|(_, rooms)| rooms.iter().any(|may| may == room));
    file.production_where(|line| {
        refused.iter().any(|method| names(line, method) && !line.contains("clap::"))
            || (!excused && line.contains("expect(clippy::disallowed_methods"))
    })
}

#[test]
fn every_folder_of_the_crate_is_a_room_and_stands_in_order() {
    let files = source::read_all("src", ".rs");
    for file in &files {
        if let Some(room) = file.room() {
            assert!(
                ROOMS.contains(&room),
                "{}:1: `{room}` is not a room\nhint: put the file into a room of design's map, or add the room to `ROOMS`",
                file.path
            );
        }
    }
    let lib = files.iter().find(|file| file.path == "src/lib.rs").expect("the crate has a root");
    let mut last = 0;
    for (number, line) in lib.lines() {
        let Some(room) = line.trim().strip_prefix("pub mod ").and_then(|rest| rest.strip_suffix(';')) else { continue };
        let at = ROOMS.iter().position(|known| *known == room).unwrap_or(usize::MAX);
        assert!(
            at >= last,
            "src/lib.rs:{number}: `{room}` stands before a room that it may import\nhint: keep the order of `ROOMS`"
        );
        last = at;
    }
}

#[test]
fn the_exceptions_of_clippy_are_rooms() {
    for (method, rooms) in exceptions() {
        assert!(!rooms.is_empty(), "clippy.toml: the reason for `{method}` names no room between backticks");
        for room in rooms {
            assert!(ROOMS.contains(&room.as_str()), "clippy.toml: `{method}` excuses `{room}`, which is no room");
        }
    }
}
