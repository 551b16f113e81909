//! The `console` dialect: pages for those who write policies. They hold no data and no rule: their script asks the administration
//! with the token of whoever has signed in.

mod pages;
mod rows;

use super::{Dialect, acp};

/// The dialect.
pub static DIALECT: Dialect = Dialect {
    name: "console",
    title: "Console",
    prefixes: &["/console"],
    also_under: "",
    tables: &[rows::ROWS],
    word: acp::words::word,
    cross_origin: false,
    carries_on: false,
};
