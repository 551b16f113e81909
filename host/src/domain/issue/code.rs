//! Tokens for an authorization code (RFC 6749 §4.1.3, RFC 7636 §4.5).

use data_encoding::BASE64URL_NOPAD;

use super::{
    Asked, Refused, Tokens,
    once::{self, Once},
    person, required, scopes,
    target::Target,
};
use crate::{
    crypto::{Secret, digest::sha256},
    domain::{
        Confirmation,
        authorize::Code,
        client::Client,
        handle::{self, Purpose},
        in_force::scope_policies,
        setup::effective::Flow,
    },
};

/// The grant of an authorization code.
pub(super) const AUTHORIZATION_CODE: &str = "authorization_code";

/// Redeems a code. The policies have said yes when it was made, a few minutes ago; what the person has said since counts.
pub(super) async fn issue(asked: &Asked<'_>) -> Result<Tokens, Refused> {
    let Asked { domain, tenant, server: (server_id, _), proven, sent, .. } = *asked;
    let shown = required("code", sent.code)?;
    if !handle::looks_like(Purpose::Code, shown) {
        return Err(Refused::Invalid(Code::UNKNOWN));
    }
    let name = handle::name(domain, Purpose::Code, tenant, server_id, shown);
    let (code, grant) = once::find::<Code>(asked, &name)?;
    check_redirect(&code, &proven.client.value, sent.redirect_uri).map_err(Refused::Invalid)?;
    check_verifier(code.challenge.as_deref(), sent.code_verifier).map_err(Refused::Invalid)?;
    check_key(code.dpop_jkt.as_deref(), asked.confirmation).map_err(Refused::Invalid)?;
    // Only now: whoever cannot show the rest must not be able to end what the person and the client have.
    once::refuse_stale(asked, &code, &grant.identity.subject).await?;
    person::known(asked, &grant.identity)?;
    let scopes = scopes::still(asked, &grant.scopes)?;
    let scopes = scope_policies::without_refused(domain, tenant, asked.server, &scopes, &[Flow::AuthorizationCode])?;
    let target = Target::of_grant(asked, &grant, &scopes)?;
    person::consented(asked, &grant.identity, &target).await?;
    let (tokens, keep) = person::make(asked, (&code.grant, &grant), &target, grant.nonce.as_deref()).await?;
    once::spend::<Code>(asked, name, keep, &grant.identity.subject).await?;
    Ok(tokens)
}

/// The redirect URI must be repeated when the authorization request named it, exactly. When it did not, one that is sent
/// must at least be the client's.
fn check_redirect(code: &Code, client: &Client, sent: Option<&str>) -> Result<(), &'static str> {
    let right = match (code.redirect_uri.as_deref(), sent) {
        (Some(named), sent) => sent == Some(named),
        (None, Some(sent)) => client.redirect_uris.iter().any(|own| own == sent),
        (None, None) => true,
    };
    if right { Ok(()) } else { Err("redirect_uri is not the one of the authorization request") }
}

/// PKCE. A verifier without a challenge is refused too: somebody has taken the challenge out of the authorization request
/// (RFC 9700 §2.1.1).
fn check_verifier(challenge: Option<&str>, verifier: Option<&str>) -> Result<(), &'static str> {
    match (challenge, verifier) {
        (None, None) => Ok(()),
        (None, Some(_)) => Err("code_verifier was sent, but the authorization request had no code_challenge"),
        (Some(_), None) => Err("code_verifier is missing"),
        (Some(_), Some(verifier)) if !well_formed(verifier) => {
            Err("code_verifier must be 43 to 128 unreserved characters (RFC 7636)")
        }
        (Some(challenge), Some(verifier)) => {
            let made = Secret::new(BASE64URL_NOPAD.encode(&sha256(verifier.as_bytes())));
            if made.same(challenge) { Ok(()) } else { Err("code_verifier does not fit the code_challenge") }
        }
    }
}

/// A code may be bound to a key in the authorization request (RFC 9449 §10).
fn check_key(bound: Option<&str>, confirmation: Option<&Confirmation>) -> Result<(), &'static str> {
    let shown = confirmation.and_then(|confirmation| confirmation.jkt.as_deref());
    match bound.is_none_or(|bound| shown == Some(bound)) {
        true => Ok(()),
        false => Err("the code is bound to another key: the DPoP proof must be of the one in dpop_jkt"),
    }
}

/// RFC 7636 §4.1.
fn well_formed(verifier: &str) -> bool {
    let unreserved = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte);
    (43..=128).contains(&verifier.len()) && verifier.bytes().all(unreserved)
}

#[cfg(test)]
mod tests {
    use super::*;

    // RFC 7636, appendix B.
    const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
    const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";

    #[test]
    fn a_verifier_fits_its_challenge_only() {
        assert_eq!(check_verifier(Some(CHALLENGE), Some(VERIFIER)), Ok(()));
        let other = VERIFIER.replace('d', "e");
        for wrong in [&other, CHALLENGE, &VERIFIER[..42], &VERIFIER.replace('d', " "), "", &"a".repeat(129)] {
            assert!(check_verifier(Some(CHALLENGE), Some(wrong)).is_err(), "{wrong}");
        }
        assert!(check_verifier(Some(VERIFIER), Some(VERIFIER)).is_err(), "the method plain does not exist here");
    }

    #[test]
    fn pkce_cannot_be_taken_out_of_either_request() {
        assert_eq!(check_verifier(None, None), Ok(()));
        assert!(check_verifier(Some(CHALLENGE), None).is_err());
        assert!(check_verifier(None, Some(VERIFIER)).is_err());
    }

    #[test]
    fn a_redirect_uri_is_repeated_when_it_was_named() {
        let client = Client { redirect_uris: vec!["https://a.example/cb".to_owned()], ..Client::default() };
        let code = |named: Option<&str>| Code {
            grant: "g".to_owned(),
            redirect_uri: named.map(str::to_owned),
            ..Code::default()
        };
        let right = |named, sent| check_redirect(&code(named), &client, sent).is_ok();
        assert!(right(Some("https://a.example/cb"), Some("https://a.example/cb")));
        assert!(!right(Some("https://a.example/cb"), Some("https://a.example/cb/")));
        assert!(!right(Some("https://a.example/cb"), None));
        assert!(right(None, None));
        assert!(right(None, Some("https://a.example/cb")));
        assert!(!right(None, Some("https://b.example/cb")));
    }
}
