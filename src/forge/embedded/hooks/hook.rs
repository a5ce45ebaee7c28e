//! Where somebody wants to be told, about what.

use globset::GlobBuilder;
use globset::GlobMatcher;
use url::Url;

use crate::forge::embedded::hooks::HookEvent;
use crate::kit::Error;
use crate::kit::Result;
use crate::kit::clock::Timestamp;
use crate::kit::secret::Secret;
use crate::vault::Keeper;

/// Where somebody wants to be told, about what.
#[derive(Clone, Debug)]
pub struct Hook {
    /// Whose it is.
    pub keeper: Keeper,
    /// Its id: among everything in the repository, or among the hooks of the organisation or of the server.
    pub id: i64,
    /// Which forge whoever made it took this one for; it changes nothing but what is answered.
    pub flavour: Flavour,
    /// Where to.
    pub url: Url,
    /// How the payload is packed.
    pub content_type: ContentType,
    /// Whether deliveries are signed. What with lies in the vault, and is never shown again.
    pub signed: bool,
    /// Whether deliveries carry an `Authorization` header of one's own, which lies there too.
    pub authorized: bool,
    /// About what.
    pub events: Vec<HookEvent>,
    /// Which branches, as a glob, for what is about branches; empty for all.
    pub branches: String,
    /// Whether it is told anything.
    pub active: bool,
    /// When it was made.
    pub created: Timestamp,
    /// When it was last changed.
    pub updated: Timestamp,
}

/// Which forge somebody takes this one for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Flavour {
    /// Gitea.
    #[default]
    Gitea,
    /// Forgejo.
    Forgejo,
    /// Gogs.
    Gogs,
}

/// How a payload is packed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ContentType {
    /// As it is.
    #[default]
    Json,
    /// As the field `payload` of a form.
    Form,
}

/// What is to be changed of a hook; what is none stays.
#[derive(Clone, Debug, Default)]
pub struct HookChange {
    /// Which forge somebody takes this one for.
    pub flavour: Option<Flavour>,
    /// Where to.
    pub url: Option<String>,
    /// How the payload is packed.
    pub content_type: Option<ContentType>,
    /// What deliveries are signed with; an empty one takes it away.
    pub secret: Option<Secret<String>>,
    /// The value of the header `Authorization`; an empty one takes it away.
    pub authorization: Option<Secret<String>>,
    /// About what.
    pub events: Option<Vec<HookEvent>>,
    /// Which branches.
    pub branches: Option<String>,
    /// Whether it is told anything.
    pub active: Option<bool>,
}

impl Hook {
    /// Whether it wants to know about this; `branch` is there for what is about a branch.
    pub fn wants(&self, event: HookEvent, branch: Option<&str>) -> bool {
        let right_branch = || match (self.branches.as_str(), branch) {
            ("" | "*" | "**", _) | (_, None) => true,
            (glob, Some(branch)) => matcher(glob).is_ok_and(|glob| glob.is_match(branch)),
        };
        self.active && self.events.contains(&event) && right_branch()
    }
}

/// The glob over branches: `*` stops at a slash, `**` does not.
pub(super) fn matcher(glob: &str) -> Result<GlobMatcher> {
    let wrong = || Error::invalid("The branch filter is no glob").hint("use one such as `release/**`");
    let built = GlobBuilder::new(glob).literal_separator(true).build();
    Ok(built.map_err(|_| wrong().field("branch_filter"))?.compile_matcher())
}

impl Flavour {
    /// The word in the database and in the API.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Gitea => "gitea",
            Self::Forgejo => "forgejo",
            Self::Gogs => "gogs",
        }
    }
}

impl std::str::FromStr for Flavour {
    type Err = Error;

    fn from_str(word: &str) -> Result<Self> {
        match word {
            "gitea" => Ok(Self::Gitea),
            "forgejo" => Ok(Self::Forgejo),
            "gogs" => Ok(Self::Gogs),
            _ => Err(Error::invalid("Hooks of this type cannot be made here")
                .hint("use `gitea`, `forgejo` or `gogs`")
                .field("type")),
        }
    }
}

impl ContentType {
    /// The word in the database and in the API.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Json => "json",
            Self::Form => "form",
        }
    }

    /// The header of a delivery.
    pub fn header(self) -> &'static str {
        match self {
            Self::Json => "application/json",
            Self::Form => "application/x-www-form-urlencoded",
        }
    }
}

impl std::str::FromStr for ContentType {
    type Err = Error;

    fn from_str(word: &str) -> Result<Self> {
        match word {
            "json" => Ok(Self::Json),
            "form" => Ok(Self::Form),
            _ => Err(Error::invalid("A payload is packed as `json` or as `form`").field("content_type")),
        }
    }
}
