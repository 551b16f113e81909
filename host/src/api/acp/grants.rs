//! What people have consented to, as machines of the tenant read and change it for them. The header `x-subject` names the
//! person. People themselves get the same shapes (`self_service`).

use http::StatusCode;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::consents::{self, ConsentBody};
use crate::{
    api::{Answer, Call, read},
    domain::{
        Failure, Problem,
        consent_grant::{self, Change, Circumstances, Context, GrantType, Held, Subject},
        moment,
    },
};

/// The header that names the person.
const SUBJECT: &str = "x-subject";

/// The filter of the list.
pub const QUERY: &[(&str, &str)] = &[("consent_id", "this consent only; may be given several times")];

/// Consents with what a person has said about them.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "ConsentsWithGrants")]
pub struct HeldBody {
    /// By id, or in the action's order.
    pub consents: Vec<ConsentWithGrant>,
}

/// A consent with what a person has said about it.
#[derive(Serialize, JsonSchema)]
pub struct ConsentWithGrant {
    /// The consent as it is now.
    #[serde(flatten)]
    pub consent: ConsentBody,
    /// The person.
    pub subject: String,
    /// Whether it is granted, in its present version.
    pub granted: bool,
    /// `implicit` or `explicit`. Left out, like what follows, when it was never granted or was taken back.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub grant_type: Option<GrantWord>,
    /// When it was granted (RFC 3339).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub given_at: Option<String>,
    /// The version that is granted: the present one, or an older one that no longer counts.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub grant_version: Option<u64>,
    /// The act by which it was granted.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub consent_grant_id: Option<String>,
    /// Whether the action cannot go on without it. Left out when no action was asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub required: Option<bool>,
}

/// How a consent is granted.
#[derive(Clone, Copy, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
#[schemars(rename = "GrantType")]
pub enum GrantWord {
    /// By what the person did.
    Implicit,
    /// In so many words.
    Explicit,
}

/// What a person says about consents.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "ConsentGrantPatchRequest")]
pub struct PatchBody {
    /// One to a hundred of them. All are done, or none.
    #[serde(default)]
    pub consents: Option<Vec<ChangeBody>>,
    /// When the application asked, as an integer; nanoseconds since 1970 are customary.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub collection_timestamp: Option<i64>,
    /// From where.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub context: Option<ContextBody>,
    /// The language in which the person was asked (ISO 639).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub language: Option<String>,
    /// The consent action that asked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub triggered_by_action: Option<String>,
}

/// What a person says about one consent.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "ConsentGrantPatch")]
pub struct ChangeBody {
    /// The consent. Required.
    #[serde(default)]
    pub consent_id: Option<String>,
    /// Yes, or no longer.
    pub granted: bool,
    /// How. `explicit` when left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub grant_type: Option<GrantWord>,
    /// The version that the person was shown: when the consent has another one by now, nothing is granted (412). Whichever there
    /// is when left out. Of no meaning when it is taken back.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<u64>,
}

/// From where a person has consented.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "ConsentContext")]
pub struct ContextBody {
    /// An IP address.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ip: Option<String>,
    /// Latitude and longitude.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub location: Option<Vec<f64>>,
    /// Whatever the application knows of the device.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub device: Option<Map<String, Value>>,
}

/// What a person has said, with the act by which it is known.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "ConsentGrantPatchResponse")]
pub struct PatchedBody {
    /// As it was sent.
    #[serde(flatten)]
    pub request: PatchBody,
    /// The act: a UUID, in the ledger event of every consent that changed.
    #[serde(rename = "ConsentGrantActID")]
    pub act: String,
}

/// The query parameter that names consents.
const CONSENT: &str = "consent_id";

/// listConsentsOfUser
pub async fn list(call: Call) -> Result<Answer, Failure> {
    list_of(&call, &subject(&call)?)
}

/// listConsentsOfUserByAction
pub async fn list_by_action(call: Call) -> Result<Answer, Failure> {
    list_of_by_action(&call, &subject(&call)?)
}

/// patchUserConsents
pub async fn patch(call: Call) -> Result<Answer, Failure> {
    patch_of(&call, &subject(&call)?).await
}

/// The consents with what a person has said about them.
pub(super) fn list_of(call: &Call, subject: &Subject) -> Result<Answer, Failure> {
    let query = read::query_with_lists(&call.request, &[CONSENT])?;
    query.only(&[CONSENT])?;
    let only: Vec<String> = query.all(CONSENT).map(str::to_owned).collect();
    let found = consent_grant::list(&call.app.domain, call.tenant(), subject, &only)?;
    answer(call, subject, found)
}

/// The consents of the path's action with what a person has said about them.
pub(super) fn list_of_by_action(call: &Call, subject: &Subject) -> Result<Answer, Failure> {
    let found = consent_grant::list_by_action(&call.app.domain, call.tenant(), subject, call.param("action"))?;
    answer(call, subject, found)
}

/// Does what the body says for a person.
pub(super) async fn patch_of(call: &Call, subject: &Subject) -> Result<Answer, Failure> {
    let request: PatchBody = read::json(&call.request)?;
    let (circumstances, changes) = parse(request.clone());
    let acted = consent_grant::patch(&call.app.domain, call.tenant(), subject, circumstances, changes).await?;
    Ok(call.json(StatusCode::CREATED, &PatchedBody { request, act: acted.act }))
}

/// The person, named exactly once.
fn subject(call: &Call) -> Result<Subject, Failure> {
    let member = format!("header.{SUBJECT}");
    let mut values = call.request.headers.get_all(SUBJECT).iter();
    let subject = match (values.next(), values.next()) {
        (Some(value), None) => match std::str::from_utf8(value.as_bytes()) {
            Ok(text) => Subject::new(&member, text),
            Err(_) => Err(Problem::new(member, "must be UTF-8")),
        },
        (None, _) => Err(Problem::new(member, "is required: it names the person")),
        (Some(_), Some(_)) => Err(Problem::new(member, "is given more than once")),
    };
    subject.map_err(|problem| Failure::Invalid(vec![problem]))
}

fn parse(body: PatchBody) -> (Circumstances, Vec<Change>) {
    let PatchBody { consents, collection_timestamp, context, language, triggered_by_action } = body;
    let change = |ChangeBody { consent_id, granted, grant_type, version }| Change {
        consent: consent_id.unwrap_or_default(),
        granted,
        grant_type: kind(grant_type),
        version,
    };
    let circumstances = circumstances(collection_timestamp, context, language, triggered_by_action);
    (circumstances, consents.unwrap_or_default().into_iter().map(change).collect())
}

/// How, when nothing is said about it: in so many words.
pub(super) fn kind(word: Option<GrantWord>) -> GrantType {
    match word {
        Some(GrantWord::Implicit) => GrantType::Implicit,
        Some(GrantWord::Explicit) | None => GrantType::Explicit,
    }
}

/// The word for how.
pub(super) fn word(kind: GrantType) -> GrantWord {
    match kind {
        GrantType::Implicit => GrantWord::Implicit,
        GrantType::Explicit => GrantWord::Explicit,
    }
}

/// The circumstances of a call.
pub(super) fn circumstances(
    collection_timestamp: Option<i64>,
    context: Option<ContextBody>,
    language: Option<String>,
    triggered_by_action: Option<String>,
) -> Circumstances {
    let context = context.map(|ContextBody { ip, location, device }| Context {
        ip: read::said(ip),
        location,
        device: device.map(|device| Value::Object(device).to_string()),
    });
    let (language, triggered_by_action) = (read::said(language), read::said(triggered_by_action));
    Circumstances { collection_timestamp, context, language, triggered_by_action }
}

fn answer(call: &Call, subject: &Subject, found: Vec<Held>) -> Result<Answer, Failure> {
    let consents = found.into_iter().map(|held| show(call.tenant(), subject, held)).collect();
    Ok(call.json(StatusCode::OK, &HeldBody { consents }))
}

fn show(tenant: &str, subject: &Subject, held: Held) -> ConsentWithGrant {
    let standing = held.standing();
    let Held { id, consent, grant, required } = held;
    let grant = grant.filter(|grant| !grant.revoked);
    // A grant that an update has moved on counts for the present version.
    let version = standing.map_or_else(|| grant.as_ref().map(|grant| grant.version), |_| Some(consent.version));
    let grant_type = standing.or_else(|| grant.as_ref().map(|grant| grant.grant_type));
    ConsentWithGrant {
        consent: consents::show(tenant, &id, consent),
        subject: subject.as_str().to_owned(),
        granted: standing.is_some(),
        grant_type: grant_type.map(word),
        given_at: grant.as_ref().map(|grant| moment::show(grant.given_at)),
        grant_version: version,
        consent_grant_id: grant.map(|grant| grant.act),
        required,
    }
}
