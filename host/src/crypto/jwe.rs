//! Encrypted tokens: the compact serialisation of RFC 7516 with one recipient, and nothing else.
//!
//! Called by `domain` for tokens that only a client may read and for requests that only we may read. Must not know what is
//! inside. Compression, extensions (`crit`) and RSA1_5 are refused. Whatever is wrong once the header is understood is one
//! error, and takes as long as any other, so that nobody learns anything from asking (RFC 7516 §11.5).

mod content;
mod manage;

use std::fmt;

use data_encoding::BASE64URL_NOPAD;
use serde_json::{Map, Value};

use content::Content;
use manage::Management;
pub use manage::{DecryptionKey, usable};

/// Longer tokens are refused before anything is decoded. A signed token of the longest kind fits inside.
pub const MOST_BYTES: usize = 32 * 1024;

/// How the key of the content is agreed on or wrapped, in the registered words (RFC 7518 §4.1).
pub const ALGORITHMS: [&str; 5] = ["RSA-OAEP-256", "RSA-OAEP", "ECDH-ES", "ECDH-ES+A128KW", "ECDH-ES+A256KW"];
/// How the content is encrypted, in the registered words (RFC 7518 §5.1).
pub const METHODS: [&str; 4] = ["A128CBC-HS256", "A256CBC-HS512", "A128GCM", "A256GCM"];
/// How the content is encrypted for whoever names nothing (OpenID Connect Registration §2).
pub const DEFAULT_METHOD: &str = "A128CBC-HS256";

/// The members of a JOSE header that whoever opens a token needs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Header {
    /// How the key was agreed on or wrapped: one of [`ALGORITHMS`].
    pub alg: String,
    /// How the content is encrypted: one of [`METHODS`].
    pub enc: String,
    /// The name of the recipient's key.
    pub kid: Option<String>,
    /// What is inside, such as `JWT`.
    pub cty: Option<String>,
}

/// Encrypts `payload` for whoever has the private half of `recipient`, a public JSON Web Key.
pub fn encrypt(recipient: &Value, alg: &str, enc: &str, cty: Option<&str>, payload: &[u8]) -> Result<String, JweError> {
    let management = Management::named(alg).ok_or(JweError::Algorithm)?;
    let content = Content::named(enc).ok_or(JweError::Algorithm)?;
    let mut header = Map::new();
    let mut say = |member: &str, value: &str| header.insert(member.to_owned(), Value::from(value));
    say("alg", alg);
    say("enc", enc);
    cty.and_then(|cty| say("cty", cty));
    recipient.get("kid").and_then(Value::as_str).and_then(|kid| say("kid", kid));
    let sent = manage::send(recipient, management, content)?;
    header.extend(sent.members);
    let header = BASE64URL_NOPAD.encode(Value::Object(header).to_string().as_bytes());
    let sealed = content.seal(&sent.key, header.as_bytes(), payload)?;
    let parts = [&sent.encrypted, &sealed.iv, &sealed.text, &sealed.tag].map(|part| BASE64URL_NOPAD.encode(part));
    Ok(format!("{header}.{}", parts.join(".")))
}

/// Decrypts a token that was encrypted for `key`. That it opens says nothing about who wrote it.
pub fn decrypt(token: &str, key: &DecryptionKey) -> Result<Vec<u8>, JweError> {
    let parts = parts(token)?;
    let [header, encrypted, iv, text, tag] = parts;
    let (members, management, content) = read_header(header)?;
    let decode = |part: &str| BASE64URL_NOPAD.decode(part.as_bytes()).map_err(|_| JweError::NotOpened);
    let (encrypted, iv, text, tag) = (decode(encrypted)?, decode(iv)?, decode(text)?, decode(tag)?);
    // Without the right key another one takes its place, so that the tag is what fails in every case.
    let received = manage::receive(key, management, content, &members, &encrypted);
    let content_key = received.map_or_else(|_| manage::fresh(content.key_length()), Ok)?;
    content.open(&content_key, header.as_bytes(), &iv, text, &tag)
}

/// The header of a token, if it is an encrypted one that we understand. Anybody may have written it.
pub fn decode_header(token: &str) -> Result<Header, JweError> {
    let [header, ..] = parts(token)?;
    let (members, ..) = read_header(header)?;
    let text = |member: &str| members.get(member).and_then(Value::as_str).map(str::to_owned);
    let (alg, enc) = (text("alg").unwrap_or_default(), text("enc").unwrap_or_default());
    Ok(Header { alg, enc, kid: text("kid"), cty: text("cty") })
}

/// Whether a text has the five parts of an encrypted token (RFC 7516 §9).
pub fn is_encrypted(token: &str) -> bool {
    token.bytes().filter(|byte| *byte == b'.').count() == 4
}

fn parts(token: &str) -> Result<[&str; 5], JweError> {
    if token.len() > MOST_BYTES {
        return Err(JweError::TooLong);
    }
    let mut parts = token.split('.');
    let five = [(); 5].map(|()| parts.next());
    match (five, parts.next()) {
        ([Some(header), Some(key), Some(iv), Some(text), Some(tag)], None) => Ok([header, key, iv, text, tag]),
        _ => Err(JweError::Shape),
    }
}

fn read_header(encoded: &str) -> Result<(Map<String, Value>, Management, Content), JweError> {
    let json = BASE64URL_NOPAD.decode(encoded.as_bytes()).map_err(|_| JweError::Header)?;
    let members: Map<String, Value> = serde_json::from_slice(&json).map_err(|_| JweError::Header)?;
    if members.contains_key("crit") {
        return Err(JweError::Critical);
    }
    if members.contains_key("zip") {
        return Err(JweError::Compressed);
    }
    if ["kid", "cty", "typ"].iter().any(|name| members.get(*name).is_some_and(|value| !value.is_string())) {
        return Err(JweError::Header);
    }
    let text = |name: &str| members.get(name).and_then(Value::as_str).ok_or(JweError::Header);
    let management = Management::named(text("alg")?).ok_or(JweError::Algorithm)?;
    let content = Content::named(text("enc")?).ok_or(JweError::Algorithm)?;
    Ok((members, management, content))
}

/// Why something cannot be encrypted or opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum JweError {
    /// Longer than 32 KiB.
    TooLong,
    /// Not five parts with dots between them.
    Shape,
    /// The header is not a JSON object in base64url with a textual `alg` and `enc`.
    Header,
    /// The header asks for an extension with `crit`.
    Critical,
    /// The content is compressed: a small token could become a large one.
    Compressed,
    /// An algorithm that is not known here.
    Algorithm,
    /// The recipient's key is not good for the algorithm.
    Key,
    /// The library refused to encrypt.
    Encryption,
    /// It does not open: for another key, damaged, or made up.
    NotOpened,
}

impl fmt::Display for JweError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            JweError::TooLong => "the encrypted token is longer than 32 KiB",
            JweError::Shape => "the encrypted token does not have five parts",
            JweError::Header => "the encrypted token's header is malformed",
            JweError::Critical => "the encrypted token requires an extension that is not supported",
            JweError::Compressed => "the encrypted token is compressed",
            JweError::Algorithm => "the encrypted token names an algorithm that is not supported",
            JweError::Key => "the recipient's key is not good for the algorithm",
            JweError::Encryption => "nothing could be encrypted",
            JweError::NotOpened => "the encrypted token does not open",
        })
    }
}

impl std::error::Error for JweError {}

#[cfg(test)]
mod tests;
