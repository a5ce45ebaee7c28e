//! Static files, compiled into the binary. Each is served under an address that holds the digest of its bytes, so that a
//! browser may keep it for ever and a new binary is seen at once.

use std::collections::HashMap;
use std::sync::LazyLock;

use axum::extract::Path;
use axum::http::HeaderValue;
use axum::http::StatusCode;
use axum::http::header;
use axum::response::IntoResponse;
use axum::response::Response;
use rust_embed::RustEmbed;

#[derive(RustEmbed)]
#[folder = "static/"]
struct Files;

struct Asset {
    address: String,
    tag: String,
    media: &'static str,
    bytes: Vec<u8>,
}

static ASSETS: LazyLock<HashMap<String, Asset>> = LazyLock::new(|| {
    let load = |name: std::borrow::Cow<'static, str>| {
        let file = Files::get(&name)?;
        let tag = crate::kit::digest::Digest::plain(&file.data).short();
        let asset =
            Asset { address: format!("/static/{tag}/{name}"), media: media(&name), tag, bytes: file.data.into_owned() };
        Some((name.into_owned(), asset))
    };
    Files::iter().filter_map(load).collect()
});

/// The address of the file of icons, which every page names many times.
pub static ICONS: LazyLock<&'static str> = LazyLock::new(|| url("icons.svg"));

/// The address of a static file; empty for a name that is none, which a test of the layout would see.
pub fn url(name: &str) -> &'static str {
    ASSETS.get(name).map_or("", |asset| asset.address.as_str())
}

/// `GET /static/{tag}/{name}`
pub async fn serve(Path((tag, name)): Path<(String, String)>) -> Response {
    let Some(asset) = ASSETS.get(&name) else {
        return StatusCode::NOT_FOUND.into_response();
    };
    let keep = if tag == asset.tag { "public, max-age=31536000, immutable" } else { "no-cache" };
    let headers = [
        (header::CONTENT_TYPE, HeaderValue::from_static(asset.media)),
        (header::CACHE_CONTROL, HeaderValue::from_static(keep)),
    ];
    (headers, asset.bytes.as_slice()).into_response()
}

/// `GET /favicon.ico`, which browsers ask for on pages that are not ours to write, such as a raw file.
pub async fn favicon() -> Response {
    serve(Path((String::new(), "logo.svg".to_owned()))).await
}

fn media(name: &str) -> &'static str {
    match name.rsplit('.').next() {
        Some("css") => "text/css; charset=utf-8",
        Some("js") => "text/javascript; charset=utf-8",
        Some("svg") => "image/svg+xml",
        _ => "application/octet-stream",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_static_file_has_an_address() {
        for name in ["forgehand.css", "forgehand.js", "htmx.min.js", "icons.svg", "logo.svg"] {
            assert!(url(name).ends_with(name), "{name}");
        }
    }
}
