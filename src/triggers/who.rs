//! Whose events count: role, teams, people, members, and pull requests from forks.

use crate::catalog::Catalog;
use crate::catalog::listed;
use crate::catalog::policy_file::ForkRun;
use crate::catalog::rule::ForkRule;
use crate::catalog::rule::Who;
use crate::kit::text::visible_line;
use crate::model::ActorKind;
use crate::model::Event;
use crate::model::Role;
use crate::model::What;
use crate::triggers::decide::Facts;

/// Whether the actor's events count for a rule; otherwise why not.
pub fn counts(who: &Who, event: &Event, facts: &Facts) -> Result<(), String> {
    if event.actor.kind == ActorKind::System {
        return Ok(());
    }
    let actor = visible_line(&event.actor.login, 80);
    let Who { role: least, teams, people, members_only, forks: _ } = who;
    match role(event, facts) {
        None => return Err(format!("{actor} has no role here, the rule asks for `{least}`")),
        Some(role) if role < *least => {
            return Err(format!("{actor} has the role `{role}`, the rule asks for `{least}`"));
        }
        Some(_) => {}
    }
    if *members_only && !facts.member {
        return Err(format!("{actor} is not a member of the organisation, the rule asks for members"));
    }
    let wanted: Vec<&str> = teams.iter().map(String::as_str).collect();
    if !teams.is_empty() && !teams.iter().any(|team| facts.actor_teams.iter().any(|is| is.eq_ignore_ascii_case(team))) {
        return Err(format!("{actor} is in none of the teams that `who.teams` names: {}", listed(&wanted)));
    }
    let wanted: Vec<&str> = people.iter().map(String::as_str).collect();
    if !people.is_empty() && !people.iter().any(|person| person.eq_ignore_ascii_case(&event.actor.login)) {
        return Err(format!("{actor} is not among the people that `who.people` names: {}", listed(&wanted)));
    }
    Ok(())
}

/// The actor's role. Whoever could post a check could write: the forge asks for that.
fn role(event: &Event, facts: &Facts) -> Option<Role> {
    match event.what {
        What::Check { .. } => facts.actor_role.max(Some(Role::Write)),
        _ => facts.actor_role,
    }
}

/// Whether a run may start for a pull request from a fork, when it is one; otherwise why not. Where a person is to be
/// asked, their mention, label or start by hand is the answer: it is theirs, and it is for the head that they saw.
pub fn fork_may_run(who: &Who, event: &Event, catalog: &Catalog) -> Result<(), String> {
    if !event.what.is_fork() {
        return Ok(());
    }
    let policies = [(&catalog.policy, "the repository's"), (&catalog.ceiling, "the organisation's")];
    for (policy, whose) in policies {
        if policy.forks.run == ForkRun::Deny {
            return Err(format!("the pull request comes from a fork, and `forks.run` of {whose} policy is `deny`"));
        }
    }
    if who.forks == ForkRule::Deny {
        return Err("the pull request comes from a fork, and the rule's `who.forks` is `deny`".into());
    }
    match event.what {
        What::Comment { .. } | What::Label { .. } | What::Manual { .. } => Ok(()),
        _ => Err(
            "the pull request comes from a fork: a person starts it by a mention, a label or by hand, for each head"
                .into(),
        ),
    }
}
