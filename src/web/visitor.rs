//! Who looks: found once for each request, at the front door of all pages.

use std::net::IpAddr;
use std::net::SocketAddr;
use std::sync::Arc;

use axum::extract::ConnectInfo;
use axum::extract::FromRequestParts;
use axum::extract::Request;
use axum::extract::State;
use axum::http::HeaderValue;
use axum::http::Method;
use axum::http::header;
use axum::http::request::Parts;
use axum::middleware::Next;
use axum::response::IntoResponse;
use axum::response::Response;
use axum_extra::extract::CookieJar;

use crate::access::Actor;
use crate::access::Cx;
use crate::access::Scope;
use crate::access::scope::FEED_SCOPE;
use crate::engine::Engine;
use crate::forge::embedded::Wanted;
use crate::identity::Account;
use crate::identity::session::Session;
use crate::kit::Error;
use crate::kit::ErrorKind;
use crate::kit::Result;
use crate::kit::page::Paging;
use crate::kit::text;
use crate::model::RepoId;
use crate::telemetry::RequestId;
use crate::web::errors;
use crate::web::errors::Failed;
use crate::web::flash;
use crate::web::frame::Flash;
use crate::web::frame::Frame;
use crate::web::frame::Me;
use crate::web::parts::person::Who;

/// The cookie of a session.
pub const SESSION: &str = "forgehand_session";
/// The cookie of a choice between light and dark.
pub const THEME: &str = "forgehand_theme";
/// How many repositories the front page and the inbox look at: those that changed last.
const MOST_REPOSITORIES: u32 = 200;

/// Who looks, and from where.
#[derive(Clone)]
pub struct Visitor {
    /// Who acts.
    pub cx: Cx,
    /// Their session; none when nobody is signed in.
    pub session: Option<Session>,
    /// The value of the session's cookie.
    pub secret: String,
    /// The address that was asked for.
    pub path: String,
    /// The address that the connection comes from.
    pub from: Option<IpAddr>,
    theme: &'static str,
    flash: Option<Flash>,
}

/// The front door: finds out who looks, lets the page be made, and explains what could not be done.
pub async fn receive(State(engine): State<Arc<Engine>>, mut request: Request, next: Next) -> Response {
    let mut visitor = Visitor::nobody(&engine, &request);
    let signed = match feed_token(&request) {
        Some(token) => visitor.sign_in_to_feeds(&engine, &token).await,
        None => visitor.sign_in(&engine).await,
    };
    if let Err(error) = signed {
        return errors::explain(&visitor, false, Failed(error).into_response());
    }
    let reading = request.method() == Method::GET;
    request.extensions_mut().insert(visitor.clone());
    let mut response = errors::explain(&visitor, reading, next.run(request).await);
    let is_page =
        response.headers().get(header::CONTENT_TYPE).is_some_and(|kind| kind.as_bytes().starts_with(b"text/html"));
    if visitor.flash.is_some() && is_page {
        response.headers_mut().append(header::SET_COOKIE, HeaderValue::from_static(flash::GONE));
    }
    response
}

impl Visitor {
    /// What a form of theirs has to carry; empty for somebody who is not signed in.
    pub fn csrf(&self) -> String {
        self.session.as_ref().map(|session| session.csrf.clone()).unwrap_or_default()
    }

    async fn sign_in(&mut self, engine: &Engine) -> Result<()> {
        if self.secret.is_empty() {
            return Ok(());
        }
        if let Some(session) = engine.identity.session(&self.secret).await? {
            self.cx.actor = actor(&session.account);
            self.session = Some(session);
        }
        Ok(())
    }

    /// A program that reads news shows the token of its person. Any other token is none here, and this one is none elsewhere.
    async fn sign_in_to_feeds(&mut self, engine: &Engine, token: &str) -> Result<()> {
        let Some((account, scopes)) = engine.identity.token(token).await? else { return Ok(()) };
        if scopes == [FEED_SCOPE] {
            let read = Some(vec![Scope::Read.as_str().to_owned()]);
            self.cx.actor = Actor::Person { id: account.id, login: account.login, site_admin: false, scopes: read };
        }
        Ok(())
    }

    fn nobody(engine: &Engine, request: &Request) -> Self {
        let jar = CookieJar::from_headers(request.headers());
        let theme = match jar.get(THEME).map(|cookie| cookie.value()) {
            Some("light") => "light",
            Some("dark") => "dark",
            _ => "",
        };
        let connected = request.extensions().get::<ConnectInfo<SocketAddr>>();
        Self {
            cx: Cx::new(Actor::Anonymous, &engine.clock, request_id(request)),
            session: None,
            secret: jar.get(SESSION).map(|cookie| cookie.value().to_owned()).unwrap_or_default(),
            // A token of a feed stands in no address that we write down or lead to.
            path: match is_feed(request.uri().path()) {
                true => request.uri().path().to_owned(),
                false => request.uri().path_and_query().map_or("/", |path| path.as_str()).to_owned(),
            },
            from: connected.map(|ConnectInfo(address)| address.ip()),
            theme,
            flash: jar.get(flash::COOKIE).and_then(|cookie| flash::read(cookie.value())),
        }
    }

    /// The account of who looks; says 401 when nobody is signed in.
    pub fn account(&self) -> Result<&Account> {
        let unknown = || Error::new(ErrorKind::Unauthenticated, "Nobody is signed in").hint("sign in first");
        self.session.as_ref().map(|session| &session.account).ok_or_else(unknown)
    }

    /// What surrounds a page.
    pub async fn frame(&self, engine: &Engine, title: impl Into<String>) -> Result<Frame> {
        let mut frame = self.bare_frame(title);
        if let Some(me) = &mut frame.person {
            let repos = self.repositories(engine).await?;
            let news = match &self.session {
                Some(session) => engine.forge.count_unread(session.account.id).await?,
                None => 0,
            };
            me.waiting = engine.approvals.count_open(&repos).await?;
            me.inbox = me.waiting + news;
        }
        Ok(frame)
    }

    /// What surrounds a page that must not ask any room.
    pub fn bare_frame(&self, title: impl Into<String>) -> Frame {
        let me = |session: &Session| Me {
            who: Who::person(session.account.login.as_str()),
            admin: session.account.site_admin,
            inbox: 0,
            waiting: 0,
        };
        Frame {
            title: seen(title.into()),
            person: self.session.as_ref().map(me),
            csrf: self.csrf(),
            theme: self.theme,
            path: self.path.clone(),
            search: String::new(),
            flashes: self.flash.iter().cloned().collect(),
        }
    }

    /// The repositories that they have a part in, the last changed first.
    pub async fn repositories(&self, engine: &Engine) -> Result<Vec<RepoId>> {
        let wanted = Wanted { own_only: true, ..Wanted::default() };
        let paging = Paging { page: 1, limit: MOST_REPOSITORIES };
        let repositories = engine.forge.repositories(&self.cx, &wanted, paging).await?;
        Ok(repositories.items.into_iter().map(|repository| repository.id).collect())
    }
}

/// Whether an address is one of a feed.
fn is_feed(path: &str) -> bool {
    path.split('/').nth(3) == Some("atom")
}

/// The token that a request for a feed shows.
fn feed_token(request: &Request) -> Option<String> {
    if !is_feed(request.uri().path()) || request.method() != Method::GET {
        return None;
    }
    let mut pairs = url::form_urlencoded::parse(request.uri().query()?.as_bytes());
    pairs.find(|(name, _)| name == "token").map(|(_, token)| token.into_owned())
}

/// A person with a session, who may do all that the person may.
pub fn actor(account: &Account) -> Actor {
    Actor::Person { id: account.id, login: account.login.clone(), site_admin: account.site_admin, scopes: None }
}

/// The id that the log and an error page share: the one that the request log gave, or a new one.
fn request_id(request: &Request) -> String {
    let given = request.extensions().get::<RequestId>().map(|id| id.0.clone());
    given.unwrap_or_else(|| uuid::Uuid::now_v7().as_simple().to_string())
}

impl<S: Sync> FromRequestParts<S> for Visitor {
    type Rejection = Failed;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Failed> {
        let visitor = parts.extensions.get::<Self>().cloned();
        visitor.ok_or_else(|| Failed(Error::internal("A request came past the front door")))
    }
}

/// A title names paths, commits and issues, which hold what nobody sees. One that was made visible already stays as it is.
fn seen(title: String) -> String {
    if title.chars().any(text::is_invisible) { text::visible(&title) } else { title }
}
