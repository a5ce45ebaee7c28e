//! What an agent is shown, gathered from where it lies: the stack and its skills at the trusted commit, the repository's
//! instructions, the object that the run is about, what people said, the log of a check.

use std::collections::BTreeMap;

use crate::context;
use crate::context::Bundle;
use crate::context::Piece;
use crate::context::Remark;
use crate::context::Trust;
use crate::engine::Engine;
use crate::engine::Trusted;
use crate::engine::attempt::prepare::Shown;
use crate::engine::attempt::recall;
use crate::engine::attempt::skills;
use crate::kit::Result;
use crate::model::CommitId;
use crate::model::Role;
use crate::model::event::Check;
use crate::runs::Run;

/// How much of a check's log is gathered: its end.
const MOST_LOG: usize = 24 * 1024;

/// How many directories are looked into for `AGENTS.md`, those nearest to the root first, and how many of these files are shown.
const MOST_DIRECTORIES: usize = 1_000;
const MOST_INSTRUCTIONS: usize = 20;

/// How many comments are gathered; the newest ones.
const MOST_COMMENTS: u32 = 100;

pub(super) async fn bundle(engine: &Engine, run: &Run, shown: Shown<'_>) -> Result<Bundle> {
    let Shown { trusted, stack, skills: offers } = shown;
    let dispatch = &run.dispatch;
    let config = format!("{}@{}", dispatch.repo, trusted.commit.short());
    let scripted = stack.agent.as_str() == "scripted";
    let mut input = context::Input {
        stack: Piece {
            source: format!("{config}:.agents/stacks/{}.yaml", dispatch.stack),
            // A script is played, not read.
            text: if scripted { String::new() } else { stack.prompt.clone() },
            trust: Trust::Trusted,
        },
        task: Piece { source: task_source(run, &config), text: dispatch.prompt.clone(), trust: asked_by(run) },
        ..context::Input::default()
    };
    input.skills = offers.iter().map(skills::told).collect();
    input.instructions = instructions(engine, run, trusted).await?;
    if let Some(number) = dispatch.number {
        let mut voices = Voices { engine, run, known: BTreeMap::new() };
        input.object = object(&mut voices, number).await?;
        input.conversation = conversation(&mut voices, number).await?;
    }
    input.check = check(engine, run).await?;
    let (recalled, snapshot, why_not) = recall::recall(engine, run, stack, &input).await?;
    input.memory = recalled;
    let mut bundle = context::assemble(&input);
    bundle.memory = snapshot;
    bundle.without_memory = why_not;
    Ok(bundle)
}

fn task_source(run: &Run, config: &str) -> String {
    match &run.dispatch.rule {
        Some(rule) => format!("{config}:.agents/rules/{rule}.yaml over the event"),
        None => match run.dispatch.forked_from {
            Some(of) => format!("the task of run {}", of.short()),
            None => format!("written by {}", run.dispatch.requester_login),
        },
    }
}

pub(super) fn asked_by(run: &Run) -> Trust {
    if run.dispatch.trusted {
        return Trust::Trusted;
    }
    Trust::Untrusted { why: format!("asked for by {}, in the untrusted tier", run.dispatch.requester_login) }
}

/// Every `AGENTS.md` of the default branch, that of the root first: what a pull request's head says of itself instructs nobody.
pub(super) async fn instructions(engine: &Engine, run: &Run, trusted: &Trusted) -> Result<Vec<Piece>> {
    let repo = &run.dispatch.repo;
    let repository = engine.git.repository(&repo.owner, &repo.name);
    let (paths, cut) = repository.named(&trusted.commit, "AGENTS.md", MOST_DIRECTORIES).await?;
    let mut pieces = Vec::new();
    for path in paths.iter().take(MOST_INSTRUCTIONS) {
        let Some(file) = repository.file(&trusted.commit, path).await? else { continue };
        let Some(text) = file.text() else { continue };
        let text = match path.as_str().rsplit_once('/') {
            None => text.to_owned(),
            Some((folder, _)) => {
                format!(
                    "For files below `{folder}/`; where it says otherwise than one above it, this one counts.\n\n{text}"
                )
            }
        };
        let source = format!("{repo}@{}:{path}", trusted.commit.short());
        pieces.push(Piece { source, text, trust: Trust::Trusted });
    }
    if cut || paths.len() > MOST_INSTRUCTIONS {
        let text =
            "There may be more `AGENTS.md` in folders below. Those of the default branch count for their folders."
                .into();
        let source = format!("{repo}@{}", trusted.commit.short());
        pieces.push(Piece { source, text, trust: Trust::Trusted });
    }
    Ok(pieces)
}

async fn object(voices: &mut Voices<'_>, number: i64) -> Result<Option<Piece>> {
    let (engine, repo) = (voices.engine, &voices.run.dispatch.repo);
    let (noun, title, body, author) = match engine.reader.pull(repo, number).await? {
        Some(pull) => ("pull request", pull.title, pull.body, pull.author),
        None => match engine.reader.issue(repo, number).await? {
            Some(issue) => ("issue", issue.title, issue.body, issue.author),
            None => return Ok(None),
        },
    };
    let text = format!("# {title}\n\n{body}");
    Ok(Some(Piece { source: format!("{repo} {noun} #{number}"), text, trust: voices.word_of(&author).await? }))
}

async fn conversation(voices: &mut Voices<'_>, number: i64) -> Result<Vec<Remark>> {
    let (engine, repo) = (voices.engine, &voices.run.dispatch.repo);
    let mut remarks = Vec::new();
    for comment in engine.reader.conversation(repo, number, MOST_COMMENTS).await? {
        let trust = voices.word_of(&comment.author).await?;
        let about = comment.lines.map(|lines| format!(" about {} lines of {lines}", lines.side)).unwrap_or_default();
        let source = format!("{repo}#{number} comment {}{about}", comment.id);
        let piece = Piece { source, text: comment.body, trust };
        remarks.push(Remark { author: comment.author, piece });
    }
    Ok(remarks)
}

/// Who speaks on the thread. Each is looked up once, however much they said.
struct Voices<'a> {
    engine: &'a Engine,
    run: &'a Run,
    known: BTreeMap<String, Trust>,
}

impl Voices<'_> {
    async fn word_of(&mut self, author: &str) -> Result<Trust> {
        if let Some(known) = self.known.get(author) {
            return Ok(known.clone());
        }
        let trust = trust_in(self.engine, self.run, author).await?;
        self.known.insert(author.to_owned(), trust.clone());
        Ok(trust)
    }
}

/// Whoever may push may steer; everybody else's words, and those of programs, are data.
pub(in crate::engine) async fn trust_in(engine: &Engine, run: &Run, author: &str) -> Result<Trust> {
    if author == engine.forge.own().login.as_str() {
        return Ok(Trust::Untrusted { why: "our own hand wrote it for an agent".into() });
    }
    Ok(match engine.reader.role(&run.dispatch.repo, author).await? {
        Some(role) if role >= Role::Write => Trust::Trusted,
        Some(role) => Trust::Untrusted { why: format!("written by {author}, whose role is {role}") },
        None => Trust::Untrusted { why: format!("written by {author}, who has no role here") },
    })
}

async fn check(engine: &Engine, run: &Run) -> Result<Option<context::Check>> {
    let (Some(name), Some(sha)) = (&run.dispatch.source.check, &run.dispatch.code_commit) else { return Ok(None) };
    let found = engine.reader.checks(&run.dispatch.repo, sha).await?.into_iter().find(|check| check.name == *name);
    let log = log_end(engine, run, name, sha).await?;
    Ok(found.map(|Check { name, sha, conclusion, description, url, signature }| {
        let mut said = vec![description];
        said.extend(Some(url).filter(|url| !url.is_empty()));
        said.extend(Some(signature).filter(|is| !is.is_empty()).map(|is| format!("Signature of the failure: {is}")));
        let (source, why) = match log {
            Some((source, why, log)) => {
                said.push(log);
                (source, why)
            }
            None => (format!("check {name}@{}", sha.short()), "output of a program that ran the repository's code"),
        };
        let trust = Trust::Untrusted { why: why.into() };
        context::Check { piece: Piece { source, text: said.join("\n\n"), trust }, name, conclusion }
    }))
}

/// The end of the log of a check of the forge itself: where it is from, why it is not trusted, and what it says.
async fn log_end(
    engine: &Engine,
    run: &Run,
    name: &str,
    sha: &CommitId,
) -> Result<Option<(String, &'static str, String)>> {
    let repo = &run.dispatch.repo;
    let Some(job) = engine.checks.newest(repo.id, sha, name).await? else { return Ok(None) };
    let log = engine.checks.log_end(job.id, MOST_LOG).await?;
    let source = format!("check {name}@{}, the end of the log of {repo}/checks/{}", sha.short(), job.id);
    let why = match job.new.fork {
        true => "output of a program that ran the code of a fork",
        false => "output of a program that ran the repository's code",
    };
    Ok(Some((source, why, log)))
}
