//! A configuration as a document: the nouns' own shapes, each record with its tenant, and with what only an export shows.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::setups::{self, ClientSetup, ScopeSetup, ServerSetup, ServiceSetup};
use crate::{
    api::acp::{
        apis::{self, ApiBody},
        claims::{self, ClaimBody},
        clients::{self, ClientBody},
        consents::{self, ConsentBody},
        gateways,
        policies::{self, PolicyBody},
        scopes::{self, ScopeBody},
        servers::{self, ServerBody, Showing},
        services::{self, ServiceBody},
        tenants::{self, TenantBody},
    },
    domain::{
        Domain, Failure,
        api::Api,
        client::{Client, ClientScopes},
        configuration::{Configuration, Entry, Opened, ServiceRecord},
        consent_action::{Asked, ConsentAction},
        credential::Exported,
        gateway::Gateway,
        import::Specification,
        organization::Organization,
        scope::Scope,
    },
};

/// The configuration of all tenants, or of one: everything that an import needs, secrets among it. Keep it like a key.
///
/// Ids are unique in their tenant, so every record says its tenant. A list that is left out is empty.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Configuration")]
pub struct ConfigurationBody {
    /// The APIs of all services.
    pub apis: Vec<ApiRecord>,
    /// The claims of all authorization servers.
    pub claims: Vec<ClaimBody>,
    /// The clients, with their secrets or the hashes of these.
    pub clients: Vec<ClientRecord>,
    /// The consent actions.
    pub consent_actions: Vec<ActionRecord>,
    /// The consents.
    pub consents: Vec<ConsentBody>,
    /// The gateways. Their clients are among the clients.
    pub gateways: Vec<GatewayRecord>,
    /// The policies.
    pub policies: Vec<PolicyBody>,
    /// The scopes that belong to no service.
    pub scopes_without_service: Vec<ScopeRecord>,
    /// The authorization servers, with their private keys and their secrets.
    pub servers: Vec<ServerRecord>,
    /// The services with their scopes.
    pub services: Vec<ServiceRecordBody>,
    /// The tenants, with their private keys.
    pub tenants: Vec<TenantBody>,
}

/// An API with whether an import has made it.
#[derive(Serialize, JsonSchema)]
pub struct ApiRecord {
    /// The API.
    #[serde(flatten)]
    pub api: ApiBody,
    /// Whether it came with an OpenAPI document.
    pub imported: bool,
}

/// An authorization server with what only setups say of it.
#[derive(Serialize, JsonSchema)]
pub struct ServerRecord {
    /// The server.
    #[serde(flatten)]
    pub server: ServerBody,
    /// What its setup says of it. Left out when it says nothing.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub setup: Option<ServerSetup>,
}

/// A scope with what only setups say of it.
#[derive(Serialize, JsonSchema)]
pub struct ScopeRecord {
    /// The scope.
    #[serde(flatten)]
    pub scope: ScopeBody,
    /// What its setup says of it. Left out when it says nothing.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub setup: Option<ScopeSetup>,
}

/// A client with whether it has all scopes of its server.
#[derive(Serialize, JsonSchema)]
pub struct ClientRecord {
    /// The client.
    #[serde(flatten)]
    pub client: ClientBody,
    /// Whether it has all scopes of its server, also those that come later. Its `scopes` are empty then.
    pub all_scopes: bool,
    /// What its organization has made of it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub organization: Option<OrganizationRecord>,
    /// What its setup says of it. Left out when it says nothing.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub setup: Option<ClientSetup>,
}

/// What an organization, which is the tenant, has made of a client.
#[derive(Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct OrganizationRecord {
    /// `ADMIN`, `AGENT`, `CLIENT_SERVICE` or `SUPERVISOR`.
    pub roles: Vec<String>,
    /// The application that it is bound to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub application_id: Option<String>,
}

/// A consent action with the ids of its consents.
#[derive(Serialize, JsonSchema)]
pub struct ActionRecord {
    /// Its identifier.
    pub id: String,
    /// The tenant.
    pub tenant_id: String,
    /// Unique within the tenant.
    pub name: String,
    /// For people.
    pub description: String,
    /// What is asked for, in order.
    pub consents: Vec<AskedRecord>,
}

/// A consent of an action.
#[derive(Serialize, JsonSchema)]
pub struct AskedRecord {
    /// The consent.
    pub id: String,
    /// Whether the action cannot go on without it.
    pub required: bool,
}

/// A gateway.
#[derive(Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct GatewayRecord {
    /// Its identifier.
    pub id: String,
    /// The tenant.
    pub tenant_id: String,
    /// The authorization server whose services it protects.
    pub authorization_server_id: String,
    /// Unique within the server.
    pub name: String,
    /// For people.
    #[serde(default)]
    pub description: String,
    /// `pyron`, `aws`, `azure`, `istio`, `envoy`, `nginx` or `standalone`.
    #[serde(rename = "type")]
    pub kind: String,
    /// Its client on the server `system`.
    pub client_id: String,
}

/// A service with what its last import of an OpenAPI document has made.
#[derive(Serialize, JsonSchema)]
pub struct ServiceRecordBody {
    /// The service with its scopes.
    #[serde(flatten)]
    pub service: ServiceBody,
    /// Its scopes, by id.
    pub scopes: Vec<ScopeRecord>,
    /// What its setup says of it. Left out when it says nothing.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub setup: Option<ServiceSetup>,
    /// Left out when it has none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub specification: Option<SpecificationRecord>,
}

/// What the import of an OpenAPI document has made.
#[derive(Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SpecificationRecord {
    /// The type of gateway that it was for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub gateway_type: Option<String>,
    /// The ids of its policies.
    #[serde(default)]
    pub policies: Vec<String>,
    /// The ids of the scopes that it has added.
    #[serde(default)]
    pub scopes: Vec<String>,
}

/// The document of a configuration.
pub fn show(domain: &Domain, configuration: Configuration<Opened>) -> Result<ConfigurationBody, Failure> {
    let Configuration {
        tenants,
        policies,
        servers,
        services,
        scopes,
        apis,
        claims,
        clients,
        gateways,
        consents,
        actions,
    } = configuration;
    let (mut of_services, scopes_without_service) = by_service(scopes);
    let services = services.into_iter().map(|entry| {
        let scopes = of_services.remove(&(entry.tenant.clone(), entry.id.clone()));
        service(entry, scopes.unwrap_or_default())
    });
    let servers = servers.into_iter().map(|Entry { tenant, id, value: (server, jwks, secrets), .. }| {
        let setup = setups::show_server(server.setup.clone());
        let server = servers::configured(domain, (&tenant, &id), server, (jwks, secrets), Showing::Export)?;
        Ok(ServerRecord { server, setup })
    });
    Ok(ConfigurationBody {
        apis: apis.into_iter().map(api).collect(),
        claims: each(claims, claims::show),
        clients: clients.into_iter().map(client).collect(),
        consent_actions: actions.into_iter().map(action).collect(),
        consents: each(consents, consents::show),
        gateways: gateways.into_iter().map(gateway).collect(),
        policies: each(policies, policies::show),
        scopes_without_service,
        servers: servers.collect::<Result<_, Failure>>()?,
        services: services.collect(),
        tenants: tenants
            .into_iter()
            .map(|Entry { id, value: (tenant, jwks), .. }| TenantBody { jwks, ..tenants::configured(&id, tenant) })
            .collect(),
    })
}

fn each<T, B>(entries: Vec<Entry<T>>, show: impl Fn(&str, &str, T) -> B) -> Vec<B> {
    entries.into_iter().map(|Entry { tenant, id, value, .. }| show(&tenant, &id, value)).collect()
}

/// Scopes by the tenant and the id of their service, and those without one.
type ByService = (BTreeMap<(String, String), Vec<ScopeRecord>>, Vec<ScopeRecord>);

fn by_service(scopes: Vec<Entry<Scope>>) -> ByService {
    let mut found = ByService::default();
    for Entry { tenant, id, value, .. } in scopes {
        let service = value.service.clone();
        let setup = setups::show_scope(value.setup.clone());
        let body = ScopeRecord { scope: scopes::show(&tenant, &id, value), setup };
        match service {
            Some(service) => found.0.entry((tenant, service)).or_default().push(body),
            None => found.1.push(body),
        }
    }
    found
}

fn service(Entry { tenant, id, value, .. }: Entry<ServiceRecord>, scopes: Vec<ScopeRecord>) -> ServiceRecordBody {
    let ServiceRecord { service, specification } = value;
    let specification = specification.map(|Specification { gateway_type, policies, scopes }| SpecificationRecord {
        gateway_type: gateway_type.map(|kind| gateways::word(kind).to_owned()),
        policies,
        scopes,
    });
    let setup = setups::show_service(service.setup.clone());
    ServiceRecordBody { service: services::show(&tenant, &id, service), scopes, setup, specification }
}

fn api(Entry { tenant, id, value, .. }: Entry<Api>) -> ApiRecord {
    let imported = value.imported;
    ApiRecord { api: apis::show(&tenant, &id, value), imported }
}

fn client(Entry { tenant, id, value, .. }: Entry<(Client, Exported)>) -> ClientRecord {
    let (client, secret) = value;
    let all_scopes = client.scopes == ClientScopes::AllOfServer;
    let organization = client.organization.clone().map(|Organization { roles, application }| OrganizationRecord {
        roles: roles.into_iter().map(|role| role.word().to_owned()).collect(),
        application_id: application,
    });
    let setup = setups::show_client(client.setup.clone());
    ClientRecord { client: clients::show_for_export(&tenant, &id, client, secret), all_scopes, organization, setup }
}

fn action(Entry { tenant, id, value, .. }: Entry<ConsentAction>) -> ActionRecord {
    let ConsentAction { name, description, consents } = value;
    let asked = |Asked { consent, required }| AskedRecord { id: consent, required };
    ActionRecord { id, tenant_id: tenant, name, description, consents: consents.into_iter().map(asked).collect() }
}

fn gateway(Entry { tenant, id, value, .. }: Entry<Gateway>) -> GatewayRecord {
    let Gateway { server, name, description, kind, client_id } = value;
    GatewayRecord {
        id,
        tenant_id: tenant,
        authorization_server_id: server,
        name,
        description,
        kind: gateways::word(kind).to_owned(),
        client_id,
    }
}
