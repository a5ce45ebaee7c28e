//! Broken files and what is said about them: the place, the message and the hint that a person reads.
//!
//! Long because it is one table of texts.
//!
//! Long because every fault is a test of its own, with what is said about it.

use std::collections::BTreeMap;

use async_trait::async_trait;
use insta::assert_snapshot;

use crate::catalog::Catalog;
use crate::catalog::Entry;
use crate::catalog::EntryKind;
use crate::catalog::Files;
use crate::catalog::Folder;
use crate::catalog::Scope;
use crate::catalog::load;
use crate::catalog::resolve;
use crate::kit::Result;
use crate::model::EffectKind;
use crate::model::Verdict;

/// Files in memory: path and text.
struct Texts(BTreeMap<String, String>);

#[async_trait]
impl Files for Texts {
    async fn list(&self, folder: &str) -> Result<Vec<Entry>> {
        let above = if folder.is_empty() { String::new() } else { format!("{folder}/") };
        let mut entries = BTreeMap::new();
        for (path, text) in &self.0 {
            let Some(rest) = path.strip_prefix(&above) else { continue };
            let (name, kind) =
                rest.split_once('/').map_or((rest, EntryKind::File), |(name, _)| (name, EntryKind::Folder));
            let size = if kind == EntryKind::File { text.len() as u64 } else { 0 };
            entries.insert(name.to_owned(), Entry { name: name.to_owned(), kind, size });
        }
        Ok(entries.into_values().collect())
    }

    async fn read(&self, path: &str) -> Result<Option<Vec<u8>>> {
        Ok(self.0.get(path).map(|text| text.clone().into_bytes()))
    }
}

fn folder(scope: Scope, files: &[(&str, &str)]) -> Folder {
    let texts = files.iter().map(|(path, text)| ((*path).to_owned(), (*text).to_owned())).collect();
    futures_util::FutureExt::now_or_never(load(&Texts(texts), scope)).expect("memory does not wait").expect("readable")
}

fn catalog(files: &[(&str, &str)]) -> Catalog {
    resolve(None, &folder(Scope::Repository, files))
}

/// Every diagnostic as the command line prints it.
fn said(files: &[(&str, &str)]) -> String {
    catalog(files).diagnostics.iter().map(|diagnostic| diagnostic.to_string() + "\n").collect()
}

const FIXER: (&str, &str) = (".agents/stacks/fixer.yaml", "agent: builtin\nprompt: Mend it.\nautonomy: propose\n");

/// What is said about a stack.
fn stack(text: &str) -> String {
    said(&[(".agents/stacks/a.yaml", text)])
}

/// What is said about a rule, beside a good stack `fixer`.
fn rule(text: &str) -> String {
    said(&[FIXER, (".agents/rules/a.yaml", text)])
}

/// What is said about a policy.
fn policy(text: &str) -> String {
    said(&[(".agents/policy.yaml", text)])
}

const WHOLE_STACK: &str = r#"description: Finds out why a check failed and proposes the smallest fix
agent: builtin                 # builtin | acp | cli | scripted
model: default                 # a model profile that an administrator set up
prompt: |
  You repair failing checks with the smallest change that a maintainer would accept.
skills: [focused-tests]        # .agents/skills/<name>/SKILL.md
autonomy: propose              # read | propose | act
tools: [source, memory, web]   # groups of gateway tools
sandbox: {network: none, allow: [], memory: 2GiB, disk: 4GiB, processes: 256}
budget: {minutes: 20, steps: 60, tokens: 300000, usd: 2.00}
memory: {kinds: [Runbook], paths: ["runbooks/**"], exclude: [], max_bytes: 128000, required: false}
secrets: []                    # names; each needs a grant
writeback: {comment: allow, review: ask, push: ask, pull_request: ask, check_rerun: ask, labels: ask, issue: ask, memory: ask}
"#;

const WHOLE_RULE: &str = r#"description: A failed check on a branch of ours is diagnosed
state: active                  # draft | active | paused | disabled
on:                            # one or more
  check: {conclusion: [failure], name: ["test*"], branch: ["**"]}
  mention: {handle: fixer}     # "@fixer …" in an issue or pull request, opening text or comment
  label: {name: ["agent:*"]}
  pull_request: {actions: [opened, synchronize], paths: ["src/**"]}
  issue: {actions: [opened]}
  push: {branch: [main], paths: []}
  schedule: {cron: "0 6 * * 1-5", timezone: UTC}
  manual: {}
who: {role: write}             # least role of the actor; also teams, people, members-only, forks: deny|ask
stack: fixer
task: repair
prompt: |                      # template over the event; sandboxed, strict, text only
  Check {{ check.name }} failed on {{ head.sha }}.
dedupe: {key: "{{ repo }}:{{ head.sha }}:{{ check.name }}", window: 30m}
concurrency: {key: "{{ pull.number }}", max: 1, on_conflict: coalesce}   # queue | coalesce | reject
"#;

const WHOLE_POLICY: &str = r#"writeback: {push: ask, "push:.github/**": deny}   # tightest of stack, repository, organisation wins
approvers: {push: {role: maintain, count: 1}, memory: {team: knowledge}}
approval: {expires: 7d, self: deny}
limits: {runs_per_hour: 60, concurrent: 4, usd_per_day: 20}
forks: {run: ask, network: none}
"#;

const WHOLE_SKILL: &str = "---\nname: focused-tests\ndescription: Runs only the tests that matter.\n---\n# Focus\n";

#[test]
fn the_files_of_the_documentation_are_in_force_with_warnings_about_what_is_to_come() {
    let catalog = catalog(&[
        (".agents/stacks/fixer.yaml", WHOLE_STACK),
        (".agents/rules/repair.yaml", WHOLE_RULE),
        (".agents/policy.yaml", WHOLE_POLICY),
        (".agents/skills/focused-tests/SKILL.md", WHOLE_SKILL),
    ]);
    assert!(!catalog.is_broken());
    assert_eq!(catalog.rules["repair"].on.kinds().len(), 8);
    assert_eq!(catalog.stacks["fixer"].path, ".agents/stacks/fixer.yaml");
    assert_eq!(catalog.skills["focused-tests"].body, "# Focus\n");
    assert_eq!(catalog.policy.writeback.0.len(), 2);
    let said: String = catalog.diagnostics.iter().map(|diagnostic| diagnostic.to_string()).collect();
    assert_snapshot!(said, @r#"
    .agents/rules/repair.yaml:16:12: warning: `check` is not there for the events `mention`, `label`, `pull_request`, `issue`, `push` and `schedule`
     16 |   Check {{ check.name }} failed on {{ head.sha }}.
        |            ^
    hint: it shows nothing there; a rule for each event says it better
    .agents/rules/repair.yaml:16:39: warning: `head` is not there for the events `issue` and `schedule`
     16 |   Check {{ check.name }} failed on {{ head.sha }}.
        |                                       ^
    hint: it shows nothing there; a rule for each event says it better
    .agents/rules/repair.yaml:17:30: warning: `head` is not there for the events `issue` and `schedule`
     17 | dedupe: {key: "{{ repo }}:{{ head.sha }}:{{ check.name }}", window: 30m}
        |                              ^
    hint: those events are not deduplicated by it
    .agents/rules/repair.yaml:17:45: warning: `check` is not there for the events `mention`, `label`, `pull_request`, `issue`, `push` and `schedule`
     17 | dedupe: {key: "{{ repo }}:{{ head.sha }}:{{ check.name }}", window: 30m}
        |                                             ^
    hint: those events are not deduplicated by it
    .agents/rules/repair.yaml:18:24: warning: `pull` is not there for the events `issue`, `push` and `schedule`
     18 | concurrency: {key: "{{ pull.number }}", max: 1, on_conflict: coalesce}   # queue | coalesce | reject
        |                        ^
    hint: those events are not limited by it
    "#);
}

#[test]
fn a_folder_without_agents_says_nothing() {
    assert_eq!(said(&[("src/main.rs", "fn main() {}")]), "");
}

#[test]
fn unknown_keys_are_all_told_with_the_nearest_known_one() {
    assert_snapshot!(stack("agent: builtin\npromt: Hi\nbudget: {minuets: 3}\ncolour: red\n"), @r#"
    .agents/stacks/a.yaml:2:1: error: `promt` is not a key of this file
     2 | promt: Hi
       | ^
    hint: did you mean `prompt`?

    .agents/stacks/a.yaml:3:10: error: `minuets` is not a key of `budget`
     3 | budget: {minuets: 3}
       |          ^
    hint: did you mean `minutes`?

    .agents/stacks/a.yaml:4:1: error: `colour` is not a key of this file
     4 | colour: red
       | ^
    hint: known are `description`, `agent`, `command`, `acp`, `cli`, `model`, `prompt`, `skills`, `subagents`, `autonomy`, `tools`, `mcp`, `sandbox`, `budget`, `memory`, `secrets` and `writeback`
    "#);
}

#[test]
fn a_stack_without_an_agent_is_told_what_there_is() {
    assert_snapshot!(stack("prompt: Hi\n"), @r#"
    .agents/stacks/a.yaml:1:1: error: the key `agent` is missing in this file
     1 | prompt: Hi
       | ^
    hint: add `agent: builtin`; known are `builtin`, `acp`, `cli` and `scripted`
    "#);
}

#[test]
fn wrong_types_say_what_is_there_and_what_is_taken() {
    assert_snapshot!(stack("agent: builtin\nprompt: Hi\nskills: lint\nbudget: 3\ndescription: 5\ntools:\nsandbox: {processes: many}\nmemory: {required: yes}\n"), @r#"
    .agents/stacks/a.yaml:3:9: error: `skills` is text, but it takes a list
     3 | skills: lint
       |         ^
    hint: write `[lint]`

    .agents/stacks/a.yaml:4:9: error: `budget` is a number, but it takes a mapping
     4 | budget: 3
       |         ^
    hint: write `key: value` below it

    .agents/stacks/a.yaml:5:14: error: `description` is a number, but it takes text
     5 | description: 5
       |              ^
    hint: put it between quotes

    .agents/stacks/a.yaml:6:6: error: `tools` is nothing, but it takes a list
     6 | tools:
       |      ^
    hint: give it a value, or leave the key out

    .agents/stacks/a.yaml:7:22: error: `sandbox.processes` is text, but it takes a whole number
     7 | sandbox: {processes: many}
       |                      ^

    .agents/stacks/a.yaml:8:20: error: `memory.required` is text, but it takes `true` or `false`
     8 | memory: {required: yes}
       |                    ^
    "#);
}

#[test]
fn words_that_are_no_choice_are_told_the_choices() {
    assert_snapshot!(stack("agent: buildin\nprompt: Hi\nautonomy: full\ntools: [source, shell]\nwriteback: {push: aks}\n"), @r#"
    .agents/stacks/a.yaml:1:8: error: `buildin` is not a value of `agent`
     1 | agent: buildin
       |        ^
    hint: did you mean `builtin`?

    .agents/stacks/a.yaml:3:11: error: `full` is not a value of `autonomy`
     3 | autonomy: full
       |           ^
    hint: known are `read`, `propose` and `act`

    .agents/stacks/a.yaml:4:17: error: `shell` is not a value of `tools[1]`
     4 | tools: [source, shell]
       |                 ^
    hint: known are `source`, `memory` and `web`

    .agents/stacks/a.yaml:5:19: error: `aks` is not a value of `writeback.push`
     5 | writeback: {push: aks}
       |                   ^
    hint: did you mean `ask`?
    "#);
}

#[test]
fn budgets_of_nothing_or_of_everything_are_refused() {
    assert_snapshot!(stack("agent: builtin\nprompt: Hi\nbudget: {minutes: 0, steps: 1000000, tokens: 1.5, usd: 0}\n"), @r#"
    .agents/stacks/a.yaml:3:19: error: `budget.minutes` is 0, but the least is 1
     3 | budget: {minutes: 0, steps: 1000000, tokens: 1.5, usd: 0}
       |                   ^

    .agents/stacks/a.yaml:3:29: error: `budget.steps` is 1000000, but the most is 10000
     3 | budget: {minutes: 0, steps: 1000000, tokens: 1.5, usd: 0}
       |                             ^

    .agents/stacks/a.yaml:3:46: error: `budget.tokens` is a number, but it takes a whole number
     3 | budget: {minutes: 0, steps: 1000000, tokens: 1.5, usd: 0}
       |                                              ^

    .agents/stacks/a.yaml:3:56: error: `budget.usd` is 0, but the least is 0.01
     3 | budget: {minutes: 0, steps: 1000000, tokens: 1.5, usd: 0}
       |                                                        ^
    "#);
}

#[test]
fn sizes_need_a_unit() {
    assert_snapshot!(stack("agent: builtin\nprompt: Hi\nsandbox:\n  memory: 2GB\n  disk: 4\n"), @r#"
    .agents/stacks/a.yaml:4:11: error: `2GB` is not a size
     4 |   memory: 2GB
       |           ^
    hint: write a whole number and a unit: `512MiB` or `2GiB`

    .agents/stacks/a.yaml:5:9: error: `sandbox.disk` is a number, but it takes text
     5 |   disk: 4
       |         ^
    hint: write a whole number and a unit: `512MiB` or `2GiB`
    "#);
}

#[test]
fn kinds_of_effects_in_writeback_are_known() {
    assert_snapshot!(stack("agent: builtin\nprompt: Hi\nautonomy: propose\nwriteback:\n  comments: ask\n  comment:src/**: ask\n  \"push:[a\": deny\n"), @r#"
    .agents/stacks/a.yaml:5:3: error: `comments` is not a kind of effect
     5 |   comments: ask
       |   ^
    hint: did you mean `comment`?

    .agents/stacks/a.yaml:6:3: error: `comment` changes no files, so it has no paths
     6 |   comment:src/**: ask
       |   ^
    hint: paths go with `push`, `pull_request` and `memory`

    .agents/stacks/a.yaml:7:3: error: `[a` is not a pattern: unclosed character class; missing ']'
     7 |   "push:[a": deny
       |   ^
    hint: `*` stays within a segment, `**` crosses them: `src/**`, `release/*`
    "#);
}

#[test]
fn skills_that_are_not_there_are_told() {
    assert_snapshot!(stack("agent: builtin\nprompt: Hi\nskills:\n  - focused-tests\n"), @r#"
    .agents/stacks/a.yaml:4:5: error: there is no skill `focused-tests`
     4 |   - focused-tests
       |     ^
    hint: there is none yet
    "#);
}

#[test]
fn agents_that_need_a_command_say_so() {
    assert_snapshot!(stack("agent: cli\nprompt: Hi\n"), @r#"
    .agents/stacks/a.yaml:1:8: error: the agent `cli` needs a `command`
     1 | agent: cli
       |        ^
    hint: add `command: [program, argument]`
    "#);
}

#[test]
fn settings_of_a_command_are_told_when_they_do_not_fit() {
    assert_snapshot!(stack("agent: cli\ncommand: [x]\ncli: {transcript: jsonl}\n"), @r#"
    .agents/stacks/a.yaml:3:6: error: `transcript: jsonl` needs a `map` that says what its lines mean
     3 | cli: {transcript: jsonl}
       |      ^
    hint: add `map: [{when: {type: message}, kind: message, text: text}]`
    "#);
    assert_snapshot!(stack("agent: cli\ncommand: [x]\ncli:\n  map: [{kind: message, text: text}]\n"), @r#"
    .agents/stacks/a.yaml:4:8: error: `map` reads lines of `jsonl` only
     4 |   map: [{kind: message, text: text}]
       |        ^
    hint: add `transcript: jsonl`, or remove `map`
    "#);
    assert_snapshot!(stack("agent: acp\ncommand: [x]\ncli: {prompt: stdin}\n"), @r#"
    .agents/stacks/a.yaml:3:1: error: the agent `acp` has no use for `cli`
     3 | cli: {prompt: stdin}
       | ^
    hint: remove it, or choose the agent `cli`
    "#);
    assert_snapshot!(stack("agent: builtin\nprompt: Hi\nacp: {mode: yolo}\n"), @r#"
    .agents/stacks/a.yaml:3:1: error: the agent `builtin` has no use for `acp`
     3 | acp: {mode: yolo}
       | ^
    hint: remove it, or choose the agent `acp`
    "#);
}

#[test]
fn the_builtin_agent_needs_a_prompt_and_takes_no_command() {
    assert_snapshot!(stack("agent: builtin\ncommand: [sh]\n"), @r#"
    .agents/stacks/a.yaml:1:1: error: the agent `builtin` needs a `prompt`
     1 | agent: builtin
       | ^
    hint: add `prompt: |` and what the agent is to do below it

    .agents/stacks/a.yaml:2:1: error: the agent `builtin` runs no `command`
     2 | command: [sh]
       | ^
    hint: remove it, or choose the agent `acp` or `cli`
    "#);
}

#[test]
fn secrets_are_named_and_a_value_is_never_shown() {
    assert_snapshot!(stack("agent: builtin\nprompt: Hi\nsecrets: [NPM_TOKEN, ghp_0123456789abcdef, \"a b\"]\n"), @r#"
    .agents/stacks/a.yaml:3:22: error: this is not the name of a secret
    hint: write a name such as `NPM_TOKEN`; the value is kept on the server. If a value stood here, withdraw it

    .agents/stacks/a.yaml:3:44: error: this is not the name of a secret
    hint: write a name such as `NPM_TOKEN`; the value is kept on the server. If a value stood here, withdraw it
    "#);
}

#[test]
fn servers_and_hosts_are_checked() {
    assert_snapshot!(stack("agent: builtin\nprompt: Hi\nmcp:\n  docs: {url: \"http://docs.example\"}\n  both: {url: \"https://a.example\", command: [x]}\n  keyed: {url: \"https://a.example\", secret: DOCS}\nsandbox: {network: allow, allow: [\"https://a.example/\", 127.0.0.1, a.example]}\n"), @r#"
    .agents/stacks/a.yaml:4:15: error: `url` is not an address of a server
     4 |   docs: {url: "http://docs.example"}
       |               ^
    hint: write `https://` and a host, without a user or password; `http://` is for this machine alone

    .agents/stacks/a.yaml:5:9: error: the MCP server `both` needs either a `url` or a `command`
     5 |   both: {url: "https://a.example", command: [x]}
       |         ^
    hint: write `url: https://…`

    .agents/stacks/a.yaml:6:45: error: `secrets` does not name `DOCS`
     6 |   keyed: {url: "https://a.example", secret: DOCS}
       |                                             ^
    hint: add it there, so that it can be granted

    .agents/stacks/a.yaml:7:35: error: `https://a.example/` is not a host
     7 | sandbox: {network: allow, allow: ["https://a.example/", 127.0.0.1, a.example]}
       |                                   ^
    hint: write a name without scheme or path: `a.example`, `*.a.example` or `a.example:8443`

    .agents/stacks/a.yaml:7:57: error: `127.0.0.1` is not a host
     7 | sandbox: {network: allow, allow: ["https://a.example/", 127.0.0.1, a.example]}
       |                                                         ^
    hint: write a name without scheme or path: `a.example`, `*.a.example` or `a.example:8443`
    "#);
    assert_snapshot!(stack("agent: builtin\nprompt: Hi\nsecrets: [DOCS]\nmcp:\n  a__b: {command: [x]}\n  own: {command: [x], secret: DOCS}\n  near: {url: \"http://localhost:8000/mcp\"}\n  plain: {url: \"http://docs.example/mcp\"}\n"), @r#"
    .agents/stacks/a.yaml:5:9: error: `a__b` is not a name for an MCP server
     5 |   a__b: {command: [x]}
       |         ^
    hint: use a short name of small letters, digits and `-`: its tools are called `<name>__<tool>`

    .agents/stacks/a.yaml:6:31: error: a `command` is given no secret
     6 |   own: {command: [x], secret: DOCS}
       |                               ^
    hint: a secret is sent to a `url`, and never enters a sandbox

    .agents/stacks/a.yaml:8:16: error: `url` is not an address of a server
     8 |   plain: {url: "http://docs.example/mcp"}
       |                ^
    hint: write `https://` and a host, without a user or password; `http://` is for this machine alone
    "#);
}

#[test]
fn writeback_at_the_autonomy_read_is_a_warning() {
    assert_snapshot!(stack("agent: builtin\nprompt: Hi\nwriteback: {comment: allow}\n"), @r#"
    .agents/stacks/a.yaml:3:1: warning: at the autonomy `read` nothing is written back, whatever `writeback` says
     3 | writeback: {comment: allow}
       | ^
    hint: add `autonomy: propose`
    "#);
}

#[test]
fn a_rule_without_events_never_fires() {
    assert_snapshot!(rule("on: {}\nstack: fixer\n"), @r#"
    .agents/rules/a.yaml:1:1: error: `on` names no event, so the rule never fires
     1 | on: {}
       | ^
    hint: add one or more events, such as `mention: {handle: fixer}`
    "#);
    assert_snapshot!(rule("stack: fixer\n"), @r#"
    .agents/rules/a.yaml:1:1: error: the key `on` is missing in this file
     1 | stack: fixer
       | ^
    hint: add `on:` — the events that it watches, one or more
    "#);
}

#[test]
fn events_that_nobody_knows_are_told() {
    assert_snapshot!(rule("on:\n  pull-request: {}\n  issues:\nstack: fixer\n"), @r#"
    .agents/rules/a.yaml:2:3: error: `pull-request` is not a key of `on`
     2 |   pull-request: {}
       |   ^
    hint: did you mean `pull_request`?

    .agents/rules/a.yaml:3:3: error: `issues` is not a key of `on`
     3 |   issues:
       |   ^
    hint: did you mean `issue`?
    "#);
}

#[test]
fn on_is_a_key_and_not_a_truth() {
    assert_eq!(rule("on: {issue: {}}\nstack: fixer\n"), "");
    assert_eq!(rule("on:\n  issue:\n  manual:\nstack: fixer\n"), "");
}

#[test]
fn a_list_of_events_is_told_to_be_a_mapping() {
    assert_snapshot!(rule("on: [issue]\nstack: fixer\n"), @r#"
    .agents/rules/a.yaml:1:5: error: `on` is a list, but it takes a mapping
     1 | on: [issue]
       |     ^
    hint: write `key: value` below it
    "#);
}

#[test]
fn a_mention_needs_a_handle_without_the_at() {
    assert_snapshot!(rule("on:\n  mention:\nstack: fixer\n"), @r#"
    .agents/rules/a.yaml:2:10: error: `on.mention` is nothing, but it takes a mapping
     2 |   mention:
       |          ^
    hint: give it a value, or leave the key out
    "#);
    assert_snapshot!(rule("on: {mention: {handle: \"@fixer\"}}\nstack: fixer\n"), @r#"
    .agents/rules/a.yaml:1:24: error: `@fixer` is not a handle
     1 | on: {mention: {handle: "@fixer"}}
       |                        ^
    hint: write it without `@`: up to 39 letters, digits, `-` and `_`, such as `fixer`
    "#);
    assert_snapshot!(rule("on: {mention: {}}\nstack: fixer\n"), @r#"
    .agents/rules/a.yaml:1:15: error: the key `handle` is missing in `on.mention`
     1 | on: {mention: {}}
       |               ^
    hint: add `handle:` — the name behind the `@`: letters, digits, `-` and `_`
    "#);
}

#[test]
fn stacks_that_are_not_there_are_told() {
    assert_snapshot!(rule("on: {issue: {}}\nstack: fixr\n"), @r#"
    .agents/rules/a.yaml:2:8: error: there is no stack `fixr`
     2 | stack: fixr
       |        ^
    hint: did you mean `fixer`?
    "#);
}

#[test]
fn patterns_that_cannot_be_read_are_told() {
    assert_snapshot!(rule("on:\n  push: {branch: [\"[a-\"], paths: [\"/src\", \"\"]}\nstack: fixer\n"), @r#"
    .agents/rules/a.yaml:2:19: error: `[a-` is not a pattern: unclosed character class; missing ']'
     2 |   push: {branch: ["[a-"], paths: ["/src", ""]}
       |                   ^
    hint: `*` stays within a segment, `**` crosses them: `src/**`, `release/*`

    .agents/rules/a.yaml:2:35: error: `/src` is not a pattern: paths start at the root without `/` or `./`
     2 |   push: {branch: ["[a-"], paths: ["/src", ""]}
       |                                   ^
    hint: `*` stays within a segment, `**` crosses them: `src/**`, `release/*`

    .agents/rules/a.yaml:2:43: error: `` is not a pattern: it is empty
     2 |   push: {branch: ["[a-"], paths: ["/src", ""]}
       |                                           ^
    hint: `*` stays within a segment, `**` crosses them: `src/**`, `release/*`
    "#);
}

#[test]
fn actions_and_conclusions_are_known() {
    assert_snapshot!(rule("on:\n  issue: {actions: [open]}\n  check: {conclusion: [failed]}\n  pull_request: {actions: []}\nstack: fixer\n"), @r#"
    .agents/rules/a.yaml:2:21: error: `open` is not a value of `on.issue.actions[0]`
     2 |   issue: {actions: [open]}
       |                     ^
    hint: did you mean `opened`?

    .agents/rules/a.yaml:3:24: error: `failed` is not a value of `on.check.conclusion[0]`
     3 |   check: {conclusion: [failed]}
       |                        ^
    hint: did you mean `failure`?
    "#);
}

#[test]
fn lists_that_let_nothing_through_are_told() {
    assert_snapshot!(rule("on:\n  issue: {actions: []}\n  pull_request: {actions: []}\nstack: fixer\n"), @r#"
    .agents/rules/a.yaml:2:20: error: `on.issue.actions` is empty, so the rule never fires for it
     2 |   issue: {actions: []}
       |                    ^
    hint: leave the key out for the usual ones

    .agents/rules/a.yaml:3:27: error: `on.pull_request.actions` is empty, so the rule never fires for it
     3 |   pull_request: {actions: []}
       |                           ^
    hint: leave the key out for the usual ones
    "#);
}

#[test]
fn the_clock_is_checked() {
    assert_snapshot!(rule("on:\n  schedule:\n    cron: 0 25 * * *\n    timezone: Berlin\nstack: fixer\n"), @r#"
    .agents/rules/a.yaml:3:11: error: `0 25 * * *` is not a cron line: number out of bounds
     3 |     cron: 0 25 * * *
       |           ^
    hint: five fields: minute, hour, day of month, month, day of week: `0 6 * * 1-5` is 6:00 on weekdays

    .agents/rules/a.yaml:4:15: error: `Berlin` is not a time zone
     4 |     timezone: Berlin
       |               ^
    hint: write a name of the IANA database, such as `UTC` or `Europe/Berlin`
    "#);
    assert_snapshot!(rule("on: {schedule: {cron: daily}}\nstack: fixer\n"), @r#"
    .agents/rules/a.yaml:1:23: error: `daily` is not a cron line: it needs five fields
     1 | on: {schedule: {cron: daily}}
       |                       ^
    hint: five fields: minute, hour, day of month, month, day of week: `0 6 * * 1-5` is 6:00 on weekdays
    "#);
}

#[test]
fn names_in_templates_are_known() {
    assert_snapshot!(rule("on: {issue: {}}\nstack: fixer\nprompt: |\n  Look at {{ issue.title }}\n  and {{ isue.body }},\n  {% if x %}{{ issue.text }}{% endif %}.\ndedupe: {key: \"{{ pull.head.ref }}\"}\n"), @r#"
    .agents/rules/a.yaml:5:10: error: the template names `isue.body`, which no event has
     5 |   and {{ isue.body }},
       |          ^
    hint: did you mean `issue`?

    .agents/rules/a.yaml:6:9: error: the template names `x`, which no event has
     6 |   {% if x %}{{ issue.text }}{% endif %}.
       |         ^
    hint: known are `repo`, `event`, `action`, `actor`, `number`, `label`, `issue`, `pull`, `comment`, `check`, `head`, `push`, `mention`, `manual` and `schedule`

    .agents/rules/a.yaml:6:16: error: the template names `issue.text`, which no event has
     6 |   {% if x %}{{ issue.text }}{% endif %}.
       |                ^
    hint: of `issue`, known are `number`, `title`, `body`, `state`, `author` and `labels`

    .agents/rules/a.yaml:7:19: error: the template names `pull.head.ref`, which no event has
     7 | dedupe: {key: "{{ pull.head.ref }}"}
       |                   ^
    hint: of `pull.head`, known are `branch` and `sha`
    "#);
}

#[test]
fn templates_that_cannot_be_read_are_told() {
    assert_snapshot!(rule("on: {issue: {}}\nstack: fixer\nprompt: |\n  Look\n  at {{ issue.title }\n"), @r#"
    .agents/rules/a.yaml:5:1: error: the template is broken: unexpected `}`, expected end of variable block
     5 |   at {{ issue.title }
       | ^
    hint: values stand in `{{ … }}`, conditions in `{% if … %}…{% endif %}`
    "#);
    assert_snapshot!(rule("on: {issue: {}}\nstack: fixer\nprompt: \"{% include 'x' %}\"\n"), @r#"
    .agents/rules/a.yaml:3:9: error: the template is broken: unknown statement include
     3 | prompt: "{% include 'x' %}"
       |         ^
    hint: values stand in `{{ … }}`, conditions in `{% if … %}…{% endif %}`
    "#);
    assert_snapshot!(rule("on: {issue: {}}\nstack: fixer\nprompt: \"{{ repo | shell }}\"\n"), @r#"
    .agents/rules/a.yaml:3:9: error: the template is broken: filter shell is unknown
     3 | prompt: "{{ repo | shell }}"
       |         ^
    hint: values stand in `{{ … }}`, conditions in `{% if … %}…{% endif %}`
    "#);
    assert_snapshot!(rule("on: {issue: {}}\nstack: fixer\nprompt: \"{{ range(9) }}\"\n"), @r#"
    .agents/rules/a.yaml:3:13: error: the template names `range`, which no event has
     3 | prompt: "{{ range(9) }}"
       |             ^
    hint: known are `repo`, `event`, `action`, `actor`, `number`, `label`, `issue`, `pull`, `comment`, `check`, `head`, `push`, `mention`, `manual` and `schedule`
    "#);
    assert_snapshot!(rule("on: {issue: {}}\nstack: fixer\ndedupe: {key: \"\"}\n"), @r#"
    .agents/rules/a.yaml:3:15: error: `dedupe.key` is empty
     3 | dedupe: {key: ""}
       |               ^
    hint: write a template, such as `"{{ repo }}:{{ number }}"`
    "#);
}

#[test]
fn names_that_an_event_never_has_are_a_warning() {
    assert_snapshot!(rule("on: {issue: {}, push: {}}\nstack: fixer\nprompt: See {{ issue.title }}.\n"), @r#"
    .agents/rules/a.yaml:3:16: warning: `issue` is not there for the events `push`
     3 | prompt: See {{ issue.title }}.
       |                ^
    hint: it shows nothing there; a rule for each event says it better
    "#);
}

#[test]
fn windows_and_numbers_of_runs_are_checked() {
    assert_snapshot!(rule("on: {issue: {}}\nstack: fixer\ndedupe: {key: a, window: 30}\nconcurrency: {key: a, max: 0, on_conflict: wait}\n"), @r#"
    .agents/rules/a.yaml:3:26: error: `dedupe.window` is a number, but it takes text
     3 | dedupe: {key: a, window: 30}
       |                          ^
    hint: write a whole number and `s`, `m`, `h` or `d`: `30m` or `7d`, at most ten years

    .agents/rules/a.yaml:4:28: error: `concurrency.max` is 0, but the least is 1
     4 | concurrency: {key: a, max: 0, on_conflict: wait}
       |                            ^

    .agents/rules/a.yaml:4:44: error: `wait` is not a value of `concurrency.on_conflict`
     4 | concurrency: {key: a, max: 0, on_conflict: wait}
       |                                            ^
    hint: known are `queue`, `coalesce` and `reject`
    "#);
}

#[test]
fn who_is_checked() {
    assert_snapshot!(rule("on: {issue: {}}\nstack: fixer\nwho: {role: owner, members_only: true, forks: allow, teams: core}\n"), @r#"
    .agents/rules/a.yaml:3:13: error: `owner` is not a value of `who.role`
     3 | who: {role: owner, members_only: true, forks: allow, teams: core}
       |             ^
    hint: known are `read`, `triage`, `write`, `maintain` and `admin`

    .agents/rules/a.yaml:3:20: error: `members_only` is not a key of `who`
     3 | who: {role: owner, members_only: true, forks: allow, teams: core}
       |                    ^
    hint: did you mean `members-only`?

    .agents/rules/a.yaml:3:47: error: `allow` is not a value of `who.forks`
     3 | who: {role: owner, members_only: true, forks: allow, teams: core}
       |                                               ^
    hint: known are `ask` and `deny`

    .agents/rules/a.yaml:3:61: error: `who.teams` is text, but it takes a list
     3 | who: {role: owner, members_only: true, forks: allow, teams: core}
       |                                                             ^
    hint: write `[core]`
    "#);
}

#[test]
fn policies_are_checked() {
    assert_snapshot!(policy("writeback: {push: never, deploy: deny}\napprovers: {push: {role: boss, count: 0}}\napproval: {expires: soon, self: yes}\nlimits: {runs_per_hour: -1}\nforks: {run: allow}\n"), @r#"
    .agents/policy.yaml:1:19: error: `never` is not a value of `writeback.push`
     1 | writeback: {push: never, deploy: deny}
       |                   ^
    hint: known are `allow`, `ask` and `deny`

    .agents/policy.yaml:1:26: error: `deploy` is not a kind of effect
     1 | writeback: {push: never, deploy: deny}
       |                          ^
    hint: known are `comment`, `review`, `push`, `pull_request`, `check_rerun`, `labels`, `issue` and `memory`

    .agents/policy.yaml:2:26: error: `boss` is not a value of `approvers.push.role`
     2 | approvers: {push: {role: boss, count: 0}}
       |                          ^
    hint: known are `read`, `triage`, `write`, `maintain` and `admin`

    .agents/policy.yaml:2:39: error: `approvers.push.count` is 0, but the least is 1
     2 | approvers: {push: {role: boss, count: 0}}
       |                                       ^

    .agents/policy.yaml:3:21: error: `soon` is not a length of time
     3 | approval: {expires: soon, self: yes}
       |                     ^
    hint: write a whole number and `s`, `m`, `h` or `d`: `30m` or `7d`, at most ten years

    .agents/policy.yaml:3:33: error: `yes` is not a value of `approval.self`
     3 | approval: {expires: soon, self: yes}
       |                                 ^
    hint: known are `allow` and `deny`

    .agents/policy.yaml:4:25: error: `limits.runs_per_hour` is -1, but the least is 1
     4 | limits: {runs_per_hour: -1}
       |                         ^

    .agents/policy.yaml:5:14: error: `allow` is not a value of `forks.run`
     5 | forks: {run: allow}
       |              ^
    hint: known are `ask` and `deny`
    "#);
}

#[test]
fn a_policy_that_cannot_be_read_denies_everything() {
    let catalog = catalog(&[(".agents/policy.yaml", "writeback: [")]);
    assert!(catalog.policy.writeback.0.values().all(|verdict| *verdict == Verdict::Deny));
    assert_eq!(catalog.policy.writeback.0.len(), EffectKind::ALL.len());
    assert_eq!(policy("# nothing yet\n"), "");
}

#[test]
fn faults_of_yaml_say_where() {
    assert_snapshot!(stack("agent: builtin\nprompt: \"Hi\n"), @r#"
    .agents/stacks/a.yaml:3:1: error: invalid indentation in multiline quoted scalar
    hint: close the quote that was opened above
    "#);
    assert_snapshot!(stack("agent: builtin\n\tprompt: Hi\n"), @r#"
    .agents/stacks/a.yaml:1:8: error: while scanning a plain scalar, found a tab
     1 | agent: builtin
       |        ^
    hint: indent with spaces
    "#);
    assert_snapshot!(stack("agent: builtin\nagent: cli\n"), @r#"
    .agents/stacks/a.yaml:2:1: error: `agent` stands here a second time
     2 | agent: cli
       | ^
    hint: keep one of them
    "#);
    assert_snapshot!(stack("base: &x {agent: builtin}\n<<: *x\n"), @r#"
    .agents/stacks/a.yaml:2:1: error: `<<` is not read here
     2 | <<: *x
       | ^
    hint: write the keys out
    "#);
    assert_snapshot!(stack("agent: builtin\n---\nagent: cli\n"), @r#"
    .agents/stacks/a.yaml:2:1: error: the file holds a second document
     2 | ---
       | ^
    hint: one file describes one thing: remove the line `---` and what follows
    "#);
    assert_snapshot!(stack("agent: builtin\nprompt: look: here\n"), @r#"
    .agents/stacks/a.yaml:2:13: error: mapping values are not allowed in this context
     2 | prompt: look: here
       |             ^
    hint: put text with `: ` between quotes
    "#);
    assert_snapshot!(stack(""), @r#"
    .agents/stacks/a.yaml:1:1: error: the file is empty
    hint: remove it, or write what it is for
    "#);
    assert_snapshot!(stack("- agent\n"), @r#"
    .agents/stacks/a.yaml:1:1: error: the file is a list, but it takes a mapping
     1 | - agent
       | ^
    hint: write `key: value` below it
    "#);
    assert_snapshot!(stack(&"[".repeat(2000)), @r#"
    .agents/stacks/a.yaml:1:33: error: recursion limit exceeded
     1 | [[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[…
       |                                 ^
    hint: 32 levels are read
    "#);
}

#[test]
fn files_that_are_passed_over_are_told() {
    assert_snapshot!(said(&[
        (".agents/stacks/a.yml", ""),
        (".agents/stacks/Big Name.yaml", "agent: builtin\nprompt: Hi\n"),
        (".agents/rule/a.yaml", ""),
        (".agents/skills/x.md", ""),
        (".agents/skills/empty/notes.txt", ""),
        (".agents/README.md", ""),
    ]), @r#"
    .agents/skills/empty/SKILL.md:1:1: error: the skill has no `SKILL.md`
    hint: add `SKILL.md` with `name` and `description` between two lines `---`

    .agents/stacks/Big Name.yaml:1:1: error: `Big Name` cannot be a name
    hint: names have up to 64 small letters, digits, `-` and `_`, start with a letter or digit, and are not `manual`

    .agents/rule:1:1: warning: this is not read
    hint: did you mean `rules`?

    .agents/stacks/a.yml:1:1: warning: this is not read: only regular files that end in `.yaml` are
    hint: rename it to `a.yaml`
    "#);
}

#[test]
fn skills_need_their_frontmatter() {
    let skill = |text: &str| said(&[(".agents/skills/lint/SKILL.md", text)]);
    assert_snapshot!(skill("# Lint\n"), @r#"
    .agents/skills/lint/SKILL.md:1:1: error: the skill has no frontmatter
     1 | # Lint
       | ^
    hint: begin the file with `---`, `name: …`, `description: …` and `---`, each on its line
    "#);
    assert_snapshot!(skill("---\nname: linter\n---\n"), @r#"
    .agents/skills/lint/SKILL.md:1:1: error: the key `description` is missing
     1 | ---
       | ^
    hint: add `description: …`

    .agents/skills/lint/SKILL.md:2:7: error: the skill's `name` differs from its folder `lint`
     2 | name: linter
       |       ^
    hint: write `name: lint`
    "#);
    assert_snapshot!(skill("---\nname: lint\ndescription: 5\ntitle: Lint\n---\n"), @r#"
    .agents/skills/lint/SKILL.md:3:14: error: `description` is a number, but it takes text
     3 | description: 5
       |              ^
    hint: put it between quotes

    .agents/skills/lint/SKILL.md:4:1: warning: `title` is not a key of a skill
     4 | title: Lint
       | ^
    hint: known are `name`, `description`, `license`, `compatibility`, `metadata` and `allowed-tools`
    "#);
    assert_snapshot!(skill("---\nname: lint\ndescription: [\n---\n"), @r#"
    .agents/skills/lint/SKILL.md:3:14: error: unclosed bracket '['
     3 | description: [
       |              ^
    hint: close it on the same line or below, indented
    "#);
}

#[test]
fn too_large_and_too_many_files_are_told() {
    let large = format!("agent: builtin\nprompt: {}\n", "x".repeat(300 * 1024));
    assert_snapshot!(stack(&large), @r#"
    .agents/stacks/a.yaml:1:1: error: the file is larger than 256 KiB
    hint: split it, or make it shorter
    "#);
    let names: Vec<String> = (0..502).map(|n| format!(".agents/stacks/s{n:03}.yaml")).collect();
    let many: Vec<(&str, &str)> = names.iter().map(|name| (name.as_str(), FIXER.1)).collect();
    assert_snapshot!(said(&many), @r#"
    .agents/stacks/s500.yaml:1:1: error: there are more than 500 files; this one and those after it are not read
    hint: remove those that nobody uses
    "#);
}

#[test]
fn invisible_characters_are_shown_in_the_snippet() {
    assert_snapshot!(stack("agent: built\u{202e}in\nprompt: Hi\n"), @r#"
    .agents/stacks/a.yaml:1:8: error: `built⟦U+202E⟧in` is not a value of `agent`
     1 | agent: built⟦U+202E⟧in
       |        ^
    hint: did you mean `builtin`?
    "#);
}

#[test]
fn one_error_keeps_all_of_a_repositorys_own_from_working() {
    let catalog = catalog(&[
        FIXER,
        (".agents/rules/good.yaml", "on: {issue: {}}\nstack: fixer\n"),
        (".agents/rules/bad.yaml", "on: {issue: {}}\nstack: nobody\n"),
        (".agents/policy.yaml", "writeback: {push: deny}\n"),
    ]);
    assert!(catalog.rules.is_empty() && catalog.stacks.is_empty());
    assert_eq!(catalog.aside.rules.len(), 2);
    assert_eq!(catalog.policy.writeback.0.len(), 1, "its policy still counts");
    assert_snapshot!(catalog.notice().unwrap_or_default(), @"`.agents/` has 1 error: none of this repository's stacks and rules work until it is mended");
}

#[test]
fn what_an_organisation_says_holds_for_its_repositories() {
    let organisation = folder(
        Scope::Organisation,
        &[
            ("stacks/fixer.yaml", FIXER.1),
            ("rules/all.yaml", "on: {issue: {}}\nstack: fixer\n"),
            ("policy.yaml", "writeback: {push: deny}\n"),
            ("README.md", ""),
            ("LICENSE", ""),
        ],
    );
    let own = [
        FIXER,
        (".agents/rules/own.yaml", "on: {issue: {}}\nstack: fixer\n"),
        (".agents/rules/all.yaml", "state: disabled\non: {issue: {}}\nstack: fixer\n"),
    ];
    let catalog = resolve(Some(&organisation), &folder(Scope::Repository, &own));
    assert_eq!(catalog.rules["all"].scope, Scope::Organisation);
    assert_eq!(catalog.rules["own"].scope, Scope::Repository);
    assert_eq!(catalog.stacks["fixer"].scope, Scope::Repository);
    assert_eq!(catalog.ceiling.writeback.0.len(), 1);
    let said: String = catalog.diagnostics.iter().map(|diagnostic| diagnostic.to_string()).collect();
    assert_snapshot!(said, @r#"
    .agents/rules/all.yaml:1:1: warning: the organisation has a rule `all`, so this one is not in force
    hint: give it another name
    .agents/stacks/fixer.yaml:1:1: warning: the organisation has a stack `fixer` too; here, this one is used instead
    hint: give it another name if that is not meant
    "#);

    let broken = folder(Scope::Repository, &[(".agents/rules/own.yaml", "on: {}\nstack: fixer\n")]);
    let catalog = resolve(Some(&organisation), &broken);
    assert_eq!(catalog.rules.keys().collect::<Vec<_>>(), ["all"], "the organisation's own go on");
}

fn checks(text: &str) -> String {
    said(&[(".agents/checks.yaml", text)])
}

#[test]
fn checks_are_checked() {
    let files = [
        "jobs:\n  test: {run: make, on: [push, tag], timeout: 9x, paths: [/a], tiemout: 1m}\n",
        "jobs:\n  test: {run: 7, environment: {A: 1}}\n  Test: {run: [{name: a, script: b}]}\n",
        "jobs: {checks: {run: a}, b: {run: []}, c: {run: [{name: '', run: x}], on: [], timeout: 9h}, d: {run: ''}}\n",
        "jobs:\n  a:\n    run: x\n    environment:\n      1A: x\n      CI: y\n      TOKEN: ghp_0123456789abcdefghijABCDEFGHIJ012345\n",
        "jobs: {}\n",
        "concurrency: {cancel: true}\njobs:\n  a: {run: x, on: [schedule]}\n  b: {run: x, schedule: {cron: daily}}\n",
        "jobs:\n  a: {run: x, on: [schedule]}\n  b: {run: x, schedule: {cron: \"0 3 * * *\"}}\n  c: {run: x, on: [schedule], schedule: {cron: \"0 3 * * *\", timezone: UTC}}\n",
        "jobs:\n  a: {run: x, needs: [b]}\n  b: {run: x, needs: [c]}\n  c: {run: x, needs: [b, dd]}\n  e: {run: x, needs: [e]}\n",
    ];
    assert_snapshot!(files.map(checks).join("\n---\n\n"));
}

#[test]
fn checks_that_are_wrong_keep_nothing_else_from_working() {
    let broken = (".agents/checks.yaml", "jobs: []\n");
    let catalog = catalog(&[FIXER, (".agents/rules/good.yaml", "on: {issue: {}}\nstack: fixer\n"), broken]);
    assert_eq!((catalog.rules.len(), catalog.stacks.len(), catalog.diagnostics.len()), (1, 1, 1));
    assert!(!catalog.is_broken() && catalog.notice().is_none());
}

#[test]
fn every_setting_of_a_schema_says_what_it_is() {
    for kind in crate::catalog::FileKind::ALL {
        let schema = crate::catalog::schema(kind);
        let properties = schema["properties"].as_object().expect("a mapping");
        assert!(properties.values().all(|property| property["description"].is_string()), "{}", kind.as_str());
        assert!(jsonschema::draft202012::new(schema).is_ok());
    }
}

/// Every setting of a schema as a dotted path with its default, as the documentation writes it.
fn settings(schema: &serde_json::Value, path: &str, required: bool, found: &mut Vec<(String, String)>) {
    let branches = schema["anyOf"].as_array().into_iter().flatten();
    if let Some(branch) = branches.into_iter().find(|branch| branch["type"] != "null") {
        return settings(branch, path, required, found);
    }
    let below = |name: &str| if path.is_empty() { name.to_owned() } else { format!("{path}.{name}") };
    let by_effect = schema["propertyNames"]["format"] == "effect";
    let value = &schema["additionalProperties"];
    match schema["properties"].as_object() {
        Some(properties) if !by_effect && !properties.is_empty() => {
            for (name, property) in properties {
                let needed = schema["required"].as_array().is_some_and(|names| names.contains(&name.as_str().into()));
                settings(property, &below(name), needed, found);
            }
        }
        _ if value["properties"].is_object() => {
            settings(value, &below(if by_effect { "<effect>" } else { "<name>" }), false, found);
        }
        _ => found.push((path.to_owned(), if required { "required".into() } else { shown(&schema["default"]) })),
    }
}

fn shown(default: &serde_json::Value) -> String {
    match default {
        serde_json::Value::Array(items) if !items.is_empty() => {
            items.iter().map(shown).collect::<Vec<String>>().join(", ")
        }
        serde_json::Value::String(text) if !text.is_empty() => format!("`{text}`"),
        serde_json::Value::Number(_) | serde_json::Value::Bool(_) => format!("`{default}`"),
        _ => "none".into(),
    }
}

#[test]
fn every_setting_is_documented_with_its_default() {
    let text = include_str!("../../docs/configuration.md");
    for (kind, heading) in
        crate::catalog::FileKind::ALL.into_iter().zip(["\n## Stacks", "\n## Rules\n", "\n## Policy", "\n## Checks\n"])
    {
        let section = text.split(heading).nth(1).and_then(|rest| rest.split("\n## ").next()).expect("a section");
        let mut found = Vec::new();
        settings(crate::catalog::schema(kind), "", false, &mut found);
        assert!(found.len() > 6);
        for (path, default) in &found {
            let row = format!("| `{path}` | {default} | ");
            assert!(
                section.contains(&row),
                "docs/configuration.md, {}: add a row that begins with\n{row}",
                kind.as_str()
            );
        }
        let rows = section.lines().filter(|line| line.starts_with("| `")).count();
        assert_eq!(rows, found.len(), "docs/configuration.md, {}: a row speaks of no setting", kind.as_str());
    }
}
