//! The input document that `eval`, `explain` and `bench` ask about.

use std::{
    fs,
    io::{self, Read},
    path::PathBuf,
};

use clap::Args;
use serde_json::Value;

use crate::{
    api::read,
    cli::{Error, output},
    decision::Input,
    world::World,
};

/// A policy and what it is asked about.
#[derive(Args)]
pub(super) struct Question {
    /// The policy: its JSON file, or its script (.rego, .cedar, .cel)
    #[arg(value_name = "POLICY")]
    pub(super) policy: PathBuf,
    /// The policy input document in JSON; - is stdin. Without the member `now` it is now
    #[arg(long, value_name = "FILE")]
    input: PathBuf,
    /// A component of one's own that the policy names; the name is the file's unless it is said
    #[arg(long = "plugin", value_name = "[NAME=]FILE")]
    pub(super) plugins: Vec<String>,
    /// Print JSON
    #[arg(long)]
    pub(super) json: bool,
}

impl Question {
    /// The input document as JSON text.
    pub(super) fn document(&self) -> Result<String, Error> {
        let name = self.input.display();
        let text = match self.input.as_os_str() == "-" {
            true => from_stdin(),
            false => fs::read(&self.input),
        };
        let text = text.map_err(|error| Error::new(format!("{name}: {error}")))?;
        document(&text, &World::system()).map_err(|reason| Error::new(format!("{name}: {reason}")))
    }
}

fn from_stdin() -> io::Result<Vec<u8>> {
    let mut text = Vec::new();
    io::stdin().read_to_end(&mut text)?;
    Ok(text)
}

fn document(text: &[u8], world: &World) -> Result<String, String> {
    let value: Value = read::from_json(text).map_err(|problem| problem.to_string())?;
    note_unknown(&value);
    let mut input: Input = read::from_value(value).map_err(|problem| problem.to_string())?;
    if input.now == 0 {
        input.now = world.now_seconds();
    }
    serde_json::to_string(&input).map_err(|error| error.to_string())
}

/// A member that no policy will ever see is most likely misspelt.
fn note_unknown(value: &Value) {
    let Ok(Value::Object(known)) = serde_json::to_value(Input::default()) else { return };
    for name in value.as_object().into_iter().flat_map(|members| members.keys()) {
        if !known.contains_key(name) {
            let members: Vec<&str> = known.keys().map(String::as_str).collect();
            output::note(&format!(
                "note: the input has a member `{name}` that no policy sees; there are {}",
                members.join(", ")
            ));
        }
    }
}
