//! Verdicts and reviews, as tables.

use std::collections::BTreeMap;
use std::collections::BTreeSet;
use std::time::Duration;

use insta::assert_snapshot;

use crate::catalog::PolicyFile;
use crate::catalog::Stack;
use crate::kit::digest::Digest;
use crate::model::Effect;
use crate::model::RepoId;
use crate::model::RepoRef;
use crate::model::Role;
use crate::model::SecretId;
use crate::model::Verdict;
use crate::model::effect::Code;
use crate::model::effect::Expected;
use crate::model::effect::FileChange;
use crate::model::effect::Payload;
use crate::model::effect::Target;
use crate::policy::Case;
use crate::policy::Judged;
use crate::policy::ReviewInput;
use crate::policy::digest;
use crate::policy::judge;
use crate::policy::limits;
use crate::policy::review;
use crate::vault::Keeper;
use crate::vault::Standing;

fn stack(json: &str) -> Stack {
    serde_json::from_str(json).expect("a stack")
}

fn policy(json: &str) -> PolicyFile {
    serde_json::from_str(json).expect("a policy")
}

fn effect(kind: &str, paths: &[&str]) -> Effect {
    let files = paths.iter().map(|path| FileChange { path: (*path).into(), old: None, new: None }).collect();
    let commit: crate::model::CommitId = "a".repeat(40).parse().expect("a commit");
    let code = Code { parent: commit.clone(), tree: "b".repeat(40), message: "Mend".into(), files };
    let payload = match kind {
        "comment" => Payload::Comment { body: "Hello".into() },
        "push" => Payload::Push { code },
        "pull_request" => Payload::PullRequest {
            title: "Mend".into(),
            body: String::new(),
            base: "main".parse().expect("a branch"),
            code,
        },
        "labels" => Payload::Labels { add: vec!["bug".into()], remove: Vec::new() },
        _ => Payload::CheckRerun { check: "test".into(), sha: commit },
    };
    let repo =
        RepoRef { id: RepoId::make(), owner: "acme".parse().expect("an owner"), name: "shop".parse().expect("a name") };
    Effect { target: Target { repo, number: Some(1), branch: None }, expected: Expected::default(), payload }
}

struct Given<'a> {
    stack: &'a str,
    repository: &'a str,
    organisation: &'a str,
    untrusted: bool,
}

impl Default for Given<'_> {
    fn default() -> Self {
        Self { stack: "{}", repository: "{}", organisation: "{}", untrusted: false }
    }
}

fn judged(effect: &Effect, given: &Given<'_>) -> Judged {
    let stack = stack(&format!(
        r#"{{"agent": "builtin", "autonomy": "propose", "prompt": "x", "writeback": {}}}"#,
        given.stack
    ));
    let (repository, organisation) = (policy(given.repository), policy(given.organisation));
    judge(Case {
        effect,
        stack_name: "fixer",
        stack: &stack,
        repository: &repository,
        organisation: &organisation,
        brain: None,
        untrusted: given.untrusted,
    })
}

#[test]
fn the_tightest_of_stack_repository_and_organisation_wins_and_is_named() {
    let words = ["", "allow", "ask", "deny"];
    let file = |word: &str| match word {
        "" => "{}".to_owned(),
        word => format!(r#"{{"writeback": {{"comment": "{word}"}}}}"#),
    };
    let comment = effect("comment", &[]);
    for stack in words {
        for repository in words {
            for organisation in words {
                let of_stack = if stack.is_empty() { "{}".into() } else { format!(r#"{{"comment": "{stack}"}}"#) };
                let (in_repository, in_organisation) = (file(repository), file(organisation));
                let given = Given {
                    stack: &of_stack,
                    repository: &in_repository,
                    organisation: &in_organisation,
                    untrusted: false,
                };
                let found = judged(&comment, &given);
                let rank = |word: &str| words.iter().position(|known| *known == word);
                let stack_says = if stack.is_empty() { "ask" } else { stack };
                let expect = [stack_says, repository, organisation].into_iter().max_by_key(|word| rank(word));
                assert_eq!(Some(found.verdict.as_str()), expect, "{stack} {repository} {organisation}");
                let named = match found.because.as_str() {
                    text if text.starts_with("the organisation's") => organisation,
                    text if text.starts_with("`.agents/policy.yaml`") => repository,
                    _ => stack_says,
                };
                assert_eq!(named, found.verdict.as_str(), "the reason is one that says it");
            }
        }
    }
}

#[test]
fn a_repository_never_permits_what_its_organisation_forbids() {
    let given = Given {
        stack: r#"{"push": "allow"}"#,
        repository: r#"{"writeback": {"push": "allow"}}"#,
        organisation: r#"{"writeback": {"push": "deny"}}"#,
        untrusted: false,
    };
    let found = judged(&effect("push", &["a"]), &given);
    assert_snapshot!(format!("{:?}: {}", found.verdict, found.because), @"Deny: the organisation's `policy.yaml`: `writeback.push` is `deny`");
}

#[test]
fn a_path_that_a_key_names_tightens_the_whole_effect() {
    let given = Given {
        stack: r#"{"push": "allow", "pull_request": "allow"}"#,
        repository: r#"{"writeback": {"push:infra/**": "deny", "pull_request:docs/**": "ask"}}"#,
        ..Given::default()
    };
    for (kind, paths, verdict) in [
        ("push", vec!["src/a.rs"], Verdict::Allow),
        ("push", vec!["src/a.rs", "infra/main.tf"], Verdict::Deny),
        ("push", vec!["docs/a.md"], Verdict::Allow),
        ("pull_request", vec!["docs/a.md"], Verdict::Ask),
        ("pull_request", vec!["infra/x/y.tf"], Verdict::Deny),
        ("pull_request", vec![], Verdict::Allow),
        ("comment", vec![], Verdict::Ask),
    ] {
        assert_eq!(judged(&effect(kind, &paths), &given).verdict, verdict, "{kind} {paths:?}");
    }
    let found = judged(&effect("push", &["infra/a"]), &given);
    assert_snapshot!(found.because, @"`.agents/policy.yaml`: `writeback.push:infra/**` is `deny`");
}

#[test]
fn files_that_configure_agents_or_ci_always_ask() {
    let given = Given { stack: r#"{"push": "allow", "pull_request": "allow"}"#, ..Given::default() };
    for path in [".agents/rules/a.yaml", ".github/workflows/ci.yml", ".gitlab-ci.yml", "AGENTS.md"] {
        for kind in ["push", "pull_request"] {
            let found = judged(&effect(kind, &["src/a.rs", path]), &given);
            assert_eq!(found.verdict, Verdict::Ask, "{path}");
        }
    }
    let found = judged(&effect("push", &[".agents/policy.yaml"]), &given);
    assert_snapshot!(found.because, @"built in: `.agents/policy.yaml` configures agents or CI, so a person is asked");
}

#[test]
fn the_automatic_lane_is_closed_to_untrusted_runs() {
    let given = Given { stack: r#"{"comment": "allow", "labels": "deny"}"#, untrusted: true, ..Given::default() };
    let found = judged(&effect("comment", &[]), &given);
    assert_eq!(found.verdict, Verdict::Ask);
    assert_snapshot!(found.because, @"the run was shown what a stranger wrote, so nothing leaves it without a person");
    assert_eq!(judged(&effect("labels", &[]), &given).verdict, Verdict::Deny);
}

#[test]
fn a_stack_without_autonomy_writes_nothing() {
    let stack = stack(r#"{"agent": "builtin", "prompt": "x", "writeback": {"comment": "allow"}}"#);
    let (repository, organisation) = (PolicyFile::default(), PolicyFile::default());
    let comment = effect("comment", &[]);
    let case = Case {
        effect: &comment,
        stack_name: "reader",
        stack: &stack,
        repository: &repository,
        organisation: &organisation,
        brain: None,
        untrusted: false,
    };
    let found = judge(case);
    assert_snapshot!(format!("{:?}: {}", found.verdict, found.because), @"Deny: `.agents/stacks/reader.yaml`: `autonomy` is `read`");
}

#[test]
fn what_is_remembered_is_judged_by_the_policy_of_the_brain_too() {
    let stack =
        stack(r#"{"agent": "builtin", "autonomy": "propose", "prompt": "x", "writeback": {"comment": "allow"}}"#);
    let brain =
        policy(r#"{"writeback": {"comment": "ask"}, "approvers": {"comment": {"team": "knowledge", "count": 2}}}"#);
    let comment = effect("comment", &[]);
    let none = PolicyFile::default();
    let case = Case {
        effect: &comment,
        stack_name: "fixer",
        stack: &stack,
        repository: &none,
        organisation: &none,
        brain: Some(&brain),
        untrusted: false,
    };
    let found = judge(case);
    let approvers = (found.approvers.teams, found.approvers.count);
    assert_eq!((found.verdict, approvers), (Verdict::Ask, (vec!["knowledge".to_owned()], 2)));
    assert!(found.because.contains("the company brain's"), "{}", found.because);
    assert_eq!(judge(Case { brain: None, ..case }).verdict, Verdict::Allow);
}

#[test]
fn a_closed_policy_denies_everything() {
    let closed = PolicyFile::closed();
    let stack = stack(r#"{"agent": "builtin", "prompt": "x", "autonomy": "act", "writeback": {"comment": "allow"}}"#);
    for kind in ["comment", "push", "pull_request", "labels", "check_rerun"] {
        let effect = effect(kind, &[]);
        let found = judge(Case {
            effect: &effect,
            stack_name: "fixer",
            stack: &stack,
            repository: &closed,
            organisation: &PolicyFile::default(),
            brain: None,
            untrusted: false,
        });
        assert_eq!(found.verdict, Verdict::Deny, "{kind}");
    }
}

#[test]
fn deciders_are_the_tightest_of_both_policies() {
    let given = Given {
        repository: r#"{"approvers": {"push": {"role": "maintain", "team": "core"}}, "approval": {"expires": "1d", "self": "allow"}}"#,
        organisation: r#"{"approvers": {"push": {"count": 2, "team": "security"}, "push:src/**": {"role": "admin"}}}"#,
        ..Given::default()
    };
    let found = judged(&effect("push", &["docs/a"]), &given);
    assert_eq!((found.approvers.role, found.approvers.count), (Role::Maintain, 2));
    assert_eq!(found.approvers.teams, ["core", "security"]);
    assert_eq!(found.expires, Duration::from_secs(86_400));
    assert!(found.self_allowed);
    assert_eq!(judged(&effect("push", &["src/a"]), &given).approvers.role, Role::Admin);
    let other = judged(&effect("comment", &[]), &Given::default());
    assert_eq!((other.approvers.role, other.approvers.count, other.approvers.teams.len()), (Role::Write, 1, 0));
    assert_eq!((other.expires, other.self_allowed), (Duration::from_secs(7 * 86_400), false));
    let forbidden = Given { organisation: r#"{"approval": {"self": "deny"}}"#, ..given };
    assert!(!judged(&effect("push", &["docs/a"]), &forbidden).self_allowed);
}

#[test]
fn limits_are_the_tightest_of_both_policies() {
    let repository = policy(r#"{"limits": {"runs_per_hour": 60, "usd_per_day": 20}}"#);
    let organisation = policy(r#"{"limits": {"runs_per_hour": 30, "concurrent": 4, "usd_per_day": 50}}"#);
    let found = limits(&repository, &organisation);
    assert_eq!((found.runs_per_hour, found.concurrent, found.usd_per_day), (Some(30), Some(4), Some(20.0)));
}

#[test]
fn the_digest_covers_what_policies_say_and_whose_they_are() {
    let (a, b) = (policy(r#"{"writeback": {"push": "deny"}}"#), PolicyFile::default());
    let same = policy(r#"{"writeback": {"push": "deny"}, "limits": {}}"#);
    assert_eq!(digest(&a, &b), digest(&same, &b));
    let all: BTreeSet<Digest> = [digest(&a, &b), digest(&b, &a), digest(&a, &a), digest(&b, &b)].into();
    assert_eq!(all.len(), 4);
}

fn reviewed(stack_json: &str, fork: bool, organisation: &str) -> String {
    let stack = stack(stack_json);
    let granted = |uses: &[&str]| Standing::Granted {
        secret: SecretId::make(),
        keeper: Keeper::Server,
        uses: uses.iter().map(|address| (*address).to_owned()).collect(),
    };
    let secrets = BTreeMap::from([
        ("NPM_TOKEN".to_owned(), granted(&[])),
        ("DOCS".to_owned(), granted(&["https://docs.example/mcp"])),
        ("AWS_KEY".to_owned(), Standing::Ungranted(Keeper::Server)),
    ]);
    let models = BTreeSet::from(["default".to_owned()]);
    let organisation = policy(organisation);
    let found = review(&ReviewInput {
        stack_name: "fixer",
        stack: &stack,
        repository: &PolicyFile::default(),
        organisation: &organisation,
        fork,
        secrets: &secrets,
        secrets_page: "/acme/app/settings/secrets",
        stopped: &[],
        tools_page: "/acme/app/settings/tools",
        models: &models,
        sandbox_missing: None,
    });
    let missing: Vec<String> =
        found.missing.iter().map(|missing| format!("{}: {}", missing.name, missing.hint)).collect();
    format!("{}\n{}\n{}", found.summary(), missing.join("\n"), found.reasons.join("\n"))
}

#[test]
fn a_secret_goes_only_where_it_was_granted_for() {
    let stack = |address: &str| {
        let server = format!(r#"{{"docs": {{"url": "{address}", "secret": "DOCS"}}}}"#);
        format!(r#"{{"agent": "builtin", "autonomy": "propose", "secrets": ["DOCS"], "mcp": {server}}}"#)
    };
    assert!(reviewed(&stack("https://docs.example/mcp"), false, "{}").contains("the secret `DOCS` is granted"));
    let moved = reviewed(&stack("https://evil.example/mcp"), false, "{}");
    assert_eq!(
        moved.lines().nth(1).unwrap(),
        "DOCS: the stack sends it to `https://evil.example/mcp` now, which the grant does not name: an administrator \
         grants it again at /acme/app/settings/secrets"
    );
    let unknown = reviewed(r#"{"agent": "builtin", "secrets": ["NEW"]}"#, false, "{}");
    assert!(
        unknown.contains("NEW: an administrator sets `NEW` and grants it to the stack `fixer` at /acme"),
        "{unknown}"
    );
}

#[test]
fn a_review_names_what_is_missing_and_what_to_do() {
    assert_snapshot!(reviewed(r#"{"agent": "builtin", "autonomy": "propose", "secrets": ["NPM_TOKEN"]}"#, false, "{}"), @r#"
    everything that the stack needs is granted

    the agent `builtin` is there
    the model profile `default` is set up
    the sandbox is ready
    the secret `NPM_TOKEN` is granted
    "#);
    assert_snapshot!(reviewed(r#"{"agent": "builtin", "model": "large", "secrets": ["AWS_KEY"]}"#, false, "{}"), @r#"
    the stack may not run: missing the model `large`, the secret `AWS_KEY`
    large: use one of `default`, or ask an administrator to set this one up
    AWS_KEY: an administrator grants `AWS_KEY` to the stack `fixer` at /acme/app/settings/secrets
    the agent `builtin` is there
    the sandbox is ready
    the stack's `autonomy` is `read`, so whatever it proposes is denied
    "#);
    assert_snapshot!(reviewed(r#"{"agent": "acp", "command": ["x"]}"#, false, "{}"), @r#"
    everything that the stack needs is granted

    the agent `acp` starts `x` in the sandbox
    the model profile `default` is set up
    the sandbox is ready
    the stack's `autonomy` is `read`, so whatever it proposes is denied
    "#);
    assert_snapshot!(reviewed(r#"{"agent": "scripted", "model": "none", "autonomy": "propose"}"#, false, "{}"), @r#"
    everything that the stack needs is granted

    the agent `scripted` is there
    the agent `scripted` needs no model
    the sandbox is ready
    "#);
    assert_snapshot!(reviewed(r#"{"agent": "builtin", "autonomy": "propose", "secrets": ["NPM_TOKEN"], "sandbox": {"network": "allow"}}"#, true, "{}"), @r#"
    the stack may not run: missing the secret `NPM_TOKEN`
    NPM_TOKEN: a run for a pull request from a fork gets no secret
    the agent `builtin` is there
    the model profile `default` is set up
    the sandbox is ready
    the pull request comes from a fork, so the sandbox reaches no hosts
    the pull request comes from a fork, so a person decides about every effect
    "#);
    assert_snapshot!(reviewed(r#"{"agent": "builtin", "autonomy": "propose"}"#, true, r#"{"forks": {"run": "deny"}}"#), @r#"
    the stack may not run: missing the permission `forks.run`
    forks.run: policy does not let pull requests from forks start a run
    the agent `builtin` is there
    the model profile `default` is set up
    the sandbox is ready
    "#);
}
