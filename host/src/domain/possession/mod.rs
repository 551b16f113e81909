//! Possession: what a request shows of the keys that tokens are bound to, so that a token that is found is worth nothing
//! (RFC 9700 §2.2.1).
//!
//! ```text
//! dpop   a proof and what it must say (RFC 9449)     spent   each proof once     nonce   what a proof must repeat
//! restart   what a process must know of the one before       certificate   that of the connection (RFC 8705)
//! ```
//!
//! Called by `issue` before tokens are made, and by `token::verify` whenever one is shown. Knows no headers and no sockets.

mod certificate;
mod dpop;
mod nonce;
mod restart;
mod spent;

pub use dpop::is_thumbprint;
pub use nonce::fresh as fresh_nonce;
pub use restart::{begin, end};
pub(super) use spent::Spent;

use bytes::Bytes;

use super::{
    Bearer, Confirmation, Credentials, Domain, Failure,
    client::{ASYMMETRIC, Client},
    profile::{self, Switch},
    server::Server,
};

/// What proofs may be signed with.
pub const ALGORITHMS: [&str; 5] = ASYMMETRIC;

/// What a request shows of keys, and what its proofs must be about.
#[derive(Clone, Debug)]
pub struct Evidence<'a> {
    /// Scheme, host and port of its address; our own where none is said.
    pub origin: Option<&'a str>,
    /// The method of the request.
    pub method: &'a str,
    /// Its path, as it was sent.
    pub path: &'a str,
    /// Its DPoP proofs, of which there may be one.
    pub proofs: Vec<&'a str>,
    /// The certificates of its connection in DER, the client's own first.
    pub certificates: &'a [Bytes],
    /// Whether this is only a look ahead, by which no proof is used up.
    pub ahead: bool,
}

/// How a token is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scheme {
    /// By itself (RFC 6750 §2.1).
    Bearer,
    /// With a proof beside it (RFC 9449 §7.1).
    Dpop,
}

/// An access token as somebody shows it.
#[derive(Clone, Debug)]
pub struct Presented<'a> {
    /// The token.
    pub token: &'a str,
    /// How it is shown.
    pub scheme: Scheme,
    /// What else the request shows. None where nothing can be shown that would be about this request.
    pub evidence: Option<Evidence<'a>>,
}

impl<'a> Presented<'a> {
    /// A token without anything beside it: one that is bound to a key is not taken.
    pub fn bare(token: &'a str) -> Presented<'a> {
        Presented { token, scheme: Scheme::Bearer, evidence: None }
    }
}

/// Why what a client shows of its keys is not enough for a token.
#[derive(Debug)]
pub enum Wrong {
    /// `invalid_dpop_proof`, with the reason (RFC 9449 §5).
    Proof(&'static str),
    /// `use_dpop_nonce`, with the nonce that the next proof must repeat (RFC 9449 §8).
    Nonce(String),
    /// Anything else.
    Failure(Failure),
}

impl From<Failure> for Wrong {
    fn from(failure: Failure) -> Wrong {
        Wrong::Failure(failure)
    }
}

/// What a client is told whose tokens must be bound.
const PROOF_NEEDED: &str = "tokens are bound to a key here: a DPoP proof is needed";
const CERTIFICATE_NEEDED: &str =
    "this client's tokens are bound to its certificate, and it shows none that is good now";
const KEY_NEEDED: &str = "tokens of this server are bound to a key: a DPoP proof or a client certificate is needed";

/// What the tokens of a client are bound to, from what its request shows: to the key of a proof whenever there is one (RFC 9449
/// §5), to the certificate when the client is registered so (RFC 8705 §3.4), or when tokens must be bound to something. None when
/// it shows nothing and nothing has to be shown.
pub fn of_client(
    domain: &Domain,
    tenant: &str,
    server: (&str, &Server),
    (client_id, client): (&str, &Client),
    evidence: &Evidence<'_>,
) -> Result<Option<Confirmation>, Wrong> {
    let jkt = key_of_client(domain, tenant, server, client_id, evidence)?;
    let by_certificate =
        client.certificate_bound_tokens || (profile::requires(server.1, Switch::BoundTokens) && jkt.is_none());
    let x5t_s256 = by_certificate.then(|| certificate::shown(domain, evidence)).flatten();
    let confirmation = Confirmation { jkt, x5t_s256 };
    match lacking(server.1, client, &confirmation) {
        Some(wrong) => Err(wrong),
        None => Ok(Some(confirmation).filter(Confirmation::is_some)),
    }
}

/// The thumbprint of the key that a client proves to hold at an endpoint of its server, if it shows a proof at all.
pub fn key_of_client(
    domain: &Domain,
    tenant: &str,
    (server_id, server): (&str, &Server),
    client: &str,
    evidence: &Evidence<'_>,
) -> Result<Option<String>, Wrong> {
    if evidence.proofs.is_empty() {
        return Ok(None);
    }
    let proof = dpop::read(domain, evidence, None).map_err(Wrong::Proof)?;
    if !profile::may_sign(server, &proof.algorithm) {
        return Err(Wrong::Proof("a profile of the server forbids the algorithm of the DPoP proof"));
    }
    if server.security.dpop_nonces && !nonce::is_good(domain, tenant, server_id, proof.nonce.as_deref()) {
        return Err(Wrong::Nonce(nonce::fresh(domain, tenant, server_id)));
    }
    let jkt = proof.jkt.clone();
    dpop::spend(domain, &proof, [tenant, client], evidence.ahead).map_err(Wrong::Proof)?;
    Ok(Some(jkt))
}

/// What server or client require of a token and this one has not.
fn lacking(server: &Server, client: &Client, confirmation: &Confirmation) -> Option<Wrong> {
    let refused = |reason: &str| Wrong::Failure(Failure::Unsupported { reason: reason.to_owned() });
    if client.security.dpop_bound_tokens && confirmation.jkt.is_none() {
        return Some(Wrong::Proof(PROOF_NEEDED));
    }
    if client.certificate_bound_tokens && confirmation.x5t_s256.is_none() {
        return Some(refused(CERTIFICATE_NEEDED));
    }
    let unbound = profile::requires(server, Switch::BoundTokens) && !confirmation.is_some();
    unbound.then(|| refused(KEY_NEEDED))
}

/// Refuses to make a token that is bound to less than server and client require, whichever way it is asked for. What a grant
/// forgets to ask for must not become a token that is good for whoever finds it.
pub(super) fn bound_enough(
    server: &Server,
    client: &Client,
    confirmation: Option<&Confirmation>,
) -> Result<(), Failure> {
    match lacking(server, client, confirmation.unwrap_or(&Confirmation::default())) {
        None => Ok(()),
        Some(Wrong::Failure(failure)) => Err(failure),
        Some(Wrong::Proof(_) | Wrong::Nonce(_)) => Err(Failure::Unsupported { reason: PROOF_NEEDED.to_owned() }),
    }
}

/// Whether server and client let a token be given that nobody could prove to hold a key for: by the authorization endpoint,
/// which a browser asks.
pub(super) fn may_be_unbound(server: &Server, client: &Client) -> bool {
    bound_enough(server, client, None).is_ok()
}

/// Whether whoever shows a token may use it: it is bound to nothing, or they prove to hold what it is bound to (RFC 9449 §7.1,
/// RFC 8705 §3). A token that is bound is worth nothing by itself, and one that is not is no better for a proof.
pub(super) fn may_use(domain: &Domain, shown: &Presented<'_>, bearer: &Bearer) -> Result<(), Failure> {
    let refused = |credentials| Err(Failure::Unauthenticated(credentials));
    let Some(confirmation) = &bearer.confirmation else {
        return match shown.scheme {
            Scheme::Bearer => Ok(()),
            Scheme::Dpop => refused(Credentials::Unbound),
        };
    };
    let Some(evidence) = &shown.evidence else { return refused(Credentials::NotHere) };
    if let Some(x5t) = &confirmation.x5t_s256
        && certificate::shown(domain, evidence).as_ref() != Some(x5t)
    {
        return refused(Credentials::Uncertified);
    }
    match (&confirmation.jkt, shown.scheme) {
        (Some(jkt), Scheme::Dpop) => holds_key(domain, evidence, (shown.token, bearer), jkt),
        (Some(_), Scheme::Bearer) => refused(Credentials::Unproven),
        (None, Scheme::Dpop) => refused(Credentials::Unbound),
        (None, Scheme::Bearer) if confirmation.is_some() => Ok(()),
        // Bound to something that is not understood.
        (None, Scheme::Bearer) => refused(Credentials::Unproven),
    }
}

fn holds_key(
    domain: &Domain,
    evidence: &Evidence<'_>,
    (token, bearer): (&str, &Bearer),
    jkt: &str,
) -> Result<(), Failure> {
    let refused = |reason| Failure::Unauthenticated(Credentials::Proof(reason));
    let proof = dpop::read(domain, evidence, Some(token)).map_err(refused)?;
    if proof.jkt != jkt {
        return Err(refused("the DPoP proof is of another key than the token"));
    }
    dpop::spend(domain, &proof, [&bearer.tenant, &bearer.client_id], evidence.ahead).map_err(refused)
}
