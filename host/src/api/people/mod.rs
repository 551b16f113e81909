//! The `people` dialect: the pages of an authorization server, for browsers. Login, consent, account, errors.
//!
//! What the other dialects say in JSON is said here in HTML, without script, in the person's language.

pub mod account;
pub mod assets;
pub mod authorize;
pub mod callback;
pub mod check_session;
pub mod confirm;
pub mod connected;
pub mod consent;
pub mod cookies;
pub mod csrf;
pub mod custom;
pub mod details;
pub mod device;
pub mod elsewhere;
pub mod layout;
pub mod login;
pub mod logout;
pub mod rows;
pub mod second_factor;
pub mod texts;
pub mod visit;
pub mod words;

use super::Dialect;

/// The dialect.
pub static DIALECT: Dialect = Dialect {
    name: "people",
    title: "Pages for people",
    prefixes: &[],
    also_under: "",
    tables: rows::TABLES,
    word: words::word,
    cross_origin: false,
    carries_on: true,
};
