//! Webhooks as a forge elsewhere sends them.

use hmac::Hmac;
use hmac::KeyInit as _;
use hmac::Mac as _;
use reqwest::RequestBuilder;
use sha2::Sha256;

use super::World;
use super::world::Told;

/// What both sides sign with.
pub const SECRET: &str = "a secret of both sides";

/// Makes a request a signed delivery of GitHub's shape with this id.
pub fn signed(request: RequestBuilder, id: &str, body: &str) -> RequestBuilder {
    let mut signing = Hmac::<Sha256>::new_from_slice(SECRET.as_bytes()).unwrap();
    signing.update(body.as_bytes());
    let signature = hex::encode(signing.finalize().into_bytes());
    let request = request.header("X-GitHub-Event", "issues").header("X-GitHub-Delivery", id);
    request.header("X-Hub-Signature-256", format!("sha256={signature}")).body(body.to_owned())
}

impl World {
    /// Posts a signed delivery with this id.
    pub async fn hook(&self, id: &str, body: &str) -> Told {
        let request = self.http.post(format!("http://{}/hooks/github", self.app.address));
        let answer = signed(request, id, body).send().await.unwrap();
        let status = answer.status().as_u16();
        Told { status, text: answer.text().await.unwrap() }
    }
}
