//! `portcullis policy new`: a policy to start from, with cases that pass.

use std::path::PathBuf;

use clap::{Args, ValueEnum};
use serde::Serialize;

use crate::{
    cli::{Error, Outcome, output, scaffold},
    domain::id,
};

/// Write a policy to start from, with cases that pass
///
/// NAME.json is as createPolicy takes it; a script stands in a file of its own beside it; NAME.cases.yaml has the cases.
///
/// Example: portcullis policy new staff --language rego && portcullis policy test policies/staff.cases.yaml
#[derive(Args)]
pub struct New {
    /// The policy's id, and the name of its files
    name: String,
    /// What it is written in
    #[arg(long, default_value = "fields")]
    language: Language,
    /// Where to put it
    #[arg(long = "in", value_name = "FOLDER", default_value = "policies")]
    folder: PathBuf,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

#[derive(Clone, Copy, ValueEnum, Serialize)]
#[serde(rename_all = "lowercase")]
enum Language {
    /// Fields that are compared, in JSON
    Fields,
    /// CEL, an expression
    Cel,
    /// Cedar, policies that permit and forbid
    Cedar,
    /// Rego, rules over data
    Rego,
}

impl Language {
    /// The ending of its scripts and a script; none when the policy is all in its JSON.
    fn script(self) -> Option<(&'static str, &'static str)> {
        match self {
            Language::Fields => None,
            Language::Cel => Some(("cel", include_str!("templates/policy.cel"))),
            Language::Cedar => Some(("cedar", include_str!("templates/policy.cedar"))),
            Language::Rego => Some(("rego", include_str!("templates/policy.rego"))),
        }
    }
}

const FIELDS: &str = include_str!("templates/fields.json");
const SCRIPTED: &str = include_str!("templates/script.json");
const CASES: &str = include_str!("templates/cases.yaml");

impl New {
    /// Runs the command.
    pub(super) fn run(self) -> Result<Outcome, Error> {
        let New { name, language, folder, json } = self;
        id::check("NAME", &name).map_err(Error::from_display)?;
        let mut files = vec![(format!("{name}.cases.yaml"), CASES.to_owned())];
        match language.script() {
            None => files.push((format!("{name}.json"), FIELDS.replace("NAME", &name))),
            Some((ending, script)) => {
                files.push((format!("{name}.json"), SCRIPTED.replace("LANGUAGE", ending).replace("NAME", &name)));
                files.push((format!("{name}.{ending}"), script.to_owned()));
            }
        }
        let written = scaffold::write(&folder, &files)?;
        let cases = folder.join(format!("{name}.cases.yaml"));
        match json {
            true => output::say_json(&serde_json::json!({ "files": written, "cases": cases }))?,
            false => {
                written.iter().for_each(|path| output::say(&format!("wrote {}", path.display())));
                output::say(&format!("try it: portcullis policy test {} --watch", cases.display()));
            }
        }
        Ok(Outcome::Yes)
    }
}
