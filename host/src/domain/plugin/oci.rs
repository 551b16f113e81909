//! Components from an OCI registry (OCI distribution specification 1.1): the manifest, then its one layer of WebAssembly.
//!
//! Called by `source`. What is asked goes through [`Fetch`], so that its rules about addresses and sizes hold here, too. What comes back
//! counts only when its digest is the one that was named: by the reference, or by the manifest.

mod login;
mod manifest;
mod reference;

use super::source::{Sources, Taken, invalid};
use crate::{
    crypto::digest::sha256_hex,
    domain::{
        Failure,
        fetch::{Exchange, Exchanged, Fetch},
    },
};
use login::Login;
use reference::{Reference, Wanted};

/// The largest manifest, in bytes. The specification asks registries to take 4 MiB; one of a component has a few hundred bytes.
const MANIFEST: usize = 1 << 20;
/// How often a redirect of a blob is followed.
const REDIRECTS: usize = 3;

/// A registry that is being asked.
struct Registry<'a> {
    fetch: &'a dyn Fetch,
    /// With the scheme, without a slash at the end.
    base: String,
    login: Login<'a>,
}

/// Pulls the component that a reference names.
pub(super) async fn pull(sources: &Sources, fetch: &dyn Fetch, reference: &str) -> Result<Taken, Failure> {
    let reference = Reference::parse(reference).map_err(invalid)?;
    let insecure = sources.insecure_registries.iter().any(|host| host.eq_ignore_ascii_case(&reference.host));
    let base = format!("{}://{}", if insecure { "http" } else { "https" }, reference.host);
    let login = Login::new(sources, &reference, insecure).await?;
    let mut registry = Registry { fetch, base, login };
    let (layer, digest) = registry.manifest(&reference).await?;
    if layer.size > sources.component_bytes as u64 {
        let most = sources.component_bytes;
        return Err(invalid(format!("the component has {} bytes, at most {most} may be uploaded", layer.size)));
    }
    let wasm = registry.blob(&reference.name, &layer).await?;
    Ok(Taken { wasm, source: reference.resolved(&digest) })
}

impl Registry<'_> {
    /// The layer of WebAssembly, and the digest of the manifest that names it.
    async fn manifest(&mut self, reference: &Reference) -> Result<(manifest::Layer, String), Failure> {
        let path = format!("/v2/{}/manifests/{}", reference.name, reference.wanted.as_str());
        let answer = self.get(&path, manifest::ACCEPT, MANIFEST).await?;
        match answer.status {
            200 => {}
            404 => return Err(invalid("the registry has no such component")),
            status => return Err(elsewhere(format!("answered with status {status} to the manifest"))),
        }
        let digest = sha256_hex(&answer.body);
        if let Wanted::Digest(wanted) = &reference.wanted
            && *wanted != format!("sha256:{digest}")
        {
            return Err(elsewhere("sent a manifest that is not the one with this digest"));
        }
        manifest::layer(&answer.body).map(|layer| (layer, digest)).map_err(invalid)
    }

    async fn blob(&mut self, name: &str, layer: &manifest::Layer) -> Result<Vec<u8>, Failure> {
        let most = usize::try_from(layer.size).unwrap_or(usize::MAX);
        let path = format!("/v2/{name}/blobs/sha256:{}", layer.sha256);
        let mut answer = self.get(&path, "*/*", most.max(MANIFEST)).await?;
        for _ in 0..REDIRECTS {
            let Some(there) = self.redirected(&answer) else { break };
            // Somewhere else nobody needs to know who asks.
            answer = exchange(self.fetch, &there, &[], most.max(MANIFEST)).await?;
        }
        if answer.status != 200 {
            return Err(elsewhere(format!("answered with status {} to the component", answer.status)));
        }
        match answer.body.len() as u64 == layer.size && sha256_hex(&answer.body) == layer.sha256 {
            true => Ok(answer.body),
            false => Err(elsewhere("sent a component that is not the one that the manifest names")),
        }
    }

    /// Where a redirect leads: to another place of the registry, or to a place as secure as the registry.
    fn redirected(&self, answer: &Exchanged) -> Option<String> {
        if !matches!(answer.status, 301 | 302 | 303 | 307 | 308) {
            return None;
        }
        let location = header(answer, "location")?;
        match location.strip_prefix('/') {
            Some(path) if !path.starts_with('/') => Some(format!("{}/{path}", self.base)),
            _ if location.starts_with("https://") => Some(location.to_owned()),
            _ if self.base.starts_with("http://") && location.starts_with("http://") => Some(location.to_owned()),
            _ => None,
        }
    }

    /// Asks the registry; once more when it says how to log in.
    async fn get(&mut self, path: &str, accept: &str, most: usize) -> Result<Exchanged, Failure> {
        let url = format!("{}{path}", self.base);
        let accept = ("accept".to_owned(), accept.to_owned());
        let headers: Vec<_> = [accept.clone()].into_iter().chain(self.login.header()).collect();
        let answer = exchange(self.fetch, &url, &headers, most).await?;
        if answer.status != 401 {
            return Ok(answer);
        }
        self.login.answer(self.fetch, header(&answer, "www-authenticate").unwrap_or_default()).await?;
        let headers: Vec<_> = [accept].into_iter().chain(self.login.header()).collect();
        let answer = exchange(self.fetch, &url, &headers, most).await?;
        match answer.status {
            401 | 403 => Err(elsewhere("does not let this server have the component")),
            _ => Ok(answer),
        }
    }
}

async fn exchange(
    fetch: &dyn Fetch,
    url: &str,
    headers: &[(String, String)],
    most: usize,
) -> Result<Exchanged, Failure> {
    let exchange = Exchange { method: "GET", url, headers, body: &[], hosts: None, most };
    fetch.exchange(exchange).await.map_err(|failure| elsewhere(failure.to_string()))
}

fn header<'a>(answer: &'a Exchanged, name: &str) -> Option<&'a str> {
    answer.headers.iter().find(|(found, _)| found == name).map(|(_, value)| value.as_str())
}

/// What a registry does that is not right.
fn elsewhere(reason: impl Into<String>) -> Failure {
    Failure::Elsewhere { reason: format!("the registry {}", reason.into()) }
}
