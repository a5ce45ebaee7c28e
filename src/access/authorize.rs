//! The one place that says yes or no.

use crate::access::Action;
use crate::access::Actor;
use crate::access::Cx;
use crate::access::Needs;
use crate::access::Scope;
use crate::kit::Error;
use crate::kit::ErrorKind;
use crate::kit::Result;
use crate::model::Role;

/// What is known about the actor and the thing: enough to decide, without asking a database.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Standing {
    /// Whether everybody may see the thing.
    pub public: bool,
    /// The actor's role there.
    pub role: Option<Role>,
    /// Whether the actor administers the whole server.
    pub site_admin: bool,
}

impl Standing {
    /// Where there is no repository: things of the whole server, or of the actor.
    pub fn of_site(cx: &Cx) -> Self {
        Self { public: true, role: None, site_admin: matches!(cx.actor, Actor::Person { site_admin: true, .. }) }
    }

    /// The role that counts: an administrator of the server has every role everywhere.
    pub fn effective_role(&self) -> Option<Role> {
        if self.site_admin { Some(Role::Admin) } else { self.role }
    }
}

impl Cx {
    /// Whether the actor may do this, given where they stand.
    ///
    /// Who may not see the thing hears that there is no such thing; who sees it but may not do this hears why.
    pub fn authorize(&self, action: Action, standing: &Standing) -> Result<()> {
        match &self.actor {
            Actor::Anonymous => anonymous(action, standing),
            Actor::Person { scopes, .. } => person(action, standing, scopes.as_deref()),
            Actor::Agent { .. } => agent(action, standing),
            Actor::System => system(action),
        }
    }

    /// Whether the actor may do this; for pages that show or leave out a button.
    pub fn may(&self, action: Action, standing: &Standing) -> bool {
        self.authorize(action, standing).is_ok()
    }
}

fn anonymous(action: Action, standing: &Standing) -> Result<()> {
    match action.needs() {
        _ if !standing.public => Err(unseen()),
        Needs::Sight => Ok(()),
        Needs::Person | Needs::Role(_) | Needs::SiteAdmin => {
            Err(Error::new(ErrorKind::Unauthenticated, format!("Nobody is signed in, so nobody may {}", action.verb()))
                .hint("sign in, or send a token"))
        }
    }
}

fn person(action: Action, standing: &Standing, scopes: Option<&[String]>) -> Result<()> {
    let in_scope = |scope: Scope| scopes.is_none_or(|words| scope.is_granted_by(words));
    let role = standing.effective_role();
    if !standing.public && (role.is_none() || !in_scope(Scope::Read)) {
        return Err(unseen());
    }
    let allowed = match action.needs() {
        Needs::Sight => return Ok(()),
        Needs::Person => true,
        Needs::Role(least) => role.is_some_and(|role| role >= least),
        Needs::SiteAdmin => standing.site_admin,
    };
    if !allowed {
        return Err(Error::denied(format!("You may not {} here", action.verb())).hint(who_may(action)));
    }
    if !in_scope(action.scope()) {
        return Err(Error::denied(format!("This token may not {}: it lacks a scope", action.verb()))
            .hint(format!("make a token with the scope `{}`", action.scope().as_str())));
    }
    Ok(())
}

/// An agent sees what its run was given; everything else it can only propose. It never decides.
fn agent(action: Action, standing: &Standing) -> Result<()> {
    if !standing.public && standing.role.is_none() {
        return Err(unseen());
    }
    if action.needs() == Needs::Sight {
        return Ok(());
    }
    Err(Error::denied(format!("An agent may not {}", action.verb())).hint("propose an effect; a person decides on it"))
}

/// The server does everything that a person asked for or policy allows, but a decision is a person's.
fn system(action: Action) -> Result<()> {
    if action == Action::DecideEffect {
        return Err(Error::denied("Only a person may approve or deny effects"));
    }
    Ok(())
}

fn unseen() -> Error {
    Error::not_found("such thing")
}

fn who_may(action: Action) -> String {
    match action.needs() {
        Needs::Role(role) => format!("it needs the role `{role}`"),
        Needs::SiteAdmin => "it needs an administrator of the server".into(),
        Needs::Sight | Needs::Person => "it needs somebody who is signed in".into(),
    }
}

#[cfg(test)]
mod tests {
    use std::fmt::Write as _;

    use super::*;
    use crate::kit::clock::Clock;
    use crate::model::AccountId;
    use crate::model::RunId;

    /// One letter an answer: `y` yes, `s` sign in (401), `d` denied (403), `-` there is no such thing (404).
    fn answer(actor: &Actor, action: Action, standing: &Standing) -> char {
        let cx = Cx::new(actor.clone(), &Clock::system(), "test".into());
        match cx.authorize(action, standing).map_err(|error| error.kind()) {
            Ok(()) => 'y',
            Err(ErrorKind::Unauthenticated) => 's',
            Err(ErrorKind::Denied) => 'd',
            Err(ErrorKind::NotFound) => '-',
            Err(other) => panic!("{other:?} is not an answer to a question of permission"),
        }
    }

    fn signed_in(scopes: Option<&[&str]>, site_admin: bool) -> Actor {
        let scopes = scopes.map(|words| words.iter().map(|word| (*word).to_owned()).collect());
        Actor::Person { id: AccountId::make(), login: "ada".parse().unwrap(), site_admin, scopes }
    }

    /// Each column: none, read, triage, write, maintain, admin; first on a private thing, then on a public one.
    fn row(actor: &Actor, action: Action) -> String {
        let site_admin = matches!(actor, Actor::Person { site_admin: true, .. });
        let roles = std::iter::once(None).chain(Role::ALL.map(Some)).collect::<Vec<_>>();
        let of = |public| {
            let answers = roles.iter().map(|role| answer(actor, action, &Standing { public, role: *role, site_admin }));
            answers.map(String::from).collect::<Vec<_>>().join(" ")
        };
        format!("{}   {}", of(false), of(true))
    }

    #[test]
    fn the_whole_matrix() {
        let actors: Vec<(&str, Actor)> = vec![
            ("anonymous", Actor::Anonymous),
            ("a person with a session", signed_in(None, false)),
            ("an administrator with a session", signed_in(None, true)),
            ("a token without a scope that we know", signed_in(Some(&["sudo"]), false)),
            ("a token: read", signed_in(Some(&["read"]), false)),
            ("a token: read:repository (Gitea)", signed_in(Some(&["read:repository"]), false)),
            ("a token: write:repository", signed_in(Some(&["write:repository"]), false)),
            ("a token: write:issue", signed_in(Some(&["write:issue"]), false)),
            ("a token: approve", signed_in(Some(&["approve"]), false)),
            ("a token: dispatch", signed_in(Some(&["dispatch"]), false)),
            ("a token: admin", signed_in(Some(&["admin"]), false)),
            ("a token: all", signed_in(Some(&["all"]), false)),
            ("an administrator's token: read", signed_in(Some(&["read"]), true)),
            ("an agent", Actor::Agent { run: RunId::make() }),
            ("the server itself", Actor::System),
        ];
        let mut table = String::from(
            "y yes · s sign in (401) · d denied (403) · - there is no such thing (404)\n\
             columns: no role, read, triage, write, maintain, admin; on a private thing, then on a public one\n",
        );
        for (name, actor) in &actors {
            writeln!(table, "\n{name}").unwrap();
            for action in Action::ALL {
                writeln!(table, "  {:<22} {}", format!("{action:?}"), row(actor, action)).unwrap();
            }
        }
        insta::assert_snapshot!("permissions", table);
    }

    #[test]
    fn no_machine_decides() {
        let standing = Standing { public: true, role: Some(Role::Admin), site_admin: true };
        for machine in [Actor::System, Actor::Agent { run: RunId::make() }] {
            assert_eq!(answer(&machine, Action::DecideEffect, &standing), 'd');
        }
    }
}
