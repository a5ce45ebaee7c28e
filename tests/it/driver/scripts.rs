//! Rules and stacks that stories begin with.

/// A failed check dispatches `fixer`, once for each commit and check.
pub const ON_FAILED_CHECK: &str = r#"description: A failed check is repaired
state: active
on:
  check: {conclusion: [failure], name: ["test*"], branch: ["**"]}
who: {role: write}
stack: fixer
task: repair
prompt: The check {{ check.name }} failed on {{ check.sha }}.
dedupe: {key: "{{ repo }}:{{ check.sha }}:{{ check.name }}", window: 30m}
"#;

/// A mention of `@fixer` by somebody who may write dispatches `fixer`.
pub const ON_MENTION: &str = r#"description: Whoever may write can ask by a mention
state: active
on:
  mention: {handle: fixer}
who: {role: write}
stack: fixer
task: answer
prompt: "{{ actor }} wrote: {{ mention.text }}"
"#;

/// Repairs the greeting and proposes a pull request.
pub const REPAIRS: &str = r#"- edit: {path: greet.sh, find: Helo, replace: Hello}
- propose: {kind: pull_request, title: Greet in English, body: It said Helo., branch: mend-greeting}
- finish: The greeting was wrong.
"#;

/// Proposes a comment.
pub const COMMENTS: &str = r#"- propose: {kind: comment, body: I looked at it.}
- finish: An answer waits.
"#;

/// Mentions itself in a comment, as an agent would that wants to be run for ever.
pub const MENTIONS_ITSELF: &str = r#"- propose: {kind: comment, body: "@fixer go on"}
- finish: An answer waits.
"#;

/// Proposes, and waits for what people say.
pub const WAITS_FOR_PEOPLE: &str = r#"- propose: {kind: comment, body: May I?}
- observe: {until: decision}
- say: I was told.
- finish: People have decided.
"#;

/// A stack that plays this script.
pub fn stack(script: &str) -> String {
    let script: String = script.lines().map(|line| format!("  {line}\n")).collect();
    format!(
        "description: Plays a script\nagent: scripted\nautonomy: propose\nbudget: {{minutes: 5}}\n\
         writeback: {{comment: ask, pull_request: ask, push: ask}}\nprompt: |\n{script}"
    )
}
