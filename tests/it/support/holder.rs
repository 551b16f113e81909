//! Whoever holds a key and proves it with every request (RFC 9449). Independent of the host's code.

use std::sync::atomic::{AtomicU64, Ordering};

use data_encoding::BASE64URL_NOPAD;
use portcullis::crypto::digest::sha256;
use serde_json::{Value, json};

use super::{Answer, Caller, TestServer, made::post_form, signer::Signer};

/// The header of proofs.
const HEADER: &str = "dpop";

/// Somebody with a key.
pub struct Holder {
    pub key: Signer,
    made: AtomicU64,
}

impl Holder {
    /// A new key for an algorithm.
    pub fn new(alg: &'static str) -> Holder {
        Holder { key: Signer::new(alg, ""), made: AtomicU64::new(0) }
    }

    /// The public key, without any name.
    pub fn jwk(&self) -> Value {
        let mut jwk = self.key.jwk();
        jwk.as_object_mut().unwrap().remove("kid");
        jwk
    }

    /// The thumbprint of the key (RFC 7638): its members in the order of their names, without blanks.
    pub fn thumbprint(&self) -> String {
        let jwk = self.jwk();
        let mut members: Vec<_> =
            jwk.as_object().unwrap().iter().map(|(name, value)| format!("\"{name}\":{value}")).collect();
        members.sort();
        BASE64URL_NOPAD.encode(&sha256(format!("{{{}}}", members.join(",")).as_bytes()))
    }

    /// What a proof says about a request now.
    pub fn claims(&self, server: &TestServer, method: &str, path: &str) -> Value {
        let jti = format!("proof {}", self.made.fetch_add(1, Ordering::SeqCst));
        let iat = server.app.domain.world.now_seconds();
        json!({ "jti": jti, "htm": method, "htu": format!("{}{path}", server.url), "iat": iat })
    }

    /// A proof of these claims.
    pub fn sign(&self, claims: &Value) -> String {
        self.key.sign_as(&json!({ "typ": "dpop+jwt", "alg": self.key.alg, "jwk": self.jwk() }), claims)
    }

    /// A proof about a request.
    pub fn proof(&self, server: &TestServer, method: &str, path: &str) -> String {
        self.sign(&self.claims(server, method, path))
    }

    /// A proof about a request with a token.
    pub fn proof_with(&self, server: &TestServer, method: &str, path: &str, token: &str) -> String {
        let mut claims = self.claims(server, method, path);
        claims["ath"] = json!(hash(token));
        self.sign(&claims)
    }

    /// Asks for tokens with a proof.
    pub async fn ask(&self, server: &TestServer, caller: &Caller, path: &str, form: &str) -> Answer {
        ask_with(caller, path, form, &self.proof(server, "POST", path)).await
    }

    /// A caller for one request: its token, bound to this key, with a proof for it.
    pub fn caller(&self, server: &TestServer, method: &str, path: &str, token: &str) -> Caller {
        shows(server, token, &self.proof_with(server, method, path, token))
    }
}

/// Asks for tokens with this proof.
pub async fn ask_with(caller: &Caller, path: &str, form: &str, proof: &str) -> Answer {
    post_form(&caller.clone().with_header(HEADER, proof), path, form).await
}

/// Somebody who shows this token with this proof.
pub fn shows(server: &TestServer, token: &str, proof: &str) -> Caller {
    server.anonymous().with_header("authorization", &format!("DPoP {token}")).with_header(HEADER, proof)
}

/// What a proof says of a token.
pub fn hash(token: &str) -> String {
    hash_of(token.as_bytes())
}

/// A SHA-256 in base64url.
pub fn hash_of(bytes: &[u8]) -> String {
    BASE64URL_NOPAD.encode(&sha256(bytes))
}
