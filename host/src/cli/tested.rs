//! What the cases of policies and components came to, told in one way.
//!
//! Called by `policy test` and `plugin test`.

use serde::Serialize;

use super::{Error, Outcome, output};

/// What one case came to.
pub(super) trait Tested: Serialize {
    /// Whether it is as it should be.
    fn passed(&self) -> bool;
    /// What the case is called, with what it cost where that is told.
    fn title(&self) -> String;
    /// What differs from what was expected.
    fn problems(&self) -> &[String];
    /// What those who were asked say about it.
    fn reasons(&self) -> impl Iterator<Item = &String>;
}

/// Tells all of them, as JSON or for people. The outcome is yes when all have passed.
pub(super) fn report(tested: &[impl Tested], json: bool) -> Result<Outcome, Error> {
    let failed = tested.iter().filter(|tested| !tested.passed()).count();
    if json {
        output::say_json(&tested)?;
    } else {
        tested.iter().for_each(show);
        output::say(&format!("{} passed, {failed} failed", tested.len() - failed));
    }
    Ok(if failed == 0 { Outcome::Yes } else { Outcome::No })
}

fn show(tested: &impl Tested) {
    let mark = if tested.passed() { "ok  " } else { "FAIL" };
    output::say(&format!("{mark} {}", tested.title()));
    tested.problems().iter().for_each(|problem| output::say(&format!("       {problem}")));
    tested.reasons().for_each(|reason| output::say(&format!("       because {reason}")));
}
