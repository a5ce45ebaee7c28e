//! A repository on another server, asked over HTTP by way of `egress`.
//!
//! What we are there by, a name and a password, goes into one header of requests to that very host, and nowhere else:
//! redirects are told, not followed.

use std::time::Duration;

use async_trait::async_trait;
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use reqwest::Method;
use reqwest::header::AUTHORIZATION;
use reqwest::header::CONTENT_TYPE;
use reqwest::header::HeaderMap;
use reqwest::header::HeaderValue;
use reqwest::header::LOCATION;
use reqwest::header::USER_AGENT;
use url::Url;

use crate::egress::Ask;
use crate::egress::Coming;
use crate::egress::Egress;
use crate::forge::embedded::Credentials;
use crate::forge::embedded::Origin;
use crate::git::Body;
use crate::git::Remote;
use crate::kit::Error;
use crate::kit::ErrorKind;
use crate::kit::Result;
use crate::kit::error::Context as _;
use crate::kit::text::visible_line;

/// A repository on another server.
pub(super) struct HttpRemote<'a> {
    egress: &'a Egress,
    url: Url,
    headers: HeaderMap,
    patience: Duration,
}

/// The address of a repository, as somebody typed it: one that could be asked at all.
pub fn address(egress: &Egress, text: &str) -> Result<Url> {
    let wrong = |message: &str| Error::invalid(message.to_owned()).field("clone_addr");
    let hint = "use the address that `git clone` takes, such as `https://git.example/acme/tools.git`";
    let url: Url = text.trim().parse().map_err(|_| wrong("This is no address of a repository").hint(hint))?;
    if !url.username().is_empty() || url.password().is_some() {
        return Err(wrong("The address holds a name or a password; others would read it")
            .hint("give them in the fields for the name and the password"));
    }
    if url.query().is_some() || url.fragment().is_some() {
        return Err(wrong("The address of a repository holds no `?` and no `#`").hint(hint));
    }
    egress.gate().check(&url).map_err(|error| error.field("clone_addr"))?;
    Ok(url)
}

impl<'a> HttpRemote<'a> {
    pub(super) fn new(egress: &'a Egress, origin: (&Origin, Option<&Credentials>), patience: Duration) -> Result<Self> {
        let (origin, credentials) = origin;
        let mut headers = HeaderMap::new();
        // Some servers speak Git only to those who call themselves so.
        headers.insert(USER_AGENT, HeaderValue::from_static("git/2.39 (forgehand)"));
        if let Some(Credentials { username, password }) = credentials {
            let pair = BASE64_STANDARD.encode(format!("{username}:{}", password.reveal()));
            let mut value = HeaderValue::from_str(&format!("Basic {pair}")).context("Cannot send a password")?;
            value.set_sensitive(true);
            headers.insert(AUTHORIZATION, value);
        }
        Ok(Self { egress, url: origin.url.clone(), headers, patience })
    }

    async fn exchange(&self, method: Method, below: &str, body: Vec<u8>, kind: &str) -> Result<Body> {
        let mut url = self.url.clone();
        let path = format!("{}/{below}", url.path().trim_end_matches('/'));
        url.set_path(&path);
        let mut headers = self.headers.clone();
        if method == Method::GET {
            url.set_query(Some("service=git-upload-pack"));
        } else {
            headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/x-git-upload-pack-request"));
        }
        let ask = Ask { method, url, headers, body, patience: self.patience };
        let coming = self.egress.ask(ask).await.map_err(|no| Error::new(ErrorKind::Invalid, no.why))?;
        self.good(&coming, kind)?;
        Ok(coming.body)
    }

    /// Whether an answer is one of smart HTTP; otherwise what it is, in words.
    fn good(&self, coming: &Coming, kind: &str) -> Result<()> {
        let host = visible_line(self.url.host_str().unwrap_or_default(), 100);
        let refused = |message: String| Err(Error::invalid(message));
        match coming.status {
            200 => {}
            401 if self.headers.contains_key(AUTHORIZATION) => {
                return refused(format!("`{host}` does not take this name and password"));
            }
            401 => return refused(format!("`{host}` asks for a name and a password")),
            403 => return refused(format!("`{host}` does not let us read this repository")),
            404 => {
                return Err(Error::invalid(format!("`{host}` knows no such repository"))
                    .hint("some servers say so too when one has to sign in first"));
            }
            300..=399 => {
                return Err(Error::invalid(format!("`{host}` sends us on{}", to(coming)))
                    .hint("redirects are not followed: if you trust that address, give it instead"));
            }
            status => return refused(format!("`{host}` answers {status}")),
        }
        let said = coming.headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
        if said.split(';').next().is_none_or(|said| said.trim() != kind) {
            return Err(Error::invalid(format!("`{host}` does not speak Git's smart HTTP at this address"))
                .hint("the address of a clone is needed, as `git clone` takes it"));
        }
        Ok(())
    }
}

/// Where a redirect leads, as far as that can be shown: without what might be a secret behind `?`.
fn to(coming: &Coming) -> String {
    let location = coming.headers.get(LOCATION).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let location = location.split('?').next().unwrap_or_default();
    let location = location.strip_suffix("/info/refs").unwrap_or(location);
    if location.is_empty() { String::new() } else { format!(" to `{}`", visible_line(location, 200)) }
}

#[async_trait]
impl Remote for HttpRemote<'_> {
    async fn advertise(&self) -> Result<Body> {
        self.exchange(Method::GET, "info/refs", Vec::new(), "application/x-git-upload-pack-advertisement").await
    }

    async fn ask(&self, body: Vec<u8>) -> Result<Body> {
        self.exchange(Method::POST, "git-upload-pack", body, "application/x-git-upload-pack-result").await
    }
}
