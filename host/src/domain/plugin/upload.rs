//! A component comes in: looked at in the sandbox, its signatures checked, then bytes and record in one transaction.
//!
//! An upload changes nothing that answers: a version has to be enabled for that (`switch.rs`).

use data_encoding::HEXLOWER;

use super::{Plugin, Version, shelf, shelf::Packed, signature};
use crate::{
    crypto::digest::sha256,
    decision::Inspected,
    domain::{By, Domain, Failure, noun::Named, stamp::Author, tenant},
    store::{State, Write},
};

/// The longest name of a version.
const VERSION: usize = 64;
/// The longest name of a plugin, as of every component.
const NAME: usize = 64;
/// How many versions of a plugin are kept side by side.
const VERSIONS: usize = 64;

/// What somebody brings.
pub struct Upload {
    /// The component.
    pub wasm: Vec<u8>,
    /// The name to keep it under, when it is not its own.
    pub name: Option<String>,
    /// Signatures in base64, each with the member that it came in.
    pub signatures: Vec<(String, String)>,
    /// Where it comes from: `upload`, an OCI reference, a file.
    pub source: String,
}

/// What became of it.
#[derive(Debug)]
pub struct Uploaded {
    /// The plugin.
    pub name: String,
    /// The version.
    pub version: Version,
    /// What it is.
    pub component: Inspected,
    /// Whether it was not there before.
    pub is_new: bool,
    /// The plugin's state afterwards.
    pub state: State<Plugin>,
}

/// Takes a component in as a version of its plugin. The same bytes once more change nothing; another component of a version
/// that is there already is refused.
pub async fn upload(domain: &Domain, by: &By<'_>, tenant: &str, upload: Upload) -> Result<Uploaded, Failure> {
    tenant::current(domain, tenant)?;
    let Upload { wasm, name, signatures, source } = upload;
    let limit = domain.plugins.component_bytes;
    if wasm.len() > limit {
        let reason = format!("the component has {} bytes, at most {limit} may be uploaded", wasm.len());
        return Err(Failure::invalid("", reason));
    }
    let (wasm, digest, packed) = pack(wasm).await?;
    let signed_by = signature::signers(&domain.plugins, &digest, &signatures)?;
    let component = inspect(domain, &HEXLOWER.encode(&digest), wasm).await?;
    let name = name.unwrap_or_else(|| component.name.clone());
    check(domain, &name, &component)?;
    let version = Version { version: component.version.clone(), digest: component.digest.clone(), source, signed_by };
    let (tenant, author) = (tenant.to_owned(), Author::of(domain, by));
    domain
        .write(move |write| {
            let stamp = author.stamp(write)?;
            let old = match stamp.live::<Plugin>(write, &tenant, &name)? {
                Some(_) => Some(stamp.target::<Plugin>(write, &tenant, &name)?.value),
                None => {
                    stamp.absent::<Plugin>(write, &tenant, &name)?;
                    None
                }
            };
            let (plugin, version, is_new) = add(old.as_ref(), &version)?;
            let state = keep(write, (&tenant, &name), old.as_ref(), &plugin, (&component, &packed), &stamp)?;
            Ok(Uploaded { name: name.clone(), version, component: component.clone(), is_new, state })
        })
        .await
}

fn keep(
    write: &mut Write<'_>,
    (tenant, name): (&str, &str),
    old: Option<&Plugin>,
    plugin: &Plugin,
    (component, packed): (&Inspected, &Packed),
    stamp: &crate::domain::stamp::Stamp,
) -> Result<State<Plugin>, Failure> {
    shelf::put(write, component, packed)?;
    super::save(write, tenant, name, old, plugin, stamp)
}

/// Digests and compresses off the event loop.
async fn pack(wasm: Vec<u8>) -> Result<(Vec<u8>, [u8; 32], Packed), Failure> {
    let work = move || {
        let (digest, packed) = (sha256(&wasm), Packed::new(&wasm));
        (wasm, digest, packed)
    };
    tokio::task::spawn_blocking(work).await.map_err(|error| Failure::Internal { log: error.to_string() })
}

/// What the component is. Bytes that somebody has uploaded before were looked at then.
async fn inspect(domain: &Domain, digest: &str, wasm: Vec<u8>) -> Result<Inspected, Failure> {
    match shelf::known(domain, digest)? {
        Some(known) => Ok(known),
        None => domain.components.inspect(wasm).await.map_err(|why| Failure::invalid("", why)),
    }
}

fn check(domain: &Domain, name: &str, component: &Inspected) -> Result<(), Failure> {
    let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    if !(1..=NAME).contains(&name.len()) || !name.bytes().all(plain) {
        let reason = "must be 1 to 64 lower case letters, digits and hyphens";
        return Err(Failure::invalid("query.name", reason));
    }
    if domain.components.is_bundled(name) {
        let reason = format!("`{name}` is a component that comes with the server; give yours another name");
        return Err(Failure::Conflict { noun: Plugin::NAME, reason });
    }
    let version = &component.version;
    let fits = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'+' | b'_');
    if !(1..=VERSION).contains(&version.len()) || !version.bytes().all(fits) {
        let reason =
            format!("the component says that its version is {version:?}: 1 to 64 letters, digits and .+-_ are allowed");
        return Err(Failure::invalid("", reason));
    }
    Ok(())
}

/// The plugin with one more version; that version as it is then, and whether it is new.
fn add(old: Option<&Plugin>, version: &Version) -> Result<(Plugin, Version, bool), Failure> {
    let mut plugin = old.cloned().unwrap_or_default();
    let conflict = |reason| Err(Failure::Conflict { noun: Plugin::NAME, reason });
    if let Some(known) = plugin.versions.iter_mut().find(|known| known.digest == version.digest) {
        // The same bytes: all that can be new is who vouches for them.
        known.signed_by.extend(
            version.signed_by.iter().filter(|name| !known.signed_by.contains(name)).cloned().collect::<Vec<_>>(),
        );
        let known = known.clone();
        return Ok((plugin, known, false));
    }
    if plugin.versions.iter().any(|known| known.version == version.version) {
        return conflict(format!(
            "it has a version {} with another digest: give this one a new number",
            version.version
        ));
    }
    if plugin.versions.len() >= VERSIONS {
        return conflict(format!("it has {VERSIONS} versions already: remove one that is not used"));
    }
    plugin.versions.push(version.clone());
    Ok((plugin, version.clone(), true))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn version(version: &str, digest: &str, signed_by: &[&str]) -> Version {
        Version {
            version: version.to_owned(),
            digest: digest.to_owned(),
            source: "upload".to_owned(),
            signed_by: signed_by.iter().map(|&name| name.to_owned()).collect(),
        }
    }

    #[test]
    fn versions_are_added_once_and_never_replaced() {
        let (one, _, is_new) = add(None, &version("1.0.0", "a", &[])).unwrap();
        assert!(is_new && one.enabled.is_none());
        let (same, known, is_new) = add(Some(&one), &version("1.0.0", "a", &["build"])).unwrap();
        assert_eq!((same.versions.len(), known.signed_by, is_new), (1, vec!["build".to_owned()], false));
        assert!(matches!(add(Some(&one), &version("1.0.0", "b", &[])), Err(Failure::Conflict { .. })));
        let (two, ..) = add(Some(&one), &version("1.1.0", "b", &[])).unwrap();
        assert_eq!(two.versions.len(), 2);
    }
}
