//! Authorization servers from what is kept to the wire. Called by the handlers and by the export.

use serde_json::Value;

use super::body::{BindingBody, CheckerBody, ServerBody};
use crate::{
    api::{
        acp::{authentications, duration},
        security,
    },
    crypto::Secret,
    domain::{
        Domain, Failure, authentication,
        binding::Binding,
        key_ring,
        server::{self, Checker, Opened, Server},
    },
};

/// Who is to see it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Showing {
    /// An administrator: private keys, passwords and secrets of foreign accounts stay where they are.
    Admin,
    /// Whoever moves the whole configuration elsewhere, where it must work.
    Export,
}

/// A server as it is shown.
pub fn show(domain: &Domain, tenant: &str, id: &str, server: Server, showing: Showing) -> Result<ServerBody, Failure> {
    let jwks = match showing {
        Showing::Admin => key_ring::jwks(domain, tenant, id)?,
        Showing::Export => key_ring::private_jwks(domain, tenant, id)?,
    };
    let secrets = server::opened(domain, tenant, id)?;
    let body = configured(domain, (tenant, id), server, (Some(jwks), Some(secrets)), showing)?;
    Ok(ServerBody { issuer_url: Some(domain.issuer(tenant, id)), ..body })
}

/// A server with its keys and secrets as they are given, without what the server makes of it: as it is exported.
pub(in crate::api::acp) fn configured(
    domain: &Domain,
    (tenant, id): (&str, &str),
    server: Server,
    (jwks, secrets): (Option<Value>, Option<Opened>),
    showing: Showing,
) -> Result<ServerBody, Failure> {
    let Server {
        name,
        logo_uri,
        signing_alg: _, // shows in the keys
        authorization_code_seconds,
        access_token_seconds,
        id_token_seconds,
        refresh_token_seconds,
        cookie_seconds,
        grant_types,
        profiles,
        enforce_pkce,
        dynamic_registration,
        user_policy,
        developer_policy,
        authentications,
        system,
        bindings,
        decisions_open,
        token_form,
        refresh_idle_seconds,
        open_registration,
        consent_checker,
        consent_url,
        security,
        since: _,         // in sessions and grants only
        secrets_since: _, // shows in the version
        setup: _,         // of another tongue
    } = server;
    let (secret, rotated) = secrets.map(|Opened { secret, rotated }| (secret, rotated)).unzip();
    let owner = authentication::Owner { tenant, server: id };
    let text = |secret: &Secret| secret.expose().to_owned();
    let binding = |Binding { resource_type, action, policy_id }| BindingBody { resource_type, action, policy_id };
    Ok(ServerBody {
        id: Some(id.to_owned()),
        tenant_id: Some(tenant.to_owned()),
        name: Some(name),
        logo_uri,
        key_type: None,
        signing_alg: None,
        jwks,
        secret: secret.as_ref().map(text),
        rotated_secrets: rotated.map(|rotated| rotated.iter().map(text).collect()),
        grant_types: Some(grant_types),
        profiles: Some(profiles),
        enforce_pkce: Some(enforce_pkce),
        enable_dynamic_client_registration: Some(dynamic_registration),
        authorization_code_ttl: Some(duration::show(authorization_code_seconds)),
        access_token_ttl: Some(duration::show(access_token_seconds)),
        id_token_ttl: Some(duration::show(id_token_seconds)),
        refresh_token_ttl: Some(duration::show(refresh_token_seconds)),
        cookie_max_age: Some(duration::show(cookie_seconds)),
        refresh_token_idle_ttl: (refresh_idle_seconds != 0).then(|| duration::show(refresh_idle_seconds)),
        access_token_strategy: Some(token_form.word().to_owned()),
        open_dynamic_client_registration: Some(open_registration),
        consent_checker: (consent_checker != Checker::default()).then(|| show_checker(consent_checker)),
        consent_url,
        security: security::server::show(security),
        user_policy_id: user_policy,
        developer_policy_id: developer_policy,
        authentications: Some(authentications::show(domain, owner, authentications, showing)?),
        issuer_url: None,
        system: Some(system),
        decision_bindings: Some(bindings.into_iter().map(binding).collect()),
        decisions_open: Some(decisions_open),
    })
}

fn show_checker(checker: Checker) -> CheckerBody {
    let Checker { name, conf } = checker;
    CheckerBody { name, conf: conf.and_then(|conf| serde_json::from_str(&conf).ok()) }
}
