//! `portcullis replay`: a decision of the log once more. The same rules, input and components must say the same.

use clap::Args;
use serde_json::{Value, json};

use super::{Error, Outcome, Place, commands, output};

/// Run a decision of the log again, with its rules and its input as they were then, and compare
#[derive(Args)]
pub struct Replay {
    #[command(flatten)]
    place: Place,
    /// The decision's id: `context.id` of the answer
    id: String,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

impl Replay {
    /// Runs the command.
    pub fn run(self) -> Result<Outcome, Error> {
        let answer = commands::ask(&self.place, "replay", json!({ "id": self.id }))?;
        let agrees = answer.get("agrees") == Some(&Value::Bool(true));
        let undecided = answer.get("outcome").and_then(Value::as_str) == Some(commands::NOT_REPRODUCIBLE);
        if self.json {
            output::say_json(&answer)?;
        } else {
            let result = |when: &str| {
                answer.pointer(&format!("/{when}/result")).and_then(Value::as_str).unwrap_or("?").to_owned()
            };
            output::say(&format!("then: {}, again: {}", result("before"), result("now")));
        }
        if undecided {
            return Err(Error::new("then or now a validator was overloaded, late or not available: not reproducible"));
        }
        if !self.json {
            output::say(if agrees { "the replay agrees" } else { "the replay DIFFERS, see --json" });
        }
        Ok(if agrees { Outcome::Yes } else { Outcome::No })
    }
}
