//! Webhooks as a forge elsewhere sends them.

use hmac::Hmac;
use hmac::KeyInit as _;
use hmac::Mac as _;
use sha2::Sha256;

use super::World;
use super::world::Told;

/// What both sides sign with.
pub const SECRET: &str = "a secret of both sides";

impl World {
    /// Posts a signed delivery of GitHub's shape with this id.
    pub async fn hook(&self, id: &str, body: &str) -> Told {
        let mut signing = Hmac::<Sha256>::new_from_slice(SECRET.as_bytes()).unwrap();
        signing.update(body.as_bytes());
        let signature = hex::encode(signing.finalize().into_bytes());
        let request = self.http.post(format!("http://{}/hooks/github", self.app.address));
        let request = request.header("X-GitHub-Event", "issues").header("X-GitHub-Delivery", id);
        let request = request.header("X-Hub-Signature-256", format!("sha256={signature}"));
        let answer = request.body(body.to_owned()).send().await.unwrap();
        let status = answer.status().as_u16();
        Told { status, text: answer.text().await.unwrap() }
    }
}
