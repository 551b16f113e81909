//! Verifying a data file or a backup without changing a byte of it.
//!
//! redb checks the checksums of all pages only when it may also write to the file. So it is given the file behind a
//! layer that keeps every write in memory.

use std::{
    collections::{HashMap, hash_map::Entry},
    fs::{File, TryLockError},
    io,
    ops::ControlFlow,
    os::unix::fs::FileExt,
    panic::{AssertUnwindSafe, catch_unwind},
    path::Path,
    sync::{Mutex, MutexGuard, PoisonError},
};

use redb::{Builder, ReadableDatabase, StorageBackend};

use super::{
    BackupReport, StoreError, Table, backup::for_each, error::engine, migrate, open::build, read::Read, value,
};

/// Memory for the file being read.
const CACHE_BYTES: usize = 16 << 20;

/// Checks a data file that no process has open: the checksum of every page, the format number, and that every value is
/// a well-formed envelope. Answers what is in it.
pub fn verify(path: &Path) -> Result<BackupReport, StoreError> {
    let file = File::open(path)?;
    // Kept until the end: redb takes the same lock, exclusively, when it opens a file for writing.
    match file.try_lock_shared() {
        Ok(()) => {}
        Err(TryLockError::WouldBlock) => return Err(StoreError::Locked),
        Err(TryLockError::Error(error)) => return Err(error.into()),
    }
    let file_bytes = file.metadata()?.len();
    if file_bytes == 0 {
        return Err(StoreError::corrupt("file", "it is empty"));
    }
    // redb may panic on damage that its checksums do not cover.
    let checked = catch_unwind(AssertUnwindSafe(|| check(file, file_bytes)));
    checked.unwrap_or_else(|_| Err(StoreError::corrupt("file", "it cannot be read as a database")))
}

fn check(file: File, file_bytes: u64) -> Result<BackupReport, StoreError> {
    let layer = Layer { file, written: Mutex::new(Written { length: file_bytes, blocks: HashMap::new() }) };
    let mut builder = Builder::new();
    builder.set_cache_size(CACHE_BYTES).set_check_integrity_on_open(true);
    let database = build(|| builder.create_with_backend(layer))?;
    let read = Read::new(database.begin_read().map_err(engine)?);
    let format = migrate::format(&read)?;
    let present = migrate::present(&database)?;
    let mut tables = Vec::new();
    // A file that an older version wrote need not have all of today's tables.
    for table in Table::ALL.into_iter().filter(|table| present.iter().any(|name| name == table.name())) {
        let entries = for_each(&read, table, &mut |_, bytes| {
            value::check(table, bytes)?;
            Ok(ControlFlow::Continue(()))
        })?;
        tables.push((table.name(), entries));
    }
    Ok(BackupReport { format, tables, file_bytes })
}

const BLOCK: usize = 4096;

/// A file that is only read, and what was "written" to it.
#[derive(Debug)]
struct Layer {
    file: File,
    written: Mutex<Written>,
}

#[derive(Debug)]
struct Written {
    length: u64,
    /// Blocks that differ from the file, by their number.
    blocks: HashMap<u64, Box<[u8; BLOCK]>>,
}

/// The blocks that `bytes` many bytes at `offset` lie in: number, where in the block, how many.
fn pieces(offset: u64, bytes: usize) -> impl Iterator<Item = (u64, usize, usize)> {
    let mut done = 0;
    std::iter::from_fn(move || {
        let at = offset + done as u64;
        let inside = (at % BLOCK as u64) as usize;
        let count = (BLOCK - inside).min(bytes - done);
        done += count;
        (count > 0).then_some((at / BLOCK as u64, inside, count))
    })
}

impl Layer {
    fn written(&self) -> MutexGuard<'_, Written> {
        self.written.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A block of the file; behind its end are zeroes.
    fn original(&self, number: u64) -> io::Result<Box<[u8; BLOCK]>> {
        let mut block = Box::new([0; BLOCK]);
        let mut filled = 0;
        while let Some(rest) = block.get_mut(filled..).filter(|rest| !rest.is_empty()) {
            match self.file.read_at(rest, number * BLOCK as u64 + filled as u64)? {
                0 => break,
                count => filled += count,
            }
        }
        Ok(block)
    }
}

impl StorageBackend for Layer {
    fn len(&self) -> io::Result<u64> {
        Ok(self.written().length)
    }

    fn read(&self, offset: u64, mut out: &mut [u8]) -> io::Result<()> {
        let written = self.written();
        if offset.checked_add(out.len() as u64).is_none_or(|end| end > written.length) {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        for (number, inside, count) in pieces(offset, out.len()) {
            let Some((piece, rest)) = out.split_at_mut_checked(count) else { break };
            match written.blocks.get(&number) {
                Some(block) => piece.copy_from_slice(block.get(inside..inside + count).unwrap_or_default()),
                None => self.file.read_exact_at(piece, offset_of(number, inside))?,
            }
            out = rest;
        }
        Ok(())
    }

    fn set_len(&self, length: u64) -> io::Result<()> {
        self.written().length = length;
        Ok(())
    }

    fn sync_data(&self) -> io::Result<()> {
        Ok(())
    }

    fn write(&self, offset: u64, mut data: &[u8]) -> io::Result<()> {
        let mut written = self.written();
        for (number, inside, count) in pieces(offset, data.len()) {
            let Some((piece, rest)) = data.split_at_checked(count) else { break };
            let block = match written.blocks.entry(number) {
                Entry::Occupied(block) => block.into_mut(),
                Entry::Vacant(place) => place.insert(self.original(number)?),
            };
            if let Some(target) = block.get_mut(inside..inside + count) {
                target.copy_from_slice(piece);
            }
            data = rest;
        }
        Ok(())
    }
}

fn offset_of(number: u64, inside: usize) -> u64 {
    number * BLOCK as u64 + inside as u64
}
