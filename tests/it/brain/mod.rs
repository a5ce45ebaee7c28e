//! The company brain as people and runs of a server see it: how it fares, what is brought into it, who decides about it.

mod broken;
mod deciders;
mod fares;
mod imports;
mod librarian;

use serde_json::json;

use crate::driver::Clone;
use crate::driver::World;
use crate::driver::scripts;

/// A record with a text below.
pub fn document(id: &str, title: &str, more: &str, text: &str) -> String {
    let kind = id.split(':').next().unwrap();
    let kind = kind[..1].to_uppercase() + &kind[1..];
    format!("---\nid: {id}\nkind: {kind}\ntitle: {title}\nstatus: active\nupdated: 2026-10-01\n{more}---\n{text}\n")
}

/// A stack that plays this script over the brain, with more keys.
pub fn stack(script: &str, more: &str) -> String {
    let stack = scripts::stack(script).replace("comment: ask", "comment: allow, memory: ask");
    format!("tools: [source, memory]\n{more}{stack}")
}

/// The repository of every story, whose agent plays a script when somebody mentions it, and a brain.
pub async fn furnish(world: &World, script: &str, more: &str) -> (Clone, Clone) {
    let files = [("rules/mend.yaml", scripts::ON_MENTION), ("stacks/fixer.yaml", &*stack(script, more))];
    let (code, _) = world.repository_of(&files).await;
    world.json("alice", "POST /api/v1/orgs/acme/repos", Some(json!({"name": "company-brain"}))).await;
    (code, world.clone_as("bob", "company-brain"))
}
