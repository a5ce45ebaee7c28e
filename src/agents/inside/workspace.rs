//! The checkout as an agent's tools see it: list, read, search, edit. Paths stay inside, links that lead out are not
//! followed: a courtesy to the model. What keeps an agent in is the sandbox.

use std::fs;
use std::io::Read;
use std::path::Path;
use std::path::PathBuf;

use regex::RegexBuilder;

use crate::kit::Error;
use crate::kit::Result;
use crate::kit::text::visible_line;

/// The checkout.
#[derive(Clone, Debug)]
pub(super) struct Workspace {
    root: PathBuf,
}

/// Most bytes of a file that are read at once.
const READ: u64 = 256 << 10;

/// Most bytes of a file that are searched or edited.
const FILE: u64 = 4 << 20;

/// Most names that one listing shows.
const NAMES: usize = 1_000;

/// Most files that one search opens, and most lines it shows.
const SEARCHED: usize = 20_000;
const FOUND: usize = 200;

/// How deep a listing or a search goes.
const DEPTH: usize = 40;

impl Workspace {
    pub(super) fn at(root: &Path) -> Result<Self> {
        let root = root
            .canonicalize()
            .map_err(|error| Error::invalid(format!("The workspace `{}` cannot be opened: {error}", root.display())))?;
        Ok(Self { root })
    }

    /// Where it is.
    pub(super) fn root(&self) -> &Path {
        &self.root
    }

    /// Names below a folder; folders end in `/`.
    pub(super) fn list(&self, path: &str, deep: bool) -> Result<String> {
        let from = self.inside(path)?;
        if !from.is_dir() {
            return Err(Error::invalid(format!("`{}` is not a folder", visible_line(path, 200))));
        }
        let mut names = Vec::new();
        self.walk(&from, 0, &mut |path, kind| {
            let end = if kind.is_dir() { "/" } else { "" };
            names.push(format!("{}{end}", self.shown(path)));
            (deep, names.len() < NAMES)
        });
        let full = names.len() >= NAMES;
        names.sort();
        if full {
            names.push(format!("[more than {NAMES} names; list a folder below]"));
        }
        Ok(if names.is_empty() { "[empty]".into() } else { names.join("\n") })
    }

    /// Lines of a file, counted from one.
    pub(super) fn read(&self, path: &str, first: Option<u64>, last: Option<u64>) -> Result<String> {
        let text = self.text(path, FILE)?;
        let total = text.lines().count() as u64;
        let (first, last) = (first.unwrap_or(1).max(1), last.unwrap_or(u64::MAX));
        if first == 1 && last >= total && text.len() as u64 <= READ {
            return Ok(text);
        }
        let skip = usize::try_from(first - 1).unwrap_or(usize::MAX);
        let take = usize::try_from(last.saturating_sub(first).saturating_add(1)).unwrap_or(usize::MAX);
        let mut shown = String::new();
        for (number, line) in (first..).zip(text.lines().skip(skip).take(take)) {
            if (shown.len() + line.len()) as u64 > READ {
                shown.push_str(&format!("[cut at line {number} of {total}; read on with `first_line`]\n"));
                break;
            }
            shown.push_str(line);
            shown.push('\n');
        }
        Ok(if shown.is_empty() { format!("[the file has {total} lines]") } else { shown })
    }

    /// The whole text of a file, exactly.
    pub(super) fn exact(&self, path: &str) -> Result<String> {
        self.text(path, FILE)
    }

    /// Lines that hold a text or match a regular expression, as `path:line: text`.
    pub(super) fn search(&self, pattern: &str, path: &str, literal: bool) -> Result<String> {
        let wanted = if literal { regex::escape(pattern) } else { pattern.to_owned() };
        let wanted = RegexBuilder::new(&wanted).size_limit(1 << 20).build().map_err(|error| {
            Error::invalid(format!("This is not a regular expression: {error}"))
                .hint("set `literal` to search for text")
        })?;
        let from = self.inside(path)?;
        let mut found = Vec::new();
        let mut opened = 0;
        self.walk(&from, 0, &mut |path, kind| {
            if kind.is_file() {
                opened += 1;
                self.search_file(path, &wanted, &mut found);
            }
            (true, opened < SEARCHED && found.len() < FOUND)
        });
        if found.len() >= FOUND || opened >= SEARCHED {
            found.push("[there is more; search for less]".into());
        }
        Ok(if found.is_empty() { "[nothing found]".into() } else { found.join("\n") })
    }

    fn search_file(&self, path: &Path, wanted: &regex::Regex, found: &mut Vec<String>) {
        let Ok(text) = self.text(&self.shown(path), FILE) else { return };
        for (number, line) in text.lines().enumerate().filter(|(_, line)| wanted.is_match(line)) {
            if found.len() >= FOUND {
                return;
            }
            found.push(format!("{}:{}: {}", self.shown(path), number + 1, visible_line(line, 300)));
        }
    }

    /// Replaces a text that stands exactly once in a file.
    pub(super) fn replace(&self, path: &str, find: &str, replacement: &str) -> Result<String> {
        let text = self.text(path, FILE)?;
        let shown = visible_line(path, 200);
        match text.matches(find).count() {
            _ if find.is_empty() => Err(Error::invalid("`find` is empty").field("find")),
            0 => Err(Error::invalid(format!("`find` does not stand in `{shown}`"))
                .field("find")
                .hint("read the file and copy the text exactly, with its spaces")),
            1 => {
                self.write(path, &text.replacen(find, replacement, 1))?;
                Ok(format!("edited {shown}"))
            }
            times => Err(Error::invalid(format!("`find` stands {times} times in `{shown}`"))
                .field("find")
                .hint("take more of the lines around it, so that it stands once")),
        }
    }

    /// Writes a whole file; makes its folders.
    pub(super) fn write(&self, path: &str, content: &str) -> Result<String> {
        let file = self.inside(path)?;
        let shown = visible_line(path, 200);
        let failed = |error: std::io::Error| Error::invalid(format!("`{shown}` cannot be written: {error}"));
        if let Some(folder) = file.parent() {
            fs::create_dir_all(folder).map_err(failed)?;
        }
        fs::write(&file, content).map_err(failed)?;
        Ok(format!("wrote {} bytes to {shown}", content.len()))
    }

    /// Deletes a file or a link.
    pub(super) fn delete(&self, path: &str) -> Result<String> {
        let file = self.inside(path)?;
        let shown = visible_line(path, 200);
        fs::remove_file(&file).map_err(|error| Error::invalid(format!("`{shown}` cannot be deleted: {error}")))?;
        Ok(format!("deleted {shown}"))
    }

    /// The text of a file of at most this many bytes.
    fn text(&self, path: &str, most: u64) -> Result<String> {
        let file = self.inside(path)?;
        let shown = visible_line(path, 200);
        let failed = |error: std::io::Error| Error::invalid(format!("`{shown}` cannot be read: {error}"));
        let facts = fs::metadata(&file).map_err(failed)?;
        if !facts.is_file() {
            return Err(Error::invalid(format!("`{shown}` is not a file")));
        }
        if facts.len() > most {
            return Err(Error::invalid(format!("`{shown}` has {} bytes; at most {most} are read", facts.len())));
        }
        let mut bytes = Vec::new();
        fs::File::open(&file).and_then(|file| file.take(most).read_to_end(&mut bytes)).map_err(failed)?;
        String::from_utf8(bytes).map_err(|_| Error::invalid(format!("`{shown}` is not text")))
    }

    /// A path inside the workspace. The nearest folder that exists must lie inside it too.
    pub(super) fn inside(&self, path: &str) -> Result<PathBuf> {
        let outside = || {
            Error::invalid(format!("`{}` is not inside the workspace", visible_line(path, 200)))
                .field("path")
                .hint("paths are relative to the root of the repository, without `..`")
        };
        let relative = Path::new(path);
        let relative = relative.strip_prefix(&self.root).unwrap_or(relative);
        let usual = relative.components().all(|part| {
            matches!(part, std::path::Component::Normal(name) if name != ".git") || part == std::path::Component::CurDir
        });
        if !usual || path.contains('\0') {
            return Err(outside());
        }
        let wanted = self.root.join(relative);
        let real = wanted.ancestors().find_map(|folder| folder.canonicalize().ok());
        if real.is_some_and(|real| real.starts_with(&self.root)) { Ok(wanted) } else { Err(outside()) }
    }

    /// Visits everything below; the visitor says whether to go below a folder, and whether to go on at all.
    fn walk(&self, from: &Path, depth: usize, visit: &mut impl FnMut(&Path, fs::FileType) -> (bool, bool)) -> bool {
        if from.is_file() {
            return fs::symlink_metadata(from).is_ok_and(|facts| visit(from, facts.file_type()).1);
        }
        let Ok(entries) = fs::read_dir(from) else { return true };
        let mut entries: Vec<fs::DirEntry> = entries.filter_map(std::result::Result::ok).collect();
        entries.sort_by_key(fs::DirEntry::file_name);
        for entry in entries.into_iter().filter(|entry| entry.file_name() != ".git") {
            let Ok(kind) = entry.file_type() else { continue };
            let path = entry.path();
            let (below, on) = visit(&path, kind);
            if !on || (kind.is_dir() && below && depth < DEPTH && !self.walk(&path, depth + 1, visit)) {
                return false;
            }
        }
        true
    }

    /// A path as the agent knows it.
    fn shown(&self, path: &Path) -> String {
        path.strip_prefix(&self.root).unwrap_or(path).to_string_lossy().into_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn workspace() -> (tempfile::TempDir, Workspace) {
        let folder = tempfile::tempdir().unwrap();
        let workspace = Workspace::at(folder.path()).unwrap();
        workspace.write("src/greet.py", "def greet(name):\n    return \"Helo \" + name\n").unwrap();
        workspace.write(".git/config", "x").unwrap_err();
        fs::create_dir(folder.path().join(".git")).unwrap();
        (folder, workspace)
    }

    #[test]
    fn files_are_listed_read_searched_and_edited() {
        let (_folder, workspace) = workspace();
        assert_eq!(workspace.list(".", true).unwrap(), "src/\nsrc/greet.py");
        assert_eq!(workspace.list("", false).unwrap(), "src/");
        assert_eq!(workspace.read("src/greet.py", Some(1), Some(1)).unwrap(), "def greet(name):\n");
        assert_eq!(workspace.search("hel+o", ".", false).unwrap(), "[nothing found]");
        assert_eq!(workspace.search("Hel+o", "", false).unwrap(), "src/greet.py:2:     return \"Helo \" + name");
        assert!(workspace.search("(", ".", false).is_err());
        assert_eq!(workspace.search("(", "src/greet.py", true).unwrap(), "src/greet.py:1: def greet(name):");
        workspace.replace("src/greet.py", "Helo", "Hello").unwrap();
        assert!(workspace.read("src/greet.py", None, None).unwrap().contains("Hello"));
        workspace.delete("src/greet.py").unwrap();
        assert!(workspace.read("src/greet.py", None, None).is_err());
    }

    #[test]
    fn an_edit_must_be_exact() {
        let (_folder, workspace) = workspace();
        let told = |find| workspace.replace("src/greet.py", find, "x").unwrap_err().message().to_owned();
        assert_eq!(told("Hola"), "`find` does not stand in `src/greet.py`");
        assert_eq!(told("name"), "`find` stands 2 times in `src/greet.py`");
        assert_eq!(told(""), "`find` is empty");
    }

    #[test]
    fn paths_stay_inside() {
        let (folder, workspace) = workspace();
        std::os::unix::fs::symlink("/etc", folder.path().join("out")).unwrap();
        for path in ["/etc/passwd", "../x", "src/../../x", "out/passwd", ".git/config", "a\0b", "src/.git/x"] {
            assert!(workspace.read(path, None, None).is_err(), "{path:?}");
            assert!(workspace.write(path, "x").is_err(), "{path:?}");
        }
        let whole = workspace.root().join("src/greet.py");
        assert!(workspace.read(whole.to_str().unwrap(), None, None).is_ok());
    }
}
