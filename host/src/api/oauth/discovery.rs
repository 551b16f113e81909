//! The metadata of an authorization server (RFC 8414 §2, OpenID Connect Discovery 1.0 §3), at every place where clients look
//! for it: behind the issuer, and before it.

use http::{StatusCode, header::CACHE_CONTROL};
use schemars::JsonSchema;
use serde::Serialize;

use crate::{
    api::{Answer, Call},
    crypto::jwe,
    domain::{
        Failure,
        authorize::REQUEST_ALGORITHMS,
        client::AuthMethod,
        discovery::{self, Abilities},
        encryption,
        issue::{BACKCHANNEL, DEVICE_CODE},
        possession,
    },
};

/// What clients need to know of an authorization server.
#[derive(Serialize, JsonSchema)]
#[expect(missing_docs, reason = "the registered names themselves (RFC 8414 §2)")]
pub struct Metadata {
    pub issuer: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub authorization_endpoint: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pushed_authorization_request_endpoint: Option<String>,
    pub require_pushed_authorization_requests: bool,
    pub token_endpoint: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub device_authorization_endpoint: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub backchannel_authentication_endpoint: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub backchannel_token_delivery_modes_supported: Option<[&'static str; 2]>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub backchannel_user_code_parameter_supported: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub backchannel_authentication_request_signing_alg_values_supported: Option<Vec<&'static str>>,
    pub jwks_uri: String,
    pub userinfo_endpoint: String,
    pub introspection_endpoint: String,
    pub revocation_endpoint: String,
    pub end_session_endpoint: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub check_session_iframe: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub registration_endpoint: Option<String>,
    pub scopes_supported: Vec<String>,
    pub response_types_supported: Vec<&'static str>,
    pub response_modes_supported: Vec<&'static str>,
    pub grant_types_supported: Vec<String>,
    pub subject_types_supported: Vec<&'static str>,
    pub id_token_signing_alg_values_supported: Vec<&'static str>,
    pub id_token_encryption_alg_values_supported: Vec<&'static str>,
    pub id_token_encryption_enc_values_supported: Vec<&'static str>,
    pub userinfo_signing_alg_values_supported: Vec<&'static str>,
    pub userinfo_encryption_alg_values_supported: Vec<&'static str>,
    pub userinfo_encryption_enc_values_supported: Vec<&'static str>,
    pub introspection_signing_alg_values_supported: Vec<&'static str>,
    pub introspection_encryption_alg_values_supported: Vec<&'static str>,
    pub introspection_encryption_enc_values_supported: Vec<&'static str>,
    pub token_endpoint_auth_methods_supported: Vec<&'static str>,
    pub token_endpoint_auth_signing_alg_values_supported: Vec<&'static str>,
    pub introspection_endpoint_auth_methods_supported: Vec<&'static str>,
    pub introspection_endpoint_auth_signing_alg_values_supported: Vec<&'static str>,
    pub revocation_endpoint_auth_methods_supported: Vec<&'static str>,
    pub revocation_endpoint_auth_signing_alg_values_supported: Vec<&'static str>,
    pub code_challenge_methods_supported: Vec<&'static str>,
    pub claim_types_supported: Vec<&'static str>,
    pub claims_supported: Vec<String>,
    pub claims_parameter_supported: bool,
    pub request_parameter_supported: bool,
    pub request_uri_parameter_supported: bool,
    pub require_request_uri_registration: bool,
    pub require_signed_request_object: bool,
    pub request_object_signing_alg_values_supported: Vec<&'static str>,
    pub request_object_encryption_alg_values_supported: Vec<&'static str>,
    pub request_object_encryption_enc_values_supported: Vec<&'static str>,
    pub authorization_signing_alg_values_supported: Vec<&'static str>,
    pub authorization_encryption_alg_values_supported: Vec<&'static str>,
    pub authorization_encryption_enc_values_supported: Vec<&'static str>,
    pub authorization_response_iss_parameter_supported: bool,
    pub prompt_values_supported: Vec<&'static str>,
    pub ui_locales_supported: Vec<&'static str>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub protected_resources: Vec<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub authorization_details_types_supported: Vec<String>,
    pub dpop_signing_alg_values_supported: Vec<&'static str>,
    pub tls_client_certificate_bound_access_tokens: bool,
    pub frontchannel_logout_supported: bool,
    pub frontchannel_logout_session_supported: bool,
    pub backchannel_logout_supported: bool,
    pub backchannel_logout_session_supported: bool,
}

/// openidConfiguration, and the same document for OAuth clients
pub async fn get(call: Call) -> Result<Answer, Failure> {
    let found = discovery::abilities(&call.app.domain, call.tenant(), call.param("aid"))?;
    Ok(public(Answer::json(StatusCode::OK, &metadata(found))))
}

/// What everybody may keep for a while.
pub fn public(answer: Answer) -> Answer {
    answer.header(CACHE_CONTROL, "public, max-age=300")
}

fn metadata(found: Abilities) -> Metadata {
    let Abilities {
        issuer,
        grant_types,
        response_types,
        scopes,
        claims,
        algorithms,
        userinfo_algorithms,
        only_pushed,
        only_signed,
        methods,
        proofs,
        registration,
        manages_sessions,
        binds_to_certificates,
        resources,
        details_types,
    } = found;
    let at = |path: &str| format!("{issuer}{path}");
    let has = |name: &str| grant_types.iter().any(|grant| grant == name);
    let (devices, backchannel) = (has(DEVICE_CODE), has(BACKCHANNEL));
    let methods: Vec<&'static str> = methods.into_iter().map(AuthMethod::word).collect();
    // Whoever asks about tokens has to prove something.
    let confidential: Vec<&'static str> = methods.iter().copied().filter(|word| *word != "none").collect();
    // Where nobody asks for authorization, nothing is said of how.
    let asks = !response_types.is_empty();
    let where_asked = |words: &[&'static str]| if asks { words.to_vec() } else { Vec::new() };
    let signs_answers = where_asked(&userinfo_algorithms);
    let taken = |words: &[&'static str]| words.iter().copied().filter(|word| proofs.contains(word)).collect::<Vec<_>>();
    let (signed_requests, proofs_of_keys) = (where_asked(&taken(&REQUEST_ALGORITHMS)), taken(&possession::ALGORITHMS));
    Metadata {
        authorization_endpoint: asks.then(|| at("/oauth2/authorize")),
        pushed_authorization_request_endpoint: asks.then(|| at("/oauth2/par")),
        require_pushed_authorization_requests: only_pushed,
        token_endpoint: at("/oauth2/token"),
        device_authorization_endpoint: devices.then(|| at("/oauth2/device_authorization")),
        backchannel_authentication_endpoint: backchannel.then(|| at("/oauth2/bc-authorize")),
        backchannel_token_delivery_modes_supported: backchannel.then_some(["poll", "ping"]),
        backchannel_user_code_parameter_supported: backchannel.then_some(true),
        backchannel_authentication_request_signing_alg_values_supported: backchannel
            .then(|| taken(&REQUEST_ALGORITHMS)),
        jwks_uri: at("/.well-known/jwks.json"),
        userinfo_endpoint: at("/userinfo"),
        introspection_endpoint: at("/oauth2/introspect"),
        revocation_endpoint: at("/oauth2/revoke"),
        end_session_endpoint: at("/oauth2/logout"),
        check_session_iframe: (asks && manages_sessions).then(|| at("/oauth2/check_session")),
        registration_endpoint: registration.then(|| at("/oauth2/register")),
        scopes_supported: scopes,
        response_modes_supported: modes(&response_types),
        response_types_supported: response_types,
        grant_types_supported: grant_types,
        subject_types_supported: vec!["public", "pairwise"],
        id_token_encryption_alg_values_supported: encryption::ALGORITHMS.to_vec(),
        id_token_encryption_enc_values_supported: encryption::METHODS.to_vec(),
        userinfo_encryption_alg_values_supported: encryption::ALGORITHMS.to_vec(),
        userinfo_encryption_enc_values_supported: encryption::METHODS.to_vec(),
        introspection_signing_alg_values_supported: userinfo_algorithms.clone(),
        introspection_encryption_alg_values_supported: encryption::ALGORITHMS.to_vec(),
        introspection_encryption_enc_values_supported: encryption::METHODS.to_vec(),
        userinfo_signing_alg_values_supported: userinfo_algorithms.into_iter().chain(["none"]).collect(),
        id_token_signing_alg_values_supported: algorithms,
        token_endpoint_auth_methods_supported: methods.clone(),
        token_endpoint_auth_signing_alg_values_supported: proofs.clone(),
        introspection_endpoint_auth_methods_supported: confidential,
        introspection_endpoint_auth_signing_alg_values_supported: proofs.clone(),
        revocation_endpoint_auth_methods_supported: methods,
        revocation_endpoint_auth_signing_alg_values_supported: proofs,
        code_challenge_methods_supported: vec!["S256"],
        claim_types_supported: vec!["normal"],
        claims_supported: claims,
        claims_parameter_supported: true,
        request_parameter_supported: asks,
        // Left out it would mean true.
        request_uri_parameter_supported: asks,
        require_request_uri_registration: asks,
        require_signed_request_object: only_signed,
        request_object_signing_alg_values_supported: signed_requests,
        request_object_encryption_alg_values_supported: where_asked(&encryption::OWN_ALGORITHMS),
        request_object_encryption_enc_values_supported: where_asked(&jwe::METHODS),
        authorization_signing_alg_values_supported: signs_answers,
        authorization_encryption_alg_values_supported: where_asked(&jwe::ALGORITHMS),
        authorization_encryption_enc_values_supported: where_asked(&jwe::METHODS),
        authorization_response_iss_parameter_supported: true,
        prompt_values_supported: vec!["none", "login", "consent", "select_account"],
        ui_locales_supported: vec!["en", "de"],
        protected_resources: resources,
        authorization_details_types_supported: details_types,
        dpop_signing_alg_values_supported: proofs_of_keys,
        tls_client_certificate_bound_access_tokens: binds_to_certificates,
        frontchannel_logout_supported: true,
        frontchannel_logout_session_supported: true,
        backchannel_logout_supported: true,
        backchannel_logout_session_supported: true,
        issuer,
    }
}

/// Where nothing is asked for, nothing travels.
fn modes(response_types: &[&str]) -> Vec<&'static str> {
    if response_types.is_empty() {
        Vec::new()
    } else {
        vec!["query", "fragment", "form_post", "jwt", "query.jwt", "fragment.jwt", "form_post.jwt"]
    }
}
