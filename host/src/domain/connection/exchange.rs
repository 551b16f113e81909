//! The token endpoint of a provider: a code, or a refresh token, for tokens (RFC 6749 §4.1.3, §6).
//!
//! Called by `authorize` and `tokens`. The one request that shows our secret. Nothing that the provider answers is repeated to
//! anybody but the words of the protocol.

use form_urlencoded::Serializer;
use serde::Deserialize;
use serde_json::Value;

use super::{Connection, account};
use crate::{
    crypto::Secret,
    domain::{Domain, Failure, fetch::Question, upstream},
};

/// How long an access token is taken for good when the provider does not say, in seconds.
const UNTOLD: i64 = 3600;
/// The longest life that is believed, in seconds.
const LONGEST: i64 = 366 * 24 * 3600;
/// The longest token, in bytes.
const TOKEN: usize = 64 * 1024;

/// The errors of the protocol (RFC 6749 §4.1.2.1, §5.2; OpenID Connect Core §3.1.2.6). Anything else that a provider may say
/// is not repeated: it could be a secret.
const ERRORS: [&str; 13] = [
    "access_denied",
    "account_selection_required",
    "consent_required",
    "interaction_required",
    "invalid_client",
    "invalid_grant",
    "invalid_request",
    "invalid_scope",
    "login_required",
    "server_error",
    "temporarily_unavailable",
    "unauthorized_client",
    "unsupported_grant_type",
];

/// What tokens are given for.
pub(super) enum Shown<'a> {
    /// A code, with the verifier of its request.
    Code { code: &'a str, verifier: &'a Secret, redirect_uri: &'a str },
    /// A refresh token.
    Refresh(&'a Secret),
}

/// What a provider gives.
pub(super) struct Given {
    pub(super) access: Secret,
    pub(super) refresh: Option<Secret>,
    pub(super) scope: Option<String>,
    pub(super) expires_in: i64,
}

/// A successful answer (RFC 6749 §5.1).
#[derive(Deserialize)]
struct Answer {
    access_token: String,
    token_type: String,
    #[serde(default)]
    expires_in: Value,
    refresh_token: Option<String>,
    scope: Option<String>,
}

/// An error answer (RFC 6749 §5.2).
#[derive(Deserialize)]
struct Refusal {
    error: String,
}

/// Asks for tokens.
pub(super) async fn ask(
    domain: &Domain,
    (tenant, id): (&str, &str),
    connection: &Connection,
    shown: &Shown<'_>,
) -> Result<Given, Failure> {
    let Connection { name, provider, .. } = connection;
    let client_id = connection.client_id.as_deref().unwrap_or_default();
    let secret = account::secret(domain, tenant, id)?;
    let url = provider.token_endpoint();
    let header = provider.takes_header().then(|| upstream::basic(client_id, &secret));
    let form = form(shown, header.is_none().then_some((client_id, &secret)));
    let question = Question { url: &url, authorization: header.as_ref(), form: Some(&form) };
    let reply = domain.outbound.ask(question).await;
    let reply =
        reply.map_err(|failure| elsewhere(format!("the token endpoint of the OAuth Client \"{name}\" {failure}")))?;
    match reply.status {
        200 => read(&reply.body)
            .map_err(|reason| elsewhere(format!("the provider of the OAuth Client \"{name}\" {reason}"))),
        status => Err(refused(connection, status, &reply.body, shown)),
    }
}

/// Something that only the provider, or whoever has an account there, can mend.
pub(super) fn elsewhere(reason: String) -> Failure {
    Failure::Elsewhere { reason }
}

/// An error of the protocol as it is; no other text.
pub(super) fn known(error: &str) -> &'static str {
    ERRORS.into_iter().find(|known| *known == error).unwrap_or("another error")
}

fn form(shown: &Shown<'_>, account: Option<(&str, &Secret)>) -> Secret {
    let mut form = Serializer::new(String::new());
    match shown {
        Shown::Code { code, verifier, redirect_uri } => form
            .append_pair("grant_type", "authorization_code")
            .append_pair("code", code)
            .append_pair("redirect_uri", redirect_uri)
            .append_pair("code_verifier", verifier.expose()),
        Shown::Refresh(token) => {
            form.append_pair("grant_type", "refresh_token").append_pair("refresh_token", token.expose())
        }
    };
    if let Some((id, secret)) = account {
        form.append_pair("client_id", id).append_pair("client_secret", secret.expose());
    }
    Secret::new(form.finish())
}

fn read(body: &[u8]) -> Result<Given, &'static str> {
    let Answer { access_token, token_type, expires_in, refresh_token, scope } =
        serde_json::from_slice(body).map_err(|_| "does not answer with tokens")?;
    // Some write none as an empty text.
    let refresh_token = refresh_token.filter(|token| !token.is_empty());
    let is_token =
        |text: &str| (1..=TOKEN).contains(&text.len()) && text.bytes().all(|byte| (0x20..0x7f).contains(&byte));
    if !is_token(&access_token) || refresh_token.as_deref().is_some_and(|token| !is_token(token)) {
        return Err("answers with a token that is none");
    }
    if !token_type.eq_ignore_ascii_case("bearer") {
        return Err("gives an access token of another type than Bearer");
    }
    let refresh = refresh_token.map(Secret::new);
    Ok(Given { access: Secret::new(access_token), refresh, scope, expires_in: life(&expires_in) })
}

/// Seconds, as a number of any kind or, as some have it, as a text.
fn life(told: &Value) -> i64 {
    let seconds = told.as_f64().or_else(|| told.as_str().and_then(|text| text.parse().ok()));
    let seconds = seconds.filter(|seconds: &f64| seconds.is_finite());
    seconds.map_or(UNTOLD, |seconds| seconds as i64).clamp(0, LONGEST)
}

fn refused(connection: &Connection, status: u16, body: &[u8], shown: &Shown<'_>) -> Failure {
    let error = serde_json::from_slice::<Refusal>(body).map(|refusal| known(&refusal.error)).ok();
    let (name, error) = (&connection.name, error.map_or_else(|| format!("status {status}"), str::to_owned));
    tracing::warn!(connection = name, status, error, "a provider gives no tokens");
    let advice = match (shown, error.as_str()) {
        (_, "invalid_client" | "unauthorized_client") => ": look at its clientId and clientSecret",
        (Shown::Refresh(_), "invalid_grant") => ": it has to be authorized again",
        _ => "",
    };
    elsewhere(format!("the provider of the OAuth Client \"{name}\" gives no tokens ({error}){advice}"))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn given(change: Value) -> Result<Given, &'static str> {
        let mut answer = json!({ "access_token": "a", "token_type": "Bearer", "expires_in": 60, "refresh_token": "r" });
        answer.as_object_mut().unwrap().extend(change.as_object().unwrap().clone());
        read(answer.to_string().as_bytes())
    }

    #[test]
    fn a_life_is_told_as_a_number_or_a_text_or_not_at_all() {
        for (told, life) in [
            (json!(60), 60),
            (json!(600.0), 600),
            (json!("3599"), 3599),
            (json!("59.9"), 59),
            (json!(null), UNTOLD),
            (json!("inf"), UNTOLD),
            (json!([60]), UNTOLD),
            (json!(-5), 0),
            (json!(1e300), LONGEST),
        ] {
            assert_eq!(given(json!({ "expires_in": told })).ok().map(|given| given.expires_in), Some(life), "{told}");
        }
    }

    #[test]
    fn what_is_no_token_is_refused() {
        assert!(given(json!({})).is_ok_and(|given| given.refresh.is_some()));
        assert!(given(json!({ "refresh_token": "" })).is_ok_and(|given| given.refresh.is_none()));
        for change in [
            json!({ "access_token": "" }),
            json!({ "access_token": "a\nb" }),
            json!({ "access_token": "ä" }),
            json!({ "refresh_token": "\n" }),
            json!({ "access_token": "a".repeat(TOKEN + 1) }),
            json!({ "token_type": "mac" }),
            json!({ "access_token": 1 }),
        ] {
            assert!(given(change.clone()).is_err(), "{change}");
        }
    }

    #[test]
    fn only_words_of_the_protocol_are_repeated() {
        assert_eq!(known("invalid_grant"), "invalid_grant");
        assert_eq!(known("the secret was s3cr3t"), "another error");
    }

    #[test]
    fn the_secret_goes_into_the_form_only_where_it_is_not_in_the_header() {
        let (secret, token) = (Secret::new("s & t"), Secret::new("r"));
        let shown = Shown::Refresh(&token);
        let with = form(&shown, Some(("a b", &secret)));
        assert_eq!(with.expose(), "grant_type=refresh_token&refresh_token=r&client_id=a+b&client_secret=s+%26+t");
        assert_eq!(form(&shown, None).expose(), "grant_type=refresh_token&refresh_token=r");
    }
}
