//! The name that a client knows a person by (OpenID Connect Core §8): the same for everybody, or another one for each sector,
//! so that two clients cannot find out that they have the same person before them.
//!
//! Called by whoever tells a client who somebody is, and by whoever is told so by a client. Inside, people go by their own
//! subject everywhere. A pairwise name is a keyed hash of server, sector and subject. Its key comes from the tenant's own
//! signing key: that stays for ever, and goes along when the tenant is exported with its secrets.

use std::borrow::Cow;

use data_encoding::BASE64URL_NOPAD;

use super::{Domain, Failure, client, client::Client, key_ring, text};

/// What the key is for.
const LABEL: &str = "pairwise subjects";
/// What is hashed, so that the name of a person never looks like the name of a session.
const PERSON: &[u8] = b"person";
const SESSION: &[u8] = b"session";

/// The `sub` of a person for a client of a server.
pub fn of<'a>(
    domain: &Domain,
    tenant: &str,
    server: &str,
    client: &Client,
    subject: &'a str,
) -> Result<Cow<'a, str>, Failure> {
    shown(domain, [tenant, server], client, PERSON, subject)
}

/// The `sid` of a session for a client of a server: it would tell two clients as much as the name of the person.
pub fn session<'a>(
    domain: &Domain,
    tenant: &str,
    server: &str,
    client: &Client,
    sid: &'a str,
) -> Result<Cow<'a, str>, Failure> {
    shown(domain, [tenant, server], client, SESSION, sid)
}

fn shown<'a>(
    domain: &Domain,
    [tenant, server]: [&str; 2],
    client: &Client,
    what: &[u8],
    name: &'a str,
) -> Result<Cow<'a, str>, Failure> {
    if !client.security.pairwise {
        return Ok(Cow::Borrowed(name));
    }
    let internal = |log: String| Failure::Internal { log };
    let sector = sector(client).map_err(|reason| internal(format!("a pairwise client {reason}")))?;
    let key = key_ring::tenant_signing(domain, tenant)?.mac_key(LABEL).map_err(|error| internal(error.to_string()))?;
    let code = key.sign(&[what, server.as_bytes(), sector.as_bytes(), name.as_bytes()]);
    Ok(Cow::Owned(BASE64URL_NOPAD.encode(&code)))
}

/// Whether `named` is what the client `id` was told that this person is called.
pub fn is(domain: &Domain, tenant: &str, server: &str, id: &str, named: &str, subject: &str) -> Result<bool, Failure> {
    match client::current(domain, tenant, id) {
        Ok(client) => Ok(of(domain, tenant, server, &client.value, subject)? == named),
        Err(Failure::NotFound { .. }) => Ok(false),
        Err(failure) => Err(failure),
    }
}

/// The sector of a client: the host of its `sector_identifier_uri`, or the only one that its redirect URIs have
/// (OpenID Connect Core §8.1). Fails with what it needs.
pub(super) fn sector(client: &Client) -> Result<String, &'static str> {
    if let Some(uri) = &client.sector_identifier_uri {
        return host(uri).ok_or("needs a `sector_identifier_uri` with a host");
    }
    let hosts: Option<Vec<String>> = client.redirect_uris.iter().map(|uri| host(uri)).collect();
    match hosts.as_deref() {
        Some([first, rest @ ..]) if rest.iter().all(|other| other == first) => match text::is_loopback(first) {
            false => Ok(first.clone()),
            // Every program of every machine has it.
            true => Err("needs a `sector_identifier_uri`, since its redirect URIs stay on the machine"),
        },
        Some([]) => Err("needs a `sector_identifier_uri` or redirect URIs"),
        _ => Err("needs a `sector_identifier_uri`, since its redirect URIs do not have one host"),
    }
}

fn host(uri: &str) -> Option<String> {
    let host = text::absolute(uri)?.authority()?.host().to_ascii_lowercase();
    (!host.is_empty()).then_some(host)
}

/// The document of a sector must list every redirect URI (OpenID Connect Registration §5).
pub(super) async fn check_document(domain: &Domain, client: &Client) -> Result<(), Failure> {
    const MEMBER: &str = "/sector_identifier_uri";
    let Some(uri) = &client.sector_identifier_uri else { return Ok(()) };
    client::secure_uri(MEMBER, uri).map_or(Ok(()), |problem| Err(Failure::Invalid(vec![problem])))?;
    let document = domain.outbound.get(uri).await.map_err(|failure| Failure::invalid(MEMBER, failure.to_string()))?;
    let listed: Vec<String> = serde_json::from_slice(&document)
        .map_err(|_| Failure::invalid(MEMBER, "does not hold a JSON list of redirect URIs"))?;
    match client.redirect_uris.iter().find(|uri| !listed.contains(uri)) {
        Some(missing) => Err(Failure::invalid(MEMBER, format!("does not list `{missing}`"))),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn client(sector: Option<&str>, redirects: &[&str]) -> Client {
        Client {
            sector_identifier_uri: sector.map(str::to_owned),
            redirect_uris: redirects.iter().map(|uri| (*uri).to_owned()).collect(),
            ..Client::default()
        }
    }

    #[test]
    fn a_sector_is_one_host() {
        let of = |sector, redirects: &[&str]| super::sector(&client(sector, redirects)).ok();
        assert_eq!(of(None, &["https://a.example/1", "https://A.example:8443/2"]).as_deref(), Some("a.example"));
        let document = Some("https://Sector.example/uris.json");
        assert_eq!(of(document, &["https://a.example", "app:/cb"]).as_deref(), Some("sector.example"));
        for redirects in [
            &[][..],
            &["https://a.example", "https://b.example"],
            &["https://a.example", "app:/cb"],
            &["http://127.0.0.1/cb"],
            &["http://[::1]/cb", "http://[::1]:8080/cb"],
            &["http://localhost/cb"],
        ] {
            assert_eq!(of(None, redirects), None, "{redirects:?}");
        }
    }
}
