//! How much waits in a queue that is bounded in records and in bytes, or how much may.
//!
//! Used by the queues of the decision log and of shadows, which share out what is left free.

/// Records and the bytes they have together.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Load {
    pub(super) records: usize,
    pub(super) bytes: usize,
}

impl Load {
    /// One record more.
    pub(super) fn add(&mut self, weight: usize) {
        self.records += 1;
        self.bytes += weight;
    }

    /// One record less, which was added before.
    pub(super) fn remove(&mut self, weight: usize) {
        self.records -= 1;
        self.bytes -= weight;
    }

    /// What is left free of so much.
    pub(super) fn left_of(self, most: Load) -> Load {
        Load { records: most.records.saturating_sub(self.records), bytes: most.bytes.saturating_sub(self.bytes) }
    }

    /// Whether whoever holds so much may have one record more of this weight where so much is `free`: not more than is left
    /// for others.
    pub(super) fn may_add(self, weight: usize, free: Load) -> bool {
        self.records < free.records && self.bytes + weight <= free.bytes
    }
}
