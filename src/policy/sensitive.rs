//! Paths that configure agents or CI: whoever changes them decides what runs next.

/// Folders, in small letters.
const FOLDERS: [&str; 12] = [
    ".agents/",
    ".github/",
    ".gitea/",
    ".forgejo/",
    ".gitlab/",
    ".ci/",
    ".circleci/",
    ".woodpecker/",
    ".buildkite/",
    ".tekton/",
    ".husky/",
    ".cargo/",
];

/// Files at any depth, in small letters.
const FILES: [&str; 14] = [
    ".gitlab-ci.yml",
    ".travis.yml",
    ".drone.yml",
    ".woodpecker.yml",
    "jenkinsfile",
    "azure-pipelines.yml",
    "bitbucket-pipelines.yml",
    "appveyor.yml",
    ".pre-commit-config.yaml",
    ".gitmodules",
    ".gitattributes",
    "agents.md",
    "claude.md",
    "codeowners",
];

/// Whether a path configures agents or CI. Case does not count: some file systems do not see it.
pub fn is_sensitive(path: &str) -> bool {
    let path = path.to_lowercase();
    let name = path.rsplit('/').next().unwrap_or_default();
    let in_folder = FOLDERS.iter().any(|folder| path.starts_with(folder));
    in_folder || FILES.contains(&name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_configures_agents_or_ci_is_sensitive() {
        for path in [".agents/stacks/a.yaml", ".github/workflows/ci.yml", ".GitHub/x", "Jenkinsfile", "docs/AGENTS.md"]
        {
            assert!(is_sensitive(path), "{path}");
        }
        for path in ["src/main.rs", "agents/a.yaml", "docs/.github.md", ".gitignore", "a/.agents.md"] {
            assert!(!is_sensitive(path), "{path}");
        }
    }
}
