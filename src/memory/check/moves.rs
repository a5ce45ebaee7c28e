//! A status moves only where its kind lets it, and the ontology does not go back.

use crate::catalog::Diagnostic;
use crate::catalog::Severity;
use crate::catalog::listed;
use crate::memory::Base;
use crate::memory::Brain;
use crate::memory::Entry;
use crate::memory::Ontology;
use crate::memory::Parsed;
use crate::memory::Record;
use crate::memory::check::at;

pub(super) fn check(
    file: &Parsed,
    entry: &Entry,
    record: &Record,
    ontology: &Ontology,
    base: &Base,
) -> Option<Diagnostic> {
    let (before, _) = base.records.get(&record.id)?;
    let next = ontology.kinds.get(&record.kind)?.status.get(before)?;
    if *before == record.status || next.contains(&record.status) {
        return None;
    }
    let message = format!("a `{}` does not go from `{before}` to `{}`", record.kind, record.status);
    let next: Vec<&str> = next.iter().map(String::as_str).collect();
    let hint = match next.as_slice() {
        [] => format!("`{before}` is where it ends: write a new record, with the edge `supersedes`"),
        next => format!("from `{before}` it goes to {}", listed(next)),
    };
    Some(file.document.error(at(entry, &["status"]), message, hint))
}

pub(super) fn version(head: &Brain, base: &Base) -> Option<Diagnostic> {
    let now = head.ontology.rules.version;
    (now < base.version).then(|| Diagnostic {
        file: "ontology/rules.yaml".into(),
        line: 1,
        column: 1,
        severity: Severity::Error,
        message: format!("the ontology goes back from version {} to version {now}", base.version),
        hint: format!("write `version: {}`", base.version),
        snippet: String::new(),
    })
}
