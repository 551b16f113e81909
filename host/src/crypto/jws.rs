//! Signed tokens: the compact serialisation of RFC 7515, and nothing else.
//!
//! Called by `domain` for tokens of ours and for clients' assertions. Must not know what claims mean: issuer, audience
//! and times are the caller's to check.

use super::keys::{KeyError, SigningKey, VerifyingKey};
use aws_lc_rs::hmac;
use data_encoding::BASE64URL_NOPAD;
use serde::Serialize;
use serde_json::{Map, Value};
use std::fmt;

/// Longer tokens are refused before anything is decoded.
pub const MOST_BYTES: usize = 16 * 1024;

/// The members of a JOSE header that a verifier needs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Header {
    /// The signature algorithm. Never `none`.
    pub alg: String,
    /// The name of the key.
    pub kid: Option<String>,
    /// The type of the token, such as `at+jwt`.
    pub typ: Option<String>,
}

#[derive(Serialize)]
struct SignedHeader<'key> {
    alg: &'key str,
    typ: &'key str,
    kid: &'key str,
}

/// Signs `claims` as a token of type `typ`.
pub fn sign(key: &SigningKey, typ: &str, claims: &impl Serialize) -> Result<String, KeyError> {
    let header = encode(&SignedHeader { alg: key.algorithm().name(), typ, kid: key.kid() })?;
    let mut token = format!("{header}.{}", encode(claims)?);
    let signature = key.sign(token.as_bytes())?;
    token.push('.');
    BASE64URL_NOPAD.encode_append(&signature, &mut token);
    Ok(token)
}

fn encode(value: &impl Serialize) -> Result<String, KeyError> {
    let json = serde_json::to_vec(value).map_err(|_| KeyError::Claims)?;
    Ok(BASE64URL_NOPAD.encode(&json))
}

/// The header of a token. Not verified: good for finding the key, for nothing else.
///
/// Refuses tokens above 16 KiB, algorithm `none`, and any `crit`, since no extension is understood here.
pub fn decode_header(token: &str) -> Result<Header, JwsError> {
    read_header(Parts::of(token)?.header)
}

/// The claims of a token that `key` has signed. The header must name exactly the key's algorithm.
pub fn verify(token: &str, key: &VerifyingKey) -> Result<Map<String, Value>, JwsError> {
    let parts = Parts::of(token)?;
    if read_header(parts.header)?.alg != key.algorithm() {
        return Err(JwsError::Algorithm);
    }
    if !key.verify(parts.signed.as_bytes(), &decode(parts.signature)?) {
        return Err(JwsError::Signature);
    }
    read_object(parts.claims).ok_or(JwsError::Claims)
}

/// The algorithm of a secret that two sides share.
pub const SHARED: &str = "HS256";

/// The claims of a token that somebody who knows `secret` has signed with HS256 (RFC 7518 §3.2). A public key is never such
/// a secret: who verifies with one calls [`verify`].
pub fn verify_shared(token: &str, secret: &[u8]) -> Result<Map<String, Value>, JwsError> {
    let parts = Parts::of(token)?;
    if read_header(parts.header)?.alg != SHARED {
        return Err(JwsError::Algorithm);
    }
    let key = hmac::Key::new(hmac::HMAC_SHA256, secret);
    hmac::verify(&key, parts.signed.as_bytes(), &decode(parts.signature)?).map_err(|_| JwsError::Signature)?;
    read_object(parts.claims).ok_or(JwsError::Claims)
}

/// **UNVERIFIED** claims: anybody may have written them. Only to find out whose key to ask (the `iss` or `sub` of a
/// client's assertion). Whatever is decided must come from [`verify`].
pub fn peek_claims(token: &str) -> Result<Map<String, Value>, JwsError> {
    let parts = Parts::of(token)?;
    read_header(parts.header)?;
    read_object(parts.claims).ok_or(JwsError::Claims)
}

/// All members of a token's header, **UNVERIFIED** like its claims: for tokens that bring the key they are signed with, which is
/// nobody's until something is bound to it.
pub fn peek_header(token: &str) -> Result<Map<String, Value>, JwsError> {
    read_object(Parts::of(token)?.header).ok_or(JwsError::Header)
}

struct Parts<'token> {
    /// Header and claims with the dot between them: what the signature covers.
    signed: &'token str,
    header: &'token str,
    claims: &'token str,
    signature: &'token str,
}

impl Parts<'_> {
    fn of(token: &str) -> Result<Parts<'_>, JwsError> {
        if token.len() > MOST_BYTES {
            return Err(JwsError::TooLong);
        }
        let (signed, signature) = token.rsplit_once('.').ok_or(JwsError::Shape)?;
        let (header, claims) = signed.split_once('.').ok_or(JwsError::Shape)?;
        if claims.contains('.') {
            return Err(JwsError::Shape);
        }
        Ok(Parts { signed, header, claims, signature })
    }
}

fn read_header(encoded: &str) -> Result<Header, JwsError> {
    let members = read_object(encoded).ok_or(JwsError::Header)?;
    if members.contains_key("crit") {
        return Err(JwsError::Critical);
    }
    let alg = text(&members, "alg")?.ok_or(JwsError::Header)?;
    if alg.eq_ignore_ascii_case("none") {
        return Err(JwsError::Unsigned);
    }
    Ok(Header { alg, kid: text(&members, "kid")?, typ: text(&members, "typ")? })
}

fn text(members: &Map<String, Value>, name: &str) -> Result<Option<String>, JwsError> {
    match members.get(name) {
        None => Ok(None),
        Some(Value::String(text)) => Ok(Some(text.clone())),
        Some(_) => Err(JwsError::Header),
    }
}

fn read_object(encoded: &str) -> Option<Map<String, Value>> {
    serde_json::from_slice(&decode(encoded).ok()?).ok()
}

fn decode(encoded: &str) -> Result<Vec<u8>, JwsError> {
    BASE64URL_NOPAD.decode(encoded.as_bytes()).map_err(|_| JwsError::Signature)
}

/// Why a token is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum JwsError {
    /// Longer than 16 KiB.
    TooLong,
    /// Not three parts with dots between them.
    Shape,
    /// The header is not a JSON object in base64url with a textual `alg`.
    Header,
    /// The header asks for an extension with `crit`.
    Critical,
    /// The algorithm is `none`.
    Unsigned,
    /// The header names another algorithm than the key's.
    Algorithm,
    /// The signature is not base64url, or not the key's over this token.
    Signature,
    /// The claims are not a JSON object in base64url.
    Claims,
}

impl fmt::Display for JwsError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            JwsError::TooLong => "the token is longer than 16 KiB",
            JwsError::Shape => "the token does not have three parts",
            JwsError::Header => "the token's header is malformed",
            JwsError::Critical => "the token requires an extension that is not supported",
            JwsError::Unsigned => "the token is not signed",
            JwsError::Algorithm => "the token names another algorithm than its key's",
            JwsError::Signature => "the token's signature is wrong",
            JwsError::Claims => "the token's claims are malformed",
        })
    }
}

impl std::error::Error for JwsError {}

#[cfg(test)]
mod tests;
