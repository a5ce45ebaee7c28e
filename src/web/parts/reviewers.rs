//! Whose review a pull request waits for, and who owns what it changes.

use crate::engine::Engine;
use crate::forge::embedded;
use crate::forge::embedded::Asked;
use crate::forge::embedded::owners::Need;
use crate::kit::Result;
use crate::kit::text;
use crate::web::address;
use crate::web::entered::Entered;
use crate::web::parts::badge::Mark;

/// The box beside a pull request.
#[derive(Clone, Debug, Default)]
pub struct Reviewers {
    /// Who is asked: the name, what forms call them, and whether code owners' file asked.
    pub asked: Vec<(String, String, bool)>,
    /// Owners of what changes.
    pub needs: Vec<NeedRow>,
    /// The file of code owners: its path and its address.
    pub file: Option<(&'static str, String)>,
    /// What is wrong in it: the line and why.
    pub faults: Vec<(usize, String)>,
    /// Whether whoever looks may ask.
    pub may: bool,
}

/// Files with the same owners.
#[derive(Clone, Debug)]
pub struct NeedRow {
    /// Whether one of them has approved.
    pub mark: Mark,
    /// Who, any one of them.
    pub owners: String,
    /// Which files.
    pub paths: String,
}

/// The most faults that are shown.
const MOST_FAULTS: usize = 10;

impl Reviewers {
    /// The box of a pull request.
    pub async fn of(engine: &Engine, entered: &Entered, issue: &embedded::Issue, may: bool) -> Result<Self> {
        let Some(pull) = &issue.pull else { return Ok(Self::default()) };
        let asked = engine.forge.reviewers(&entered.place, issue.number).await?;
        let ownership = engine.forge.ownership(&entered.place, issue).await?;
        let owner = &entered.place.repository.owner_name;
        let branch = address::escape(pull.base_branch.as_str());
        Ok(Self {
            asked: asked
                .into_iter()
                .map(|one| match one.who {
                    Asked::Person(_) => (one.name.clone(), one.name, one.by_owners),
                    Asked::Team(_) => (format!("{owner}/{}", one.name), format!("{owner}/{}", one.name), one.by_owners),
                })
                .collect(),
            needs: ownership.needs.iter().map(NeedRow::of).collect(),
            file: ownership.path.map(|path| (path, format!("{}/src/{branch}/{path}", entered.root()))),
            faults: ownership
                .faults
                .into_iter()
                .take(MOST_FAULTS)
                .map(|fault| (fault.line, text::visible_line(&fault.message, 200)))
                .collect(),
            may: may && issue.state == embedded::State::Open,
        })
    }
}

impl NeedRow {
    fn of(need: &Need) -> Self {
        let owners: Vec<String> = need.owners.iter().map(ToString::to_string).collect();
        let first = need.paths.first().map(|path| text::visible_line(path, 80)).unwrap_or_default();
        Self {
            mark: match need.met {
                true => Mark::new("ok", "check", "One of them approved"),
                false => Mark::new("asks", "hand", "None of them approved yet"),
            },
            owners: owners.join(" or "),
            paths: match need.count {
                0 | 1 => first,
                count => format!("{first} and {} more", count - 1),
            },
        }
    }
}
