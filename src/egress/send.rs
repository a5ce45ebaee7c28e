//! One request, and a bounded look at the answer.

use std::error::Error as StdError;
use std::time::Duration;
use std::time::Instant;

use reqwest::header::HeaderMap;
use url::Url;

use crate::egress::Egress;
use crate::egress::gate::Shut;
use crate::kit::text::visible_line;

/// The most bytes of an answer that are kept; what follows is not read.
const MOST_ANSWER: usize = 64 * 1024;

/// The most headers of an answer that are kept.
const MOST_HEADERS: usize = 64;

/// A request with a body.
#[derive(Clone, Debug)]
pub struct Post {
    /// Where to.
    pub url: Url,
    /// Headers besides those that every request has.
    pub headers: HeaderMap,
    /// The body.
    pub body: Vec<u8>,
}

/// A request without a body.
#[derive(Clone, Debug)]
pub struct Get {
    /// Where to.
    pub url: Url,
    /// Headers besides those that every request has.
    pub headers: HeaderMap,
    /// Most bytes of the answer that are kept.
    pub most: usize,
}

/// What came back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// The status.
    pub status: u16,
    /// Headers, in lower case, as far as they can be shown.
    pub headers: Vec<(String, String)>,
    /// The beginning of the body.
    pub body: Vec<u8>,
    /// Whether there was more of it.
    pub cut: bool,
}

/// Why nothing came back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NoAnswer {
    /// A sentence for people.
    pub why: String,
    /// Whether the request was not made because it may not be.
    pub refused: bool,
}

impl Egress {
    /// Sends one request; answers also how long it took.
    pub async fn post(&self, post: Post) -> (Result<Answer, NoAnswer>, Duration) {
        let began = Instant::now();
        let Post { url, headers, body } = post;
        let request = self.client.post(url.clone()).headers(headers).body(body);
        (self.in_time(&url, request, MOST_ANSWER).await, began.elapsed())
    }

    /// Asks for something. No redirect is followed: an answer that leads elsewhere is an answer.
    pub async fn get(&self, get: Get) -> Result<Answer, NoAnswer> {
        let Get { url, headers, most } = get;
        self.in_time(&url, self.client.get(url.clone()).headers(headers), most).await
    }

    async fn in_time(&self, url: &Url, request: reqwest::RequestBuilder, most: usize) -> Result<Answer, NoAnswer> {
        match tokio::time::timeout(self.patience, self.exchange(url, request, most)).await {
            Ok(told) => told,
            Err(_) => {
                let patience = crate::kit::clock::in_words(self.patience);
                Err(NoAnswer { why: format!("There was no whole answer within {patience}"), refused: false })
            }
        }
    }

    async fn exchange(&self, url: &Url, request: reqwest::RequestBuilder, most: usize) -> Result<Answer, NoAnswer> {
        // An address that is written as numbers is never looked up as a name.
        if let Err(error) = self.gate.check(url) {
            return Err(NoAnswer { why: error.message().to_owned(), refused: true });
        }
        let mut response = request.send().await.map_err(|error| no_answer(&error))?;
        let headers = response.headers().iter().take(MOST_HEADERS);
        let headers = headers
            .map(|(name, value)| {
                (name.as_str().to_owned(), visible_line(&String::from_utf8_lossy(value.as_bytes()), 500))
            })
            .collect();
        let status = response.status().as_u16();
        let (mut body, mut cut) = (Vec::new(), false);
        while let Some(chunk) = response.chunk().await.map_err(|error| no_answer(&error))? {
            let room = most - body.len();
            body.extend_from_slice(&chunk[..chunk.len().min(room)]);
            if chunk.len() > room {
                cut = true;
                break;
            }
        }
        Ok(Answer { status, headers, body, cut })
    }
}

/// The innermost reason, which is the one that helps.
pub(super) fn no_answer(error: &reqwest::Error) -> NoAnswer {
    let mut source: Option<&(dyn StdError + 'static)> = error.source();
    let mut why = String::new();
    while let Some(inner) = source {
        if let Some(Shut(message)) = inner.downcast_ref() {
            return NoAnswer { why: message.clone(), refused: true };
        }
        why = inner.to_string();
        source = inner.source();
    }
    let what = if error.is_connect() { "Cannot connect" } else { "The exchange broke off" };
    NoAnswer { why: visible_line(&format!("{what}: {why}"), 500), refused: false }
}
