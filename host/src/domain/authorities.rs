//! What a caller may be in an organization, which is a tenant: roles and permissions, the same for every kind of credentials.
//!
//! Called by the operations of the `apps` dialect and by whatever asks policies for it. Knows no operation and no rule of one.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::{
    Bearer, Caller, Credentials, Domain, Failure,
    client::{self, ClientScopes},
    grant,
    organization::Organization,
    permit::{ADMIN_SERVER, READ_GATEWAY, SYSTEM_SERVER, SYSTEM_TENANT},
    workspace::DEFAULT_SERVER,
};

/// The scope of a machine of the tenant `system` that acts for the platform itself instead of administrating it.
pub const INTERNAL_SERVICE: &str = "internal_service";

/// A role.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Role {
    /// Administrates the whole installation.
    GlobalAdmin,
    /// Administrates its organization.
    Admin,
    /// A service of the platform itself.
    Service,
    /// A service of its organization.
    ClientService,
    /// Talks to customers.
    Agent,
    /// Looks after agents.
    Supervisor,
    /// Everybody else who has logged in.
    Customer,
}

impl Role {
    const ALL: [Role; 7] = [
        Role::GlobalAdmin,
        Role::Admin,
        Role::Service,
        Role::ClientService,
        Role::Agent,
        Role::Supervisor,
        Role::Customer,
    ];

    /// What an organization may make its own clients: nothing reaches beyond it.
    pub const OF_CLIENTS: [Role; 4] = [Role::ClientService, Role::Agent, Role::Supervisor, Role::Admin];

    /// Its name in tokens and policies.
    pub const fn word(self) -> &'static str {
        match self {
            Role::GlobalAdmin => "GLOBAL_ADMIN",
            Role::Admin => "ADMIN",
            Role::Service => "SERVICE",
            Role::ClientService => "CLIENT_SERVICE",
            Role::Agent => "AGENT",
            Role::Supervisor => "SUPERVISOR",
            Role::Customer => "CUSTOMER",
        }
    }

    /// The role of this name.
    pub fn of_word(word: &str) -> Option<Role> {
        Role::ALL.into_iter().find(|role| role.word() == word)
    }

    /// Whether what an organization says of its own people and clients may name it.
    fn is_an_organizations(self) -> bool {
        Role::OF_CLIENTS.contains(&self) || self == Role::Customer
    }
}

/// What a caller is and may do in its organization.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Authorities {
    /// The organization: the tenant that the caller belongs to.
    pub tenant: String,
    /// Its roles. Nobody has one only because it has a token.
    pub roles: Vec<Role>,
    /// What it may do besides: the scopes of its token and the `permissions` of its authentication context.
    pub permissions: Vec<String>,
    /// The application that it may act for only; none when it is bound to none.
    pub application: Option<String>,
}

impl Authorities {
    /// What `caller` may. What a client of the organization is counts as it is now, not as it was when the token was made.
    pub fn of(domain: &Domain, caller: &Caller) -> Result<Authorities, Failure> {
        let Some((tenant, server)) = caller.home() else {
            return Err(Failure::Unauthenticated(Credentials::Missing));
        };
        if server == SYSTEM_SERVER && is_a_gateways(domain, caller)? {
            return Ok(Authorities::new(tenant, Vec::new(), Vec::new()));
        }
        let scopes = caller.bearer().map(|bearer| bearer.scopes.clone()).unwrap_or_default();
        let own = |role| Ok(Authorities::new(tenant, vec![role], scopes.clone()));
        match (tenant, server, caller) {
            (SYSTEM_TENANT, SYSTEM_SERVER, _) if scopes.iter().any(|scope| scope == INTERNAL_SERVICE) => {
                own(Role::Service)
            }
            (SYSTEM_TENANT, SYSTEM_SERVER, _) => own(Role::GlobalAdmin),
            (_, ADMIN_SERVER, _) => own(Role::Admin),
            (_, SYSTEM_SERVER, _) => own(Role::ClientService),
            (_, DEFAULT_SERVER, Caller::Bearer(bearer)) => of_default(domain, bearer),
            _ => Ok(Authorities::new(tenant, Vec::new(), scopes)),
        }
    }

    /// A permission that is spelled like a role is none: a scope must not pass for one.
    fn new(tenant: &str, roles: Vec<Role>, mut permissions: Vec<String>) -> Authorities {
        permissions.retain(|permission| Role::of_word(permission).is_none());
        Authorities { tenant: tenant.to_owned(), roles, permissions, application: None }
    }

    /// What a client of an organization may with these scopes.
    pub(super) fn of_client(tenant: &str, organization: &Organization, scopes: Vec<String>) -> Authorities {
        let Organization { roles, application } = organization.clone();
        Authorities { application, ..Authorities::new(tenant, roles, scopes) }
    }

    /// Whether it has this role.
    pub fn has(&self, role: Role) -> bool {
        self.roles.contains(&role)
    }

    /// Whether it has one of these roles.
    pub fn has_any(&self, roles: &[Role]) -> bool {
        roles.iter().any(|role| self.has(*role))
    }

    /// Roles and permissions as one list of texts, for policies (`authorities`).
    pub fn words(&self) -> Vec<String> {
        let roles = self.roles.iter().map(|role| role.word().to_owned());
        roles.chain(self.permissions.iter().cloned()).collect()
    }
}

/// Whether the caller is a client that may have nothing but the scopes of gateways, as their own clients are: it runs on the
/// hosts of others, and is no service of its organization.
fn is_a_gateways(domain: &Domain, caller: &Caller) -> Result<bool, Failure> {
    let Some((tenant, id)) = client_of(caller) else { return Ok(false) };
    Ok(match &client::current(domain, tenant, id)?.value.scopes {
        ClientScopes::AllOfServer => false,
        ClientScopes::Only(names) => !names.is_empty() && names.iter().all(|name| name == READ_GATEWAY),
    })
}

/// The client that calls, or that somebody calls through.
fn client_of(caller: &Caller) -> Option<(&str, &str)> {
    match caller {
        Caller::Bearer(bearer) => Some((&bearer.tenant, &bearer.client_id)),
        Caller::Client { tenant, client_id, .. } => Some((tenant, client_id)),
        Caller::Anonymous | Caller::Person { .. } | Caller::Operator => None,
    }
}

/// The bearer of a token of the server where an organization's people and clients are: the client itself, or a person.
fn of_default(domain: &Domain, bearer: &Bearer) -> Result<Authorities, Failure> {
    let client = client::current(domain, &bearer.tenant, &bearer.client_id)?;
    match &bearer.grant {
        None => Ok(match &client.value.organization {
            Some(organization) => Authorities::of_client(&bearer.tenant, organization, bearer.scopes.clone()),
            None => Authorities::new(&bearer.tenant, Vec::new(), bearer.scopes.clone()),
        }),
        Some(_) => {
            let grant = grant::of_bearer(domain, bearer)?;
            // A token that another client has exchanged lends no more than that client was lent.
            let lender = client::current(domain, &bearer.tenant, &grant.client_id)?;
            let strange = client.value.self_registered || lender.value.self_registered;
            Ok(of_person(bearer, strange, &grant.identity.authn_ctx()))
        }
    }
}

/// A strange client, one that has registered itself, may be anybody's: people lend it the scopes they were asked about, not what they are.
fn of_person(bearer: &Bearer, is_strange: bool, context: &Map<String, Value>) -> Authorities {
    let lent = |member: &str| if is_strange { Vec::new() } else { texts(context, member) };
    let known = |word: &String| Role::of_word(word).filter(|role| role.is_an_organizations());
    let mut roles: Vec<Role> = Vec::new();
    for role in lent("roles").iter().filter_map(known) {
        if !roles.contains(&role) {
            roles.push(role);
        }
    }
    if roles.is_empty() {
        roles.push(Role::Customer);
    }
    let mut permissions = bearer.scopes.clone();
    permissions.extend(lent("permissions"));
    Authorities::new(&bearer.tenant, roles, permissions)
}

/// A text, or a list of them.
fn texts(context: &Map<String, Value>, member: &str) -> Vec<String> {
    match context.get(member) {
        Some(Value::String(text)) => vec![text.clone()],
        Some(Value::Array(items)) => items.iter().filter_map(Value::as_str).map(str::to_owned).collect(),
        _ => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::domain::{caller::Issuer, client::Client};

    fn bearer(scopes: &[&str]) -> Bearer {
        Bearer {
            tenant: "acme".to_owned(),
            server: DEFAULT_SERVER.to_owned(),
            client_id: "app".to_owned(),
            client_since: 1,
            subject: "ann".to_owned(),
            scopes: scopes.iter().map(|scope| (*scope).to_owned()).collect(),
            grant: None,
            own_grant: None,
            jti: "1".to_owned(),
            confirmation: None,
            issuer: Issuer::Kept,
            expires: 1,
        }
    }

    fn person(context: Value, client: &Client) -> Vec<String> {
        let Value::Object(context) = context else { return Vec::new() };
        of_person(&bearer(&["openid", "GLOBAL_ADMIN"]), client.self_registered, &context).words()
    }

    #[test]
    fn every_role_has_one_word() {
        for role in Role::ALL {
            assert_eq!(Role::of_word(role.word()), Some(role));
            assert_eq!(serde_json::to_value(role).unwrap(), role.word());
        }
    }

    #[test]
    fn a_person_has_the_roles_that_an_organization_may_give() {
        let app = Client::default();
        let roles = json!({ "roles": ["ADMIN", "GLOBAL_ADMIN", "SERVICE", "ADMIN", "AGENT", 7, "ROOT"] });
        assert_eq!(person(roles, &app), ["ADMIN", "AGENT", "openid"]);
        assert_eq!(person(json!({ "roles": "SUPERVISOR" }), &app), ["SUPERVISOR", "openid"]);
        for nothing in [json!({}), json!({ "roles": [] }), json!({ "roles": {} }), json!({ "roles": "SERVICE" })] {
            assert_eq!(person(nothing.clone(), &app), ["CUSTOMER", "openid"], "{nothing}");
        }
    }

    #[test]
    fn permissions_come_from_the_context_too_and_never_pass_for_roles() {
        let context = json!({ "permissions": ["integrations:integration:add", "SERVICE"] });
        assert_eq!(person(context, &Client::default()), ["CUSTOMER", "openid", "integrations:integration:add"]);
    }

    #[test]
    fn nobody_lends_what_they_are_to_a_client_that_has_registered_itself() {
        let stranger = Client { self_registered: true, ..Client::default() };
        let context = json!({ "roles": ["ADMIN"], "permissions": ["integrations:integration:add"] });
        assert_eq!(person(context, &stranger), ["CUSTOMER", "openid"]);
    }
}
