//! The `openidconnect` crate against a running Portcullis.
//!
//! Run by `tests/it/interop.rs`, which sets ISSUER, REGISTRAR_ID and REGISTRAR_SECRET (a client that may register others),
//! USERNAME and PASSWORD. Signatures, `iss`, `aud` and nonce are checked by the crate. It knows no `private_key_jwt` and no
//! `iss` in the answer of the authorization endpoint (RFC 9207): openid-client and Authlib show those.

mod browser;

use std::{collections::BTreeMap, env, error::Error, process::exit};

use openidconnect::{
    AccessToken, AccessTokenHash, AdditionalProviderMetadata, AuthorizationCode, ClientId, ClientName, ClientSecret,
    CsrfToken, DeviceAuthorizationUrl, EndSessionUrl, HttpRequest, HttpResponse, IntrospectionUrl, IssuerUrl,
    LogoutRequest, Nonce, OAuth2TokenResponse, PkceCodeChallenge, PostLogoutRedirectUrl, ProviderMetadata, RedirectUrl,
    RefreshToken, RequestTokenError, ResponseTypes, RevocationUrl, Scope, TokenIntrospectionResponse, TokenResponse,
    core::*,
    registration::{AdditionalClientMetadata, ClientRegistrationRequest, EmptyAdditionalClientRegistrationResponse},
};
use serde::{Deserialize, Serialize};

use browser::Browser;

type Outcome<T = ()> = Result<T, Box<dyn Error>>;

/// Where the authorization endpoint sends the person. Nobody listens: the walk ends before it.
const CALLBACK: &str = "http://127.0.0.1:9/callback";
/// Where logout sends the person.
const GOODBYE: &str = "http://127.0.0.1:9/goodbye";
/// What is asked for.
const SCOPES: [&str; 3] = ["profile", "email", "offline_access"];

/// Endpoints that OpenID Connect Discovery itself does not have.
#[derive(Clone, Debug, Deserialize, Serialize)]
struct Endpoints {
    introspection_endpoint: IntrospectionUrl,
    revocation_endpoint: RevocationUrl,
    end_session_endpoint: EndSessionUrl,
    device_authorization_endpoint: DeviceAuthorizationUrl,
}

impl AdditionalProviderMetadata for Endpoints {}

/// Metadata that OpenID Connect Registration itself does not have.
#[derive(Clone, Debug, Deserialize, Serialize)]
struct More {
    scope: String,
    post_logout_redirect_uris: Vec<PostLogoutRedirectUrl>,
}

impl AdditionalClientMetadata for More {}

type Provider = ProviderMetadata<
    Endpoints,
    CoreAuthDisplay,
    CoreClientAuthMethod,
    CoreClaimName,
    CoreClaimType,
    CoreGrantType,
    CoreJweContentEncryptionAlgorithm,
    CoreJweKeyManagementAlgorithm,
    CoreJsonWebKey,
    CoreResponseMode,
    CoreResponseType,
    CoreSubjectIdentifierType,
>;

type Registration = ClientRegistrationRequest<
    More,
    EmptyAdditionalClientRegistrationResponse,
    CoreApplicationType,
    CoreClientAuthMethod,
    CoreRegisterErrorResponseType,
    CoreGrantType,
    CoreJweContentEncryptionAlgorithm,
    CoreJweKeyManagementAlgorithm,
    CoreJsonWebKey,
    CoreResponseType,
    CoreSubjectIdentifierType,
>;

/// A client that is ready for everything.
macro_rules! client {
    ($provider:expr, $id:expr, $secret:expr) => {{
        let more = $provider.additional_metadata();
        // The crate revokes over https only; [`send`] is the proxy that ends it here.
        let revocation = RevocationUrl::new(more.revocation_endpoint.replace("http://", "https://"))?;
        CoreClient::from_provider_metadata($provider.clone(), $id, Some($secret))
            .set_redirect_uri(RedirectUrl::new(CALLBACK.to_owned())?)
            .set_introspection_url(more.introspection_endpoint.clone())
            .set_revocation_url(revocation)
    }};
}

/// One request, without following redirects.
fn send(request: HttpRequest) -> Result<HttpResponse, ureq::Error> {
    let config = ureq::Agent::config_builder().http_status_as_error(false).max_redirects(0).build();
    let (mut head, body) = request.into_parts();
    head.uri = head.uri.to_string().replace("https://", "http://").parse().map_err(ureq::http::Error::from)?;
    let agent = config.new_agent();
    let answer = match body.is_empty() && head.method != ureq::http::Method::POST {
        true => agent.run(ureq::http::Request::from_parts(head, ()))?,
        false => agent.run(ureq::http::Request::from_parts(head, body))?,
    };
    let (head, mut body) = answer.into_parts();
    Ok(HttpResponse::from_parts(head, body.read_to_vec()?))
}

/// What the test hands over.
fn given(name: &str) -> String {
    env::var(name).unwrap_or_else(|_| panic!("{name} is not set: see tests/it/interop.rs"))
}

/// Runs a step and says so; the first that fails ends the program.
fn step<T>(name: &str, run: impl FnOnce() -> Outcome<T>) -> T {
    match run() {
        Ok(result) => {
            println!("ok    {name}");
            result
        }
        Err(error) => {
            println!("FAIL  {name}");
            let mut cause: Option<&dyn Error> = Some(&*error);
            while let Some(error) = cause {
                eprintln!("{error}");
                cause = error.source();
            }
            exit(1);
        }
    }
}

/// Fails a step unless it holds.
fn ensure(holds: bool, what: &str) -> Outcome {
    if holds { Ok(()) } else { Err(what.to_owned().into()) }
}

/// Expects an error of the token endpoint.
fn refused<T>(
    expected: CoreErrorResponseType,
    outcome: Result<T, RequestTokenError<ureq::Error, openidconnect::StandardErrorResponse<CoreErrorResponseType>>>,
) -> Outcome {
    match outcome {
        Err(RequestTokenError::ServerResponse(response)) if *response.error() == expected => Ok(()),
        Err(error) => Err(error.into()),
        Ok(_) => Err("it was not refused".into()),
    }
}

/// The parameters of the address at which the client is reached.
fn parameters(url: &str) -> BTreeMap<&str, &str> {
    let (_, query) = url.split_once('?').unwrap_or_default();
    query.split('&').filter_map(|pair| pair.split_once('=')).collect()
}

fn main() {
    let issuer = given("ISSUER");
    let home = issuer.splitn(4, '/').take(3).collect::<Vec<_>>().join("/");
    let mut person = Browser::new(&home, (given("USERNAME"), given("PASSWORD")));
    let registrar = (ClientId::new(given("REGISTRAR_ID")), ClientSecret::new(given("REGISTRAR_SECRET")));

    let provider = step("discovery, and the keys", || {
        let found = Provider::discover(&IssuerUrl::new(issuer)?, &send)?;
        ensure(!found.jwks().keys().is_empty(), "there are no keys")?;
        Ok(found)
    });
    let initial = step("client_credentials", || initial_token(&provider, &registrar));
    step("a wrong secret is refused", || {
        let client = client!(provider, registrar.0.clone(), ClientSecret::new("wrong".to_owned()));
        refused(CoreErrorResponseType::InvalidClient, client.exchange_client_credentials()?.request(&send))
    });
    let (id, secret) = step("registration with an initial access token", || register(&provider, initial));
    let tokens =
        step("code flow with PKCE, state and nonce; userinfo", || log_in(&provider, &mut person, &id, &secret));
    let refreshed = step("refresh with rotation", || refresh(&provider, &id, &secret, &tokens));
    step("introspection and revocation", || revoke(&provider, &id, &secret, refreshed));
    step("a device, and the person who says yes to it", || connect(&provider, &mut person, &id, &secret));
    step("logout", || {
        let url = LogoutRequest::from(provider.additional_metadata().end_session_endpoint.clone())
            .set_id_token_hint(tokens.id_token().ok_or("no ID token")?)
            .set_post_logout_redirect_uri(PostLogoutRedirectUrl::new(GOODBYE.to_owned())?)
            .set_state(CsrfToken::new("bye".to_owned()))
            .http_get_url();
        ensure(person.walk(url.as_str())? == format!("{GOODBYE}?state=bye"), "not sent back")
    });
}

fn initial_token(provider: &Provider, (id, secret): &(ClientId, ClientSecret)) -> Outcome<AccessToken> {
    let client = client!(provider, id.clone(), secret.clone());
    let tokens =
        client.exchange_client_credentials()?.add_scope(Scope::new("dcr_register".to_owned())).request(&send)?;
    Ok(tokens.access_token().clone())
}

fn register(provider: &Provider, initial: AccessToken) -> Outcome<(ClientId, ClientSecret)> {
    let more = More {
        scope: format!("openid {}", SCOPES.join(" ")),
        post_logout_redirect_uris: vec![PostLogoutRedirectUrl::new(GOODBYE.to_owned())?],
    };
    let name = ClientName::new("A shop in Rust".to_owned());
    let answer = Registration::new(vec![RedirectUrl::new(CALLBACK.to_owned())?], more)
        .set_initial_access_token(Some(initial))
        .set_client_name(Some([(None, name)].into_iter().collect()))
        .set_grant_types(Some(vec![
            CoreGrantType::AuthorizationCode,
            CoreGrantType::RefreshToken,
            CoreGrantType::DeviceCode,
        ]))
        .set_response_types(Some(vec![ResponseTypes::new(vec![CoreResponseType::Code])]))
        .set_token_endpoint_auth_method(Some(CoreClientAuthMethod::ClientSecretBasic))
        .register(provider.registration_endpoint().ok_or("no registration endpoint")?, &send)?;
    ensure(answer.registration_access_token().is_some(), "no registration access token")?;
    Ok((answer.client_id().clone(), answer.client_secret().ok_or("no secret")?.clone()))
}

fn log_in(
    provider: &Provider,
    person: &mut Browser,
    id: &ClientId,
    secret: &ClientSecret,
) -> Outcome<CoreTokenResponse> {
    let client = client!(provider, id.clone(), secret.clone());
    let (challenge, verifier) = PkceCodeChallenge::new_random_sha256();
    let (url, state, nonce) = client
        .authorize_url(CoreAuthenticationFlow::AuthorizationCode, CsrfToken::new_random, Nonce::new_random)
        .add_scopes(SCOPES.map(|scope| Scope::new(scope.to_owned())))
        .set_pkce_challenge(challenge)
        .url();
    let back = person.walk(url.as_str())?;
    let answer = parameters(&back);
    ensure(answer.get("state").is_some_and(|found| found == state.secret()), "the state is another")?;
    let code = AuthorizationCode::new((*answer.get("code").ok_or("no code")?).to_owned());
    let tokens = client.exchange_code(code)?.set_pkce_verifier(verifier).request(&send)?;
    let id_token = tokens.id_token().ok_or("no ID token")?;
    let verifier = client.id_token_verifier();
    let claims = id_token.claims(&verifier, &nonce)?;
    let hash = claims.access_token_hash().ok_or("no at_hash")?;
    let (alg, key) = (id_token.signing_alg()?, id_token.signing_key(&verifier)?);
    ensure(*hash == AccessTokenHash::from_token(tokens.access_token(), alg, key)?, "at_hash is of another token")?;
    let subject = claims.subject().clone();
    let info = client.user_info(tokens.access_token().clone(), Some(subject))?;
    let info: CoreUserInfoClaims = info.request(&send)?;
    ensure(info.email().is_some_and(|email| email.as_str() == "alice@example.com"), "userinfo has another address")?;
    Ok(tokens)
}

fn refresh(
    provider: &Provider,
    id: &ClientId,
    secret: &ClientSecret,
    tokens: &CoreTokenResponse,
) -> Outcome<CoreTokenResponse> {
    let client = client!(provider, id.clone(), secret.clone());
    let old = tokens.refresh_token().ok_or("no refresh token")?;
    let fresh = client.exchange_refresh_token(old)?.request(&send)?;
    let new = fresh.refresh_token().ok_or("no new refresh token")?;
    ensure(new.secret() != old.secret(), "the refresh token was not rotated")?;
    Ok(fresh)
}

fn revoke(provider: &Provider, id: &ClientId, secret: &ClientSecret, tokens: CoreTokenResponse) -> Outcome {
    let client = client!(provider, id.clone(), secret.clone());
    let active = || -> Outcome<bool> { Ok(client.introspect(tokens.access_token()).request(&send)?.active()) };
    ensure(active()?, "the token is not active")?;
    let refresh: RefreshToken = tokens.refresh_token().ok_or("no refresh token")?.clone();
    client.revoke_token(refresh.clone().into())?.request(&send)?;
    ensure(!active()?, "the token is still active")?;
    refused(CoreErrorResponseType::InvalidGrant, client.exchange_refresh_token(&refresh)?.request(&send))
}

fn connect(provider: &Provider, person: &mut Browser, id: &ClientId, secret: &ClientSecret) -> Outcome {
    let endpoint = provider.additional_metadata().device_authorization_endpoint.clone();
    let client = client!(provider, id.clone(), secret.clone()).set_device_authorization_url(endpoint);
    let device = client.exchange_device_code().add_scope(Scope::new("profile".to_owned()));
    let waiting: CoreDeviceAuthorizationResponse = device.request(&send)?;
    person.connect(waiting.verification_uri_complete().ok_or("no link")?.secret())?;
    let tokens = client.exchange_device_access_token(&waiting)?.request(&send, std::thread::sleep, None)?;
    let id_token = tokens.id_token().ok_or("no ID token")?;
    let claims = id_token.claims(&client.id_token_verifier(), |_: Option<&Nonce>| Ok(()))?;
    ensure(claims.subject().as_str() == given("USERNAME"), "the ID token is about somebody else")
}
