//! What an event says, as the JSON text that is signed. A document of its own: it stays as it is when the dialects change.
//!
//! Called by `consent_grant`. Knows no chain and no key.

use serde::Serialize;
use serde_json::{Value, value::RawValue};

use crate::domain::{
    Failure,
    consent::{Consent, DataUser, Purpose, Strategy, Terms},
    consent_grant::{Circumstances, Context, GrantType},
    moment,
};

/// A grant or its withdrawal, in the words of the rules.
pub(in crate::domain) struct Said<'a> {
    /// Granted, or taken back.
    pub(in crate::domain) granted: bool,
    /// In which tenant.
    pub(in crate::domain) tenant: &'a str,
    /// By whom.
    pub(in crate::domain) subject: &'a str,
    /// Which consent.
    pub(in crate::domain) consent_id: &'a str,
    /// The consent as it is.
    pub(in crate::domain) consent: &'a Consent,
    /// How it was granted.
    pub(in crate::domain) grant_type: GrantType,
    /// When it was granted.
    pub(in crate::domain) given_at: i64,
    /// The call that says so.
    pub(in crate::domain) act: &'a str,
    /// The circumstances of that call.
    pub(in crate::domain) circumstances: &'a Circumstances,
}

#[derive(Serialize)]
struct Payload<'a> {
    event_type: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    consent_granted: Option<Grant<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    consent_revoked: Option<Grant<'a>>,
}

#[derive(Serialize)]
struct Grant<'a> {
    consent_id: &'a str,
    version: u64,
    grant_type: GrantType,
    given_at: String,
    subject: &'a str,
    tenant_id: &'a str,
    consent_grant_act_id: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    collection_timestamp: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    context: Option<Place<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    language: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    triggered_by_action: Option<&'a str>,
    consent: Snapshot<'a>,
}

#[derive(Serialize)]
struct Place<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    ip: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    location: Option<&'a [f64]>,
    #[serde(skip_serializing_if = "Option::is_none")]
    device: Option<&'a RawValue>,
}

#[derive(Serialize)]
struct Snapshot<'a> {
    id: &'a str,
    tenant_id: &'a str,
    name: &'a str,
    description: &'a str,
    can_be_withdrawn: bool,
    internal_services: Vec<Value>,
    third_party_services: Vec<Value>,
    pii_categories: Vec<Value>,
    update_existing_grants: Strategy,
    valid_from: String,
    version: u64,
}

/// The text to be signed.
pub(in crate::domain) fn text(said: &Said<'_>) -> Result<String, Failure> {
    let grant = Some(grant(said)?);
    let payload = match said.granted {
        true => Payload { event_type: "consent_granted", consent_granted: grant, consent_revoked: None },
        false => Payload { event_type: "consent_revoked", consent_granted: None, consent_revoked: grant },
    };
    serde_json::to_string(&payload).map_err(internal)
}

fn grant<'a>(said: &Said<'a>) -> Result<Grant<'a>, Failure> {
    let Said { granted: _, tenant, subject, consent_id, consent, grant_type, given_at, act, circumstances } = *said;
    let Circumstances { collection_timestamp, context, language, triggered_by_action } = circumstances;
    Ok(Grant {
        consent_id,
        version: consent.version,
        grant_type,
        given_at: moment::show(given_at),
        subject,
        tenant_id: tenant,
        consent_grant_act_id: act,
        collection_timestamp: *collection_timestamp,
        context: context.as_ref().map(place).transpose()?,
        language: language.as_deref(),
        triggered_by_action: triggered_by_action.as_deref(),
        consent: snapshot(tenant, consent_id, consent),
    })
}

fn place(context: &Context) -> Result<Place<'_>, Failure> {
    let Context { ip, location, device } = context;
    let device = device.as_deref().map(serde_json::from_str).transpose().map_err(internal)?;
    Ok(Place { ip: ip.as_deref(), location: location.as_deref(), device })
}

fn snapshot<'a>(tenant: &'a str, id: &'a str, consent: &'a Consent) -> Snapshot<'a> {
    let Consent { terms, valid_from, version, strategies: _ } = consent;
    let Terms {
        name,
        description,
        can_be_withdrawn,
        internal_services,
        third_party_services,
        pii_categories,
        update_existing_grants,
    } = terms;
    Snapshot {
        id,
        tenant_id: tenant,
        name,
        description,
        can_be_withdrawn: *can_be_withdrawn,
        internal_services: internal_services.iter().map(user).collect(),
        third_party_services: third_party_services.iter().map(user).collect(),
        pii_categories: pii_categories.iter().map(|name| serde_json::json!({ "name": name })).collect(),
        update_existing_grants: *update_existing_grants,
        valid_from: moment::show(*valid_from),
        version: *version,
    }
}

fn user(user: &DataUser) -> Value {
    let DataUser { name, purposes } = user;
    let purpose = |Purpose { name, primary }: &Purpose| serde_json::json!({ "name": name, "primary": primary });
    serde_json::json!({ "name": name, "purposes": purposes.iter().map(purpose).collect::<Vec<_>>() })
}

fn internal(error: serde_json::Error) -> Failure {
    Failure::Internal { log: error.to_string() }
}
