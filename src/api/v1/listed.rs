//! Paging: `?page=` and `limit=`, answered with `Link` and `X-Total-Count`.

use std::convert::Infallible;

use axum::Json;
use axum::extract::FromRequestParts;
use axum::extract::OriginalUri;
use axum::http::HeaderValue;
use axum::http::Uri;
use axum::http::header;
use axum::http::request::Parts;
use axum::response::IntoResponse;
use axum::response::Response;
use serde::Serialize;

use crate::kit::page::Page;
use crate::kit::page::Paging;

/// Which page is asked for, at which address.
pub struct Asked {
    /// Which page.
    pub paging: Paging,
    uri: Uri,
}

impl<S: Send + Sync> FromRequestParts<S> for Asked {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        let uri =
            parts.extensions.get::<OriginalUri>().map_or_else(|| parts.uri.clone(), |original| original.0.clone());
        let number = |key: &str| query(&uri).find(|(name, _)| name == key).and_then(|(_, value)| value.parse().ok());
        let paging = Paging::new(number("page"), number("limit").or_else(|| number("per_page")));
        Ok(Self { paging, uri })
    }
}

impl Asked {
    /// The values of a query parameter.
    pub fn all(&self, key: &str) -> Vec<String> {
        query(&self.uri).filter(|(name, _)| name == key).map(|(_, value)| value).collect()
    }

    /// The first value of a query parameter that is not empty.
    pub fn one(&self, key: &str) -> Option<String> {
        self.all(key).into_iter().find(|value| !value.is_empty())
    }

    /// Whether a query parameter says yes.
    pub fn yes(&self, key: &str) -> bool {
        matches!(self.one(key).as_deref(), Some("true" | "1" | "yes"))
    }

    /// One page of a list, with where the others are. `base` is how people reach the server.
    pub fn answer<T: Serialize>(&self, base: &str, page: Page<T>) -> Response {
        let total = page.total;
        let link = self.links(base, &page);
        let mut response = Json(page.items).into_response();
        let headers = response.headers_mut();
        headers.insert("x-total-count", HeaderValue::from(total));
        if let Ok(link) = HeaderValue::from_str(&link)
            && !link.is_empty()
        {
            headers.insert(header::LINK, link);
        }
        response
    }

    /// One page of a list that is all in memory.
    pub fn slice<T: Serialize>(&self, base: &str, all: Vec<T>) -> Response {
        let total = all.len() as u64;
        let skip = usize::try_from(self.paging.offset()).unwrap_or(usize::MAX);
        let items = all.into_iter().skip(skip).take(self.paging.limit as usize).collect();
        self.answer(base, Page { items, total, paging: self.paging })
    }

    fn links<T>(&self, base: &str, page: &Page<T>) -> String {
        let (now, last) = (page.paging.page, page.last());
        let mut links = Vec::new();
        if now < last {
            links.push((now + 1, "next"));
            links.push((last, "last"));
        }
        if now > 1 {
            links.push((1, "first"));
            links.push((now - 1, "prev"));
        }
        let links = links.iter().map(|(number, relation)| {
            let mut query_of: url::form_urlencoded::Serializer<'_, String> =
                url::form_urlencoded::Serializer::new(String::new());
            query_of.extend_pairs(query(&self.uri).filter(|(name, _)| name != "page"));
            query_of.append_pair("page", &number.to_string());
            format!("<{base}{}?{}>; rel=\"{relation}\"", self.uri.path(), query_of.finish())
        });
        links.collect::<Vec<_>>().join(",")
    }
}

fn query(uri: &Uri) -> impl Iterator<Item = (String, String)> {
    let pairs = url::form_urlencoded::parse(uri.query().unwrap_or_default().as_bytes());
    pairs.map(|(name, value)| (name.into_owned(), value.into_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_keep_the_question_and_lead_to_all_ends() {
        let uri: Uri = "/api/v1/repos/a/b/issues?q=x%20y&page=2&limit=10".parse().unwrap();
        let asked = Asked { paging: Paging::new(Some(2), Some(10)), uri };
        let page = Page { items: vec![1], total: 35, paging: asked.paging };
        let links = asked.links("http://forge", &page);
        let expected = "<http://forge/api/v1/repos/a/b/issues?q=x+y&limit=10&page=3>; rel=\"next\",\
                        <http://forge/api/v1/repos/a/b/issues?q=x+y&limit=10&page=4>; rel=\"last\",\
                        <http://forge/api/v1/repos/a/b/issues?q=x+y&limit=10&page=1>; rel=\"first\",\
                        <http://forge/api/v1/repos/a/b/issues?q=x+y&limit=10&page=1>; rel=\"prev\"";
        assert_eq!(links, expected);
    }
}
