//! Signed authentication requests (CIBA §7.1.1): what is inside counts and nothing beside it, for whoever has signed it, once.

use std::sync::atomic::{AtomicU64, Ordering};

use serde_json::{Value, json};

use super::{Branch, bank};
use crate::support::{
    made::{ADMIN, wrong_members},
    signer::Signer,
    storefront::Storefront,
    world::START,
};

const NOW: i64 = START / 1_000_000;

/// A bank that signs its requests with this key.
async fn branch(signer: &Signer) -> Branch {
    let more = json!({
        "jwks": { "keys": [signer.jwk()] }, "security": { "backchannel_authentication_request_signing_alg": signer.alg },
    });
    Branch::at(Storefront::open().await, more).await
}

impl Branch {
    /// What a good request of the bank says, with a name of its own.
    fn claims(&self, more: Value) -> Value {
        static NAMES: AtomicU64 = AtomicU64::new(0);
        let mut claims = json!({
            "iss": "bank", "aud": format!("{}/default/shop", self.shop.server.url), "exp": NOW + 300, "nbf": NOW,
            "iat": NOW, "jti": format!("question {}", NAMES.fetch_add(1, Ordering::Relaxed)),
            "scope": "openid orders", "login_hint": "ann", "binding_message": "INSIDE",
        });
        for (member, value) in more.as_object().unwrap() {
            match value {
                Value::Null => drop(claims.as_object_mut().unwrap().remove(member)),
                value => claims[member] = value.clone(),
            }
        }
        claims
    }

    /// The word with which this is refused, signed by the bank.
    async fn signed_word(&self, signer: &Signer, more: Value) -> String {
        self.word(&format!("request={}", signer.sign(&self.claims(more)))).await
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_signs_what_it_asks() {
    for alg in ["ES256", "PS256", "EdDSA"] {
        let signer = Signer::new(alg, "one");
        let branch = branch(&signer).await;
        let object = signer.sign(&branch.claims(json!({ "requested_expiry": "60" })));
        let asked = branch.begins(&format!("request={object}")).await.expect(200).json();
        assert_eq!(asked["expires_in"], json!(60), "{alg}");
        // As a number as well, for a server among others, and with the scopes in another order.
        let aud = json!(["https://other.example", format!("{}/default/shop", branch.shop.server.url)]);
        let object =
            signer.sign(&branch.claims(json!({ "requested_expiry": 45, "aud": aud, "scope": "orders openid" })));
        let asked = branch.begins(&format!("request={object}")).await.expect(200).json();
        assert_eq!(asked["expires_in"], json!(45), "{alg}");
        let mut ann = branch.shop.browser_of("ann").await;
        assert!(branch.looks(&mut ann).await.expect(200).text().contains("INSIDE"), "{alg}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_is_good_once_and_by_its_client_only() {
    let signer = Signer::new("ES256", "one");
    let branch = branch(&signer).await;
    let object = signer.sign(&branch.claims(json!({})));
    branch.begins(&format!("request={object}")).await.expect(200);
    assert_eq!(branch.word(&format!("request={object}")).await, "invalid_request", "once");
    // What was refused was not asked, and may be tried again.
    let object = signer.sign(&branch.claims(json!({ "login_hint": "nobody" })));
    for _ in 0..2 {
        assert_eq!(branch.word(&format!("request={object}")).await, "unknown_user_id");
    }
    // Another client's key, under the name of the bank's; and another client with the bank's request.
    let forger = Signer::new("ES256", "one");
    assert_eq!(branch.signed_word(&forger, json!({})).await, "invalid_request");
    let more = json!({
        "jwks": { "keys": [signer.jwk()] }, "security": { "backchannel_authentication_request_signing_alg": "ES256" },
    });
    let secret = branch.has("thief", more).await;
    let form = format!("request={}", signer.sign(&branch.claims(json!({}))));
    let refused = branch.begins_as(("thief", &secret), &form).await.expect(400).json();
    assert_eq!(refused["error"], "invalid_request");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_signed_request_says_everything_and_who_signs_always_signs() {
    let signer = Signer::new("PS256", "one");
    let branch = branch(&signer).await;
    for more in [
        json!({ "iss": null }),
        json!({ "iss": "other" }),
        json!({ "aud": null }),
        json!({ "aud": "https://other.example" }),
        json!({ "exp": null }),
        json!({ "exp": NOW }),
        json!({ "exp": NOW + 4200 }),
        json!({ "iat": null }),
        json!({ "nbf": null }),
        json!({ "nbf": NOW + 600 }),
        json!({ "nbf": NOW - 4200 }),
        json!({ "jti": null }),
        json!({ "client_id": "other" }),
        json!({ "scope": null }),
        json!({ "scope": ["openid"] }),
        json!({ "login_hint": null }),
        json!({ "request": "x" }),
    ] {
        assert_eq!(branch.signed_word(&signer, more.clone()).await, "invalid_request", "{more}");
    }
    let claims = branch.claims(json!({}));
    let header = json!({ "alg": "RS256", "kid": "one" });
    for object in [
        signer.sign_as(&header, &claims),
        signer.sign_as(&json!({ "alg": "none" }), &claims),
        signer.sign_as(&json!({ "alg": "PS256", "kid": "one", "typ": "at+jwt" }), &claims),
        Signer::sharing(branch.secret.clone()).sign(&claims),
        "ey.ey.ey".to_owned(),
        String::new(),
    ] {
        assert_eq!(branch.word(&format!("request={object}")).await, "invalid_request", "{object}");
    }
    // Unsigned, and with something beside it.
    assert_eq!(branch.word("scope=openid&login_hint=ann").await, "invalid_request");
    let object = signer.sign(&branch.claims(json!({})));
    for beside in ["scope=openid", "login_hint=bob", "requested_expiry=60", "binding_message=OUTSIDE"] {
        assert_eq!(branch.word(&format!("request={object}&{beside}")).await, "invalid_request", "{beside}");
    }
    branch.begins(&format!("request={object}")).await.expect(200);
}

#[tokio::test(flavor = "multi_thread")]
async fn who_has_not_registered_it_does_not_sign_and_who_has_needs_a_key() {
    let signer = Signer::new("ES256", "one");
    let branch = Branch::at(Storefront::open().await, json!({ "jwks": { "keys": [signer.jwk()] } })).await;
    assert_eq!(branch.signed_word(&signer, json!({})).await, "invalid_request");
    for (keys, algorithm) in [(json!([signer.jwk()]), "HS256"), (json!([signer.jwk()]), "none"), (Value::Null, "ES256")]
    {
        let mut more = json!({ "security": { "backchannel_authentication_request_signing_alg": algorithm } });
        if !keys.is_null() {
            more["jwks"] = json!({ "keys": keys });
        }
        let refused = branch.shop.admin.post(&format!("{ADMIN}/clients"), &bank("other", more)).await.expect(422);
        let member = "/security/backchannel_authentication_request_signing_alg";
        assert_eq!(wrong_members(&refused), [member], "{algorithm}");
    }
}
