//! What a record leans on: lines of a file in some repository, pinned to the blob that they were read from.
//!
//! `acme/shop@4b825dc642cb6eb9a060e54bf8d69288fbee4904:src/pay.rs#L10-L24`. Without a repository it cites the brain itself.

use std::fmt;
use std::str::FromStr;

use crate::git::ObjectId;
use crate::kit::Error;
use crate::kit::text::visible_line;
use crate::model::OwnerName;
use crate::model::RepoName;
use crate::model::TreePath;

/// Lines of a blob at a path of a repository.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Citation {
    /// The repository; none for the brain itself.
    pub repo: Option<(OwnerName, RepoName)>,
    /// The blob that was read.
    pub blob: ObjectId,
    /// Where it lay.
    pub path: TreePath,
    /// First and last line, from 1; none for the whole file.
    pub lines: Option<(u32, u32)>,
}

const FORM: &str = "write `owner/repo@<blob id>:path#L1-L9`; `git rev-parse HEAD:path` prints the blob id";

impl FromStr for Citation {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        let refuse =
            |why: &str| Error::invalid(format!("`{}` is not a citation: {why}", visible_line(text, 80))).hint(FORM);
        let (repo, rest) = text.split_once('@').ok_or_else(|| refuse("there is no `@`"))?;
        let (blob, rest) = rest.split_once(':').ok_or_else(|| refuse("there is no `:` after the blob"))?;
        let (path, lines) = match rest.rsplit_once('#') {
            Some((path, lines)) => {
                (path, Some(parse_lines(lines).ok_or_else(|| refuse("its lines are not `#L1-L9`"))?))
            }
            None => (rest, None),
        };
        let repo = match repo {
            "" => None,
            repo => {
                let (owner, name) = repo.split_once('/').ok_or_else(|| refuse("the repository is not `owner/name`"))?;
                let owner = owner.parse().map_err(|error: Error| refuse(error.message()))?;
                Some((owner, name.parse().map_err(|error: Error| refuse(error.message()))?))
            }
        };
        let blob = blob.parse().map_err(|_| refuse("the blob is not an id of 40 hexadecimal digits"))?;
        let path = path.parse().map_err(|error: Error| refuse(error.message()))?;
        Ok(Self { repo, blob, path, lines })
    }
}

fn parse_lines(text: &str) -> Option<(u32, u32)> {
    let number = |text: &str| text.strip_prefix('L')?.parse::<u32>().ok().filter(|number| *number > 0);
    let (first, last) = match text.split_once('-') {
        Some((first, last)) => (number(first)?, number(last)?),
        None => (number(text)?, number(text)?),
    };
    (first <= last).then_some((first, last))
}

impl fmt::Display for Citation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some((owner, name)) = &self.repo {
            write!(f, "{owner}/{name}")?;
        }
        write!(f, "@{}:{}", self.blob, self.path)?;
        match self.lines {
            Some((first, last)) if first == last => write!(f, "#L{first}"),
            Some((first, last)) => write!(f, "#L{first}-L{last}"),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_citation_reads_as_it_is_written() {
        let blob = "4b825dc642cb6eb9a060e54bf8d69288fbee4904";
        for text in [
            format!("acme/shop@{blob}:src/pay.rs#L10-L24"),
            format!("acme/shop@{blob}:src/pay.rs#L3"),
            format!("@{blob}:runbooks/a b.md"),
        ] {
            assert_eq!(text.parse::<Citation>().map(|read| read.to_string()).ok(), Some(text));
        }
        for text in [
            "src/pay.rs".to_owned(),
            format!("shop@{blob}:a"),
            format!("acme/shop@{blob}:../a"),
            format!("acme/shop@{blob}:a#L9-L3"),
            format!("acme/shop@{blob}:a#L0"),
            "acme/shop@main:a".to_owned(),
        ] {
            assert!(text.parse::<Citation>().is_err(), "{text}");
        }
    }
}
