//! A claim: what of the authentication context goes into a token, and for which scopes.

pub(in crate::domain) mod expression;

use std::collections::HashSet;

use serde::{Deserialize, Serialize};

use super::{
    By, Domain, Failure, Problem, name,
    noun::{self, Named},
    scope,
    server::Server,
    stamp::Stamp,
    text,
};
use crate::store::{Index, Kind, Noun, State, Write};

/// A claim's configuration.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Claim {
    /// The authorization server it belongs to.
    pub server: String,
    /// The name in the token; dots nest.
    pub name: String,
    /// The dotted path in the authentication context; [`WHOLE`] is all of it. Or an expression over it, after `cel:`.
    pub mapping: String,
    /// Which token it goes into.
    pub token: ClaimToken,
    /// The scopes of which one must be granted; none means always.
    pub scopes: Vec<String>,
}

/// The token a claim goes into.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ClaimToken {
    /// The ID token and userinfo.
    IdToken,
    /// The access token.
    AccessToken,
}

impl Noun for Claim {
    const KIND: Kind = Kind::Claim;
}

impl Named for Claim {
    const NAME: &'static str = "claim";
}

/// Members of tokens that say who, for whom and how long (RFC 7519 §4.1, RFC 9068 §2.2, OpenID Connect Core §2), and what else our
/// own code writes into them and believes when it reads them. No claim of a tenant may stand in their place.
///
/// Two that it writes now and then are a tenant's to say as well. `roles` are those of people, whatever they mean there; in the
/// token of an organization's client ours replace them. `may_act` (RFC 8693 §4.4) names who may act for somebody, which only a
/// tenant knows.
const RESERVED: [&str; 32] = [
    "acr",
    "act",
    "aid",
    "amr",
    "application_id",
    "at_hash",
    "aud",
    "auth_time",
    "authorities",
    "authorization_details",
    "azp",
    "c_hash",
    "cgid",
    "client_id",
    "client_since",
    "cnf",
    "exchanged_from",
    "exp",
    "gid",
    "iat",
    "iss",
    "jti",
    "nbf",
    "nonce",
    "organization_id",
    "s_hash",
    "scope",
    "scp",
    "sid",
    "sub",
    "sub_since",
    "tid",
];

/// The mapping that takes the authentication context as a whole.
pub(super) const WHOLE: &str = ".";

/// The longest dotted name, in bytes, and its most parts: what the claim mapper `path` takes.
const NAME: Bounds = Bounds { bytes: 512, parts: 32 };
/// A mapping has less, as the mapper finds the authentication context below `authn_ctx.`.
const MAPPING: Bounds = Bounds { bytes: 502, parts: 31 };

struct Bounds {
    bytes: usize,
    parts: usize,
}

/// All claims of a server, by id. A server that is not there has none (listClaims has no other answer).
pub fn list(domain: &Domain, tenant: &str, server: &str) -> Result<Vec<(String, State<Claim>)>, Failure> {
    noun::below(&domain.store.read()?, Index::ServerClaims, tenant, server, domain.now())
}

/// Makes a claim (createClaim). Without `id` it gets one.
pub async fn create(
    domain: &Domain,
    by: &By<'_>,
    tenant: &str,
    id: Option<&str>,
    claim: Claim,
) -> Result<(String, State<Claim>), Failure> {
    accept(domain, &claim).await?;
    noun::create(domain, by, tenant, id, claim, save).await
}

/// Replaces a claim (updateClaim). It stays on its server.
pub async fn update(
    domain: &Domain,
    by: &By<'_>,
    tenant: &str,
    id: &str,
    claim: Claim,
) -> Result<State<Claim>, Failure> {
    expression::accept(domain, &claim).await?;
    let change = move |old: &Claim| {
        let server = noun::fixed("/authorization_server_id", claim.server.clone(), &old.server)?;
        let claim = Claim { server, ..claim.clone() };
        check(&claim)?;
        Ok(claim)
    };
    noun::update(domain, by, tenant, id, change, save).await
}

/// Removes a claim (deleteClaim).
pub async fn delete(domain: &Domain, by: &By<'_>, tenant: &str, id: &str) -> Result<(), Failure> {
    noun::delete::<Claim>(domain, by, tenant, id, |_| Ok(()), remove).await
}

/// Writes a claim with its place, inside a transaction.
pub(super) fn save(
    write: &mut Write<'_>,
    tenant: &str,
    id: &str,
    old: Option<&Claim>,
    claim: &Claim,
    stamp: &Stamp,
) -> Result<State<Claim>, Failure> {
    let before = old.map(|old| old.server.as_str());
    noun::parent::<Server>(write, tenant, "/authorization_server_id", before, &claim.server, stamp)?;
    let mut problems = Vec::new();
    for (place, scope) in claim.scopes.iter().enumerate() {
        if !scope::exists(write, tenant, &claim.server, scope, stamp.from())? {
            problems.push(Problem::new(format!("/scopes/{place}"), format!("there is no scope `{scope}`")));
        }
    }
    Failure::unless_fine(problems)?;
    let had = old.map(unique);
    name::switch::<Claim>(write, tenant, &claim.server, id, had.as_deref(), ("/name", &unique(claim)), stamp)?;
    noun::refile(write, Index::ServerClaims, tenant, before, Some(&claim.server), id)?;
    Ok(stamp.replace(write, tenant, id, claim.clone())?)
}

/// Removes a claim, inside a transaction.
pub(super) fn remove(write: &mut Write<'_>, tenant: &str, id: &str, old: &Claim, stamp: &Stamp) -> Result<(), Failure> {
    name::take_back::<Claim>(write, tenant, &old.server, &unique(old), id)?;
    noun::refile(write, Index::ServerClaims, tenant, Some(&old.server), None, id)?;
    stamp.soft_delete::<Claim>(write, tenant, id)?;
    Ok(())
}

/// Removes the claims of a server that goes, inside a transaction.
pub(super) fn delete_all(write: &mut Write<'_>, tenant: &str, server: &str, stamp: &Stamp) -> Result<(), Failure> {
    noun::remove_below(write, Index::ServerClaims, tenant, server, stamp, remove)
}

/// Files the names of a server's claims as [`save`] does, for a store that has none, inside a transaction.
pub(super) fn file_names(write: &mut Write<'_>, tenant: &str, server: &str, stamp: &Stamp) -> Result<(), Failure> {
    for (id, state) in noun::below::<Claim>(write, Index::ServerClaims, tenant, server, stamp.now)? {
        name::give::<Claim>(write, tenant, server, &unique(&state.value), &id, stamp)?;
    }
    Ok(())
}

/// Checks what needs no store; an expression by the component that will evaluate it.
pub(super) async fn accept(domain: &Domain, claim: &Claim) -> Result<(), Failure> {
    check(claim)?;
    expression::accept(domain, claim).await
}

/// Checks what needs neither store nor component.
fn check(claim: &Claim) -> Result<(), Failure> {
    let mut problems = Vec::new();
    problems.extend(text::name("/authorization_server_id", &claim.server));
    let name = dotted(&claim.name, &NAME).or_else(|| reserved(&claim.name));
    problems.extend(name.map(|reason| Problem::new("/name", reason)));
    problems.extend(mapping(&claim.mapping).map(|reason| Problem::new("/mapping", reason)));
    problems.extend(once("/scopes", &claim.scopes));
    Failure::unless_fine(problems)
}

/// Every name of a list must be in it once.
fn once(member: &str, list: &[String]) -> Vec<Problem> {
    if let Some(problem) = text::items(member, list) {
        return vec![problem];
    }
    let mut seen = HashSet::new();
    let again = list.iter().enumerate().filter(|(_, name)| !seen.insert(name.as_str()));
    again.map(|(place, _)| Problem::new(format!("{member}/{place}"), "is there already")).collect()
}

/// Whether a token can have the claim, which may have been saved under the rules of an earlier version.
pub(super) fn makeable(claim: &Claim) -> Result<(), String> {
    let whole = claim.mapping == WHOLE;
    let path = expression::source(&claim.mapping).is_none() && !whole;
    let why = reserved(&claim.name).or_else(|| if path { dotted(&claim.mapping, &MAPPING) } else { None });
    why.map_or(Ok(()), Err)
}

/// The parts of a dotted name.
pub(super) fn parts(name: &str) -> Vec<String> {
    let (mut parts, mut escaped) = (vec![String::new()], false);
    for c in name.chars() {
        match (c, parts.last_mut()) {
            ('\\', _) if !escaped => escaped = true,
            ('.', _) if !escaped => parts.push(String::new()),
            (c, Some(part)) => {
                part.push(c);
                escaped = false;
            }
            (_, None) => {}
        }
    }
    parts
}

fn mapping(mapping: &str) -> Option<String> {
    if let Some(source) = expression::source(mapping) {
        return expression::objection(source);
    }
    dotted(mapping, &MAPPING).filter(|_| mapping != WHOLE)
}

/// What is wrong with a dotted name, where `\.` is a dot and `\\` a backslash inside a part.
fn dotted(path: &str, bounds: &Bounds) -> Option<String> {
    if path.len() > bounds.bytes {
        return Some(format!("must have at most {} bytes", bounds.bytes));
    }
    let reason = if path.chars().any(char::is_control) {
        "must not have control characters"
    } else {
        let plain = path.replace(r"\\", "_").replace(r"\.", "_");
        let parts = plain.split('.').count();
        if plain.contains('\\') {
            r"may have \ only before a dot or another \"
        } else if plain.split('.').any(|part| part.trim().is_empty()) {
            "must have names between its dots"
        } else if parts > bounds.parts {
            return Some(format!("must have at most {} names", bounds.parts));
        } else {
            return None;
        }
    };
    Some(reason.to_owned())
}

fn reserved(name: &str) -> Option<String> {
    let parts = parts(name);
    reserved_member(parts.first().map(String::as_str).unwrap_or_default())
}

/// Why a member of a token is not a tenant's to say.
pub(super) fn reserved_member(first: &str) -> Option<String> {
    RESERVED.contains(&first).then(|| format!("`{first}` is what the server itself says"))
}

/// What no two claims of a server share.
fn unique(claim: &Claim) -> String {
    let token = match claim.token {
        ClaimToken::IdToken => "id_token",
        ClaimToken::AccessToken => "access_token",
    };
    format!("{} of the {token}", claim.name)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn claim(name: &str, mapping: &str) -> Claim {
        Claim {
            server: "shop".to_owned(),
            name: name.to_owned(),
            mapping: mapping.to_owned(),
            token: ClaimToken::IdToken,
            scopes: Vec::new(),
        }
    }

    #[test]
    fn names_and_mappings_are_dotted() {
        for path in ["email", "address.country", r"https://example\.com/roles", "a b", r"a\\.b"] {
            assert_eq!(check(&claim(path, path)), Ok(()), "{path}");
        }
        for path in ["", " ", "a.", ".a", "a..b", r"a\b", r"a\", "a\nb", &"a".repeat(513), &["a"; 33].join(".")] {
            let Err(Failure::Invalid(problems)) = check(&claim(path, path)) else { panic!("{path:?} was taken") };
            assert_eq!(problems.len(), 2, "{path:?}");
        }
    }

    #[test]
    fn a_mapping_may_be_the_whole_context_and_has_room_for_where_that_is() {
        assert_eq!(check(&claim("all", WHOLE)), Ok(()));
        assert!(check(&claim(WHOLE, "email")).is_err());
        for (name, mapping) in [("a".repeat(512), "a".repeat(502)), (["a"; 32].join("."), ["a"; 31].join("."))] {
            assert_eq!(check(&claim(&name, &mapping)), Ok(()));
            let Err(Failure::Invalid(problems)) = check(&claim("a", &name)) else { panic!("{name:?} was taken") };
            assert_eq!(problems.first().map(|problem| problem.member.as_str()), Some("/mapping"));
        }
    }

    #[test]
    fn a_mapping_may_be_an_expression() {
        assert_eq!(check(&claim("a", "cel:authn_ctx.email + '\\n'")), Ok(()));
        for mapping in ["cel:", "cel: ", &format!("cel:{}", "a".repeat(9000))] {
            assert!(check(&claim("a", mapping)).is_err(), "{mapping}");
        }
    }

    #[test]
    fn names_come_apart_at_their_dots() {
        for (name, expected) in [("a", vec!["a"]), ("a.b", vec!["a", "b"]), (r"a\.b.c\\", vec!["a.b", "c\\"])] {
            assert_eq!(parts(name), expected, "{name}");
        }
    }

    #[test]
    fn what_the_server_says_itself_cannot_be_replaced() {
        for name in RESERVED.into_iter().chain(["aud.x", "cnf.jkt", "sid.x", r"authorities.x"]) {
            let Err(Failure::Invalid(problems)) = check(&claim(name, "email")) else { panic!("{name:?} was taken") };
            assert_eq!(problems.first().map(|problem| problem.member.as_str()), Some("/name"));
        }
        for name in ["subject", "roles", "may_act"] {
            assert_eq!(check(&claim(name, "sub")), Ok(()));
        }
    }

    /// Whatever an access token may have beside what tenants add is the server's own.
    #[test]
    fn every_member_of_our_tokens_is_reserved() {
        let whole = json!({
            "iss": "i", "sub": "s", "aud": ["a"], "client_id": "c", "iat": 1, "nbf": 1, "exp": 1, "jti": "j", "scope": "a",
            "scp": ["a"], "tid": "t", "aid": "a", "client_since": 1, "gid": "g", "cgid": "g", "auth_time": 1, "acr": "1",
            "amr": ["pwd"], "cnf": { "jkt": "x" }, "authorization_details": [{ "type": "x" }],
            "act": { "sub": "s", "client_id": "c" }, "sub_since": 1,
        });
        let claims: crate::domain::token::Claims = serde_json::from_value(whole.clone()).unwrap();
        let written = serde_json::to_value(&claims).unwrap();
        assert_eq!(written, whole, "every member is here");
        for name in written.as_object().unwrap().keys() {
            assert!(reserved_member(name).is_some(), "{name}");
        }
    }
}
