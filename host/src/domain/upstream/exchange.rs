//! The code for tokens (OpenID Connect Core §3.1.3.1): the one request that shows our secret.

use data_encoding::BASE64;
use form_urlencoded::{Serializer, byte_serialize};
use serde::Deserialize;

use super::{Trouble, errand::Errand};
use crate::{
    crypto::Secret,
    domain::{Domain, fetch::Question},
};

/// What a provider gives for a code.
pub(super) struct Tokens {
    /// For userinfo and the like.
    pub(super) access: Secret,
    /// About the person.
    pub(super) id: Secret,
}

/// A successful answer (OpenID Connect Core §3.1.3.3).
#[derive(Deserialize)]
struct Answer {
    access_token: String,
    token_type: String,
    id_token: String,
}

/// An error answer (RFC 6749 §5.2).
#[derive(Deserialize)]
struct Refusal {
    error: String,
}

/// Asks the token endpoint that was found when the person was sent there, whatever the method says now.
pub(super) async fn tokens(
    domain: &Domain,
    errand: &Errand,
    secret: Option<&Secret>,
    code: &str,
) -> Result<Tokens, Trouble> {
    let url = errand.provider.token_endpoint.as_str();
    let basic = secret.filter(|_| errand.provider.basic);
    let authorization = basic.map(|secret| header(&errand.client_id, secret));
    let form = form(errand, code, secret.filter(|_| basic.is_none()), basic.is_none());
    let question = Question { url, authorization: authorization.as_ref(), form: Some(&form) };
    let reply = domain.outbound.ask(question).await;
    let reply = reply.map_err(|failure| Trouble::unavailable(format!("{url} {failure}")))?;
    match reply.status {
        200 => read(&reply.body),
        400 | 401 | 403 => Err(refused(url, &reply.body)),
        status => Err(Trouble::unavailable(format!("{url} answered with status {status}"))),
    }
}

/// The form, with our id and secret unless they are in the header.
fn form(errand: &Errand, code: &str, secret: Option<&Secret>, id: bool) -> Secret {
    let mut form = Serializer::new(String::new());
    form.append_pair("grant_type", "authorization_code")
        .append_pair("code", code)
        .append_pair("redirect_uri", &errand.redirect_uri)
        .append_pair("code_verifier", &errand.verifier);
    if id {
        form.append_pair("client_id", &errand.client_id);
    }
    if let Some(secret) = secret {
        form.append_pair("client_secret", secret.expose());
    }
    Secret::new(form.finish())
}

fn read(body: &[u8]) -> Result<Tokens, Trouble> {
    let Answer { access_token, token_type, id_token } =
        serde_json::from_slice(body).map_err(|_| "its token endpoint does not answer with tokens")?;
    if !token_type.eq_ignore_ascii_case("bearer") {
        return Err("its access token is of another type than Bearer".into());
    }
    Ok(Tokens { access: Secret::new(access_token), id: Secret::new(id_token) })
}

/// A code that is wrong, or was used before, is no fault of anybody's; a secret that is wrong is the operator's to mend.
fn refused(url: &str, body: &[u8]) -> Trouble {
    let error = serde_json::from_slice::<Refusal>(body).map(|refusal| refusal.error).unwrap_or_default();
    let error: String = error.chars().filter(char::is_ascii_graphic).take(100).collect();
    tracing::warn!(url, error, "a provider gives no tokens for a code");
    "it gives no tokens for the code".into()
}

/// client_secret_basic: both parts are form-encoded first (RFC 6749 §2.3.1).
pub(in crate::domain) fn header(client_id: &str, secret: &Secret) -> Secret {
    let encoded = |text: &str| byte_serialize(text.as_bytes()).collect::<String>();
    let pair = Secret::new(format!("{}:{}", encoded(client_id), encoded(secret.expose())));
    Secret::new(format!("Basic {}", BASE64.encode(pair.expose().as_bytes())))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn id_and_secret_are_encoded_before_they_are_joined() {
        let header = header("a:b", &Secret::new("x y"));
        let pair = BASE64.decode(header.expose().strip_prefix("Basic ").unwrap().as_bytes()).unwrap();
        assert_eq!(pair, b"a%3Ab:x+y");
    }
}
