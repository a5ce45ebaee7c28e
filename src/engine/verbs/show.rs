//! An effect as people see it: the view of its bytes, which lie in the quarantine of its run.

use std::collections::HashMap;

use crate::engine::Engine;
use crate::git::ObjectId;
use crate::kit::Result;
use crate::model::effect::FileState;
use crate::proposals::Proposed;
use crate::proposals::View;

impl Engine {
    /// The view of an effect. The same effect always gives the same view.
    pub async fn view(&self, proposed: &Proposed) -> Result<View> {
        let blobs = self.blobs(proposed).await?;
        Ok(View::of(&proposed.new.effect, &|file: &FileState| blobs.get(&file.blob).cloned()))
    }

    /// The bytes of every file of an effect, by the Git id of the blob.
    async fn blobs(&self, proposed: &Proposed) -> Result<HashMap<String, Vec<u8>>> {
        let mut blobs = HashMap::new();
        let Some(code) = proposed.new.effect.code() else { return Ok(blobs) };
        let quarantine = proposed.quarantine(&self.git);
        for file in &code.files {
            for state in [&file.old, &file.new].into_iter().flatten() {
                let id: ObjectId = state.blob.parse()?;
                if let Some(bytes) = quarantine.blob(&id).await? {
                    blobs.insert(state.blob.clone(), bytes);
                }
            }
        }
        Ok(blobs)
    }
}
