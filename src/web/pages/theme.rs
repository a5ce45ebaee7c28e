//! Choosing between light and dark.

use axum::http::HeaderValue;
use axum::http::header;

use crate::web::address;
use crate::web::errors::Answer;
use crate::web::page::go;
use crate::web::posted::Posted;

/// `POST /user/theme`
pub async fn choose(posted: Posted) -> Answer {
    let mut response = go(address::ours(&posted.text("next")), None)?;
    let cookie = match posted.text("theme").as_str() {
        "dark" => "forgehand_theme=dark; Path=/; Max-Age=31536000; HttpOnly; SameSite=Lax",
        "light" => "forgehand_theme=light; Path=/; Max-Age=31536000; HttpOnly; SameSite=Lax",
        _ => "forgehand_theme=; Path=/; Max-Age=0; HttpOnly; SameSite=Lax",
    };
    response.headers_mut().append(header::SET_COOKIE, HeaderValue::from_static(cookie));
    Ok(response)
}
