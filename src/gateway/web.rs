//! The tool `web_fetch`: a page of an allowed host as text. Redirects are followed by asking anew, so each host is judged.

use std::collections::HashSet;

use reqwest::header::ACCEPT;
use reqwest::header::HeaderMap;
use reqwest::header::HeaderValue;
use serde_json::Value;
use serde_json::json;
use url::Url;

use crate::egress::Get;
use crate::egress::Target;
use crate::gateway::door::Door;
use crate::gateway::ports::EntryKind;
use crate::kit::Error;
use crate::kit::ErrorKind;
use crate::kit::Result;
use crate::kit::text::bounded;
use crate::kit::text::visible_line;

/// Most pages that lead to another one.
const HOPS: usize = 5;

/// Most bytes of a page that are read.
const PAGE: usize = 2 << 20;

/// Most bytes of text that an agent is given.
const TEXT: usize = 100_000;

/// Fetches a page.
pub(super) async fn fetch(door: &Door, arguments: &Value) -> Result<Value> {
    let asked = arguments["url"].as_str().unwrap_or_default();
    let mut url = read(asked)?;
    for _ in 0..HOPS {
        let target = judge(door, &url).await?;
        door.ports.tools.reads_from(&target.to_string()).await?;
        let headers = HeaderMap::from_iter([(ACCEPT, HeaderValue::from_static("text/html, text/*, application/json"))]);
        let answer = door.ports.egress.get(Get { url: url.clone(), headers, most: PAGE }).await;
        let answer =
            answer.map_err(|no| Error::new(ErrorKind::Invalid, format!("{target}: {}", no.why)).code("NOT_FETCHED"))?;
        let header =
            |name: &str| answer.headers.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str());
        let detail = json!({"target": target.to_string(), "allowed": true, "received": answer.body.len(), "status": answer.status});
        door.say(EntryKind::Egress, format!("{target}: fetched, {} bytes", answer.body.len()), detail).await;
        match (answer.status, header("location")) {
            (301 | 302 | 303 | 307 | 308, Some(next)) => {
                let next =
                    url.join(next).map_err(|_| Error::invalid("The page leads to an address that cannot be read"))?;
                url = read(next.as_str())?;
            }
            (status, _) => {
                let html = header("content-type").is_some_and(|kind| kind.contains("html"));
                let body = String::from_utf8_lossy(&answer.body);
                let text = if html { plain(&body) } else { body.into_owned() };
                let cut = answer.cut || text.len() > TEXT;
                return Ok(json!({"url": url.as_str(), "status": status, "text": bounded(&text, TEXT), "cut": cut}));
            }
        }
    }
    Err(Error::invalid(format!("The page leads on more than {HOPS} times")))
}

fn read(text: &str) -> Result<Url> {
    let wrong = || {
        Error::invalid(format!("`{}` is not an address of a page", visible_line(text, 100)))
            .hint("write `https://`, a host and a path")
            .field("url")
    };
    let url: Url = text.parse().map_err(|_| wrong())?;
    let plain = matches!(url.scheme(), "https" | "http") && url.username().is_empty() && url.password().is_none();
    if plain { Ok(url) } else { Err(wrong()) }
}

/// The target of an address, if it may be reached.
async fn judge(door: &Door, url: &Url) -> Result<Target> {
    let port = url.port_or_known_default().unwrap_or(443);
    let target = Target::parse(url.host_str().unwrap_or_default(), Some(port))?;
    let decision = door.network.decide(&target);
    if decision.allowed {
        return Ok(target);
    }
    if door.take_refusal() {
        let detail = json!({"target": target.to_string(), "allowed": false, "reason": decision.reason});
        door.say(EntryKind::Egress, format!("{target}: refused, {}", decision.reason), detail).await;
    }
    Err(Error::denied(format!("{target} may not be reached: {}", decision.reason)).code("HOST_REFUSED").field("url"))
}

/// The words of a page, without its markup.
fn plain(html: &str) -> String {
    let mut cleaner = ammonia::Builder::empty();
    cleaner.clean_content_tags(HashSet::from(["script", "style", "noscript", "template", "svg"]));
    let text = cleaner.clean(html).to_string();
    let text = text
        .replace("&nbsp;", " ")
        .replace("&lt;", "<")
        .replace("&gt;", ">")
        .replace("&quot;", "\"")
        .replace("&amp;", "&");
    let lines = text.lines().map(|line| line.split_whitespace().collect::<Vec<_>>().join(" "));
    lines.filter(|line| !line.is_empty()).collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_is_its_words() {
        let page = "<html><head><style>b{}</style><script>alert(1)</script></head><body><h1>Title</h1>\n<p>One &amp; <b>two</b></p></body>";
        assert_eq!(plain(page), "Title\nOne & two");
        assert!(read("file:///etc/passwd").is_err() && read("https://a@b.example/").is_err() && read("/x").is_err());
    }
}
