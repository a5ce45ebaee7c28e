//! The permission review at dispatch: what a stack needs against what it was granted. Names only, never a value.

use std::collections::BTreeMap;
use std::collections::BTreeSet;

use serde::Serialize;

use crate::catalog::PolicyFile;
use crate::catalog::Stack;
use crate::catalog::listed;
use crate::catalog::policy_file::ForkRun;
use crate::catalog::stack::AgentKind;
use crate::catalog::stack::Autonomy;
use crate::catalog::stack::Network;
use crate::policy::models;
use crate::vault::Standing;

/// What a review looks at.
#[derive(Clone, Copy, Debug)]
pub struct ReviewInput<'a> {
    /// The stack's name.
    pub stack_name: &'a str,
    /// The stack.
    pub stack: &'a Stack,
    /// The repository's policy.
    pub repository: &'a PolicyFile,
    /// The organisation's policy.
    pub organisation: &'a PolicyFile,
    /// Whether the run works on a pull request from a fork.
    pub fork: bool,
    /// How each secret that the stack names stands for it.
    pub secrets: &'a BTreeMap<String, Standing>,
    /// The address of the page where secrets are granted.
    pub secrets_page: &'a str,
    /// MCP servers of the stack whose tools changed since they were agreed to.
    pub stopped: &'a [String],
    /// The address of the page where changed tools are agreed to.
    pub tools_page: &'a str,
    /// Names of model profiles that an administrator set up.
    pub models: &'a BTreeSet<String>,
    /// Why this machine cannot run a sandbox; none when it can.
    pub sandbox_missing: Option<&'a str>,
}

/// The answer of a review.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Review {
    /// Whether the stack may run.
    pub allowed: bool,
    /// What is missing.
    pub missing: Vec<Missing>,
    /// Sentences for people, one for each thing that was looked at.
    pub reasons: Vec<String>,
}

/// One thing that is missing.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Missing {
    /// `agent`, `model`, `sandbox`, `secret`, `tools`, `permission`.
    pub kind: &'static str,
    /// Which one.
    pub name: String,
    /// What to do.
    pub hint: String,
    /// The page where that is done, when there is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub link: Option<String>,
}

impl Review {
    /// The whole answer as one sentence without a period.
    pub fn summary(&self) -> String {
        if self.allowed {
            return "everything that the stack needs is granted".into();
        }
        let names: Vec<String> =
            self.missing.iter().map(|missing| format!("the {} `{}`", missing.kind, missing.name)).collect();
        format!("the stack may not run: missing {}", names.join(", "))
    }

    fn miss(&mut self, kind: &'static str, name: &str, hint: impl Into<String>) {
        self.missing.push(Missing { kind, name: name.to_owned(), hint: hint.into(), link: None });
    }

    fn miss_secret(&mut self, name: &str, hint: String, page: &str) {
        let hint = format!("{hint} at {page}");
        self.missing.push(Missing { kind: "secret", name: name.to_owned(), hint, link: Some(page.to_owned()) });
    }
}

/// Reviews what a stack needs.
pub fn review(input: &ReviewInput<'_>) -> Review {
    let mut review = Review { allowed: false, missing: Vec::new(), reasons: Vec::new() };
    agent(input, &mut review);
    model(input, &mut review);
    match input.sandbox_missing {
        Some(why) => review.miss("sandbox", "bubblewrap", why),
        None => review.reasons.push("the sandbox is ready".into()),
    }
    secrets(input, &mut review);
    tools(input, &mut review);
    fork(input, &mut review);
    if input.stack.autonomy == Autonomy::Read {
        review.reasons.push("the stack's `autonomy` is `read`, so whatever it proposes is denied".into());
    }
    review.allowed = review.missing.is_empty();
    review
}

fn agent(input: &ReviewInput<'_>, review: &mut Review) {
    let agent = input.stack.agent;
    match agent {
        AgentKind::Builtin | AgentKind::Scripted => {
            review.reasons.push(format!("the agent `{}` is there", agent.as_str()));
        }
        // Whether its program is there shows when it is started.
        AgentKind::Acp | AgentKind::Cli => {
            let program = input.stack.command.first().map_or("nothing", String::as_str);
            review.reasons.push(format!("the agent `{}` starts `{program}` in the sandbox", agent.as_str()));
        }
    }
}

fn model(input: &ReviewInput<'_>, review: &mut Review) {
    if input.stack.agent == AgentKind::Scripted {
        return review.reasons.push("the agent `scripted` needs no model".into());
    }
    let name = &input.stack.model;
    if let Err(whose) = models::model(name, input.repository, input.organisation) {
        let hint = format!(
            "{whose} lists the profiles that runs may use in `models:`, and not this one; use one of them, or ask whoever may change that file"
        );
        return review.miss("model", name, hint);
    }
    if input.models.contains(name) {
        return review.reasons.push(format!("the model profile `{name}` is set up"));
    }
    let known: Vec<&str> = input.models.iter().map(String::as_str).collect();
    let hint = match known.as_slice() {
        [] => "an administrator sets up a model profile".into(),
        known => format!("use one of {}, or ask an administrator to set this one up", listed(known)),
    };
    review.miss("model", name, hint);
}

/// Where a stack sends a secret: the addresses of MCP servers that it names it for.
pub fn secret_uses(stack: &Stack, name: &str) -> Vec<String> {
    let servers = stack.mcp.values().filter(|server| server.secret.as_deref() == Some(name));
    let addresses: BTreeSet<String> = servers.filter_map(|server| server.url.clone()).collect();
    addresses.into_iter().collect()
}

fn secrets(input: &ReviewInput<'_>, review: &mut Review) {
    let (stack, page) = (input.stack_name, input.secrets_page);
    for secret in &input.stack.secrets {
        if input.fork {
            review.miss("secret", secret, "a run for a pull request from a fork gets no secret");
            continue;
        }
        let wanted = secret_uses(input.stack, secret);
        match input.secrets.get(secret) {
            None | Some(Standing::Absent) => {
                let hint = format!("an administrator sets `{secret}` and grants it to the stack `{stack}`");
                review.miss_secret(secret, hint, page);
            }
            Some(Standing::Ungranted(_)) => {
                review.miss_secret(secret, format!("an administrator grants `{secret}` to the stack `{stack}`"), page);
            }
            Some(Standing::Granted { uses, .. }) => match wanted.iter().find(|address| !uses.contains(address)) {
                None => review.reasons.push(format!("the secret `{secret}` is granted")),
                Some(new) => {
                    let hint = format!(
                        "the stack sends it to `{new}` now, which the grant does not name: an administrator grants it again"
                    );
                    review.miss_secret(secret, hint, page);
                }
            },
        }
    }
}

fn tools(input: &ReviewInput<'_>, review: &mut Review) {
    for server in input.stopped {
        let hint = format!(
            "the server says something else of its tools than what was agreed to: an administrator reads it at {}",
            input.tools_page
        );
        let link = Some(input.tools_page.to_owned());
        review.missing.push(Missing { kind: "tools", name: server.clone(), hint, link });
    }
}

fn fork(input: &ReviewInput<'_>, review: &mut Review) {
    if !input.fork {
        return;
    }
    let denied = [input.repository, input.organisation].iter().any(|policy| policy.forks.run == ForkRun::Deny);
    if denied {
        return review.miss("permission", "forks.run", "policy does not let pull requests from forks start a run");
    }
    let networks = [input.repository.forks.network, input.organisation.forks.network];
    let network = networks.into_iter().min().unwrap_or_default();
    if input.stack.sandbox.network == Network::Allow && network == Network::None {
        review.reasons.push("the pull request comes from a fork, so the sandbox reaches no hosts".into());
    }
    review.reasons.push("the pull request comes from a fork, so a person decides about every effect".into());
}
