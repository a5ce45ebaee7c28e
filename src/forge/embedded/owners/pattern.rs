//! Patterns of `CODEOWNERS`: those of `.gitignore`, as other forges read them. `docs/*` is what lies in that folder and not
//! below it, `!` and a folder's negation do not exist.

use globset::GlobBuilder;
use globset::GlobSet;
use globset::GlobSetBuilder;

use crate::kit::text::visible_line;

/// A pattern of paths.
#[derive(Clone, Debug)]
pub(super) struct Pattern(GlobSet);

impl Pattern {
    pub(super) fn read(text: &str) -> Result<Self, String> {
        let shown = visible_line(text, 80);
        if text.starts_with('!') {
            return Err(format!("`{shown}` begins with `!`, and no pattern takes paths away again"));
        }
        let wrong = |_| format!("`{shown}` is no pattern of paths");
        let folder = text.ends_with('/');
        let inner = text.trim_matches('/');
        // A slash in the middle, or at the front, ties it to the root.
        let tied = text.starts_with('/') || inner.contains('/');
        let root = if tied { inner.to_owned() } else { format!("**/{inner}") };
        if inner.is_empty() {
            return Err(format!("`{shown}` names no path"));
        }
        let last = inner.rsplit('/').next().unwrap_or_default();
        let mut globs = Vec::new();
        if !folder {
            globs.push(root.clone());
        }
        // A name without wild cards may be that of a folder: all below it belongs to it.
        if folder || !last.contains(['*', '?', '[']) {
            globs.push(format!("{root}/**"));
        }
        let mut set = GlobSetBuilder::new();
        for glob in globs {
            set.add(GlobBuilder::new(&glob).literal_separator(true).build().map_err(wrong)?);
        }
        set.build().map(Self).map_err(wrong)
    }

    pub(super) fn matches(&self, path: &str) -> bool {
        self.0.is_match(path)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_match_as_on_other_forges() {
        let check = |pattern: &str, yes: &[&str], no: &[&str]| {
            let read = Pattern::read(pattern).unwrap();
            for path in yes {
                assert!(read.matches(path), "{pattern} {path}");
            }
            for path in no {
                assert!(!read.matches(path), "{pattern} {path}");
            }
        };
        check("*", &["a", "a/b"], &[]);
        check("*.js", &["a.js", "x/y/a.js"], &["a.jsx", "a.js/b"]);
        check("/build/logs/", &["build/logs/x", "build/logs/y/z"], &["a/build/logs/x", "build/logs"]);
        check("docs/*", &["docs/a.md"], &["docs/a/b.md", "x/docs/a.md"]);
        check("apps/", &["apps/a", "x/apps/y/z"], &["apps"]);
        check("**/logs", &["logs/x", "a/b/logs/x", "logs"], &["logsx"]);
        check("/src", &["src/a", "src"], &["a/src"]);
        check("lib/x", &["lib/x", "lib/x/y"], &["a/lib/x"]);
    }
}
