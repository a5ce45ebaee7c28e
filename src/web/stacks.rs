//! Which stacks and handles a person can call from a page.

use crate::access::Action;
use crate::engine::Engine;
use crate::engine::Trusted;
use crate::kit::Result;
use crate::web::entered::Entered;

/// Names of the stacks that are in force here; none for somebody who may not dispatch.
pub async fn to_dispatch(engine: &Engine, entered: &Entered) -> Result<Vec<String>> {
    if !entered.may(Action::DispatchRun) {
        return Ok(Vec::new());
    }
    let trusted = engine.trusted(&entered.place.repository.reference()).await?;
    Ok(trusted.map(|trusted| trusted.catalog.stacks.keys().cloned().collect()).unwrap_or_default())
}

/// Names of the stacks that are in force, one of them first.
pub fn named(trusted: Option<Trusted>, first: &str) -> Vec<String> {
    let mut names: Vec<String> =
        trusted.map(|trusted| trusted.catalog.stacks.keys().cloned().collect()).unwrap_or_default();
    names.sort_by_key(|name| name != first);
    names
}

/// Handles that active rules listen to.
pub async fn handles(engine: &Engine, entered: &Entered) -> Result<Vec<String>> {
    let Some(trusted) = engine.trusted(&entered.place.repository.reference()).await? else { return Ok(Vec::new()) };
    let mentions = trusted.catalog.rules.values().filter_map(|rule| rule.value.on.mention.as_ref());
    let mut handles: Vec<String> = mentions.map(|mention| mention.handle.clone()).collect();
    handles.sort();
    handles.dedup();
    Ok(handles)
}
