//! `portcullis backup` and `portcullis restore`. A backup is a store file of its own; secrets in it stay sealed, so a
//! restored store needs the master key it was made with (`master.key` of the data folder, kept elsewhere).

use std::{
    fs::{self, OpenOptions},
    io::{Read, Write},
    os::unix::fs::{DirBuilderExt, OpenOptionsExt},
    path::{Path, PathBuf},
};

use clap::Args;
use serde_json::{Value, json};

use super::{Error, Outcome, Place, commands, output};
use crate::{server::STORE_FILE, store};

/// Copy the store, while the server runs or not; `master.key` of the data folder has to be kept with it, apart
#[derive(Args)]
pub struct Backup {
    #[command(flatten)]
    place: Place,
    /// The file to write; must not exist
    file: PathBuf,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

/// Put a backup into an empty data folder; its `master.key` has to be put beside it
#[derive(Args)]
pub struct Restore {
    #[command(flatten)]
    place: Place,
    /// The backup
    file: PathBuf,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

impl Backup {
    /// Runs the command.
    pub fn run(self) -> Result<Outcome, Error> {
        // The server has another working directory.
        let to = std::path::absolute(&self.file).map_err(Error::from_display)?;
        let report = commands::ask(&self.place, "backup", json!({ "to": to }))?;
        match self.json {
            true => output::say_json(&report)?,
            false => {
                let number = |name: &str| report.get(name).and_then(Value::as_u64).unwrap_or_default();
                let (entries, bytes) = (number("entries"), number("bytes"));
                output::say(&format!("{entries} entries, {bytes} bytes in {}", to.display()));
            }
        }
        Ok(Outcome::Yes)
    }
}

impl Restore {
    /// Runs the command.
    pub fn run(self) -> Result<Outcome, Error> {
        let config = self.place.load(None, false)?;
        let target = config.data.join(STORE_FILE);
        if target.exists() {
            return Err(Error::new(format!("{} exists already; restore into an empty folder", target.display())));
        }
        let report = store::verify(&self.file).map_err(Error::from_display)?;
        fs::DirBuilder::new().recursive(true).mode(0o700).create(&config.data).map_err(Error::from_display)?;
        put(&self.file, &target).map_err(|error| Error::new(format!("{}: {error}", target.display())))?;
        match self.json {
            true => output::say_json(&json!({ "entries": report.entries(), "bytes": report.file_bytes }))?,
            false => {
                output::say(&format!("{} entries restored into {}", report.entries(), target.display()));
                output::say("put the master.key it was made with beside it, or set PORTCULLIS_MASTER_KEY");
            }
        }
        Ok(Outcome::Yes)
    }
}

/// Copies beside the target, makes it durable, then renames: there is a whole store or none.
fn put(from: &Path, target: &Path) -> std::io::Result<()> {
    let partial = target.with_extension("restoring");
    let mut source = fs::File::open(from)?;
    let mut copy = OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&partial)?;
    let mut buffer = vec![0; 1 << 20];
    loop {
        match source.read(&mut buffer)? {
            0 => break,
            read => copy.write_all(buffer.get(..read).unwrap_or_default())?,
        }
    }
    copy.sync_all()?;
    fs::hard_link(&partial, target)?; // fails when somebody was faster, unlike a rename
    fs::remove_file(&partial)?;
    match target.parent() {
        Some(folder) => fs::File::open(folder)?.sync_all(),
        None => Ok(()),
    }
}
