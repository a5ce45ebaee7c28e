//! Making the branches and tags of a repository those of another one, at once.

use std::collections::BTreeMap;

use gix::refs::transaction::Change;
use gix::refs::transaction::LogChange;
use gix::refs::transaction::PreviousValue;
use gix::refs::transaction::RefEdit;
use gix::refs::transaction::RefLog;

use crate::git::ObjectId;
use crate::git::Repository;
use crate::git::refs::full_name;
use crate::git::repository::object_id;
use crate::git::repository::oid;
use crate::kit::Error;
use crate::kit::Result;
use crate::kit::error::Context as _;

impl Repository {
    /// Every branch and tag with the object that it points to: of an annotated tag, the tag.
    pub async fn raw_refs(&self) -> Result<BTreeMap<String, ObjectId>> {
        self.blocking(|repository| {
            let mut found = BTreeMap::new();
            for each in repository.references().context("Cannot list refs")?.all().context("Cannot list refs")? {
                let each = each.map_err(|error| Error::internal("Cannot read a ref").source(error.to_string()))?;
                let name = each.name().as_bstr().to_string();
                if !name.starts_with("refs/heads/") && !name.starts_with("refs/tags/") {
                    continue;
                }
                if let Some(id) = each.try_id() {
                    found.insert(name, object_id(id));
                }
            }
            Ok(found)
        })
        .await
    }

    /// Makes branches and tags what `refs` says, and deletes all others. The objects are here already.
    pub async fn follow(&self, refs: BTreeMap<String, ObjectId>) -> Result<()> {
        let now = self.raw_refs().await?;
        let gone: Vec<String> = now.keys().filter(|name| !refs.contains_key(*name)).cloned().collect();
        let moved: Vec<(String, ObjectId)> = refs.into_iter().filter(|(name, id)| now.get(name) != Some(id)).collect();
        self.blocking(move |repository| {
            // Deleted first: `a` has to be gone before there can be an `a/b`.
            let deleted = gone.iter().map(|name| edit(name, None)).collect::<Result<Vec<_>>>()?;
            repository.edit_references_as(deleted, None).context("Cannot delete refs")?;
            let made = moved.iter().map(|(name, id)| edit(name, Some(id))).collect::<Result<Vec<_>>>()?;
            repository.edit_references_as(made, None).context("Cannot write refs")?;
            Ok(())
        })
        .await?;
        self.forget();
        Ok(())
    }
}

fn edit(name: &str, new: Option<&ObjectId>) -> Result<RefEdit> {
    let change = match new {
        Some(new) => Change::Update {
            log: LogChange::default(),
            expected: PreviousValue::Any,
            new: gix::refs::Target::Object(oid(new)),
        },
        None => Change::Delete { expected: PreviousValue::Any, log: RefLog::AndReference },
    };
    Ok(RefEdit { change, name: full_name(name)?, deref: false })
}
