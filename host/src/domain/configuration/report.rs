//! What an import does to each record, counted.

/// What becomes of a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Change {
    /// It was not there.
    Created,
    /// It was there and is different now.
    Updated,
    /// It was there and is as it was, because it is the same or because what is there stays.
    Kept,
}

/// How many records became what.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Report {
    /// They were not there.
    pub created: usize,
    /// They were there and are different now.
    pub updated: usize,
    /// They were there and are as they were.
    pub kept: usize,
}

impl Report {
    pub(super) fn count(&mut self, change: Change) {
        match change {
            Change::Created => self.created += 1,
            Change::Updated => self.updated += 1,
            Change::Kept => self.kept += 1,
        }
    }

    /// How many records there were.
    pub fn total(&self) -> usize {
        self.created + self.updated + self.kept
    }
}
