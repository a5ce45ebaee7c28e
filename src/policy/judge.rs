//! The verdict on one effect.

use std::time::Duration;

use serde::Serialize;

use crate::catalog::PolicyFile;
use crate::catalog::Stack;
use crate::catalog::policy_file::SelfApproval;
use crate::catalog::stack::Autonomy;
use crate::catalog::writeback::ByEffect;
use crate::catalog::writeback::EffectKey;
use crate::kit::text::visible_line;
use crate::model::Effect;
use crate::model::EffectKind;
use crate::model::Role;
use crate::model::Verdict;
use crate::policy::sensitive::is_sensitive;

/// How long a request waits when no file says it.
const EXPIRES: Duration = Duration::from_secs(7 * 86_400);

/// One effect and everything that its verdict depends on.
#[derive(Clone, Copy, Debug)]
pub struct Case<'a> {
    /// The effect.
    pub effect: &'a Effect,
    /// The stack's name, for the reason.
    pub stack_name: &'a str,
    /// The stack whose agent proposed it, as frozen with the run.
    pub stack: &'a Stack,
    /// The repository's policy.
    pub repository: &'a PolicyFile,
    /// The organisation's policy.
    pub organisation: &'a PolicyFile,
    /// The policy of the company brain, for what is to be remembered by a run of another repository.
    pub brain: Option<&'a PolicyFile>,
    /// Whether the run was shown text of people who are not members, or works on a fork.
    pub untrusted: bool,
}

/// A verdict and where it comes from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Judged {
    /// The verdict.
    pub verdict: Verdict,
    /// The file and key that said so, as a sentence without a period.
    pub because: String,
    /// Who decides, when it asks.
    pub approvers: Approvers,
    /// How long the request waits.
    pub expires: Duration,
    /// Whether the person who asked for the run may decide alone.
    pub self_allowed: bool,
}

/// Who decides.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Approvers {
    /// The least role in the repository.
    pub role: Role,
    /// Teams; a decider is in every one of them.
    pub teams: Vec<String>,
    /// How many people.
    pub count: u32,
}

/// Gives an effect its verdict: the tightest that anything says. Of two that say the same, the one nearest to the
/// repository's people is named: policy before stack, organisation before repository.
pub fn judge(case: Case<'_>) -> Judged {
    let changed = changed_paths(case.effect);
    let paths: Vec<&str> = changed.iter().map(String::as_str).collect();
    let kind = case.effect.kind();
    let says = [
        said(&case.organisation.writeback, kind, &paths, "the organisation's `policy.yaml`"),
        case.brain.and_then(|brain| said(&brain.writeback, kind, &paths, "the company brain's `.agents/policy.yaml`")),
        said(&case.repository.writeback, kind, &paths, "`.agents/policy.yaml`"),
        autonomy(case),
        built_in(&paths),
        case.untrusted.then(|| {
            let because = "the run was shown what a stranger wrote, so nothing leaves it without a person";
            (Verdict::Ask, because.to_owned())
        }),
        Some(of_stack(case, kind, &paths)),
    ];
    // `rev` because `max_by_key` answers the last of equals.
    let tightest = says.into_iter().flatten().rev().max_by_key(|(verdict, _)| *verdict);
    let (verdict, because) = tightest.expect("the stack always says something");
    let policies = || [case.organisation, case.repository].into_iter().chain(case.brain);
    let approval: Vec<_> = policies().map(|policy| &policy.approval).collect();
    let self_approvals = approval.iter().filter_map(|rule| rule.self_approval);
    Judged {
        verdict,
        because,
        approvers: approvers(case, kind, &paths),
        expires: approval.iter().filter_map(|rule| rule.expires).min().map_or(EXPIRES, |period| period.duration()),
        self_allowed: self_approvals.max() == Some(SelfApproval::Allow),
    }
}

/// Every path that the effect changes.
fn changed_paths(effect: &Effect) -> Vec<String> {
    effect.code().map(|code| code.files.iter().map(|file| file.path.clone()).collect()).unwrap_or_default()
}

/// Whether a key speaks of an effect. A pull request brings a commit too, so paths under `push` hold for it.
fn covers(key: &EffectKey, kind: EffectKind, paths: &[&str]) -> bool {
    let as_push = kind == EffectKind::PullRequest && key.path.is_some() && key.covers(EffectKind::Push, paths);
    key.covers(kind, paths) || as_push
}

/// The tightest that one file's `writeback` says, and its key.
fn said(writeback: &ByEffect<Verdict>, kind: EffectKind, paths: &[&str], file: &str) -> Option<(Verdict, String)> {
    let covering = writeback.0.iter().filter(|(key, _)| covers(key, kind, paths));
    let (key, verdict) = covering.max_by_key(|(_, verdict)| **verdict)?;
    Some((*verdict, format!("{file}: `writeback.{key}` is `{}`", verdict.as_str())))
}

fn autonomy(case: Case<'_>) -> Option<(Verdict, String)> {
    let reads = case.stack.autonomy == Autonomy::Read;
    reads.then(|| (Verdict::Deny, format!("{}: `autonomy` is `read`", file_of(case.stack_name))))
}

fn of_stack(case: Case<'_>, kind: EffectKind, paths: &[&str]) -> (Verdict, String) {
    let file = file_of(case.stack_name);
    said(&case.stack.writeback, kind, paths, &file).unwrap_or_else(|| {
        (Verdict::Ask, format!("{file}: `writeback` does not name `{}`, so a person is asked", kind.as_str()))
    })
}

fn file_of(stack: &str) -> String {
    format!("`.agents/stacks/{stack}.yaml`")
}

fn built_in(paths: &[&str]) -> Option<(Verdict, String)> {
    let path = paths.iter().find(|path| is_sensitive(path))?;
    let shown = visible_line(path, 120);
    Some((Verdict::Ask, format!("built in: `{shown}` configures agents or CI, so a person is asked")))
}

/// The tightest that the policies ask of deciders.
fn approvers(case: Case<'_>, kind: EffectKind, paths: &[&str]) -> Approvers {
    let mut found = Approvers { role: Role::Write, teams: Vec::new(), count: 1 };
    for policy in [case.organisation, case.repository].into_iter().chain(case.brain) {
        for (_, rule) in policy.approvers.0.iter().filter(|(key, _)| covers(key, kind, paths)) {
            found.role = found.role.max(rule.role);
            found.count = found.count.max(rule.count);
            found.teams.extend(rule.team.clone());
        }
    }
    found.teams.sort();
    found.teams.dedup();
    found
}
