//! Whether a request that reached a gateway may go on: the API it is meant for, and the policy of that API.
//!
//! Called for every request that gateways let through or turn away, so nothing here reads more than a few records that are
//! at hand. An API that nobody knows is denied, and so is everything that could be read in two ways.

use serde_json::{Map, Value, json};

use super::{
    Caller, Credentials, Domain, Failure,
    api::Api,
    api_table::Found,
    client::{self, ClientScopes},
    credential,
    decide::{self, Decision, Question},
    gateway::{self, Gateway},
    gateway_activity, gateway_configuration,
    permit::{READ_GATEWAY, SYSTEM_SERVER},
    possession::{Evidence, Presented},
    request_target::{self, Target},
    resource,
    service::Service,
    token,
};
use crate::{crypto::Secret, decision::Input};

/// How a gateway proves itself.
pub enum Proof {
    /// Its client's id, and what its secret may be.
    Secret(String, Vec<Secret>),
    /// A token of its client.
    Token(String),
}

/// A request as the gateway has received it.
pub struct Received<'a> {
    /// The method.
    pub method: &'a str,
    /// Path and query, as they were sent.
    pub target: &'a str,
    /// The headers that policies may see, in lower case, each with a list of values.
    pub headers: Map<String, Value>,
    /// The token of whoever sent it. One that is bound to a certificate is refused, which only the gateway has seen.
    pub token: Option<Presented<'a>>,
    /// The DPoP proofs beside it. They are about an address of the gateway, which is known where the service is a resource: its
    /// identifier says how clients reach it. Elsewhere tokens that are bound to a key are refused.
    pub proofs: Vec<&'a str>,
}

/// What is asked.
pub struct Enforced<'a> {
    /// The tenant.
    pub tenant: &'a str,
    /// The gateway's id.
    pub gateway: &'a str,
    /// The request.
    pub received: Received<'a>,
    /// For finding the decision again.
    pub request_id: &'a str,
}

/// What the gateway is to do.
pub enum Outcome {
    /// Let it pass: the API has no policy.
    Open,
    /// What the policy of the API says.
    Decided(Decision),
    /// Tell whoever sent it where to get a token for this service: there was none that is good there, and the policy, if it was
    /// asked, said no.
    Challenge {
        /// The authorization server.
        server: String,
        /// The service, which is a resource.
        service: String,
        /// What is wrong with the token.
        credentials: Credentials,
        /// What the policy said.
        decision: Option<Decision>,
    },
    /// Turn it away: no policy was asked.
    Refused {
        /// A stable word.
        code: &'static str,
        /// A sentence for people.
        message: String,
    },
}

/// Lets only the gateway's own client ask. Whatever is wrong with its credentials is answered alike, and as a lack of
/// rights: gateways hand our answer on, and nobody behind one could do anything about credentials that are missing here.
pub async fn authenticate(
    domain: &Domain,
    tenant: &str,
    gateway: &str,
    proof: Option<Proof>,
) -> Result<Caller, Failure> {
    let forbidden =
        || Failure::Forbidden { needs: "the gateway's own credentials in X-Gateway-Authorization".to_owned() };
    let found = match gateway::current(domain, tenant, gateway) {
        Err(Failure::NotFound { .. }) => return Err(forbidden()),
        found => found?,
    };
    let caller = match proof {
        Some(Proof::Secret(client_id, candidates)) => {
            by_secret(domain, tenant, &found.value, client_id, candidates).await?
        }
        Some(Proof::Token(text)) => by_token(domain, tenant, &found.value, &text)?,
        None => None,
    };
    caller.ok_or_else(forbidden)
}

async fn by_secret(
    domain: &Domain,
    tenant: &str,
    gateway: &Gateway,
    client_id: String,
    candidates: Vec<Secret>,
) -> Result<Option<Caller>, Failure> {
    if client_id != gateway.client_id || !credential::verify(domain, tenant, &client_id, candidates).await? {
        return Ok(None);
    }
    let client = match client::current(domain, tenant, &client_id) {
        Err(Failure::NotFound { .. }) => return Ok(None),
        client => client?,
    };
    let may_ask = match &client.value.scopes {
        ClientScopes::AllOfServer => true,
        ClientScopes::Only(scopes) => scopes.iter().any(|scope| scope == READ_GATEWAY),
    };
    let may_send = client.value.may_send_secret(domain.world.now_seconds());
    let right = client.value.server == SYSTEM_SERVER && may_ask && may_send;
    Ok(right.then(|| Caller::Client { tenant: tenant.to_owned(), server: SYSTEM_SERVER.to_owned(), client_id }))
}

fn by_token(domain: &Domain, tenant: &str, gateway: &Gateway, text: &str) -> Result<Option<Caller>, Failure> {
    let bearer = match token::verify(domain, tenant, &Presented::bare(text)) {
        Err(Failure::Unauthenticated(_)) => return Ok(None),
        bearer => bearer?,
    };
    let own = bearer.server == SYSTEM_SERVER && bearer.client_id == gateway.client_id;
    let right = own && bearer.scopes.iter().any(|scope| scope == READ_GATEWAY);
    Ok(right.then_some(Caller::Bearer(bearer)))
}

/// Decides about a request. `caller` is the gateway, see [`authenticate`].
pub async fn enforce(domain: &Domain, caller: &Caller, asked: Enforced<'_>) -> Result<Outcome, Failure> {
    let Enforced { tenant, gateway, received, request_id } = asked;
    let configuration = gateway_configuration::current(domain, tenant, gateway)?;
    gateway_activity::note(domain, tenant, gateway, &configuration.active);
    let target = match request_target::read(received.target) {
        Ok(target) => target,
        Err(reason) => return Ok(refused("unclear_request", reason)),
    };
    let (place, params) = match configuration.table.find(received.method, &target.segments) {
        Found::Api { place, params } => (place, params),
        Found::Nothing => return Ok(refused("unknown_api", "no API has this method and path")),
        Found::Unclear(reason) => return Ok(refused("unclear_request", reason)),
    };
    let Some((id, api)) = configuration.apis.get(place) else {
        return Err(Failure::Internal { log: "an API table without its APIs".to_owned() });
    };
    let Some(policy) = &api.policy else { return Ok(Outcome::Open) };
    let server = configuration.gateway.server.as_str();
    let resource = resource(domain, tenant, api)?;
    let has_token = received.token.is_some();
    let challenge = |credentials, decision| {
        let [server, service] = [server, &api.service].map(str::to_owned);
        Outcome::Challenge { server, service, credentials, decision }
    };
    let user = match user(domain, tenant, (server, resource.as_deref()), &received) {
        Err(Failure::Unauthenticated(credentials)) if resource.is_some() => return Ok(challenge(credentials, None)),
        user => user?,
    };
    let params = params.into_iter().map(|(name, value)| (name.to_owned(), Value::String(value))).collect();
    let input = input(received, target, params, user, (id, api));
    let question = Question { tenant, server, input, request_id };
    let decision = decide::by_policy(domain, caller, question, policy).await?;
    Ok(match resource.is_some() && !has_token && !decision.verdict.allow {
        true => challenge(Credentials::Missing, Some(decision)),
        false => Outcome::Decided(decision),
    })
}

fn refused(code: &'static str, message: impl Into<String>) -> Outcome {
    Outcome::Refused { code, message: message.into() }
}

/// What is known of whoever sent the request.
#[derive(Default)]
struct User {
    /// The claims of the token.
    claims: Map<String, Value>,
    /// The client that the token was issued to, and its owner.
    contexts: Map<String, Value>,
    /// `user` or `client` with its id; empty without a token.
    subject: Map<String, Value>,
}

/// The identifier of an API's service.
fn resource(domain: &Domain, tenant: &str, api: &Api) -> Result<Option<String>, Failure> {
    let service = domain.store.current::<Service>(tenant, &api.service, domain.now())?;
    Ok(service.and_then(|service| service.value.resource.clone()))
}

/// Reads the token of whoever sent the request: it must be one of the server that the gateway belongs to, and not one for other
/// resources only.
fn user(
    domain: &Domain,
    tenant: &str,
    (server, resource): (&str, Option<&str>),
    received: &Received<'_>,
) -> Result<User, Failure> {
    let Some(Presented { token, scheme, evidence: _ }) = received.token else { return Ok(User::default()) };
    let evidence = resource.and_then(resource::origin).map(|origin| witnessed(received, origin));
    let (bearer, claims) = token::claims(domain, tenant, &Presented { token, scheme, evidence })?;
    if bearer.server != server {
        return Err(Failure::Unauthenticated(Credentials::Invalid));
    }
    let client = client::current(domain, tenant, &bearer.client_id)?;
    if !is_for(&claims, &client.value.audience, resource) {
        return Err(Failure::Unauthenticated(Credentials::Invalid));
    }
    // Not by its name: somebody may be called like a client (RFC 9068 §5).
    let kind = if bearer.grant.is_none() { "client" } else { "user" };
    let mut contexts = Map::new();
    contexts.insert(
        "client".to_owned(),
        json!({
            "client_id": bearer.client_id,
            "client_name": client.value.name,
            "authorization_server_id": client.value.server,
            "grant_types": client.value.grant_types,
            "trusted": client.value.trusted,
        }),
    );
    if let Some(developer) = &client.value.developer {
        contexts.insert("developer".to_owned(), json!({ "id": developer }));
    }
    let subject = [("type", kind), ("id", &bearer.subject)].map(|(name, value)| (name.to_owned(), json!(value)));
    Ok(User { claims, contexts, subject: subject.into_iter().collect() })
}

/// What a request shows of keys, as the gateway has received it at this address.
fn witnessed<'a>(received: &Received<'a>, origin: &'a str) -> Evidence<'a> {
    let Received { method, target: path, ref proofs, .. } = *received;
    Evidence { origin: Some(origin), method, path, proofs: proofs.clone(), certificates: &[], ahead: false }
}

/// Whether a token may be shown here: it is for this resource, or for none in particular, which has the issuer and whom its client
/// names as audience. One for another resource would be good for whoever got it there.
fn is_for(claims: &Map<String, Value>, of_client: &[String], resource: Option<&str>) -> bool {
    let issuer = claims.get("iss").and_then(Value::as_str).unwrap_or_default();
    let audience = claims.get("aud").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str);
    let audience: Vec<&str> = audience.collect();
    let general = token::is_general(audience.iter().copied(), issuer, of_client);
    general || resource.is_some_and(|resource| audience.contains(&resource))
}

/// What the policy sees.
fn input(
    received: Received<'_>,
    target: Target,
    params: Map<String, Value>,
    user: User,
    (id, api): (&str, &Api),
) -> Input {
    let Received { method, target: _, headers, token: _, proofs: _ } = received;
    let Target { path, segments: _, query } = target;
    let object = |members: Vec<(&str, Value)>| {
        members.into_iter().map(|(name, value)| (name.to_owned(), value)).collect::<Map<_, _>>()
    };
    Input {
        authn_ctx: user.claims,
        contexts: user.contexts,
        request: object(vec![
            ("method", json!(method)),
            ("path", json!(path)),
            ("headers", Value::Object(headers)),
            ("path_params", Value::Object(params)),
            ("query_params", Value::Object(query)),
        ]),
        subject: user.subject,
        action: object(vec![("name", json!(method))]),
        resource: object(vec![
            ("type", json!("api")),
            ("id", json!(id)),
            ("properties", json!({ "service": api.service, "method": api.method, "path": api.path })),
        ]),
        ..Input::default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_for_another_resource_is_none_here() {
        let is_for = |audience: &[&str], resource| {
            let claims = json!({ "iss": "https://id.example/default/shop", "aud": audience });
            let named = ["https://named.example".to_owned()];
            is_for(claims.as_object().unwrap(), &named, resource)
        };
        let (us, here, there) = ("https://id.example/default/shop", "https://here.example", "https://there.example");
        assert!(is_for(&[us], None) && is_for(&[us], Some(here)) && is_for(&[us, "https://named.example"], Some(here)));
        assert!(is_for(&[here], Some(here)) && is_for(&[here, us], Some(here)) && is_for(&[there, here], Some(here)));
        assert!(!is_for(&[there], Some(here)) && !is_for(&[there, us], Some(here)) && !is_for(&[there, us], None));
        assert!(!is_for(&[], Some(here)), "one for nobody is for nobody");
        let named = "https://named.example";
        assert!(
            !is_for(&[named], Some(here)) && !is_for(&[named, us], None),
            "one for whom the client names is for them"
        );
    }
}
