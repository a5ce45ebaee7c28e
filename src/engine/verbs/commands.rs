//! Commands in comments: `/approve`, `/deny`, `/retry`, `/resume`, `/fork`, `/answer`, `/cancel`, `/why`. They lead to the same verbs as pages and the
//! API; one that cannot be done answers with the reason.

use crate::access::Actor;
use crate::access::Cx;
use crate::approvals::Given;
use crate::engine::Engine;
use crate::engine::verbs::DecideApproval;
use crate::engine::verbs::Fork;
use crate::events::StoredEvent;
use crate::kit::Error;
use crate::kit::Result;
use crate::kit::text::visible_line;
use crate::model::RunId;
use crate::model::What;
use crate::runs::Filter;
use crate::runs::Verb;

/// The reason of what a comment asked for.
const BY_COMMENT: &str = "asked for by a comment";

/// How many commands of one comment are obeyed.
const MOST: usize = 5;

/// A command as it was written.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Command {
    Decide { given: Given, digest: String, reason: String },
    Retry { refresh: bool },
    Resume(String),
    Fork { stack: Option<String>, text: String },
    Answer(String),
    Cancel,
    Why,
}

/// Obeys the commands of a comment, in the name of who wrote it. A comment without any may be the answer to a question.
pub async fn obey(engine: &Engine, stored: &StoredEvent) -> Result<()> {
    let What::Comment { comment, .. } = &stored.event.what else { return Ok(()) };
    let Some(number) = stored.event.what.number() else { return Ok(()) };
    let commands = commands(&comment.body);
    let cx = person(engine, stored).await?;
    if commands.is_empty() {
        return match &cx {
            Some(cx) => engine.answer_by_comment(cx, stored).await,
            None => Ok(()),
        };
    }
    for (place, command) in commands.iter().enumerate() {
        let answer = match &cx {
            Some(cx) => obey_one(engine, cx, stored, command).await,
            None => Err(Error::denied("Only a person with an account here can give commands")),
        };
        let text = match answer {
            Ok(text) => text,
            Err(error) => refusal(&error),
        };
        let key = format!("command-{}-{place}", stored.id);
        engine.executor.answer(&stored.event.repo, number, &text, &key).await?;
    }
    Ok(())
}

fn refusal(error: &Error) -> String {
    let hints: String = error.hints().iter().map(|hint| format!("\n\nhint: {hint}")).collect();
    format!("{}{hints}", error.message())
}

async fn person(engine: &Engine, stored: &StoredEvent) -> Result<Option<Cx>> {
    let Some(id) = stored.event.actor.account else { return Ok(None) };
    let account = engine.identity.account(id).await?;
    Ok(account.map(|account| {
        let actor = Actor::Person { id, login: account.login, site_admin: account.site_admin, scopes: None };
        Cx::new(actor, &engine.clock, format!("event-{}", stored.id))
    }))
}

async fn obey_one(engine: &Engine, cx: &Cx, stored: &StoredEvent, command: &Command) -> Result<String> {
    let repo = &stored.event.repo;
    match command {
        Command::Decide { given, digest, reason } => {
            let (approval, digest) = engine.approvals.by_short_digest(repo.id, digest).await?;
            let wanted = DecideApproval { given: *given, effects: Some(vec![digest]), reason: reason.clone() };
            engine.decide_approval(cx, approval, wanted).await?;
            let word = match given {
                Given::Approve => "approved",
                Given::Deny => "denied",
            };
            Ok(format!("@{} {word} `{}`", cx.actor.name(), digest.short()))
        }
        Command::Retry { refresh } => {
            let run = newest(engine, stored, Verb::Retry).await?;
            engine.retry(cx, run, BY_COMMENT, *refresh).await?;
            Ok(format!("Run {} is tried again", link(engine, run)))
        }
        Command::Resume(text) => {
            let run = newest(engine, stored, Verb::Resume).await?;
            engine.resume(cx, run, text).await?;
            Ok(format!("Run {} goes on", link(engine, run)))
        }
        Command::Fork { stack, text } => {
            let run = newest(engine, stored, Verb::Fork).await?;
            let fork = Fork { stack: stack.clone(), text: text.clone(), reason: BY_COMMENT.into(), ..Fork::default() };
            let made = engine.fork(cx, run, fork).await?;
            Ok(format!("Run {} was forked from run {}", link(engine, made), link(engine, run)))
        }
        Command::Answer(text) => {
            let run = newest(engine, stored, Verb::Answer).await?;
            engine.answer(cx, run, text).await?;
            Ok(format!("Run {} has its answer", link(engine, run)))
        }
        Command::Cancel => {
            let run = newest(engine, stored, Verb::Cancel).await?;
            engine.cancel(cx, run, BY_COMMENT).await?;
            Ok(format!("Run {} is cancelled", link(engine, run)))
        }
        Command::Why => engine.why(repo, stored.event.what.number()).await,
    }
}

fn link(engine: &Engine, run: RunId) -> String {
    format!("[{}]({}/runs/{run})", run.short(), engine.settings.base_url)
}

/// The newest run about the same thing that this can be done to.
async fn newest(engine: &Engine, stored: &StoredEvent, verb: Verb) -> Result<RunId> {
    let number = stored.event.what.number();
    let filter = Filter { repos: Some(vec![stored.event.repo.id]), number, limit: 50, ..Filter::default() };
    let runs = engine.runs.list(&filter).await?;
    let found = runs.iter().find(|run| verb.becomes(run.state).is_some());
    found.map(|run| run.id).ok_or_else(|| Error::not_found("run to which this command could apply"))
}

/// The commands of a comment: lines that start with one, outside of code blocks and quotes.
fn commands(body: &str) -> Vec<Command> {
    let mut fenced = false;
    let mut found = Vec::new();
    for line in body.lines() {
        let line = line.trim_end();
        if line.trim_start().starts_with("```") || line.trim_start().starts_with("~~~") {
            fenced = !fenced;
        }
        if !fenced && found.len() < MOST {
            found.extend(command(line));
        }
    }
    found
}

fn command(line: &str) -> Option<Command> {
    let (word, rest) = line.split_once(' ').unwrap_or((line, ""));
    let rest = rest.trim();
    let decide = |given| {
        let (digest, reason) = rest.split_once(' ').unwrap_or((rest, ""));
        let digest = visible_line(digest.trim_matches('`'), 64);
        Some(Command::Decide { given, digest, reason: reason.trim().to_owned() })
    };
    match word {
        "/approve" => decide(Given::Approve),
        "/deny" => decide(Given::Deny),
        "/retry" => Some(Command::Retry { refresh: rest == "refresh" }),
        "/resume" => Some(Command::Resume(rest.to_owned())),
        "/fork" => {
            let (stack, text) = rest.split_once(' ').unwrap_or((rest, ""));
            Some(Command::Fork {
                stack: Some(stack.to_owned()).filter(|stack| !stack.is_empty()),
                text: text.trim().to_owned(),
            })
        }
        "/answer" => Some(Command::Answer(rest.to_owned())),
        "/cancel" => Some(Command::Cancel),
        "/why" => Some(Command::Why),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_plain_lines_are_commands() {
        assert_eq!(commands("> /cancel\n\n```\n/retry\n```\n    /why\nplease /cancel"), []);
        assert_eq!(commands("/why\nthanks\n/cancel"), [Command::Why, Command::Cancel]);
    }

    #[test]
    fn a_run_is_told_more_by_the_rest_of_the_line() {
        let told =
            commands("/retry refresh\n/retry\n/resume also mend the docs\n/fork other-stack be brief\n/answer 42");
        let expected = [
            Command::Retry { refresh: true },
            Command::Retry { refresh: false },
            Command::Resume("also mend the docs".into()),
            Command::Fork { stack: Some("other-stack".into()), text: "be brief".into() },
            Command::Answer("42".into()),
        ];
        assert_eq!(told, expected);
    }

    #[test]
    fn a_decision_names_a_digest_and_a_reason() {
        let expected = Command::Decide { given: Given::Deny, digest: "0123abcd".into(), reason: "too broad".into() };
        assert_eq!(commands("/deny `0123abcd` too broad"), [expected]);
    }
}
