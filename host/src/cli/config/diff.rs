//! `portcullis config diff`: what an import would change. Exits with 0 for nothing, 1 for something, 2 when it cannot tell.

use std::path::PathBuf;

use clap::Args;
use serde_json::json;

use super::{DIFF, file};
use crate::{
    api::{
        acp::configuration::compare::{Changed, Differences, Named},
        read,
    },
    cli::{Error, Outcome, Place, commands, output},
};

/// Say what `import --mode update` would change
///
/// Members are named, their values never shown: some are secrets. What only the store has is listed and does not count as
/// a difference, since an import leaves it alone. Exits with 0 when nothing would change, with 1 otherwise.
#[derive(Args)]
pub struct Diff {
    #[command(flatten)]
    place: Place,
    /// The file, YAML or JSON, as `config export` writes it; `-` is stdin
    file: PathBuf,
    /// Only the records of this tenant
    #[arg(long, value_name = "ID")]
    tenant: Option<String>,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

impl Diff {
    /// Runs the command.
    pub fn run(self) -> Result<Outcome, Error> {
        let Diff { place, file, tenant, json } = self;
        let arguments = json!({ "document": file::read(&file)?, "tenant": tenant });
        let answer = commands::ask(&place, DIFF, arguments)?;
        let found: Differences = read::from_value(answer.clone()).map_err(Error::from_display)?;
        if json {
            output::say_json(&answer)?;
        } else {
            tell(&found);
        }
        Ok(if found.is_empty() { Outcome::Yes } else { Outcome::No })
    }
}

fn tell(Differences { added, changed, unchanged, only_here }: &Differences) {
    let name = |Named { kind, tenant_id, id }: &Named| format!("{kind} {tenant_id}/{id}");
    added.iter().for_each(|record| output::say(&format!("+ {}", name(record))));
    for Changed { record, members } in changed {
        output::say(&format!("~ {}: {}", name(record), members.join(", ")));
    }
    only_here.iter().for_each(|record| output::say(&format!("  {} (only in the store)", name(record))));
    let counts = (added.len(), changed.len(), only_here.len());
    output::say(&format!(
        "{} added, {} changed, {unchanged} unchanged, {} only in the store",
        counts.0, counts.1, counts.2
    ));
}
