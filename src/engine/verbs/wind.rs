//! Winds the clock: what `schedule` of the rules in force and of the checks names is written down, with the moment that comes next.

use std::collections::BTreeSet;

use crate::access::Cx;
use crate::catalog;
use crate::catalog::AtCommit;
use crate::catalog::cron::Cron;
use crate::catalog::cron::Zone;
use crate::catalog::rule::RuleState;
use crate::engine::Engine;
use crate::events::StoredEvent;
use crate::events::Strike;
use crate::forge::embedded::Wanted;
use crate::kit::Result;
use crate::kit::page::Paging;
use crate::model::AccountId;
use crate::model::CommitId;
use crate::model::RepoRef;
use crate::model::What;

impl Engine {
    /// After a push to the branch that configures: of a repository its own clock, of `<organisation>/agents` those of all.
    pub(in crate::engine) async fn wind_after(&self, stored: &StoredEvent) -> Result<()> {
        let repo = &stored.event.repo;
        let What::Push { branch, .. } = &stored.event.what else { return Ok(()) };
        if *branch != self.reader.default_branch(repo).await? {
            return Ok(());
        }
        if repo.name.as_str() == "agents" {
            let owner = self.identity.account_by_name(&repo.owner).await?;
            return self.wind_all(owner.map(|owner| owner.id)).await;
        }
        self.wind(repo).await
    }

    /// The clocks of all repositories, or of those of one owner.
    pub(in crate::engine) async fn wind_all(&self, owner: Option<AccountId>) -> Result<()> {
        let cx = Cx::system(&self.clock);
        let wanted = Wanted { owner, ..Wanted::default() };
        for page in 1.. {
            let found = self.forge.repositories(&cx, &wanted, Paging { page, limit: 200 }).await?;
            for repository in &found.items {
                self.wind(&repository.reference()).await?;
            }
            if page >= found.last() {
                break;
            }
        }
        Ok(())
    }

    /// What jobs of `checks.yaml` at the tip of the default branch name.
    async fn lines_of_checks(&self, repo: &RepoRef, tip: &CommitId) -> Result<Vec<(String, String)>> {
        let git = self.git.repository(&repo.owner, &repo.name);
        let read = catalog::load_checks(&AtCommit { repository: &git, commit: tip }).await?;
        let jobs = read.file.iter().flat_map(|file| file.jobs.values());
        let lines = jobs.filter_map(|job| job.schedule.as_ref());
        Ok(lines.map(|on| (on.cron.as_str().to_owned(), on.timezone.to_string())).collect())
    }

    /// A line that is known keeps its moment; a new one strikes from now on.
    async fn wind(&self, repo: &RepoRef) -> Result<()> {
        let known = self.events.strikes_of(repo.id).await?;
        let Some(trusted) = self.trusted(repo).await? else { return Ok(()) };
        // What is set aside because files are broken strikes too, so that somebody is told why nothing happened.
        let rules = trusted.catalog.rules.values().chain(trusted.catalog.aside.rules.values());
        let active = rules.filter(|rule| rule.state == RuleState::Active).filter_map(|rule| rule.on.schedule.as_ref());
        let mut named: BTreeSet<(String, String)> =
            active.map(|on| (on.cron.as_str().to_owned(), on.timezone.to_string())).collect();
        named.extend(self.lines_of_checks(repo, &trusted.commit).await?);
        let is_known = |line: &(String, String)| known.iter().any(|it| it.cron == line.0 && it.timezone == line.1);
        let gone = known.iter().filter(|it| !named.contains(&(it.cron.clone(), it.timezone.clone())));
        let now = self.clock.now();
        let mut tx = self.db.begin().await?;
        for strike in gone {
            self.events.forget_strike(&mut tx, strike).await?;
        }
        for (cron, timezone) in named.iter().filter(|line| !is_known(line)) {
            let (line, zone): (Cron, Zone) = (cron.parse()?, timezone.parse()?);
            let Some(next_at) = line.next(now, &zone) else { continue };
            let seen = Some(trusted.commit.clone());
            let strike = Strike { repo: repo.id, cron: cron.clone(), timezone: timezone.clone(), next_at, seen };
            self.events.add_strike(&mut tx, &strike).await?;
        }
        tx.commit().await
    }
}
