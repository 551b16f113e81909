//! Clients from the wire to what is kept. Called by the handlers of administrators and developers, and by
//! the import.
//!
//! Knows the defaults and what cannot be said in two ways at once. What a client may be is the domain's.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::json;

use super::body::{ClientBody, JwksBody, PiiCategoryBody, PrivacyBody, ScopePrivacyBody};
use crate::{
    api::{read::said, security},
    crypto::Secret,
    domain::{
        Failure, Problem,
        client::{
            AuthMethod, CertificateName, Client, ClientKeys, ClientPages, ClientScopes, ScopePrivacy, default_grants,
            default_response_types,
        },
        credential::Given,
        token::Form,
    },
};

/// A client as it was sent: its id, what is said about its secret, and its configuration.
pub(in crate::api::acp) type Parsed = (Option<String>, Given, Client);

/// Reads a client. What only the server says about it (`system`, `developer_id`, `client_id_issued_at`) is read too; an
/// import believes it, everything else leaves it aside.
pub(in crate::api::acp) fn parse(body: ClientBody, tenant: &str) -> Result<Parsed, Failure> {
    let ClientBody {
        client_id,
        tenant_id,
        authorization_server_id,
        client_name,
        description,
        client_secret,
        client_hashed_secret,
        client_secret_expires_at,
        client_id_issued_at,
        developer_id,
        grant_types,
        response_types,
        redirect_uris,
        post_logout_redirect_uris,
        access_token_strategy,
        consent_action_id,
        dynamically_registered,
        scope,
        scopes,
        audience,
        token_endpoint_auth_method,
        token_endpoint_signing_alg,
        public,
        jwks,
        jwks_uri,
        tls_client_auth_subject_dn,
        tls_client_auth_san_dns,
        tls_client_auth_san_email,
        tls_client_auth_san_ip,
        tls_client_auth_san_uri,
        tls_client_certificate_bound_access_tokens,
        client_uri,
        logo_uri,
        policy_uri,
        tos_uri,
        privacy,
        request_object_signing_alg,
        request_uris,
        sector_identifier_uri,
        userinfo_signed_response_alg,
        security,
        trusted,
        system,
    } = body;
    let mut problems = Vec::new();
    if said(tenant_id).is_some_and(|given| given != tenant) {
        problems.push(Problem::new("/tenant_id", "must be the tenant of the path"));
    }
    let grant_types = grant_types.filter(|grants| !grants.is_empty()).unwrap_or_else(default_grants);
    let response_types = response_types.filter(|types| !types.is_empty());
    let certificate = [
        said(tls_client_auth_subject_dn).map(CertificateName::SubjectDn),
        said(tls_client_auth_san_dns).map(CertificateName::Dns),
        said(tls_client_auth_san_email).map(CertificateName::Email),
        said(tls_client_auth_san_ip).map(CertificateName::Ip),
        said(tls_client_auth_san_uri).map(CertificateName::Uri),
    ];
    let client = Client {
        server: said(authorization_server_id).unwrap_or_default(),
        name: client_name.unwrap_or_default(),
        description: description.unwrap_or_default(),
        developer: said(developer_id),
        response_types: response_types.unwrap_or_else(|| default_response_types(&grant_types)),
        grant_types,
        redirect_uris: redirect_uris.unwrap_or_default(),
        post_logout_redirect_uris: post_logout_redirect_uris.unwrap_or_default(),
        token_form: read_form(said(access_token_strategy), &mut problems),
        consent_action: said(consent_action_id),
        self_registered: dynamically_registered.unwrap_or(false),
        scopes: ClientScopes::Only(read_scopes(scope, scopes, &mut problems)),
        audience: audience.unwrap_or_default(),
        auth_method: read_method(said(token_endpoint_auth_method), public, &mut problems),
        auth_signing_alg: token_endpoint_signing_alg.unwrap_or_default(),
        keys: read_keys(jwks, said(jwks_uri), &mut problems),
        certificate: only_one(certificate, &mut problems),
        certificate_bound_tokens: tls_client_certificate_bound_access_tokens.unwrap_or(false),
        pages: ClientPages {
            client_uri: said(client_uri),
            logo_uri: said(logo_uri),
            policy_uri: said(policy_uri),
            tos_uri: said(tos_uri),
        },
        privacy: read_privacy(privacy.unwrap_or_default()),
        request_object_signing_alg: request_object_signing_alg.unwrap_or_default(),
        request_uris: request_uris.unwrap_or_default(),
        sector_identifier_uri: said(sector_identifier_uri),
        userinfo_signed_response_alg: userinfo_signed_response_alg.filter(|alg| alg != PLAIN).unwrap_or_default(),
        security: security::client::parse(security.unwrap_or_default(), "/security", &mut problems),
        trusted: trusted.unwrap_or(false),
        issued_at: client_id_issued_at.unwrap_or(0),
        secret_expires_at: client_secret_expires_at.unwrap_or(0),
        system: system.unwrap_or(false),
        organization: None, // not this dialect's; a configuration says it beside
        said_since: 0,
        since: 0,
        setup: None,
    };
    let given = read_secret(said(client_secret), said(client_hashed_secret), &mut problems);
    Failure::unless_fine(problems)?;
    Ok((said(client_id), given, client))
}

/// `jwt` or `opaque`. Servers have the same member.
pub(in crate::api::acp) fn read_form(word: Option<String>, problems: &mut Vec<Problem>) -> Option<Form> {
    let word = word?;
    let form = Form::of_word(&word);
    if form.is_none() {
        problems.push(Problem::new("/access_token_strategy", "must be `jwt` or `opaque`"));
    }
    form
}

/// Userinfo that is not signed.
pub(super) const PLAIN: &str = "none";

fn read_secret(secret: Option<String>, hash: Option<String>, problems: &mut Vec<Problem>) -> Given {
    match (secret, hash) {
        (None, None) => Given::Nothing,
        (Some(secret), None) => Given::Secret(Secret::new(secret)),
        (None, Some(phc)) => Given::Hash(phc),
        (Some(_), Some(_)) => {
            problems.push(Problem::new("/client_hashed_secret", "is not given together with `client_secret`"));
            Given::Nothing
        }
    }
}

/// Each scope once, in the order in which they were given.
fn read_scopes(scope: Option<String>, scopes: Option<Vec<String>>, problems: &mut Vec<Problem>) -> Vec<String> {
    let words = scope.map(|scope| scope.split(' ').filter(|word| !word.is_empty()).map(str::to_owned).collect());
    let named: Vec<String> = match (words, scopes) {
        (None, None) => Vec::new(),
        (Some(one), None) | (None, Some(one)) => one,
        (Some(words), Some(scopes)) => {
            if !same_set(&words, &scopes) {
                problems.push(Problem::new("/scope", "must name the same scopes as `scopes`"));
            }
            scopes
        }
    };
    let mut seen = BTreeSet::new();
    named.into_iter().filter(|name| seen.insert(name.clone())).collect()
}

fn same_set(one: &[String], other: &[String]) -> bool {
    one.iter().collect::<BTreeSet<_>>() == other.iter().collect::<BTreeSet<_>>()
}

/// `public` and the method say the same thing, so either may be left out.
fn read_method(method: Option<String>, public: Option<bool>, problems: &mut Vec<Problem>) -> AuthMethod {
    let method = match method.map(|word| AuthMethod::of_word(&word).ok_or(word)) {
        Some(Err(word)) => {
            let reason = format!("`{word}` is not a known method");
            problems.push(Problem::new("/token_endpoint_auth_method", reason));
            return AuthMethod::default();
        }
        Some(Ok(method)) => method,
        None if public == Some(true) => AuthMethod::None,
        None => AuthMethod::default(),
    };
    if public.is_some_and(|public| public != (method == AuthMethod::None)) {
        problems.push(Problem::new("/public", "must be true with the method `none`, and with no other"));
    }
    method
}

fn read_keys(set: Option<JwksBody>, uri: Option<String>, problems: &mut Vec<Problem>) -> ClientKeys {
    // An empty set holds no keys, as none does.
    match (set.filter(|set| !set.keys.is_empty()), uri) {
        (None, None) => ClientKeys::None,
        (Some(JwksBody { keys }), None) => ClientKeys::Set(json!({ "keys": keys }).to_string()),
        (None, Some(uri)) => ClientKeys::Uri(uri),
        (Some(_), Some(_)) => {
            problems.push(Problem::new("/jwks_uri", "is not given together with `jwks`"));
            ClientKeys::None
        }
    }
}

fn only_one<const N: usize>(
    names: [Option<CertificateName>; N],
    problems: &mut Vec<Problem>,
) -> Option<CertificateName> {
    let mut names = names.into_iter().flatten();
    let first = names.next();
    for other in names {
        let reason = "is not given together with another `tls_client_auth_` member";
        problems.push(Problem::new(certificate_member(&other), reason));
    }
    first
}

fn certificate_member(name: &CertificateName) -> &'static str {
    match name {
        CertificateName::SubjectDn(_) => "/tls_client_auth_subject_dn",
        CertificateName::Dns(_) => "/tls_client_auth_san_dns",
        CertificateName::Email(_) => "/tls_client_auth_san_email",
        CertificateName::Ip(_) => "/tls_client_auth_san_ip",
        CertificateName::Uri(_) => "/tls_client_auth_san_uri",
    }
}

fn read_privacy(body: PrivacyBody) -> BTreeMap<String, ScopePrivacy> {
    let PrivacyBody { scopes } = body;
    let read = |(scope, body): (String, ScopePrivacyBody)| {
        let ScopePrivacyBody { pii_categories, purpose } = body;
        let pii_categories = pii_categories.into_iter().map(|PiiCategoryBody { name }| name).collect();
        (scope, ScopePrivacy { pii_categories, purpose })
    };
    scopes.into_iter().map(read).collect()
}
