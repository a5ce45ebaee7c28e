//! Which jobs an event asks for.

use crate::catalog::ChecksFile;
use crate::catalog::checks_file::CheckJob;
use crate::catalog::checks_file::CheckOn;

/// More changed paths than this are not listed, so any path may be among them.
const MOST_PATHS: usize = 3_000;

/// A job that an event asks for.
pub struct Asked<'a> {
    /// Its name.
    pub name: &'a str,
    /// What it runs.
    pub job: &'a CheckJob,
    /// Whether no changed path is one of its: then it says so, and does not run.
    pub left_out: bool,
}

/// The jobs that answer to this, by name. A job that another one needs and that is not due holds nobody back.
pub fn due<'a>(file: &'a ChecksFile, on: CheckOn, paths: &[String]) -> Vec<Asked<'a>> {
    let touched = |job: &CheckJob| {
        let any = job.paths.is_empty() || paths.len() >= MOST_PATHS;
        any || paths.iter().any(|path| job.paths.iter().any(|pattern| pattern.matches(path)))
    };
    let jobs = file.jobs.iter().filter(|(_, job)| job.on.contains(&on));
    jobs.map(|(name, job)| Asked { name, job, left_out: !touched(job) }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_job_is_due_by_event_and_by_path() {
        let file: ChecksFile = serde_json::from_value(serde_json::json!({"jobs": {
            "always": {"run": "true"},
            "docs": {"run": "true", "paths": ["docs/**"]},
            "pulls": {"run": "true", "on": ["pull_request"]},
        }}))
        .expect("a file");
        let check = |on, paths: &[&str]| {
            let paths: Vec<String> = paths.iter().map(|path| (*path).to_owned()).collect();
            let shown = |asked: &Asked<'_>| format!("{}{}", if asked.left_out { "-" } else { "" }, asked.name);
            due(&file, on, &paths).iter().map(shown).collect::<Vec<_>>().join(" ")
        };
        assert_eq!(check(CheckOn::Push, &["src/a.rs"]), "always -docs");
        assert_eq!(check(CheckOn::Push, &["src/a.rs", "docs/b.md"]), "always docs");
        assert_eq!(check(CheckOn::PullRequest, &[]), "always -docs pulls");
        assert_eq!(check(CheckOn::Push, &vec!["a"; MOST_PATHS]), "always docs", "a cut list may hold any path");
    }
}
