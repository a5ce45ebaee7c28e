//! Stacks, rules and policy as resolved at the trusted commit, with diagnostics.

use crate::access::Action;
use crate::catalog;
use crate::catalog::Catalog;
use crate::catalog::Diagnostic;
use crate::catalog::PolicyFile;
use crate::catalog::Scope;
use crate::catalog::Severity;
use crate::catalog::Sourced;
use crate::engine::Engine;
use crate::engine::Trusted;
use crate::kit::clock::in_words;
use crate::web::address;
use crate::web::entered::Entered;
use crate::web::errors::Answer;
use crate::web::frame::Frame;
use crate::web::frame::RepoHead;
use crate::web::frame::Tab;
use crate::web::page::show;
use crate::web::parts::badge::Mark;
use crate::web::parts::digest::Mono;
use crate::web::parts::size;
use askama::Template;
use axum::extract::State;
use std::sync::Arc;

/// `/{owner}/{repo}/settings/agents`
#[derive(Template)]
#[template(path = "pages/settings.html")]
pub struct Settings {
    /// What surrounds the page.
    pub frame: Frame,
    /// The repository.
    pub repo: RepoHead,
    /// The commit that configures.
    pub commit: Option<Mono>,
    /// The branch that configures.
    pub branch: String,
    /// What is wrong in the files.
    pub diagnostics: Vec<DiagnosticRow>,
    /// Whether an error keeps the repository's own files out of force.
    pub broken: bool,
    /// Stacks.
    pub stacks: Vec<StackRow>,
    /// Rules.
    pub rules: Vec<RuleRow>,
    /// Jobs of checks: name, what it is for, facts.
    pub jobs: Vec<(String, String, String)>,
    /// Whether the file of checks is there, so that it is edited and not added.
    pub has_checks: bool,
    /// Skills: name and path.
    pub skills: Vec<(String, String)>,
    /// What policy says of kinds of effects: kind, verdict, who says so.
    pub verdicts: Vec<(String, Mark, String)>,
    /// Other policy in force: name and value.
    pub policy: Vec<(&'static str, String)>,
    /// Whether the person may edit.
    pub may_edit: bool,
}

/// Something wrong in a file.
#[derive(Clone, Debug)]
pub struct DiagnosticRow {
    /// `error` or `warning`.
    pub tone: &'static str,
    /// `.agents/rules/fix.yaml:3:7`
    pub at: String,
    /// Where to mend it.
    pub href: String,
    /// What is wrong.
    pub message: String,
    /// What to do.
    pub hint: String,
    /// The line of the file.
    pub snippet: String,
}

/// A stack in the list.
#[derive(Clone, Debug)]
pub struct StackRow {
    /// Its name.
    pub name: String,
    /// What it is for.
    pub description: String,
    /// Where it is edited.
    pub href: String,
    /// Facts in a line: `builtin · model default · 20 min · 300,000 tokens`.
    pub facts: String,
    /// Whether it can be dispatched.
    pub in_force: bool,
}

/// A rule in the list.
#[derive(Clone, Debug)]
pub struct RuleRow {
    /// Its name.
    pub name: String,
    /// What it is for.
    pub description: String,
    /// Where it is edited.
    pub href: String,
    /// `active`, `draft`, `paused`, `disabled`.
    pub mark: Mark,
    /// What it listens to, in words.
    pub on: String,
    /// Which stack it dispatches.
    pub stack: String,
    /// Whose events it takes.
    pub who: String,
}

/// `GET /{owner}/{repo}/settings/agents`
pub async fn page(State(engine): State<Arc<Engine>>, entered: Entered) -> Answer {
    let trusted = engine.trusted(&entered.place.repository.reference()).await?;
    let catalog = trusted.as_ref().map(|trusted| trusted.catalog.as_ref());
    let root = entered.root();
    show(&Settings {
        frame: entered.frame(&engine, "Agents").await?,
        repo: entered.head(Tab::Settings),
        commit: trusted.as_ref().map(|trusted| Mono::from(&trusted.commit)),
        branch: entered.place.repository.default_branch.to_string(),
        diagnostics: catalog.map(|catalog| diagnostics(&catalog.diagnostics, &root)).unwrap_or_default(),
        broken: catalog.is_some_and(Catalog::is_broken),
        stacks: catalog.map(|catalog| stacks(catalog, &root)).unwrap_or_default(),
        rules: catalog.map(|catalog| rules(catalog, &root)).unwrap_or_default(),
        jobs: catalog.map(jobs).unwrap_or_default(),
        has_checks: catalog.is_some_and(|catalog| {
            catalog.checks.is_some() || catalog.diagnostics.iter().any(|found| found.file == catalog::CHECKS_FILE)
        }),
        skills: catalog.map(|catalog| skills(catalog, &root)).unwrap_or_default(),
        verdicts: catalog.map(verdicts).unwrap_or_default(),
        policy: trusted.as_ref().map(policy).unwrap_or_default(),
        may_edit: entered.may(Action::EditAgents),
    })
}

/// Remarks, each with the place to mend it.
pub(super) fn diagnostics(found: &[Diagnostic], root: &str) -> Vec<DiagnosticRow> {
    let row = |one: &Diagnostic| DiagnosticRow {
        tone: one.severity.as_str(),
        at: format!("{}:{}:{}", one.file, one.line, one.column),
        href: edit_href(root, &one.file),
        message: one.message.clone(),
        hint: one.hint.clone(),
        snippet: if one.severity == Severity::Error { one.snippet.clone() } else { String::new() },
    };
    found.iter().map(row).collect()
}

fn edit_href(root: &str, path: &str) -> String {
    format!("{root}/settings/agents/edit?path={}", address::escape(path))
}

/// Where a file is edited: here, or in the organisation's config repository.
fn href<T>(sourced: &Sourced<T>, root: &str) -> String {
    match sourced.scope {
        Scope::Repository => edit_href(root, &sourced.path),
        Scope::Organisation => {
            let owner = root.trim_start_matches('/').split('/').next().unwrap_or_default();
            edit_href(&format!("/{owner}/agents"), &sourced.path)
        }
    }
}

fn stacks(catalog: &Catalog, root: &str) -> Vec<StackRow> {
    let all = catalog.stacks.iter().map(|(name, stack)| (name, stack, true));
    let aside = catalog.aside.stacks.iter().map(|(name, stack)| (name, stack, false));
    let row = |(name, stack, in_force): (&String, &Sourced<catalog::Stack>, bool)| StackRow {
        name: name.clone(),
        description: stack.value.description.clone(),
        href: href(stack, root),
        facts: stack_facts(&stack.value),
        in_force,
    };
    all.chain(aside).map(row).collect()
}

fn stack_facts(stack: &catalog::Stack) -> String {
    let budget = &stack.budget;
    format!(
        "{} · model {} · {} min, {} steps, {} tokens",
        stack.agent.as_str(),
        if stack.model.is_empty() { "default" } else { &stack.model },
        budget.minutes,
        budget.steps,
        size::count(i64::try_from(budget.tokens).unwrap_or(i64::MAX)),
    )
}

fn rules(catalog: &Catalog, root: &str) -> Vec<RuleRow> {
    let all = catalog.rules.iter().map(|(name, rule)| (name, rule, true));
    let aside = catalog.aside.rules.iter().map(|(name, rule)| (name, rule, false));
    let row = |(name, rule, in_force): (&String, &Sourced<catalog::Rule>, bool)| RuleRow {
        name: name.clone(),
        description: rule.value.description.clone(),
        href: href(rule, root),
        mark: match (in_force, rule.value.state) {
            (false, _) => Mark::new("bad", "warn", "not in force"),
            (true, catalog::rule::RuleState::Active) => Mark::new("ok", "check", "active"),
            (true, catalog::rule::RuleState::Draft) => Mark::new("calm", "file", "draft"),
            (true, catalog::rule::RuleState::Paused) => Mark::new("calm", "clock", "paused"),
            (true, catalog::rule::RuleState::Disabled) => Mark::new("calm", "slash", "disabled"),
        },
        on: rule.value.on.kinds().join(", "),
        stack: rule.value.stack.clone(),
        who: who(&rule.value.who),
    };
    all.chain(aside).map(row).collect()
}

fn who(who: &catalog::rule::Who) -> String {
    let mut words = vec![format!("role {} or more", who.role)];
    if !who.teams.is_empty() {
        words.push(format!("teams {}", who.teams.join(", ")));
    }
    if !who.people.is_empty() {
        words.push(format!("people {}", who.people.join(", ")));
    }
    if who.members_only {
        words.push("members only".to_owned());
    }
    words.join(" · ")
}

fn skills(catalog: &Catalog, root: &str) -> Vec<(String, String)> {
    catalog.skills.iter().map(|(name, skill)| (name.clone(), href(skill, root))).collect()
}

fn jobs(catalog: &Catalog) -> Vec<(String, String, String)> {
    let jobs = catalog.checks.iter().flat_map(|file| &file.jobs);
    let facts = |job: &catalog::checks_file::CheckJob| {
        let on: Vec<&str> = job.on.iter().map(|on| on.as_str()).collect();
        let needs = if job.needs.is_empty() { String::new() } else { format!(" · needs {}", job.needs.join(", ")) };
        format!("on {} · {}{needs}", on.join(", "), job.timeout)
    };
    jobs.map(|(name, job)| (name.clone(), job.description.clone(), facts(job))).collect()
}

/// Every verdict that a policy file speaks of; the tightest of stack, repository and organisation counts.
fn verdicts(catalog: &Catalog) -> Vec<(String, Mark, String)> {
    let of = |policy: &PolicyFile, says: &str| {
        let rows = policy.writeback.0.iter();
        rows.map(|(key, verdict)| (key.to_string(), Mark::verdict(verdict.as_str()), says.to_owned()))
            .collect::<Vec<_>>()
    };
    let mut rows = of(&catalog.ceiling, "the organisation");
    rows.extend(of(&catalog.policy, ".agents/policy.yaml"));
    rows
}

fn policy(trusted: &Trusted) -> Vec<(&'static str, String)> {
    let (policy, ceiling) = (&trusted.catalog.policy, &trusted.catalog.ceiling);
    let expires = [&policy.approval.expires, &ceiling.approval.expires].into_iter().flatten();
    let expires = expires.map(|period| period.duration()).min();
    let limits = crate::policy::limits(policy, ceiling);
    let mut rows = vec![
        ("Requests expire after", expires.map_or_else(|| "7 d".to_owned(), in_words)),
        ("Policy digest", trusted.policy_digest.short()),
    ];
    rows.extend(limits.runs_per_hour.map(|most| ("Runs an hour", most.to_string())));
    rows.extend(limits.concurrent.map(|most| ("Runs at one time", most.to_string())));
    rows.extend(limits.usd_per_day.map(|most| ("US dollars a day", most.to_string())));
    let of_all = limits.organisation_usd_per_day;
    rows.extend(of_all.map(|most| ("US dollars a day in all repositories", most.to_string())));
    rows
}
