//! Pages for people: HTML that works without a script, from the same rooms that the API asks.
//!
//! - [`routes`] is the table of contents: which address leads to which page.
//! - [`visitor`] is the front door: who looks, from which session; [`entered`] is a repository that they may read;
//!   [`hooked`] says whose webhooks a page is about; [`posted`] is a form that comes from a page of ours.
//! - [`pages`] holds one file a page: a struct of display-ready values with its template, and the handler that fills it.
//! - [`parts`] are the small things that many pages show; their macros lie in `templates/parts/` under the same names.
//! - [`frame`] is what surrounds a page: who looks, what waits for them, which repository they are in.
//! - [`colours`] colours source text.
//!
//! A handler extracts, asks one room, and answers. Nothing here decides who may do what, and nothing here knows SQL. To

pub mod routes;

pub mod visitor;

pub mod brained;
pub mod entered;
pub mod hooked;
pub mod paged;
pub mod posted;

pub mod errors;
pub mod flash;
pub mod frame;
pub mod page;

pub mod pages;
pub mod parts;
pub mod stacks;

pub mod address;
pub mod assets;
pub mod colours;
pub mod headers;
mod live;

pub use routes::router;
