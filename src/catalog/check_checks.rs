//! What `checks.yaml` says that its types alone cannot check: names, scripts, and jobs that need each other.

use std::collections::BTreeMap;
use std::collections::BTreeSet;

use crate::catalog::check::name_fault;
use crate::catalog::checks_file::CheckJob;
use crate::catalog::checks_file::CheckOn;
use crate::catalog::checks_file::ChecksFile;
use crate::catalog::checks_file::LONGEST_JOB;
use crate::catalog::checks_file::Script;
use crate::catalog::diagnostic::Diagnostic;
use crate::catalog::document::Document;
use crate::catalog::near;
use crate::catalog::tree::Node;
use crate::kit::secretlike;
use crate::kit::text::visible_line;

/// The name that the file itself is judged under.
pub const OF_THE_FILE: &str = "checks";

const MOST_JOBS: usize = 50;
const MOST_STEPS: usize = 50;
const LONGEST_SCRIPT: usize = 64 * 1024;
const LONGEST_VALUE: usize = 8 * 1024;

/// What is wrong in the file.
pub fn checks(document: &Document, tree: &Node, file: &ChecksFile) -> Vec<Diagnostic> {
    let mut found = Vec::new();
    if file.jobs.is_empty() {
        let hint = "add a job: `test: {run: make test}`; or remove the file";
        found.push(document.error(tree.at(&["jobs"]), "`jobs` names no job", hint));
    }
    if file.jobs.len() > MOST_JOBS {
        let message = format!("there are {} jobs, but {MOST_JOBS} is the most", file.jobs.len());
        found.push(document.error(
            tree.at(&["jobs"]),
            message,
            "put scripts that belong together into steps of one job",
        ));
    }
    for (name, job) in &file.jobs {
        let key = tree.get("jobs").map_or(tree.at, |jobs| jobs.key_at(name));
        let fault = name_fault(name).or((name == OF_THE_FILE).then_some("`checks` is how this file itself is judged"));
        if let Some(hint) = fault {
            let message = format!("`{}` cannot be the name of a job", visible_line(name, 80));
            found.push(document.error(key, message, hint));
        }
        found.extend(one(document, tree, name, job));
    }
    found.extend(broken_needs(document, tree, &file.jobs));
    found
}

fn one(document: &Document, tree: &Node, name: &str, job: &CheckJob) -> Vec<Diagnostic> {
    let at = |rest: &[&str]| tree.at(&[&["jobs", name], rest].concat());
    let mut found = Vec::new();
    match &job.run {
        Script::Whole(run) => {
            found.extend(script_fault(run).map(|(says, hint)| document.error(at(&["run"]), says, hint)))
        }
        Script::Steps(steps) => {
            if steps.is_empty() || steps.len() > MOST_STEPS {
                let says = format!("a job has 1 to {MOST_STEPS} steps, this one has {}", steps.len());
                found.push(document.error(at(&["run"]), says, "write `run: |` and the script below it"));
            }
            for (index, step) in steps.iter().enumerate() {
                let index = index.to_string();
                if step.name.trim().is_empty() || step.name.len() > 200 {
                    let says = "the name of a step has 1 to 200 bytes";
                    found.push(document.error(at(&["run", &index, "name"]), says, "say what the step does"));
                }
                let fault = script_fault(&step.run);
                found.extend(fault.map(|(says, hint)| document.error(at(&["run", &index, "run"]), says, hint)));
            }
        }
    }
    if job.on.is_empty() {
        let hint = "leave the key out for `[push, pull_request]`";
        found.push(document.error(at(&["on"]), "`on` is empty, so the job never runs", hint));
    }
    match (&job.schedule, job.on.contains(&CheckOn::Schedule)) {
        (None, true) => {
            let hint = "add `schedule: {cron: \"0 3 * * *\"}` to the job";
            found.push(document.error(at(&["on"]), "`on` names `schedule`, but nothing says when", hint));
        }
        (Some(_), false) => {
            let hint = "add `schedule` to `on`, such as `on: [push, schedule]`";
            let says = "`schedule` has no effect: `on` does not name it";
            found.push(document.error(at(&["schedule"]), says, hint));
        }
        _ => {}
    }
    if job.timeout > LONGEST_JOB {
        let says = format!("`timeout` is {}, but the longest is {LONGEST_JOB}", job.timeout);
        found.push(document.error(at(&["timeout"]), says, "split the job"));
    }
    for (key, value) in &job.environment {
        if let Some((says, hint)) = variable_fault(key, value) {
            let mut fault = document.error(at(&["environment", key]), says, hint);
            fault.snippet = String::new();
            found.push(fault);
        }
    }
    found
}

type Fault = (String, &'static str);

fn script_fault(run: &str) -> Option<Fault> {
    if run.trim().is_empty() {
        return Some(("the script is empty".into(), "write `run: |` and the script below it"));
    }
    if run.len() > LONGEST_SCRIPT || run.contains('\0') {
        let hint = "put the script into a file of the repository, and run that";
        return Some(("the script is longer than 64 KiB, or holds a zero byte".into(), hint));
    }
    None
}

/// A file in Git is read by everybody who reads the repository: what looks like a secret is refused before it is shown.
fn variable_fault(key: &str, value: &str) -> Option<Fault> {
    let starts = key.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_');
    let word = key.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
    if !starts || !word || key.len() > 100 {
        let says = format!("`{}` is not the name of a variable", visible_line(key, 60));
        return Some((says, "names have letters, digits and `_`, and do not start with a digit"));
    }
    if key.starts_with("FORGEHAND_") || key == "CI" {
        return Some((format!("`{key}` is set by Forgehand"), "choose another name"));
    }
    if value.len() > LONGEST_VALUE || value.contains('\0') {
        return Some((
            format!("the value of `{key}` is longer than 8 KiB, or holds a zero byte"),
            "put it into a file",
        ));
    }
    if !secretlike::find(format!("{key}={value}").as_bytes()).is_empty() {
        let hint = "checks get no secrets: make the test work without; if it is a real one, withdraw it";
        return Some((format!("the value of `{key}` looks like a secret"), hint));
    }
    None
}

/// Names in `needs` that are no jobs, and jobs that wait for themselves.
fn broken_needs(document: &Document, tree: &Node, jobs: &BTreeMap<String, CheckJob>) -> Vec<Diagnostic> {
    let known: Vec<&str> = jobs.keys().map(String::as_str).collect();
    let mut found = Vec::new();
    for (name, job) in jobs {
        for (index, need) in job.needs.iter().enumerate() {
            let at = tree.at(&["jobs", name, "needs", &index.to_string()]);
            if !jobs.contains_key(need) {
                let says = format!("there is no job `{}`", visible_line(need, 60));
                found.push(document.error(at, says, near::suggest(need, &known)));
            } else if let Some(circle) = circle(jobs, name, need) {
                let says = format!("the job `{name}` waits for itself: {}", circle.join(" → "));
                found.push(document.error(at, says, "remove one of these `needs`"));
            }
        }
    }
    found
}

/// The way from a job over one of its needs back to itself. Each circle is told once, at its first job by name.
fn circle(jobs: &BTreeMap<String, CheckJob>, name: &str, need: &str) -> Option<Vec<String>> {
    let mut seen = BTreeSet::new();
    let mut ways = vec![vec![name.to_owned(), need.to_owned()]];
    while let Some(way) = ways.pop() {
        let last = way.last().cloned().unwrap_or_default();
        if last == name {
            return way.iter().all(|one| name <= one.as_str()).then_some(way);
        }
        if seen.insert(last.clone()) {
            let next = jobs.get(&last).into_iter().flat_map(|job| &job.needs);
            ways.extend(next.map(|next| [way.as_slice(), std::slice::from_ref(next)].concat()));
        }
    }
    None
}
