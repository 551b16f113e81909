//! The `decide` dialect: OpenID AuthZEN Authorization API 1.0 on every authorization server. A deny is an answer, not an
//! error; 400 names the wrong member.

pub mod entity;
pub mod evaluation;
pub mod evaluations;
pub mod metadata;
pub mod rows;
pub mod words;

use super::Dialect;

/// The dialect.
pub static DIALECT: Dialect = Dialect {
    name: "decide",
    title: "Decisions (AuthZEN)",
    prefixes: &["/.well-known/authzen-configuration"],
    also_under: "",
    tables: &[rows::ROWS],
    word: words::word,
    cross_origin: false,
    carries_on: false,
};
