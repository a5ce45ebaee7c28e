//! What a finished run leaves for the company brain, when its stack asks for it: an episode, proposed like everything else.

use serde_json::json;

use crate::engine::Engine;
use crate::engine::attempt::leave::Left;
use crate::engine::verbs::Proposing;
use crate::kit::ErrorKind;
use crate::kit::Result;
use crate::kit::text::bounded;
use crate::kit::text::visible_line;
use crate::proposals::Draft;
use crate::proposals::draft::MemoryChange;
use crate::runs::NewEvent;

/// The longest summary that an episode keeps.
const MOST_SUMMARY: usize = 16 * 1024;

/// Proposes the episode of a run that is done.
pub(super) async fn remember(engine: &Engine, proposing: &Proposing, left: &Left) -> Result<()> {
    if !proposing.stack.memory.episode || proposing.memory.is_none() {
        return Ok(());
    }
    let draft = episode(engine, proposing, left).await?;
    match engine.propose(proposing, draft).await {
        Ok(_) => Ok(()),
        Err(error) if matches!(error.kind(), ErrorKind::Invalid | ErrorKind::Conflict) => {
            let body = json!({ "text": format!("no episode was proposed: {}", error.message()) });
            let line = NewEvent::ours("leftover", body);
            engine.runs.append(proposing.run.id, Some(proposing.attempt), engine.clock.now(), &[line]).await
        }
        Err(error) => Err(error),
    }
}

async fn episode(engine: &Engine, proposing: &Proposing, left: &Left) -> Result<Draft> {
    let (run, dispatch) = (&proposing.run, &proposing.run.dispatch);
    let day = engine.clock.now().rfc3339()[..10].to_owned();
    let name = format!("{day}-{}", run.id.short());
    let title = visible_line(&format!("{}: {}", dispatch.task, left.summary.lines().next().unwrap_or_default()), 160);
    let commit = dispatch.code_commit.as_ref();
    // JSON is YAML: whatever an agent put into its summary stays a string.
    let header = [
        ("id", json!(format!("episode:{name}"))),
        ("kind", json!("Episode")),
        ("title", json!(title.trim())),
        ("status", json!("recorded")),
        ("updated", json!(day)),
        ("repos", json!([dispatch.repo.to_string()])),
        ("run", json!(run.id.to_string())),
        ("commits", json!(commit.into_iter().collect::<Vec<_>>())),
    ];
    let header: String = header.iter().map(|(key, value)| format!("{key}: {value}\n")).collect();
    let effects = engine.proposals.of_run(run.id).await?;
    let proposed: String = effects
        .iter()
        .map(|effect| format!("- {} `{}`\n", effect.new.effect.kind().as_str(), effect.digest.short()))
        .collect();
    let text = format!(
        "---\n{header}---\n# {title}\n\n{}\n\nIt was about {} in {}, asked for by {}: {}/runs/{}\n\nWhat it proposed:\n\n{}",
        bounded(left.summary.trim(), MOST_SUMMARY),
        dispatch.source.label,
        dispatch.repo,
        dispatch.requester_login,
        engine.settings.base_url,
        run.id,
        if proposed.is_empty() { "nothing\n" } else { &proposed },
    );
    Ok(Draft::Memory {
        title: format!("episodes: {}", visible_line(&title, 200)),
        body: format!(
            "What the run of `{}` left, in the words of its agent. Read it as you would a comment.",
            dispatch.stack
        ),
        changes: vec![MemoryChange { path: format!("episodes/{name}.md"), text: Some(text) }],
    })
}
