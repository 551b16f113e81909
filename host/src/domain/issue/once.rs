//! What is good once: authorization codes and refresh tokens.
//!
//! Called by their grants. Whoever shows one a second time has stolen it, or it was stolen from them: nobody can tell which,
//! so everything made from its grant ends (RFC 6749 §4.1.2, RFC 9700 §4.14.2). A client that it does not belong to learns
//! and changes nothing.

use super::{Asked, Refused};
use crate::{
    domain::{
        Failure,
        events::{self, Event},
        grant::{self, Grant},
    },
    store::Write,
};

/// How a second use ends.
const REVOKED: &str = "everything issued for it is revoked";

/// A kind of what is good once, in words.
pub(super) struct Once {
    /// What its second use is called in the log.
    second_use: &'static str,
    /// Why it is refused when it is not good.
    unknown: &'static str,
    /// Why it is refused the second time.
    again: &'static str,
}

/// Authorization codes.
pub(super) const CODE: Once = Once {
    second_use: "code used again",
    unknown: "the code is unknown, has ended, or is another client's",
    again: "the code was used before: what was issued for it has been revoked",
};

/// Refresh tokens.
pub(super) const REFRESH: Once = Once {
    second_use: "refresh token used again",
    unknown: "the refresh token is unknown, has ended, or is another client's",
    again: "the refresh token was used before: what was issued for it has been revoked",
};

/// How using it up went.
pub(super) enum Spent {
    /// This was the first time.
    Now,
    /// It was used meanwhile: its grant has been revoked, with what the first use was given.
    Before,
    /// It, or its grant, is there no more.
    Gone,
}

impl Once {
    /// The refusal of one that is not good.
    pub(super) fn unknown(&self) -> Refused {
        Refused::Invalid(self.unknown)
    }

    /// Refuses what is another client's, or made from a grant that does not hold any more.
    pub(super) fn check_owner(&self, asked: &Asked<'_>, grant: &Grant) -> Result<(), Refused> {
        let Asked { domain, server: (server_id, server), proven, .. } = *asked;
        let theirs = grant.client_id == proven.id && grant.server == server_id;
        match theirs && grant.holds(server, &proven.client.value, domain.world.now_seconds()) {
            true => Ok(()),
            false => Err(self.unknown()),
        }
    }

    /// Revokes the grant of what was used before, and refuses it.
    pub(super) async fn stolen(&self, asked: &Asked<'_>, id: &str, grant: &Grant) -> Refused {
        let (tenant, id) = (asked.tenant.to_owned(), id.to_owned());
        match asked.domain.write(move |write| grant::revoke(write, &tenant, &id)).await {
            Ok(_) => self.again(asked, &grant.identity.subject),
            Err(failure) => failure.into(),
        }
    }

    /// Uses it up with `work`, which keeps what is given for it in the same transaction.
    pub(super) async fn spend(
        &self,
        asked: &Asked<'_>,
        subject: &str,
        work: impl FnMut(&mut Write<'_>) -> Result<Spent, Failure> + Send + 'static,
    ) -> Result<(), Refused> {
        match asked.domain.write(work).await? {
            Spent::Now => Ok(()),
            Spent::Before => Err(self.again(asked, subject)),
            Spent::Gone => Err(self.unknown()),
        }
    }

    /// The refusal of a second use, which operators are told of.
    fn again(&self, asked: &Asked<'_>, subject: &str) -> Refused {
        let Asked { tenant, server: (server, _), proven, sent, request_id, .. } = *asked;
        let (what, client, address) = (self.second_use, proven.id.as_str(), sent.address);
        events::tell(Event { what, outcome: REVOKED, tenant, server, client, subject, address, request_id });
        Refused::Invalid(self.again)
    }
}
