//! Queries of the log, newest first. They read and unpack pages, so they run on threads of their own, a few at once, and
//! each looks at a bounded part of the log: a longer one is gone through in steps.

use std::{
    ops::{Bound, ControlFlow},
    sync::Arc,
};

use super::record::{DecisionId, DecisionRecord, Named, decode, starting_at};
use crate::{
    decision::Said,
    domain::{Domain, Failure},
    store::{Store, StoreError, pages},
    world::Micros,
};

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
    pub said: Option<Said>,
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
#[derive(Debug, Default, PartialEq)]
pub struct Found {
    /// The records.
    pub records: Vec<Named>,
    /// Where to go on, when there may be more.
    pub next: Option<DecisionId>,
    /// Pages of the log that could not be read and were left out.
    pub damaged: u64,
}

/// Bytes of unpacked pages that one query looks at.
const QUERY_BYTES: usize = 64 << 20;
/// What a page costs besides its bytes.
const PAGE_COST: usize = 8 << 10;
/// Bytes of records in one answer, the last one not counted.
const ANSWER_BYTES: usize = 4 << 20;

/// Finds decisions, newest first, beginning before `after`.
pub async fn find(domain: &Domain, filter: Filter, after: Option<DecisionId>, limit: usize) -> Result<Found, Failure> {
    in_turn(domain, move |store| search(store, &filter, after, limit)).await
}

/// The decision `id` of a tenant, if it is still kept.
pub async fn get(domain: &Domain, tenant: &str, id: DecisionId) -> Result<Option<DecisionRecord>, Failure> {
    let tenant = tenant.to_owned();
    in_turn(domain, move |store| get_of(store, &tenant, &id)).await
}

/// The decision `id` of whichever tenant, if it is still kept. Blocks: for the command line.
pub fn get_of_any_tenant(store: &Store, id: &DecisionId) -> Result<Option<DecisionRecord>, StoreError> {
    for tenant in pages::tenants(&store.read()?)? {
        if let Some(record) = get_of(store, &tenant, id)? {
            return Ok(Some(record));
        }
    }
    Ok(None)
}

/// Runs a query on a thread where it may block, when its turn has come. The permit goes with it: a caller who goes away
/// makes no room for another query before this one has ended.
async fn in_turn<R: Send + 'static>(
    domain: &Domain,
    query: impl FnOnce(&Store) -> Result<R, StoreError> + Send + 'static,
) -> Result<R, Failure> {
    let internal = |error: &dyn std::fmt::Display| Failure::Internal { log: error.to_string() };
    let permit = Arc::clone(&domain.log.queries).acquire_owned().await.map_err(|error| internal(&error))?;
    let store = domain.store.clone();
    let work = move || {
        let _permit = permit;
        query(&store)
    };
    Ok(tokio::task::spawn_blocking(work).await.map_err(|error| internal(&error))??)
}

pub(super) fn get_of(store: &Store, tenant: &str, id: &DecisionId) -> Result<Option<DecisionRecord>, StoreError> {
    let mut found = None;
    pages::scan(&store.read()?, tenant, Bound::Unbounded, Bound::Included(*id), true, &mut |first, page| {
        match page.and_then(decode) {
            Ok((records, _)) => found = records.into_iter().find(|(name, _)| name == id),
            Err(error) => report(tenant, first, &error),
        }
        ControlFlow::Break(())
    })?;
    Ok(found.map(|(_, record)| record))
}

pub(super) fn search(
    store: &Store,
    filter: &Filter,
    after: Option<DecisionId>,
    limit: usize,
) -> Result<Found, StoreError> {
    let to = filter.to.map(starting_at);
    let before = after.into_iter().chain(to).min();
    let from = filter.from.map_or([0; 16], starting_at);
    let mut search =
        Search { filter, before, from, limit, found: Found::default(), answer: ANSWER_BYTES, budget: QUERY_BYTES };
    let to = before.map_or(Bound::Unbounded, Bound::Excluded);
    pages::scan(&store.read()?, &filter.tenant, Bound::Unbounded, to, true, &mut |first, page| {
        search.page(first, page)
    })?;
    Ok(search.found)
}

struct Search<'a> {
    filter: &'a Filter,
    before: Option<DecisionId>,
    from: DecisionId,
    limit: usize,
    found: Found,
    /// Bytes that the answer may still have.
    answer: usize,
    /// Bytes that may still be looked at.
    budget: usize,
}

impl Search<'_> {
    /// Takes what is wanted out of a page, which is older than all before it.
    fn page(&mut self, first: &DecisionId, page: Result<&[u8], StoreError>) -> ControlFlow<()> {
        let mut cost = PAGE_COST;
        match page.and_then(decode) {
            Ok((records, bytes)) => {
                cost += bytes;
                records.into_iter().rev().try_for_each(|named| self.record(named))?;
            }
            Err(error) => {
                report(&self.filter.tenant, first, &error);
                self.found.damaged += 1;
            }
        }
        if *first <= self.from {
            return ControlFlow::Break(());
        }
        self.budget = self.budget.saturating_sub(cost);
        if self.budget == 0 {
            self.found.next = Some(*first);
            return ControlFlow::Break(());
        }
        ControlFlow::Continue(())
    }

    fn record(&mut self, (id, record): Named) -> ControlFlow<()> {
        let wanted = self.before.is_none_or(|before| id < before) && id >= self.from && self.filter.matches(&record);
        if !wanted {
            return ControlFlow::Continue(());
        }
        self.answer = self.answer.saturating_sub(record.weight());
        self.found.records.push((id, record));
        if self.answer == 0 || self.found.records.len() >= self.limit {
            self.found.next = Some(id);
            return ControlFlow::Break(());
        }
        ControlFlow::Continue(())
    }
}

fn report(tenant: &str, first: &DecisionId, error: &StoreError) {
    let first = data_encoding::HEXLOWER.encode(first);
    tracing::error!(%error, tenant, first, "a page of the decision log cannot be read and is left out");
}

impl Filter {
    /// Whether a record of the right time is wanted.
    fn matches(&self, record: &DecisionRecord) -> bool {
        let same = |wanted: &Option<String>, is: &str| wanted.as_deref().is_none_or(|wanted| wanted == is);
        record.tenant == self.tenant
            && same(&self.server, &record.server)
            && same(&self.policy_id, &record.policy_id)
            && same(&self.request_id, &record.request_id)
            && self.said.is_none_or(|said| said == record.verdict.said())
            && self.subject.as_deref().is_none_or(|wanted| subject(&record.input).as_deref() == Some(wanted))
    }
}

fn subject(input: &str) -> Option<String> {
    let input: serde_json::Value = serde_json::from_str(input).ok()?;
    input.get("subject")?.get("id")?.as_str().map(str::to_owned)
}
