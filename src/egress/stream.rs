//! One request whose answer is read as it comes: by whoever bounds it.

use std::time::Duration;

use futures_util::TryStreamExt as _;
use reqwest::Method;
use reqwest::header::HeaderMap;
use tokio::io::AsyncRead;
use tokio_util::io::StreamReader;
use url::Url;

use crate::egress::Egress;
use crate::egress::NoAnswer;
use crate::egress::send::no_answer;
use crate::kit::Result;

/// A request.
#[derive(Clone, Debug)]
pub struct Ask {
    /// What is asked for.
    pub method: Method,
    /// Where.
    pub url: Url,
    /// Headers besides those that every request has. A secret in them is marked as sensitive by whoever puts it there.
    pub headers: HeaderMap,
    /// The body.
    pub body: Vec<u8>,
    /// How long the first byte of the answer may take.
    pub patience: Duration,
}

/// An answer whose body is still coming. Nothing bounds it here.
pub struct Coming {
    /// The status.
    pub status: u16,
    /// Headers as they came.
    pub headers: HeaderMap,
    /// The body.
    pub body: std::pin::Pin<Box<dyn AsyncRead + Send>>,
}

impl Egress {
    /// A client for one address, for whoever speaks a protocol of its own over it. It goes where all requests may go, and follows
    /// no redirect.
    pub fn client_for(&self, url: &Url) -> Result<reqwest::Client> {
        // An address that is written as numbers is never looked up as a name.
        self.gate.check(url)?;
        Ok(self.client.clone())
    }

    /// Sends one request, and hands on its answer as it comes. A redirect is an answer like any other.
    pub async fn ask(&self, ask: Ask) -> std::result::Result<Coming, NoAnswer> {
        let Ask { method, url, headers, body, patience } = ask;
        // An address that is written as numbers is never looked up as a name.
        if let Err(error) = self.gate.check(&url) {
            return Err(NoAnswer { why: error.message().to_owned(), refused: true });
        }
        let sent = self.client.request(method, url).headers(headers).body(body).send();
        let response = match tokio::time::timeout(patience, sent).await {
            Ok(response) => response.map_err(|error| no_answer(&error))?,
            Err(_) => {
                let patience = crate::kit::clock::in_words(patience);
                return Err(NoAnswer { why: format!("There was no answer within {patience}"), refused: false });
            }
        };
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        let body = StreamReader::new(response.bytes_stream().map_err(std::io::Error::other));
        Ok(Coming { status, headers, body: Box::pin(body) })
    }
}
