//! What a process must know of the one before it: until when proofs were dated that it took, so that none of them is good again.
//!
//! Called by `boot` at every start, and by `server` at an orderly end. A process that ends in another way leaves word that it was
//! running: then the next one takes no proof that this one may have taken, which were dated a few seconds ahead at most.

use serde::{Deserialize, Serialize};

use super::dpop::AHEAD;
use crate::{
    domain::{Domain, Failure},
    store::{Record, Table, records},
};

/// What a process leaves behind.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
struct Taken {
    /// The latest time of a proof that it took, in seconds since 1970; none as long as it runs.
    until: Option<i64>,
}

impl Record for Taken {
    const TABLE: Table = Table::Meta;
}

const KEY: [&str; 2] = ["proofs", "taken"];

/// Begins to take proofs, after those of the process before.
pub async fn begin(domain: &Domain) -> Result<(), Failure> {
    // None was dated later, whatever the clock has done meanwhile.
    let most = domain.world.now_seconds().saturating_add(AHEAD);
    match domain.store.record::<Taken>(&KEY)?.map(|taken| taken.until) {
        None => {}
        Some(Some(until)) => domain.proofs.forget_until(until.min(most)),
        Some(None) => domain.proofs.forget_until(most),
    }
    leave(domain, None).await
}

/// Leaves word of the proofs that were taken, when no more will be.
pub async fn end(domain: &Domain) -> Result<(), Failure> {
    leave(domain, Some(domain.proofs.latest())).await
}

async fn leave(domain: &Domain, until: Option<i64>) -> Result<(), Failure> {
    domain.write(move |write| Ok(records::put(write, &KEY, &Taken { until })?)).await
}
