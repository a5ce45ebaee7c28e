//! The company brain of an organisation: where it lies, and what a run may read of it.

use std::sync::Arc;

use crate::access::Cx;
use crate::access::Standing;
use crate::catalog::Stack;
use crate::catalog::stack::MemoryScope;
use crate::catalog::stack::ToolGroup;
use crate::context::Bundle;
use crate::engine::Engine;
use crate::forge::embedded::Place;
use crate::git;
use crate::kit::Error;
use crate::kit::ErrorKind;
use crate::kit::Result;
use crate::memory;
use crate::memory::Sensitivity;
use crate::memory::When;
use crate::memory::index::View;
use crate::memory::query::Scope;
use crate::model::CommitId;
use crate::model::OwnerName;
use crate::model::RepoName;
use crate::model::RepoRef;
use crate::model::Role;
use crate::runs::Attempt;

/// The brain of an organisation, with the commit that it is at.
#[derive(Clone, Debug)]
pub struct Brain {
    /// The repository, as the server itself sees it: whoever shows something of it asks first who looks.
    pub place: Place,
    /// The tip of its default branch; none while nothing was pushed.
    pub tip: Option<CommitId>,
}

/// What stands between a run and a brain.
#[derive(Clone, Debug)]
pub enum Reach {
    /// It reads this one, at this commit.
    Reads(Box<Place>, CommitId),
    /// It reads none, for this reason.
    None(String),
}

impl Engine {
    /// The brain of an owner.
    pub async fn brain(&self, owner: &OwnerName) -> Result<Option<Brain>> {
        let place = match self.forge.enter(&Cx::system(&self.clock), owner, &brain_name()).await {
            Ok(place) => place,
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(error),
        };
        let tip = self.forge.git(&place.repository).branch(&place.repository.default_branch).await?;
        Ok(Some(Brain { place, tip }))
    }

    /// Which brain a run of this repository would read now. Whoever may read a repository reads the transcripts of its runs, so
    /// a run of a public one reads no private brain.
    pub async fn reach_of(&self, repo: &RepoRef) -> Result<Reach> {
        let Some(Brain { place, tip }) = self.brain(&repo.owner).await? else {
            let why = format!("{} has no repository `{}`", repo.owner, memory::REPOSITORY);
            return Ok(Reach::None(why));
        };
        let Some(tip) = tip else { return Ok(Reach::None("the company brain has no commit yet".into())) };
        let readers = self.forge.enter_by_id(&Cx::system(&self.clock), repo.id).await?;
        if place.repository.private && !readers.repository.private {
            let why =
                "the company brain is private and the repository is public, where everybody reads what a run reads";
            return Ok(Reach::None(why.into()));
        }
        Ok(Reach::Reads(Box::new(place), tip))
    }

    /// The brain of an owner, for somebody who may read it, with what of it they may be shown; none when there is none, or
    /// they may not.
    pub async fn readable_brain(&self, cx: &Cx, owner: &OwnerName) -> Result<Option<(Brain, Scope)>> {
        let place = match self.forge.enter(cx, owner, &brain_name()).await {
            Ok(place) => place,
            Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::Unauthenticated) => return Ok(None),
            Err(error) => return Err(error),
        };
        let tip = self.forge.git(&place.repository).branch(&place.repository.default_branch).await?;
        let scope = shown_to(&place.standing);
        Ok(Some((Brain { place, tip }, scope)))
    }

    /// Whether an owner has a brain that somebody may read.
    pub async fn may_read_brain(&self, cx: &Cx, owner: &OwnerName) -> Result<bool> {
        match self.forge.enter(cx, owner, &brain_name()).await {
            Ok(_) => Ok(true),
            Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::Unauthenticated) => Ok(false),
            Err(error) => Err(error),
        }
    }

    /// What the agent of a run was shown, for somebody who may read the run: what it saw of a brain is for those alone who may
    /// read that too.
    pub async fn bundle_for(&self, cx: &Cx, attempt: &Attempt) -> Result<Option<Bundle>> {
        let bundle = attempt.bundle.as_deref().and_then(|text| serde_json::from_str::<Bundle>(text).ok());
        let Some(bundle) = bundle else { return Ok(None) };
        let owner = bundle.memory.as_ref().map(|snapshot| snapshot.repo.owner.clone());
        match owner {
            Some(owner) if !self.may_read_brain(cx, &owner).await? => Ok(Some(bundle.without_recalled())),
            _ => Ok(Some(bundle)),
        }
    }

    /// A brain at a commit, ready to be asked.
    pub async fn brain_view(&self, brain: &RepoRef, commit: &CommitId) -> Result<(git::Repository, Arc<View>)> {
        let view = self.memory.view(&brain.owner, &When::Ref(commit.to_string())).await?;
        Ok((self.memory.repository(&brain.owner), view))
    }
}

/// What an agent hears whose run was shown no brain.
pub fn unseen() -> Error {
    Error::invalid("This run sees no company brain")
        .hint("a run sees the one that was there when it began; that of a public repository sees a public one only")
        .hint("say in your summary what should be remembered")
        .code("NO_BRAIN")
}

/// What of a brain somebody is shown who stands there like this.
pub fn shown_to(standing: &Standing) -> Scope {
    let sensitivity = match standing.effective_role() {
        None => Sensitivity::Normal,
        Some(role) if role < Role::Write => Sensitivity::Internal,
        Some(_) => Sensitivity::Restricted,
    };
    Scope { sensitivity, ..Scope::default() }
}

/// Whether a repository is the brain of its owner.
pub fn is_brain(repo: &RepoRef) -> bool {
    repo.name == brain_name()
}

/// The name that makes a repository the brain of its owner.
pub fn brain_name() -> RepoName {
    memory::REPOSITORY.parse().expect("the name of the brain is a name")
}

/// Whether the agents of a stack are shown the brain: its `memory` says what, or its tools ask for it.
pub fn recalls(stack: &Stack) -> bool {
    stack.memory != MemoryScope::default() || stack.tools.contains(&ToolGroup::Memory)
}

/// What an agent of this stack may be shown.
pub fn scope_of(stack: &Stack) -> Scope {
    Scope {
        kinds: stack.memory.kinds.clone(),
        paths: stack.memory.paths.clone(),
        exclude: stack.memory.exclude.clone(),
        ..Scope::default()
    }
}
