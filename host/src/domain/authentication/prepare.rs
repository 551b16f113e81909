//! What takes long or is random, done before the transaction that saves a list of authentication methods: ids, hashes,
//! sealing.

use super::{Account, Authentication, Method, Owner, Password, Pending, StaticUser, StaticUsers, Wanted};
use crate::{
    crypto::{Secret, vault::Sealed},
    domain::{Domain, Failure, id},
};

/// Makes a checked list ready. A given password or secret that is the present one stays as it is kept, so that giving the
/// same again changes nothing.
pub(in crate::domain) async fn prepare(
    domain: &Domain,
    owner: Owner<'_>,
    wanted: Vec<Wanted>,
    present: &[Authentication],
) -> Result<Vec<Pending>, Failure> {
    let mut pending = Vec::with_capacity(wanted.len());
    for Authentication { id, name, method, disabled, attributes, mappings } in wanted {
        let id = if id.is_empty() { id::generate(&domain.world) } else { id };
        let old = present.iter().find(|old| old.id == id).map(|old| &old.method);
        let method = match method {
            Method::Static(users) => Method::Static(hash_users(domain, users, old).await?),
            Method::Custom { login_url } => Method::Custom { login_url },
            Method::Foreign { provider, account } => {
                Method::Foreign { provider, account: seal(domain, owner, &id, account, old)? }
            }
        };
        pending.push(Authentication { id, name, method, disabled, attributes, mappings });
    }
    Ok(pending)
}

async fn hash_users(
    domain: &Domain,
    StaticUsers { hint, users }: StaticUsers<Option<Password>>,
    old: Option<&Method>,
) -> Result<StaticUsers<Option<String>>, Failure> {
    let known = Method::people(old);
    let mut hashed = Vec::with_capacity(users.len());
    for StaticUser { username, password, context } in users {
        let known = known.iter().find(|user| user.username == username).map(|user| user.password.as_str());
        let password = match password {
            None => None,
            Some(Password::Hash(phc)) => Some(phc),
            Some(Password::Clear(secret)) => Some(hash(domain, secret, known).await?),
        };
        hashed.push(StaticUser { username, password, context });
    }
    Ok(StaticUsers { hint, users: hashed })
}

async fn hash(domain: &Domain, password: Secret, known: Option<&str>) -> Result<String, Failure> {
    if let Some(known) = known
        && domain.passwords.verify(vec![password.clone()], known).await
    {
        return Ok(known.to_owned());
    }
    domain.passwords.hash(password).await.map_err(|error| Failure::Internal { log: error.to_string() })
}

fn seal(
    domain: &Domain,
    owner: Owner<'_>,
    id: &str,
    Account { client_id, client_secret, redirect_url, scopes }: Account<Secret>,
    old: Option<&Method>,
) -> Result<Account<Sealed>, Failure> {
    let client_secret = match (client_secret, old) {
        (None, _) => None,
        (Some(secret), Some(Method::Foreign { account, .. }))
            if owner.secret(domain, id, account)?.is_some_and(|known| known.same(secret.expose())) =>
        {
            account.client_secret.clone()
        }
        (Some(secret), _) => Some(domain.vault.seal(&domain.world, &owner.context(id), secret.expose().as_bytes())),
    };
    Ok(Account { client_id, client_secret, redirect_url, scopes })
}
