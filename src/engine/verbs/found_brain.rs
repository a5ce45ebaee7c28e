//! An organisation gets its company brain: a new repository with the layout and the ontology, or one that is there already.
//!
//! Either way its default branch is protected: what agents and people want remembered comes by a pull request that the
//! check of the brain has passed.

use serde_json::json;

use crate::access::Action;
use crate::access::Cx;
use crate::engine::Engine;
use crate::engine::brain::Brain;
use crate::engine::brain::brain_name;
use crate::engine::verbs::check_brain::CHECK;
use crate::forge::embedded::NewRepository;
use crate::forge::embedded::Place;
use crate::forge::embedded::Protection;
use crate::git;
use crate::identity::Account;
use crate::kit::Result;
use crate::memory::seed;

impl Engine {
    /// Makes the brain of an organisation, or takes the repository that has its name. What is there stays as it is.
    pub async fn found_brain(&self, cx: &Cx, owner: &Account, private: bool) -> Result<Place> {
        let standing = self.access.standing_at_owner(cx, owner.id).await?;
        cx.authorize(Action::CreateRepository, &standing)?;
        let place = match self.brain(&owner.login).await? {
            Some(Brain { place, tip: Some(_) }) => self.forge.enter_by_id(cx, place.repository.id).await?,
            Some(Brain { place, tip: None }) => self.seeded(cx, place.repository.id).await?,
            None => {
                let new = NewRepository {
                    owner: owner.id,
                    owner_name: owner.login.clone(),
                    name: brain_name(),
                    description: format!("What {} knows: agents read it, people merge it", owner.login),
                    private,
                    default_branch: "main".parse()?,
                    readme: false,
                };
                let made = self.forge.create(cx, new).await?;
                self.seeded(cx, made.id).await?
            }
        };
        let branch = place.repository.default_branch.clone();
        if self.forge.protection(&place, &branch).await?.is_none() {
            self.protect(cx, &place, Protection { branch, approvals: 0, checks: vec![CHECK.into()], owners: false })
                .await?;
        }
        let subject = place.repository.reference().to_string();
        self.step(cx).await?.finish("memory.found", subject, json!({ "private": place.repository.private })).await?;
        Ok(place)
    }

    /// The first commit of a brain.
    async fn seeded(&self, cx: &Cx, repo: crate::model::RepoId) -> Result<Place> {
        let place = self.forge.enter_by_id(cx, repo).await?;
        let who = self.forge.signature(cx).await?;
        let write =
            |(path, bytes): (String, Vec<u8>)| Ok((path.parse()?, git::Change::Write { bytes, executable: false }));
        let commit = git::CommitFiles {
            branch: place.repository.default_branch.clone(),
            expected: git::Expected::Absent,
            base: None,
            changes: seed::files().into_iter().map(write).collect::<Result<_>>()?,
            author: who.clone(),
            committer: who,
            message: "memory: Begin the company brain".into(),
        };
        self.forge.commit_files(cx, &place, commit).await?;
        Ok(place)
    }
}
