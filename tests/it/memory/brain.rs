//! A brain in a work tree, by the real `git`.

use std::path::Path;
use std::process::Command;

use serde_json::Value;

use crate::driver::forgehand;

/// A work tree with a brain.
pub struct Brain {
    home: tempfile::TempDir,
}

/// A record in YAML.
pub fn record(id: &str, kind: &str, title: &str, more: &str) -> String {
    format!("id: {id}\nkind: {kind}\ntitle: {title}\nstatus: active\nupdated: 2026-10-01\nowners: [\"@ada\"]\n{more}")
}

/// A record with a text below.
pub fn document(id: &str, kind: &str, title: &str, more: &str, text: &str) -> String {
    format!("---\n{}---\n{text}", record(id, kind, title, more))
}

impl Brain {
    pub fn new() -> Self {
        let brain = Self { home: tempfile::tempdir().unwrap() };
        brain.git(&["init", "--quiet", "--initial-branch=main", "."]);
        brain
    }

    pub fn path(&self) -> &Path {
        self.home.path()
    }

    pub fn write(&self, path: &str, text: impl AsRef<[u8]>) {
        let path = self.path().join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }

    /// Commits everything on a day; gives the commit.
    pub fn commit(&self, day: &str) -> String {
        self.git(&["add", "--all"]);
        let date = format!("{day}T12:00:00Z");
        self.git_at(&date, &["commit", "--quiet", "--allow-empty", "--message", day]);
        self.git(&["rev-parse", "HEAD"])
    }

    /// Runs `git`, which must do what it is told.
    pub fn git(&self, arguments: &[&str]) -> String {
        self.git_at("2026-01-01T00:00:00Z", arguments)
    }

    pub fn try_git(&self, date: &str, arguments: &[&str]) -> (bool, String) {
        #[expect(clippy::disallowed_methods, reason = "the story is about what people do with Git")]
        let mut command = Command::new("git");
        command
            .current_dir(self.path())
            .env_clear()
            .env("PATH", "/usr/local/bin:/usr/bin:/bin")
            .env("HOME", self.path());
        for role in ["AUTHOR", "COMMITTER"] {
            command.env(format!("GIT_{role}_NAME"), "Ada").env(format!("GIT_{role}_EMAIL"), "ada@example.org");
            command.env(format!("GIT_{role}_DATE"), date);
        }
        let output = command.args(arguments).output().unwrap();
        let said = String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
        (output.status.success(), said.trim_end().to_owned())
    }

    fn git_at(&self, date: &str, arguments: &[&str]) -> String {
        let (done, said) = self.try_git(date, arguments);
        assert!(done, "git {arguments:?}: {said}");
        said
    }

    /// What the program answers, as the bytes that it prints.
    pub fn answer(&self, text: &str, more: &[&str]) -> String {
        let output =
            forgehand().args(["memory", "query", "--json", text, "--in"]).arg(self.path()).args(more).output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap()
    }

    pub fn ask(&self, text: &str, more: &[&str]) -> Value {
        serde_json::from_str(&self.answer(text, more)).unwrap()
    }

    /// The paths that the program answers with.
    pub fn found(&self, text: &str, more: &[&str]) -> Vec<String> {
        paths(&self.ask(text, more))
    }

    /// What the program says when it cannot.
    pub fn refused(&self, more: &[&str]) -> String {
        let output = forgehand().args(["memory", "query", "x", "--in"]).arg(self.path()).args(more).output().unwrap();
        assert!(!output.status.success());
        String::from_utf8(output.stderr).unwrap()
    }

    /// Throws the index away.
    pub fn forget(&self) {
        std::fs::remove_dir_all(self.path().join(".git/forgehand-memory")).unwrap();
    }
}

/// The paths of an answer.
pub fn paths(answer: &Value) -> Vec<String> {
    answer["hits"].as_array().unwrap().iter().map(|hit| hit["path"].as_str().unwrap().to_owned()).collect()
}
