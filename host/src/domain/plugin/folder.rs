//! The operator's folder of components (`plugins.folder`): every tenant may take them, nobody but the operator puts them there.

use std::{fs, io::Read, path::Path};

use super::source::{Sources, Taken, invalid};
use crate::domain::Failure;

/// How the file of a component ends.
const ENDING: &str = ".wasm";
/// The longest name of a file.
const NAME: usize = 128;
/// Files that are listed.
const FILES: usize = 1000;

/// Takes a component by the name of its file.
pub(super) async fn take(sources: &Sources, name: &str) -> Result<Taken, Failure> {
    if !is_name(name) {
        return Err(invalid("must be `file:NAME.wasm`, where NAME has letters, digits, `-`, `_` and `.` only"));
    }
    let folder = sources.folder.clone().ok_or_else(|| invalid("this server has no folder of components"))?;
    let (name, most) = (name.to_owned(), sources.component_bytes);
    let work = move || read(&folder, &name, most).map(|wasm| Taken { wasm, source: format!("file:{name}") });
    tokio::task::spawn_blocking(work).await.map_err(|error| Failure::Internal { log: error.to_string() })?
}

/// The components of the folder, by name, each with its size in bytes.
pub(super) async fn list(sources: &Sources) -> Result<Vec<(String, u64)>, Failure> {
    let Some(folder) = sources.folder.clone() else { return Ok(Vec::new()) };
    let work = move || names(&folder).map_err(|error| Failure::Unavailable { log: format!("plugins.folder: {error}") });
    tokio::task::spawn_blocking(work).await.map_err(|error| Failure::Internal { log: error.to_string() })?
}

fn names(folder: &Path) -> std::io::Result<Vec<(String, u64)>> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let Ok(name) = entry.file_name().into_string() else { continue };
        // A link is followed: what is in the folder is the operator's choice.
        let is_file = |size: &fs::Metadata| size.is_file();
        if let Some(file) = fs::metadata(entry.path()).ok().filter(is_file).filter(|_| is_name(&name)) {
            found.push((name, file.len()));
        }
    }
    found.sort_unstable();
    found.truncate(FILES);
    Ok(found)
}

fn read(folder: &Path, name: &str, most: usize) -> Result<Vec<u8>, Failure> {
    let path = folder.join(name);
    let missing = |_| Failure::not_found("file", name);
    // Looked at before it is opened: opening a pipe would wait for somebody to write into it.
    if !fs::metadata(&path).map_err(missing)?.is_file() {
        return Err(Failure::not_found("file", name));
    }
    let file = fs::File::open(&path).map_err(missing)?;
    let mut wasm = Vec::new();
    let whole = file.take(most as u64 + 1).read_to_end(&mut wasm);
    whole.map_err(|error| Failure::Unavailable { log: format!("{}: {error}", path.display()) })?;
    match wasm.len() > most {
        true => Err(invalid(format!("the file has more than {most} bytes"))),
        false => Ok(wasm),
    }
}

/// Whether this names a file of the folder and nothing outside of it.
fn is_name(name: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte);
    name.len() <= NAME && name.ends_with(ENDING) && !name.starts_with('.') && name.bytes().all(plain)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_stay_in_the_folder() {
        assert!(is_name("limit-1.0.wasm"));
        for bad in ["../a.wasm", "/etc/a.wasm", "a/b.wasm", ".wasm", "..wasm", "a.wat", "a\0.wasm", "", "a\\b.wasm"] {
            assert!(!is_name(bad), "{bad}");
        }
    }
}
