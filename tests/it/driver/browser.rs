//! A person at a browser without scripts: pages by `GET`, forms by `POST`.

use super::Told;
use super::World;

/// Somebody's browser; they are signed in.
pub struct Browser<'a> {
    world: &'a World,
    http: reqwest::Client,
    cookie: String,
    csrf: String,
}

impl World {
    /// Signs somebody in.
    pub async fn browser(&self, who: &str) -> Browser<'_> {
        let identity = &self.app.engine.identity;
        let person = identity.account_by_name(&who.parse().unwrap()).await.unwrap().unwrap();
        let secret = identity.open_session(person.id).await.unwrap().secret.reveal().clone();
        let session = identity.session(&secret).await.unwrap().unwrap();
        let http = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).build().unwrap();
        Browser { world: self, http, cookie: format!("forgehand_session={secret}"), csrf: session.csrf }
    }
}

impl Browser<'_> {
    /// A page.
    pub async fn look(&self, path: &str) -> Told {
        self.send(self.http.get(self.address(path))).await
    }

    /// A page that must be there.
    pub async fn page(&self, path: &str) -> String {
        let told = self.look(path).await;
        assert_eq!(told.status, 200, "{path}: {}", told.text);
        told.text
    }

    /// Sends a form; a redirect answers with where it leads.
    pub async fn post(&self, path: &str, fields: &[(&str, &str)]) -> Told {
        let mut form = url::form_urlencoded::Serializer::new(String::new());
        form.append_pair("csrf", &self.csrf).extend_pairs(fields);
        let request = self.http.post(self.address(path)).body(form.finish());
        self.send(request.header("content-type", "application/x-www-form-urlencoded")).await
    }

    /// Sends a form that must be taken; answers where it leads.
    pub async fn submit(&self, path: &str, fields: &[(&str, &str)]) -> String {
        let told = self.post(path, fields).await;
        assert_eq!(told.status, 303, "{path}: {}", told.text);
        told.text
    }

    async fn send(&self, request: reqwest::RequestBuilder) -> Told {
        let answer = request.header("cookie", &self.cookie).send().await.unwrap();
        let status = answer.status().as_u16();
        let leads = answer.headers().get("location").map(|to| to.to_str().unwrap().to_owned());
        let text = answer.text().await.unwrap();
        Told { status, text: leads.unwrap_or(text) }
    }

    fn address(&self, path: &str) -> String {
        format!("http://{}{path}", self.world.app.address)
    }
}

/// The value of a hidden field of the form that goes to this address.
pub fn hidden(page: &str, action: &str, field: &str) -> String {
    let form = page.split("<form").find(|form| form.contains(&format!("action=\"{action}\""))).expect("the form");
    let start = format!("name=\"{field}\" value=\"");
    let (_, value) = form.split_once(&start).expect("the field");
    value.split('"').next().unwrap().to_owned()
}
