//! Consents as the admin group takes and shows them.

use http::StatusCode;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{
    api::{Answer, Call, read},
    domain::{
        Failure, Problem,
        consent::{self, Consent, DataUser, Draft, Purpose, Strategy, Terms},
        moment,
    },
};

/// A consent: what a person may agree to.
#[derive(Clone, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Consent")]
pub struct ConsentBody {
    /// Its identifier, unique in the tenant. Required to create one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// Must be the path's when given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tenant_id: Option<String>,
    /// Unique in the tenant. Required.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// For people: what they agree to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// Whether a person may take it back. False when left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub can_be_withdrawn: Option<bool>,
    /// Services of one's own that use the data.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub internal_services: Option<Vec<DataUserBody>>,
    /// Services of others that use the data.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub third_party_services: Option<Vec<DataUserBody>>,
    /// The kinds of personal data.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pii_categories: Option<Vec<CategoryBody>>,
    /// What becomes of the grants of the version before: `explicitAll` (everybody must agree again), `implicitAll` (all go
    /// on, as implicit ones) or `keepCurrent` (implicit ones go on, explicit ones must be given again). Required.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub update_existing_grants: Option<String>,
    /// From when on this version holds (RFC 3339), not in the future. Now when left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub valid_from: Option<String>,
    /// Counted by the server: one more with every change.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<u64>,
}

/// A service that uses personal data.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "ConsentService")]
pub struct DataUserBody {
    /// The service. Required.
    #[serde(default)]
    pub name: Option<String>,
    /// What for. Of several, exactly one is primary.
    #[serde(default)]
    pub purposes: Option<Vec<PurposeBody>>,
}

/// What personal data is used for.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "ConsentPurpose")]
pub struct PurposeBody {
    /// For people. Required.
    #[serde(default)]
    pub name: Option<String>,
    /// Whether it is the main one. False when left out.
    #[serde(default)]
    pub primary: Option<bool>,
}

/// A kind of personal data.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "PIICategory")]
pub struct CategoryBody {
    /// For people. Required.
    #[serde(default)]
    pub name: Option<String>,
}

/// All consents.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Consents")]
pub struct ConsentsBody {
    /// By id.
    pub consents: Vec<ConsentBody>,
}

/// listConsents
pub async fn list(call: Call) -> Result<Answer, Failure> {
    let found = consent::list(&call.app.domain, call.tenant())?;
    let consents = found.into_iter().map(|(id, state)| show(call.tenant(), &id, state.value)).collect();
    Ok(call.json(StatusCode::OK, &ConsentsBody { consents }))
}

/// createConsent
pub async fn create(call: Call) -> Result<Answer, Failure> {
    let (id, draft) = parse(read::json(&call.request)?, call.tenant())?;
    let (id, state) = consent::create(&call.app.domain, &call.by(), call.tenant(), id, draft).await?;
    Ok(call.one(StatusCode::CREATED, &show(call.tenant(), &id, state.value), state.version))
}

/// getConsent
pub async fn get(call: Call) -> Result<Answer, Failure> {
    let id = call.param("consent");
    let state = consent::current(&call.app.domain, call.tenant(), id)?;
    Ok(call.one(StatusCode::OK, &show(call.tenant(), id, state.value.clone()), state.version))
}

/// updateConsent
pub async fn update(call: Call) -> Result<Answer, Failure> {
    let id = call.param("consent");
    let (given, draft) = parse(read::json(&call.request)?, call.tenant())?;
    if given.is_some_and(|given| given != id) {
        return Err(Failure::invalid("/id", "must be the consent of the path"));
    }
    let state = consent::update(&call.app.domain, &call.by(), call.tenant(), id, draft).await?;
    Ok(call.one(StatusCode::CREATED, &show(call.tenant(), id, state.value), state.version))
}

/// deleteConsent
pub async fn delete(call: Call) -> Result<Answer, Failure> {
    consent::delete(&call.app.domain, &call.by(), call.tenant(), call.param("consent")).await?;
    Ok(Answer::empty(StatusCode::NO_CONTENT))
}

/// A consent of the wire: its id, when it has one, and the rest.
pub(super) fn parse(body: ConsentBody, tenant: &str) -> Result<(Option<String>, Draft), Failure> {
    let ConsentBody {
        id,
        tenant_id,
        name,
        description,
        can_be_withdrawn,
        internal_services,
        third_party_services,
        pii_categories,
        update_existing_grants,
        valid_from,
        version,
    } = body;
    let mut problems = Vec::new();
    if read::said(tenant_id).is_some_and(|given| given != tenant) {
        problems.push(Problem::new("/tenant_id", "must be the tenant of the path"));
    }
    let valid_from = read::said(valid_from).and_then(|text| {
        let at = moment::parse(&text);
        problems.extend(at.is_none().then(|| {
            Problem::new(
                "/valid_from",
                "must be a moment as in RFC 3339, within the years 1 to 9999 in UTC and not their last day",
            )
        }));
        at
    });
    let strategy = strategy(update_existing_grants).map_err(|problem| problems.push(problem));
    let (Ok(update_existing_grants), true) = (strategy, problems.is_empty()) else {
        return Err(Failure::Invalid(problems));
    };
    let terms = Terms {
        name: name.unwrap_or_default(),
        description: description.unwrap_or_default(),
        can_be_withdrawn: can_be_withdrawn.unwrap_or(false),
        internal_services: internal_services.unwrap_or_default().into_iter().map(user).collect(),
        third_party_services: third_party_services.unwrap_or_default().into_iter().map(user).collect(),
        pii_categories: pii_categories.unwrap_or_default().into_iter().map(category).collect(),
        update_existing_grants,
    };
    Ok((read::said(id), Draft { terms, valid_from, version: version.unwrap_or(0) }))
}

fn strategy(text: Option<String>) -> Result<Strategy, Problem> {
    match read::said(text).as_deref() {
        Some("explicitAll") => Ok(Strategy::ExplicitAll),
        Some("implicitAll") => Ok(Strategy::ImplicitAll),
        Some("keepCurrent") => Ok(Strategy::KeepCurrent),
        given => {
            let what = if given.is_some() { "must be" } else { "is required:" };
            let reason = format!("{what} `explicitAll`, `implicitAll` or `keepCurrent`");
            Err(Problem::new("/update_existing_grants", reason))
        }
    }
}

fn user(body: DataUserBody) -> DataUser {
    let DataUserBody { name, purposes } = body;
    let purposes = purposes.unwrap_or_default().into_iter().map(purpose).collect();
    DataUser { name: name.unwrap_or_default(), purposes }
}

fn purpose(body: PurposeBody) -> Purpose {
    let PurposeBody { name, primary } = body;
    Purpose { name: name.unwrap_or_default(), primary: primary.unwrap_or(false) }
}

fn category(body: CategoryBody) -> String {
    let CategoryBody { name } = body;
    name.unwrap_or_default()
}

/// A consent on the wire.
pub(super) fn show(tenant: &str, id: &str, consent: Consent) -> ConsentBody {
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
    let strategy = match update_existing_grants {
        Strategy::ExplicitAll => "explicitAll",
        Strategy::ImplicitAll => "implicitAll",
        Strategy::KeepCurrent => "keepCurrent",
    };
    ConsentBody {
        id: Some(id.to_owned()),
        tenant_id: Some(tenant.to_owned()),
        name: Some(name),
        description: Some(description),
        can_be_withdrawn: Some(can_be_withdrawn),
        internal_services: Some(internal_services.into_iter().map(show_user).collect()),
        third_party_services: Some(third_party_services.into_iter().map(show_user).collect()),
        pii_categories: Some(pii_categories.into_iter().map(|name| CategoryBody { name: Some(name) }).collect()),
        update_existing_grants: Some(strategy.to_owned()),
        valid_from: Some(moment::show(valid_from)),
        version: Some(version),
    }
}

fn show_user(user: DataUser) -> DataUserBody {
    let DataUser { name, purposes } = user;
    let purpose = |Purpose { name, primary }| PurposeBody { name: Some(name), primary: Some(primary) };
    DataUserBody { name: Some(name), purposes: Some(purposes.into_iter().map(purpose).collect()) }
}
