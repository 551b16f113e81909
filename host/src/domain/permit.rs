//! Who may do what. Every row names what it needs; nothing runs before [`permit`] has said yes.

use super::{Bearer, Caller, Credentials, Domain, Failure, server};

/// The authorization server whose tokens administrate a tenant.
pub const ADMIN_SERVER: &str = "admin";
/// The authorization server whose tokens belong to developers.
pub const DEVELOPER_SERVER: &str = "developer";
/// The authorization server whose tokens belong to machines of the tenant.
pub const SYSTEM_SERVER: &str = "system";
/// The tenant whose `system` server administrates the whole installation.
pub const SYSTEM_TENANT: &str = "system";
/// The scope that allows asking for decisions.
pub const EVALUATE: &str = "evaluate_decisions";
/// The scope of a gateway's own client.
pub const READ_GATEWAY: &str = "read_gateway_configuration";

/// What a caller needs for an operation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Needs {
    /// Nothing: health, discovery, or an operation that authenticates its caller itself (the token endpoint).
    Nothing,
    /// A token of the tenant's `admin` server.
    Admin,
    /// A token of the tenant's `developer` server.
    Developer,
    /// A token of the tenant's `system` server with this scope.
    System(&'static str),
    /// The same with either of these scopes.
    SystemEither(&'static str, &'static str),
    /// A token that a person has let a client have, of the authorization server asked, with this scope.
    Person(&'static str),
    /// A token of the `system` server of the tenant `system`: whoever sets tenants up.
    Setup,
    /// Whoever has proven to belong to a tenant, in a path that names none: a good token of any server, or the name and
    /// password of an administrator (RFC 7617). The operation itself looks at who it is.
    Account,
    /// The same, of the tenant's `admin` server.
    Administrator,
    /// A token with `evaluate_decisions` from the tenant's `system` server or from the server asked, unless that is open.
    Evaluate,
}

/// What an operation acts on, as its path says.
#[derive(Clone, Copy, Debug, Default)]
pub struct Target<'a> {
    /// `{tid}`.
    pub tenant: Option<&'a str>,
    /// `{aid}`.
    pub server: Option<&'a str>,
}

/// Lets `caller` through or says what it lacks.
pub fn permit(domain: &Domain, caller: &Caller, needs: Needs, target: Target<'_>) -> Result<(), Failure> {
    match needs {
        Needs::Nothing => Ok(()),
        Needs::Admin => issued_by(bearer(caller)?, target, ADMIN_SERVER, "a token of the tenant's `admin` server"),
        Needs::Developer => {
            issued_by(bearer(caller)?, target, DEVELOPER_SERVER, "a token of the tenant's `developer` server")
        }
        Needs::Person(scope) => person(bearer(caller)?, target, scope),
        Needs::System(scope) => system(bearer(caller)?, target, &[scope]),
        Needs::SystemEither(one, other) => system(bearer(caller)?, target, &[one, other]),
        Needs::Setup => {
            let bearer = bearer(caller)?;
            let right = bearer.tenant == SYSTEM_TENANT && bearer.server == SYSTEM_SERVER;
            allow_if(right, "a token of the tenant `system`")
        }
        Needs::Account => caller.home().map(|_| ()).ok_or(Failure::Unauthenticated(Credentials::Missing)),
        Needs::Administrator => {
            let (_, server) = caller.home().ok_or(Failure::Unauthenticated(Credentials::Missing))?;
            allow_if(server == ADMIN_SERVER, "an administrator of the tenant")
        }
        Needs::Evaluate => evaluate(domain, caller, target),
    }
}

/// The authorization server, and its tenant, whose tokens are good for an operation, where its path tells. None where it names no
/// tenant, or where the operation itself looks at who calls.
pub fn takes_tokens_of<'a>(needs: Needs, target: Target<'a>) -> Option<(&'a str, &'a str)> {
    let server = match needs {
        Needs::Admin => ADMIN_SERVER,
        Needs::Developer => DEVELOPER_SERVER,
        Needs::System(_) | Needs::SystemEither(..) => SYSTEM_SERVER,
        Needs::Person(_) | Needs::Evaluate => target.server?,
        Needs::Setup => return Some((SYSTEM_TENANT, SYSTEM_SERVER)),
        Needs::Nothing | Needs::Account | Needs::Administrator => return None,
    };
    Some((target.tenant?, server))
}

/// True when `target` lets anybody do what has these needs.
pub fn is_open(domain: &Domain, needs: Needs, target: Target<'_>) -> bool {
    match (needs, target.tenant, target.server) {
        (Needs::Nothing, ..) => true,
        (Needs::Evaluate, Some(tenant), Some(server)) => {
            server::current(domain, tenant, server).is_ok_and(|found| found.value.decisions_open)
        }
        (
            Needs::Evaluate
            | Needs::Admin
            | Needs::Developer
            | Needs::System(_)
            | Needs::SystemEither(..)
            | Needs::Person(_)
            | Needs::Setup
            | Needs::Account
            | Needs::Administrator,
            ..,
        ) => false,
    }
}

fn issued_by(bearer: &Bearer, target: Target<'_>, server: &str, needs: &str) -> Result<(), Failure> {
    allow_if(target.tenant == Some(bearer.tenant.as_str()) && bearer.server == server, needs)
}

fn system(bearer: &Bearer, target: Target<'_>, scopes: &[&str]) -> Result<(), Failure> {
    let needs = format!("a token of the tenant's `system` server with scope `{}`", scopes.join("` or `"));
    issued_by(bearer, target, SYSTEM_SERVER, &needs)?;
    allow_if(bearer.scopes.iter().any(|granted| scopes.contains(&granted.as_str())), &needs)
}

/// A client's own token is nobody's, though its subject may spell like somebody's name.
fn person(bearer: &Bearer, target: Target<'_>, scope: &str) -> Result<(), Failure> {
    let here = target.tenant == Some(bearer.tenant.as_str()) && target.server == Some(bearer.server.as_str());
    let right = here && bearer.grant.is_some() && bearer.scopes.iter().any(|granted| granted == scope);
    allow_if(right, &format!("a person's token of this authorization server with scope `{scope}`"))
}

fn evaluate(domain: &Domain, caller: &Caller, target: Target<'_>) -> Result<(), Failure> {
    let (Some(tenant), Some(server)) = (target.tenant, target.server) else {
        return Err(Failure::Internal { log: "an evaluate row needs {tid} and {aid} in its path".to_owned() });
    };
    if is_open(domain, Needs::Evaluate, target) {
        return Ok(());
    }
    let bearer = bearer(caller)?;
    let issuer = bearer.server == SYSTEM_SERVER || bearer.server == server;
    let right = bearer.tenant == tenant && issuer && bearer.scopes.iter().any(|scope| scope == EVALUATE);
    allow_if(right, "a token with scope `evaluate_decisions` of the tenant's `system` server or of this server")
}

fn bearer(caller: &Caller) -> Result<&Bearer, Failure> {
    caller.bearer().ok_or(Failure::Unauthenticated(Credentials::Missing))
}

fn allow_if(right: bool, needs: &str) -> Result<(), Failure> {
    match right {
        true => Ok(()),
        false => Err(Failure::Forbidden { needs: needs.to_owned() }),
    }
}
