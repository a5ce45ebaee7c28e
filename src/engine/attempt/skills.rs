//! Skills that a stack offers: told by name and description, read when the agent wants them, at the commit that the run was
//! dispatched with. Agents that read files find them as files, too.
//!
//! A skill asks for tools by `allowed-tools`. That is a wish: what the agent may call is what its stack and policy give it, and
//! no skill adds to that.

use std::path::Path;

use serde_json::Value;
use serde_json::json;

use crate::catalog::Scope;
use crate::catalog::Stack;
use crate::context;
use crate::context::Piece;
use crate::context::Trust;
use crate::engine::Engine;
use crate::engine::Trusted;
use crate::git;
use crate::git::EntryKind;
use crate::kit::Error;
use crate::kit::Result;
use crate::kit::error::Context as _;
use crate::kit::text::visible_line;
use crate::model::CommitId;
use crate::model::RepoRef;
use crate::model::TreePath;
use crate::sandbox::Lower;

/// Where the files of skills lie inside the sandbox.
pub(in crate::engine) const SKILLS: &str = "/run/forgehand/skills";

/// Most files of one skill, and most bytes of one of them.
const MOST_FILES: usize = 200;
const LARGEST: usize = 256 << 10;

/// A skill of a stack, pinned.
#[derive(Clone, Debug)]
pub(in crate::engine) struct Offer {
    pub(in crate::engine) name: String,
    description: String,
    /// The tools that it asks for.
    wants: Vec<String>,
    repository: git::Repository,
    /// `acme/agents@1a2b…`.
    place: String,
    commit: CommitId,
    folder: TreePath,
    /// The tree of its folder: the same tree is the same skill, byte by byte.
    tree: String,
}

/// The skills of a stack, as they are at the commits that the run was dispatched with.
pub(super) async fn offered(engine: &Engine, repo: &RepoRef, trusted: &Trusted, stack: &Stack) -> Result<Vec<Offer>> {
    let mut offers = Vec::new();
    for name in &stack.skills {
        let Some(skill) = trusted.catalog.skills.get(name) else { continue };
        let (repository, commit) = engine.home_of(repo, trusted, skill.scope);
        let place = match skill.scope {
            Scope::Organisation => format!("{}/agents@{}", repo.owner, commit.short()),
            Scope::Repository => format!("{repo}@{}", commit.short()),
        };
        let Some((folder, _)) = skill.path.rsplit_once('/') else { continue };
        let folder: TreePath = folder.parse()?;
        let above = folder.as_str().rsplit_once('/').map(|(above, _)| above.parse::<TreePath>()).transpose()?;
        let siblings = repository.tree(&commit, above.as_ref()).await?.unwrap_or_default();
        let tree = siblings.iter().find(|entry| entry.path.as_ref() == Some(&folder)).map(|entry| entry.id.to_string());
        offers.push(Offer {
            name: name.clone(),
            description: skill.description.clone(),
            wants: skill.allowed_tools.clone(),
            repository,
            place,
            commit,
            folder,
            tree: tree.unwrap_or_default(),
        });
    }
    Ok(offers)
}

/// What the agent is told of a skill before it reads it.
pub(super) fn told(offer: &Offer) -> context::Skill {
    let name = &offer.name;
    let text = format!(
        "{}\n\nThis is a skill. Before you do work that it fits, read it: the tool `skill_read` with `{{\"name\": \"{name}\"}}`, or \
         `{SKILLS}/{name}/SKILL.md`.",
        offer.description.trim(),
    );
    let source = format!("{}:{}, tree {}", offer.place, offer.folder, offer.tree);
    context::Skill { name: name.clone(), piece: Piece { source, text, trust: Trust::Trusted } }
}

/// `skill_read`: a file of a skill, `SKILL.md` unless it names another, with the names of the others.
pub(super) async fn read(offers: &[Offer], arguments: &Value, tools: &[String]) -> Result<Value> {
    let name = arguments["name"].as_str().unwrap_or_default();
    let offer = offers.iter().find(|offer| offer.name == name).ok_or_else(|| {
        let names: Vec<&str> = offers.iter().map(|offer| offer.name.as_str()).collect();
        Error::not_found(format!("skill `{}`", visible_line(name, 80)))
            .hint(format!("skills of this run: {}", names.join(", ")))
    })?;
    let wanted = arguments["path"].as_str().filter(|path| !path.is_empty()).unwrap_or("SKILL.md");
    let files = offer.files().await?;
    let names: Vec<String> = files.iter().filter_map(|file| offer.below(file)).collect();
    let missing = || {
        Error::not_found(format!("file `{}` in the skill `{name}`", visible_line(wanted, 200)))
            .hint(format!("its files: {}", names.join(", ")))
    };
    let path: TreePath = format!("{}/{wanted}", offer.folder).parse().map_err(|_| missing())?;
    if !names.iter().any(|name| name == wanted) {
        return Err(missing());
    }
    let file = offer.repository.file(&offer.commit, &path).await?.ok_or_else(missing)?;
    let text = file.text().filter(|text| text.len() <= LARGEST).ok_or_else(|| {
        Error::invalid(format!("`{wanted}` is no text, or longer than {} KiB", LARGEST >> 10))
            .hint(format!("it lies at `{SKILLS}/{name}/{wanted}`"))
    })?;
    Ok(
        json!({"skill": name, "path": wanted, "text": text, "files": names, "tree": offer.tree, "tools": judged(&offer.wants, tools)}),
    )
}

/// What comes of a skill's wish for tools: those that the run has anyhow, and those that it does not get.
fn judged(wants: &[String], tools: &[String]) -> Value {
    // `Bash(git:*)` asks for `Bash`, with a pattern that only its author's agent knows.
    let plain = |wish: &String| wish.split('(').next().unwrap_or_default().to_owned();
    let (given, refused): (Vec<&String>, Vec<&String>) = wants.iter().partition(|wish| tools.contains(&plain(wish)));
    json!({"given": given, "not_given": refused})
}

/// The files of all skills in one folder, to be shown to the sandbox. The same trees are the same folder.
pub(super) async fn laid_out(engine: &Engine, offers: &[Offer]) -> Result<Option<Lower>> {
    if offers.is_empty() {
        return Ok(None);
    }
    let key: Vec<String> = offers.iter().map(|offer| format!("{} {}", offer.name, offer.tree)).collect();
    let mut files = Vec::new();
    for offer in offers {
        for entry in offer.files().await? {
            let bytes = offer.repository.blob(&entry.id).await?;
            let (Some(below), Some(bytes)) = (offer.below(&entry), bytes) else { continue };
            files.push((Path::new(&offer.name).join(below), bytes, entry.kind == EntryKind::Executable));
        }
    }
    let workspaces = engine.workspaces.clone();
    let fill = move |folder: &Path| files.iter().try_for_each(|(name, bytes, runs)| write(folder, name, bytes, *runs));
    let laid = tokio::task::spawn_blocking(move || workspaces.cached(&format!("skills {}", key.join(" ")), fill));
    laid.await.context("Laying out skills broke off")?.map(Some)
}

fn write(folder: &Path, name: &Path, bytes: &[u8], runs: bool) -> Result<()> {
    use std::os::unix::fs::PermissionsExt as _;
    let file = folder.join(name);
    let made = file.parent().map_or(Ok(()), std::fs::create_dir_all).and_then(|()| std::fs::write(&file, bytes));
    let mode = std::fs::Permissions::from_mode(if runs { 0o755 } else { 0o644 });
    made.and_then(|()| std::fs::set_permissions(&file, mode)).context("A file of a skill cannot be written")
}

impl Offer {
    /// The path of one of its files below its folder.
    fn below(&self, file: &git::Entry) -> Option<String> {
        let path = file.path.as_ref()?.as_str().strip_prefix(self.folder.as_str())?;
        path.strip_prefix('/').map(str::to_owned)
    }

    /// Its files, whose paths are whole. Links and what cannot be addressed are no files.
    async fn files(&self) -> Result<Vec<git::Entry>> {
        let (files, _) = self.repository.files(&self.commit, Some(&self.folder), MOST_FILES).await?;
        let plain = |entry: &git::Entry| {
            let kind = matches!(entry.kind, EntryKind::File | EntryKind::Executable);
            kind && entry.path.is_some() && entry.size.unwrap_or_default() <= LARGEST as u64
        };
        Ok(files.into_iter().filter(plain).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wish_for_tools_gives_none() {
        let words = |line: &str| line.split(' ').map(str::to_owned).collect::<Vec<_>>();
        let told = judged(&words("source_read Bash(git:*) ask(x)"), &words("source_read ask finish"));
        assert_eq!(told, json!({"given": ["source_read", "ask(x)"], "not_given": ["Bash(git:*)"]}));
    }
}
