//! SQL stands in its room's `store.rs`, and a table is written by one room.

use std::collections::BTreeMap;
use std::collections::BTreeSet;

use crate::rule;
use crate::rule::Rule;
use crate::source;
use crate::source::Source;
use crate::source::names;

/// The rules about SQL.
pub const RULES: &[Rule] = &[
    Rule {
        says: "SQL stands only in a room's `store.rs` or `store/`, in `db` and in `migrations`",
        hint: "move the statement into the store of the room that owns the table, and give it a name in our words",
        breaches: |file| {
            let found = file.strings.iter().filter(|(_, text)| !may_hold_sql(file) && is_sql(text));
            found.map(|(number, _)| *number).collect()
        },
        catches: &[
            ("src/runs/claim.rs", "query(\"select id\n from runs\")"),
            ("src/runs/claim.rs", "query(\"update runs\\n  set state = $1\")"),
            ("src/web/a.rs", "query(r\"with a as (select 1) delete from runs\")"),
            ("src/web/a.rs", "query(\"INSERT INTO runs (id) values ($1)\")"),
        ],
        spares: &[
            ("src/runs/store.rs", "query(\"select id from runs\")"),
            ("src/runs/store/queue.rs", "query(\"select id from runs\")"),
            ("src/db/mod.rs", "query(\"select 1\")"),
            ("src/web/a.rs", "hint(\"select a file to update\", \"cannot delete from a protected branch\")"),
        ],
    },
    Rule {
        says: "`sqlx` is named only by stores and by `db`",
        hint: "take the pool and the transaction from `db`, and let the store answer with our types",
        breaches: |file| {
            let may = may_hold_sql(file) || file.room().is_none();
            file.lines_where(|line| !may && names(line, "sqlx"))
        },
        catches: &[("src/runs/claim.rs", "async fn a(tx: &mut sqlx::Transaction<'_, sqlx::Any>) {}")],
        spares: &[("src/runs/store.rs", "use sqlx::Row;"), ("tests/it/a.rs", "use sqlx::Row;")],
    },
];

/// Stores hold SQL; tests and benches, which play the world around us, are not looked at.
fn may_hold_sql(file: &Source) -> bool {
    file.room().is_none_or(|room| room == "db") || file.stem() == "store" || file.path.contains("/store/")
}

/// Lowercased, with every run of white space (written or escaped) as one blank.
fn flat(text: &str) -> String {
    text.to_lowercase().replace("\\n", " ").replace('\\', " ").split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Whether a string literal is a statement or holds one.
fn is_sql(text: &str) -> bool {
    let text = flat(text);
    let words: Vec<&str> = text.split(' ').collect();
    let updates = matches!(words[..], ["update", _, "set", ..]);
    let selects = text.starts_with("select ") && text.contains(" from ");
    let opens =
        ["insert into ", "delete from ", "create table ", "alter table "].iter().any(|verb| text.starts_with(verb));
    updates || selects || opens || text.contains("(select ")
}

/// Tables that a statement writes.
fn written(text: &str) -> Vec<String> {
    let flat = flat(text);
    let words: Vec<&str> = flat.split(' ').collect();
    let tables = words.windows(3).filter_map(|three| match three {
        ["insert", "into", table] | ["delete", "from", table] | ["update", table, "set"] => Some(*table),
        _ => None,
    });
    let name =
        |table: &str| table.split(|c: char| !c.is_alphanumeric() && c != '_').next().unwrap_or_default().to_owned();
    tables.map(name).filter(|table| !table.is_empty()).collect()
}

#[test]
fn a_table_is_written_by_one_room() {
    let mut writers: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    let mut places: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for file in source::read_all("src", ".rs") {
        let Some(room) = file.room().map(str::to_owned) else { continue };
        for (number, text) in file.strings.iter().filter(|(number, _)| *number < file.tests_from) {
            for table in written(text) {
                writers.entry(table.clone()).or_default().insert(room.clone());
                places.entry(table).or_default().push(rule::place(&file, *number));
            }
        }
    }
    let mut complaint = String::new();
    for (table, rooms) in writers.iter().filter(|(_, rooms)| rooms.len() > 1) {
        let says =
            format!("The table `{table}` is written by {}", rooms.iter().cloned().collect::<Vec<_>>().join(" and "));
        let hint = "one room owns a table; the other one calls a verb of it";
        complaint.push_str(&rule::complain(&says, hint, &places[table]));
    }
    assert!(complaint.is_empty(), "{complaint}");
}

#[test]
fn written_tables_are_found_across_lines() {
    let text = "with a as (\n delete from runs\n where x) insert into\n run_events (id) select 1";
    assert_eq!(written(text), ["runs", "run_events"]);
    assert_eq!(written("update runs\nset state = $1"), ["runs"]);
    assert!(written("select 1 from runs for update").is_empty());
}
