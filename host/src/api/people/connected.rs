//! The page that somebody sees who has authorized a connection at a provider and is back.
//!
//! Called by the `outbound` dialect, whose callback it answers.

use http::StatusCode;
use maud::html;

use super::{
    layout::{self, Frame, Kind},
    texts::{Language, fill},
};
use crate::api::{Answer, Request};

/// The page for the connection `name`.
pub fn page(request: &Request, name: &str) -> Answer {
    let language = Language::of(request, &[]);
    let texts = language.connection();
    let body = html! {
        h1 { (texts.title) }
        p { (fill(texts.done, &[("connection", name)])) }
    };
    layout::page(StatusCode::OK, Frame { language, title: texts.title, brand: None, kind: Kind::Step }, &body)
}
