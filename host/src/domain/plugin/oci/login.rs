//! Who asks a registry: nobody, or whom `plugins.registry_auth` names for it (Docker Registry HTTP API V2, "Token Authentication").
//!
//! Credentials go to the registry itself when it asks for them, or to where it sends for a token; never further.

use std::{collections::BTreeMap, path::PathBuf};

use serde::Deserialize;

use super::{super::source::Sources, elsewhere, exchange, reference::Reference};
use crate::{
    crypto::Secret,
    domain::{Failure, fetch::Fetch},
};

/// The largest answer with a token, in bytes.
const TOKEN: usize = 64 << 10;

/// A login at one registry.
pub(super) struct Login<'a> {
    reference: &'a Reference,
    insecure: bool,
    /// Name and password in base64.
    basic: Option<Secret>,
    /// What is shown.
    shown: Option<Secret>,
}

/// What Docker writes into config.json.
#[derive(Deserialize)]
struct Config {
    #[serde(default)]
    auths: BTreeMap<String, Auth>,
}

#[derive(Deserialize)]
struct Auth {
    auth: Option<String>,
}

#[derive(Deserialize)]
struct Token {
    token: Option<String>,
    access_token: Option<String>,
}

impl<'a> Login<'a> {
    /// Looks whom the configuration names for the registry. The file is read anew, since passwords change.
    pub(super) async fn new(sources: &Sources, reference: &'a Reference, insecure: bool) -> Result<Login<'a>, Failure> {
        let basic = match sources.registry_auth.clone() {
            Some(file) => configured(file, reference.host.clone()).await?,
            None => None,
        };
        Ok(Login { reference, insecure, basic, shown: None })
    }

    /// The header that shows who asks.
    pub(super) fn header(&self) -> Option<(String, String)> {
        self.shown.as_ref().map(|shown| ("authorization".to_owned(), shown.expose().to_owned()))
    }

    /// Gets what the registry's challenge asks for.
    pub(super) async fn answer(&mut self, fetch: &dyn Fetch, challenge: &str) -> Result<(), Failure> {
        let (scheme, rest) = challenge.split_once(' ').unwrap_or((challenge, ""));
        let basic = self.basic.as_ref().map(|basic| Secret::new(format!("Basic {}", basic.expose())));
        if scheme.eq_ignore_ascii_case("basic") {
            let needs = || elsewhere("asks for a name and a password: name them in plugins.registry_auth");
            self.shown = Some(basic.ok_or_else(needs)?);
            return Ok(());
        }
        if !scheme.eq_ignore_ascii_case("bearer") {
            return Err(elsewhere("asks for a login of an unknown kind"));
        }
        let realm = parameter(rest, "realm").ok_or_else(|| elsewhere("does not say where to log in"))?;
        if !realm.starts_with("https://") && !self.insecure {
            return Err(elsewhere("wants a login that is not secure"));
        }
        let scope = format!("repository:{}:pull", self.reference.name);
        let service = parameter(rest, "service").unwrap_or_default();
        let mark = if realm.contains('?') { '&' } else { '?' };
        let url = format!("{realm}{mark}service={}&scope={}", escaped(&service), escaped(&scope));
        let headers: Vec<_> =
            basic.map(|basic| ("authorization".to_owned(), basic.expose().to_owned())).into_iter().collect();
        let answer = exchange(fetch, &url, &headers, TOKEN).await?;
        let refused = || elsewhere("gives this server no token for the component");
        let read = (answer.status == 200).then(|| serde_json::from_slice::<Token>(&answer.body));
        let Token { token, access_token } = read.ok_or_else(refused)?.map_err(|_| refused())?;
        let token = token.or(access_token).ok_or_else(refused)?;
        self.shown = Some(Secret::new(format!("Bearer {token}")));
        Ok(())
    }
}

async fn configured(file: PathBuf, host: String) -> Result<Option<Secret>, Failure> {
    let work = move || {
        let broken = |reason: String| Failure::Unavailable { log: format!("plugins.registry_auth: {reason}") };
        let text = std::fs::read(&file).map_err(|error| broken(error.to_string()))?;
        // What a parser says about the text may hold the secret.
        let config = serde_json::from_slice::<Config>(&text).map_err(|_| broken("is no config.json".to_owned()))?;
        Ok(config.auths.into_iter().find(|(name, _)| *name == host).and_then(|(_, found)| found.auth).map(Secret::new))
    };
    tokio::task::spawn_blocking(work).await.map_err(|error| Failure::Internal { log: error.to_string() })?
}

/// A parameter of a challenge (RFC 9110, 11.2), without its quotes.
fn parameter(text: &str, name: &str) -> Option<String> {
    let mut rest = text.trim_start();
    while let Some((found, tail)) = rest.split_once('=') {
        let found = found.trim_matches([' ', ',']);
        let (value, tail) = match tail.strip_prefix('"') {
            Some(quoted) => quoted.split_once('"')?,
            None => tail.split_once(',').unwrap_or((tail, "")),
        };
        if found.eq_ignore_ascii_case(name) {
            return Some(value.to_owned());
        }
        rest = tail;
    }
    None
}

/// A text as part of a query (RFC 3986, 2.1).
fn escaped(text: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte);
    text.bytes().map(|byte| if plain(byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn challenges_are_taken_apart() {
        let text = r#"realm="https://auth.example/token?a=b",service="reg, istry", scope=x"#;
        assert_eq!(parameter(text, "Realm").as_deref(), Some("https://auth.example/token?a=b"));
        assert_eq!(parameter(text, "service").as_deref(), Some("reg, istry"));
        assert_eq!(parameter(text, "scope").as_deref(), Some("x"));
        for broken in ["", "realm", r#"realm="x"#] {
            assert_eq!(parameter(broken, "realm"), None, "{broken}");
        }
        assert_eq!(escaped("repository:a/b:pull"), "repository%3Aa%2Fb%3Apull");
    }
}
