//! `portcullis plugin build`: a folder with a component's source → the component, by the tools of its language.
//!
//! Cargo makes a core module, which is made a component here; the tools for JavaScript and Python make components themselves.

use std::path::{Path, PathBuf};

use clap::Args;

use super::{
    check,
    tools::{self, Built},
};
use crate::cli::{Error, Outcome, output};

/// Build a component with the tools of its language, and check it
///
/// What is in the folder tells the language: Cargo.toml, package.json or pyproject.toml. A tool that is missing is named, with the
/// command that brings it.
///
/// Example: portcullis plugin build minimum-level
#[derive(Args)]
pub struct Build {
    /// The component's folder
    #[arg(default_value = ".")]
    folder: PathBuf,
    /// Where to put the component [default: NAME.wasm in its folder]
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

impl Build {
    /// Runs the command.
    pub(super) fn run(self) -> Result<Outcome, Error> {
        let Build { folder, out, json } = self;
        let file = build(&folder, out)?;
        let report = check::check(&file, None)?;
        match json {
            true => output::say_json(&serde_json::json!({ "file": file, "check": report }))?,
            false => {
                output::say(&format!("built {}", file.display()));
                report.tell();
            }
        }
        Ok(if report.is_ok() { Outcome::Yes } else { Outcome::No })
    }
}

/// Builds the component in `folder`. Answers where it is.
pub(super) fn build(folder: &Path, out: Option<PathBuf>) -> Result<PathBuf, Error> {
    let has = |file: &str| folder.join(file).is_file();
    let Built { file } = if has("Cargo.toml") {
        tools::cargo(folder, out)
    } else if has("package.json") {
        tools::node(folder, out)
    } else if has("pyproject.toml") {
        tools::python(folder, out)
    } else {
        let folder = folder.display();
        Err(Error::new(format!("{folder}: there is no Cargo.toml, package.json or pyproject.toml here")))
    }?;
    Ok(file)
}
