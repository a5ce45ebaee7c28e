//! Pages for people: HTML that works without a script, from the same rooms that the API asks.
//!
//! - [`pages`] holds one file a page: a struct of display-ready values with its template, and the handler that fills it.
//! - [`parts`] are the small things that many pages show; their macros lie in `templates/parts/` under the same names.
//! - [`frame`] is what surrounds a page: who looks, what waits for them, which repository they are in.
//! - [`colours`] colours source text.
//!
//! A handler extracts, asks one room, and answers. Nothing here decides who may do what, and nothing here knows SQL. To

pub mod assets;
pub mod colours;
pub mod frame;
pub mod headers;
pub mod pages;
pub mod parts;
