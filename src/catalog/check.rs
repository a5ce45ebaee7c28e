//! What one file says that its types alone cannot check.

use crate::catalog::diagnostic::Diagnostic;
use crate::catalog::diagnostic::Severity;
use crate::catalog::document::Document;
use crate::catalog::names::may_have;
use crate::catalog::near;
use crate::catalog::policy_file::PolicyFile;
use crate::catalog::rule::On;
use crate::catalog::rule::Rule;
use crate::catalog::shape::Misfit;
use crate::catalog::stack::AcpAgent;
use crate::catalog::stack::AgentKind;
use crate::catalog::stack::Autonomy;
use crate::catalog::stack::CliAgent;
use crate::catalog::stack::Network;
use crate::catalog::stack::Printed;
use crate::catalog::stack::Stack;
use crate::catalog::template::Template;
use crate::catalog::tree::Node;
use crate::catalog::tree::Position;
use crate::egress::HostPattern;
use crate::kit::text::visible_line;
use crate::model::Verdict;

/// Most stacks that an agent may give work to.
const MOST_SUBAGENTS: usize = 8;

/// The longest text of a stack's prompt.
const LONGEST_PROMPT: usize = 64 * 1024;

/// A name in `stacks/`, `rules/` or `skills/`: it becomes part of addresses, branches and trailers.
pub fn name_fault(name: &str) -> Option<&'static str> {
    let word = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-' || c == '_';
    let starts = name.starts_with(|c: char| c.is_ascii_lowercase() || c.is_ascii_digit());
    let good = starts && name.len() <= 64 && name.chars().all(word) && name != "manual";
    (!good).then_some(
        "names have up to 64 small letters, digits, `-` and `_`, start with a letter or digit, and are not `manual`",
    )
}

/// What is wrong in a stack.
pub fn stack(document: &Document, tree: &Node, stack: &Stack) -> Vec<Diagnostic> {
    let mut found = Vec::new();
    let agent = stack.agent.as_str();
    let needs_command = matches!(stack.agent, AgentKind::Acp | AgentKind::Cli);
    if needs_command && stack.command.is_empty() {
        let hint = "add `command: [program, argument]`";
        found.push(document.error(tree.at(&["agent"]), format!("the agent `{agent}` needs a `command`"), hint));
    }
    if !needs_command && !stack.command.is_empty() {
        let hint = "remove it, or choose the agent `acp` or `cli`";
        found.push(document.error(tree.key_at("command"), format!("the agent `{agent}` runs no `command`"), hint));
    }
    if stack.command.iter().any(|word| word.contains('\0')) || stack.command.first().is_some_and(String::is_empty) {
        found.push(document.error(
            tree.at(&["command"]),
            "`command` names no program",
            "add `command: [program, argument]`",
        ));
    }
    found.extend(command_line(document, tree, stack));
    if stack.agent != AgentKind::Acp && stack.acp != AcpAgent::default() {
        let hint = "remove it, or choose the agent `acp`";
        found.push(document.error(tree.key_at("acp"), format!("the agent `{agent}` has no use for `acp`"), hint));
    }
    if !needs_command && stack.prompt.trim().is_empty() {
        let hint = "add `prompt: |` and what the agent is to do below it";
        found.push(document.error(tree.at(&["prompt"]), format!("the agent `{agent}` needs a `prompt`"), hint));
    }
    if stack.prompt.len() > LONGEST_PROMPT {
        let hint = "put long instructions into a skill";
        found.push(document.error(tree.at(&["prompt"]), "`prompt` is longer than 64 KiB", hint));
    }
    if stack.model.trim().is_empty() {
        found.push(document.error(tree.at(&["model"]), "`model` names no profile", "write `model: default`"));
    }
    let permits = stack.writeback.0.values().any(|verdict| *verdict != Verdict::Deny);
    if stack.autonomy == Autonomy::Read && permits {
        let message = "at the autonomy `read` nothing is written back, whatever `writeback` says";
        found.push(document.warning(tree.key_at("writeback"), message, "add `autonomy: propose`"));
    }
    for (index, secret) in stack.secrets.iter().enumerate() {
        found.extend(secret_fault(document, tree.at(&["secrets", &index.to_string()]), secret));
    }
    if stack.subagents.len() > MOST_SUBAGENTS {
        let message = format!("`subagents` names more than {MOST_SUBAGENTS} stacks");
        found.push(document.error(tree.at(&["subagents"]), message, "name those that this agent really needs"));
    }
    found.extend(mcp(document, tree, stack));
    for (index, host) in stack.sandbox.allow.iter().enumerate() {
        found.extend(host_fault(document, tree.at(&["sandbox", "allow", &index.to_string()]), host));
    }
    if stack.sandbox.network == Network::None && !stack.sandbox.allow.is_empty() {
        let message = "`sandbox.allow` names hosts, but `sandbox.network` is `none`";
        found.push(document.warning(tree.at(&["sandbox", "allow"]), message, "add `network: allow`"));
    }
    found
}

/// What is wrong in the settings of an agent that is a command.
fn command_line(document: &Document, tree: &Node, stack: &Stack) -> Option<Diagnostic> {
    if stack.agent != AgentKind::Cli {
        let message = format!("the agent `{}` has no use for `cli`", stack.agent.as_str());
        let hint = "remove it, or choose the agent `cli`";
        return (stack.cli != CliAgent::default()).then(|| document.error(tree.key_at("cli"), message, hint));
    }
    let mapped = !stack.cli.map.is_empty();
    match stack.cli.transcript {
        Printed::Jsonl if !mapped => {
            let hint = "add `map: [{when: {type: message}, kind: message, text: text}]`";
            Some(document.error(
                tree.at(&["cli"]),
                "`transcript: jsonl` needs a `map` that says what its lines mean",
                hint,
            ))
        }
        Printed::Text if mapped => {
            let hint = "add `transcript: jsonl`, or remove `map`";
            Some(document.error(tree.at(&["cli", "map"]), "`map` reads lines of `jsonl` only", hint))
        }
        _ => None,
    }
}

/// What is wrong in a stack's MCP servers.
fn mcp(document: &Document, tree: &Node, stack: &Stack) -> Vec<Diagnostic> {
    let mut found = Vec::new();
    for (name, server) in &stack.mcp {
        if server.url.is_some() != server.command.is_empty() {
            let message = format!("the MCP server `{}` needs either a `url` or a `command`", visible_line(name, 40));
            found.push(document.error(tree.at(&["mcp", name]), message, "write `url: https://…`"));
        }
        if server.url.as_deref().is_some_and(|url| !is_address(url)) {
            let hint = "write `https://` and a host, without a user or password; `http://` is for this machine alone";
            found.push(document.error(tree.at(&["mcp", name, "url"]), "`url` is not an address of a server", hint));
        }
        let fits = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
        if !(1..=24).contains(&name.len()) || !name.chars().all(fits) {
            let message = format!("`{}` is not a name for an MCP server", visible_line(name, 40));
            let hint = "use a short name of small letters, digits and `-`: its tools are called `<name>__<tool>`";
            found.push(document.error(tree.at(&["mcp", name]), message, hint));
        }
        let Some(secret) = &server.secret else { continue };
        if server.url.is_none() {
            let hint = "a secret is sent to a `url`, and never enters a sandbox";
            found.push(document.error(tree.at(&["mcp", name, "secret"]), "a `command` is given no secret", hint));
        }
        let at = tree.at(&["mcp", name, "secret"]);
        if let Some(fault) = secret_fault(document, at, secret) {
            found.push(fault);
        } else if !stack.secrets.contains(secret) {
            let message = format!("`secrets` does not name `{secret}`");
            found.push(document.error(at, message, "add it there, so that it can be granted"));
        }
    }
    found
}

/// What is wrong in a rule.
pub fn rule(document: &Document, tree: &Node, rule: &Rule) -> Vec<Diagnostic> {
    let mut found = Vec::new();
    if rule.on == On::default() {
        let hint = "add one or more events, such as `mention: {handle: fixer}`";
        found.push(document.error(tree.key_at("on"), "`on` names no event, so the rule never fires", hint));
    }
    let lists: [(&[&str], bool); 3] = [
        (&["on", "check", "conclusion"], rule.on.check.as_ref().is_some_and(|on| on.conclusion.is_empty())),
        (&["on", "pull_request", "actions"], rule.on.pull_request.as_ref().is_some_and(|on| on.actions.is_empty())),
        (&["on", "issue", "actions"], rule.on.issue.as_ref().is_some_and(|on| on.actions.is_empty())),
    ];
    for (path, _) in lists.into_iter().filter(|(_, empty)| *empty) {
        let message = format!("`{}` is empty, so the rule never fires for it", path.join("."));
        found.push(document.error(tree.at(path), message, "leave the key out for the usual ones"));
    }
    let keys = [
        ("dedupe", rule.dedupe.as_ref().map(|dedupe| &dedupe.key)),
        ("concurrency", rule.concurrency.as_ref().map(|concurrency| &concurrency.key)),
    ];
    for (name, key) in keys {
        if key.is_some_and(Template::is_empty) {
            let hint = "write a template, such as `\"{{ repo }}:{{ number }}\"`";
            found.push(document.error(tree.at(&[name, "key"]), format!("`{name}.key` is empty"), hint));
        }
    }
    if rule.task.len() > 200 {
        found.push(document.error(
            tree.at(&["task"]),
            "`task` is longer than 200 bytes",
            "it is a title; details go into `prompt`",
        ));
    }
    found.extend(absent_names(document, tree, rule));
    found
}

/// Names in templates that some of the rule's events never have.
fn absent_names(document: &Document, tree: &Node, rule: &Rule) -> Vec<Diagnostic> {
    let kinds = rule.on.kinds();
    let dedupe = rule.dedupe.as_ref().map(|dedupe| &dedupe.key);
    let concurrency = rule.concurrency.as_ref().map(|concurrency| &concurrency.key);
    let templates: [(&[&str], Option<&Template>, &str); 3] = [
        (&["prompt"], Some(&rule.prompt), "it shows nothing there; a rule for each event says it better"),
        (&["dedupe", "key"], dedupe, "those events are not deduplicated by it"),
        (&["concurrency", "key"], concurrency, "those events are not limited by it"),
    ];
    let mut found = Vec::new();
    for (path, template, hint) in templates {
        for name in template.map(Template::names).unwrap_or_default() {
            let without: Vec<&str> = kinds.iter().copied().filter(|kind| !may_have(kind, &name)).collect();
            if !without.is_empty() {
                let message = format!("`{name}` is not there for the events {}", near::listed(&without));
                let misfit = Misfit { at: tree.at(path), message, hint: hint.into(), piece: Some(name) };
                found.push(Diagnostic { severity: Severity::Warning, ..document.misfit(misfit) });
            }
        }
    }
    found
}

/// What is wrong in a policy.
pub fn policy(document: &Document, tree: &Node, policy: &PolicyFile) -> Vec<Diagnostic> {
    let hosts = policy.egress.allow.iter().flatten().enumerate();
    hosts
        .filter_map(|(index, host)| host_fault(document, tree.at(&["egress", "allow", &index.to_string()]), host))
        .collect()
}

/// A secret is named, never written; what looks like a value is refused before it is shown anywhere.
fn secret_fault(document: &Document, at: Position, name: &str) -> Option<Diagnostic> {
    let word = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
    let starts = name.starts_with(|c: char| c.is_ascii_alphabetic());
    let tokens = ["ghp_", "gho_", "ghs_", "github_pat_", "glpat-", "sk-", "sk_", "xox", "AKIA", "eyJ", "fh_"];
    let looks_like_value = tokens.iter().any(|start| name.starts_with(start)) || name.len() > 48;
    if starts && name.chars().all(word) && !looks_like_value {
        return None;
    }
    let mut found = document.error(
        at,
        "this is not the name of a secret",
        "write a name such as `NPM_TOKEN`; the value is kept on the server. If a value stood here, withdraw it",
    );
    found.snippet = String::new();
    Some(found)
}

/// Whether a secret may be sent there: past no other machine in plain text.
fn is_address(text: &str) -> bool {
    url::Url::parse(text).is_ok_and(|url| {
        let host = url.host_str().unwrap_or_default();
        let here = matches!(host, "localhost" | "127.0.0.1" | "[::1]");
        let sealed = url.scheme() == "https" || (url.scheme() == "http" && here);
        sealed && !host.is_empty() && url.username().is_empty() && url.password().is_none()
    })
}

fn host_fault(document: &Document, at: Position, host: &str) -> Option<Diagnostic> {
    let error = host.parse::<HostPattern>().err()?;
    let hint = error.hints().first().cloned().unwrap_or_default();
    Some(document.error(at, error.message(), hint))
}
