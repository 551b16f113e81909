//! Profiles: what a server that is held to one takes when it is saved, from its clients, and from requests; and the assessment
//! that tells the same.

mod assessing;
mod certificates;
mod command;
mod flow;
mod saving;

use std::sync::atomic::{AtomicU64, Ordering};

use serde_json::{Value, json};

use crate::support::{
    Answer, Caller, TestServer,
    made::{ADMIN, post_form, wrong_members},
    signer::Signer,
    world::START,
};

covers!("assessServer");

/// The address that everybody knows the server by.
const PUBLIC: &str = "https://id.example";
const NOW: i64 = START / 1_000_000;
const KIND: &str = "client_assertion_type=urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

/// A server that is reached by https, and its administrator.
struct Bank {
    server: TestServer,
    admin: Caller,
}

impl Bank {
    async fn open() -> Bank {
        let server = TestServer::with(|config| config.public_url = Some(PUBLIC.to_owned())).await;
        let admin = server.as_admin();
        Bank { server, admin }
    }

    /// With an authorization server `bank` that is held to a profile.
    async fn held_to(profile: &str) -> Bank {
        Bank::held_with(profile, json!({})).await
    }

    /// The same with other members.
    async fn held_with(profile: &str, more: Value) -> Bank {
        let bank = Bank::open().await;
        let mut body = held_to(profile);
        body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        bank.admin.post(&format!("{ADMIN}/servers"), &body).await.expect(201);
        bank
    }

    /// Asks for a server with other members; answers the members that are refused.
    async fn refused(&self, mut body: Value, more: Value) -> Vec<String> {
        body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        wrong_members(&self.admin.post(&format!("{ADMIN}/servers"), &body).await.expect(422))
    }

    /// Asks for a client with a key of its own, with other members.
    async fn makes(&self, id: &str, signer: &Signer, more: Value) -> Answer {
        let mut body = json!({
            "authorization_server_id": "bank", "client_id": id, "client_name": id, "scopes": ["openid"], "trusted": true,
            "grant_types": ["authorization_code", "client_credentials", "refresh_token"],
            "response_types": ["code"], "redirect_uris": ["https://app.example/back"],
            "token_endpoint_auth_method": "private_key_jwt", "jwks": { "keys": [signer.jwk()] },
        });
        body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        self.admin.post(&format!("{ADMIN}/clients"), &body).await
    }

    /// Asks an endpoint of `bank` with an assertion for this audience.
    async fn ask(&self, endpoint: &str, (id, signer): (&str, &Signer), audience: Value, form: &str) -> Answer {
        let assertion = signer.sign(&assertion(id, audience));
        let form = format!("{form}&{KIND}&client_assertion={assertion}");
        post_form(&self.server.anonymous(), &format!("/default/bank/oauth2/{endpoint}"), &form).await
    }
}

fn issuer() -> Value {
    json!(format!("{PUBLIC}/default/bank"))
}

/// The members of a server that contradicts no profile.
fn held_to(profile: &str) -> Value {
    json!({
        "id": "bank", "name": "Bank", "key_type": "ecdsa", "profiles": [profile], "authorization_code_ttl": "1m0s",
        "grant_types": ["authorization_code", "client_credentials", "refresh_token"],
    })
}

fn assertion(client: &str, audience: Value) -> Value {
    static NAMES: AtomicU64 = AtomicU64::new(0);
    let jti = format!("profiled {}", NAMES.fetch_add(1, Ordering::Relaxed));
    json!({ "iss": client, "sub": client, "aud": audience, "iat": NOW, "exp": NOW + 300, "jti": jti })
}
