//! What every new authorization server starts with: services, their scopes, and the claims of OpenID Connect.
//!
//! Called by `server`, the first start and the upgrade, inside their transactions. All of it goes through the nouns' own `save`.

use super::{
    Failure,
    claim::{self, Claim, ClaimToken},
    permit,
    policy::Policy,
    scope::{self, Scope},
    service::{self, Service},
    stamp::Stamp,
};
use crate::{
    store::{View, Write, timeline},
    world::Micros,
};

/// A service with its scopes.
struct Group {
    /// The end of its id.
    id: &'static str,
    name: &'static str,
    /// Whether developers may give its scopes to their clients.
    open: bool,
    /// Name and display name.
    scopes: &'static [(&'static str, &'static str)],
}

const DECISIONS: Group =
    Group { id: "decisions", name: "Decisions", open: false, scopes: &[(permit::EVALUATE, "Evaluate decisions")] };

const PRIVACY: Group = Group {
    id: "privacy",
    name: "User Privacy & Consent",
    open: false,
    scopes: &[("view_consents", "View consents"), ("manage_consents", "Manage consents")],
};

const VIEW_SESSIONS: (&str, &str) = ("view_sessions", "View sessions");
const MANAGE_SESSIONS: (&str, &str) = ("manage_sessions", "End sessions");

/// Scopes that servers of earlier versions were made without, and the one that they stand beside.
const LATER: [(&str, &str); 2] = [VIEW_SESSIONS, MANAGE_SESSIONS];
const BESIDE_LATER: &str = "list_clients_with_access";

/// What every server has (reference/acp.md §3.2).
const EVERYWHERE: [Group; 4] = [
    Group {
        id: "profile",
        name: "Profile",
        open: true,
        scopes: &[
            ("openid", "OpenID"),
            ("profile", "Profile"),
            ("email", "Email"),
            ("phone", "Phone"),
            ("address", "Address"),
            ("offline_access", "Offline access"),
        ],
    },
    PRIVACY,
    Group {
        id: "oauth2",
        name: "OAuth2",
        open: false,
        scopes: &[
            ("introspect_tokens", "Introspect tokens"),
            ("revoke_tokens", "Revoke tokens"),
            (BESIDE_LATER, "List clients with access"),
            ("revoke_client_access", "Revoke client access"),
            VIEW_SESSIONS,
            MANAGE_SESSIONS,
            ("dcr_register", "Register clients"),
        ],
    },
    DECISIONS,
];

/// What a tenant's `system` server has (DESIGN §8): people do not log in there, so it has no profile.
const SYSTEM: [Group; 5] = [
    PRIVACY,
    Group {
        id: "oauth2",
        name: "OAuth2",
        open: false,
        scopes: &[("introspect_tokens", "Introspect tokens"), ("revoke_tokens", "Revoke tokens")],
    },
    Group {
        id: "login",
        name: "Login and Scope Grant",
        open: false,
        scopes: &[("manage_logins", "Manage logins"), ("manage_scope_grants", "Manage scope grants")],
    },
    Group {
        id: "gateway",
        name: "Gateway",
        open: false,
        scopes: &[
            (permit::READ_GATEWAY, "Read gateway configuration"),
            ("write_gateway_configuration", "Write gateway configuration"),
            ("push_gateway_requests", "Push gateway requests"),
        ],
    },
    DECISIONS,
];

/// The claims of OpenID Connect Core §5.4, by the scope that asks for them.
const CLAIMS: [(&str, &[&str]); 4] = [
    (
        "profile",
        &[
            "name",
            "family_name",
            "given_name",
            "middle_name",
            "nickname",
            "preferred_username",
            "profile",
            "picture",
            "website",
            "gender",
            "birthdate",
            "zoneinfo",
            "locale",
            "updated_at",
        ],
    ),
    ("email", &["email", "email_verified"]),
    ("phone", &["phone_number", "phone_number_verified"]),
    (
        "address",
        &[
            "address.formatted",
            "address.street_address",
            "address.locality",
            "address.region",
            "address.country",
            "address.postal_code",
        ],
    ),
];

/// The built-in policy that keeps developers from scopes that are not open. A tenant may have removed it.
const BLOCK: &str = "block";

/// Writes what a new server starts with, inside a transaction.
pub(super) fn insert(write: &mut Write<'_>, tenant: &str, server: &str, stamp: &Stamp) -> Result<(), Failure> {
    let system = server == permit::SYSTEM_SERVER;
    let groups: &[Group] = if system { &SYSTEM } else { &EVERYWHERE };
    for group in groups {
        insert_group(write, tenant, server, group, stamp)?;
    }
    for (scope, names) in CLAIMS.iter().filter(|_| !system) {
        for name in *names {
            insert_claim(write, tenant, server, scope, name, stamp)?;
        }
    }
    Ok(())
}

fn insert_group(
    write: &mut Write<'_>,
    tenant: &str,
    server: &str,
    group: &Group,
    stamp: &Stamp,
) -> Result<(), Failure> {
    let service_id = format!("{server}-{}", group.id);
    let service =
        Service { server: server.to_owned(), name: group.name.to_owned(), system: true, ..Service::default() };
    let guard = match group.open {
        true => None,
        false => stamp.live::<Policy>(write, tenant, BLOCK)?.map(|_| BLOCK.to_owned()),
    };
    stamp.absent::<Service>(write, tenant, &service_id)?;
    service::save(write, tenant, &service_id, None, &service, stamp)?;
    for (name, display_name) in group.scopes {
        let id = format!("{server}-{name}");
        let scope = Scope {
            server: server.to_owned(),
            name: (*name).to_owned(),
            display_name: (*display_name).to_owned(),
            service: Some(service_id.clone()),
            developer_policy: guard.clone(),
            system: true,
            ..Scope::default()
        };
        stamp.absent::<Scope>(write, tenant, &id)?;
        scope::save(write, tenant, &id, None, &scope, stamp)?;
    }
    Ok(())
}

/// The scopes that a server was made without, by name and display name, and the one beside which they belong. A server that
/// was made by an import, with scopes of its own only, lacks nothing.
fn later(view: &impl View, tenant: &str, server: &str, at: Micros) -> Result<Option<Later>, Failure> {
    let scope = |name: &str| timeline::current::<Scope>(view, tenant, &format!("{server}-{name}"), at);
    let beside = scope(BESIDE_LATER)?.filter(|found| !found.deleted && found.value.server == server);
    let Some(beside) = beside.filter(|found| found.value.system) else { return Ok(None) };
    let mut missing = Vec::new();
    for one @ (name, _) in LATER {
        let is_there = scope(name)?.is_some_and(|found| !found.deleted);
        // A name that somebody has given to a scope of their own is theirs.
        if !is_there && !scope::exists(view, tenant, server, name, at)? {
            missing.push(one);
        }
    }
    Ok((!missing.is_empty()).then_some(Later { beside: beside.value, missing }))
}

struct Later {
    beside: Scope,
    missing: Vec<(&'static str, &'static str)>,
}

/// Whether [`complete`] has something to add.
pub(super) fn is_complete(view: &impl View, tenant: &str, server: &str, at: Micros) -> Result<bool, Failure> {
    Ok(later(view, tenant, server, at)?.is_none())
}

/// Gives a server of an earlier version the scopes that it was made without, inside a transaction. They are guarded as the one
/// that they stand beside.
pub(super) fn complete(write: &mut Write<'_>, tenant: &str, server: &str, stamp: &Stamp) -> Result<(), Failure> {
    let Some(Later { beside, missing }) = later(&*write, tenant, server, stamp.now)? else { return Ok(()) };
    for (name, display_name) in missing {
        let [name, display_name] = [name, display_name].map(str::to_owned);
        let id = format!("{server}-{name}");
        let scope = Scope { name, display_name, description: String::new(), ..beside.clone() };
        scope::save(write, tenant, &id, None, &scope, stamp)?;
    }
    Ok(())
}

fn insert_claim(
    write: &mut Write<'_>,
    tenant: &str,
    server: &str,
    scope: &str,
    name: &str,
    stamp: &Stamp,
) -> Result<(), Failure> {
    let id = format!("{server}-{name}");
    let claim = Claim {
        server: server.to_owned(),
        name: name.to_owned(),
        mapping: name.to_owned(),
        token: ClaimToken::IdToken,
        scopes: vec![scope.to_owned()],
    };
    stamp.absent::<Claim>(write, tenant, &id)?;
    claim::save(write, tenant, &id, None, &claim, stamp)?;
    Ok(())
}
