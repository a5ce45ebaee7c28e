//! Turns an error into a page. A handler returns the error; [`crate::web::visitor::receive`], which knows who looks,
//! renders it.

use axum::http::HeaderValue;
use axum::http::StatusCode;
use axum::http::header;
use axum::response::IntoResponse;
use axum::response::Redirect;
use axum::response::Response;

use crate::forge::embedded::UNFINISHED;
use crate::kit::Error;
use crate::kit::ErrorKind;
use crate::web::pages::not_done::NotDone;
use crate::web::visitor::Visitor;

/// What every handler answers.
pub type Answer = Result<Response, Failed>;

/// An error on its way to a page.
#[derive(Debug)]
pub struct Failed(pub Error);

impl From<Error> for Failed {
    fn from(error: Error) -> Self {
        Self(error)
    }
}

/// An error that a response carries until the page around it is made.
#[derive(Clone)]
pub(super) struct Carried(std::sync::Arc<Error>);

impl IntoResponse for Failed {
    fn into_response(self) -> Response {
        let status = StatusCode::from_u16(self.0.kind().status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let mut response = status.into_response();
        response.extensions_mut().insert(Carried(std::sync::Arc::new(self.0)));
        response
    }
}

/// A page that could not be rendered is our own fault.
impl From<askama::Error> for Failed {
    fn from(error: askama::Error) -> Self {
        Self(Error::internal("Cannot render a page").source(error))
    }
}

/// The page for a response that is an error; other responses pass as they are. Says it to the log, once.
pub(super) fn explain(visitor: &Visitor, reading: bool, response: Response) -> Response {
    let status = response.status();
    if !status.is_client_error() && !status.is_server_error() {
        return response;
    }
    let error = match response.extensions().get::<Carried>() {
        Some(Carried(error)) => error.clone(),
        // A form shown again, with what was wrong in it.
        None if is_page(&response) => return response,
        None => std::sync::Arc::new(foreign(status)),
    };
    if error.kind() == ErrorKind::Internal {
        tracing::error!(request.id = visitor.cx.request, error = error.chain(), "A page could not be made");
    }
    if error.kind() == ErrorKind::Unauthenticated && reading {
        return Redirect::to(&format!("/login?next={}", super::address::escape(&visitor.path))).into_response();
    }
    // What is not here yet has one page, which says why.
    if error.code_name() == UNFINISHED && reading {
        return Redirect::to(&format!("{}/settings/origin", repository_of(&visitor.path))).into_response();
    }
    let ours = error.kind() == ErrorKind::Internal;
    let status = StatusCode::from_u16(error.kind().status()).unwrap_or(status);
    let page = NotDone {
        frame: visitor.bare_frame(title(error.kind())),
        status: status.as_u16(),
        title: title(error.kind()),
        message: if ours { "Something failed on our side.".to_owned() } else { error.message().to_owned() },
        hints: if ours { Vec::new() } else { error.hints().to_vec() },
        request: if ours { visitor.cx.request.clone() } else { String::new() },
        sign_in: visitor.session.is_none() && matches!(error.kind(), ErrorKind::NotFound | ErrorKind::Unauthenticated),
    };
    match super::page::html(&page) {
        Ok(body) => {
            let mut response = (status, body).into_response();
            if let Some(wait) = error.retry() {
                let seconds = HeaderValue::from(wait.as_secs().max(1));
                response.headers_mut().insert(header::RETRY_AFTER, seconds);
            }
            response
        }
        Err(_) => status.into_response(),
    }
}

/// The address of the repository that an address is below.
fn repository_of(path: &str) -> String {
    let path = path.split('?').next().unwrap_or_default();
    path.splitn(4, '/').take(3).collect::<Vec<_>>().join("/")
}

fn is_page(response: &Response) -> bool {
    response.headers().get(header::CONTENT_TYPE).is_some_and(|kind| kind.as_bytes().starts_with(b"text/html"))
}

/// What the framework refused before a handler saw it: a number that is none, a body that is too large.
fn foreign(status: StatusCode) -> Error {
    match status {
        StatusCode::PAYLOAD_TOO_LARGE => Error::new(ErrorKind::TooLarge, "The form holds more than a page may send"),
        StatusCode::METHOD_NOT_ALLOWED => Error::new(ErrorKind::Malformed, "This address cannot be used that way"),
        StatusCode::SERVICE_UNAVAILABLE => Error::new(ErrorKind::Unavailable, "The server is busy; try again"),
        status if status.is_server_error() => Error::internal(format!("The framework answered {status}")),
        _ => Error::not_found("such page"),
    }
}

fn title(kind: ErrorKind) -> &'static str {
    match kind {
        ErrorKind::Invalid | ErrorKind::Malformed => "That cannot be used",
        ErrorKind::NotFound => "Not found",
        ErrorKind::Denied => "Not allowed",
        ErrorKind::Unauthenticated => "Sign in first",
        ErrorKind::Conflict => "It has changed meanwhile",
        ErrorKind::TooLarge => "Too large",
        ErrorKind::RateLimited => "Too many requests",
        ErrorKind::Quota => "The quota is spent",
        ErrorKind::Unavailable => "Not available now",
        ErrorKind::Internal => "Something went wrong",
    }
}
