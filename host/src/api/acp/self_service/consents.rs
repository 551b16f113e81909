//! What a person has consented to, as the person reads and changes it.

use http::StatusCode;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::granted;
use crate::{
    api::{
        Answer, Call,
        acp::grants::{self, ContextBody, GrantWord},
        read,
    },
    domain::{
        Failure, Problem, consent,
        consent_grant::{self, Acted, Circumstances, ConsentGrant, GrantType, Subject},
        moment,
    },
};

/// What a person says about one consent.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "ConsentGrantRequest")]
pub struct RequestBody {
    /// The consent. Required.
    #[serde(default)]
    pub consent_id: Option<String>,
    /// How. `explicit` when left out. Of no meaning when it is taken back.
    #[serde(default)]
    pub grant_type: Option<GrantWord>,
    /// The version that the person was shown: when the consent has another one by now, nothing is granted (412). Whichever there
    /// is when left out. Of no meaning when it is taken back.
    #[serde(default)]
    pub version: Option<u64>,
    /// When the application asked, as an integer; nanoseconds since 1970 are customary.
    #[serde(default)]
    pub collection_timestamp: Option<i64>,
    /// From where.
    #[serde(default)]
    pub context: Option<ContextBody>,
    /// The language in which the person was asked (ISO 639).
    #[serde(default)]
    pub language: Option<String>,
    /// The consent action that asked.
    #[serde(default)]
    pub triggered_by_action: Option<String>,
}

/// What a person has said about a consent.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "ConsentGrant")]
pub struct GrantBody {
    /// The consent.
    pub consent_id: String,
    /// The call that said so: a UUID.
    pub consent_grant_act_id: String,
    /// How.
    pub grant_type: GrantWord,
    /// When it was granted (RFC 3339).
    pub given_at: String,
    /// The person.
    pub subject: String,
    /// The tenant.
    pub tenant_id: String,
    /// The version of the consent.
    pub version: u64,
}

/// listUserConsents
pub async fn list(call: Call) -> Result<Answer, Failure> {
    grants::list_of(&call, &subject(&call)?)
}

/// listUserConsentsByAction
pub async fn list_by_action(call: Call) -> Result<Answer, Failure> {
    grants::list_of_by_action(&call, &subject(&call)?)
}

/// patchConsentGrants
pub async fn patch(call: Call) -> Result<Answer, Failure> {
    grants::patch_of(&call, &subject(&call)?).await
}

/// grantConsent
pub async fn grant(call: Call) -> Result<Answer, Failure> {
    let (domain, subject) = (&call.app.domain, subject(&call)?);
    let Request { id, version, grant_type, circumstances } = read_request(&call)?;
    let shown = (id.as_str(), version);
    let acted = consent_grant::grant(domain, call.tenant(), &subject, shown, grant_type, circumstances).await;
    answer(&call, StatusCode::CREATED, &subject, id, acted)
}

/// revokeConsent
pub async fn revoke(call: Call) -> Result<Answer, Failure> {
    let (domain, subject) = (&call.app.domain, subject(&call)?);
    let Request { id, version: _, grant_type: _, circumstances } = read_request(&call)?;
    let acted = consent_grant::revoke(domain, call.tenant(), &subject, &id, circumstances).await;
    answer(&call, StatusCode::OK, &subject, id, acted)
}

fn subject(call: &Call) -> Result<Subject, Failure> {
    let person = granted(call)?;
    Subject::new("sub", &person.identity.subject).map_err(|problem| Failure::Invalid(vec![problem]))
}

/// What a body says.
struct Request {
    id: String,
    version: Option<u64>,
    grant_type: GrantType,
    circumstances: Circumstances,
}

/// The body. A consent that is not there is told apart from one that makes no sense.
fn read_request(call: &Call) -> Result<Request, Failure> {
    let RequestBody { consent_id, grant_type, version, collection_timestamp, context, language, triggered_by_action } =
        read::json(&call.request)?;
    let id = read::said(consent_id).ok_or_else(|| Failure::invalid("/consent_id", "must not be empty"))?;
    consent::current(&call.app.domain, call.tenant(), &id)?;
    let circumstances = grants::circumstances(collection_timestamp, context, language, triggered_by_action);
    Ok(Request { id, version, grant_type: grants::kind(grant_type), circumstances })
}

/// The grant that there is now. There is none after taking back what was never granted.
fn answer(
    call: &Call,
    status: StatusCode,
    subject: &Subject,
    id: String,
    acted: Result<Acted, Failure>,
) -> Result<Answer, Failure> {
    let acted = acted.map_err(of_one)?;
    match acted.grants.into_iter().flatten().next() {
        Some(grant) => Ok(call.json(status, &show(call.tenant(), subject, id, grant))),
        None => Err(Failure::not_found("granted consent", id)),
    }
}

/// A call about many names its members from further up.
fn of_one(failure: Failure) -> Failure {
    match failure {
        Failure::Invalid(problems) => Failure::Invalid(problems.into_iter().map(of_one_member).collect()),
        other => other,
    }
}

fn of_one_member(problem: Problem) -> Problem {
    match problem.member.starts_with("/consents/0/") {
        true => Problem::new("/consent_id", problem.reason),
        false => problem,
    }
}

fn show(tenant: &str, subject: &Subject, id: String, grant: ConsentGrant) -> GrantBody {
    let ConsentGrant { version, grant_type, given_at, act, circumstances: _, revoked: _ } = grant;
    GrantBody {
        consent_id: id,
        consent_grant_act_id: act,
        grant_type: grants::word(grant_type),
        given_at: moment::show(given_at),
        subject: subject.as_str().to_owned(),
        tenant_id: tenant.to_owned(),
        version,
    }
}
