//! Clients from what is kept to the wire. Called by the handlers of administrators and developers, by the export, and by
//! whatever shows a client of its own.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::{
    body::{ClientBody, JwksBody, PiiCategoryBody, PrivacyBody, ScopePrivacyBody},
    parse::PLAIN,
};
use crate::{
    api::{read::said, security},
    crypto::Secret,
    domain::{
        Domain, Failure,
        client::{self, AuthMethod, CertificateName, Client, ClientKeys, ClientPages, ClientScopes, ScopePrivacy},
        credential::Exported,
        scope,
    },
};

/// A client as administrators see it, with `secret` if there is one to show.
pub(in crate::api::acp) fn show(
    domain: &Domain,
    tenant: &str,
    id: &str,
    client: Client,
    secret: Option<Secret>,
) -> Result<ClientBody, Failure> {
    let all = match client.scopes {
        ClientScopes::Only(_) => Vec::new(),
        ClientScopes::AllOfServer => scope::names(&domain.store.read()?, tenant, &client.server, domain.now())?,
    };
    let client_secret = secret.map(|secret| secret.expose().to_owned());
    Ok(ClientBody { client_secret, ..configuration(tenant, id, client, all) })
}

/// A client as its developer sees it.
pub(in crate::api::acp) fn show_to_developer(
    domain: &Domain,
    tenant: &str,
    id: &str,
    client: Client,
) -> Result<ClientBody, Failure> {
    let secret = client::secret(domain, tenant, id, true)?;
    let body = show(domain, tenant, id, client, secret)?;
    Ok(ClientBody { tenant_id: None, developer_id: None, trusted: None, system: None, ..body })
}

/// A client as an export has it, with its secret or the hash of it. Which scopes it has when it has all of its server's is
/// not said.
pub(in crate::api::acp) fn show_for_export(tenant: &str, id: &str, client: Client, secret: Exported) -> ClientBody {
    let body = configuration(tenant, id, client, Vec::new());
    match secret {
        Exported::Nothing => body,
        Exported::Secret(secret) => ClientBody { client_secret: Some(secret.expose().to_owned()), ..body },
        Exported::Hash(phc) => ClientBody { client_hashed_secret: Some(phc), ..body },
    }
}

/// A client as the policies that guard it see it: without secrets.
pub(crate) fn describe(tenant: &str, id: &str, client: &Client) -> Map<String, Value> {
    match serde_json::to_value(configuration(tenant, id, client.clone(), Vec::new())) {
        Ok(Value::Object(members)) => members,
        _ => Map::new(),
    }
}

/// Everything but the secret. `all` are the scopes of a client that has all of its server's.
fn configuration(tenant: &str, id: &str, client: Client, all: Vec<String>) -> ClientBody {
    let Client {
        server,
        name,
        description,
        developer,
        grant_types,
        response_types,
        redirect_uris,
        post_logout_redirect_uris,
        token_form,
        consent_action,
        self_registered,
        said_since: _,
        scopes,
        audience,
        auth_method,
        auth_signing_alg,
        keys,
        certificate,
        certificate_bound_tokens,
        pages: ClientPages { client_uri, logo_uri, policy_uri, tos_uri },
        privacy,
        request_object_signing_alg,
        request_uris,
        sector_identifier_uri,
        userinfo_signed_response_alg,
        trusted,
        issued_at,
        secret_expires_at,
        system,
        security,
        organization: _, // not this dialect's
        since: _,        // in tokens only
        setup: _,        // of another tongue
    } = client;
    let scopes = match scopes {
        ClientScopes::Only(scopes) => scopes,
        ClientScopes::AllOfServer => all,
    };
    let mut body = ClientBody {
        client_id: Some(id.to_owned()),
        tenant_id: Some(tenant.to_owned()),
        authorization_server_id: Some(server),
        client_name: Some(name),
        description: Some(description),
        client_secret_expires_at: Some(secret_expires_at),
        client_id_issued_at: Some(issued_at),
        developer_id: developer,
        grant_types: Some(grant_types),
        response_types: Some(response_types),
        redirect_uris: Some(redirect_uris),
        post_logout_redirect_uris: Some(post_logout_redirect_uris),
        access_token_strategy: token_form.map(|form| form.word().to_owned()),
        consent_action_id: consent_action,
        dynamically_registered: self_registered.then_some(true),
        scope: Some(scopes.join(" ")),
        scopes: Some(scopes),
        audience: Some(audience),
        token_endpoint_auth_method: Some(auth_method.word().to_owned()),
        token_endpoint_signing_alg: said(Some(auth_signing_alg)),
        public: Some(auth_method == AuthMethod::None),
        tls_client_certificate_bound_access_tokens: Some(certificate_bound_tokens),
        client_uri,
        logo_uri,
        policy_uri,
        tos_uri,
        privacy: show_privacy(privacy),
        request_object_signing_alg: said(Some(request_object_signing_alg)),
        request_uris: Some(request_uris),
        sector_identifier_uri,
        userinfo_signed_response_alg: Some(
            said(Some(userinfo_signed_response_alg)).unwrap_or_else(|| PLAIN.to_owned()),
        ),
        security: Some(security::client::show(security)).filter(|body| !body.is_empty()),
        trusted: Some(trusted),
        system: Some(system),
        ..ClientBody::default()
    };
    show_keys(&mut body, keys);
    show_certificate(&mut body, certificate);
    body
}

fn show_keys(body: &mut ClientBody, keys: ClientKeys) {
    match keys {
        ClientKeys::None => {}
        ClientKeys::Uri(uri) => body.jwks_uri = Some(uri),
        // It was read before it was kept, so it is JSON.
        ClientKeys::Set(text) => body.jwks = serde_json::from_str::<JwksBody>(&text).ok(),
    }
}

fn show_certificate(body: &mut ClientBody, name: Option<CertificateName>) {
    match name {
        None => {}
        Some(CertificateName::SubjectDn(text)) => body.tls_client_auth_subject_dn = Some(text),
        Some(CertificateName::Dns(text)) => body.tls_client_auth_san_dns = Some(text),
        Some(CertificateName::Email(text)) => body.tls_client_auth_san_email = Some(text),
        Some(CertificateName::Ip(text)) => body.tls_client_auth_san_ip = Some(text),
        Some(CertificateName::Uri(text)) => body.tls_client_auth_san_uri = Some(text),
    }
}

fn show_privacy(privacy: BTreeMap<String, ScopePrivacy>) -> Option<PrivacyBody> {
    let show = |(scope, ScopePrivacy { pii_categories, purpose }): (String, ScopePrivacy)| {
        let pii_categories = pii_categories.into_iter().map(|name| PiiCategoryBody { name }).collect();
        (scope, ScopePrivacyBody { pii_categories, purpose })
    };
    let scopes: BTreeMap<_, _> = privacy.into_iter().map(show).collect();
    (!scopes.is_empty()).then_some(PrivacyBody { scopes })
}
