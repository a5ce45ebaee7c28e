//! A record's kind is known, and its id, folder, status and tags fit it.

use crate::catalog::Diagnostic;
use crate::catalog::near;
use crate::kit::text::visible_line;
use crate::memory::Entry;
use crate::memory::Ontology;
use crate::memory::Parsed;
use crate::memory::Record;
use crate::memory::RecordId;
use crate::memory::check::at;

pub(super) fn check(file: &Parsed, entry: &Entry, record: &Record, ontology: &Ontology) -> Vec<Diagnostic> {
    let mut found = Vec::new();
    let mut error = |path: &[&str], message: String, hint: String| {
        found.push(file.document.error(at(entry, path), message, hint));
    };
    let Some(kind) = ontology.kinds.get(&record.kind) else {
        let message = format!("`{}` is not a kind of record", visible_line(&record.kind, 60));
        error(&["kind"], message, near::suggest(&record.kind, &ontology.kind_names()));
        return found;
    };
    let prefix = RecordId::prefix_of(&record.kind);
    if record.id.prefix() != prefix {
        let message = format!("`{}` is not the id of a `{}`", record.id, record.kind);
        error(&["id"], message, format!("ids of this kind start with `{prefix}:`"));
    }
    let folder = kind
        .folder
        .as_deref()
        .filter(|folder| file.document.path.strip_prefix(*folder).is_none_or(|rest| !rest.starts_with('/')));
    if let Some(folder) = folder {
        let message = format!("a `{}` does not belong here", record.kind);
        error(&["kind"], message, format!("move the file below `{folder}/`"));
    }
    let statuses: Vec<&str> = kind.status.keys().map(String::as_str).collect();
    if !statuses.is_empty() && !kind.status.contains_key(&record.status) {
        let message = format!("`{}` is not a status of `{}`", visible_line(&record.status, 60), record.kind);
        error(&["status"], message, near::suggest(&record.status, &statuses));
    }
    if ontology.vocabulary.closed {
        let known: Vec<&str> = ontology.vocabulary.tags.keys().map(String::as_str).collect();
        for (index, tag) in record.tags.iter().enumerate().filter(|(_, tag)| !known.contains(&tag.as_str())) {
            let message = format!("`{}` is not a tag of the vocabulary", visible_line(tag, 60));
            error(&["tags", &index.to_string()], message, near::suggest(tag, &known));
        }
    }
    found
}
