//! Tools of an MCP server as people agreed to them. What a server says of its tools is shown to a model, so a list that changed
//! is a new text from a stranger: it waits until somebody has read it.

use serde_json::Value;

use crate::db::Tx;
use crate::kit::Error;
use crate::kit::Result;
use crate::kit::clock::Timestamp;
use crate::kit::digest::Digest;
use crate::model::PinId;
use crate::model::RepoId;
use crate::vault::Vault;
use crate::vault::store::pins as store;

/// The tools of one server, as a stack of a repository may use them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pin {
    /// Its id.
    pub id: PinId,
    /// Whose they are.
    pub of: PinOf,
    /// Where the server is, as the stack said it then.
    pub address: String,
    /// The list that was agreed to.
    pub tools: Value,
    /// Who agreed; the run that saw it first.
    pub by: String,
    /// When.
    pub at: Timestamp,
    /// A list that differs, and when it was seen. The stack is stopped meanwhile.
    pub waiting: Option<(Value, Timestamp)>,
}

/// Whose tools they are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PinOf {
    /// The repository.
    pub repo: RepoId,
    /// The stack.
    pub stack: String,
    /// The server's name in it.
    pub server: String,
}

/// What became of a list that a server gave.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Seen {
    /// Nobody had seen it: it counts as agreed to, since people reviewed the stack that names the server.
    First,
    /// It is the one that was agreed to.
    Same,
    /// It differs, and waits.
    Changed,
}

/// What names a list: whoever agrees says which one was read.
pub fn digest(tools: &Value) -> Digest {
    Digest::of("forgehand/tool-pin/v1", &[tools.to_string().as_bytes()])
}

impl Vault {
    /// Holds what a server says now against what was agreed to.
    pub async fn see_tools(
        &self,
        tx: &mut Tx,
        of: &PinOf,
        (address, tools): (&str, &Value),
        (by, now): (&str, Timestamp),
    ) -> Result<Seen> {
        let first = Pin {
            id: PinId::make(),
            of: of.clone(),
            address: address.to_owned(),
            tools: tools.clone(),
            by: by.to_owned(),
            at: now,
            waiting: None,
        };
        if store::put_first(tx, &first).await? {
            return Ok(Seen::First);
        }
        let gone = || Error::internal("a list of tools is gone");
        let known = store::find(tx, of).await?.ok_or_else(gone)?;
        // Somebody may agree to this very list meanwhile.
        let known = store::lock(tx, known.id).await?.ok_or_else(gone)?;
        if known.tools == *tools {
            return Ok(Seen::Same);
        }
        store::wait(tx, known.id, Some((tools, now))).await?;
        Ok(Seen::Changed)
    }

    /// The lists of a repository, by stack and server.
    pub async fn pins_of(&self, repo: RepoId) -> Result<Vec<Pin>> {
        store::of_repository(&mut *self.db.read().await?, repo).await
    }

    /// Agrees to the list that waits, if it is still the one with this digest.
    pub async fn agree_to_tools(
        &self,
        tx: &mut Tx,
        pin: PinId,
        read: Digest,
        (by, now): (&str, Timestamp),
    ) -> Result<Pin> {
        let known = store::lock(tx, pin).await?.ok_or_else(|| Error::not_found("list of tools"))?;
        let Some((tools, _)) = known.waiting.clone() else {
            return Err(Error::conflict("No list of tools waits here").hint("look at the page again"));
        };
        if digest(&tools) != read {
            return Err(Error::conflict("The server has changed its tools again").hint("look at the page again"));
        }
        store::agree(tx, pin, &tools, (by, now)).await?;
        Ok(Pin { tools, waiting: None, by: by.to_owned(), at: now, ..known })
    }

    /// Keeps the list that was agreed to. The next attempt asks the server again.
    pub async fn keep_tools(&self, tx: &mut Tx, pin: PinId) -> Result<Pin> {
        let known = store::lock(tx, pin).await?.ok_or_else(|| Error::not_found("list of tools"))?;
        store::wait(tx, pin, None).await?;
        Ok(Pin { waiting: None, ..known })
    }
}
