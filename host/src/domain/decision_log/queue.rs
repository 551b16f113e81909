//! The queue between the decisions and the thread that writes them: bounded in records and in bytes, and shared out
//! among the tenants. Names are given here, so that records stand in the queue in the order of their names.
//!
//! A mutex around a deque instead of a channel: name, bounds and place belong together, and what is offered after the
//! stop is known to be too late.

use std::{
    collections::{HashMap, VecDeque},
    sync::{Condvar, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use super::record::{DecisionId, DecisionRecord, Named, Names};
use crate::{domain::load::Load, world::Micros};

/// Records that are written together. More compress better, fewer are found quicker.
const PAGE_RECORDS: usize = 512;
/// Bytes that are written together, and the most a single record may have.
pub(super) const PAGE_BYTES: usize = 4 << 20;

/// See the head of this file.
pub(super) struct Queue {
    state: Mutex<State>,
    /// Told when there is something to write after there was nothing, when there is a page full, and at the stop.
    filled: Condvar,
}

struct Waiting {
    id: DecisionId,
    weight: usize,
    record: DecisionRecord,
}

struct State {
    names: Names,
    waiting: VecDeque<Box<Waiting>>,
    load: Load,
    most: Load,
    /// What waits of every tenant that was seen.
    tenants: HashMap<String, Load>,
    stopped: bool,
}

impl Queue {
    /// An empty queue whose ids are all after `last`.
    pub(super) fn new(most: Load, last: &DecisionId) -> Queue {
        let state = State {
            names: Names::after(last),
            // Room for all, so that nothing is allocated while others wait.
            waiting: VecDeque::with_capacity(most.records),
            load: Load::default(),
            most,
            tenants: HashMap::new(),
            stopped: false,
        };
        Queue { state: Mutex::new(state), filled: Condvar::new() }
    }

    /// The next id, for a decision that leaves no record.
    pub(super) fn name(&self, now: Micros, random: [u8; 4]) -> DecisionId {
        self.state().names.next(now, random)
    }

    /// Gives the record its name and its place. The record comes back when there is no place for it.
    pub(super) fn push(
        &self,
        now: Micros,
        random: [u8; 4],
        record: DecisionRecord,
    ) -> (DecisionId, Result<(), DecisionRecord>) {
        let mut waiting = Box::new(Waiting { id: [0; 16], weight: record.weight(), record });
        let mut state = self.state();
        let id = state.names.next(now, random);
        waiting.id = id;
        if !state.admits(&waiting) {
            drop(state);
            return (id, Err(waiting.record));
        }
        let (empty, full) = (state.waiting.is_empty(), state.fills_a_page());
        state.admit(waiting);
        let wake = empty || (!full && state.fills_a_page());
        drop(state);
        if wake {
            self.filled.notify_one();
        }
        (id, Ok(()))
    }

    /// Waits for a record, then until a page is full or `flush` has passed. Answers what is to be written together, in
    /// the order of the ids; `None` after the stop, when nothing waits any more.
    pub(super) fn take(&self, flush: Duration) -> Option<Vec<Named>> {
        let mut taken = Vec::with_capacity(PAGE_RECORDS);
        let nothing = |state: &mut State| state.waiting.is_empty() && !state.stopped;
        let state = self.filled.wait_while(self.state(), nothing).unwrap_or_else(PoisonError::into_inner);
        let gathers = |state: &mut State| !state.fills_a_page() && !state.stopped;
        let waited = self.filled.wait_timeout_while(state, flush, gathers);
        let mut state = waited.unwrap_or_else(PoisonError::into_inner).0;
        let mut bytes = 0;
        while taken.len() < PAGE_RECORDS
            && let Some(waiting) = state.release(PAGE_BYTES - bytes)
        {
            bytes += waiting.weight;
            taken.push(waiting);
        }
        drop(state);
        let named = |waiting: Box<Waiting>| (waiting.id, waiting.record);
        (!taken.is_empty()).then(|| taken.into_iter().map(named).collect())
    }

    /// Takes no more records; those that wait can still be taken out.
    pub(super) fn stop(&self) {
        self.state().stopped = true;
        self.filled.notify_all();
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn fills_a_page(&self) -> bool {
        self.waiting.len() >= PAGE_RECORDS || self.load.bytes >= PAGE_BYTES
    }

    /// Whether there is a place. When more than one tenant logs, each may have as much as is left free: so two busy ones
    /// get a third each, and the last third stays for the others.
    fn admits(&self, waiting: &Waiting) -> bool {
        let held = self.tenants.get(&waiting.record.tenant);
        let others = self.tenants.len() > usize::from(held.is_some());
        let held = held.copied().filter(|_| others).unwrap_or_default();
        !self.stopped && waiting.weight <= PAGE_BYTES && held.may_add(waiting.weight, self.load.left_of(self.most))
    }

    fn admit(&mut self, waiting: Box<Waiting>) {
        self.load.add(waiting.weight);
        match self.tenants.get_mut(&waiting.record.tenant) {
            Some(held) => held.add(waiting.weight),
            // Once for every tenant.
            None => {
                let held = Load { records: 1, bytes: waiting.weight };
                self.tenants.insert(waiting.record.tenant.clone(), held);
            }
        }
        self.waiting.push_back(waiting);
    }

    /// The oldest record, when it has at most `bytes`.
    fn release(&mut self, bytes: usize) -> Option<Box<Waiting>> {
        let waiting = self.waiting.pop_front_if(|waiting| waiting.weight <= bytes)?;
        self.load.remove(waiting.weight);
        if let Some(held) = self.tenants.get_mut(&waiting.record.tenant) {
            held.remove(waiting.weight);
        }
        Some(waiting)
    }
}

#[cfg(test)]
mod tests {
    use super::{
        super::{
            record::{decided_at, starting_at},
            tests::record,
        },
        *,
    };

    const PLENTY: Load = Load { records: 10_000, bytes: usize::MAX >> 1 };

    fn offer(queue: &Queue, tenant: &str, bytes: usize) -> bool {
        queue.push(1, [0; 4], record(tenant, bytes)).1.is_ok()
    }

    /// How many records and bytes come out together, until the queue is empty.
    fn batches(queue: &Queue) -> Vec<(usize, usize)> {
        queue.stop();
        let weigh = |page: Vec<Named>| (page.len(), page.iter().map(|(_, record)| record.weight()).sum());
        std::iter::from_fn(|| queue.take(Duration::ZERO)).map(weigh).collect()
    }

    #[test]
    fn ids_increase_whatever_the_clock_does() {
        let queue = Queue::new(PLENTY, &[0; 16]);
        let moments = [5, 5, 7, 3, i64::MIN, 7, 8, -1, 8];
        let ids: Vec<_> = moments.iter().map(|now| queue.push(*now, [9; 4], record("t", 0)).0).collect();
        assert!(ids.is_sorted_by(|before, after| before < after), "{ids:?}");
        let moments: Vec<_> = ids.iter().map(decided_at).collect();
        assert_eq!(moments, [5, 5, 7, 7, 7, 7, 8, 8, 8]);
        let after = Queue::new(PLENTY, ids.last().unwrap());
        let next = after.name(3, [0; 4]);
        assert!(next > *ids.last().unwrap() && decided_at(&next) == 9, "{next:?}");
    }

    #[test]
    fn a_counter_that_is_used_up_goes_on_in_the_next_microsecond() {
        let mut names = Names::after(&starting_at(4));
        assert_eq!(names.next(4, [0; 4]), starting_at(5));
    }

    #[test]
    fn what_is_written_together_is_bounded_in_records_and_in_bytes() {
        let queue = Queue::new(PLENTY, &[0; 16]);
        (0..1300).for_each(|_| assert!(offer(&queue, "t", 10)));
        assert_eq!(batches(&queue).iter().map(|(records, _)| *records).collect::<Vec<_>>(), [512, 512, 276]);

        let queue = Queue::new(PLENTY, &[0; 16]);
        (0..10).for_each(|_| assert!(offer(&queue, "t", 1 << 20)));
        assert!(!offer(&queue, "t", PAGE_BYTES), "one record larger than a page");
        assert!(offer(&queue, "t", PAGE_BYTES - 1000));
        let batches = batches(&queue);
        assert!(batches.iter().all(|(_, bytes)| *bytes <= PAGE_BYTES), "{batches:?}");
        assert_eq!(batches.iter().map(|(records, _)| *records).collect::<Vec<_>>(), [3, 3, 3, 1, 1]);
    }

    #[test]
    fn what_waits_is_bounded_in_records_and_in_bytes() {
        let queue = Queue::new(Load { records: 3, ..PLENTY }, &[0; 16]);
        assert_eq!([1, 2, 3, 4].map(|_| offer(&queue, "t", 0)), [true, true, true, false]);
        assert_eq!(queue.take(Duration::ZERO).unwrap().len(), 3);
        assert!(offer(&queue, "t", 0), "there is room again");

        let weight = record("t", 1000).weight();
        let queue = Queue::new(Load { records: 100, bytes: 2 * weight }, &[0; 16]);
        assert_eq!([1, 2, 3].map(|_| offer(&queue, "t", 1000)), [true, true, false]);
        queue.take(Duration::ZERO).unwrap();
        assert_eq!([1, 2, 3].map(|_| offer(&queue, "t", 1000)), [true, true, false]);
    }

    #[test]
    fn a_busy_tenant_leaves_room_for_others() {
        let queue = Queue::new(Load { records: 100, ..PLENTY }, &[0; 16]);
        assert!(offer(&queue, "quiet", 0));
        let accepted = (0..1000).filter(|_| offer(&queue, "busy", 0)).count();
        assert_eq!(accepted, 50);
        assert_eq!((0..1000).filter(|_| offer(&queue, "second", 0)).count(), 25);
        assert!(offer(&queue, "quiet", 0));
    }

    #[test]
    fn what_is_offered_before_the_stop_comes_out_and_what_is_offered_after_it_comes_back() {
        let queue = Queue::new(PLENTY, &[0; 16]);
        let accepted: usize = std::thread::scope(|scope| {
            let offers = |_| scope.spawn(|| (0..2000).take_while(|_| offer(&queue, "t", 0)).count());
            let threads: Vec<_> = (0..4).map(offers).collect();
            queue.stop();
            threads.into_iter().map(|thread| thread.join().unwrap()).sum()
        });
        assert!(!offer(&queue, "t", 0));
        assert_eq!(batches(&queue).iter().map(|(records, _)| records).sum::<usize>(), accepted);
        assert!(queue.take(Duration::MAX).is_none());
    }
}
