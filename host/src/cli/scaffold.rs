//! Writing the files of something new, all or none, and never over what is there.
//!
//! Used by `policy new` and `plugin new`.

use std::{
    fs::{self, OpenOptions},
    io::{self, Write},
    path::{Path, PathBuf},
};

use super::Error;

/// Writes `files`, each a path below `folder` with its text. Answers where they are.
pub fn write(folder: &Path, files: &[(String, String)]) -> Result<Vec<PathBuf>, Error> {
    let wrong = |path: &Path, error: &dyn std::fmt::Display| Error::new(format!("{}: {error}", path.display()));
    let paths: Vec<PathBuf> = files.iter().map(|(name, _)| folder.join(name)).collect();
    if let Some(there) = paths.iter().find(|path| path.exists()) {
        return Err(wrong(there, &"is there already, and nothing was written"));
    }
    for (path, (_, text)) in paths.iter().zip(files) {
        write_one(path, text).map_err(|error| wrong(path, &error))?;
    }
    Ok(paths)
}

fn write_one(path: &Path, text: &str) -> io::Result<()> {
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder)?;
    }
    OpenOptions::new().write(true).create_new(true).open(path)?.write_all(text.as_bytes())
}
