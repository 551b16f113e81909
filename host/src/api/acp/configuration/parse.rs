//! A document as a configuration: every record by its noun's own reading, all that is wrong with any of them at once.
//!
//! A noun ignores what is the server's own, which only an import may bring along; that is read here.

use serde_json::{Value, json};

use super::{
    document::{Document, Raw},
    setups::{self, ClientSetup, ScopeSetup, ServerSetup, ServiceSetup},
    show::{GatewayRecord, OrganizationRecord, SpecificationRecord},
};
use crate::{
    api::acp::{actions, apis, claims, clients, consents, gateways, policies, scopes, servers, services, tenants},
    domain::{
        Failure, Problem,
        api::Api,
        authorities::Role,
        client::{Client, ClientScopes},
        configuration::{Configuration, Entry, ServiceRecord, Wanted},
        credential::Given,
        gateway::{Gateway, GatewayKind},
        import::Specification,
        organization::Organization,
        scope::Scope,
        server,
        service::Service,
        tenant::Tenant,
    },
};

/// How records say their tenant and their id.
const NAMED: (&str, &str) = ("tenant_id", "id");

/// The configuration of a document.
pub fn parse(document: Value) -> Result<Configuration<Wanted>, Failure> {
    let mut document = Document::new(document);
    let tenants = document.list("tenants", ("id", "id"), tenant);
    let policies = document.list("policies", NAMED, |raw, _| Ok(policies::parse(raw.read()?)?.1));
    let servers = document.list("servers", NAMED, server);
    let (services, mut scopes) = services(&mut document);
    scopes.extend(document.list("scopes_without_service", NAMED, scope));
    let apis = document.list("apis", NAMED, api);
    let claims = document.list("claims", NAMED, |raw, tenant| Ok(claims::parse(raw.read()?, tenant)?.1));
    let clients = document.list("clients", ("tenant_id", "client_id"), client);
    let gateways = document.list("gateways", NAMED, gateway);
    let consents = document.list("consents", NAMED, |raw, tenant| Ok(consents::parse(raw.read()?, tenant)?.1));
    let actions = document.list("consent_actions", NAMED, |raw, tenant| Ok(actions::parse(raw.read()?, tenant)?.1));
    document.end()?;
    Ok(Configuration {
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
    })
}

fn tenant(mut raw: Raw, _: &str) -> Result<(Tenant, Option<Value>), Failure> {
    let jwks = raw.take("jwks");
    Ok((tenants::parse(raw.read()?).1, jwks))
}

fn server(mut raw: Raw, tenant: &str) -> Result<server::Wanted, Failure> {
    let system = raw.flag("system")?;
    let setup = raw.take_as::<Option<ServerSetup>>("setup")?.flatten().map(setups::server).transpose()?;
    let mut wanted = servers::parse(raw.read()?, tenant)?.1;
    wanted.server.system = system;
    wanted.server.setup = setup;
    Ok(wanted)
}

/// The services, and the scopes that stand within them.
fn services(document: &mut Document) -> (Vec<Entry<ServiceRecord>>, Vec<Entry<Scope>>) {
    let mut records = document.records("services");
    let mut scopes = Vec::new();
    for raw in &mut records {
        let place = format!("{}/scopes", raw.place);
        let (service, list) = (raw.text("id").unwrap_or_default(), raw.take("scopes").unwrap_or_default());
        for mut scope in document.items(list, &place) {
            // Where a scope stands says what it belongs to.
            scope.insert("service_id", json!(service));
            scopes.push(scope);
        }
    }
    (document.entries(records, NAMED, service), document.entries(scopes, NAMED, scope))
}

fn service(mut raw: Raw, tenant: &str) -> Result<ServiceRecord, Failure> {
    let (system, with_specification) = (raw.flag("system")?, raw.flag("with_specification")?);
    let specification = raw.take_as::<Option<SpecificationRecord>>("specification")?.flatten();
    let specification = specification.map(|record| {
        let SpecificationRecord { gateway_type, policies, scopes } = record;
        let gateway_type = gateway_type.map(|word| kind("/specification/gateway_type", &word)).transpose()?;
        Ok::<_, Failure>(Specification { gateway_type, policies, scopes })
    });
    if with_specification != specification.is_some() {
        let reason = "must be there if `with_specification` is true, and only then";
        return Err(Failure::invalid("/specification", reason));
    }
    let setup = raw.take_as::<Option<ServiceSetup>>("setup")?.flatten().map(setups::service);
    let service = services::parse(raw.read()?, tenant)?.1;
    let service = Service { system, with_specification, setup, ..service };
    Ok(ServiceRecord { service, specification: specification.transpose()? })
}

fn scope(mut raw: Raw, tenant: &str) -> Result<Scope, Failure> {
    let system = raw.flag("system")?;
    let setup = raw.take_as::<Option<ScopeSetup>>("setup")?.flatten().map(setups::scope).transpose()?;
    Ok(Scope { system, setup, ..scopes::parse(raw.read()?, tenant)?.1 })
}

fn api(mut raw: Raw, tenant: &str) -> Result<Api, Failure> {
    let imported = raw.take_as::<bool>("imported")?.unwrap_or(false);
    Ok(Api { imported, ..apis::parse(raw.read()?, tenant)?.1 })
}

fn client(mut raw: Raw, tenant: &str) -> Result<(Client, Given), Failure> {
    let all_scopes = raw.take_as::<bool>("all_scopes")?.unwrap_or(false);
    let organization = raw.take_as::<OrganizationRecord>("organization")?.map(organization).transpose()?;
    let setup = raw.take_as::<Option<ClientSetup>>("setup")?.flatten().map(setups::client);
    let (_, given, client) = clients::parse(raw.read()?, tenant)?;
    let scopes = if all_scopes { ClientScopes::AllOfServer } else { client.scopes };
    Ok((Client { scopes, organization, setup, ..client }, given))
}

fn organization(OrganizationRecord { roles, application_id }: OrganizationRecord) -> Result<Organization, Failure> {
    let (mut known, mut problems) = (Vec::new(), Vec::new());
    for (place, word) in roles.iter().enumerate() {
        match Role::of_word(word) {
            Some(role) => known.push(role),
            None => problems
                .push(Problem::new(format!("/organization/roles/{place}"), format!("`{word}` is no known role"))),
        }
    }
    Failure::unless_fine(problems)?;
    Ok(Organization { roles: known, application: application_id })
}

fn gateway(raw: Raw, _: &str) -> Result<Gateway, Failure> {
    let GatewayRecord { id: _, tenant_id: _, authorization_server_id, name, description, kind: word, client_id } =
        raw.read()?;
    Ok(Gateway { server: authorization_server_id, name, description, kind: kind("/type", &word)?, client_id })
}

fn kind(member: &str, word: &str) -> Result<GatewayKind, Failure> {
    gateways::kind_of(word).ok_or_else(|| Failure::invalid(member, format!("`{word}` is no known type of gateway")))
}
