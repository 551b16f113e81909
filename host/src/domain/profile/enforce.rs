//! What profiles refuse: contradictions where a server, its keys or a client are saved, and at each step whoever is not as the
//! profile demands.
//!
//! Called by `server` and `client` when they are saved, by `proof` (who asks), `authorize` (what is asked) and whoever makes or
//! checks signatures. A server that contradicts its own profile, because it was saved by an earlier version or has another
//! address since, issues nothing: nobody should believe in a profile that is not kept.

use super::{Asker, Facts, Found, Kept, Requirement, Switch, demanded, of_client, of_server, requires};
use crate::{
    crypto::keys::Algorithm,
    domain::{
        Domain, Failure, Problem,
        client::{AuthMethod, Client},
        key_ring::{self, KeyRing},
        server::Server,
    },
};

/// What an authorization request looks like, as far as profiles ask.
#[derive(Clone, Copy, Debug, Default)]
pub struct Seen {
    /// It was pushed (RFC 9126).
    pub pushed: bool,
    /// It asks for a code.
    pub code: bool,
    /// It asks for an ID token.
    pub id_token: bool,
    /// It asks for an access token.
    pub token: bool,
    /// Its answer is signed as a whole (JARM).
    pub signed_answer: bool,
    /// It has a code challenge.
    pub challenge: bool,
    /// It names its redirect URI.
    pub redirect_named: bool,
    /// It names the scopes that it asks for.
    pub scope_named: bool,
    /// It has a state.
    pub state: bool,
    /// It has a nonce.
    pub nonce: bool,
    /// It has the scope `openid`.
    pub openid: bool,
}

pub(super) fn is_detached(seen: &Seen) -> bool {
    seen.code && !seen.token && (seen.id_token || seen.signed_answer)
}

pub(super) fn is_signed_answer(seen: &Seen) -> bool {
    seen.signed_answer
}

pub(super) fn has_challenge_if_pushed(seen: &Seen) -> bool {
    seen.challenge || !seen.pushed
}

pub(super) fn names_redirect(seen: &Seen) -> bool {
    seen.redirect_named
}

pub(super) fn names_scope(seen: &Seen) -> bool {
    seen.scope_named
}

pub(super) fn has_nonce_or_state(seen: &Seen) -> bool {
    if seen.openid { seen.nonce } else { seen.state }
}

/// A contradiction, in the words of whoever saves it.
fn problem((line, asker): (&Requirement, &Asker), found: Option<Found>) -> Option<Problem> {
    let Some(Found::Broken { member, why }) = found else { return None };
    Some(Problem::new(member, sentence((line, asker), &why)))
}

fn sentence((line, asker): (&Requirement, &Asker), why: &str) -> String {
    let Asker { standard, section, .. } = asker;
    let (says, title) = (line.says.trim_end_matches('.'), standard.title());
    format!("{why}, which a profile of the server forbids: {says} ({title}, {section})")
}

/// Where a server contradicts its profiles.
pub(in crate::domain) fn server_problems(facts: &Facts<'_>) -> Vec<Problem> {
    // Switches are on and requests are looked at because the profile is there: only what is configured can contradict it.
    demanded(facts.server).filter_map(|line| problem(line, of_server(line.0, facts))).collect()
}

/// Why a server may not have a key that signs so.
pub(in crate::domain) fn key_problem(server: &Server, algorithm: Algorithm) -> Option<Problem> {
    let algorithm = algorithm.name();
    let (line, asker) = forbidding(server, algorithm)?;
    Some(Problem::new("/key_type", sentence((line, asker), &format!("it signs with {algorithm}"))))
}

/// What the keys of a ring sign with, or will.
pub(in crate::domain) fn ring_algorithms(ring: &KeyRing) -> Vec<&'static str> {
    let keys = ring.keys.iter().enumerate().filter(|(place, key)| key_ring::signs_when_asked(*place, key));
    keys.map(|(_, key)| key.algorithm.name()).collect()
}

/// Where a client contradicts the profiles of its server.
pub fn client_problems(server: &Server, client: &Client) -> Vec<Problem> {
    demanded(server).filter_map(|line| problem(line, of_client(line.0, server, client))).collect()
}

/// Why nothing is issued to a client: it, or the server, is not as a profile of the server demands.
pub fn refusal(
    domain: &Domain,
    tenant: &str,
    (id, server): (&str, &Server),
    client: &Client,
) -> Result<Option<String>, Failure> {
    if server.profiles.is_empty() {
        return Ok(None);
    }
    let issuer = domain.issuer(tenant, id);
    let algorithms = key_ring::algorithms(domain, tenant, id, key_ring::signs_when_asked)?;
    let facts = Facts { server, issuer: &issuer, algorithms: &algorithms };
    let problems = server_problems(&facts).into_iter().chain(client_problems(server, client));
    Ok(problems.map(|problem| problem.reason).next())
}

/// Why a request is refused: what a profile of the server demands of it and it has not.
pub fn request_refusal(server: &Server, seen: &Seen) -> Option<String> {
    let wrong = |(line, _): &(&Requirement, &Asker)| matches!(line.kept, Kept::Request(right) if !right(seen));
    let (line, asker) = demanded(server).find(wrong)?;
    Some(format!("{} ({}, {})", line.says.trim_end_matches('.'), asker.standard.title(), asker.section))
}

/// Whether a request for this response type could be as the profiles of a server demand.
pub fn may_answer(server: &Server, response_type: &str) -> bool {
    let has = |word: &str| response_type.split(' ').any(|one| one == word);
    let (code, id_token, token) = (has("code"), has("id_token"), has("token"));
    let best = Seen {
        pushed: true,
        code,
        id_token,
        token,
        signed_answer: true,
        challenge: true,
        redirect_named: true,
        scope_named: true,
        state: true,
        nonce: true,
        openid: id_token,
    };
    request_refusal(server, &best).is_none()
}

/// Whether a server takes and makes signatures of this algorithm.
pub fn may_sign(server: &Server, algorithm: &str) -> bool {
    forbidding(server, algorithm).is_none()
}

fn forbidding(server: &Server, algorithm: &str) -> Option<(&'static Requirement, &'static Asker)> {
    demanded(server).find(|(line, _)| matches!(&line.kept, Kept::Algorithms(allowed) if !allowed.contains(&algorithm)))
}

/// Whether clients of a server may prove themselves by this method.
pub fn may_prove(server: &Server, method: AuthMethod) -> bool {
    demanded(server).all(|(line, _)| !matches!(&line.kept, Kept::Methods(allowed) if !allowed.contains(&method)))
}

/// Whether assertions of clients must name the issuer alone as their audience.
pub fn audience_is_strict(server: &Server) -> bool {
    requires(server, Switch::StrictAudience)
}
