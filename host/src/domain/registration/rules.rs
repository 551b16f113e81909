//! What a client that registers itself may be, beyond what every client may.
//!
//! Called by `registration` before a transaction: it may fetch the document of a sector.

use crate::{
    crypto::Secret,
    domain::{
        Caller, Domain, Failure, Problem,
        client::{
            self, AuthMethod, Client, ClientScopes,
            security::{BackchannelClient, ClientSecurity},
        },
        issue::{BACKCHANNEL, JWT_BEARER, TOKEN_EXCHANGE},
        key_ring, proof,
        scope::{self, Scope},
        subject,
        token::CLIENT_CREDENTIALS,
    },
};

/// What a client says about itself.
#[derive(Debug, Default)]
pub struct Wanted {
    /// Its configuration. Its server, scopes and whatever administrators say about a client do not count.
    pub client: Client,
    /// The scopes it asks for; none leaves the choice to the server.
    pub scopes: Option<Vec<String>>,
    /// The algorithm it wants its ID tokens signed with.
    pub id_token_algorithm: Option<String>,
    /// The secret that it has already.
    pub secret: Option<Secret>,
}

/// What a client may ask people for when it names nothing: the scopes of OpenID Connect Core §5.4 and §11, each of which a
/// person has to grant.
const STANDARD: [&str; 6] = ["openid", "profile", "email", "phone", "address", "offline_access"];
/// The grants that end at a redirect URI.
const REDIRECTING: [&str; 2] = ["authorization_code", "implicit"];

/// The grants by which a client takes what a person has given to somebody else: for those that somebody vouches for.
const VOUCHED: [&str; 4] = ["password", TOKEN_EXCHANGE, JWT_BEARER, BACKCHANNEL];

/// The client as it will be: what it asks for, what the server adds, and what administrators have said about it before.
pub(super) async fn settle(
    domain: &Domain,
    tenant: &str,
    server: &str,
    id: &str,
    wanted: Wanted,
    (caller, old): (&Caller, Option<&Client>),
) -> Result<Client, Failure> {
    let Wanted { client, scopes, id_token_algorithm, secret: _ } = wanted;
    let anonymous = caller.bearer().is_none();
    let mut problems = fixed(domain, &client);
    for grant in VOUCHED {
        let has = |client: &Client| client.grant_types.iter().any(|one| one == grant);
        if anonymous && has(&client) && !old.is_some_and(has) {
            let reason = format!("`{grant}` is only for clients that register with a token");
            problems.push(Problem::new("/grant_types", reason));
        }
    }
    // Without a redirect URI the document of a sector would be held against nothing.
    let sectorless = client.security.pairwise && client.redirect_uris.is_empty();
    problems.extend(sectorless.then(|| Problem::new("/subject_type", "`pairwise` needs redirect URIs")));
    problems.extend(algorithms(domain, tenant, server, &client, id_token_algorithm.as_deref())?);
    let open = Open { anonymous, client: &client, old };
    let scopes = choose(domain, tenant, server, &open, scopes, &mut problems)?;
    Failure::unless_fine(problems)?;
    subject::check_document(domain, &client).await?;
    let name = if client.name.is_empty() { id.to_owned() } else { client.name };
    let mut said = old.cloned().unwrap_or_default();
    said.privacy.retain(|scope, _| scopes.contains(scope));
    let mut client = Client {
        server: server.to_owned(),
        name,
        scopes: ClientScopes::Only(scopes),
        description: said.description,
        audience: said.audience,
        token_form: said.token_form,
        consent_action: said.consent_action,
        privacy: said.privacy,
        secret_expires_at: said.secret_expires_at,
        developer: None,
        system: false,
        trusted: false,
        certificate: said.certificate,
        certificate_bound_tokens: client.certificate_bound_tokens || said.certificate_bound_tokens,
        security: still_demanded(&client.security, &said.security),
        self_registered: true,
        issued_at: 0,
        since: 0,
        ..client
    };
    if let Some(old) = old {
        client = client::inherit(client, old);
    }
    Ok(client)
}

/// What is demanded of its requests and its tokens stays demanded, whoever has said it first: a client does not let itself off.
fn still_demanded(security: &ClientSecurity, before: &ClientSecurity) -> ClientSecurity {
    ClientSecurity {
        require_pushed_requests: security.require_pushed_requests || before.require_pushed_requests,
        require_signed_requests: security.require_signed_requests || before.require_signed_requests,
        dpop_bound_tokens: security.dpop_bound_tokens || before.dpop_bound_tokens,
        backchannel_authentication: security.backchannel_authentication.clone().map(|asks| {
            let before = before.backchannel_authentication.clone().unwrap_or_default();
            let unsigned = asks.request_signing_alg.is_empty();
            BackchannelClient {
                request_signing_alg: if unsigned { before.request_signing_alg } else { asks.request_signing_alg },
                user_code: asks.user_code || before.user_code,
                ..asks
            }
        }),
        ..security.clone()
    }
}

fn fixed(domain: &Domain, client: &Client) -> Vec<Problem> {
    let redirects = client.grant_types.iter().any(|grant| REDIRECTING.contains(&grant.as_str()));
    let nowhere = (redirects && client.redirect_uris.is_empty())
        .then(|| Problem::new("/redirect_uris", "is required for the grants `authorization_code` and `implicit`"));
    // Whose name an authority vouches for is for an administrator to say.
    let mut methods = proof::methods(domain).filter(|method| *method != AuthMethod::TlsClientAuth);
    let method = (!methods.any(|method| method == client.auth_method)).then(|| {
        let reason = format!("`{}` is not a method of this server", client.auth_method.word());
        Problem::new("/token_endpoint_auth_method", reason)
    });
    let idle = (client.auth_method == AuthMethod::None && client.grant_types.iter().any(|grant| grant == "password"))
        .then(|| Problem::new("/grant_types", "a public client asks nobody for passwords"));
    let unseen = (client.certificate_bound_tokens && !domain.certificates.arrive()).then(|| {
        let reason = "no certificates of clients arrive at this server";
        Problem::new("/tls_client_certificate_bound_access_tokens", reason)
    });
    nowhere.into_iter().chain(method).chain(idle).chain(unseen).collect()
}

/// What the server cannot sign with, it does not promise.
fn algorithms(
    domain: &Domain,
    tenant: &str,
    server: &str,
    client: &Client,
    id_token: Option<&str>,
) -> Result<Vec<Problem>, Failure> {
    let mut problems = Vec::new();
    let signs = key_ring::signing(domain, tenant, server)?.algorithm().name();
    if id_token.is_some_and(|wanted| wanted != signs) {
        problems.push(Problem::new("/id_token_signed_response_alg", format!("must be `{signs}` on this server")));
    }
    let userinfo = client.userinfo_signed_response_alg.as_str();
    if !["", "none"].contains(&userinfo) && key_ring::signing_with(domain, tenant, server, userinfo)?.is_none() {
        problems.push(Problem::new("/userinfo_signed_response_alg", format!("must be `{signs}` or `none`")));
    }
    let answers = client.security.authorization_signing_alg.as_str();
    if !answers.is_empty() && key_ring::signing_with(domain, tenant, server, answers)?.is_none() {
        problems.push(Problem::new("/authorization_signed_response_alg", format!("must be `{signs}`")));
    }
    let introspection = client.security.introspection_signing_alg.as_str();
    if !introspection.is_empty() && key_ring::signing_with(domain, tenant, server, introspection)?.is_none() {
        problems.push(Problem::new("/introspection_signed_response_alg", format!("must be `{signs}`")));
    }
    Ok(problems)
}

/// For whom scopes are chosen.
struct Open<'a> {
    /// Whether it registers without an initial access token, or changes itself.
    anonymous: bool,
    client: &'a Client,
    old: Option<&'a Client>,
}

impl Open<'_> {
    /// Whether it may have a scope that no developer policy guards. What people have to grant is for everybody. The others
    /// are the server's own: not for whoever comes along, and not for tokens that nobody grants.
    fn may_have(&self, scope: &Scope) -> bool {
        let machine = |client: &Client| client.grant_types.iter().any(|grant| grant == CLIENT_CREDENTIALS);
        let has = |old: &&Client| matches!(&old.scopes, ClientScopes::Only(names) if names.contains(&scope.name));
        let had = self.old.filter(has).is_some_and(|old| machine(old) || !machine(self.client));
        STANDARD.contains(&scope.name.as_str()) || had || !(scope.system || self.anonymous || machine(self.client))
    }
}

/// The scopes it gets.
fn choose(
    domain: &Domain,
    tenant: &str,
    server: &str,
    open: &Open<'_>,
    asked: Option<Vec<String>>,
    problems: &mut Vec<Problem>,
) -> Result<Vec<String>, Failure> {
    let known = scope::list(domain, tenant, server)?;
    let unguarded = |name: &str| {
        let mut scopes = known.iter().map(|(_, state)| &state.value);
        scopes.find(|scope| scope.name == name && scope.developer_policy.is_none())
    };
    let Some(asked) = asked else {
        let people = open.client.grant_types.iter().any(|grant| REDIRECTING.contains(&grant.as_str()));
        let given = STANDARD.into_iter().filter(|name| people && unguarded(name).is_some());
        return Ok(given.map(str::to_owned).collect());
    };
    let refused = asked.iter().filter(|name| unguarded(name).is_some_and(|scope| !open.may_have(scope)));
    problems.extend(
        refused.map(|name| Problem::new("/scope", format!("`{name}` is not for clients that register themselves"))),
    );
    Ok(asked)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asks(request_signing_alg: &str, user_code: bool) -> ClientSecurity {
        let asks = BackchannelClient {
            notification_endpoint: None,
            request_signing_alg: request_signing_alg.to_owned(),
            user_code,
        };
        ClientSecurity { backchannel_authentication: Some(asks), ..ClientSecurity::default() }
    }

    #[test]
    fn a_client_does_not_let_itself_off_what_it_shows_when_it_asks_people_elsewhere() {
        let (lax, strict) = (asks("", false), asks("ES256", true));
        assert_eq!(still_demanded(&lax, &strict), strict);
        assert_eq!(still_demanded(&strict, &lax), strict);
        assert_eq!(still_demanded(&asks("PS256", false), &strict), asks("PS256", true));
        assert_eq!(still_demanded(&lax, &ClientSecurity::default()), lax);
    }
}
