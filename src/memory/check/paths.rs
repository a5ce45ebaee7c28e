//! Paths that every machine can hold, and files that are small enough.

use std::collections::BTreeMap;

use crate::catalog::Diagnostic;
use crate::catalog::Severity;
use crate::memory::Brain;
use crate::memory::brain::Lying;
use crate::memory::layout::Form;

pub(super) fn check(head: &Brain) -> Vec<Diagnostic> {
    let mut found = Vec::new();
    let mut folded: BTreeMap<String, &str> = BTreeMap::new();
    let limit = head.ontology.rules.largest_file;
    for (path, lying) in &head.paths {
        let remark = |severity, message: String, hint: &str| Diagnostic {
            file: path.clone(),
            line: 1,
            column: 1,
            severity,
            message,
            hint: hint.to_owned(),
            snippet: String::new(),
        };
        match lying {
            Lying::Unnameable => {
                let message = "the name of the file is not UTF-8".to_owned();
                found.push(remark(Severity::Error, message, "rename it"));
                continue;
            }
            Lying::Link => {
                let message = "a link or a submodule is not followed".to_owned();
                found.push(remark(Severity::Warning, message, "copy what it leads to"));
            }
            Lying::File(size) if *size > limit.bytes() => {
                let message = format!("the file has {size} bytes, more than the {limit} that a file may have");
                // What is not read does no harm to readers, but every clone carries it.
                let severity = if Form::of(path) == Form::Other { Severity::Warning } else { Severity::Error };
                found.push(remark(severity, message, "split it, or keep it elsewhere and name it in `sources`"));
            }
            Lying::File(_) => {}
        }
        if let Some(other) = folded.insert(path.to_lowercase(), path) {
            let message = format!("the path differs from `{other}` in case only");
            found.push(remark(Severity::Error, message, "rename one of them: some machines hold only one"));
        } else if path.parse::<crate::model::TreePath>().is_err() {
            let message = "the path cannot be written on every machine".to_owned();
            found.push(remark(
                Severity::Error,
                message,
                "rename it: letters, digits, `-`, `_`, `.` and blanks are safe",
            ));
        }
    }
    found
}
