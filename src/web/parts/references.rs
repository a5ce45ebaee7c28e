//! Where the references of a page's texts lead: looked up once for all of them.

use crate::engine::Engine;
use crate::forge::embedded::Known;
use crate::kit::Result;
use crate::kit::markdown;
use crate::kit::markdown::Piece;
use crate::kit::text;
use crate::model::Reference;
use crate::model::reference;
use crate::web::entered::Entered;

/// What the texts of a page refer to, as far as it exists for whoever reads.
#[derive(Debug, Default)]
pub struct References {
    known: Known,
    root: String,
}

impl References {
    /// What these Markdown texts refer to outside of code.
    pub async fn of_markdown(engine: &Engine, entered: &Entered, texts: &[&str]) -> Result<Self> {
        let stretches: Vec<String> = texts.iter().flat_map(|text| markdown::texts(text)).collect();
        let stretches: Vec<&str> = stretches.iter().map(String::as_str).collect();
        Self::of_plain(engine, entered, &stretches).await
    }

    /// What these plain texts refer to, such as messages of commits.
    pub async fn of_plain(engine: &Engine, entered: &Entered, texts: &[&str]) -> Result<Self> {
        let found = texts.iter().flat_map(|text| reference::find(text)).map(|found| found.reference).collect();
        let known = engine.forge.known(&entered.visitor.cx, &entered.place, found).await?;
        Ok(Self { known, root: entered.root() })
    }

    /// A stretch of text as pieces: what exists is a link, all else stays text.
    pub fn pieces(&self, text: &str) -> Vec<Piece> {
        let (mut pieces, mut done) = (Vec::new(), 0);
        for found in reference::find(text) {
            let shown = &text[found.at.clone()];
            let Some(link) = self.link(shown, &found.reference) else { continue };
            pieces.push(Piece::Text(text[done..found.at.start].to_owned()));
            pieces.push(link);
            done = found.at.end;
        }
        pieces.push(Piece::Text(text[done..].to_owned()));
        pieces
    }

    fn link(&self, shown: &str, reference: &Reference) -> Option<Piece> {
        let (href, title, shown) = match reference {
            Reference::Issue { repo, number } => {
                let issue = self.known.issue(repo.as_ref(), *number)?;
                let folder = if issue.pull { "pulls" } else { "issues" };
                let title = format!("{} ({})", text::visible_line(&issue.title, 200), issue.state);
                (format!("/{}/{folder}/{number}", issue.repo), title, shown.to_owned())
            }
            Reference::Person(name) => (format!("/{}", self.known.person(name)?), String::new(), shown.to_owned()),
            Reference::Commit(id) => {
                let commit = self.known.commit(id)?;
                let short = if shown.len() > 10 { commit.short() } else { shown };
                (format!("{}/commit/{commit}", self.root), commit.to_string(), short.to_owned())
            }
        };
        Some(Piece::Link { href, title, text: shown })
    }
}
