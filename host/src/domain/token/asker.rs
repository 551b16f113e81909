//! Who asks about a token, or revokes one: a client, about its own tokens, or about those of others when it has the scope.
//!
//! Called by the edges of introspection and revocation.

use crate::domain::{
    Bearer, Domain, Failure,
    client::{self, AuthMethod, ClientScopes},
    in_force,
    permit::SYSTEM_SERVER,
    proof::{self, Proven, Shown, Unproven},
    server::{self, Server},
};

/// The scope for asking about tokens of other clients.
pub const INTROSPECT: &str = "introspect_tokens";
/// The scope for revoking tokens of other clients.
pub const REVOKE: &str = "revoke_tokens";

/// Who asks.
#[derive(Clone, Debug)]
pub struct Asker {
    /// The client that asks, or that the token it asks with was issued to.
    pub client_id: String,
    /// Whether it has proven itself with more than its name.
    pub is_proven: bool,
    /// Whether it may ask about tokens of any client of the server.
    all: bool,
}

impl Asker {
    /// Whether a token of this client is its business.
    pub(super) fn may(&self, client_id: &str) -> bool {
        self.all || self.client_id == client_id
    }
}

/// The bearer of a token as an asker at a server: one of its own tokens, or of the tenant's `system` server with `scope`.
///
/// A token proves something only when the client got it for itself with more than its name, or has the scope: otherwise
/// whoever has found a token could try it out with itself.
pub fn bearer(domain: &Domain, bearer: &Bearer, server: &str, scope: &str) -> Result<Asker, Failure> {
    let all = bearer.scopes.iter().any(|granted| granted == scope);
    let has_secret = client::current(domain, &bearer.tenant, &bearer.client_id)?.value.auth_method != AuthMethod::None;
    let is_proven = has_secret && (all || bearer.grant.is_none());
    match bearer.server == server || (bearer.server == SYSTEM_SERVER && all) {
        true => Ok(Asker { client_id: bearer.client_id.clone(), is_proven, all }),
        false => Err(Failure::Forbidden {
            needs: format!("a token of this server, or of the tenant's `system` server with scope `{scope}`"),
        }),
    }
}

/// A client as an asker at a server: one of its own, or of the tenant's `system` server that may have `scope`.
pub async fn client(
    domain: &Domain,
    tenant: &str,
    server: (&str, &Server),
    shown: Shown,
    scope: &str,
) -> Result<Asker, Unproven> {
    let proven = match is_of_system(domain, tenant, &shown)? && server.0 != SYSTEM_SERVER {
        false => proof::client(domain, tenant, server, shown).await?,
        true => {
            let system = server::current(domain, tenant, SYSTEM_SERVER)?;
            proof::client(domain, tenant, (SYSTEM_SERVER, &system.value), shown).await?
        }
    };
    let is_proven = proven.client.value.auth_method != AuthMethod::None;
    let all = is_proven && may_have(domain, tenant, &proven, scope)?;
    match proven.client.value.server == server.0 || all {
        true => Ok(Asker { client_id: proven.id, is_proven, all }),
        false => Err(Unproven::Client),
    }
}

/// Whether the client that shows itself is one of the tenant's `system` server. Clients have one name for all servers.
fn is_of_system(domain: &Domain, tenant: &str, shown: &Shown) -> Result<bool, Failure> {
    let id = match shown {
        Shown::Id(id) | Shown::Certificate(id, _) | Shown::Secret(id, _) | Shown::Assertion(_, Some(id)) => id,
        Shown::Assertion(_, None) => return Ok(false),
    };
    match client::current(domain, tenant, id) {
        Ok(client) => Ok(client.value.server == SYSTEM_SERVER),
        Err(Failure::NotFound { .. }) => Ok(false),
        Err(failure) => Err(failure),
    }
}

fn may_have(domain: &Domain, tenant: &str, proven: &Proven, scope: &str) -> Result<bool, Failure> {
    let client = &proven.client.value;
    match &client.scopes {
        ClientScopes::Only(scopes) if !scopes.iter().any(|own| own == scope) => Ok(false),
        ClientScopes::Only(_) | ClientScopes::AllOfServer => {
            in_force::has_scopes(domain, tenant, &client.server, &[scope.to_owned()])
        }
    }
}
