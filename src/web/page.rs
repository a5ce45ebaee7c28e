//! From a template to an answer.

use askama::Template;
use axum::http::HeaderValue;
use axum::http::header;
use axum::response::IntoResponse;
use axum::response::Redirect;
use axum::response::Response;

use crate::web::errors::Answer;

/// A page as an answer.
pub fn show(page: &impl Template) -> Answer {
    Ok(html(page)?)
}

/// A page as a response.
pub(super) fn html(page: &impl Template) -> askama::Result<Response> {
    let kind = (header::CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8"));
    Ok(([kind], page.render()?).into_response())
}

/// A form that could not be taken: the page again, with 422, so that no program takes it for success.
pub fn again(page: &impl Template) -> Answer {
    let mut response = html(page)?;
    *response.status_mut() = axum::http::StatusCode::UNPROCESSABLE_ENTITY;
    Ok(response)
}

/// What follows a form: another page, which says once what was done.
pub fn go(address: &str, said: Option<&super::flash::Said>) -> Answer {
    let mut response = Redirect::to(address).into_response();
    if let Some(said) = said {
        response.headers_mut().append(header::SET_COOKIE, said.cookie());
    }
    Ok(response)
}
