//! Nothing in a brain looks like a secret: every run and every person who may read it would be shown it.

use crate::catalog::Diagnostic;
use crate::catalog::tree::Position;
use crate::kit::secretlike;
use crate::memory::Parsed;
use crate::memory::ontology::Level;

pub(super) fn check(file: &Parsed, level: Level) -> Vec<Diagnostic> {
    let text = file.document.text();
    let remark = |finding: &secretlike::Finding| {
        let before = &text[..finding.range.start];
        let line_start = before.rfind('\n').map_or(0, |at| at + 1);
        let line = secretlike::line_of(text.as_bytes(), finding);
        let at = Position { line, column: 1 + before[line_start..].chars().count() };
        let hint = "remove it and revoke it: a secret that was committed is known; name where it is kept instead";
        let found = file.document.error(at, format!("this looks like {}", finding.what), hint);
        // The remark is shown to more people than the file.
        Diagnostic { severity: level.severity(), snippet: String::new(), ..found }
    };
    secretlike::find(text.as_bytes()).iter().map(remark).collect()
}
