//! A delivery as it goes out: packed, signed, with Gitea's headers under the names that its relatives use.

use hmac::Hmac;
use hmac::KeyInit as _;
use hmac::Mac as _;
use sha1::Sha1;
use sha2::Sha256;
use url::Url;

use crate::forge::embedded::hooks::ContentType;
use crate::forge::embedded::hooks::Hook;
use crate::forge::embedded::hooks::HookDelivery;
use crate::forge::embedded::hooks::HookSecrets;
use crate::kit::secret::Secret;

/// A delivery as it goes out.
#[derive(Clone, Debug)]
pub struct Dispatch {
    /// Where to.
    pub url: Url,
    /// Headers. None of them is a secret.
    pub headers: Vec<(&'static str, String)>,
    /// The header `Authorization`, which is written down nowhere.
    pub authorization: Option<Secret<String>>,
    /// The body.
    pub body: Vec<u8>,
}

impl Dispatch {
    /// The delivery for its hook. The signature is over the JSON, however it is packed, as Gitea does it.
    pub fn new(hook: &Hook, secrets: &HookSecrets, delivery: &HookDelivery) -> Self {
        let payload = delivery.payload.as_bytes();
        let body = match hook.content_type {
            ContentType::Json => payload.to_vec(),
            ContentType::Form => {
                let mut form = url::form_urlencoded::Serializer::new(String::new());
                form.append_pair("payload", &delivery.payload);
                form.finish().into_bytes()
            }
        };
        let signature = secrets.secret.as_ref().map(|secret| Signature::of(secret.reveal(), payload));
        let event = delivery.event.header().to_owned();
        let kind = delivery.event.as_str().to_owned();
        let id = uuid_of(delivery);
        let mut headers = vec![
            ("content-type", hook.content_type.header().to_owned()),
            ("user-agent", concat!("Forgehand/", env!("CARGO_PKG_VERSION")).to_owned()),
        ];
        for names in FAMILY {
            let values = [&id, &event, &kind].map(Clone::clone);
            headers.extend(names.into_iter().zip(values));
        }
        if let Some(Signature { sha1, sha256 }) = signature {
            let signed = ["x-forgejo-signature", "x-gitea-signature", "x-gogs-signature"];
            headers.extend(signed.map(|name| (name, sha256.clone())));
            headers.push(("x-hub-signature", format!("sha1={sha1}")));
            headers.push(("x-hub-signature-256", format!("sha256={sha256}")));
        }
        Self { url: hook.url.clone(), headers, authorization: secrets.authorization.clone(), body }
    }
}

/// Delivery, event and kind of event, by the name of each relative.
const FAMILY: [[&str; 3]; 4] = [
    ["x-forgejo-delivery", "x-forgejo-event", "x-forgejo-event-type"],
    ["x-gitea-delivery", "x-gitea-event", "x-gitea-event-type"],
    ["x-gogs-delivery", "x-gogs-event", "x-gogs-event-type"],
    ["x-github-delivery", "x-github-event", "x-github-event-type"],
];

/// The id with hyphens, as others write theirs. A delivery that is said again has an id of its own.
fn uuid_of(delivery: &HookDelivery) -> String {
    let id = delivery.id.to_string();
    uuid::Uuid::try_parse(&id).map_or(id, |id| id.as_hyphenated().to_string())
}

struct Signature {
    sha1: String,
    sha256: String,
}

impl Signature {
    fn of(secret: &str, payload: &[u8]) -> Self {
        let mut short = Hmac::<Sha1>::new_from_slice(secret.as_bytes()).expect("HMAC takes a key of any length");
        short.update(payload);
        let mut long = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).expect("HMAC takes a key of any length");
        long.update(payload);
        Self { sha1: hex::encode(short.finalize().into_bytes()), sha256: hex::encode(long.finalize().into_bytes()) }
    }
}
