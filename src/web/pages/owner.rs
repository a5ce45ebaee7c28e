//! An organisation or a person: their repositories.

use askama::Template;

use crate::web::frame::Frame;
use crate::web::pages::dashboard::RepositoryRow;
use crate::web::parts::person::Who;

/// `/{owner}`
#[derive(Template)]
#[template(path = "pages/owner.html")]
pub struct Owner {
    /// What surrounds the page.
    pub frame: Frame,
    /// Who.
    pub who: Who,
    /// Whether it is an organisation.
    pub organisation: bool,
    /// Its repositories.
    pub repositories: Vec<RepositoryRow>,
    /// Its members and what they may do.
    pub members: Vec<(Who, String)>,
    /// Whether the person may make a repository here.
    pub may_create: bool,
}
