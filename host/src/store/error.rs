//! What can go wrong in the store. Every redb error is translated here; no other file of the store matches on one.

use std::{fmt, io};

/// Why the store could not do what it was asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StoreError {
    /// Another process has the file open.
    Locked,
    /// The file was written by a later version of this program.
    Newer {
        /// The format number in the file.
        found: u32,
        /// The highest format number this program knows.
        known: u32,
    },
    /// What is stored cannot be read.
    Corrupt {
        /// The table it was found in; `file` when it is the file itself.
        table: &'static str,
        /// What is wrong, for the log.
        reason: String,
    },
    /// The disk is full. The store takes no more writes until it is opened again.
    Full,
    /// The operating system failed. After a failed commit the store takes no more writes until it is opened again.
    Io(String),
    /// A key without parts, or a part that contains a NUL character or is too long. Only writing answers it: for a
    /// reader, what can be no key is not there.
    BadKey,
    /// A value that cannot be encoded, or is too large.
    BadValue {
        /// The table it was meant for.
        table: &'static str,
        /// What is wrong, for the log.
        reason: String,
    },
    /// The closure panicked; nothing of it was kept.
    Panicked,
    /// The store is closed, or its writer has ended.
    Closed,
}

impl StoreError {
    /// A value or a key of `table` that is not what it should be.
    pub(super) fn corrupt(table: &'static str, reason: impl fmt::Display) -> StoreError {
        StoreError::Corrupt { table, reason: reason.to_string() }
    }

    /// What later writers are told once `self` has stopped the writer.
    pub(super) fn lasting(self) -> StoreError {
        match self {
            StoreError::Io(reason) => StoreError::Io(format!("no more writes until a restart, because of: {reason}")),
            other => other,
        }
    }
}

impl fmt::Display for StoreError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            StoreError::Locked => f.write_str("the data file is in use by another process"),
            StoreError::Newer { found, known } => {
                write!(f, "the data file has format {found}; this version of the program knows formats up to {known}")
            }
            StoreError::Corrupt { table, reason } => write!(f, "the data file is damaged ({table}): {reason}"),
            StoreError::Full => f.write_str("the disk is full; no more writes until a restart"),
            StoreError::Io(reason) => write!(f, "the data file cannot be used: {reason}"),
            StoreError::BadKey => f.write_str("a key is empty, too long, or contains a NUL character"),
            StoreError::BadValue { table, reason } => write!(f, "a value cannot be stored ({table}): {reason}"),
            StoreError::Panicked => f.write_str("the write stopped with a panic and was undone"),
            StoreError::Closed => f.write_str("the store is closed"),
        }
    }
}

impl std::error::Error for StoreError {}

impl From<io::Error> for StoreError {
    fn from(error: io::Error) -> StoreError {
        match error.kind() {
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => StoreError::Full,
            io::ErrorKind::InvalidData | io::ErrorKind::UnexpectedEof => StoreError::corrupt("file", error),
            _ => StoreError::Io(error.to_string()),
        }
    }
}

/// Translates any of redb's errors.
pub(super) fn engine(error: impl Into<redb::Error>) -> StoreError {
    match error.into() {
        redb::Error::DatabaseAlreadyOpen | redb::Error::LockProtocolMismatch => StoreError::Locked,
        redb::Error::DatabaseClosed => StoreError::Closed,
        redb::Error::Io(error) => StoreError::from(error),
        redb::Error::Corrupted(reason) => StoreError::corrupt("file", reason),
        error @ (redb::Error::RepairAborted
        | redb::Error::UpgradeRequired(_)
        | redb::Error::TableTypeMismatch { .. }
        | redb::Error::TableIsMultimap(_)
        | redb::Error::TableDoesNotExist(_)) => StoreError::corrupt("file", error),
        other => StoreError::Io(other.to_string()),
    }
}
