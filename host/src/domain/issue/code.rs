//! Tokens for an authorization code (RFC 6749 §4.1.3, RFC 7636 §4.5).

use std::sync::Arc;

use data_encoding::BASE64URL_NOPAD;

use super::{
    Asked, Refused, Tokens,
    once::{CODE, Spent},
    person::{self, Keep},
    required, scopes,
    target::Target,
};
use crate::{
    crypto::{Secret, digest::sha256},
    domain::{
        Confirmation, Failure,
        authorize::Code,
        client::Client,
        grant::{self, Grant},
        handle::{self, Purpose},
        in_force::scope_policies,
        setup::effective::Flow,
    },
    store::{Write, records},
};

/// The grant of an authorization code.
pub(super) const AUTHORIZATION_CODE: &str = "authorization_code";

/// Redeems a code. The policies have said yes when it was made, a few minutes ago; what the person has said since counts.
pub(super) async fn issue(asked: &Asked<'_>) -> Result<Tokens, Refused> {
    let Asked { domain, tenant, server: (server_id, _), proven, sent, .. } = *asked;
    let shown = required("code", sent.code)?;
    if !handle::looks_like(Purpose::Code, shown) {
        return Err(CODE.unknown());
    }
    let name = handle::name(domain, Purpose::Code, tenant, server_id, shown);
    let (code, grant) = find(asked, &name)?;
    check_redirect(&code, &proven.client.value, sent.redirect_uri).map_err(Refused::Invalid)?;
    check_verifier(code.challenge.as_deref(), sent.code_verifier).map_err(Refused::Invalid)?;
    check_key(code.dpop_jkt.as_deref(), asked.confirmation).map_err(Refused::Invalid)?;
    // Only now: whoever cannot show the rest must not be able to end what the person and the client have.
    if code.used {
        return Err(CODE.stolen(asked, &code.grant, &grant).await);
    }
    if code.ends <= domain.world.now_seconds() {
        return Err(CODE.unknown());
    }
    person::known(asked, &grant.identity)?;
    let scopes = scopes::still(asked, &grant.scopes)?;
    let scopes = scope_policies::without_refused(domain, tenant, asked.server, &scopes, &[Flow::AuthorizationCode])?;
    let target = Target::of_grant(asked, &grant, &scopes)?;
    person::consented(asked, &grant.identity, &target).await?;
    let (tokens, keep) = person::make(asked, (&code.grant, &grant), &target, grant.nonce.as_deref()).await?;
    spend(asked, name, keep, &grant.identity.subject).await?;
    Ok(tokens)
}

/// The code of this name, used or not, and its grant, if it is the asking client's.
fn find(asked: &Asked<'_>, name: &str) -> Result<(Code, Arc<Grant>), Refused> {
    let (domain, tenant) = (asked.domain, asked.tenant);
    // Not through the cache: each is looked for once or twice in its life.
    let read = domain.store.read().map_err(Failure::from)?;
    let code = records::get::<Code>(&read, &[tenant, asked.server.0, name]).map_err(Failure::from)?;
    let code = code.ok_or_else(|| CODE.unknown())?;
    let grant = grant::current(domain, tenant, &code.grant)?.ok_or_else(|| CODE.unknown())?;
    CODE.check_owner(asked, &grant)?;
    Ok((code, grant))
}

/// Uses up the code of this name and keeps what is given for it, in one transaction.
async fn spend(asked: &Asked<'_>, name: String, keep: Keep, subject: &str) -> Result<(), Refused> {
    let (world, tenant, server) = (asked.domain.world.clone(), asked.tenant.to_owned(), asked.server.0.to_owned());
    let work = move |write: &mut Write<'_>| -> Result<Spent, Failure> {
        let (now, key) = (world.now_seconds(), [tenant.as_str(), server.as_str(), name.as_str()]);
        let Some(mut code) = records::get::<Code>(&*write, &key)? else { return Ok(Spent::Gone) };
        if code.used {
            grant::revoke(write, &tenant, &code.grant)?;
            return Ok(Spent::Before);
        }
        let grant = records::get::<Grant>(&*write, &[&tenant, &code.grant])?;
        if code.ends <= now || grant.is_none_or(|grant| grant.ends <= now) {
            return Ok(Spent::Gone);
        }
        code.used = true;
        records::put(write, &key, &code)?;
        keep.save(write, &tenant, &server)?;
        Ok(Spent::Now)
    };
    CODE.spend(asked, subject, work).await
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
