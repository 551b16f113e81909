//! What the commands print: answers to stdout, complaints to stderr. The only place that prints.

use std::io::{self, Write, stderr, stdout};

use serde::Serialize;

use super::Error;

/// Prints a line of an answer. A closed pipe is not an error: the reader has seen enough.
pub fn say(line: &str) {
    let _ = hand_over(line);
}

/// Prints a line that must have left before anything else happens.
pub fn hand_over(line: &str) -> io::Result<()> {
    writeln!(stdout(), "{line}").and_then(|()| stdout().flush())
}

/// Prints an answer for programs.
pub fn say_json(value: &impl Serialize) -> Result<(), Error> {
    say(&serde_json::to_string_pretty(value).map_err(Error::from_display)?);
    Ok(())
}

/// Prints why something could not be done.
pub fn complain(line: &str) {
    let _ = writeln!(stderr(), "portcullis: {line}");
}

/// Prints how far something has come.
pub fn note(line: &str) {
    let _ = writeln!(stderr(), "{line}");
}
