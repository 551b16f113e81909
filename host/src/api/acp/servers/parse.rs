//! Authorization servers from the wire to what is wanted. Called by the handlers and by the import.

use super::body::{BindingBody, CheckerBody, ServerBody};
use crate::{
    api::{
        acp::{
            authentications::{self, MethodBody},
            clients::read_form,
            duration, server_keys,
        },
        read, security,
    },
    crypto::Secret,
    domain::{
        Failure, Problem, authentication,
        binding::Binding,
        server::{self, AUTHENTICATIONS, Checker, Server, Wanted},
    },
};

/// Reads a server: its id, and what it is to be.
pub(in crate::api::acp) fn parse(body: ServerBody, tenant: &str) -> Result<(Option<String>, Wanted), Failure> {
    let ServerBody {
        id,
        tenant_id,
        name,
        logo_uri,
        key_type,
        signing_alg,
        jwks,
        secret,
        rotated_secrets,
        grant_types,
        profiles,
        enforce_pkce,
        enable_dynamic_client_registration,
        authorization_code_ttl,
        access_token_ttl,
        id_token_ttl,
        refresh_token_ttl,
        cookie_max_age,
        refresh_token_idle_ttl,
        access_token_strategy,
        open_dynamic_client_registration,
        consent_checker,
        consent_url,
        security,
        user_policy_id,
        developer_policy_id,
        authentications,
        // The server's own; a PUT of what was read is not an error.
        issuer_url: _,
        system: _,
        decision_bindings,
        decisions_open,
    } = body;
    let mut problems = Vec::new();
    if read::said(tenant_id).is_some_and(|given| given != tenant) {
        problems.push(Problem::new("/tenant_id", "must be the tenant of the path"));
    }
    let defaults = Server::default();
    let chosen = server_keys::algorithm(key_type.as_deref(), read::said(signing_alg).as_deref());
    let chosen = chosen.unwrap_or_else(|problem| {
        problems.push(problem);
        None
    });
    let mut seconds = |member: &str, text: Option<String>, default: i64| match text {
        None => default,
        Some(text) => duration::parse(&text).unwrap_or_else(|| {
            problems.push(Problem::new(member, "must be a duration such as `1h10m30s`"));
            default
        }),
    };
    let binding = |BindingBody { resource_type, action, policy_id }| Binding { resource_type, action, policy_id };
    let server = Server {
        name: name.unwrap_or_default(),
        logo_uri: read::said(logo_uri),
        authorization_code_seconds: seconds(
            "/authorization_code_ttl",
            authorization_code_ttl,
            defaults.authorization_code_seconds,
        ),
        access_token_seconds: seconds("/access_token_ttl", access_token_ttl, defaults.access_token_seconds),
        id_token_seconds: seconds("/id_token_ttl", id_token_ttl, defaults.id_token_seconds),
        refresh_token_seconds: seconds("/refresh_token_ttl", refresh_token_ttl, defaults.refresh_token_seconds),
        cookie_seconds: seconds("/cookie_max_age", cookie_max_age, defaults.cookie_seconds),
        refresh_idle_seconds: seconds(
            "/refresh_token_idle_ttl",
            read::said(refresh_token_idle_ttl),
            defaults.refresh_idle_seconds,
        ),
        signing_alg: chosen.unwrap_or(defaults.signing_alg),
        token_form: read_form(read::said(access_token_strategy), &mut problems).unwrap_or_default(),
        open_registration: open_dynamic_client_registration.unwrap_or(false),
        consent_checker: consent_checker
            .map(|CheckerBody { name, conf }| Checker { name, conf: conf.map(|conf| conf.to_string()) })
            .unwrap_or_default(),
        consent_url: read::said(consent_url),
        grant_types: grant_types.unwrap_or(defaults.grant_types),
        profiles: profiles.unwrap_or_default(),
        enforce_pkce: enforce_pkce.unwrap_or(false),
        dynamic_registration: enable_dynamic_client_registration.unwrap_or(false),
        user_policy: read::said(user_policy_id),
        developer_policy: read::said(developer_policy_id),
        // What is said of them stands beside the server until it is saved.
        authentications: Vec::new(),
        system: false,
        security: security::server::parse(security.unwrap_or_default(), &mut problems),
        bindings: decision_bindings.unwrap_or_default().into_iter().map(binding).collect(),
        decisions_open: decisions_open.unwrap_or(false),
        since: 0,
        secrets_since: 0,
        setup: None,
    };
    let methods = authentications.and_then(|authentications| authentications.methods);
    let authentications = methods.map(|methods| parse_methods(methods, &mut problems));
    let secrets = |texts: Vec<String>| texts.into_iter().map(Secret::new).collect();
    let wanted = Wanted {
        server,
        authentications: authentications.flatten(),
        secret: read::said(secret).map(Secret::new),
        rotated_secrets: rotated_secrets.map(secrets),
        jwks,
    };
    problems.extend(server::problems(&wanted));
    if problems.is_empty() { Ok((read::said(id), wanted)) } else { Err(Failure::Invalid(problems)) }
}

/// The methods, if all of them can be told; otherwise their places would not be those of the body.
fn parse_methods(methods: Vec<MethodBody>, problems: &mut Vec<Problem>) -> Option<Vec<authentication::Wanted>> {
    let before = problems.len();
    let wanted = authentications::parse(AUTHENTICATIONS, methods, problems);
    (problems.len() == before).then_some(wanted)
}
