//! The way to a provider: the authorization request (OpenID Connect Core §3.1.2.1) that a browser takes there.

use super::{
    discovery,
    errand::{self, Errand, Of},
    usable,
};
use crate::domain::{
    Domain, Failure,
    authentication::{Account, Authentication},
    authorize::{AuthorizationRequest, Browser},
    login, server, text,
};

/// The URL at the provider of `method` to which the browser goes on with its login. An earlier one is worth nothing afterwards.
pub async fn begin(
    domain: &Domain,
    tenant: &str,
    server_id: &str,
    login_id: &str,
    method: &Authentication,
    browser: &Browser,
) -> Result<String, Failure> {
    let server = server::current(domain, tenant, server_id)?;
    let login = login::of_browser(domain, tenant, (server_id, &server.value), login_id, browser)?;
    let (method, provider, account) = usable(&server.value, &method.id)?;
    let found = discovery::of(domain, provider).await;
    let found = found.map_err(|trouble| trouble.into_failure(tenant, server_id, &method.id))?;
    let errand = Errand {
        method: method.id.clone(),
        client_id: account.client_id.clone(),
        redirect_uri: redirect_uri(domain, tenant, server_id, account),
        state: errand::state(domain, login_id),
        nonce: errand::random(domain),
        verifier: errand::random(domain),
        // Whoever is known already and comes here nevertheless has to prove it once more.
        fresh: login.request.prompt.login || login.request.max_age.is_some() || login.identity.is_some(),
        since: domain.world.now_seconds(),
        provider: found,
    };
    let url = url(&errand, account, &login.request);
    let sealed = errand.seal(domain, Of { tenant, server: server_id, login: login_id })?;
    let change = move |login: &mut login::Login| {
        login.errand = Some(sealed.clone());
        Ok(())
    };
    login::change(domain, tenant, login_id, change).await?;
    Ok(url)
}

/// Where the provider sends people back to: our own page, unless the account has another one.
fn redirect_uri(domain: &Domain, tenant: &str, server: &str, account: &Account) -> String {
    let own = || format!("{}/callback", domain.issuer(tenant, server));
    account.redirect_url.clone().unwrap_or_else(own)
}

fn url(errand: &Errand, account: &Account, request: &AuthorizationRequest) -> String {
    let (scope, challenge) = (scope(&account.scopes), errand.challenge());
    let (max_age, locales) = (request.max_age.map(|seconds| seconds.to_string()), request.ui_locales.join(" "));
    let prompt = match errand.fresh {
        true => Some("login"),
        false => request.prompt.select_account.then_some("select_account"),
    };
    let mut query = vec![
        ("response_type", "code"),
        ("client_id", &account.client_id),
        ("redirect_uri", &errand.redirect_uri),
        ("scope", &scope),
        ("state", &errand.state),
        ("nonce", &errand.nonce),
        ("code_challenge", &challenge),
        ("code_challenge_method", "S256"),
    ];
    query.extend(prompt.map(|prompt| ("prompt", prompt)));
    query.extend(max_age.as_deref().map(|max_age| ("max_age", max_age)));
    query.extend(request.login_hint.as_deref().map(|hint| ("login_hint", hint)));
    query.extend((!locales.is_empty()).then_some(("ui_locales", locales.as_str())));
    text::with_query(&errand.provider.authorization_endpoint, &query)
}

/// What is asked for: the scopes of the account, and `openid` always.
fn scope(scopes: &[String]) -> String {
    let others = scopes.iter().map(String::as_str).filter(|scope| *scope != "openid");
    std::iter::once("openid").chain(others).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn openid_is_always_asked_for_and_once() {
        let scopes = |list: &[&str]| scope(&list.iter().map(|one| (*one).to_owned()).collect::<Vec<_>>());
        assert_eq!(scopes(&[]), "openid");
        assert_eq!(scopes(&["email", "openid", "profile"]), "openid email profile");
    }
}
