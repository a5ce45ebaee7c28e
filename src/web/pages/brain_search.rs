//! Searching the company brain: by words, narrowed by facets.

use std::collections::BTreeMap;
use std::sync::Arc;

use askama::Template;
use axum::extract::Query as Asks;
use axum::extract::State;
use serde::Deserialize;

use crate::engine::Engine;
use crate::kit::ErrorKind;
use crate::memory::Class;
use crate::memory::query;
use crate::memory::query::Query;
use crate::web::address;
use crate::web::brained::BrainHead;
use crate::web::brained::Brained;
use crate::web::errors::Answer;
use crate::web::frame::Frame;
use crate::web::page::again;
use crate::web::page::show;
use crate::web::pages::brain::Count;
use crate::web::parts::field::Wrong;
use crate::web::parts::recalled::Recalled;

/// Answers on one page.
const MOST: usize = 40;

/// `/{owner}/brain/search`
#[derive(Template)]
#[template(path = "pages/brain_search.html")]
pub struct BrainSearch {
    /// What surrounds the page.
    pub frame: Frame,
    /// The brain.
    pub brain: BrainHead,
    /// The words.
    pub words: String,
    /// What narrows the search, each with the address without it.
    pub narrowed: Vec<(String, String)>,
    /// Kinds of what was found, to narrow by.
    pub kinds: Vec<Count>,
    /// What was found, the best first.
    pub found: Vec<Recalled>,
    /// How many entries match.
    pub total: usize,
    /// How many entries match that the reader may not see.
    pub hidden: usize,
    /// What was wrong with the question.
    pub wrong: Wrong,
}

/// What an address asks.
#[derive(Clone, Debug, Default, Deserialize)]
pub struct Asked {
    #[serde(default)]
    q: String,
    #[serde(default)]
    kind: String,
    #[serde(default)]
    class: String,
    #[serde(default)]
    tag: String,
    #[serde(default)]
    path: String,
}

/// `GET /{owner}/brain/search?q=…&kind=…`
pub async fn page(State(engine): State<Arc<Engine>>, brained: Brained, Asks(asked): Asks<Asked>) -> Answer {
    let given = |text: &str| Some(text.trim().to_owned()).filter(|text| !text.is_empty());
    let mut page = BrainSearch {
        frame: brained.frame(&engine, "Search").await?,
        brain: brained.head("search"),
        narrowed: asked.narrowed(&brained),
        words: asked.q.trim().to_owned(),
        kinds: Vec::new(),
        found: Vec::new(),
        total: 0,
        hidden: 0,
        wrong: Wrong::default(),
    };
    let class = Class::ALL.into_iter().find(|class| class.as_str() == asked.class);
    let query = Query {
        text: page.words.clone(),
        kinds: given(&asked.kind).into_iter().collect(),
        classes: class.into_iter().collect(),
        tags: given(&asked.tag).into_iter().collect(),
        paths: given(&asked.path).iter().map(|path| path.parse()).collect::<Result<_, _>>()?,
        limit: MOST,
        ..Query::default()
    };
    match query::ask(&brained.git, brained.view()?, &query, &brained.scope).await {
        Ok(answer) => {
            let mut kinds: BTreeMap<&str, usize> = BTreeMap::new();
            answer.hits.iter().for_each(|hit| *kinds.entry(hit.kind.as_str()).or_default() += 1);
            let narrower = |kind: &str| Asked { kind: kind.to_owned(), ..asked.clone() }.address(&brained);
            let kinds = kinds.into_iter().filter(|_| asked.kind.is_empty());
            page.kinds =
                kinds.map(|(kind, count)| Count { name: kind.to_owned(), count, href: narrower(kind) }).collect();
            (page.total, page.hidden) = (answer.total, answer.hidden);
            page.found = answer.hits.iter().map(|hit| Recalled::of_hit(&brained, hit)).collect();
            show(&page)
        }
        Err(error) if error.kind() == ErrorKind::Invalid => {
            page.wrong = Wrong::from(&error);
            again(&page)
        }
        Err(error) => Err(error.into()),
    }
}

impl Asked {
    fn pairs(&self) -> [(&'static str, &str); 5] {
        [("q", &self.q), ("kind", &self.kind), ("class", &self.class), ("tag", &self.tag), ("path", &self.path)]
    }

    fn address(&self, brained: &Brained) -> String {
        let given = self.pairs().into_iter().filter(|(_, value)| !value.is_empty());
        let mut pairs: Vec<String> = given.map(|(name, value)| format!("{name}={}", address::escape(value))).collect();
        pairs.extend(Some(brained.moment.clone()).filter(|moment| !moment.is_empty()));
        format!("{}/search?{}", brained.root(), pairs.join("&"))
    }

    /// What narrows the search, each with the address without it.
    fn narrowed(&self, brained: &Brained) -> Vec<(String, String)> {
        let without = |name: &str| {
            let mut less = self.clone();
            match name {
                "kind" => less.kind.clear(),
                "class" => less.class.clear(),
                "tag" => less.tag.clear(),
                _ => less.path.clear(),
            }
            less.address(brained)
        };
        let given = self.pairs().into_iter().skip(1).filter(|(_, value)| !value.is_empty());
        given.map(|(name, value)| (format!("{name}: {value}"), without(name))).collect()
    }
}
