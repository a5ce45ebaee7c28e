//! Which commit of a brain is asked.

use crate::git;
use crate::kit::Error;
use crate::kit::Result;
use crate::kit::clock::Timestamp;
use crate::kit::text::visible_line;
use crate::model::CommitId;

/// A moment in the history of a brain.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum When {
    /// The tip of the default branch.
    #[default]
    Now,
    /// A branch, a tag or a commit.
    Ref(String),
    /// The first-parent commit of the default branch at or before this moment.
    At(Timestamp),
}

impl When {
    /// From what was asked for: at most one of the two.
    pub fn asked(at: Option<&str>, name: Option<&str>) -> Result<Self> {
        match (at, name) {
            (Some(_), Some(_)) => Err(Error::invalid("`at` and `ref` cannot be asked for together")
                .hint("leave one of them out")
                .field("at")),
            (None, Some(name)) => Ok(Self::Ref(name.to_owned())),
            (Some(at), None) => {
                // A day alone means its end, so that what was merged on it counts.
                let whole = if at.len() == 10 { format!("{at}T23:59:59Z") } else { at.to_owned() };
                let wrong = || {
                    let message = format!("`{}` is not a time", visible_line(at, 40));
                    Error::invalid(message).hint("write it as `2026-10-01` or `2026-10-01T08:00:00Z`").field("at")
                };
                Timestamp::parse(&whole).map(Self::At).ok_or_else(wrong)
            }
            (None, None) => Ok(Self::Now),
        }
    }

    /// The commit. Says 404 when there is none.
    pub async fn commit(&self, repository: &git::Repository) -> Result<CommitId> {
        if let Self::Ref(name) = self {
            let missing = || {
                let message = format!("There is no branch, tag or commit `{}` in this brain", visible_line(name, 80));
                Error::new(crate::kit::ErrorKind::NotFound, message).field("ref")
            };
            return repository.resolve(name).await?.ok_or_else(missing);
        }
        let branch = repository.head_branch().await?;
        let empty = || {
            Error::new(
                crate::kit::ErrorKind::NotFound,
                format!("The branch `{branch}` of this brain has no commit yet"),
            )
            .hint("push a first file to it")
        };
        let tip = repository.branch(&branch).await?.ok_or_else(empty)?;
        let Self::At(at) = self else { return Ok(tip) };
        let younger = || {
            let message = format!("This brain has no commit at or before {at}");
            Error::new(crate::kit::ErrorKind::NotFound, message).hint("ask for a later time").field("at")
        };
        repository.first_parent_at(&tip, *at).await?.ok_or_else(younger)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_moment_is_asked_for_in_one_way() {
        assert_eq!(When::asked(None, None).ok(), Some(When::Now));
        assert_eq!(When::asked(None, Some("v1")).ok(), Some(When::Ref("v1".into())));
        let at = |text| match When::asked(Some(text), None) {
            Ok(When::At(at)) => at.rfc3339(),
            other => format!("{other:?}"),
        };
        assert_eq!(at("2026-10-01"), "2026-10-01T23:59:59Z");
        assert_eq!(at("2026-10-01T08:00:00+02:00"), "2026-10-01T06:00:00Z");
        assert!(When::asked(Some("yesterday"), None).is_err());
        assert!(When::asked(Some("2026-10-01"), Some("main")).is_err());
    }
}
