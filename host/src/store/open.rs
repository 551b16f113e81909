//! The data file and its folder: created for the owner alone and whole, opened by one process at a time.

use std::{
    fs::{self, DirBuilder, File, OpenOptions, Permissions},
    io::ErrorKind,
    os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt},
    panic::{AssertUnwindSafe, catch_unwind},
    path::{Path, PathBuf},
};

use redb::{Builder, Database, backends::FileBackend};

use super::{StoreError, error::engine, migrate};

/// How to open the store.
#[derive(Clone, Debug)]
pub struct Options {
    /// The data file. It and its folder are created when they are missing.
    pub path: PathBuf,
    /// How many decoded records the cache holds at most.
    pub cache_items: usize,
    /// How many bytes of the file redb holds in memory at most.
    pub redb_cache_bytes: usize,
}

/// Opens the data file, creating it and its folder when they are missing.
pub(super) fn database(options: &Options) -> Result<Database, StoreError> {
    let folder = folder_of(&options.path);
    if !folder.is_dir() {
        DirBuilder::new().recursive(true).mode(0o700).create(folder)?;
        sync_folder(folder)?;
    }
    make_missing(options)?;
    let file = OpenOptions::new().read(true).write(true).open(&options.path)?;
    let metadata = file.metadata()?;
    if metadata.len() == 0 {
        // redb would make a new one of it, and nobody would notice what was lost.
        return Err(StoreError::corrupt("file", "it is empty"));
    }
    if metadata.permissions().mode() & 0o077 != 0 {
        file.set_permissions(Permissions::from_mode(0o600))?;
    }
    // Without this a crash of the machine may lose the name of a file whose contents are safe.
    sync_folder(&options.path)?;
    let mut builder = builder(options);
    builder.set_repair_callback(|_| tracing::warn!("the data file was not closed properly; checking all of it"));
    build(|| builder.create_with_backend(FileBackend::new(file)?))
}

/// Makes the data file if it is missing. It gets its name when it is whole and durable, so a start that is killed leaves
/// a good file or none; what it left under the temporary name is removed.
fn make_missing(options: &Options) -> Result<(), StoreError> {
    let folder = File::open(folder_of(&options.path))?;
    // Two first starts at once take turns. Not every file system has such locks; without them they are told of an error.
    let _ = folder.lock();
    let partial = options.path.with_extension("making");
    match fs::remove_file(&partial) {
        Err(error) if error.kind() != ErrorKind::NotFound => return Err(error.into()),
        _ => {}
    }
    if options.path.try_exists()? {
        return Ok(());
    }
    let file = OpenOptions::new().read(true).write(true).create_new(true).mode(0o600).open(&partial)?;
    let content = file.try_clone()?;
    let database = build(|| builder(options).create_with_backend(FileBackend::new(content)?))?;
    migrate::run(&database)?;
    database.close().map_err(engine)?;
    file.sync_all()?;
    fs::rename(&partial, &options.path)?;
    Ok(folder.sync_all()?)
}

fn builder(options: &Options) -> Builder {
    let mut builder = Builder::new();
    builder.set_cache_size(options.redb_cache_bytes);
    builder
}

/// Runs one of redb's ways to open a file. They may panic on a damaged one.
pub(super) fn build(open: impl FnOnce() -> Result<Database, redb::DatabaseError>) -> Result<Database, StoreError> {
    match catch_unwind(AssertUnwindSafe(open)) {
        Ok(opened) => opened.map_err(engine),
        Err(_) => Err(StoreError::corrupt("file", "it cannot be read as a database")),
    }
}

/// Makes the name of `path` in its folder durable.
pub(super) fn sync_folder(path: &Path) -> Result<(), StoreError> {
    Ok(File::open(folder_of(path))?.sync_all()?)
}

fn folder_of(path: &Path) -> &Path {
    match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    }
}
