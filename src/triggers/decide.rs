//! Asks every rule about one event.

use std::time::Duration;

use crate::catalog::Catalog;
use crate::catalog::Rule;
use crate::catalog::Scope;
use crate::catalog::Sourced;
use crate::catalog::listed;
use crate::catalog::rule::OnConflict;
use crate::catalog::rule::RuleState;
use crate::catalog::rule::Who;
use crate::kit::text::visible_line;
use crate::model::ActorKind;
use crate::model::Event;
use crate::model::Role;
use crate::model::What;
use crate::triggers::firing::fire;
use crate::triggers::matchers;
use crate::triggers::matchers::Matched;
use crate::triggers::who;

/// What is known about the actor of the event, and about those whose text it carries.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Facts {
    /// The actor's role in the repository; none when they have none.
    pub actor_role: Option<Role>,
    /// Names of teams of the organisation that the actor is in.
    pub actor_teams: Vec<String>,
    /// Whether the actor is a member of the organisation, or the person who owns the repository.
    pub member: bool,
    /// Names of people whose text the event carries and who are not members: authors of the issue, of the comment.
    pub outsiders: Vec<String>,
}

/// What one rule decided about one event.
#[derive(Clone, Debug, PartialEq)]
pub struct Decision {
    /// The rule's name; `manual` when a person started a stack that no rule with `manual` speaks of.
    pub rule: String,
    /// The rule's file; empty for `manual`.
    pub path: String,
    /// Whose rule it is.
    pub scope: Scope,
    /// What it decided, and why.
    pub outcome: Outcome,
}

/// What one rule decided, and why. Reasons are sentences without a period.
#[derive(Clone, Debug, PartialEq)]
pub enum Outcome {
    /// The event is for this rule.
    Fires(Firing),
    /// The event is not for this rule.
    Skips {
        /// Why.
        reason: String,
    },
    /// The event is for this rule, but it may not dispatch.
    Refuses {
        /// Why.
        reason: String,
    },
}

/// What a rule asks for.
#[derive(Clone, Debug, PartialEq)]
pub struct Firing {
    /// The stack.
    pub stack: String,
    /// What the run is called.
    pub task: String,
    /// The rendered prompt.
    pub prompt: String,
    /// Events with the same key within the window are answered once.
    pub dedupe_key: Option<String>,
    /// How long an answer counts.
    pub window: Duration,
    /// How many runs with the same key there may be.
    pub concurrency: Option<Slot>,
    /// Whether a fork or somebody who is not a member had a hand in the event: such a run's effects always ask.
    pub untrusted: bool,
    /// Why it fires, and what a reader should know, such as names that the event does not have.
    pub reason: String,
}

/// A place among the runs with the same key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Slot {
    /// The rule's name and the rendered key: one rule's run never answers for another rule.
    pub key: String,
    /// Runs at one time.
    pub max: u32,
    /// What happens to one more.
    pub on_conflict: OnConflict,
}

/// Asks every rule about one event; one decision for each, in the order of their names. Rules that are set aside because
/// files are broken refuse what they would have taken.
pub fn decide(event: &Event, catalog: &Catalog, facts: &Facts) -> Vec<Decision> {
    let mut decisions = Vec::new();
    for (name, rule) in &catalog.rules {
        decisions.push(decision(name, rule, judge(name, rule, event, catalog, facts)));
    }
    for (name, rule) in &catalog.aside.rules {
        let outcome = match matchers::ask(&rule.on, event, &rule.stack) {
            _ if event.actor.kind == ActorKind::Own => own(),
            (_, Matched::Yes(_)) => Outcome::Refuses { reason: broken(catalog, rule.scope) },
            (_, Matched::No(reason)) => Outcome::Skips { reason },
            (_, Matched::Other) => other(rule, event),
        };
        decisions.push(decision(name, rule, outcome));
    }
    if let What::Manual { stack, task, prompt, .. } = &event.what {
        start_by_hand(event, catalog, facts, &mut decisions, Asked { stack, task, prompt });
    }
    decisions
}

fn decision(name: &str, rule: &Sourced<Rule>, outcome: Outcome) -> Decision {
    Decision { rule: name.to_owned(), path: rule.path.clone(), scope: rule.scope, outcome }
}

fn judge(name: &str, rule: &Rule, event: &Event, catalog: &Catalog, facts: &Facts) -> Outcome {
    if event.actor.kind == ActorKind::Own {
        return own();
    }
    let (word, why) = match matchers::ask(&rule.on, event, &rule.stack) {
        (Some(word), Matched::Yes(why)) => (word, why),
        (_, Matched::No(reason)) => return Outcome::Skips { reason },
        _ => return other(rule, event),
    };
    let state = match rule.state {
        RuleState::Active => None,
        RuleState::Draft => Some("a draft"),
        RuleState::Paused => Some("paused"),
        RuleState::Disabled => Some("disabled"),
    };
    if let Some(state) = state {
        return Outcome::Skips { reason: format!("{why}, but the rule is {state}") };
    }
    let may = who::counts(&rule.who, event, facts).and_then(|()| who::fork_may_run(&rule.who, event, catalog));
    if let Err(reason) = may {
        return Outcome::Refuses { reason };
    }
    if !catalog.stacks.contains_key(&rule.stack) {
        return Outcome::Refuses { reason: format!("there is no stack `{}` in force", rule.stack) };
    }
    match fire(name, rule, event, word, why) {
        Ok(firing) => Outcome::Fires(Firing { untrusted: is_untrusted(event, facts), ..firing }),
        Err(reason) => Outcome::Refuses { reason },
    }
}

/// What a person asked for by hand.
struct Asked<'a> {
    stack: &'a str,
    task: &'a str,
    prompt: &'a str,
}

/// One start by hand is one run: the first rule with `manual` for the stack answers, and when there is none, whoever may
/// write may start it.
fn start_by_hand(event: &Event, catalog: &Catalog, facts: &Facts, decisions: &mut Vec<Decision>, asked: Asked<'_>) {
    let mut answered: Option<String> = None;
    for decision in decisions.iter_mut() {
        if !matches!(decision.outcome, Outcome::Fires(_)) {
            continue;
        }
        match &answered {
            Some(first) => {
                decision.outcome = Outcome::Skips { reason: format!("the rule `{first}` starts it already") }
            }
            None => answered = Some(decision.rule.clone()),
        }
    }
    let speaks = |rule: &Sourced<Rule>| rule.on.manual.is_some() && rule.stack == asked.stack;
    let active = |rule: &&Sourced<Rule>| speaks(rule) && rule.state == RuleState::Active;
    let in_force = catalog.rules.values().filter(active).count();
    let aside = catalog.aside.rules.values().filter(active).count();
    if in_force + aside > 0 || event.actor.kind == ActorKind::Own {
        return;
    }
    let who = Who { forks: crate::catalog::rule::ForkRule::Ask, ..Who::default() };
    let stack = visible_line(asked.stack, 80);
    let allowed = who::counts(&who, event, facts).and_then(|()| who::fork_may_run(&who, event, catalog));
    let outcome = match allowed {
        Err(reason) => Outcome::Refuses { reason },
        Ok(()) if catalog.stacks.contains_key(asked.stack) => Outcome::Fires(Firing {
            stack: asked.stack.to_owned(),
            task: if asked.task.trim().is_empty() { asked.stack.to_owned() } else { asked.task.to_owned() },
            prompt: asked.prompt.to_owned(),
            dedupe_key: None,
            window: Duration::ZERO,
            concurrency: None,
            untrusted: is_untrusted(event, facts),
            reason: format!("{} asked for `{stack}` by hand", visible_line(&event.actor.login, 80)),
        }),
        Ok(()) => match catalog.aside.stacks.get(asked.stack) {
            Some(found) => Outcome::Refuses { reason: broken(catalog, found.scope) },
            None => Outcome::Refuses { reason: no_such_stack(catalog, &stack) },
        },
    };
    decisions.push(Decision { rule: "manual".into(), path: String::new(), scope: Scope::Repository, outcome });
}

fn no_such_stack(catalog: &Catalog, stack: &str) -> String {
    let known: Vec<&str> = catalog.stacks.keys().map(String::as_str).collect();
    match known.as_slice() {
        [] => format!("there is no stack `{stack}`, nor any other"),
        known => format!("there is no stack `{stack}`; known are {}", listed(known)),
    }
}

/// Whether the run will be shown what a stranger wrote.
fn is_untrusted(event: &Event, facts: &Facts) -> bool {
    let stranger = event.actor.kind != ActorKind::System && !facts.member;
    event.what.is_fork() || stranger || !facts.outsiders.is_empty()
}

fn own() -> Outcome {
    Outcome::Skips { reason: "forgehand did this itself, and does not answer itself".into() }
}

fn other(rule: &Rule, event: &Event) -> Outcome {
    let watched = rule.on.kinds();
    Outcome::Skips { reason: format!("the rule watches {}; this event is `{}`", listed(&watched), event.what.name()) }
}

fn broken(catalog: &Catalog, scope: Scope) -> String {
    match scope {
        Scope::Repository => catalog.notice().unwrap_or_else(|| "the configuration is broken".into()),
        Scope::Organisation => {
            "the organisation's configuration is broken: none of its stacks and rules work until it is mended".into()
        }
    }
}
