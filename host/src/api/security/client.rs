//! The members of a client.

use schemars::JsonSchema;
use serde::{Deserialize, Deserializer, Serialize, de::Error};
use serde_json::{Map, Value};

use crate::{
    api::read::said,
    domain::{
        Problem,
        client::security::{BackchannelClient, ClientSecurity, Encryption, LogoutAddress},
    },
};

/// What the high-assurance protocols say of a client. What is left out is not required.
#[derive(Default, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
#[schemars(rename = "ClientSecurity")]
pub struct ClientSecurityBody {
    /// True takes its authorization requests only when it has pushed them to `/oauth2/par` before (RFC 9126 §6).
    /// False when left out; its server may demand it of everybody.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub require_pushed_authorization_requests: Option<bool>,
    /// True takes its authorization requests only as objects that it has signed, in `request` or behind a
    /// `request_uri` (RFC 9101 §10.5). False when left out; its server may demand it of everybody.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub require_signed_request_object: Option<bool>,
    /// What answers of the authorization endpoint are signed with when its request asks for that by a `response_mode`
    /// of the family `jwt` (JARM §3): `RS256`, `PS256`, `ES256`, `ES384` or `EdDSA`, if the server has such a key.
    /// What the server's current key signs with when left out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub authorization_signed_response_alg: Option<String>,
    /// `RSA-OAEP-256`, `RSA-OAEP`, `ECDH-ES`, `ECDH-ES+A128KW` or `ECDH-ES+A256KW`: the `alg` with which these
    /// answers are encrypted after they were signed (JARM §3, RFC 7516), by a key of its `jwks` or `jwks_uri` that
    /// has the use `enc`. Not encrypted when left out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub authorization_encrypted_response_alg: Option<String>,
    /// The `enc` of that: `A128CBC-HS256`, `A256CBC-HS512`, `A128GCM` or `A256GCM`. `A128CBC-HS256` when left out;
    /// nothing without `authorization_encrypted_response_alg`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub authorization_encrypted_response_enc: Option<String>,
    /// The types of `authorization_details` that it may ask for, out of those of its server (RFC 9396 §10). None when
    /// left out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub authorization_details_types: Option<Vec<String>>,
    /// True gives it tokens only with a proof of a key of its own, to which they are bound (DPoP, RFC 9449 §5.2).
    /// When false or left out, its tokens are bound whenever it sends a proof.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub dpop_bound_access_tokens: Option<bool>,
    /// What introspection is signed with for it, always as a JWT then (RFC 9701 §6): `RS256`, `ES256` or `EdDSA`, if
    /// the server has such a key. When left out it is plain JSON, or a JWT by the server's current key where the
    /// request accepts `application/token-introspection+jwt`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub introspection_signed_response_alg: Option<String>,
    /// `RSA-OAEP-256`, `RSA-OAEP`, `ECDH-ES`, `ECDH-ES+A128KW` or `ECDH-ES+A256KW`: the `alg` with which
    /// introspection is encrypted for it after it was signed (RFC 9701 §6), by a key of its `jwks` or `jwks_uri` that
    /// has the use `enc`. Not encrypted when left out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub introspection_encrypted_response_alg: Option<String>,
    /// The `enc` of that: `A128CBC-HS256`, `A256CBC-HS512`, `A128GCM` or `A256GCM`. `A128CBC-HS256` when left out;
    /// nothing without `introspection_encrypted_response_alg`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub introspection_encrypted_response_enc: Option<String>,
    /// `RSA-OAEP-256`, `RSA-OAEP`, `ECDH-ES`, `ECDH-ES+A128KW` or `ECDH-ES+A256KW`: the `alg` with which its ID
    /// tokens and logout tokens are encrypted after they were signed (OpenID Connect Registration §2), by a key of
    /// its `jwks` or `jwks_uri` that has the use `enc`. Not encrypted when left out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id_token_encrypted_response_alg: Option<String>,
    /// The `enc` of that: `A128CBC-HS256`, `A256CBC-HS512`, `A128GCM` or `A256GCM`. `A128CBC-HS256` when left out;
    /// nothing without `id_token_encrypted_response_alg`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id_token_encrypted_response_enc: Option<String>,
    /// `RSA-OAEP-256`, `RSA-OAEP`, `ECDH-ES`, `ECDH-ES+A128KW` or `ECDH-ES+A256KW`: the `alg` with which userinfo is
    /// encrypted for it (OpenID Connect Registration §2), by a key of its `jwks` or `jwks_uri` that has the use
    /// `enc`. Not encrypted when left out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub userinfo_encrypted_response_alg: Option<String>,
    /// The `enc` of that: `A128CBC-HS256`, `A256CBC-HS512`, `A128GCM` or `A256GCM`. `A128CBC-HS256` when left out;
    /// nothing without `userinfo_encrypted_response_alg`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub userinfo_encrypted_response_enc: Option<String>,
    /// `public` gives people the same `sub` for all clients, `pairwise` another one for each sector: the host of
    /// `sector_identifier_uri`, or of its redirect URIs (OpenID Connect Core §8). `public` when left out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub subject_type: Option<String>,
    /// Where the server posts a logout token when a session ends in which it has an ID token (OpenID Connect
    /// Back-Channel Logout §2.2): https. It is not told when left out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub backchannel_logout_uri: Option<String>,
    /// True when it must be told there which session it was (`sid`); every logout token says so. False when left out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub backchannel_logout_session_required: Option<bool>,
    /// The page that ends a session of its own, which the browser loads in a frame when the person logs out (OpenID
    /// Connect Front-Channel Logout §2): scheme, host and port of one of its redirect URIs. None when left out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub frontchannel_logout_uri: Option<String>,
    /// True when that page must be told which session it was (`iss` and `sid`); it always is. False when left out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub frontchannel_logout_session_required: Option<bool>,
    /// How it learns that a person whom it has asked elsewhere has answered (CIBA Core §5): `poll`, by asking the
    /// token endpoint again and again, or `ping`, at an endpoint of its own. `poll` when left out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub backchannel_token_delivery_mode: Option<String>,
    /// With `ping`, where the server tells it so (CIBA Core §10.2): https. Required with `ping`, and only then.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub backchannel_client_notification_endpoint: Option<String>,
    /// What its requests of that kind are signed with (CIBA Core §7.1.1): `RS256`, `PS256`, `ES256`, `ES384` or `EdDSA`,
    /// with a key of its `jwks` or `jwks_uri`. Then all of them must be signed; none may be when left out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub backchannel_authentication_request_signing_alg: Option<String>,
    /// True when it has to send `user_code` (CIBA Core §7.1): the code that the person has chosen on their account page.
    /// People who have chosen none cannot be asked by it. False when left out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub backchannel_user_code_parameter: Option<bool>,
}

/// The names of all members.
const MEMBERS: [&str; 23] = [
    "require_pushed_authorization_requests",
    "require_signed_request_object",
    "authorization_signed_response_alg",
    "authorization_encrypted_response_alg",
    "authorization_encrypted_response_enc",
    "authorization_details_types",
    "dpop_bound_access_tokens",
    "introspection_signed_response_alg",
    "introspection_encrypted_response_alg",
    "introspection_encrypted_response_enc",
    "id_token_encrypted_response_alg",
    "id_token_encrypted_response_enc",
    "userinfo_encrypted_response_alg",
    "userinfo_encrypted_response_enc",
    "subject_type",
    "backchannel_logout_uri",
    "backchannel_logout_session_required",
    "frontchannel_logout_uri",
    "frontchannel_logout_session_required",
    "backchannel_token_delivery_mode",
    "backchannel_client_notification_endpoint",
    "backchannel_authentication_request_signing_alg",
    "backchannel_user_code_parameter",
];

/// Reads the members where there are no others.
pub fn strict<'de, D: Deserializer<'de>>(from: D) -> Result<Option<ClientSecurityBody>, D::Error> {
    let Some(members) = Option::<Map<String, Value>>::deserialize(from)? else { return Ok(None) };
    if let Some(other) = members.keys().find(|name| !MEMBERS.contains(&name.as_str())) {
        return Err(D::Error::unknown_field(other, &MEMBERS));
    }
    serde_json::from_value(Value::Object(members)).map(Some).map_err(D::Error::custom)
}

impl ClientSecurityBody {
    /// Whether it says nothing.
    pub fn is_empty(&self) -> bool {
        serde_json::to_value(self).is_ok_and(|value| value.as_object().is_none_or(Map::is_empty))
    }
}

/// How contents are encrypted that say nothing of it (OpenID Connect Registration §2).
const USUAL_ENC: &str = "A128CBC-HS256";

/// Reads the members; `at` is where they stand, as a JSON Pointer.
pub fn parse(body: ClientSecurityBody, at: &str, problems: &mut Vec<Problem>) -> ClientSecurity {
    let ClientSecurityBody {
        require_pushed_authorization_requests,
        require_signed_request_object,
        authorization_signed_response_alg,
        authorization_encrypted_response_alg,
        authorization_encrypted_response_enc,
        authorization_details_types,
        dpop_bound_access_tokens,
        introspection_signed_response_alg,
        introspection_encrypted_response_alg,
        introspection_encrypted_response_enc,
        id_token_encrypted_response_alg,
        id_token_encrypted_response_enc,
        userinfo_encrypted_response_alg,
        userinfo_encrypted_response_enc,
        subject_type,
        backchannel_logout_uri,
        backchannel_logout_session_required,
        frontchannel_logout_uri,
        frontchannel_logout_session_required,
        backchannel_token_delivery_mode,
        backchannel_client_notification_endpoint,
        backchannel_authentication_request_signing_alg,
        backchannel_user_code_parameter,
    } = body;
    let mut encryption = |what: &str, alg: Option<String>, enc: Option<String>| match (said(alg), said(enc)) {
        (None, None) => None,
        (Some(alg), enc) => Some(Encryption { alg, enc: enc.unwrap_or_else(|| USUAL_ENC.to_owned()) }),
        (None, Some(_)) => {
            let member = format!("{at}/{what}_encrypted_response_enc");
            problems.push(Problem::new(member, format!("needs `{what}_encrypted_response_alg`")));
            None
        }
    };
    let authorization_encryption =
        encryption("authorization", authorization_encrypted_response_alg, authorization_encrypted_response_enc);
    let introspection_encryption =
        encryption("introspection", introspection_encrypted_response_alg, introspection_encrypted_response_enc);
    let id_token_encryption = encryption("id_token", id_token_encrypted_response_alg, id_token_encrypted_response_enc);
    let userinfo_encryption = encryption("userinfo", userinfo_encrypted_response_alg, userinfo_encrypted_response_enc);
    let backchannel_authentication = asks_elsewhere(
        said(backchannel_token_delivery_mode),
        BackchannelClient {
            notification_endpoint: said(backchannel_client_notification_endpoint),
            request_signing_alg: backchannel_authentication_request_signing_alg.unwrap_or_default(),
            user_code: backchannel_user_code_parameter.unwrap_or(false),
        },
        at,
        problems,
    );
    ClientSecurity {
        require_pushed_requests: require_pushed_authorization_requests.unwrap_or(false),
        require_signed_requests: require_signed_request_object.unwrap_or(false),
        authorization_signing_alg: authorization_signed_response_alg.unwrap_or_default(),
        authorization_encryption,
        authorization_details_types: authorization_details_types.unwrap_or_default(),
        dpop_bound_tokens: dpop_bound_access_tokens.unwrap_or(false),
        introspection_signing_alg: introspection_signed_response_alg.unwrap_or_default(),
        introspection_encryption,
        id_token_encryption,
        userinfo_encryption,
        pairwise: pairwise(said(subject_type), at, problems),
        backchannel_logout: address(said(backchannel_logout_uri), backchannel_logout_session_required),
        frontchannel_logout: address(said(frontchannel_logout_uri), frontchannel_logout_session_required),
        backchannel_authentication,
    }
}

fn pairwise(word: Option<String>, at: &str, problems: &mut Vec<Problem>) -> bool {
    match word.as_deref() {
        None | Some("public") => false,
        Some("pairwise") => true,
        Some(_) => {
            problems.push(Problem::new(format!("{at}/subject_type"), "must be `public` or `pairwise`"));
            false
        }
    }
}

fn address(uri: Option<String>, session_required: Option<bool>) -> Option<LogoutAddress> {
    uri.map(|uri| LogoutAddress { uri, session_required: session_required.unwrap_or(false) })
}

/// `ping` and its endpoint go together.
fn asks_elsewhere(
    mode: Option<String>,
    asks: BackchannelClient,
    at: &str,
    problems: &mut Vec<Problem>,
) -> Option<BackchannelClient> {
    let endpoint = format!("{at}/backchannel_client_notification_endpoint");
    match (mode.as_deref(), asks.notification_endpoint.is_some()) {
        (None | Some("poll"), false) | (Some("ping"), true) => {}
        (Some("ping"), false) => problems.push(Problem::new(endpoint, "is required with `ping`")),
        (None | Some("poll"), true) => problems.push(Problem::new(endpoint, "is for `ping` only")),
        (Some(_), _) => {
            let member = format!("{at}/backchannel_token_delivery_mode");
            problems.push(Problem::new(member, "must be `poll` or `ping`"));
        }
    }
    (asks != BackchannelClient::default()).then_some(asks)
}

/// Shows the members: those only that say something.
pub fn show(security: ClientSecurity) -> ClientSecurityBody {
    let ClientSecurity {
        require_pushed_requests,
        require_signed_requests,
        authorization_signing_alg,
        authorization_encryption,
        authorization_details_types,
        dpop_bound_tokens,
        introspection_signing_alg,
        introspection_encryption,
        id_token_encryption,
        userinfo_encryption,
        pairwise,
        backchannel_logout,
        frontchannel_logout,
        backchannel_authentication,
    } = security;
    let split = |encryption: Option<Encryption>| encryption.map(|Encryption { alg, enc }| (alg, enc)).unzip();
    let (authorization_encrypted_response_alg, authorization_encrypted_response_enc) = split(authorization_encryption);
    let (introspection_encrypted_response_alg, introspection_encrypted_response_enc) = split(introspection_encryption);
    let (id_token_encrypted_response_alg, id_token_encrypted_response_enc) = split(id_token_encryption);
    let (userinfo_encrypted_response_alg, userinfo_encrypted_response_enc) = split(userinfo_encryption);
    let at = |address: Option<LogoutAddress>| {
        address.map(|LogoutAddress { uri, session_required }| (uri, session_required)).unzip()
    };
    let (backchannel_logout_uri, backchannel_logout_session_required) = at(backchannel_logout);
    let (frontchannel_logout_uri, frontchannel_logout_session_required) = at(frontchannel_logout);
    let asks = backchannel_authentication.is_some();
    let BackchannelClient { notification_endpoint, request_signing_alg, user_code } =
        backchannel_authentication.unwrap_or_default();
    let mode = if notification_endpoint.is_some() { "ping" } else { "poll" };
    ClientSecurityBody {
        require_pushed_authorization_requests: require_pushed_requests.then_some(true),
        require_signed_request_object: require_signed_requests.then_some(true),
        authorization_signed_response_alg: said(Some(authorization_signing_alg)),
        authorization_encrypted_response_alg,
        authorization_encrypted_response_enc,
        authorization_details_types: Some(authorization_details_types).filter(|types| !types.is_empty()),
        dpop_bound_access_tokens: dpop_bound_tokens.then_some(true),
        introspection_signed_response_alg: said(Some(introspection_signing_alg)),
        introspection_encrypted_response_alg,
        introspection_encrypted_response_enc,
        id_token_encrypted_response_alg,
        id_token_encrypted_response_enc,
        userinfo_encrypted_response_alg,
        userinfo_encrypted_response_enc,
        subject_type: pairwise.then(|| "pairwise".to_owned()),
        backchannel_logout_uri,
        backchannel_logout_session_required,
        frontchannel_logout_uri,
        frontchannel_logout_session_required,
        backchannel_token_delivery_mode: asks.then(|| mode.to_owned()),
        backchannel_client_notification_endpoint: notification_endpoint,
        backchannel_authentication_request_signing_alg: said(Some(request_signing_alg)),
        backchannel_user_code_parameter: user_code.then_some(true),
    }
}

#[cfg(test)]
mod tests {
    use schemars::schema_for;
    use serde_json::json;

    use super::*;

    #[test]
    fn all_members_are_named() {
        let schema = schema_for!(ClientSecurityBody);
        let mut named: Vec<&str> = MEMBERS.to_vec();
        named.sort_unstable();
        let described = schema.get("properties").and_then(Value::as_object).map(|members| {
            let mut names: Vec<&str> = members.keys().map(String::as_str).collect();
            names.sort_unstable();
            names
        });
        assert_eq!(described, Some(named));
    }

    #[test]
    fn what_is_read_is_shown() {
        let body = json!({
            "require_pushed_authorization_requests": true, "id_token_encrypted_response_alg": "RSA-OAEP-256",
            "id_token_encrypted_response_enc": "A128CBC-HS256", "subject_type": "pairwise",
            "backchannel_logout_uri": "https://a.example/out", "backchannel_logout_session_required": true,
            "backchannel_token_delivery_mode": "ping",
            "backchannel_client_notification_endpoint": "https://a.example/ping",
        });
        let mut problems = Vec::new();
        let read = parse(serde_json::from_value(body.clone()).unwrap_or_default(), "/security", &mut problems);
        assert!(problems.is_empty(), "{problems:?}");
        assert_eq!(serde_json::to_value(show(read)).ok(), Some(body));
    }

    #[test]
    fn what_goes_together_is_told() {
        for (body, member) in [
            (json!({"userinfo_encrypted_response_enc": "A256GCM"}), "/security/userinfo_encrypted_response_enc"),
            (json!({"subject_type": "private"}), "/security/subject_type"),
            (json!({"backchannel_token_delivery_mode": "push"}), "/security/backchannel_token_delivery_mode"),
            (json!({"backchannel_token_delivery_mode": "ping"}), "/security/backchannel_client_notification_endpoint"),
        ] {
            let mut problems = Vec::new();
            parse(serde_json::from_value(body.clone()).unwrap_or_default(), "/security", &mut problems);
            assert_eq!(problems.iter().map(|problem| problem.member.as_str()).collect::<Vec<_>>(), [member], "{body}");
        }
    }
}
