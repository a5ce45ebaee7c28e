//! Importing into the company brain: a person says where from, looks at what it would bring, and makes a pull request of it.

use std::sync::Arc;

use askama::Template;
use axum::extract::State;

use crate::access::Action;
use crate::engine::Engine;
use crate::engine::verbs::import_memory::Fate;
use crate::engine::verbs::import_memory::ImportFrom;
use crate::engine::verbs::import_memory::ImportPlan;
use crate::engine::verbs::import_memory::Imported;
use crate::kit::Error;
use crate::kit::ErrorKind;
use crate::kit::Result;
use crate::kit::text::visible;
use crate::memory::REPOSITORY;
use crate::memory::import::Tier;
use crate::model::RunId;
use crate::runs;
use crate::runs::State as RunState;
use crate::web::brained::BrainHead;
use crate::web::brained::Brained;
use crate::web::errors::Answer;
use crate::web::flash::Said;
use crate::web::frame::Frame;
use crate::web::page::again;
use crate::web::page::go;
use crate::web::page::show;
use crate::web::parts::field::Wrong;
use crate::web::parts::run::RunRow;
use crate::web::parts::size;
use crate::web::posted::Posted;

/// Finished runs that the form offers.
const MOST_RUNS: i64 = 30;

/// `/{owner}/brain/import`
#[derive(Template)]
#[template(path = "pages/brain_import.html")]
pub struct BrainImport {
    /// What surrounds the page.
    pub frame: Frame,
    /// The brain.
    pub brain: BrainHead,
    /// What was typed.
    pub typed: Typed,
    /// Finished runs: the id, the row, whether it is ticked.
    pub runs: Vec<(String, RunRow, bool)>,
    /// What the import would bring; none before somebody looked.
    pub plan: Option<PlanView>,
    /// What was wrong.
    pub wrong: Wrong,
}

/// What was typed into the form.
#[derive(Clone, Debug, Default)]
pub struct Typed {
    /// `files` or `runs`.
    pub from: String,
    /// The repository.
    pub repo: String,
    /// The ref; empty for the default branch.
    pub reference: String,
    /// The folder of notes; empty for none.
    pub notes: String,
    /// How much of runs is kept.
    pub tier: String,
    runs: Vec<String>,
}

/// What an import would bring.
#[derive(Clone, Debug)]
pub struct PlanView {
    /// Each source: a tone, what happens to it, the file that it becomes, where it comes from, and what else is to be said.
    pub rows: Vec<[String; 5]>,
    /// What the check says of it: whether it is an error, where, what.
    pub findings: Vec<(bool, String, String)>,
    /// In a few words.
    pub says: String,
    /// Whether there is anything to import.
    pub brings: bool,
}

/// What became of a form.
enum Done {
    Looked(ImportPlan),
    Imported(Imported),
}

/// `GET /{owner}/brain/import`
pub async fn form(State(engine): State<Arc<Engine>>, brained: Brained) -> Answer {
    show(&page(&engine, &brained, Typed { from: "files".into(), ..Typed::default() }, None, Wrong::default()).await?)
}

/// `POST /{owner}/brain/import`: looks, or with `do` makes the pull request.
pub async fn import(State(engine): State<Arc<Engine>>, brained: Brained, posted: Posted) -> Answer {
    let typed = Typed::of(&posted);
    let owner = brained.place.repository.owner_name.clone();
    let cx = &brained.visitor.cx;
    let done = async {
        let from = typed.import_from()?;
        Ok::<_, Error>(match posted.ticked("do") {
            true => Done::Imported(engine.import_memory(cx, &owner, &from).await?),
            false => Done::Looked(engine.plan_import(cx, &owner, &from).await?),
        })
    };
    match done.await {
        Ok(Done::Looked(plan)) => {
            show(&page(&engine, &brained, typed, Some(PlanView::of(&plan)), Wrong::default()).await?)
        }
        Ok(Done::Imported(imported)) => match imported.pull {
            Some(number) => {
                let said = Said::done("The pull request is there: the check looks at it, and a person merges it");
                go(&format!("/{owner}/{REPOSITORY}/pulls/{number}"), Some(&said))
            }
            None => go(
                &format!("{}/import", brained.root()),
                Some(&Said::not_done("Nothing was imported: all of it is in the brain, or waits to be merged")),
            ),
        },
        Err(error) if error.kind() != ErrorKind::NotFound || error.field_name().is_some() => {
            again(&page(&engine, &brained, typed, None, Wrong::from(&error)).await?)
        }
        Err(error) => Err(error.into()),
    }
}

async fn page(
    engine: &Engine,
    brained: &Brained,
    typed: Typed,
    plan: Option<PlanView>,
    wrong: Wrong,
) -> Result<BrainImport> {
    brained.visitor.cx.authorize(Action::PushBranch, &brained.place.standing)?;
    let finals = RunState::ALL.into_iter().filter(|state| state.is_final());
    let filter = runs::Filter {
        repos: Some(brained.visitor.repositories(engine).await?),
        states: finals.collect(),
        limit: MOST_RUNS,
        ..runs::Filter::default()
    };
    let owner = &brained.place.repository.owner_name;
    let now = brained.visitor.cx.now();
    let found = engine.runs.list(&filter).await?;
    let of_owner = found.iter().filter(|run| run.dispatch.repo.owner == *owner);
    let row = |run: &runs::Run| {
        let id = run.id.to_string();
        let ticked = typed.runs.contains(&id);
        (id, RunRow::of(run, now), ticked)
    };
    Ok(BrainImport {
        frame: brained.frame(engine, "Import").await?,
        brain: brained.head("updates"),
        runs: of_owner.map(row).collect(),
        typed,
        plan,
        wrong,
    })
}

impl Typed {
    fn of(posted: &Posted) -> Self {
        Self {
            from: posted.text("from"),
            repo: posted.text("repo").trim().to_owned(),
            reference: posted.text("ref").trim().to_owned(),
            notes: posted.text("notes").trim().to_owned(),
            tier: posted.text("tier"),
            runs: posted.all("run"),
        }
    }

    fn import_from(&self) -> Result<ImportFrom> {
        let given = |text: &String| Some(text.clone()).filter(|text| !text.is_empty());
        if self.from == "runs" {
            let unknown = |_| Error::not_found("such run").field("runs");
            let runs = self.runs.iter().map(|id| id.parse::<RunId>().map_err(unknown)).collect::<Result<_>>()?;
            return Ok(ImportFrom::Runs { runs, tier: self.tier.parse()? });
        }
        if self.repo.is_empty() {
            return Err(Error::invalid("No repository is named").hint("name one of the organisation").field("repo"));
        }
        Ok(ImportFrom::Files { repo: self.repo.clone(), reference: given(&self.reference), notes: given(&self.notes) })
    }

    /// Whether this much of runs is kept.
    pub fn keeps(&self, tier: &Tier) -> bool {
        self.tier == tier.as_str() || self.tier.is_empty() && *tier == Tier::default()
    }

    /// Runs that are ticked.
    pub fn ticked(&self) -> &[String] {
        &self.runs
    }
}

impl PlanView {
    fn of(plan: &ImportPlan) -> Self {
        let rows = plan.items.iter().map(|item| {
            let (tone, why) = match &item.fate {
                Fate::New => ("ok", String::new()),
                Fate::Changed => ("asks", "replaces what was imported before".to_owned()),
                Fate::Known => ("calm", "is there, or waits to be merged".to_owned()),
                Fate::Refused(why) => ("bad", why.clone()),
            };
            let redacted = item.draft.as_ref().map_or(0, |draft| draft.redacted);
            let more = match redacted {
                0 => why,
                count => {
                    format!("{} taken out {why}", size::plural(count, "secret-like stretch", "secret-like stretches"))
                }
            };
            let path = item.draft.as_ref().map_or(String::new(), |draft| visible(&draft.path));
            [tone.to_owned(), item.fate.as_str().to_owned(), path, visible(&item.from), more]
        });
        let findings = plan.findings.iter().map(|found| {
            let place = format!("{}:{}:{}", visible(&found.file), found.line, found.column);
            (found.severity == crate::catalog::Severity::Error, place, format!("{}; {}", found.message, found.hint))
        });
        let count = |fate: &str| plan.items.iter().filter(|item| item.fate.as_str() == fate).count();
        let mut says = format!(
            "{} new, {} changed, {} known, {} refused",
            count("new"),
            count("changed"),
            count("known"),
            count("refused")
        );
        if plan.left_out > 0 {
            says.push_str(&format!("; {} more for another import", plan.left_out));
        }
        Self { rows: rows.collect(), findings: findings.collect(), says, brings: !plan.is_empty() }
    }
}
