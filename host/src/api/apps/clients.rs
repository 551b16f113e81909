//! Clients of an organization as its administrators take and see them.

use http::StatusCode;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{
    api::{Answer, Call, read},
    crypto::Secret,
    domain::{
        Failure, Problem,
        authorities::Role,
        client::Client,
        organization::clients::{self, Wanted},
    },
};

/// A client of an organization.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(rename = "ClientResponseValue")]
pub struct ClientBody {
    /// Its identifier.
    pub client_id: String,
    /// Its secret, in the answer to what has made it and in no other.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub client_secret: Option<String>,
    /// For people.
    pub description: String,
    /// `ClientService`, `Agent`, `Supervisor` or `Admin`.
    pub roles: Vec<&'static str>,
    /// The application that it is bound to.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub application_id: Option<String>,
}

/// A client as it is to be made.
#[derive(Default, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default)]
#[schemars(rename = "CreateClientWebCommand")]
pub struct CreateBody {
    /// For people.
    pub description: Option<String>,
    /// `ClientService`, `Agent`, `Supervisor` or `Admin`; none when left out.
    pub roles: Option<Vec<String>>,
    /// An application of the organization that the client is bound to: its tokens are for that one only.
    pub application_id: Option<String>,
}

/// What is to change of a client.
#[derive(Default, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default)]
#[schemars(rename = "UpdateClientWebCommand")]
pub struct UpdateBody {
    /// For people; the old one stays when left out.
    pub description: Option<String>,
    /// `ClientService`, `Agent`, `Supervisor` or `Admin`; the old ones stay when left out.
    pub roles: Option<Vec<String>>,
    /// The application that the client is bound to, or an empty text for none; the old one stays when left out.
    pub application_id: Option<String>,
}

/// The roles by their names on the wire.
const ROLES: [(&str, Role); 4] = [
    ("ClientService", Role::ClientService),
    ("Agent", Role::Agent),
    ("Supervisor", Role::Supervisor),
    ("Admin", Role::Admin),
];

/// listOrganizationClients
pub async fn list(call: Call) -> Result<Answer, Failure> {
    let found = clients::list(&call.app.domain, &call.caller)?;
    let shown: Vec<ClientBody> = found.into_iter().map(|(id, state)| show(id, state.value, None)).collect();
    Ok(call.json(StatusCode::OK, &shown))
}

/// createOrganizationClient
pub async fn create(call: Call) -> Result<Answer, Failure> {
    let CreateBody { description, roles, application_id } = match call.request.body.is_empty() {
        true => CreateBody::default(),
        false => read::json(&call.request)?,
    };
    let wanted = wanted(description, roles, application_id)?;
    let (id, state, secret) = clients::create(&call.app.domain, &call.by(), &wanted).await?;
    Ok(call.one(StatusCode::OK, &show(id, state.value, Some(&secret)), state.version))
}

/// updateOrganizationClient
pub async fn update(call: Call) -> Result<Answer, Failure> {
    let id = call.param("clientId");
    let UpdateBody { description, roles, application_id } = read::json(&call.request)?;
    let wanted = wanted(description, roles, application_id)?;
    let state = clients::update(&call.app.domain, &call.by(), id, wanted).await?;
    Ok(call.one(StatusCode::OK, &show(id.to_owned(), state.value, None), state.version))
}

/// deleteOrganizationClient
pub async fn delete(call: Call) -> Result<Answer, Failure> {
    clients::delete(&call.app.domain, &call.by(), call.param("clientId")).await?;
    Ok(Answer::empty(StatusCode::NO_CONTENT))
}

/// rotateOrganizationClientSecret
pub async fn rotate(call: Call) -> Result<Answer, Failure> {
    let id = call.param("clientId");
    let (state, secret) = clients::rotate(&call.app.domain, &call.by(), id).await?;
    Ok(call.one(StatusCode::OK, &show(id.to_owned(), state.value, Some(&secret)), state.version))
}

fn wanted(
    description: Option<String>,
    roles: Option<Vec<String>>,
    application_id: Option<String>,
) -> Result<Wanted, Failure> {
    let roles = roles.map(|words| read_roles(&words)).transpose()?;
    let application = application_id.map(|id| Some(id).filter(|id| !id.is_empty()));
    Ok(Wanted { description, roles, application })
}

/// Each role once, in the order in which they were given.
fn read_roles(words: &[String]) -> Result<Vec<Role>, Failure> {
    let (mut roles, mut problems) = (Vec::new(), Vec::new());
    for (place, word) in words.iter().enumerate() {
        match ROLES.iter().find(|(name, _)| name == word) {
            Some((_, role)) if roles.contains(role) => {}
            Some((_, role)) => roles.push(*role),
            None => {
                let known = ROLES.map(|(name, _)| name).join(", ");
                problems.push(Problem::new(format!("/roles/{place}"), format!("must be one of {known}")));
            }
        }
    }
    Failure::unless_fine(problems)?;
    Ok(roles)
}

fn show(client_id: String, client: Client, secret: Option<&Secret>) -> ClientBody {
    let organization = client.organization.unwrap_or_default();
    let names = organization.roles.iter().filter_map(|role| ROLES.iter().find(|(_, known)| known == role));
    ClientBody {
        client_id,
        client_secret: secret.map(|secret| secret.expose().to_owned()),
        description: client.description,
        roles: names.map(|(name, _)| *name).collect(),
        application_id: organization.application,
    }
}
