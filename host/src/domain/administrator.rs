//! Administrators who show a name and a password with every request (RFC 7617), as programs of other houses do.
//!
//! Called by `authn` for operations whose path names no tenant. The name is that of a client or of a person of the tenant's
//! `admin` server, of the tenant `default` unless the tenant stands before it: `acme/admin`. A password opens nothing here
//! that it does not open at the token endpoint.

use super::{
    Caller, Credentials, Domain, Failure,
    authentication::static_users,
    client::{self, Client},
    credential,
    events::{self, Event},
    guesses::Try,
    identity::Identity,
    in_force::policies::{self, About, Judged, Reach},
    permit::ADMIN_SERVER,
    second_factor::{self, Whose},
    server::{self, Server},
    tenant,
};
use crate::crypto::Secret;

/// What somebody shows.
pub struct Shown<'a> {
    /// The name, decoded as OAuth clients encode it.
    pub name: &'a str,
    /// The name as it was sent: people's names may have `+` and `%` in them.
    pub name_as_sent: &'a str,
    /// What the secret or password may be.
    pub candidates: Vec<Secret>,
    /// Where the request came from, for the limits against guessing.
    pub address: &'a str,
    /// Which request of ours this belongs to.
    pub request_id: &'a str,
}

/// Somebody's place in a tenant's `admin` server.
struct Account<'a> {
    tenant: &'a str,
    server: &'a Server,
    name: &'a str,
    shown: &'a Shown<'a>,
}

/// Finds out who shows this name and one of these secrets.
pub async fn prove(domain: &Domain, shown: Shown<'_>) -> Result<Caller, Failure> {
    let (tenant, id) = split(shown.name);
    // A client's secret is too long to be guessed; a person's password is not.
    if let Some(client) = client(domain, tenant, id, shown.candidates.clone()).await? {
        return Ok(client);
    }
    // Both ways have the same tenant, as long as no tenant's id can have a `+` or `%` in it.
    let (tenant, as_sent) = split(shown.name_as_sent);
    let server = match server::current(domain, tenant, ADMIN_SERVER) {
        Err(Failure::NotFound { .. }) => return Err(wrong()),
        found => found?,
    };
    let name = if static_users::is_known(&server.value.authentications, as_sent) { as_sent } else { id };
    person(domain, &Account { tenant, server: &server.value, name, shown: &shown }).await
}

fn split(name: &str) -> (&str, &str) {
    name.split_once('/').unwrap_or((tenant::DEFAULT, name))
}

fn wrong() -> Failure {
    Failure::Unauthenticated(Credentials::Invalid)
}

async fn client(domain: &Domain, tenant: &str, id: &str, candidates: Vec<Secret>) -> Result<Option<Caller>, Failure> {
    let found = match client::current(domain, tenant, id) {
        Err(Failure::NotFound { .. }) => return Ok(None),
        found => found?,
    };
    if found.value.server != ADMIN_SERVER || !found.value.may_send_secret(domain.world.now_seconds()) {
        return Ok(None);
    }
    let right = credential::verify(domain, tenant, id, candidates).await?;
    let caller =
        || Caller::Client { tenant: tenant.to_owned(), server: found.value.server.clone(), client_id: id.to_owned() };
    Ok(right.then(caller))
}

async fn person(domain: &Domain, account: &Account<'_>) -> Result<Caller, Failure> {
    let identity = known(domain, account).await?;
    enters(domain, account, &identity).await?;
    let (tenant, server) = (account.tenant.to_owned(), ADMIN_SERVER.to_owned());
    Ok(Caller::Person { tenant, server, subject: identity.subject })
}

/// Whose name and password these are. A program that comes with many requests at once takes turns with itself: the first has
/// been right, or not, before the next one counts as a try.
async fn known(domain: &Domain, account: &Account<'_>) -> Result<Identity, Failure> {
    let Account { tenant, server, name, shown } = *account;
    let attempt = Try { tenant, server: ADMIN_SERVER, account: name, address: shown.address };
    let _turn = domain.passwords_shown.wait(tenant, &format!("{} {name}", shown.address)).await;
    if let Err(seconds) = domain.guesses.allowed(attempt) {
        tell(account, "too many attempts");
        return Err(Failure::TooMany { seconds });
    }
    for password in &shown.candidates {
        if let Some(identity) = static_users::prove(domain, &server.authentications, name, password).await {
            domain.guesses.succeeded(attempt);
            return Ok(identity);
        }
    }
    tell(account, "wrong password");
    Err(wrong())
}

/// Refuses whom the password alone would not get a token (`issue::password`). Nobody can be asked for anything here.
async fn enters(domain: &Domain, account: &Account<'_>, identity: &Identity) -> Result<(), Failure> {
    let Account { tenant, server, shown, .. } = *account;
    let server = (ADMIN_SERVER, server);
    if second_factor::is_enrolled(domain, Whose { tenant, server, subject: &identity.subject })? {
        tell(account, "second factor needed");
        return Err(Failure::Forbidden { needs: "a token: the person has a second factor".to_owned() });
    }
    // No client stands between the person and the server.
    let (client, request_id) = (Client::default(), shown.request_id);
    let about =
        About { tenant, server, client: ("", &client), identity, scopes: &[], reach: Reach::default(), request_id };
    match policies::person(domain, about).await? {
        Judged::Allowed(_) => Ok(()),
        Judged::StepUp | Judged::Denied(_) => {
            tell(account, "refused by a policy");
            Err(Failure::Forbidden { needs: "a policy of the authorization server that says yes".to_owned() })
        }
    }
}

/// Tells the operator's log of an attempt that failed; one that is right is told with every request. A name that nobody has may
/// be a password in the wrong place.
fn tell(account: &Account<'_>, outcome: &'static str) {
    let Account { tenant, server, name, shown } = *account;
    events::tell(Event {
        what: "login",
        outcome,
        tenant,
        server: ADMIN_SERVER,
        client: "",
        subject: if static_users::is_known(&server.authentications, name) { name } else { "" },
        address: shown.address,
        request_id: shown.request_id,
    });
}
