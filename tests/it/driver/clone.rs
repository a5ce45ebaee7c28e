//! A clone of a repository, by the real `git` over smart HTTP.

use std::path::PathBuf;
use std::process::Command;

/// Somebody's clone.
pub struct Clone {
    pub folder: PathBuf,
}

impl Clone {
    /// Clones by this address, which carries the token.
    pub fn of(address: &str, folder: PathBuf) -> Self {
        let clone = Self { folder };
        std::fs::create_dir_all(&clone.folder).unwrap();
        clone.git(&["init", "--quiet", "--initial-branch=main", "."]);
        clone.git(&["remote", "add", "origin", address]);
        clone
    }

    pub fn write(&self, path: &str, text: &str) {
        let path = self.folder.join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }

    /// Commits everything and pushes it to a branch; gives the commit.
    pub fn push(&self, branch: &str, message: &str) -> String {
        self.git(&["add", "--all"]);
        self.git(&["commit", "--quiet", "--message", message]);
        self.git(&["push", "--quiet", "origin", &format!("HEAD:refs/heads/{branch}")]);
        self.git(&["rev-parse", "HEAD"])
    }

    /// Runs `git`, which must do what it is told; gives what it says.
    pub fn git(&self, arguments: &[&str]) -> String {
        let (done, said) = self.try_git(arguments);
        assert!(done, "git {arguments:?}: {said}");
        said
    }

    /// Runs `git`; says whether it did what it was told.
    pub fn try_git(&self, arguments: &[&str]) -> (bool, String) {
        #[expect(clippy::disallowed_methods, reason = "the client of the story")]
        let mut command = Command::new("git");
        command.env_clear().env("PATH", "/usr/local/bin:/usr/bin:/bin").env("HOME", &self.folder);
        command.env("GIT_CONFIG_NOSYSTEM", "1").env("GIT_TERMINAL_PROMPT", "0");
        for role in ["AUTHOR", "COMMITTER"] {
            command.env(format!("GIT_{role}_NAME"), "alice").env(format!("GIT_{role}_EMAIL"), "alice@example.org");
        }
        let output = command.arg("-C").arg(&self.folder).args(arguments).output().unwrap();
        let mut said = String::from_utf8_lossy(&output.stdout).trim().to_owned();
        if !output.status.success() {
            said.push_str(&String::from_utf8_lossy(&output.stderr));
        }
        (output.status.success(), said)
    }
}
