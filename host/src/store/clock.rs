//! The store's clock: instants that only grow, whatever the wall clock does.
//!
//! A change takes its instant from [`Write::instant`] on the writer thread, so the order of the instants is the order of
//! the commits. A wall clock that steps back would otherwise put new states behind older ones and bring back what they
//! replaced. The highest instant given out lies in the table `meta`, in the same transaction as what it stamps, and in
//! memory for the readers, who ask [`Clock::now`]. Knows no wall clock of its own: callers hand theirs in.

use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};

use serde::{Deserialize, Serialize};

use crate::world::Micros;

use super::{Record, StoreError, Table, View, Write, records};

/// Fast writers run ahead of the clock by some microseconds; only more than this is worth a line in the log.
const WORTH_SAYING: Micros = 1_000_000;

/// The highest instant given out.
#[derive(Serialize, Deserialize)]
struct Highest {
    instant: Micros,
}

impl Record for Highest {
    const TABLE: Table = Table::Meta;
}

const HIGHEST: [&str; 2] = ["store", "clock"];

/// An instant that a closure took, and what the wall clock said then.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Stamped {
    pub(super) wall: Micros,
    pub(super) instant: Micros,
}

/// The highest instant that a view finds in its file.
pub(super) fn highest(view: &impl View) -> Result<Option<Micros>, StoreError> {
    Ok(records::get::<Highest>(view, &HIGHEST)?.map(|highest| highest.instant))
}

/// Notes the highest instant in the file.
pub(super) fn note(write: &mut Write<'_>, instant: Micros) -> Result<(), StoreError> {
    records::put(write, &HIGHEST, &Highest { instant })
}

/// The wall clock's instant, or the one after the highest given out, and notes it.
pub(super) fn next(write: &mut Write<'_>, wall: Micros) -> Result<Stamped, StoreError> {
    let instant = highest(&*write)?.map_or(wall, |last| wall.max(last.saturating_add(1)));
    note(write, instant)?;
    Ok(Stamped { wall, instant })
}

/// The highest committed instant, in memory.
pub(super) struct Clock {
    highest: AtomicI64,
    /// Whether the log was told that the wall clock is behind.
    told: AtomicBool,
}

impl Clock {
    pub(super) fn new(highest: Option<Micros>) -> Clock {
        Clock { highest: AtomicI64::new(highest.unwrap_or(Micros::MIN)), told: AtomicBool::new(false) }
    }

    /// The wall clock's instant, or the highest committed one when that is later: every committed state holds then.
    pub(super) fn now(&self, wall: Micros) -> Micros {
        wall.max(self.highest.load(Ordering::Acquire))
    }

    /// Takes over the last instant of a commit, and tells the log once when the wall clock stepped back.
    pub(super) fn committed(&self, stamped: Stamped) {
        self.highest.fetch_max(stamped.instant, Ordering::AcqRel);
        let behind = stamped.instant.saturating_sub(stamped.wall);
        if behind <= 0 {
            self.told.store(false, Ordering::Relaxed);
        } else if behind > WORTH_SAYING && !self.told.swap(true, Ordering::Relaxed) {
            let seconds = behind / 1_000_000;
            tracing::warn!(
                seconds,
                "the system's clock stepped back; changes are dated by the last one until it is past"
            );
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn readers_never_see_an_instant_before_the_last_commit() {
        let clock = Clock::new(None);
        assert_eq!(clock.now(-5), -5);
        clock.committed(Stamped { wall: 10, instant: 10 });
        assert_eq!((clock.now(7), clock.now(12)), (10, 12));
        clock.committed(Stamped { wall: 3, instant: 11 });
        assert_eq!(clock.now(3), 11);
        assert_eq!(Clock::new(Some(20)).now(3), 20);
    }

    #[test]
    fn a_step_back_is_told_once_for_each_step() {
        let clock = Clock::new(None);
        let told = |wall, instant| {
            clock.committed(Stamped { wall, instant });
            clock.told.load(Ordering::Relaxed)
        };
        assert!(!told(10, 10) && !told(10, 11), "two changes in one microsecond are no step");
        assert!(told(10, 10 + 2 * WORTH_SAYING));
        assert!(told(11, 11 + 2 * WORTH_SAYING));
        assert!(!told(3 * WORTH_SAYING, 3 * WORTH_SAYING), "caught up: the next step is told again");
    }
}
