//! What a form did, said once on the page that follows it. It travels in a cookie of its own that lives for a minute.
//! Whoever writes that cookie can only talk to themselves: it is escaped like all text.

use axum::http::HeaderValue;

use crate::kit::text;
use crate::web::address;
use crate::web::frame::Flash;

/// The cookie's name.
pub const COOKIE: &str = "forgehand_said";

/// What was done, in a sentence.
#[derive(Clone, Debug)]
pub struct Said {
    tone: &'static str,
    sentence: String,
}

impl Said {
    /// Something was done.
    pub fn done(sentence: impl Into<String>) -> Self {
        Self { tone: "ok", sentence: sentence.into() }
    }

    /// Something was not done, for a reason that the reader can mend.
    pub fn not_done(sentence: impl Into<String>) -> Self {
        Self { tone: "bad", sentence: sentence.into() }
    }

    pub(super) fn cookie(&self) -> HeaderValue {
        let sentence = text::bounded(&self.sentence, 600);
        let value =
            format!("{COOKIE}={}.{}; Path=/; Max-Age=60; HttpOnly; SameSite=Lax", self.tone, address::escape(sentence));
        HeaderValue::from_str(&value).unwrap_or(HeaderValue::from_static(GONE))
    }
}

/// Takes the cookie away.
pub(super) const GONE: &str = "forgehand_said=; Path=/; Max-Age=0; HttpOnly; SameSite=Lax";

/// What the cookie says.
pub(super) fn read(value: &str) -> Option<Flash> {
    let (tone, sentence) = value.split_once('.')?;
    let tone = if tone == "ok" { "ok" } else { "bad" };
    let text = percent_encoding::percent_decode_str(sentence).decode_utf8().ok()?;
    Some(Flash { tone, text: text.into_owned(), hints: Vec::new() })
}
