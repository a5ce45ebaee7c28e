//! Ids are unique, and a record keeps its id for good.

use std::collections::BTreeMap;

use crate::catalog::Diagnostic;
use crate::memory::Base;
use crate::memory::Brain;
use crate::memory::RecordId;
use crate::memory::check::at;
use crate::memory::check::records;

pub(super) fn check(head: &Brain, base: Option<&Base>) -> Vec<Diagnostic> {
    let mut first: BTreeMap<&RecordId, &str> = BTreeMap::new();
    let mut found = Vec::new();
    for file in &head.files {
        for (entry, record) in records(file) {
            let path = file.document.path.as_str();
            if let Some(other) = first.get(&record.id) {
                let message = format!("there is another record `{}`", record.id);
                found.push(file.document.error(
                    at(entry, &["id"]),
                    message,
                    format!("it stands in `{other}`: keep one of them"),
                ));
            } else {
                first.insert(&record.id, path);
            }
        }
    }
    if let Some(base) = base {
        found.extend(renamed(head, base, &first));
    }
    found
}

/// A file that held one record whose id is nowhere now, and holds another one.
fn renamed(head: &Brain, base: &Base, now: &BTreeMap<&RecordId, &str>) -> Vec<Diagnostic> {
    let mut before: BTreeMap<&str, Vec<&RecordId>> = BTreeMap::new();
    for (id, (_, path)) in &base.records {
        before.entry(path).or_default().push(id);
    }
    let mut found = Vec::new();
    for file in &head.files {
        let Some([old]) = before.get(file.document.path.as_str()).map(Vec::as_slice) else { continue };
        let mut here = records(file);
        if let (Some((entry, record)), None) = (here.next(), here.next())
            && record.id != **old
            && !now.contains_key(*old)
            && !base.records.contains_key(&record.id)
        {
            let message = format!("the id of this record was `{old}`");
            let hint = "ids never change: write the old one; a new record needs a new file, and `supersedes` ties them";
            found.push(file.document.error(at(entry, &["id"]), message, hint));
        }
    }
    found
}
