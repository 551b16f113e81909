//! The decision log: what was decided, on what input, by which components, and what it cost. Durable and bounded.
//!
//! Decisions are offered to a bounded queue and written by a thread of their own, many at a time, as compressed pages.
//! A full queue drops the decision's record, never the decision, and counts it. Queries see a record a moment after the
//! answer (`decisions.flush_ms`).

use std::{
    ops::{Bound, ControlFlow},
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU32, AtomicU64, Ordering},
        mpsc::{Receiver, RecvTimeoutError, SyncSender, TrySendError, sync_channel},
    },
    thread::JoinHandle,
    time::Duration,
};

use data_encoding::HEXLOWER;
use serde::{Deserialize, Serialize};

use super::{Domain, Failure, Observer};
use crate::{
    decision::Verdict,
    store::{Store, StoreError, pages},
    world::{Micros, Stopwatch},
};

/// Names a decision: 8 bytes of time, 4 of a counter, 4 random. Sorts by time.
pub type DecisionId = [u8; 16];

/// A decision as it is kept.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct DecisionRecord {
    /// The tenant that was asked.
    pub tenant: String,
    /// The authorization server that was asked.
    pub server: String,
    /// Who asked.
    pub caller: String,
    /// The caller's X-Request-ID.
    pub request_id: String,
    /// When, in microseconds.
    pub asked_at: Micros,
    /// The policy that decided; empty when none did.
    pub policy_id: String,
    /// The digest of exactly the rules that decided.
    pub policy_digest: String,
    /// What the policy saw, byte for byte.
    pub input: String,
    /// The outcome, with component digests and resource use.
    pub verdict: Verdict,
}

/// A record with its name.
pub struct Offered {
    /// Its name.
    pub id: DecisionId,
    /// What is kept.
    pub record: DecisionRecord,
}

/// How the log is kept.
#[derive(Clone, Copy, Debug)]
pub struct LogSettings {
    /// False keeps no log at all.
    pub enabled: bool,
    /// How many records may wait to be written.
    pub queue: usize,
    /// How long records are gathered before they are written.
    pub flush: Duration,
    /// How many bytes of compressed pages are kept.
    pub bytes: u64,
}

/// Records in one page. More compress better, fewer are found quicker.
const PAGE: usize = 512;

/// The log's front: cheap, never waits.
pub struct DecisionLog {
    queue: Option<SyncSender<Message>>,
    writer: Mutex<Option<JoinHandle<()>>>,
    counter: AtomicU32,
    counts: Arc<Counts>,
}

#[derive(Default)]
struct Counts {
    written: AtomicU64,
    dropped: AtomicU64,
}

enum Message {
    Record(Box<Offered>),
    Stop,
}

impl DecisionLog {
    /// Starts the writing thread.
    pub fn start(store: Store, settings: LogSettings, observer: Arc<dyn Observer>) -> DecisionLog {
        let counts = Arc::new(Counts::default());
        let (queue, writer) = if settings.enabled {
            let (queue, messages) = sync_channel(settings.queue);
            let writer = Writer { store, settings, observer, counts: Arc::clone(&counts) };
            (Some(queue), Some(std::thread::spawn(move || writer.run(&messages))))
        } else {
            (None, None)
        };
        DecisionLog { queue, writer: Mutex::new(writer), counter: AtomicU32::new(0), counts }
    }

    /// The name of the next decision.
    pub fn next_id(&self, now: Micros, random: [u8; 4]) -> DecisionId {
        let counter = self.counter.fetch_add(1, Ordering::Relaxed);
        let mut id = [0; 16];
        let parts = now.to_be_bytes().into_iter().chain(counter.to_be_bytes()).chain(random);
        id.iter_mut().zip(parts).for_each(|(byte, part)| *byte = part);
        id
    }

    /// Hands a record over, or counts it as dropped when too many wait.
    pub fn offer(&self, record: impl FnOnce() -> Offered) {
        let Some(queue) = &self.queue else { return };
        match queue.try_send(Message::Record(Box::new(record()))) {
            Ok(()) => {}
            Err(TrySendError::Full(_) | TrySendError::Disconnected(_)) => {
                self.counts.dropped.fetch_add(1, Ordering::Relaxed);
            }
        }
    }

    /// Records dropped since the start.
    pub fn dropped(&self) -> u64 {
        self.counts.dropped.load(Ordering::Relaxed)
    }

    /// Writes what waits and ends the thread. Later decisions are counted as dropped.
    pub fn stop(&self) {
        let writer = self.writer.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let (Some(queue), Some(writer)) = (&self.queue, writer) {
            // A closed channel means that the thread is gone already.
            let _ = queue.send(Message::Stop);
            if writer.join().is_err() {
                tracing::error!("the decision log's writer had panicked");
            }
        }
    }
}

struct Writer {
    store: Store,
    settings: LogSettings,
    observer: Arc<dyn Observer>,
    counts: Arc<Counts>,
}

impl Writer {
    fn run(&self, messages: &Receiver<Message>) {
        let (mut seen, mut stopped) = (0, false);
        while !stopped {
            let (page, stop) = gather(messages, self.settings.flush);
            stopped = stop;
            let written = page.len() as u64;
            if written > 0
                && let Err(error) = self.write(page)
            {
                tracing::error!(%error, records = written, "decision records could not be written");
                self.counts.dropped.fetch_add(written, Ordering::Relaxed);
            } else {
                self.counts.written.fetch_add(written, Ordering::Relaxed);
            }
            let dropped = self.counts.dropped.load(Ordering::Relaxed);
            self.observer.logged(written, dropped - seen);
            if dropped > seen {
                tracing::warn!(records = dropped - seen, "decision records were dropped");
            }
            seen = dropped;
        }
    }

    fn write(&self, mut page: Vec<(DecisionId, DecisionRecord)>) -> Result<(), StoreError> {
        page.sort_unstable_by_key(|(id, _)| *id);
        let Some((first, _)) = page.first() else { return Ok(()) };
        let (first, limit) = (*first, self.settings.bytes);
        let bytes = encode(&page)?;
        self.store.write_blocking(move |write| pages::append(write, &first, &bytes, limit).map(|_| ()))
    }
}

/// Waits for a record, then gathers until the page is full or `flush` has passed.
fn gather(messages: &Receiver<Message>, flush: Duration) -> (Vec<(DecisionId, DecisionRecord)>, bool) {
    let mut page = Vec::new();
    match messages.recv() {
        Ok(Message::Record(offered)) => page.push((offered.id, offered.record)),
        Ok(Message::Stop) | Err(_) => return (page, true),
    }
    let watch = Stopwatch::start();
    while page.len() < PAGE {
        match messages.recv_timeout(flush.saturating_sub(watch.elapsed())) {
            Ok(Message::Record(offered)) => page.push((offered.id, offered.record)),
            Err(RecvTimeoutError::Timeout) => break,
            Ok(Message::Stop) | Err(RecvTimeoutError::Disconnected) => return (page, true),
        }
    }
    (page, false)
}

fn encode(page: &[(DecisionId, DecisionRecord)]) -> Result<Vec<u8>, StoreError> {
    let plain = rmp_serde::to_vec_named(page).map_err(|error| StoreError::Io(error.to_string()))?;
    Ok(pages::compress(&plain))
}

fn decode(bytes: &[u8]) -> Result<Vec<(DecisionId, DecisionRecord)>, Failure> {
    let corrupt =
        |reason: String| Failure::Internal { log: format!("a page of the decision log is damaged: {reason}") };
    let plain = pages::decompress(bytes)?;
    rmp_serde::from_slice(&plain).map_err(|error| corrupt(error.to_string()))
}

/// Which decisions are wanted. Every member that is set must match.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    /// The tenant; never left out.
    pub tenant: String,
    /// The authorization server.
    pub server: Option<String>,
    /// The policy.
    pub policy_id: Option<String>,
    /// The outcome.
    pub allow: Option<bool>,
    /// The AuthZEN subject's id.
    pub subject: Option<String>,
    /// The caller's X-Request-ID.
    pub request_id: Option<String>,
    /// Not before, in microseconds.
    pub from: Option<Micros>,
    /// Before, in microseconds.
    pub to: Option<Micros>,
}

/// A page of an answer, newest first.
#[derive(Debug, Default)]
pub struct Found {
    /// The records.
    pub records: Vec<(DecisionId, DecisionRecord)>,
    /// Where to go on, when there may be more.
    pub next: Option<DecisionId>,
}

/// Pages looked at for one query, so that a rare match in a long log does not hold the caller forever.
const PAGES_A_QUERY: usize = 512;
/// How far a page may begin before a record that it holds: requests in flight are written out of order.
const PAGES_BACK: usize = 64;

/// Finds decisions, newest first, beginning before `after`.
pub fn find(domain: &Domain, filter: &Filter, after: Option<DecisionId>, limit: usize) -> Result<Found, Failure> {
    let upper = after.or_else(|| filter.to.map(starting_at));
    let mut found = Found::default();
    let (mut looked_at, mut failure) = (0, None);
    scan_backwards(&domain.store, upper, &mut |first, bytes| {
        looked_at += 1;
        match decode(bytes) {
            Ok(page) => take(filter, upper, page, limit, &mut found.records),
            Err(error) => failure = Some(error),
        }
        let past = filter.from.is_some_and(|from| *first < starting_at(from));
        let full = found.records.len() >= limit;
        if full || looked_at >= PAGES_A_QUERY {
            found.next = Some(*first);
        }
        !(past || full || failure.is_some() || looked_at >= PAGES_A_QUERY)
    })?;
    if let Some(failure) = failure {
        return Err(failure);
    }
    if let Some((last, _)) = found.records.get(limit.saturating_sub(1)) {
        found.next = Some(*last);
    }
    found.records.truncate(limit);
    Ok(found)
}

fn take(
    filter: &Filter,
    before: Option<DecisionId>,
    page: Vec<(DecisionId, DecisionRecord)>,
    limit: usize,
    records: &mut Vec<(DecisionId, DecisionRecord)>,
) {
    let wanted = page
        .into_iter()
        .rev()
        .filter(|(id, record)| before.is_none_or(|before| *id < before) && filter.matches(record));
    records.extend(wanted.take(limit.saturating_sub(records.len())));
}

/// The decision `id`, if it is still kept.
pub fn get(store: &Store, id: &DecisionId) -> Result<Option<DecisionRecord>, Failure> {
    let (mut found, mut failure, mut looked_at) = (None, None, 0);
    scan_backwards(store, Some(after(id)), &mut |_, bytes| {
        looked_at += 1;
        match decode(bytes) {
            Ok(page) => found = page.into_iter().find(|(name, _)| name == id).map(|(_, record)| record),
            Err(error) => failure = Some(error),
        }
        found.is_none() && failure.is_none() && looked_at < PAGES_BACK
    })?;
    match failure {
        Some(failure) => Err(failure),
        None => Ok(found),
    }
}

/// Hands out pages that begin before `before`, newest first, while `each` answers true.
fn scan_backwards(
    store: &Store,
    before: Option<DecisionId>,
    each: &mut dyn FnMut(&DecisionId, &[u8]) -> bool,
) -> Result<(), StoreError> {
    let to = before.map_or(Bound::Unbounded, Bound::Excluded);
    pages::scan(&store.read()?, Bound::Unbounded, to, true, &mut |first, bytes| {
        Ok(if each(first, bytes) { ControlFlow::Continue(()) } else { ControlFlow::Break(()) })
    })
}

/// The smallest id of a moment.
fn starting_at(moment: Micros) -> DecisionId {
    let mut id = [0; 16];
    id.iter_mut().zip(moment.to_be_bytes()).for_each(|(byte, part)| *byte = part);
    id
}

/// The smallest id that is larger.
fn after(id: &DecisionId) -> DecisionId {
    u128::from_be_bytes(*id).saturating_add(1).to_be_bytes()
}

/// Reads an id as it stands in a path.
pub fn parse_id(text: &str) -> Option<DecisionId> {
    HEXLOWER.decode(text.as_bytes()).ok()?.try_into().ok()
}

impl Filter {
    fn matches(&self, record: &DecisionRecord) -> bool {
        let same = |wanted: &Option<String>, is: &str| wanted.as_deref().is_none_or(|wanted| wanted == is);
        record.tenant == self.tenant
            && same(&self.server, &record.server)
            && same(&self.policy_id, &record.policy_id)
            && same(&self.request_id, &record.request_id)
            && self.allow.is_none_or(|allow| allow == record.verdict.allow)
            && self.from.is_none_or(|from| record.asked_at >= from)
            && self.to.is_none_or(|to| record.asked_at < to)
            && self.subject.as_deref().is_none_or(|wanted| subject(&record.input).as_deref() == Some(wanted))
    }
}

fn subject(input: &str) -> Option<String> {
    let input: serde_json::Value = serde_json::from_str(input).ok()?;
    input.get("subject")?.get("id")?.as_str().map(str::to_owned)
}
