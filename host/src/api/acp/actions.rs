//! Consent actions as the admin group takes and shows them.

use http::StatusCode;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::consents::{self, CategoryBody, ConsentBody, DataUserBody};
use crate::{
    api::{Answer, Call, read},
    domain::{
        Domain, Failure,
        consent_action::{self, Asked, ConsentAction, Embedded},
    },
};

/// A consent action with its consents.
#[derive(Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "ConsentActionWithConsents")]
pub struct ActionBody {
    /// Its identifier, unique in the tenant. Required to create one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// Must be the path's when given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tenant_id: Option<String>,
    /// Unique in the tenant. Required.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// For people.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// What is asked for, in order. Left out in lists.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub consents: Option<Vec<AskedBody>>,
}

/// A consent of an action: its id and whether it is required. The other members are shown, and ignored when sent.
#[derive(Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "ConsentWithRequired")]
pub struct AskedBody {
    /// The consent. Required.
    #[serde(default)]
    pub id: Option<String>,
    /// Whether the action cannot go on without it. False when left out.
    #[serde(default)]
    pub required: Option<bool>,
    /// As in the consent.
    #[serde(default)]
    pub tenant_id: Option<String>,
    /// As in the consent.
    #[serde(default)]
    pub name: Option<String>,
    /// As in the consent.
    #[serde(default)]
    pub description: Option<String>,
    /// As in the consent.
    #[serde(default)]
    pub can_be_withdrawn: Option<bool>,
    /// As in the consent.
    #[serde(default)]
    pub internal_services: Option<Vec<DataUserBody>>,
    /// As in the consent.
    #[serde(default)]
    pub third_party_services: Option<Vec<DataUserBody>>,
    /// As in the consent.
    #[serde(default)]
    pub pii_categories: Option<Vec<CategoryBody>>,
    /// As in the consent.
    #[serde(default)]
    pub update_existing_grants: Option<String>,
    /// As in the consent.
    #[serde(default)]
    pub valid_from: Option<String>,
    /// As in the consent.
    #[serde(default)]
    pub version: Option<u64>,
}

/// All consent actions.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "ConsentActions")]
pub struct ActionsBody {
    /// By id, without their consents.
    pub consent_actions: Vec<ActionBody>,
}

/// listConsentActions
pub async fn list(call: Call) -> Result<Answer, Failure> {
    let found = consent_action::list(&call.app.domain, call.tenant())?;
    let consent_actions = found.into_iter().map(|(id, state)| bare(call.tenant(), &id, state.value)).collect();
    Ok(call.json(StatusCode::OK, &ActionsBody { consent_actions }))
}

/// createConsentAction
pub async fn create(call: Call) -> Result<Answer, Failure> {
    let domain = &call.app.domain;
    let (id, action) = parse(read::json(&call.request)?, call.tenant())?;
    let (id, state) = consent_action::create(domain, &call.by(), call.tenant(), id, action).await?;
    Ok(call.one(StatusCode::CREATED, &show(domain, call.tenant(), &id, state.value)?, state.version))
}

/// getConsentAction
pub async fn get(call: Call) -> Result<Answer, Failure> {
    let (domain, id) = (&call.app.domain, call.param("action"));
    let state = consent_action::current(domain, call.tenant(), id)?;
    Ok(call.one(StatusCode::OK, &show(domain, call.tenant(), id, state.value.clone())?, state.version))
}

/// updateConsentAction
pub async fn update(call: Call) -> Result<Answer, Failure> {
    let (domain, id) = (&call.app.domain, call.param("action"));
    let (given, action) = parse(read::json(&call.request)?, call.tenant())?;
    if given.is_some_and(|given| given != id) {
        return Err(Failure::invalid("/id", "must be the consent action of the path"));
    }
    let state = consent_action::update(domain, &call.by(), call.tenant(), id, action).await?;
    Ok(call.one(StatusCode::CREATED, &show(domain, call.tenant(), id, state.value)?, state.version))
}

/// deleteConsentAction
pub async fn delete(call: Call) -> Result<Answer, Failure> {
    consent_action::delete(&call.app.domain, &call.by(), call.tenant(), call.param("action")).await?;
    Ok(Answer::empty(StatusCode::NO_CONTENT))
}

/// An action of the wire: its id, when it has one, and the rest.
pub(super) fn parse(body: ActionBody, tenant: &str) -> Result<(Option<String>, ConsentAction), Failure> {
    let ActionBody { id, tenant_id, name, description, consents } = body;
    if read::said(tenant_id).is_some_and(|given| given != tenant) {
        return Err(Failure::invalid("/tenant_id", "must be the tenant of the path"));
    }
    let action = ConsentAction {
        name: name.unwrap_or_default(),
        description: description.unwrap_or_default(),
        consents: consents.unwrap_or_default().into_iter().map(asked).collect(),
    };
    Ok((read::said(id), action))
}

fn asked(body: AskedBody) -> Asked {
    let AskedBody {
        id,
        required,
        // The consent's own: what was read can be written back.
        tenant_id: _,
        name: _,
        description: _,
        can_be_withdrawn: _,
        internal_services: _,
        third_party_services: _,
        pii_categories: _,
        update_existing_grants: _,
        valid_from: _,
        version: _,
    } = body;
    Asked { consent: id.unwrap_or_default(), required: required.unwrap_or(false) }
}

/// An action on the wire, with its consents as they are now.
pub(super) fn show(domain: &Domain, tenant: &str, id: &str, action: ConsentAction) -> Result<ActionBody, Failure> {
    let embedded = consent_action::embedded(domain, tenant, &action)?;
    let consents = embedded.into_iter().map(|embedded| show_asked(tenant, embedded)).collect();
    Ok(ActionBody { consents: Some(consents), ..bare(tenant, id, action) })
}

fn bare(tenant: &str, id: &str, action: ConsentAction) -> ActionBody {
    let ConsentAction { name, description, consents: _ } = action;
    ActionBody {
        id: Some(id.to_owned()),
        tenant_id: Some(tenant.to_owned()),
        name: Some(name),
        description: Some(description),
        consents: None,
    }
}

fn show_asked(tenant: &str, (id, required, state): Embedded) -> AskedBody {
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
    } = consents::show(tenant, &id, state.value.clone());
    AskedBody {
        id,
        required: Some(required),
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
    }
}
