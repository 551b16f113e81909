//! The snapshot of the last commit, shared by everybody who reads until the next one.
//!
//! Opening a snapshot and its tables costs more than looking a record up, and between two commits all snapshots are the same.

use std::sync::{Arc, Mutex, PoisonError};

use super::{Read, StoreError};

/// The snapshot, and how many commits it has seen at least.
#[derive(Default)]
pub(super) struct Latest(Mutex<Option<(u64, Arc<Read>)>>);

impl Latest {
    /// A snapshot that sees as many commits as there were: the one that is there, or what `open` opens.
    pub(super) fn of(
        &self,
        commits: u64,
        open: impl FnOnce() -> Result<Read, StoreError>,
    ) -> Result<Arc<Read>, StoreError> {
        let mut latest = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((seen, read)) = &*latest
            && *seen >= commits
        {
            return Ok(Arc::clone(read));
        }
        let read = Arc::new(open()?);
        *latest = Some((commits, Arc::clone(&read)));
        Ok(read)
    }

    /// Lets go of the snapshot, so that nobody who no longer reads keeps the engine from using what it sees again.
    pub(super) fn forget(&self) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }
}
