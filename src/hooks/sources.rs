//! Who may send webhooks: each source's way of signing and its secret.

use std::collections::BTreeMap;

use axum::http::HeaderMap;
use hmac::Hmac;
use hmac::KeyInit as _;
use hmac::Mac as _;
use serde::Deserialize;
use sha2::Sha256;

use crate::events::SourceName;
use crate::kit::Error;
use crate::kit::Result;
use crate::kit::secret::Secret;

/// `[hooks.<name>]` of the settings, by name.
pub type Settings = BTreeMap<String, SourceSettings>;

/// One source as an administrator sets it up.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SourceSettings {
    /// What both sides sign with. Also `FORGEHAND_HOOK_SECRET_<NAME>`.
    #[serde(deserialize_with = "hidden")]
    pub secret: Secret<String>,
    /// How it signs; needed unless the name is `github` or `gitea`.
    pub scheme: Option<Scheme>,
}

/// How a source signs, and where it writes id and event.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Scheme {
    /// GitHub's headers.
    Github,
    /// Gitea's and Forgejo's headers.
    Gitea,
}

/// All sources that were set up.
#[derive(Clone, Debug, Default)]
pub struct Sources(BTreeMap<String, Source>);

#[derive(Clone)]
pub(super) struct Source {
    pub name: SourceName,
    pub scheme: Scheme,
    keyed: Hmac<Sha256>,
}

/// A secret shorter than this is guessed from one recorded delivery.
const SHORTEST_SECRET: usize = 12;

impl Sources {
    /// The sources of these settings. One without a way of signing, or with a secret that can be guessed, is an error.
    pub fn new(settings: &Settings) -> Result<Self> {
        let mut sources = BTreeMap::new();
        for (name, one) in settings {
            let field = format!("hooks.{name}");
            let checked: SourceName = name.parse().map_err(|error: Error| error.field(field.clone()))?;
            if checked == SourceName::own() {
                return Err(Error::invalid("No source can be called `forgehand`: that is our own forge").field(field));
            }
            let scheme = one.scheme.or_else(|| Scheme::by_name(name)).ok_or_else(|| {
                Error::invalid(format!("Cannot receive webhooks of `{name}`: nobody said how it signs"))
                    .hint("add `scheme = \"github\"` or `scheme = \"gitea\"`")
                    .field(format!("{field}.scheme"))
            })?;
            if one.secret.reveal().len() < SHORTEST_SECRET {
                return Err(Error::invalid(format!("The secret of the webhooks of `{name}` is too short"))
                    .hint("use 12 characters or more, for example from `openssl rand -hex 32`")
                    .field(format!("{field}.secret")));
            }
            sources.insert(name.clone(), Source::new(checked, scheme, one.secret.reveal()));
        }
        Ok(Self(sources))
    }

    /// Names of all sources.
    pub fn names(&self) -> impl Iterator<Item = &SourceName> {
        self.0.values().map(|source| &source.name)
    }

    pub(super) fn by_name(&self, name: &str) -> Option<&Source> {
        self.0.get(name)
    }
}

impl Scheme {
    fn by_name(name: &str) -> Option<Self> {
        match name {
            "github" => Some(Self::Github),
            "gitea" => Some(Self::Gitea),
            _ => None,
        }
    }

    /// The signature in hex digits.
    pub(super) fn signature(self, headers: &HeaderMap) -> Option<&[u8]> {
        match self {
            Self::Github => header(headers, &["x-hub-signature-256"])?.strip_prefix(b"sha256="),
            Self::Gitea => header(headers, &["x-forgejo-signature", "x-gitea-signature"]),
        }
    }

    /// The source's id of the delivery.
    pub(super) fn id(self, headers: &HeaderMap) -> Option<&[u8]> {
        match self {
            Self::Github => header(headers, &["x-github-delivery"]),
            Self::Gitea => header(headers, &["x-forgejo-delivery", "x-gitea-delivery"]),
        }
    }

    /// The source's word for what happened.
    pub(super) fn event(self, headers: &HeaderMap) -> Option<&[u8]> {
        match self {
            Self::Github => header(headers, &["x-github-event"]),
            Self::Gitea => header(headers, &["x-forgejo-event", "x-gitea-event"]),
        }
    }
}

fn header<'a>(headers: &'a HeaderMap, names: &[&'static str]) -> Option<&'a [u8]> {
    names.iter().find_map(|name| headers.get(*name)).map(|value| value.as_bytes())
}

impl Source {
    fn new(name: SourceName, scheme: Scheme, secret: &str) -> Self {
        let keyed = Hmac::new_from_slice(secret.as_bytes()).expect("HMAC takes a key of any length");
        Self { name, scheme, keyed }
    }

    /// Whether these bytes were signed with the source's secret. Takes as long for a wrong signature as for a good one.
    pub fn verifies(&self, body: &[u8], signature: &[u8]) -> bool {
        let mut given = [0; 32];
        let shaped = hex::decode_to_slice(signature, &mut given).is_ok();
        let mut signing = self.keyed.clone();
        signing.update(body);
        signing.verify(&given.into()).is_ok() && shaped
    }
}

impl std::fmt::Debug for Source {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Source").field("name", &self.name).field("scheme", &self.scheme).finish_non_exhaustive()
    }
}

fn hidden<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Secret<String>, D::Error> {
    String::deserialize(deserializer).map(Secret::new)
}
