//! The lines a bench ends with: a figure, its limit and whether it holds. For people and for grep.
//!
//! ```text
//! ratio fresh/native 3.1 (limit 4) ok
//! figure restart-after-kill 12.0 ms (limit 100 ms) ok
//! ```
//!
//! Used by every bench. A missed limit is told, it does not fail the run: figures of a busy machine mean nothing.

#![allow(dead_code, reason = "no bench needs all of it")]

use std::fmt;

/// What a figure is held against.
#[derive(Clone, Copy)]
pub(crate) enum Limit {
    /// It may be as large as this.
    AtMost(f64),
    /// It has to be as large as this.
    AtLeast(f64),
    /// Only shown.
    None,
}

impl Limit {
    fn words(self, unit: &Unit<'_>, value: f64) -> String {
        let verdict = |holds| if holds { "ok" } else { "MISSED" };
        match self {
            Limit::AtMost(most) => format!(" (limit {most}{unit}) {}", verdict(value <= most)),
            Limit::AtLeast(least) => format!(" (at least {least}{unit}) {}", verdict(value >= least)),
            Limit::None => String::new(),
        }
    }
}

/// A unit with a space before it, or nothing.
struct Unit<'a>(&'a str);

impl fmt::Display for Unit<'_> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0.is_empty() { Ok(()) } else { write!(out, " {}", self.0) }
    }
}

/// Prints how two figures of the same run relate.
pub(crate) fn ratio(name: &str, value: f64, limit: Limit) {
    println!("ratio {name} {value:.2}{}", limit.words(&Unit(""), value));
}

/// Prints a figure that is no ratio.
pub(crate) fn figure(name: &str, value: f64, unit: &str, limit: Limit) {
    println!("figure {name} {value:.2}{}{}", Unit(unit), limit.words(&Unit(unit), value));
}

/// Whether measurements are wanted: `cargo bench` says so, `cargo test` builds and starts benches, too.
pub(crate) fn wanted() -> bool {
    let wanted = std::env::args().any(|argument| argument == "--bench");
    if !wanted {
        println!("nothing measured: run with `cargo bench`");
    }
    wanted
}

/// The middle one of some figures; 0 without any.
pub(crate) fn median(mut figures: Vec<f64>) -> f64 {
    figures.sort_by(f64::total_cmp);
    figures.get(figures.len() / 2).copied().unwrap_or_default()
}
