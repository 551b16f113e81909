//! `portcullis policy check`: whether policies can be saved, and where they are wrong.

use std::path::{Path, PathBuf};

use clap::Args;

use super::{
    file::{PolicyFile, PolicyFileProblems, Unreadable},
    run::{Complaint, complaints},
};
use crate::{
    cli::{Error, Outcome, output, workbench::Workbench},
    domain::Problem,
};

/// Say whether policies can be saved; problems are told as file:line:column: message, as editors understand it
///
/// Example: portcullis policy check policies/*.json
#[derive(Args)]
pub struct Check {
    /// The policies: their JSON files, or scripts (.rego, .cedar, .cel)
    #[arg(required = true, value_name = "POLICY")]
    policies: Vec<PathBuf>,
    /// A component of one's own that policies name; the name is the file's unless it is said
    #[arg(long = "plugin", value_name = "[NAME=]FILE")]
    plugins: Vec<String>,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

impl Check {
    /// Runs the command.
    pub(super) fn run(self) -> Result<Outcome, Error> {
        let Check { policies, plugins, json } = self;
        let bench = Workbench::cold()?;
        bench.bring(&plugins)?;
        let mut found = Vec::new();
        for path in &policies {
            found.extend(check(&bench, path)?);
        }
        match json {
            true => output::say_json(&found)?,
            false => {
                found.iter().for_each(|complaint| output::say(&complaint.line()));
                if found.is_empty() {
                    let ies = if policies.len() == 1 { "policy" } else { "policies" };
                    output::say(&format!("{} {ies} can be saved", policies.len()));
                }
            }
        }
        Ok(if found.is_empty() { Outcome::Yes } else { Outcome::No })
    }
}

fn check(bench: &Workbench, path: &Path) -> Result<Vec<Complaint>, Error> {
    match PolicyFile::read(path) {
        Ok(file) => Ok(bench.wait(complaints(bench, &file))),
        Err(Unreadable::Wrong(wrong)) => {
            let PolicyFileProblems { path, problems } = *wrong;
            let complaint = |problem: Problem| Complaint::in_json(&path, problem.member, problem.reason);
            Ok(problems.into_iter().map(complaint).collect())
        }
        Err(unreadable) => Err(unreadable.into()),
    }
}
