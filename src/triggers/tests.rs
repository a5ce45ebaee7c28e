//! Events against rules: who fires, who does not, and the sentence that says why.

use insta::assert_snapshot;
use proptest::prelude::ProptestConfig;
use proptest::prelude::any;
use proptest::proptest;
use serde_json::json;

use crate::catalog::Catalog;
use crate::catalog::Rule;
use crate::catalog::Scope;
use crate::catalog::Sourced;
use crate::catalog::Template;
use crate::catalog::names;
use crate::catalog::policy_file::Limits;
use crate::catalog::template::Values;
use crate::kit::clock::Timestamp;
use crate::model::ActorKind;
use crate::model::Event;
use crate::model::Role;
use crate::model::RunId;
use crate::triggers::Admission;
use crate::triggers::Answered;
use crate::triggers::Facts;
use crate::triggers::Firing;
use crate::triggers::Load;
use crate::triggers::Outcome;
use crate::triggers::admit;
use crate::triggers::decide;
use crate::triggers::sample;
use crate::triggers::values;

/// A sample event with some of its fields replaced.
fn event(kind: &str, with: serde_json::Value) -> Event {
    let mut whole = sample(kind).expect("a kind");
    merge(&mut whole, with);
    serde_json::from_value(whole).expect("an event")
}

fn merge(whole: &mut serde_json::Value, with: serde_json::Value) {
    match (whole, with) {
        (serde_json::Value::Object(whole), serde_json::Value::Object(with)) => {
            for (key, value) in with {
                merge(whole.entry(key).or_insert(serde_json::Value::Null), value);
            }
        }
        (whole, with) => *whole = with,
    }
}

/// A sample event on the sample pull request instead of an issue.
fn on_pull(kind: &str, fork: bool) -> Event {
    let pull = sample("pull_request").expect("a kind")["pull"].clone();
    let mut event = event(kind, json!({ "issue": null, "pull": pull }));
    if let crate::model::What::Comment { pull: Some(pull), .. } | crate::model::What::Label { pull: Some(pull), .. } =
        &mut event.what
    {
        pull.fork = fork;
    }
    event
}

fn catalog(rule: serde_json::Value) -> Catalog {
    let mut whole = json!({ "stack": "fixer" });
    merge(&mut whole, rule);
    let value: Rule = serde_json::from_value(whole).expect("a rule");
    let stack = serde_json::from_value(json!({ "agent": "builtin", "prompt": "x" })).expect("a stack");
    let mut catalog = Catalog::default();
    let scope = Scope::Repository;
    catalog.rules.insert("repair".into(), Sourced { value, scope, path: ".agents/rules/repair.yaml".into() });
    catalog.stacks.insert("fixer".into(), Sourced { value: stack, scope, path: ".agents/stacks/fixer.yaml".into() });
    catalog
}

fn writer() -> Facts {
    Facts { actor_role: Some(Role::Write), member: true, ..Facts::default() }
}

fn outcome(rule: serde_json::Value, event: &Event, facts: &Facts) -> Outcome {
    let decisions = decide(event, &catalog(rule), facts);
    assert_eq!(decisions.len(), 1);
    decisions[0].outcome.clone()
}

/// The outcome in one line.
fn said(rule: serde_json::Value, event: &Event) -> String {
    told(&outcome(rule, event, &writer()))
}

fn told(outcome: &Outcome) -> String {
    match outcome {
        Outcome::Fires(firing) => format!("fires: {}", firing.reason),
        Outcome::Skips { reason } => format!("skips: {reason}"),
        Outcome::Refuses { reason } => format!("refuses: {reason}"),
    }
}

fn fired(rule: serde_json::Value, event: &Event) -> Firing {
    match outcome(rule, event, &writer()) {
        Outcome::Fires(firing) => firing,
        other => panic!("{}", told(&other)),
    }
}

#[test]
fn checks_match_by_conclusion_name_and_branch() {
    let on = |on: serde_json::Value| json!({ "on": { "check": on } });
    let failed = event("check", json!({}));
    assert_snapshot!(said(on(json!({})), &failed), @"fires: the check `test` ended as `failure` on bbbbbbbbbb");
    assert_snapshot!(said(on(json!({ "name": ["test*"], "branch": ["**"] })), &failed), @"fires: the check `test` ended as `failure` on bbbbbbbbbb");
    assert_snapshot!(said(on(json!({})), &event("check", json!({ "check": { "conclusion": "success" } }))), @"skips: the check ended as `success`, the rule waits for `failure`");
    assert_snapshot!(said(on(json!({ "name": ["lint", "build"] })), &failed), @"skips: the check `test` matches none of `lint` and `build`");
    assert_snapshot!(said(on(json!({ "branch": ["release/*"] })), &failed), @"skips: the branch `main` does not match `release/*`");
    assert_snapshot!(said(on(json!({ "branch": ["main"] })), &event("check", json!({ "branches": [] }))), @"skips: there is no branch that could match `main`");
    let nested = event("check", json!({ "check": { "name": "ci/test unit" } }));
    assert!(said(on(json!({ "name": ["ci*unit"] })), &nested).starts_with("fires"));
}

#[test]
fn labels_match_by_name() {
    let on = json!({ "on": { "label": { "name": ["agent:*"] } } });
    assert_snapshot!(said(on.clone(), &event("label", json!({ "label": "agent:fix/now" }))), @"fires: the label `agent:fix/now` was put on");
    assert_snapshot!(said(on, &event("label", json!({ "label": "bug" }))), @"skips: the label `bug` does not match `agent:*`");
}

#[test]
fn issues_and_pull_requests_match_by_action_and_path() {
    let issue = json!({ "on": { "issue": {} } });
    assert_snapshot!(said(issue.clone(), &event("issue", json!({}))), @"fires: the issue #1 was `opened`");
    assert_snapshot!(said(issue, &event("issue", json!({ "action": "closed" }))), @"skips: the issue was `closed`, the rule waits for `opened`");
    let pull = json!({ "on": { "pull_request": { "paths": ["src/**"] } } });
    assert_snapshot!(said(pull.clone(), &event("pull_request", json!({}))), @"fires: the pull request #2 was `opened`");
    assert_snapshot!(said(pull.clone(), &event("pull_request", json!({ "paths": ["docs/a.md", "b"] }))), @"skips: none of 2 changed paths such as `docs/a.md` matches `src/**`");
    assert_snapshot!(said(pull, &event("pull_request", json!({ "action": "merged" }))), @"skips: the pull request was `merged`, the rule waits for `opened` and `synchronize`");
}

#[test]
fn pushes_match_by_branch_and_path() {
    let on = json!({ "on": { "push": { "branch": ["main"], "paths": ["src/**"] } } });
    assert_snapshot!(said(on.clone(), &event("push", json!({}))), @"fires: the branch `main` moved to bbbbbbbbbb");
    assert_snapshot!(said(on.clone(), &event("push", json!({ "branch": "topic" }))), @"skips: the branch `topic` does not match `main`");
    assert_snapshot!(said(on.clone(), &event("push", json!({ "paths": [] }))), @"skips: there is no changed path that could match `src/**`");
    assert_snapshot!(said(on, &event("push", json!({ "after": null }))), @"skips: the branch `main` was deleted");
}

#[test]
fn mentions_match_in_comments_and_opening_texts() {
    let on = json!({ "on": { "mention": { "handle": "fixer" } }, "prompt": "{{ mention.text }}|{{ comment.author }}" });
    let comment = event("comment", json!({ "comment": { "body": "@Fixer, fix the flaky test" } }));
    let firing = fired(on.clone(), &comment);
    assert_eq!(firing.prompt, "fix the flaky test|alice");
    assert_snapshot!(firing.reason, @"alice mentioned `@fixer`");
    let opened = event("issue", json!({ "issue": { "body": "Dear @fixer: help" } }));
    let firing = fired(on.clone(), &opened);
    assert_eq!(firing.prompt, "help|");
    assert_snapshot!(firing.reason, @"alice mentioned `@fixer`; the prompt shows nothing for `comment.author`, which this event does not have");
    assert_snapshot!(said(on.clone(), &event("comment", json!({ "comment": { "body": "> @fixer go" } }))), @"skips: `@fixer` stands only in code, in a quote, in a link or within another word");
    assert_snapshot!(said(on.clone(), &event("comment", json!({}))), @"skips: nobody is mentioned as `@fixer`");
    assert_snapshot!(said(on, &event("issue", json!({ "action": "edited", "issue": { "body": "@fixer" } }))), @"skips: the rule watches `mention`; this event is `issue`");
}

#[test]
fn an_event_of_another_sort_says_what_the_rule_watches() {
    assert_snapshot!(said(json!({ "on": { "check": {}, "push": {} } }), &event("issue", json!({}))), @"skips: the rule watches `check` and `push`; this event is `issue`");
}

#[test]
fn several_events_of_one_rule_each_fire_it() {
    let on = json!({ "on": { "issue": { "actions": ["closed"] }, "mention": { "handle": "fixer" } } });
    let opened = event("issue", json!({ "issue": { "body": "@fixer" } }));
    assert!(said(on.clone(), &opened).starts_with("fires: alice mentioned"));
    assert_snapshot!(said(on, &event("issue", json!({}))), @"skips: nobody is mentioned as `@fixer`; the issue was `opened`, the rule waits for `closed`");
}

#[test]
fn rules_that_are_not_active_say_so() {
    for state in ["draft", "paused", "disabled"] {
        let said = said(json!({ "on": { "issue": {} }, "state": state }), &event("issue", json!({})));
        assert!(said.starts_with("skips: the issue #1 was `opened`, but the rule is"), "{said}");
    }
}

#[test]
fn our_own_events_never_fire() {
    let own = event("comment", json!({ "actor": { "kind": "own" }, "comment": { "body": "@fixer" } }));
    assert_snapshot!(said(json!({ "on": { "mention": { "handle": "fixer" } } }), &own), @"skips: forgehand did this itself, and does not answer itself");
}

#[test]
fn who_names_the_people_whose_events_count() {
    let rule = |who: serde_json::Value| json!({ "on": { "issue": {} }, "who": who });
    let mallory = event("issue", json!({ "actor": { "login": "mallory" } }));
    let facts = |role| Facts { actor_role: role, actor_teams: vec!["docs".into()], ..Facts::default() };
    let told = |who, role| told(&outcome(rule(who), &mallory, &facts(role)));
    assert_snapshot!(told(json!({}), Some(Role::Read)), @"refuses: mallory has the role `read`, the rule asks for `write`");
    assert_snapshot!(told(json!({}), None), @"refuses: mallory has no role here, the rule asks for `write`");
    assert_snapshot!(told(json!({ "role": "read" }), Some(Role::Read)), @"fires: the issue #1 was `opened`");
    assert_snapshot!(told(json!({ "members-only": true }), Some(Role::Admin)), @"refuses: mallory is not a member of the organisation, the rule asks for members");
    assert_snapshot!(told(json!({ "teams": ["core", "ops"] }), Some(Role::Admin)), @"refuses: mallory is in none of the teams that `who.teams` names: `core` and `ops`");
    assert_snapshot!(told(json!({ "people": ["alice"] }), Some(Role::Admin)), @"refuses: mallory is not among the people that `who.people` names: `alice`");
    assert!(told(json!({ "teams": ["Docs"], "people": ["Mallory"] }), Some(Role::Write)).starts_with("fires"));
    let check = event("check", json!({ "actor": { "kind": "bot", "login": "ci" } }));
    assert!(matches!(outcome(json!({ "on": { "check": {} } }), &check, &Facts::default()), Outcome::Fires(_)));
}

#[test]
fn forks_run_only_when_a_person_asks_for_this_head() {
    let rule = |forks: &str| json!({ "on": { "pull_request": {}, "mention": { "handle": "fixer" }, "label": {} }, "who": { "forks": forks } });
    let opened = event("pull_request", json!({ "pull": { "fork": true } }));
    assert_snapshot!(said(rule("deny"), &opened), @"refuses: the pull request comes from a fork, and the rule's `who.forks` is `deny`");
    assert_snapshot!(said(rule("ask"), &opened), @"refuses: the pull request comes from a fork: a person starts it by a mention, a label or by hand, for each head");
    let label = on_pull("label", true);
    assert!(said(rule("ask"), &label).starts_with("fires"));
    assert!(fired(rule("ask"), &label).untrusted);
    assert!(!fired(rule("ask"), &on_pull("label", false)).untrusted);
    let mut closed = catalog(rule("ask"));
    closed.ceiling = serde_json::from_value(json!({ "forks": { "run": "deny" } })).expect("a policy");
    assert_snapshot!(told(&decide(&label, &closed, &writer())[0].outcome), @"refuses: the pull request comes from a fork, and `forks.run` of the organisation's policy is `deny`");
}

#[test]
fn what_a_stranger_wrote_makes_a_run_untrusted() {
    let rule = json!({ "on": { "issue": {} }, "who": { "role": "read" } });
    let issue = event("issue", json!({}));
    let untrusted = |facts: Facts| match outcome(rule.clone(), &issue, &facts) {
        Outcome::Fires(firing) => firing.untrusted,
        other => panic!("{}", told(&other)),
    };
    assert!(!untrusted(writer()));
    assert!(untrusted(Facts { member: false, ..writer() }));
    assert!(untrusted(Facts { outsiders: vec!["mallory".into()], ..writer() }));
}

#[test]
fn prompts_and_keys_are_rendered_over_the_event() {
    let rule = json!({
        "on": { "check": {} },
        "task": "repair",
        "prompt": "Check {{ check.name | upper }} failed on {{ head.sha }}{% if pull %} in #{{ pull.number }}{% endif %}.",
        "dedupe": { "key": "{{ repo }}:{{ check.name }}", "window": "10m" },
        "concurrency": { "key": "{{ head.branch }}", "max": 2, "on_conflict": "reject" },
    });
    let firing = fired(rule, &event("check", json!({})));
    assert_eq!(firing.prompt, format!("Check TEST failed on {}.", "b".repeat(40)));
    assert_eq!(firing.dedupe_key.as_deref(), Some("acme/shop:test"));
    assert_eq!(firing.window.as_secs(), 600);
    assert_eq!(firing.concurrency.map(|slot| (slot.key, slot.max)), Some(("repair:main".into(), 2)));
    assert_eq!(firing.task, "repair");
}

#[test]
fn a_key_that_names_what_is_not_there_does_not_count() {
    let rule = json!({ "on": { "check": {} }, "concurrency": { "key": "{{ pull.number }}" } });
    let firing = fired(rule, &event("check", json!({})));
    assert_eq!(firing.concurrency, None);
    assert_snapshot!(firing.reason, @"the check `test` ended as `failure` on bbbbbbbbbb; `concurrency` does not count: its key names `pull.number`, which this event does not have");
}

#[test]
fn a_template_that_goes_wrong_refuses_and_says_so() {
    let long = event("issue", json!({ "issue": { "body": "x".repeat(60_000) } }));
    let rule = json!({ "on": { "issue": {} }, "prompt": "{{ issue.body }}{{ issue.body }}" });
    assert_snapshot!(said(rule, &long), @"refuses: `prompt`: The template cannot be rendered: it becomes longer than 64 KiB");
    let rule = json!({ "on": { "issue": {} }, "prompt": "{% for a in issue.body %}{% for b in issue.body %}{% endfor %}{% endfor %}" });
    assert_snapshot!(said(rule, &long), @"refuses: `prompt`: The template cannot be rendered: it takes too many steps");
}

#[test]
fn a_start_by_hand_asks_the_rules_for_its_stack_first() {
    let by_hand = |with| event("manual", with);
    let plain = json!({ "on": { "issue": {} } });
    let ruled = json!({ "on": { "manual": {} }, "who": { "role": "admin" }, "prompt": "Do {{ manual.task }}" });
    let decisions = decide(&by_hand(json!({ "stack": "fixer", "prompt": "Go" })), &catalog(plain.clone()), &writer());
    assert_eq!(decisions.len(), 2);
    assert_eq!(
        (decisions[1].rule.as_str(), told(&decisions[1].outcome)),
        ("manual", "fires: alice asked for `fixer` by hand".into())
    );
    let decisions = decide(&by_hand(json!({ "stack": "fixr" })), &catalog(plain.clone()), &writer());
    assert_snapshot!(told(&decisions[1].outcome), @"refuses: there is no stack `fixr`; known are `fixer`");
    let reader = Facts { actor_role: Some(Role::Read), ..writer() };
    let decisions = decide(&by_hand(json!({ "stack": "fixer" })), &catalog(plain), &reader);
    assert_snapshot!(told(&decisions[1].outcome), @"refuses: alice has the role `read`, the rule asks for `write`");
    let decisions = decide(&by_hand(json!({ "stack": "fixer" })), &catalog(ruled.clone()), &writer());
    assert_eq!(decisions.len(), 1);
    assert_snapshot!(told(&decisions[0].outcome), @"refuses: alice has the role `write`, the rule asks for `admin`");
    let admin = Facts { actor_role: Some(Role::Admin), ..writer() };
    let decisions = decide(&by_hand(json!({ "stack": "fixer", "task": "tidy" })), &catalog(ruled), &admin);
    let Outcome::Fires(firing) = &decisions[0].outcome else { panic!("{}", told(&decisions[0].outcome)) };
    assert_eq!((firing.task.as_str(), firing.prompt.as_str()), ("tidy", "Do tidy"));
}

#[test]
fn two_rules_for_one_start_by_hand_start_it_once() {
    let mut catalog = catalog(json!({ "on": { "manual": {} } }));
    let twin = catalog.rules["repair"].clone();
    catalog.rules.insert("twin".into(), twin);
    let decisions = decide(&event("manual", json!({ "stack": "fixer" })), &catalog, &writer());
    assert!(matches!(decisions[0].outcome, Outcome::Fires(_)));
    assert_snapshot!(told(&decisions[1].outcome), @"skips: the rule `repair` starts it already");
}

#[test]
fn the_clock_strikes_for_the_line_that_a_rule_names() {
    let catalog = catalog(json!({
        "on": { "schedule": { "cron": "0 6 * * *", "timezone": "UTC", "paths": ["notes/**"] } },
    }));
    let said = |what: serde_json::Value| {
        let mut event = event("schedule", what);
        event.actor.kind = ActorKind::System;
        told(&decide(&event, &catalog, &Facts::default())[0].outcome)
    };
    assert_snapshot!(said(json!({ "paths": ["notes/a.md"] })), @"fires: the clock struck for `0 6 * * *` in UTC");
    assert_snapshot!(said(json!({})), @"skips: the clock struck for `0 6 * * *` in UTC, but there is no path changed since it struck last that could match `notes/**`");
    assert_snapshot!(said(json!({ "late": true })), @"skips: the clock struck for `0 6 * * *` in UTC while no server was there, and the rule's `missed` is `skip`");
    assert_snapshot!(said(json!({ "cron": "0 7 * * *" })), @"skips: the clock struck for `0 7 * * *` in UTC, the rule waits for `0 6 * * *` in UTC");
}

#[test]
fn rules_of_a_broken_configuration_refuse_and_say_so() {
    let mut catalog = catalog(json!({ "on": { "issue": {} } }));
    catalog.aside.rules = std::mem::take(&mut catalog.rules);
    let decisions = decide(&event("issue", json!({})), &catalog, &writer());
    assert_snapshot!(told(&decisions[0].outcome), @"refuses: the configuration is broken");
}

#[test]
fn every_name_that_templates_know_is_given_by_some_event() {
    let mut events: Vec<Event> = ["issue", "pull_request", "comment", "label", "push", "check", "schedule"]
        .map(|kind| event(kind, json!({})))
        .into();
    events.push(event("comment", json!({ "comment": { "body": "@fixer hi" } })));
    events.push(event("manual", json!({ "stack": "fixer" })));
    for (name, fields) in names::NAMES {
        let paths: Vec<String> = match fields {
            [] => vec![name.to_owned()],
            fields => fields.iter().map(|field| format!("{name}.{field}")).collect(),
        };
        for path in paths {
            let template: Template = format!("{{{{ {path} }}}}").parse().expect("a known name");
            let given =
                |event: &Event| template.render(&values(event, Some("fixer"))).expect("renders").absent.is_empty();
            assert!(events.iter().any(given), "{path}");
        }
    }
    for event in &events {
        for (name, _) in names::NAMES {
            let template: Template = format!("{{% if {name} %}}yes{{% endif %}}").parse().expect("a known name");
            let given = template.render(&values(event, Some("fixer"))).expect("renders").text == "yes";
            let word = if event.what.name() == "comment" { "mention" } else { event.what.name() };
            assert!(!given || names::may_have(word, name), "{name} of {word}");
        }
    }
}

fn firing() -> Firing {
    let rule = json!({
        "on": { "issue": {} },
        "dedupe": { "key": "k" },
        "concurrency": { "key": "c", "max": 2 },
    });
    fired(rule, &event("issue", json!({})))
}

fn run(number: u8) -> RunId {
    format!("{number:032x}").parse().expect("an id")
}

fn line(admission: &Admission) -> String {
    format!("{:?} {}: {}", admission.outcome, admission.reason_code, admission.summary)
}

#[test]
fn admission_weighs_a_firing_against_what_runs_already() {
    let with = |change: fn(&mut Firing, &mut Load)| {
        let (mut firing, mut load) = (firing(), Load::default());
        change(&mut firing, &mut load);
        line(&admit(&firing, &load))
    };
    assert_snapshot!(with(|_, _| {}), @"Dispatch ADMITTED: nothing stands in its way");
    assert_snapshot!(with(|_, load| load.answered = Some(Answered { run: run(7), at: Timestamp(0) })), @"Coalesce { into: RunId(00000000000000000000000000000007) } DEDUPED: the run 00000007 answered `k` already, within 30 min");
    assert_snapshot!(with(|_, load| load.holders = vec![run(1)]), @"Dispatch ADMITTED: nothing stands in its way");
    assert_snapshot!(with(|_, load| load.holders = vec![run(1), run(2)]), @"Queue CONCURRENCY_KEY: 2 of 2 runs for `repair:c` are not done; this one waits for its turn");
    assert_snapshot!(with(|firing, load| {
        load.holders = vec![run(1), run(2)];
        firing.concurrency.as_mut().expect("a slot").on_conflict = crate::catalog::rule::OnConflict::Coalesce;
    }), @"Coalesce { into: RunId(00000000000000000000000000000002) } CONCURRENCY_KEY: 2 of 2 runs for `repair:c` are not done; the run 00000002 answers for this too");
    assert_snapshot!(with(|firing, load| {
        load.holders = vec![run(1), run(2)];
        firing.concurrency.as_mut().expect("a slot").on_conflict = crate::catalog::rule::OnConflict::Reject;
    }), @"Reject CONCURRENCY_KEY: 2 of 2 runs for `repair:c` are not done, and the rule rejects one more");
    assert_snapshot!(with(|_, load| {
        load.runs_last_hour = 60;
        load.limits = Limits { runs_per_hour: Some(60), ..Limits::default() };
    }), @"Reject RUNS_PER_HOUR: 60 runs started within the last hour, policy allows 60");
    assert_snapshot!(with(|_, load| {
        load.concurrent = 4;
        load.limits = Limits { concurrent: Some(4), ..Limits::default() };
    }), @"Queue CONCURRENT: 4 runs are at work, policy allows 4; this one waits for its turn");
    assert_snapshot!(with(|_, load| {
        load.usd_today = Some(20.5);
        load.limits = Limits { usd_per_day: Some(20.0), ..Limits::default() };
    }), @"Reject USD_PER_DAY: 20.50 US dollars were spent today, policy allows 20.00; whoever may change the policy raises `limits.usd_per_day`, and the next day begins at midnight UTC");
    assert_snapshot!(with(|_, load| {
        load.usd_today_of_owner = Some(90.0);
        load.limits = Limits { organisation_usd_per_day: Some(80.0), ..Limits::default() };
    }), @"Reject ORGANISATION_USD_PER_DAY: 90.00 US dollars were spent today in all repositories together, policy allows 80.00; whoever may change the policy of the organisation raises `limits.organisation_usd_per_day`, and the next day begins at midnight UTC");
}

#[test]
fn an_admission_lists_what_it_counted() {
    let load =
        Load { runs_last_hour: 3, limits: Limits { runs_per_hour: Some(60), ..Limits::default() }, ..Load::default() };
    let admission = admit(&firing(), &load);
    assert_snapshot!(serde_json::to_string(&admission).expect("JSON"), @r#"
    {"outcome":"dispatch","reason_code":"ADMITTED","summary":"nothing stands in its way","indicators":[{"name":"runs_with_key","value":0.0,"threshold":2.0},{"name":"runs_last_hour","value":3.0,"threshold":60.0},{"name":"concurrent","value":0.0,"threshold":null}]}
    "#);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 256, ..ProptestConfig::default() })]

    #[test]
    fn any_text_as_a_template_ends_well(text in "(\\{\\{|\\}\\}|\\{%|%\\}|if |for |in |end|[a-z. ]{1,8}|issue\\.title|\\||'|\"|[0-9*+~()]|\\PC){0,24}") {
        if let Ok(template) = text.parse::<Template>() {
            let rendered = template.render(&values(&event("issue", json!({})), None));
            assert!(rendered.map_or(0, |rendered| rendered.text.len()) <= 64 * 1024);
            let _ = template.render(&Values::default());
        }
    }

    #[test]
    fn any_text_as_a_pattern_ends_well(pattern in "([*?\\[\\]{},/\\\\!a-c-]|\\PC){0,40}", path in "\\PC{0,60}") {
        if let Ok(pattern) = pattern.parse::<crate::catalog::Pattern>() {
            let _ = (pattern.matches(&path), pattern.matches_name(&path));
        }
    }

    #[test]
    fn any_comment_is_searched_without_harm(text in any::<String>(), marks in "([>`*_~\\[\\]()<!-]|@fixer|\n|    |[a-z ]){0,60}") {
        let _ = crate::triggers::matchers::mention::find(&text, "fixer");
        if let Some(told) = crate::triggers::matchers::mention::find(&marks, "fixer") {
            assert!(marks.ends_with(told) || marks.contains(told));
        }
    }
}
