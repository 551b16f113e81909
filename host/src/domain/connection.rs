//! A connection: our account at an authorization server of somebody else, and the tokens that this gives us.
//!
//! ```text
//! create, replace, delete   the record; its secret is sealed beside it, outside of the timeline
//! begin → arrive            somebody says yes at the provider: state, PKCE, code for tokens (`authorize`)
//! fresh                     an access token that is good for a while yet, renewed when it is not (`tokens`)
//! ```
//!
//! Called by the `outbound` dialect. What a provider was asked with one account is worth nothing with another: tokens and
//! authorizations that are under way carry the mark of the account they were asked with.

mod account;
mod authorize;
mod errand;
mod exchange;
mod rules;
mod tokens;
mod turns;

use serde::{Deserialize, Serialize};

use super::{
    By, Domain, Failure, id, name,
    noun::{self, Named},
    stamp::{Author, Stamp},
    tenant,
};
use crate::{
    crypto::Secret,
    store::{Kind, Noun, State, View, Write, timeline},
    world::Micros,
};
use account::Offered;

pub use authorize::{Departure, Returned, Traveller, arrive, begin};
pub use errand::LIFE;
pub use rules::{AZURE_TENANT, NAME};
pub use tokens::{Fresh, fresh};

pub(super) use errand::Errand;
pub(super) use turns::Turns;

/// A connection's configuration.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Connection {
    /// Unique within the tenant.
    pub name: String,
    /// For people.
    pub description: String,
    /// Whose authorization server it is.
    pub provider: Provider,
    /// Our client id there.
    pub client_id: Option<String>,
    /// Where each node of a cluster is sent back to, for people.
    pub redirects: Vec<NodeRedirect>,
    /// What we ask for.
    pub scopes: Vec<String>,
    /// Business services that it belongs to, for people.
    pub groups: Vec<String>,
    /// When the secret was given, so that a new one makes a state as every other change does.
    pub secret_since: Micros,
}

/// An authorization server of somebody else.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[expect(missing_docs, reason = "the providers and their settings under the names that the API documents")]
pub enum Provider {
    AzureAd { tenant: String },
    Google,
    Other { authorization_endpoint: String, token_endpoint: String },
}

/// Where one node of a cluster is sent back to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NodeRedirect {
    /// The node.
    pub node: String,
    /// The address.
    pub url: String,
}

/// What a caller wants a connection to be.
#[derive(Clone, Debug)]
pub struct Wanted {
    /// Its configuration; when its secret was given is ours to say.
    pub connection: Connection,
    /// Our secret at the provider.
    pub secret: Secret,
}

/// By what a caller knows a connection.
#[derive(Clone, Copy, Debug)]
pub enum Which<'a> {
    /// Its identifier.
    Id(&'a str),
    /// Its name.
    Name(&'a str),
    /// One of the two: its identifier, else its name.
    Either(&'a str),
}

impl Noun for Connection {
    const KIND: Kind = Kind::Connection;
}

impl Named for Connection {
    const NAME: &'static str = "OAuth Client";

    fn bears(&self, parent: &str, name: &str) -> bool {
        parent.is_empty() && self.name == name
    }
}

impl Which<'_> {
    fn missing(self) -> Failure {
        match self {
            Which::Id(id) => Failure::not_found(Connection::NAME, id),
            Which::Name(name) | Which::Either(name) => Failure::no_such_name(Connection::NAME, name),
        }
    }

    fn id(self, view: &impl View, tenant: &str, at: Micros) -> Result<String, Failure> {
        match self {
            // Identifiers are hexadecimal digits, which some write in upper case.
            Which::Id(id) => Ok(id.to_ascii_lowercase()),
            Which::Either(text) => {
                let id = text.to_ascii_lowercase();
                let is_there = rules::check_id(&id).is_none()
                    && timeline::current::<Connection>(view, tenant, &id, at)?.is_some_and(|state| !state.deleted);
                if is_there { Ok(id) } else { Which::Name(text).id(view, tenant, at) }
            }
            Which::Name(name) => name::holder::<Connection>(view, tenant, "", name, at)?.ok_or_else(|| self.missing()),
        }
    }

    /// Refuses a record that has got another name since it was found by this one.
    fn still(self, found: &Connection) -> Result<(), Failure> {
        match self {
            Which::Name(name) if found.name != name => Err(self.missing()),
            Which::Name(_) | Which::Id(_) | Which::Either(_) => Ok(()),
        }
    }
}

/// A connection as it is now, with its id.
pub fn find(domain: &Domain, tenant: &str, which: Which<'_>) -> Result<(String, State<Connection>), Failure> {
    let (read, now) = (domain.store.read()?, domain.now());
    let id = which.id(&read, tenant, now)?;
    let found = timeline::current::<Connection>(&read, tenant, &id, now)?.filter(|state| !state.deleted);
    found.map(|state| (id, state)).ok_or_else(|| which.missing())
}

/// All connections of a tenant, by id (listOAuthClients).
pub fn list(domain: &Domain, tenant: &str) -> Result<Vec<(String, State<Connection>)>, Failure> {
    tenant::current(domain, tenant)?;
    noun::list(domain, tenant)
}

/// Makes a connection (createOAuthClient). Without `id` it gets one.
pub async fn create(
    domain: &Domain,
    by: &By<'_>,
    tenant: &str,
    id: Option<&str>,
    wanted: Wanted,
) -> Result<(String, State<Connection>), Failure> {
    rules::check(id, &wanted)?;
    tenant::current(domain, tenant)?;
    let id = id.map_or_else(|| id::generate(&domain.world), str::to_owned);
    let offered = Offered::seal(domain, tenant, &id, wanted.secret);
    let (tenant, author, connection) = (tenant.to_owned(), Author::of(domain, by), wanted.connection);
    domain
        .write(move |write| {
            let stamp = author.stamp(write)?;
            stamp.absent::<Connection>(write, &tenant, &id).map_err(|failure| taken(failure, "/sysId"))?;
            let connection = Connection { secret_since: stamp.now, ..connection.clone() };
            let saved = save(write, &tenant, &id, None, &connection, &stamp);
            let state = saved.map_err(|failure| taken(failure, "/name"))?;
            offered.put(write, &tenant, &id)?;
            Ok((id.clone(), state))
        })
        .await
}

/// Replaces a connection (modifyOAuthClient): what `wanted` lacks is gone afterwards. Another account has no tokens.
pub async fn replace(
    domain: &Domain,
    by: &By<'_>,
    tenant: &str,
    id: Option<&str>,
    wanted: Wanted,
) -> Result<(String, State<Connection>), Failure> {
    rules::check(id, &wanted)?;
    let Wanted { connection, secret } = wanted;
    let named = id.is_none();
    let (id, _) = find(domain, tenant, id.map_or(Which::Name(&connection.name), Which::Id))?;
    let offered = Offered::seal(domain, tenant, &id, secret);
    let (tenant, author) = (tenant.to_owned(), Author::of(domain, by));
    domain
        .write(move |write| {
            let stamp = author.stamp(write)?;
            let old = stamp.target::<Connection>(write, &tenant, &id)?.value;
            if named {
                Which::Name(&connection.name).still(&old)?;
            }
            rules::same_provider(&old.provider, &connection.provider)?;
            let same = offered.is_kept(&*write, &tenant, &id)?;
            let secret_since = if same { old.secret_since } else { stamp.now };
            let connection = Connection { secret_since, ..connection.clone() };
            if !same {
                offered.put(write, &tenant, &id)?;
            }
            if account::mark(&old) != account::mark(&connection) {
                tokens::forget(write, &tenant, &id)?;
            }
            Ok((id.clone(), save(write, &tenant, &id, Some(&old), &connection, &stamp)?))
        })
        .await
}

/// Gives a connection the configuration of an earlier state of its own. Its secret stays; one that was removed has none to come
/// back with.
pub(super) async fn put_back(
    domain: &Domain,
    by: &By<'_>,
    tenant: &str,
    id: &str,
    value: Connection,
) -> Result<State<Connection>, Failure> {
    let (tenant, id, author) = (tenant.to_owned(), id.to_owned(), Author::of(domain, by));
    domain
        .write(move |write| {
            let stamp = author.stamp(write)?;
            let old = stamp.target::<Connection>(write, &tenant, &id)?.value;
            let connection = Connection { secret_since: old.secret_since, ..value.clone() };
            if account::mark(&old) != account::mark(&connection) {
                tokens::forget(write, &tenant, &id)?;
            }
            save(write, &tenant, &id, Some(&old), &connection, &stamp)
        })
        .await
}

/// Removes a connection with its secret and its tokens (deleteOAuthClient).
pub async fn delete(domain: &Domain, by: &By<'_>, tenant: &str, which: Which<'_>) -> Result<(), Failure> {
    let (id, found) = find(domain, tenant, which)?;
    let name = matches!(which, Which::Name(_)).then_some(found.value.name);
    let (tenant, author) = (tenant.to_owned(), Author::of(domain, by));
    domain
        .write(move |write| {
            let stamp = author.stamp(write)?;
            let old = stamp.target::<Connection>(write, &tenant, &id)?.value;
            name.as_deref().map_or(Ok(()), |name| Which::Name(name).still(&old))?;
            name::take_back::<Connection>(write, &tenant, "", &old.name, &id)?;
            account::forget(write, &tenant, &id)?;
            tokens::forget(write, &tenant, &id)?;
            stamp.soft_delete::<Connection>(write, &tenant, &id)?;
            Ok(())
        })
        .await
}

/// Writes a connection with its name, inside a transaction.
fn save(
    write: &mut Write<'_>,
    tenant: &str,
    id: &str,
    old: Option<&Connection>,
    connection: &Connection,
    stamp: &Stamp,
) -> Result<State<Connection>, Failure> {
    let had = old.map(|old| old.name.as_str());
    name::switch::<Connection>(write, tenant, "", id, had, ("/name", &connection.name), stamp)?;
    Ok(stamp.replace(write, tenant, id, connection.clone())?)
}

/// What is taken is a wrong member of the request.
fn taken(failure: Failure, member: &str) -> Failure {
    match failure {
        Failure::Conflict { reason, .. } => Failure::invalid(member, reason),
        other => other,
    }
}
