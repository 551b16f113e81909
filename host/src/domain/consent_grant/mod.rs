//! What people have consented to: one grant for each person and consent, with how and when it was given.
//!
//! Called by machines that act for a person, and by whatever lets people do it themselves. Grants are read with the
//! consents as they are now ([`Consent::worth`]) and changed by [`patch`], with one ledger event each in the same
//! transaction. Knows no headers and no tokens: who the person is, the caller says.

mod patch;

use std::{collections::BTreeMap, net::IpAddr};

use serde::{Deserialize, Serialize};

use super::{
    Domain, Failure, Problem, consent::Consent, consent_action::ConsentAction, name, noun::Named, tenant, text,
};
use crate::{
    store::{Read, Record, State, Table, records, timeline},
    world::Micros,
};

pub use patch::{Acted, Also, Change, grant, patch, patch_and, revoke};

/// What a person has said last about a consent.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ConsentGrant {
    /// Of which version of the consent.
    pub version: u64,
    /// How.
    pub grant_type: GrantType,
    /// When it was granted, in microseconds.
    pub given_at: Micros,
    /// The call that said so last: a UUID.
    pub act: String,
    /// The circumstances of that call.
    pub circumstances: Circumstances,
    /// Whether it was taken back.
    pub revoked: bool,
}

impl Record for ConsentGrant {
    const TABLE: Table = Table::ConsentGrant;
}

/// How a consent was granted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum GrantType {
    /// By what the person did.
    Implicit,
    /// In so many words.
    Explicit,
}

/// How a grant came about, as the application tells it.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Circumstances {
    /// When the application asked. Its unit is the application's; nanoseconds are customary.
    pub collection_timestamp: Option<i64>,
    /// From where.
    pub context: Option<Context>,
    /// The language in which the person was asked (ISO 639).
    pub language: Option<String>,
    /// The consent action that asked. It may be gone by the time that the application tells.
    pub triggered_by_action: Option<String>,
}

/// From where a person has consented.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Context {
    /// An IP address.
    pub ip: Option<String>,
    /// Latitude and longitude.
    pub location: Option<Vec<f64>>,
    /// An object of the application's making, as JSON text.
    pub device: Option<String>,
}

/// The name of a person, as the applications and authorization servers of the tenant know them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Subject(String);

impl Subject {
    /// Checks a subject: 1 to 255 bytes without control characters.
    pub fn new(member: &str, text: &str) -> Result<Subject, Problem> {
        let reason = if text.is_empty() {
            "must not be empty"
        } else if text.len() > 255 {
            "must have at most 255 bytes"
        } else if text.chars().any(char::is_control) {
            "must not have control characters"
        } else {
            return Ok(Subject(text.to_owned()));
        };
        Err(Problem::new(member, reason))
    }

    /// As text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// A consent in the version that a person was shown. To another one they have not said yes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shown {
    /// The consent.
    pub id: String,
    /// Which version of it.
    pub version: u64,
}

/// A consent as it is now, with what a person has said about it.
#[derive(Clone, Debug, PartialEq)]
pub struct Held {
    /// The consent's id.
    pub id: String,
    /// The consent.
    pub consent: Consent,
    /// What the person has said last.
    pub grant: Option<ConsentGrant>,
    /// Whether the action that was asked for needs it.
    pub required: Option<bool>,
}

impl Held {
    /// How the consent is granted now, if it is.
    pub fn standing(&self) -> Option<GrantType> {
        standing(&self.consent, self.grant.as_ref())
    }
}

/// How a consent is granted now: by a grant that was not taken back and that the updates since have not made void.
fn standing(consent: &Consent, grant: Option<&ConsentGrant>) -> Option<GrantType> {
    let grant = grant.filter(|grant| !grant.revoked)?;
    consent.worth(grant.version, grant.grant_type)
}

/// The tenant's consents with what a person has said about them, by id; all of them, or the ones asked for.
pub fn list(domain: &Domain, tenant: &str, subject: &Subject, only: &[String]) -> Result<Vec<Held>, Failure> {
    tenant::current(domain, tenant)?;
    let read = domain.store.read()?;
    let consents = timeline::list::<Consent>(&read, tenant, domain.now(), None, usize::MAX)?;
    let wanted = consents.into_iter().filter(|(id, _)| only.is_empty() || only.contains(id));
    let wanted = wanted.map(|(id, state)| (id, state.value, None)).collect();
    held(&read, tenant, subject, wanted)
}

/// The consents of an action with what a person has said about them, in the action's order. Applications ask by the
/// action's id or by its name; an id comes first.
pub fn list_by_action(domain: &Domain, tenant: &str, subject: &Subject, action: &str) -> Result<Vec<Held>, Failure> {
    tenant::current(domain, tenant)?;
    let read = domain.store.read()?;
    let at = domain.now();
    let found = find_action(&read, tenant, action, at)?;
    let found = found.ok_or_else(|| Failure::not_found(ConsentAction::NAME, action))?;
    let mut wanted = Vec::new();
    for asked in found.consents {
        if let Some(state) = live::<Consent>(&read, tenant, &asked.consent, at)? {
            wanted.push((asked.consent, state.value, Some(asked.required)));
        }
    }
    held(&read, tenant, subject, wanted)
}

/// The consents that a person has given and that are granted now, by id.
pub fn given(domain: &Domain, tenant: &str, subject: &Subject) -> Result<Vec<String>, Failure> {
    let (read, at) = (domain.store.read()?, domain.now());
    let mut given = Vec::new();
    for (mut key, grant) in records::list_prefix::<ConsentGrant>(&read, &[tenant, subject.as_str()])? {
        if let Some(id) = key.pop()
            && let Some(state) = live::<Consent>(&read, tenant, &id, at)?
            && standing(&state.value, Some(&grant)).is_some()
        {
            given.push(id);
        }
    }
    Ok(given)
}

fn find_action(read: &Read, tenant: &str, action: &str, at: Micros) -> Result<Option<ConsentAction>, Failure> {
    if let Some(state) = live::<ConsentAction>(read, tenant, action, at)? {
        return Ok(Some(state.value));
    }
    match name::holder::<ConsentAction>(read, tenant, "", action, at)? {
        Some(id) => Ok(live::<ConsentAction>(read, tenant, &id, at)?.map(|state| state.value)),
        None => Ok(None),
    }
}

fn live<T: Named>(read: &Read, tenant: &str, id: &str, at: Micros) -> Result<Option<State<T>>, Failure> {
    Ok(timeline::current::<T>(read, tenant, id, at)?.filter(|state| !state.deleted))
}

/// One look at everything the person has said, whatever the number of consents.
fn held(
    read: &Read,
    tenant: &str,
    subject: &Subject,
    wanted: Vec<(String, Consent, Option<bool>)>,
) -> Result<Vec<Held>, Failure> {
    let granted = records::list_prefix::<ConsentGrant>(read, &[tenant, subject.as_str()])?;
    let mut granted: BTreeMap<String, ConsentGrant> =
        granted.into_iter().filter_map(|(mut key, grant)| Some((key.pop()?, grant))).collect();
    let with = |(id, consent, required): (String, Consent, Option<bool>)| {
        let grant = granted.remove(&id);
        Held { id, consent, grant, required }
    };
    Ok(wanted.into_iter().map(with).collect())
}

/// The longest description of a device, as JSON text in bytes.
const DEVICE: usize = 4096;
/// How far a clock may be ahead of ours, in nanoseconds: a day.
const AHEAD: i128 = 86_400_000_000_000;

/// Checks the circumstances of a call. `now` is [`Domain::now`].
fn problems(circumstances: &Circumstances, now: Micros) -> Vec<Problem> {
    let Circumstances { collection_timestamp, context, language, triggered_by_action } = circumstances;
    let mut problems = Vec::new();
    // Nanoseconds are the finest unit, so what lies ahead in them lies ahead in every unit.
    let latest = i128::from(now) * 1000 + AHEAD;
    if collection_timestamp.is_some_and(|at| at < 0 || i128::from(at) > latest) {
        problems.push(Problem::new("/collection_timestamp", "must be a moment since 1970 and not in the future"));
    }
    if language.as_ref().is_some_and(|code| !is_language(code)) {
        problems.push(Problem::new("/language", "must be a code of two or three letters (ISO 639)"));
    }
    if let Some(action) = triggered_by_action {
        problems.extend(text::name("/triggered_by_action", action));
    }
    problems.extend(context.iter().flat_map(context_problems));
    problems
}

fn context_problems(context: &Context) -> Vec<Problem> {
    let Context { ip, location, device } = context;
    let mut problems = Vec::new();
    if ip.as_ref().is_some_and(|ip| ip.parse::<IpAddr>().is_err()) {
        problems.push(Problem::new("/context/ip", "must be an IP address"));
    }
    if location.as_ref().is_some_and(|location| !is_location(location)) {
        let reason = "must be two numbers: a latitude within 90 and a longitude within 180 degrees";
        problems.push(Problem::new("/context/location", reason));
    }
    if device.as_ref().is_some_and(|device| device.len() > DEVICE) {
        problems.push(Problem::new("/context/device", "must have at most 4096 bytes"));
    }
    problems
}

fn is_language(code: &str) -> bool {
    (2..=3).contains(&code.len()) && code.bytes().all(|byte| byte.is_ascii_alphabetic())
}

fn is_location(location: &[f64]) -> bool {
    matches!(location, [latitude, longitude] if latitude.abs() <= 90.0 && longitude.abs() <= 180.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn members(circumstances: &Circumstances, now: Micros) -> Vec<String> {
        problems(circumstances, now).into_iter().map(|problem| problem.member).collect()
    }

    #[test]
    fn a_subject_is_bounded() {
        for good in ["peter", "a b", "ä", &"x".repeat(255)] {
            assert_eq!(Subject::new("m", good).unwrap().as_str(), good);
        }
        for bad in ["", "a\tb", "a\0b", &"x".repeat(256), &"ä".repeat(128)] {
            assert!(Subject::new("m", bad).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn circumstances_are_checked_all_at_once() {
        let context = |ip: &str, location: &[f64]| Context {
            ip: Some(ip.to_owned()),
            location: Some(location.to_vec()),
            device: Some("{}".to_owned()),
        };
        let good = Circumstances {
            collection_timestamp: Some(1_257_894_000_000_000_000),
            context: Some(context("52.14.142.76", &[25.2084, 55.2719])),
            language: Some("en".to_owned()),
            triggered_by_action: Some("1".to_owned()),
        };
        assert!(members(&good, 1_700_000_000_000_000).is_empty());
        assert_eq!(members(&good, 0), ["/collection_timestamp"]);
        let bad = Circumstances {
            collection_timestamp: Some(-1),
            context: Some(Context { device: Some("x".repeat(4097)), ..context("52.14.142", &[91.0, 0.0]) }),
            language: Some("english".to_owned()),
            triggered_by_action: Some(String::new()),
        };
        let all = ["/collection_timestamp", "/language", "/triggered_by_action", "/context/ip"];
        assert_eq!(members(&bad, i64::MAX / 1000), [&all[..], &["/context/location", "/context/device"]].concat());
        for location in
            [[].as_slice(), &[1.0], &[1.0, 2.0, 3.0], &[f64::NAN, 0.0], &[0.0, f64::INFINITY], &[0.0, 181.0]]
        {
            assert!(!is_location(location), "{location:?}");
        }
    }
}
