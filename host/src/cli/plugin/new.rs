//! `portcullis plugin new`: a component to start from, with cases that pass once it is built.

use std::{
    env, fs,
    path::{Path, PathBuf},
};

use clap::Args;

use super::templates::{self, Language, World};
use crate::cli::{Error, Outcome, output, scaffold};

/// Where a repository of Portcullis has the author's crate.
const SDK: &str = "plugins/sdk";
/// The longest name of a component.
const LONGEST: usize = 64;

/// Write a component to start from, which builds, and whose cases pass
///
/// Example: portcullis plugin new minimum-level --language rust --world validator && portcullis plugin test minimum-level
#[derive(Args)]
pub struct New {
    /// The component's name and that of its folder: lower case letters, digits and hyphens
    name: String,
    /// What it is written in
    #[arg(long)]
    language: Language,
    /// What it does: decide for a policy, make claims for tokens, or say whether consents are given
    #[arg(long, default_value = "validator")]
    world: World,
    /// Where to put its folder
    #[arg(long = "in", value_name = "FOLDER", default_value = ".")]
    folder: PathBuf,
    /// The crate portcullis-sdk (Rust); by default the one of the repository around it, else the published one
    #[arg(long, value_name = "FOLDER")]
    sdk: Option<PathBuf>,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

impl New {
    /// Runs the command.
    pub(super) fn run(self) -> Result<Outcome, Error> {
        let New { name, language, world, folder, sdk, json } = self;
        check(&name)?;
        let place = folder.join(&name);
        let sdk = match language {
            Language::Rust => dependency(sdk, &folder, world)?,
            Language::Javascript | Language::Python => String::new(),
        };
        let written = scaffold::write(&place, &templates::files(&name, language, world, &sdk))?;
        match json {
            true => output::say_json(&serde_json::json!({ "folder": place, "files": written }))?,
            false => {
                written.iter().for_each(|path| output::say(&format!("wrote {}", path.display())));
                output::say(&format!("try it: portcullis plugin test {} --watch", place.display()));
            }
        }
        Ok(Outcome::Yes)
    }
}

fn check(name: &str) -> Result<(), Error> {
    let letters = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    let begins = name.chars().next().is_some_and(|first| first.is_ascii_lowercase());
    match begins && name.len() <= LONGEST && !name.ends_with('-') && name.chars().all(letters) {
        true => Ok(()),
        false => Err(Error::new(format!(
            "{name:?} is no name for a component: lower case letters, digits and hyphens, the first a letter"
        ))),
    }
}

/// The line of Cargo.toml that brings the author's crate.
fn dependency(said: Option<PathBuf>, folder: &Path, world: World) -> Result<String, Error> {
    let features = format!("default-features = false, features = [\"{}\"]", world.name());
    let found = match said {
        Some(sdk) if !sdk.join("Cargo.toml").exists() => {
            return Err(Error::new(format!("{}: there is no crate here", sdk.display())));
        }
        Some(sdk) => Some(sdk),
        None => around(folder),
    };
    match found {
        Some(sdk) => {
            let sdk = fs::canonicalize(&sdk).map_err(|error| Error::new(format!("{}: {error}", sdk.display())))?;
            let path = toml::Value::String(sdk.display().to_string());
            Ok(format!(
                "# The crate of the repository that this was made with. Once it is published: portcullis-sdk = \"1\"\n\
                 portcullis-sdk = {{ path = {path}, {features} }}"
            ))
        }
        None => {
            output::note(
                "portcullis-sdk is not published yet: name its folder with --sdk, plugins/sdk of a checkout of Portcullis",
            );
            Ok(format!(
                "# As published. Until it is: path = \"…/plugins/sdk\" of a repository of Portcullis instead of the version.\n\
             portcullis-sdk = {{ version = \"1\", {features} }}"
            ))
        }
    }
}

/// The author's crate of the repository around `folder`, or around where the command runs.
fn around(folder: &Path) -> Option<PathBuf> {
    let here = env::current_dir().ok()?;
    let starts = [here.join(folder), here];
    let places = starts.iter().flat_map(|start| start.ancestors()).map(|place| place.join(SDK));
    places.into_iter().find(|sdk| sdk.join("Cargo.toml").exists())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_stand_in_every_language() {
        assert!(check("minimum-level-2").is_ok());
        for name in ["", "Minimum", "2nd", "a_b", "-a", "a-", "a/b"] {
            assert!(check(name).is_err(), "{name}");
        }
    }
}
