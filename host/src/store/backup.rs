//! Backups: one snapshot copied into a new data file while the store goes on working.
//!
//! A backup is an ordinary data file: to restore one, put it in the place of the data file.

use std::{
    fs::{File, OpenOptions},
    ops::{Bound, ControlFlow},
    os::unix::fs::OpenOptionsExt,
    path::Path,
};

use redb::{Builder, backends::FileBackend};

use super::{
    StoreError, Table, View,
    error::engine,
    migrate,
    open::{build, sync_folder},
    read::{Each, Read},
    writer::begin,
};

/// Memory for the file being written.
const CACHE_BYTES: usize = 16 << 20;

/// What a backup, or any data file, holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BackupReport {
    /// Its format number.
    pub format: u32,
    /// Every table's name with its number of entries.
    pub tables: Vec<(&'static str, u64)>,
    /// Bytes of the file.
    pub file_bytes: u64,
}

impl BackupReport {
    /// The entries of all tables together.
    pub fn entries(&self) -> u64 {
        self.tables.iter().map(|(_, entries)| entries).sum()
    }
}

/// Copies what `read` sees into the new file `to`, readable by the owner alone. Answers when it is durable. An existing
/// file is left alone, and is an error; a file that could not be finished is removed.
pub(super) fn write(read: &Read, to: &Path) -> Result<BackupReport, StoreError> {
    let file = OpenOptions::new().read(true).write(true).create_new(true).mode(0o600).open(to)?;
    let copied = copy(read, file.try_clone()?).and_then(|tables| {
        file.sync_all()?;
        sync_folder(to)?;
        Ok(BackupReport { format: migrate::format(read)?, tables, file_bytes: file.metadata()?.len() })
    });
    if copied.is_err() {
        // The error that counts is the one already at hand.
        let _ = std::fs::remove_file(to);
    }
    copied
}

fn copy(read: &Read, file: File) -> Result<Vec<(&'static str, u64)>, StoreError> {
    let mut builder = Builder::new();
    builder.set_cache_size(CACHE_BYTES);
    let database = build(|| builder.create_with_backend(FileBackend::new(file)?))?;
    let transaction = begin(&database)?;
    let mut tables = Vec::new();
    for table in Table::ALL {
        let mut copy = transaction.open_table(table.definition()).map_err(engine)?;
        let entries = for_each(read, table, &mut |key, value| {
            copy.insert(key, value).map_err(engine)?;
            Ok(ControlFlow::Continue(()))
        })?;
        tables.push((table.name(), entries));
    }
    transaction.commit().map_err(engine)?;
    database.close().map_err(engine)?;
    Ok(tables)
}

/// Scans a whole table and counts its entries.
pub(super) fn for_each(view: &impl View, table: Table, each: &mut Each<'_>) -> Result<u64, StoreError> {
    let mut entries = 0;
    view.scan(table, Bound::Unbounded, Bound::Unbounded, false, &mut |key, value| {
        entries += 1;
        each(key, value)
    })?;
    Ok(entries)
}
