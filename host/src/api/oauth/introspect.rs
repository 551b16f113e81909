//! The introspection endpoint (RFC 7662), which also answers with a JWT (RFC 9701).

use bytes::Bytes;
use http::{HeaderMap, StatusCode, header::ACCEPT};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::{asking, words::invalid_client};
use crate::{
    api::{Answer, Call, read},
    domain::{
        Confirmation, Failure,
        grant::Grant,
        server,
        token::{
            Actor, Claims,
            asker::INTROSPECT,
            introspect::{Introspection, introspect as ask, jwt, wants_jwt},
        },
    },
};

/// The form (RFC 7662 §2.1), beside what authenticates the client.
#[derive(Deserialize, JsonSchema)]
#[expect(dead_code, reason = "describes the form for OpenAPI; the handler reads the pairs itself")]
pub struct IntrospectForm {
    /// An access token, signed or opaque, or a refresh token.
    token: String,
    /// Not needed: tokens show what they are.
    token_type_hint: Option<String>,
}

/// What a token is worth (RFC 7662 §2.2). Of one that is not good, only `active` is told.
#[derive(Default, Serialize, JsonSchema)]
pub struct IntrospectAnswer<'a> {
    /// Whether it is good now.
    pub active: bool,
    /// Whom it is about: a person, or the client itself.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sub: Option<&'a str>,
    /// The person's name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub username: Option<&'a str>,
    /// The client it was issued to.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub client_id: Option<&'a str>,
    /// The granted scopes, space separated.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub scope: Option<std::borrow::Cow<'a, str>>,
    /// Whom it is for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub aud: Option<&'a [String]>,
    /// The issuer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub iss: Option<&'a str>,
    /// When it was issued, in seconds since 1970.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub iat: Option<i64>,
    /// Before when it is not good, in seconds since 1970.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub nbf: Option<i64>,
    /// When it ends, in seconds since 1970.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub exp: Option<i64>,
    /// The name of an access token.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub jti: Option<&'a str>,
    /// `bearer`, `DPoP` or `refresh_token`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub token_type: Option<&'static str>,
    /// The keys that whoever shows it must hold (RFC 7800 §3.1).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cnf: Option<ConfirmationBody<'a>>,
    /// Who acts for whom it is about, and who did before (RFC 8693 §4.1).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub act: Option<Value>,
    /// When the person has logged in, in seconds since 1970.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub auth_time: Option<i64>,
    /// The authentication context class.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub acr: Option<&'a str>,
    /// How the person has logged in (RFC 8176).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub amr: Option<&'a [String]>,
    /// The authorization details (RFC 9396 §9.2).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub authorization_details: Option<&'a [Map<String, Value>]>,
    /// The tenant's own claims.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ext: Option<&'a Map<String, Value>>,
    /// The tenant.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tenant_id: Option<&'a str>,
    /// The authorization server.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub server_id: Option<&'a str>,
}

/// The keys that a token is bound to.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Confirmation")]
pub struct ConfirmationBody<'a> {
    /// The thumbprint of the key of DPoP proofs (RFC 9449 §6.2).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub jkt: Option<&'a str>,
    /// The SHA-256 of a certificate (RFC 8705 §3.2).
    #[serde(rename = "x5t#S256", skip_serializing_if = "Option::is_none")]
    pub x5t_s256: Option<&'a str>,
}

fn confirmation(confirmation: &Confirmation) -> ConfirmationBody<'_> {
    let Confirmation { jkt, x5t_s256 } = confirmation;
    ConfirmationBody { jkt: jkt.as_deref(), x5t_s256: x5t_s256.as_deref() }
}

fn actor(actor: &Actor) -> Value {
    let Actor { sub, client_id, act } = actor;
    match act {
        Some(before) => json!({ "sub": sub, "client_id": client_id, "act": self::actor(before) }),
        None => json!({ "sub": sub, "client_id": client_id }),
    }
}

/// introspect
pub async fn introspect(call: Call) -> Result<Answer, Failure> {
    let form = read::form(&call.request)?;
    let token = form.get("token").ok_or_else(|| Failure::malformed("form.token", "is required"))?;
    let (domain, tenant, server_id) = (&call.app.domain, call.tenant(), call.param("aid"));
    let server = server::current(domain, tenant, server_id)?;
    let server = (server_id, &server.value);
    let asker = match asking::asker(&call, &form, server, INTROSPECT).await? {
        Ok(asker) if asker.is_proven => asker,
        // RFC 7662 §2.1: whoever found a token must not be able to try it out here.
        Ok(_) => return Ok(invalid_client("a client without a secret may not ask about tokens")),
        Err(answer) => return Ok(answer),
    };
    let found = ask(domain, tenant, server, &asker, token)?;
    let as_jwt = wants_jwt(domain, tenant, (&asker, accepts_jwt(&call.request.headers)))?;
    let body = match &found {
        // The usual question: what is told of an access token is always the same.
        Some(Introspection::Access(known)) if !as_jwt => {
            let told = known.told(|claims| text(&access(claims)))?;
            return Ok(Answer::with(StatusCode::OK, "application/json", told));
        }
        None => IntrospectAnswer::default(),
        Some(Introspection::Access(known)) => access(&known.claims),
        Some(Introspection::Refresh { grant, subject, ends }) => refresh(tenant, grant, subject, *ends),
    };
    if !as_jwt {
        return Ok(call.json(StatusCode::OK, &body));
    }
    let token = jwt(domain, tenant, server_id, &asker, &body).await?;
    Ok(Answer::with(StatusCode::OK, MEDIA_TYPE, token.expose().to_owned()))
}

fn text(body: &IntrospectAnswer<'_>) -> Result<Bytes, Failure> {
    let text = serde_json::to_vec(body).map_err(|error| Failure::Internal { log: error.to_string() })?;
    Ok(text.into_boxed_slice().into())
}

/// The media type of an answer that is a JWT (RFC 9701 §4).
const MEDIA_TYPE: &str = "application/token-introspection+jwt";

/// Whether the request names that type among those that it takes.
fn accepts_jwt(headers: &HeaderMap) -> bool {
    let lines = headers.get_all(ACCEPT).iter().filter_map(|line| line.to_str().ok());
    lines.flat_map(|line| line.split(',')).any(|range| {
        let mut parts = range.split(';').map(str::trim);
        let named = parts.next().is_some_and(|name| name.eq_ignore_ascii_case(MEDIA_TYPE));
        let never = |part: &str| part.strip_prefix("q=").and_then(|q| q.parse::<f32>().ok()).is_some_and(|q| q <= 0.0);
        named && !parts.any(never)
    })
}

fn access(claims: &Claims) -> IntrospectAnswer<'_> {
    let Claims {
        iss,
        sub,
        aud,
        client_id,
        iat,
        nbf,
        exp,
        jti,
        scope,
        scp: _,
        tid,
        aid,
        client_since: _,
        gid,
        cgid: _,
        auth_time,
        acr,
        amr,
        cnf,
        authorization_details,
        act,
        sub_since: _,
        exchanged_from: _,
        more,
    } = claims;
    IntrospectAnswer {
        active: true,
        sub: Some(sub),
        username: gid.is_some().then_some(sub),
        client_id: Some(client_id),
        scope: Some(scope.into()),
        aud: Some(aud),
        iss: Some(iss),
        iat: Some(*iat),
        nbf: Some(*nbf),
        exp: Some(*exp),
        jti: Some(jti),
        token_type: Some(Confirmation::token_type(cnf.as_ref())),
        cnf: cnf.as_ref().map(confirmation),
        act: act.as_ref().map(actor),
        auth_time: *auth_time,
        acr: acr.as_deref(),
        amr: (!amr.is_empty()).then_some(amr),
        authorization_details: Some(authorization_details.as_slice()).filter(|details| !details.is_empty()),
        ext: (!more.is_empty()).then_some(more),
        tenant_id: Some(tid),
        server_id: Some(aid),
    }
}

fn refresh<'a>(tenant: &'a str, grant: &'a Grant, subject: &'a str, ends: i64) -> IntrospectAnswer<'a> {
    let (identity, person) = (&grant.identity, grant.person());
    IntrospectAnswer {
        active: true,
        sub: Some(subject),
        username: person.map(|_| subject),
        client_id: Some(&grant.client_id),
        scope: Some(grant.scopes.join(" ").into()),
        aud: Some(grant.resources.as_slice()).filter(|resources| !resources.is_empty()),
        authorization_details: Some(grant.details.as_slice()).filter(|details| !details.is_empty()),
        exp: Some(ends),
        token_type: Some("refresh_token"),
        auth_time: person.map(|person| person.auth_time),
        acr: identity.acr.as_deref(),
        amr: (!identity.amr.is_empty()).then_some(&identity.amr),
        tenant_id: Some(tenant),
        server_id: Some(&grant.server),
        ..IntrospectAnswer::default()
    }
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    #[test]
    fn a_jwt_is_for_whoever_names_it() {
        let accepts =
            |text: &'static str| accepts_jwt(&HeaderMap::from_iter([(ACCEPT, HeaderValue::from_static(text))]));
        assert!(accepts("application/token-introspection+jwt"));
        assert!(accepts("application/json;q=0.5, Application/Token-Introspection+JWT; q=0.9"));
        for other in ["", "*/*", "application/json", "application/jwt", "application/token-introspection+jwt;q=0"] {
            assert!(!accepts(other), "{other}");
        }
        assert!(!accepts_jwt(&HeaderMap::new()));
    }
}
