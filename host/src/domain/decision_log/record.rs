//! What is kept of a decision, its name, and how records become a page. Used by the other files of the log; knows
//! nothing of queues and threads.

use data_encoding::HEXLOWER;
use serde::{Deserialize, Serialize};

use crate::{
    decision::Verdict,
    store::{StoreError, pages},
    world::Micros,
};

/// Names a decision: 8 bytes of time, 4 of a counter, 4 random. Sorts by time.
pub type DecisionId = pages::PageId;

/// A decision as it is kept. When it was decided is in its name, see [`decided_at`].
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
    /// The policy that decided; empty when none did.
    pub policy_id: String,
    /// The digest of exactly the rules that decided.
    pub policy_digest: String,
    /// What the policy saw, byte for byte.
    pub input: String,
    /// The outcome, with component digests and resource use.
    pub verdict: Verdict,
}

/// A decision with its name.
pub type Named = (DecisionId, DecisionRecord);

/// The names of all members, every number at its longest, and the id.
const FIXED_BYTES: usize = 512;
/// The same for one failure, recovery or component.
const ITEM_BYTES: usize = 96;

impl DecisionRecord {
    /// A bound of the bytes that the record takes in memory and, unpacked, in a page.
    pub fn weight(&self) -> usize {
        let own = [&self.tenant, &self.server, &self.caller, &self.request_id, &self.policy_id, &self.policy_digest];
        let Verdict { failures, recovery, outputs, components, .. } = &self.verdict;
        let failed = failures.iter().map(|failed| {
            let texts = [&failed.validator, &failed.code, &failed.message, &failed.details, &failed.policy];
            ITEM_BYTES + texts.iter().map(|text| text.len()).sum::<usize>()
        });
        let recovery = recovery.iter().map(|recovery| ITEM_BYTES + recovery.id.len() + recovery.kind.len());
        let outputs =
            outputs.iter().map(|output| ITEM_BYTES + output.validator.len() + output.value.len() + output.policy.len());
        let components = components.iter().map(|component| ITEM_BYTES + component.name.len() + component.digest.len());
        let own: usize = own.iter().map(|text| text.len()).sum();
        FIXED_BYTES + own + self.input.len() + failed.chain(recovery).chain(outputs).chain(components).sum::<usize>()
    }
}

/// When a decision was made, in microseconds.
pub fn decided_at(id: &DecisionId) -> Micros {
    let micros = u128::from_be_bytes(*id) >> 64;
    Micros::try_from(micros).unwrap_or(Micros::MAX)
}

/// The smallest id of a moment. Nothing was decided before 1970.
pub(super) fn starting_at(moment: Micros) -> DecisionId {
    pack(u64::try_from(moment).unwrap_or(0), 0, [0; 4])
}

/// Reads an id as it stands in a path.
pub fn parse_id(text: &str) -> Option<DecisionId> {
    HEXLOWER.decode(text.as_bytes()).ok()?.try_into().ok()
}

fn pack(micros: u64, counter: u32, random: [u8; 4]) -> DecisionId {
    let random = u128::from(u32::from_be_bytes(random));
    (u128::from(micros) << 64 | u128::from(counter) << 32 | random).to_be_bytes()
}

/// Gives out ids that increase, whatever the wall clock does.
#[derive(Debug)]
pub(super) struct Names {
    micros: u64,
    counter: u32,
}

impl Names {
    /// All ids will be after `last`.
    pub(super) fn after(last: &DecisionId) -> Names {
        let micros = u128::from_be_bytes(*last) >> 64;
        // The counter of the last one is not looked at: it is used up.
        Names { micros: u64::try_from(micros).unwrap_or(u64::MAX), counter: u32::MAX }
    }

    /// The next id: of `now`, or of the last id's moment when the clock has not passed it.
    pub(super) fn next(&mut self, now: Micros, random: [u8; 4]) -> DecisionId {
        let now = u64::try_from(now).unwrap_or(0);
        (self.micros, self.counter) = match self.counter.checked_add(1) {
            _ if now > self.micros => (now, 0),
            Some(counter) => (self.micros, counter),
            None => (self.micros.saturating_add(1), 0),
        };
        pack(self.micros, self.counter, random)
    }
}

/// Records of one tenant in the order of their ids as a page.
pub(super) fn encode(records: &[Named]) -> Result<Vec<u8>, StoreError> {
    let plain = rmp_serde::to_vec_named(records).map_err(pages::damaged)?;
    Ok(pages::compress(&plain))
}

/// A page's records, and how many bytes they had unpacked.
pub(super) fn decode(page: &[u8]) -> Result<(Vec<Named>, usize), StoreError> {
    let plain = pages::decompress(page)?;
    Ok((rmp_serde::from_slice(&plain).map_err(pages::damaged)?, plain.len()))
}
