//! The question of a gateway: may this request go on? For nginx's auth_request, Envoy's ext_authz, Traefik's forwardAuth and
//! whatever else can send a request somewhere before it serves it. 200 lets it pass, everything else does not.
//!
//! The gateway proves itself in a header of its own: Authorization belongs to whoever sent the request.

use http::{HeaderMap, HeaderName, StatusCode, header};
use serde_json::{Map, Value, json};

use super::{verdicts, words::ErrorBody};
use crate::{
    api::{Answer, Call, challenge, oauth::protected_resource},
    authn::{basic, bearer, possession},
    decision::{Failed, Verdict},
    domain::{
        Failure,
        decide::Decision,
        enforce::{self, Enforced, Outcome, Proof, Received},
        possession::{Presented, Scheme},
    },
};

/// The gateway's own credentials: Basic with its client's id and secret, or a bearer token of its client.
const GATEWAY: HeaderName = HeaderName::from_static("x-gateway-authorization");
/// The name of the decision in the log.
const DECISION: HeaderName = HeaderName::from_static("x-portcullis-decision");
/// The ways in which gateways say what they were asked, as (method, path and query).
const SAID: [(HeaderName, HeaderName); 2] = [
    (HeaderName::from_static("x-original-method"), HeaderName::from_static("x-original-uri")),
    (HeaderName::from_static("x-forwarded-method"), HeaderName::from_static("x-forwarded-uri")),
];
/// What no policy sees, and so no log keeps: credentials.
const SECRET: [HeaderName; 9] = [
    header::AUTHORIZATION,
    header::PROXY_AUTHORIZATION,
    header::COOKIE,
    header::SET_COOKIE,
    HeaderName::from_static("x-api-key"),
    HeaderName::from_static("x-auth-token"),
    HeaderName::from_static("x-amz-security-token"),
    HeaderName::from_static("dpop"),
    GATEWAY,
];
/// What makes some servers read another method or path than the one that was sent, and that is decided on.
const OVERRIDES: [HeaderName; 5] = [
    HeaderName::from_static("x-http-method-override"),
    HeaderName::from_static("x-http-method"),
    HeaderName::from_static("x-method-override"),
    HeaderName::from_static("x-original-url"),
    HeaderName::from_static("x-rewrite-url"),
];
/// Slashes of `/api/system/{tid}/gateways/{gw}/authorize/`, behind which the path of the request may stand.
const SLASHES: usize = 7;

/// A method with path and query.
type Asked = (String, String);

/// authorize, by every method and with the path of the request behind its own
pub async fn authorize(call: Call) -> Result<Answer, Failure> {
    let (domain, tenant, gateway) = (&call.app.domain, call.tenant(), call.param("gw"));
    let headers = &call.request.headers;
    let caller = enforce::authenticate(domain, tenant, gateway, proof(headers)).await?;
    let (method, target) = match asked(&call) {
        Ok(asked) => asked,
        Err(reason) => return Ok(refuse(&call, "unclear_request", reason)),
    };
    let token = bearer::token_in(headers, &header::AUTHORIZATION)?;
    let token = token.map(|(scheme, token)| Presented { scheme, ..Presented::bare(token) });
    let proofs = possession::evidence(call.request.head()).proofs;
    let received = Received { method: &method, target: &target, headers: visible(headers), token, proofs };
    let asked = Enforced { tenant, gateway, received, request_id: &call.request.request_id };
    match enforce::enforce(domain, &caller, asked).await? {
        Outcome::Open => Ok(Answer::empty(StatusCode::OK)),
        Outcome::Challenge { server, service, credentials, decision } => {
            let metadata = protected_resource::address(domain, tenant, &server, &service);
            Ok(challenge::add_for(unauthorized(&call, decision), credentials, &metadata))
        }
        Outcome::Refused { code, message } => Ok(refuse(&call, code, &message)),
        Outcome::Decided(decision) => Ok(show(&call, decision)),
    }
}

/// The gateway's proof. Malformed credentials are worth as much as none.
fn proof(headers: &HeaderMap) -> Option<Proof> {
    if let Ok(Some(basic)) = basic::credentials_in(headers, &GATEWAY) {
        return Some(Proof::Secret(basic.name, basic.candidates));
    }
    // It has no proof beside it, so it counts when it is bound to nothing.
    let token = bearer::token_in(headers, &GATEWAY).ok()?;
    token.filter(|(scheme, _)| *scheme == Scheme::Bearer).map(|(_, token)| Proof::Token(token.to_owned()))
}

/// What the gateway was asked. It may say so in several ways, of which a client could have added one: all must agree.
fn asked(call: &Call) -> Result<Asked, &'static str> {
    if OVERRIDES.iter().any(|name| call.request.headers.contains_key(name)) {
        return Err("a header asks for another method or path than those of the request");
    }
    let mut ways = Vec::new();
    for (method, target) in &SAID {
        ways.extend(said(&call.request.headers, method, target)?);
    }
    ways.extend(own(call));
    let mut ways = ways.into_iter();
    let first = ways.next().ok_or("the gateway does not say which request this is about")?;
    match ways.all(|other| other == first) {
        true => Ok(first),
        false => Err("the request is described in ways that contradict each other"),
    }
}

/// A method and a target from two headers, of which neither means anything without the other.
fn said(headers: &HeaderMap, method: &HeaderName, target: &HeaderName) -> Result<Option<Asked>, &'static str> {
    match (single(headers, method)?, single(headers, target)?) {
        (Some(method), Some(target)) => Ok(Some((method, target))),
        (None, None) => Ok(None),
        _ => Err("the request is described by a method without a path, or by a path without a method"),
    }
}

/// A header that is there once. An empty one counts as absent.
fn single(headers: &HeaderMap, name: &HeaderName) -> Result<Option<String>, &'static str> {
    let mut values = headers.get_all(name).iter();
    let Some(value) = values.next() else { return Ok(None) };
    match (value.to_str(), values.next()) {
        (Ok(text), None) => Ok(Some(text.to_owned()).filter(|text| !text.is_empty())),
        _ => Err("a header that describes the request is there twice or is no text"),
    }
}

/// The call's own method, and what stands behind its own path, byte for byte.
fn own(call: &Call) -> Option<Asked> {
    let request = &call.request;
    let rest = request.path.splitn(SLASHES + 1, '/').nth(SLASHES)?;
    let query = if request.query.is_empty() { String::new() } else { format!("?{}", request.query) };
    Some((request.method.as_str().to_owned(), format!("/{rest}{query}")))
}

/// The headers that policies may see.
fn visible(headers: &HeaderMap) -> Map<String, Value> {
    let describes = |name: &HeaderName| SAID.iter().any(|(method, target)| name == method || name == target);
    let names = headers.keys().filter(|name| !SECRET.contains(name) && !describes(name));
    let values = |name: &HeaderName| {
        let values = headers.get_all(name).iter();
        values.map(|value| Value::String(String::from_utf8_lossy(value.as_bytes()).into_owned())).collect()
    };
    names.map(|name| (name.as_str().to_owned(), Value::Array(values(name)))).collect()
}

fn show(call: &Call, decision: Decision) -> Answer {
    let Decision { id, policy_id: _, verdict } = decision;
    let answer = match verdict.allow {
        true => Answer::empty(StatusCode::OK),
        false => denied(call, StatusCode::FORBIDDEN, &verdict, Some(&id)),
    };
    answer.header(DECISION, &id)
}

/// A denial without a decision.
fn refuse(call: &Call, code: &'static str, message: &str) -> Answer {
    let failed = Failed {
        validator: String::new(),
        index: 0,
        code: code.to_owned(),
        message: message.to_owned(),
        details: String::new(),
        policy: String::new(),
    };
    denied(call, StatusCode::FORBIDDEN, &Verdict { failures: vec![failed], ..Verdict::default() }, None)
}

/// Whoever has no token that is good for the service is told where to get one (RFC 9728 §5.1). Gateways hand a 401 on with its
/// challenge.
fn unauthorized(call: &Call, decision: Option<Decision>) -> Answer {
    let status = StatusCode::UNAUTHORIZED;
    match decision {
        Some(Decision { id, policy_id: _, verdict }) => denied(call, status, &verdict, Some(&id)).header(DECISION, &id),
        None => denied(call, status, &Verdict::default(), None),
    }
}

fn denied(call: &Call, status: StatusCode, verdict: &Verdict, id: Option<&str>) -> Answer {
    let failures: Vec<_> = verdict.failures.iter().cloned().map(verdicts::failing).collect();
    let recovery: Vec<_> = verdict.recovery.iter().cloned().map(verdicts::recovery).collect();
    let body = ErrorBody {
        status_code: status.as_u16(),
        error: "the request may not go on".to_owned(),
        details: json!({ "failures": failures, "recovery": recovery, "decision_id": id }),
    };
    call.json(status, &body)
}
