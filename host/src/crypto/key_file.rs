//! The master key: 32 bytes, read from its file, from a given text, or made on first start.
//!
//! Called by `vault` only. Must not know what is derived from the key. The file holds the key as one line of base64url,
//! the same form as in `PORTCULLIS_MASTER_KEY`, so that an operator can move it from one place to the other.

use super::{
    secret::Secret,
    vault::{KeySource, VaultError},
};
use crate::world::World;
use data_encoding::{BASE64URL_NOPAD, HEXLOWER_PERMISSIVE};
use std::{
    fs::{DirBuilder, File, OpenOptions, hard_link, remove_file},
    io::{self, ErrorKind, Read, Write},
    os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt},
    path::{Path, PathBuf},
};
use zeroize::Zeroizing;

/// The file in the data folder that holds the master key.
pub const KEY_FILE: &str = "master.key";

/// 256 bits from which every other key comes.
pub(super) type MasterKey = Zeroizing<[u8; 32]>;

/// A longer file is not a key file; nothing needs to be read beyond this.
const MOST_BYTES: u64 = 256;

/// Any right of the group or of others.
const FOREIGN_RIGHTS: u32 = 0o077;

/// The key in a text given by the operator.
pub(super) fn from_given(given: &Secret) -> Result<MasterKey, VaultError> {
    parse(given.expose()).ok_or(VaultError::KeyMalformed(KeySource::Given))
}

/// The key in `folder`/master.key, which is made, with its folder, if it does not exist.
pub(super) fn from_folder(folder: &Path, world: &World) -> Result<MasterKey, VaultError> {
    let path = folder.join(KEY_FILE);
    let failed = |source| VaultError::File { path: path.clone(), source };
    match open(&path).map_err(failed)? {
        Some(file) => {
            // A start that was killed may have left a second name of the key.
            remove(&partial(&path)).map_err(failed)?;
            read(file, &path)
        }
        None => create(folder, &path, world),
    }
}

/// The key file, if it is there.
fn open(path: &Path) -> io::Result<Option<File>> {
    match File::open(path) {
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        opened => opened.map(Some),
    }
}

/// The name under which the key file is written.
fn partial(path: &Path) -> PathBuf {
    path.with_extension("making")
}

fn remove(path: &Path) -> io::Result<()> {
    match remove_file(path) {
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(()),
        removed => removed,
    }
}

fn read(file: File, path: &Path) -> Result<MasterKey, VaultError> {
    let failed = |source| VaultError::File { path: path.to_owned(), source };
    // Asked of the open file, so that it cannot be exchanged between the question and the reading.
    let mode = file.metadata().map_err(failed)?.permissions().mode() & 0o777;
    if mode & FOREIGN_RIGHTS != 0 {
        return Err(VaultError::KeyExposed { path: path.to_owned(), mode });
    }
    let mut bytes = Zeroizing::new(Vec::with_capacity(256));
    file.take(MOST_BYTES).read_to_end(&mut bytes).map_err(failed)?;
    let key = std::str::from_utf8(&bytes).ok().and_then(parse);
    key.ok_or_else(|| VaultError::KeyMalformed(KeySource::File(path.to_owned())))
}

/// Makes the key file. It gets its name when it is whole and durable, so a start that is killed leaves a key or none.
fn create(folder: &Path, path: &Path, world: &World) -> Result<MasterKey, VaultError> {
    let failed = |source| VaultError::File { path: path.to_owned(), source };
    DirBuilder::new().recursive(true).mode(0o700).create(folder).map_err(failed)?;
    let folder = File::open(folder).map_err(failed)?;
    // Two first starts at once take turns. Not every file system has such locks; without them they are told of an error.
    let _ = folder.lock();
    match open(path).map_err(failed)? {
        Some(file) => read(file, path),
        None => make(&folder, path, world).map_err(failed),
    }
}

fn make(folder: &File, path: &Path, world: &World) -> io::Result<MasterKey> {
    let partial = partial(path);
    remove(&partial)?;
    let key = Zeroizing::new(world.bytes::<32>());
    write(OpenOptions::new().write(true).create_new(true).mode(0o600).open(&partial)?, &key)?;
    hard_link(&partial, path)?; // fails when somebody put a key there, unlike a rename
    remove(&partial)?;
    // The name of the file must be as durable as its content, or data would outlive its key.
    folder.sync_all()?;
    Ok(key)
}

fn write(mut file: File, key: &MasterKey) -> io::Result<()> {
    let mut line = Zeroizing::new(BASE64URL_NOPAD.encode(key.as_slice()));
    line.push('\n');
    file.write_all(line.as_bytes())?;
    file.sync_all()
}

/// 64 hexadecimal digits, or 43 characters of base64url with or without padding.
fn parse(text: &str) -> Option<MasterKey> {
    let text = text.trim();
    let decoded = match text.len() {
        64 => HEXLOWER_PERMISSIVE.decode(text.as_bytes()),
        _ => BASE64URL_NOPAD.decode(text.strip_suffix('=').unwrap_or(text).as_bytes()),
    };
    let bytes = Zeroizing::new(decoded.ok()?);
    <[u8; 32]>::try_from(bytes.as_slice()).ok().map(Zeroizing::new)
}
