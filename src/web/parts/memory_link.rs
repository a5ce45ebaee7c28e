//! Where the related memory of a page is fetched from. Costs a look at who may read the brain, and no question to it.

use crate::engine::Engine;
use crate::kit::Result;
use crate::web::entered::Entered;

/// The address of what the brain says about a repository, or one of its issues or pull requests; empty when there is no brain
/// that whoever looks may read.
pub async fn address(engine: &Engine, entered: &Entered, number: Option<i64>) -> Result<String> {
    let owner = &entered.place.repository.owner_name;
    let readable = engine.may_read_brain(&entered.visitor.cx, owner).await?;
    Ok(match (readable, number) {
        (false, _) => String::new(),
        (true, Some(number)) => format!("{}/memory?number={number}", entered.root()),
        (true, None) => format!("{}/memory", entered.root()),
    })
}
