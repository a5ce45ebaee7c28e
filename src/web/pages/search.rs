//! Repositories by a few words. Issues are searched in their repository.

use crate::engine::Engine;
use crate::forge::embedded::Wanted;
use crate::kit::page::Paging;
use crate::web::errors::Answer;
use crate::web::frame::Frame;
use crate::web::page::show;
use crate::web::paged::Paged;
use crate::web::pages::dashboard::RepositoryRow;
use crate::web::visitor::Visitor;
use askama::Template;
use axum::extract::Query;
use axum::extract::State;
use std::sync::Arc;

/// `/search`
#[derive(Template)]
#[template(path = "pages/search.html")]
pub struct Search {
    /// What surrounds the page.
    pub frame: Frame,
    /// Repositories whose name holds the words.
    pub repositories: Vec<RepositoryRow>,
}

/// `GET /search?q=…`
pub async fn page(State(engine): State<Arc<Engine>>, visitor: Visitor, Query(paged): Query<Paged>) -> Answer {
    let wanted = Wanted { text: paged.words().to_owned(), ..Wanted::default() };
    let found = engine.forge.repositories(&visitor.cx, &wanted, Paging::new(None, None)).await?;
    let now = visitor.cx.now();
    let mut frame = visitor.frame(&engine, "Search").await?;
    frame.search = paged.words().to_owned();
    show(&Search {
        frame,
        repositories: found.items.iter().map(|repository| RepositoryRow::of(repository, now)).collect(),
    })
}
