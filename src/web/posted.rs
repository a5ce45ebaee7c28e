//! A form as it was posted. Taking one checks that it comes from a page of ours: first by where the browser says it comes
//! from, then by the token of the session.

use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::FromRequest;
use axum::extract::Request;
use axum::http::HeaderMap;
use axum::http::header;
use subtle::ConstantTimeEq as _;

use crate::engine::Engine;
use crate::kit::Error;
use crate::kit::ErrorKind;
use crate::web::errors::Failed;
use crate::web::visitor::Visitor;

/// The fields of a form.
#[derive(Debug)]
pub struct Posted(Vec<(String, String)>);

impl Posted {
    /// The first value of a field; empty when there is none. Line ends are those of Git, whatever a browser sends.
    pub fn text(&self, name: &str) -> String {
        self.0.iter().find(|(key, _)| key == name).map(|(_, value)| value.replace("\r\n", "\n")).unwrap_or_default()
    }

    /// The first value of a field, unless it is empty.
    pub fn some(&self, name: &str) -> Option<String> {
        Some(self.text(name)).filter(|value| !value.is_empty())
    }

    /// Every value of a field.
    pub fn all(&self, name: &str) -> Vec<String> {
        self.0.iter().filter(|(key, _)| key == name).map(|(_, value)| value.clone()).collect()
    }

    /// Whether a box is ticked.
    pub fn ticked(&self, name: &str) -> bool {
        !self.text(name).is_empty()
    }
}

impl FromRequest<Arc<Engine>> for Posted {
    type Rejection = Failed;

    async fn from_request(request: Request, state: &Arc<Engine>) -> Result<Self, Failed> {
        let visitor = request.extensions().get::<Visitor>().cloned();
        let visitor = visitor.ok_or_else(|| Error::internal("A form came past the front door"))?;
        from_here(request.headers())?;
        let body = Bytes::from_request(request, state).await;
        let body = body.map_err(|_| Error::new(ErrorKind::TooLarge, "The form holds more than a page may send"))?;
        let posted = Self(url::form_urlencoded::parse(&body).into_owned().collect());
        if let Some(session) = &visitor.session
            && !bool::from(posted.text("csrf").as_bytes().ct_eq(session.csrf.as_bytes()))
        {
            return Err(stranger().hint("go back, reload the page and send it again").into());
        }
        Ok(posted)
    }
}

/// Whether a browser says that the form stands on a page of ours. A program that says nothing has no session to abuse.
fn from_here(headers: &HeaderMap) -> Result<(), Error> {
    let site = headers.get("sec-fetch-site").map(|value| value.as_bytes());
    if site.is_some_and(|site| site != b"same-origin" && site != b"none") {
        return Err(stranger());
    }
    let Some(origin) = headers.get(header::ORIGIN).and_then(|origin| origin.to_str().ok()) else { return Ok(()) };
    let host = headers.get(header::HOST).and_then(|host| host.to_str().ok()).unwrap_or_default();
    let named = origin.split_once("://").map_or("", |(_, host)| host);
    if named.eq_ignore_ascii_case(host) { Ok(()) } else { Err(stranger()) }
}

fn stranger() -> Error {
    Error::denied("This form does not come from a page of this server")
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    fn check(headers: &[(&'static str, &'static str)]) -> bool {
        let headers = headers
            .iter()
            .map(|(name, value)| (axum::http::HeaderName::from_static(name), HeaderValue::from_static(value)));
        from_here(&headers.collect()).is_ok()
    }

    #[test]
    fn forms_of_other_sites_are_refused() {
        assert!(check(&[("host", "forge.example"), ("origin", "https://forge.example")]));
        assert!(check(&[("host", "127.0.0.1:7070"), ("sec-fetch-site", "same-origin")]));
        assert!(!check(&[("host", "forge.example"), ("origin", "https://evil.example")]));
        assert!(!check(&[("host", "forge.example"), ("origin", "null")]));
        assert!(!check(&[("host", "forge.example"), ("sec-fetch-site", "cross-site")]));
        assert!(!check(&[("host", "forge.example"), ("sec-fetch-site", "same-site")]));
    }
}
