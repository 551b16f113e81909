//! A DPoP proof: a signed statement about one request, by whoever holds the key inside it (RFC 9449 §4).
//!
//! Called by `possession`. Every rule of §4.3 is a line here; a proof is written down as used only when everything else about it
//! is right. The key is nobody's until something is bound to it.

use data_encoding::BASE64URL_NOPAD;
use fluent_uri::Uri;
use serde_json::{Map, Value};

use super::{ALGORITHMS, Evidence};
use crate::{
    crypto::{VerifyingKey, digest::sha256, jws, keys::thumbprint},
    domain::Domain,
};

/// The type of a proof (RFC 9449 §4.2).
const TYPE: &str = "dpop+jwt";
/// How old a proof may be, by our clock, in seconds: the clocks may be apart, and networks slow. Until then it is remembered.
pub(super) const WINDOW: i64 = 60;
/// How far ahead it may be dated, in seconds (FAPI 2.0 Security Profile §5.3.2.1-13 wants ten).
pub(super) const AHEAD: i64 = 15;
/// The longest name of a proof, in bytes.
const LONGEST_NAME: usize = 256;
/// How long a thumbprint is: a SHA-256 in base64url (RFC 7638 §3).
const THUMBPRINT: usize = 43;
/// Members of a JWK that no public key has (RFC 7518 §6).
const PRIVATE: [&str; 8] = ["d", "p", "q", "dp", "dq", "qi", "oth", "k"];

/// A proof that is right, and was not looked for among those that were used.
#[derive(Debug)]
pub(super) struct Proof {
    /// The thumbprint of its key.
    pub(super) jkt: String,
    /// What it is signed with.
    pub(super) algorithm: String,
    /// The nonce it repeats.
    pub(super) nonce: Option<String>,
    /// Its name.
    jti: String,
    /// When it was made, in seconds since 1970.
    iat: i64,
}

/// Whether a text can be the thumbprint of a key (RFC 9449 §10).
pub fn is_thumbprint(text: &str) -> bool {
    text.len() == THUMBPRINT && BASE64URL_NOPAD.decode(text.as_bytes()).is_ok()
}

/// Reads the one proof of a request: by which key, and whether it is about this request and the token beside it.
pub(super) fn read(domain: &Domain, evidence: &Evidence<'_>, token: Option<&str>) -> Result<Proof, &'static str> {
    let [proof] = evidence.proofs.as_slice() else { return Err("there must be one DPoP header, with one proof") };
    let (algorithm, jwk, claims) = signed(proof)?;
    let address = format!("{}{}", evidence.origin.unwrap_or(&domain.public_url), evidence.path);
    let rules = Rules { method: evidence.method, address: &address, token, now: domain.world.now_seconds() };
    Ok(Proof { algorithm, ..rules.apply(&jwk, &claims)? })
}

/// Uses a proof up that a client of a tenant has shown. An error when it was used before.
pub(super) fn spend(
    domain: &Domain,
    proof: &Proof,
    [tenant, client]: [&str; 2],
    ahead: bool,
) -> Result<(), &'static str> {
    match ahead {
        true => Ok(()),
        false => {
            let now = domain.world.now_seconds();
            domain.proofs.spend([tenant, client], [&proof.jkt, &proof.jti], proof.iat, now)
        }
    }
}

/// The algorithm and the key of a proof, and what it has signed.
fn signed(proof: &str) -> Result<(String, Value, Map<String, Value>), &'static str> {
    const MALFORMED: &str = "the DPoP proof is no signed JWT";
    let header = jws::decode_header(proof).map_err(|_| MALFORMED)?;
    if header.typ.as_deref() != Some(TYPE) {
        return Err("the DPoP proof must be of the type dpop+jwt");
    }
    if !ALGORITHMS.contains(&header.alg.as_str()) {
        return Err("the DPoP proof is signed with an algorithm that is not taken here");
    }
    let members = jws::peek_header(proof).map_err(|_| MALFORMED)?;
    let Some(jwk @ Value::Object(parts)) = members.get("jwk") else {
        return Err("the DPoP proof must have its public key in the header");
    };
    if PRIVATE.iter().any(|member| parts.contains_key(*member)) {
        return Err("the DPoP proof has a private key in its header");
    }
    let key = VerifyingKey::for_algorithm(jwk, &header.alg).map_err(|_| "the key of the DPoP proof does not fit")?;
    let claims = jws::verify(proof, &key).map_err(|_| "the signature of the DPoP proof is wrong")?;
    Ok((header.alg, jwk.clone(), claims))
}

/// What a proof must say (RFC 9449 §4.3).
struct Rules<'a> {
    /// The method of the request.
    method: &'a str,
    /// Its address, without query and fragment.
    address: &'a str,
    /// The token beside it.
    token: Option<&'a str>,
    /// In seconds since 1970.
    now: i64,
}

impl Rules<'_> {
    fn apply(&self, jwk: &Value, claims: &Map<String, Value>) -> Result<Proof, &'static str> {
        let text = |name: &str| claims.get(name).and_then(Value::as_str);
        let iat = claims.get("iat").and_then(Value::as_i64);
        let recent = |iat: i64| (self.now - WINDOW..=self.now + AHEAD).contains(&iat);
        let rules = [
            (text("htm") == Some(self.method), "the DPoP proof is for another method"),
            (text("htu").is_some_and(|htu| same(htu, self.address)), "the DPoP proof is for another address"),
            (iat.is_some_and(recent), "the DPoP proof was not made just now, by our clock"),
            (text("jti").is_some_and(is_name), "the DPoP proof has no name of its own"),
            (claims.get("nonce").is_none_or(Value::is_string), "the nonce of the DPoP proof is no text"),
            (self.is_for_token(text("ath")), "the DPoP proof is for another token"),
        ];
        if let Some((_, reason)) = rules.into_iter().find(|(kept, _)| !kept) {
            return Err(reason);
        }
        Ok(Proof {
            algorithm: String::new(),
            jkt: thumbprint(jwk).map_err(|_| "the key of the DPoP proof does not fit")?,
            nonce: text("nonce").map(str::to_owned),
            jti: text("jti").unwrap_or_default().to_owned(),
            iat: iat.unwrap_or_default(),
        })
    }

    /// A proof beside a token must name it; what another one says of tokens has no meaning.
    fn is_for_token(&self, ath: Option<&str>) -> bool {
        match self.token {
            None => true,
            Some(token) => ath == Some(BASE64URL_NOPAD.encode(&sha256(token.as_bytes())).as_str()),
        }
    }
}

fn is_name(jti: &str) -> bool {
    (1..=LONGEST_NAME).contains(&jti.len())
}

/// Whether a proof is about this address, whatever its query, as RFC 3986 §6.2.2 and §6.2.3 compare addresses: the case of
/// scheme and host, needless percent signs and the usual port make no difference.
fn same(htu: &str, address: &str) -> bool {
    let (Some(theirs), Some(ours)) = (normal(htu), normal(address)) else { return false };
    theirs == ours
}

fn normal(text: &str) -> Option<String> {
    let bare = text.split(['?', '#']).next().unwrap_or_default();
    Uri::parse(bare).ok().map(|uri| uri.normalize().into_string())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const AT: &str = "https://id.example/default/shop/oauth2/token";

    fn rules(token: Option<&'static str>) -> Rules<'static> {
        Rules { method: "POST", address: AT, token, now: 1_000_000 }
    }

    fn key() -> Value {
        json!({ "kty": "OKP", "crv": "Ed25519", "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo" })
    }

    fn right() -> Value {
        json!({ "htm": "POST", "htu": AT, "iat": 1_000_000, "jti": "a" })
    }

    fn applied(rules: &Rules<'_>, claims: &Value) -> Result<Proof, &'static str> {
        rules.apply(&key(), claims.as_object().unwrap())
    }

    #[test]
    fn a_proof_is_about_one_request_made_just_now() {
        // The thumbprint of RFC 8037, appendix A.3.
        let proof = applied(&rules(None), &right()).unwrap();
        assert_eq!(proof.jkt, "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k");
        assert!(is_thumbprint(&proof.jkt) && !is_thumbprint("kPrK") && !is_thumbprint(&proof.jkt.replace('k', "+")));
        for (member, value, about) in [
            ("htm", json!("GET"), "method"),
            ("htm", json!("post"), "method"),
            ("htm", json!(null), "method"),
            ("htu", json!("https://id.example/default/shop/oauth2/introspect"), "address"),
            ("htu", json!("http://id.example/default/shop/oauth2/token"), "address"),
            ("htu", json!("https://id.example:444/default/shop/oauth2/token"), "address"),
            ("htu", json!("https://other.example/default/shop/oauth2/token"), "address"),
            ("htu", json!("/default/shop/oauth2/token"), "address"),
            ("htu", json!([AT]), "address"),
            ("iat", json!(999_939), "just now"),
            ("iat", json!(1_000_016), "just now"),
            ("iat", json!("1000000"), "just now"),
            ("jti", json!(""), "name"),
            ("jti", json!("a".repeat(257)), "name"),
            ("jti", json!(1), "name"),
            ("nonce", json!(1), "nonce"),
        ] {
            let mut claims = right();
            claims[member] = value;
            assert!(applied(&rules(None), &claims).unwrap_err().contains(about), "{claims}");
        }
        for (member, value) in [
            ("htu", json!("HTTPS://ID.example:443/default/shop/oauth2/token?a=b#c")),
            ("htu", json!("https://id.example/default/%73hop/./oauth2/token")),
            ("iat", json!(999_940)),
            ("iat", json!(1_000_015)),
        ] {
            let mut claims = right();
            claims[member] = value;
            assert!(applied(&rules(None), &claims).is_ok(), "{claims}");
        }
    }

    #[test]
    fn a_proof_beside_a_token_names_it() {
        // RFC 9449 §7.1.
        let token = "Kz~8mXK1EalYznwH-LC-1fBAo.4Ljp~zsPE_NeO.gxU";
        let mut claims = right();
        assert!(applied(&rules(Some(token)), &claims).is_err());
        claims["ath"] = json!("fUHyO2r2Z3DZ53EsNrWBb0xWXoaNy59IiKCAqksmQEo");
        assert!(applied(&rules(Some(token)), &claims).is_ok());
        assert!(applied(&rules(Some("another")), &claims).is_err());
        assert!(applied(&rules(None), &claims).is_ok());
    }
}
