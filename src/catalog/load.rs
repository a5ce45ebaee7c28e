//! Walks the folder: which files there are, which of them are read, and which are passed over, and says so.

use crate::catalog::check::name_fault;
use crate::catalog::checks_file::CHECKS_FILE;
use crate::catalog::checks_file::ChecksFile;
use crate::catalog::diagnostic::Diagnostic;
use crate::catalog::diagnostic::Severity;
use crate::catalog::document::Document;
use crate::catalog::files::Entry;
use crate::catalog::files::EntryKind;
use crate::catalog::files::Files;
use crate::catalog::folder::Folder;
use crate::catalog::folder::Scope;
use crate::catalog::near;
use crate::catalog::policy_file::PolicyFile;
use crate::catalog::resolve::sort;
use crate::kit::Result;
use crate::kit::text::visible_line;

const MOST_FILES: usize = 500;
const LARGEST_FILE: u64 = 256 * 1024;

/// What stands in the folder.
const KNOWN: [&str; 5] = ["checks.yaml", "policy.yaml", "rules", "skills", "stacks"];

/// Reads a folder: `.agents/`, or for an organisation's config repository without one, its root.
///
/// # Errors
///
/// The tree cannot be read. Whatever is wrong in the files is a diagnostic, not an error.
pub async fn load(files: &dyn Files, scope: Scope) -> Result<Folder> {
    let mut walk = Walk { files, folder: Folder::default(), read: 0 };
    let entries = files.list(".agents").await?;
    let at_root = entries.is_empty() && scope == Scope::Organisation;
    let (root, entries) = if at_root { ("", files.list("").await?) } else { (".agents/", entries) };
    for entry in &entries {
        let path = format!("{root}{}", entry.name);
        match (entry.name.as_str(), entry.kind) {
            ("policy.yaml", EntryKind::File) => walk.policy(&path, entry).await?,
            ("checks.yaml", EntryKind::File) if !at_root => walk.checks(&path, entry).await?,
            ("stacks" | "rules", EntryKind::Folder) => walk.things(&path, &entry.name).await?,
            ("skills", EntryKind::Folder) => walk.skills(&path).await?,
            _ if at_root || is_aside(&entry.name) => {}
            (name, _) => {
                let message = "this is not read";
                walk.folder.remark(Severity::Warning, &path, message, near::suggest(name, &KNOWN));
            }
        }
    }
    sort(&mut walk.folder.diagnostics);
    Ok(walk.folder)
}

/// `checks.yaml` at one commit.
#[derive(Clone, Debug, Default)]
pub struct Checks {
    /// What it says; none when there is no such file, or it has an error.
    pub file: Option<ChecksFile>,
    /// What is wrong in it.
    pub diagnostics: Vec<Diagnostic>,
}

/// Reads `checks.yaml` alone.
///
/// # Errors
///
/// The tree cannot be read. Whatever is wrong in the file is a diagnostic, not an error.
pub async fn load_checks(files: &dyn Files) -> Result<Checks> {
    let mut walk = Walk { files, folder: Folder::default(), read: 0 };
    let entries = files.list(".agents").await?;
    let Some(entry) = entries.iter().find(|entry| entry.name == "checks.yaml" && entry.kind == EntryKind::File) else {
        return Ok(Checks::default());
    };
    walk.checks(CHECKS_FILE, entry).await?;
    let broken = walk.folder.is_broken();
    sort(&mut walk.folder.diagnostics);
    Ok(Checks { file: walk.folder.checks.filter(|_| !broken), diagnostics: walk.folder.diagnostics })
}

/// Files that people put beside the others and expect nobody to read.
fn is_aside(name: &str) -> bool {
    name.starts_with('.') || name.to_ascii_lowercase().ends_with(".md") || name == "scripts"
}

struct Walk<'a> {
    files: &'a dyn Files,
    folder: Folder,
    read: usize,
}

impl Walk<'_> {
    async fn policy(&mut self, path: &str, entry: &Entry) -> Result<()> {
        match self.document(path, entry).await? {
            Some(document) => self.folder.add_policy(&document),
            None => self.folder.policy = Some(PolicyFile::closed()),
        }
        Ok(())
    }

    async fn checks(&mut self, path: &str, entry: &Entry) -> Result<()> {
        if let Some(document) = self.document(path, entry).await? {
            self.folder.add_checks(&document);
        }
        Ok(())
    }

    async fn things(&mut self, folder: &str, what: &str) -> Result<()> {
        for entry in self.files.list(folder).await? {
            let path = format!("{folder}/{}", entry.name);
            let Some(name) = entry.name.strip_suffix(".yaml").filter(|_| entry.kind == EntryKind::File) else {
                if !is_aside(&entry.name) {
                    let message = "this is not read: only regular files that end in `.yaml` are";
                    let hint = entry.name.strip_suffix(".yml").map(|name| format!("rename it to `{name}.yaml`"));
                    self.folder.remark(Severity::Warning, &path, message, hint.unwrap_or_default());
                }
                continue;
            };
            if !self.name(&path, name) {
                continue;
            }
            let Some(document) = self.document(&path, &entry).await? else { continue };
            if what == "stacks" {
                self.folder.add_stack(name, &document);
            } else {
                self.folder.add_rule(name, &document);
            }
        }
        Ok(())
    }

    async fn skills(&mut self, folder: &str) -> Result<()> {
        for skill in self.files.list(folder).await? {
            let path = format!("{folder}/{}", skill.name);
            if skill.kind != EntryKind::Folder {
                if !is_aside(&skill.name) {
                    let hint = format!("put it into `{path}/SKILL.md`");
                    self.folder.remark(Severity::Warning, &path, "this is not read: a skill is a folder", hint);
                }
                continue;
            }
            let file = format!("{path}/SKILL.md");
            let entries = self.files.list(&path).await?;
            let Some(entry) = entries.iter().find(|entry| entry.name == "SKILL.md" && entry.kind == EntryKind::File)
            else {
                let hint = "add `SKILL.md` with `name` and `description` between two lines `---`";
                self.folder.remark(Severity::Error, &file, "the skill has no `SKILL.md`", hint);
                continue;
            };
            if !self.name(&file, &skill.name) {
                continue;
            }
            let Some(document) = self.document(&file, entry).await? else { continue };
            self.folder.add_skill(&skill.name, &document);
        }
        Ok(())
    }

    fn name(&mut self, path: &str, name: &str) -> bool {
        let fault = name_fault(name);
        if let Some(hint) = fault {
            let message = format!("`{}` cannot be a name", visible_line(name, 80));
            self.folder.remark(Severity::Error, path, message, hint);
        }
        fault.is_none()
    }

    /// The file's text, within bounds; otherwise a remark says why it is not read.
    async fn document(&mut self, path: &str, entry: &Entry) -> Result<Option<Document>> {
        self.read += 1;
        if self.read > MOST_FILES {
            if self.read == MOST_FILES + 1 {
                let message =
                    format!("there are more than {MOST_FILES} files; this one and those after it are not read");
                self.folder.remark(Severity::Error, path, message, "remove those that nobody uses");
            }
            return Ok(None);
        }
        let bytes = if entry.size > LARGEST_FILE { None } else { self.files.read(path).await? };
        let Some(bytes) = bytes.filter(|bytes| bytes.len() as u64 <= LARGEST_FILE) else {
            let message = format!("the file is larger than {} KiB", LARGEST_FILE / 1024);
            self.folder.remark(Severity::Error, path, message, "split it, or make it shorter");
            return Ok(None);
        };
        match Document::new(path, bytes) {
            Ok(document) => Ok(Some(document)),
            Err(diagnostic) => {
                self.folder.diagnostics.push(diagnostic);
                Ok(None)
            }
        }
    }
}
