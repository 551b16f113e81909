//! What a connection may be, as far as that can be seen without the store, and where its provider is asked.
//!
//! Called by `connection.rs`. Members are named as the dialect has them.

use super::{Connection, NodeRedirect, Provider, Wanted};
use crate::{
    crypto::Secret,
    domain::{Failure, Problem, text},
};

/// The longest name, in characters.
pub const NAME: usize = 100;
/// The directory of Microsoft's that is asked when none is named.
pub const AZURE_TENANT: &str = "common";
/// Digits of an identifier that a caller chooses.
const ID: usize = 32;
/// The longest client id, secret, scope or other text of a list, in bytes.
const TEXT: usize = 4096;

impl Provider {
    /// Where people say yes (RFC 6749 §3.1).
    pub fn authorization_endpoint(&self) -> String {
        match self {
            Provider::AzureAd { tenant } => {
                format!("https://login.microsoftonline.com/{tenant}/oauth2/v2.0/authorize")
            }
            Provider::Google => "https://accounts.google.com/o/oauth2/v2/auth".to_owned(),
            Provider::Other { authorization_endpoint, .. } => authorization_endpoint.clone(),
        }
    }

    /// Where tokens come from (RFC 6749 §3.2).
    pub fn token_endpoint(&self) -> String {
        match self {
            Provider::AzureAd { tenant } => format!("https://login.microsoftonline.com/{tenant}/oauth2/v2.0/token"),
            Provider::Google => "https://oauth2.googleapis.com/token".to_owned(),
            Provider::Other { token_endpoint, .. } => token_endpoint.clone(),
        }
    }

    /// What it wants to be told besides, so that it gives a refresh token.
    pub(super) fn more(&self) -> &'static [(&'static str, &'static str)] {
        match self {
            Provider::Google => &[("access_type", "offline"), ("prompt", "consent")],
            Provider::AzureAd { .. } | Provider::Other { .. } => &[],
        }
    }

    /// Whether our secret goes into the header, which every server takes (RFC 6749 §2.3.1), rather than into the form, which
    /// these two document.
    pub(super) fn takes_header(&self) -> bool {
        match self {
            Provider::AzureAd { .. } | Provider::Google => false,
            Provider::Other { .. } => true,
        }
    }

    /// Whether an answer that calls its issuer so (RFC 9207 §2) is this provider's: the authorization endpoint lies below
    /// its issuer; of Microsoft's directories it is on the same host, since `common` is answered by another one.
    pub(super) fn may_be_called(&self, issuer: &str) -> bool {
        let (ours, theirs) = (self.authorization_endpoint(), issuer.trim_end_matches('/'));
        match self {
            Provider::AzureAd { .. } => theirs.starts_with("https://login.microsoftonline.com/"),
            Provider::Google | Provider::Other { .. } => {
                ours.strip_prefix(theirs).is_some_and(|rest| rest.starts_with('/')) && theirs.contains("://")
            }
        }
    }
}

/// Checks what needs no store. `id` is the one that the caller has chosen.
pub(super) fn check(id: Option<&str>, wanted: &Wanted) -> Result<(), Failure> {
    let Wanted { connection, secret } = wanted;
    let Connection { name, description, provider, client_id, redirects, scopes, groups, secret_since: _ } = connection;
    let mut problems = Vec::new();
    problems.extend(client_id.as_deref().and_then(|text| line("/clientId", text)));
    problems.extend(secret_problem(secret));
    problems.extend(check_redirects(redirects));
    problems.extend(text::description("/description", description).or_else(|| seen("/description", description)));
    problems.extend(text::name("/name", name).or_else(|| longest(name)));
    problems.extend(check_list("/opswiseGroups", groups));
    problems.extend(check_provider(provider));
    problems.extend(check_scopes(scopes));
    problems.extend(id.and_then(check_id));
    Failure::unless_fine(problems)
}

/// The provider of a connection is what its account is at.
pub(super) fn same_provider(before: &Provider, now: &Provider) -> Result<(), Failure> {
    match std::mem::discriminant(before) == std::mem::discriminant(now) {
        true => Ok(()),
        false => Err(Failure::invalid("/provider", "cannot be changed")),
    }
}

/// What is wrong with an identifier, if anything is.
pub(super) fn check_id(id: &str) -> Option<Problem> {
    let digit = |byte: u8| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte);
    let good = id.len() == ID && id.bytes().all(digit);
    (!good).then(|| Problem::new("/sysId", "must be 32 hexadecimal digits"))
}

fn longest(name: &str) -> Option<Problem> {
    (name.chars().count() > NAME).then(|| Problem::new("/name", "must have at most 100 characters"))
}

fn secret_problem(secret: &Secret) -> Option<Problem> {
    match secret.expose() {
        "" => Some(Problem::missing("/clientSecret")),
        text => line("/clientSecret", text),
    }
}

/// A text of one line that goes to the provider as it is.
fn line(member: &str, text: &str) -> Option<Problem> {
    let reason = if text.is_empty() {
        "must not be empty"
    } else if text.len() > TEXT {
        "must have at most 4096 bytes"
    } else if text.chars().any(char::is_control) {
        "must not have control characters"
    } else {
        return None;
    };
    Some(Problem::new(member, reason))
}

/// A free text without what XML cannot carry (XML 1.0 §2.2).
fn seen(member: &str, text: &str) -> Option<Problem> {
    let hidden = |character: char| {
        (character.is_control() && !"\t\n\r".contains(character)) || "\u{fffe}\u{ffff}".contains(character)
    };
    text.chars().any(hidden).then(|| Problem::new(member, "must not have control characters"))
}

fn check_list(member: &str, list: &[String]) -> Vec<Problem> {
    let one = |(place, text): (usize, &String)| line(&format!("{member}/{place}"), text);
    text::items(member, list).map_or_else(|| list.iter().enumerate().filter_map(one).collect(), |problem| vec![problem])
}

/// Scopes stand in a list with blanks in between (RFC 6749 §3.3), so none has one.
fn check_scopes(scopes: &[String]) -> Vec<Problem> {
    if scopes.is_empty() {
        return vec![Problem::missing("/scopes")];
    }
    let mut problems = check_list("/scopes", scopes);
    let allowed = |c: char| matches!(c, '\x21' | '\x23'..='\x5b' | '\x5d'..='\x7e');
    if problems.is_empty() {
        let wrong = scopes.iter().enumerate().filter(|(_, scope)| !scope.chars().all(allowed));
        let reason = "may have printable ASCII characters only, and no blank, `\"` or `\\`";
        problems.extend(wrong.map(|(place, _)| Problem::new(format!("/scopes/{place}"), reason)));
    }
    problems
}

/// The addresses are notes for people: nobody is sent to one, so any text will do.
fn check_redirects(redirects: &[NodeRedirect]) -> Vec<Problem> {
    const MEMBER: &str = "/clusterRedirectUrls";
    if let Some(problem) = text::items(MEMBER, redirects) {
        return vec![problem];
    }
    let both = |(place, NodeRedirect { node, url }): (usize, &NodeRedirect)| {
        let node = line(&format!("{MEMBER}/{place}/clusterNode"), node);
        node.into_iter().chain(line(&format!("{MEMBER}/{place}/redirectUrl"), url))
    };
    redirects.iter().enumerate().flat_map(both).collect()
}

fn check_provider(provider: &Provider) -> Vec<Problem> {
    match provider {
        Provider::Google => Vec::new(),
        Provider::AzureAd { tenant } => {
            let good = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '.';
            let fine =
                !tenant.is_empty() && tenant.len() <= 255 && tenant.chars().all(good) && !tenant.starts_with('.');
            let reason = "must be `common`, `organizations`, `consumers`, or the id or domain name of a tenant";
            if fine { Vec::new() } else { vec![Problem::new("/tenantId", reason)] }
        }
        Provider::Other { authorization_endpoint, token_endpoint } => {
            let authorization = endpoint("/authorizationEndpoint", authorization_endpoint);
            authorization.into_iter().chain(endpoint("/tokenEndpoint", token_endpoint)).collect()
        }
    }
}

/// An endpoint: over TLS, unless it stays on the machine (RFC 6749 §3.1, §3.2).
fn endpoint(member: &str, address: &str) -> Option<Problem> {
    if address.is_empty() {
        return Some(Problem::missing(member));
    }
    let good = |uri: fluent_uri::Uri<&str>| {
        let host = uri.authority().map_or("", |authority| authority.host());
        let secure = match uri.scheme().as_str() {
            "https" => true,
            "http" => text::is_loopback(host),
            _ => false,
        };
        secure && !uri.has_fragment()
    };
    let fine = text::web_uri(member, address).is_none() && text::absolute(address).is_some_and(good);
    let reason = "must be an https URI without fragment and user information (http on the machine itself)";
    (!fine).then(|| Problem::new(member, reason))
}

#[cfg(test)]
mod tests;
