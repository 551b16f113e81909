//! The ledger as admins read it: events of a tenant or of one person, between two moments.

use std::ops::ControlFlow;

use super::{Event, Head, number_text};
use crate::{
    domain::{Domain, Failure, tenant},
    store::{Index, Read, Store, StoreError, index, records},
};

/// The most events of one answer.
const MOST_EVENTS: usize = 10_000;
/// An answer ends with the event that goes beyond so many bytes.
const MOST_BYTES: usize = 16 << 20;

/// Which events.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    /// About this person only.
    pub subject: Option<String>,
    /// Not before this second.
    pub from: i64,
    /// Not after this second.
    pub to: Option<i64>,
    /// Behind the event of this number only.
    pub after: u64,
}

/// A part of the ledger.
#[derive(Debug)]
pub struct Found {
    /// In order of date.
    pub events: Vec<Event>,
    /// Where to go on, when there may be more.
    pub next: Option<u64>,
}

/// Reads a part of the tenant's ledger, on a thread where it may block.
pub async fn find(domain: &Domain, tenant: &str, filter: Filter) -> Result<Found, Failure> {
    tenant::current(domain, tenant)?;
    let (store, tenant) = (domain.store.clone(), tenant.to_owned());
    let found = tokio::task::spawn_blocking(move || read(&store, &tenant, &filter)).await;
    Ok(found.map_err(|error| Failure::Internal { log: error.to_string() })??)
}

/// The latest events about a person, the latest first, with their numbers: at most `count`, those before the number `before`
/// only. On a thread where it may block.
pub async fn latest(
    domain: &Domain,
    tenant: &str,
    subject: &str,
    before: Option<u64>,
    count: usize,
) -> Result<Vec<(u64, Event)>, Failure> {
    let (store, tenant, subject) = (domain.store.clone(), tenant.to_owned(), subject.to_owned());
    let found = tokio::task::spawn_blocking(move || read_latest(&store, &tenant, &subject, before, count)).await;
    Ok(found.map_err(|error| Failure::Internal { log: error.to_string() })??)
}

fn read_latest(
    store: &Store,
    tenant: &str,
    subject: &str,
    before: Option<u64>,
    count: usize,
) -> Result<Vec<(u64, Event)>, StoreError> {
    let read = store.read()?;
    let listed = index::ids(&read, Index::SubjectEvents, &[tenant, subject])?;
    let numbers = listed.iter().rev().filter_map(|number| number.parse().ok());
    let mut found = Vec::new();
    for number in numbers.filter(|number| before.is_none_or(|before| *number < before)).take(count) {
        if let Some(event) = records::get::<Event>(&read, &[tenant, &number_text(number)])? {
            found.push((number, event));
        }
    }
    Ok(found)
}

/// The numbers to look at, in order.
enum Numbers {
    /// All of 1 to this one.
    UpTo(u64),
    /// These.
    Listed(Vec<u64>),
}

impl Numbers {
    fn of(read: &Read, tenant: &str, subject: Option<&str>) -> Result<Numbers, StoreError> {
        let Some(subject) = subject else {
            return Ok(Numbers::UpTo(records::get::<Head>(read, &[tenant])?.map_or(0, |head| head.number)));
        };
        let listed = index::ids(read, Index::SubjectEvents, &[tenant, subject])?;
        Ok(Numbers::Listed(listed.iter().filter_map(|number| number.parse().ok()).collect()))
    }

    fn count(&self) -> u64 {
        match self {
            Numbers::UpTo(last) => *last,
            Numbers::Listed(numbers) => numbers.len() as u64,
        }
    }

    fn at(&self, place: u64) -> u64 {
        match self {
            Numbers::UpTo(_) => place + 1,
            Numbers::Listed(numbers) => {
                usize::try_from(place).ok().and_then(|place| numbers.get(place)).copied().unwrap_or_default()
            }
        }
    }

    /// The first place that is not `before`, as in `partition_point`: dates and numbers grow together.
    fn first(&self, before: impl Fn(u64) -> Result<bool, StoreError>) -> Result<u64, StoreError> {
        let (mut low, mut high) = (0, self.count());
        while low < high {
            let middle = low + (high - low) / 2;
            match before(self.at(middle))? {
                true => low = middle + 1,
                false => high = middle,
            }
        }
        Ok(low)
    }
}

fn read(store: &Store, tenant: &str, filter: &Filter) -> Result<Found, StoreError> {
    let read = store.read()?;
    let event = |number: u64| records::get::<Event>(&read, &[tenant, &number_text(number)]);
    let numbers = Numbers::of(&read, tenant, filter.subject.as_deref())?;
    let start = numbers.first(|number| {
        let early = event(number)?.is_some_and(|event| second(&event) < filter.from);
        Ok(early || number <= filter.after)
    })?;
    let mut page = Page::default();
    for place in start..numbers.count() {
        let number = numbers.at(place);
        // A missing event is told by `verify`; here it hides no other.
        let Some(event) = event(number)? else { continue };
        if filter.to.is_some_and(|to| second(&event) > to) {
            break;
        }
        if page.add(event).is_break() {
            let more = place + 1 < numbers.count();
            return Ok(Found { events: page.events, next: more.then_some(number) });
        }
    }
    Ok(Found { events: page.events, next: None })
}

fn second(event: &Event) -> i64 {
    event.date.div_euclid(1_000_000)
}

#[derive(Default)]
struct Page {
    events: Vec<Event>,
    bytes: usize,
}

impl Page {
    /// Takes an event; breaks when the page is full.
    fn add(&mut self, event: Event) -> ControlFlow<()> {
        self.bytes += event.payload.len() + event.signature.len();
        self.events.push(event);
        match self.events.len() >= MOST_EVENTS || self.bytes > MOST_BYTES {
            true => ControlFlow::Break(()),
            false => ControlFlow::Continue(()),
        }
    }
}
