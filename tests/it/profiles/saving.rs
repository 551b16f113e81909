//! What is refused when a server of a profile, its keys or its clients are saved, and what such a server answers.

use serde_json::{Value, json};

use super::{Bank, PUBLIC, held_to, issuer};
use crate::support::{
    TestServer,
    made::{ADMIN, ask_token, wrong_members},
    signer::Signer,
};

/// The secret of a client that has one.
const SECRET: &str = "a secret of the client from before";

#[tokio::test(flavor = "multi_thread")]
async fn a_server_contradicts_no_profile_of_its_own() {
    let bank = Bank::open().await;
    for profile in ["fapi_rw", "fapi_2_security", "fapi_2_message_signing"] {
        for (more, wrong) in [
            (json!({ "key_type": "rsa" }), "/jwks"),
            (json!({ "grant_types": ["authorization_code", "password"] }), "/grant_types/1"),
        ] {
            assert_eq!(bank.refused(held_to(profile), more.clone()).await, [wrong], "{profile} {more}");
        }
    }
    for profile in ["fapi_2_security", "fapi_2_message_signing"] {
        for (more, wrong) in [
            (json!({ "grant_types": ["authorization_code", "implicit"] }), "/grant_types/1"),
            (json!({ "authorization_code_ttl": "1m1s" }), "/authorization_code_ttl"),
            (
                json!({ "security": { "pushed_authorization_request_ttl": "10m0s" } }),
                "/security/pushed_authorization_request_ttl",
            ),
        ] {
            assert_eq!(bank.refused(held_to(profile), more.clone()).await, [wrong], "{profile} {more}");
        }
    }
    assert_eq!(bank.refused(held_to("fapi_rw"), json!({ "key_type": "eddsa" })).await, ["/jwks"]);
    let mut strong = held_to("fapi_rw");
    (strong["id"], strong["key_type"], strong["signing_alg"]) = (json!("strong"), json!("rsa"), json!("PS256"));
    bank.admin.post(&format!("{ADMIN}/servers"), &strong).await.expect(201);
    bank.admin.post(&format!("{ADMIN}/servers"), &held_to("fapi_2_message_signing")).await.expect(201);
    // What is there is held to it as well, and every other way to save it.
    let path = format!("{ADMIN}/servers/bank");
    let mut body = bank.admin.get(&path).await.expect(200).json();
    body["authorization_code_ttl"] = json!("2m0s");
    assert_eq!(wrong_members(&bank.admin.put(&path, &body).await.expect(422)), ["/authorization_code_ttl"]);
    let wrong = bank.admin.post(&format!("{path}/keys"), &json!({ "key_type": "rsa" })).await.expect(422);
    assert_eq!(wrong_members(&wrong), ["/key_type"]);
    bank.admin.post(&format!("{path}/keys"), &json!({ "key_type": "eddsa" })).await.expect(201);
    bank.admin.post(&format!("{path}/keys"), &json!({ "key_type": "rsa", "signing_alg": "PS256" })).await.expect(201);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_profile_cannot_be_gone_back_on() {
    let bank = Bank::held_to("fapi_2_security").await;
    let path = format!("{ADMIN}/servers/bank");
    let held = bank.admin.get(&path).await.expect(200).json();
    let mut loose = held.clone();
    (loose["profiles"], loose["authorization_code_ttl"]) = (json!([]), json!("5m0s"));
    bank.admin.put(&path, &loose).await.expect(200);
    loose["profiles"] = json!(["fapi_2_security"]);
    assert_eq!(wrong_members(&bank.admin.put(&path, &loose).await.expect(422)), ["/authorization_code_ttl"]);
    bank.admin.put(&path, &held).await.expect(200);
}

#[tokio::test(flavor = "multi_thread")]
async fn profiles_are_for_https_and_not_for_the_tenants_own_servers() {
    let plain = TestServer::start().await;
    let answer = plain.as_admin().post(&format!("{ADMIN}/servers"), &held_to("fapi_2_security")).await.expect(422);
    assert_eq!(wrong_members(&answer), ["/profiles"]);
    assert!(answer.text().contains("https"), "{}", answer.text());

    let bank = Bank::open().await;
    for own in ["admin", "system", "developer"] {
        let path = format!("{ADMIN}/servers/{own}");
        let mut body = bank.admin.get(&path).await.expect(200).json();
        body["profiles"] = json!(["fapi_2_security"]);
        assert_eq!(wrong_members(&bank.admin.put(&path, &body).await.expect(422)), ["/profiles"], "{own}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_is_as_the_profile_of_its_server_demands() {
    let bank = Bank::held_to("fapi_2_security").await;
    let signer = Signer::new("ES256", "one");
    bank.makes("app", &signer, json!({})).await.expect(201);
    const METHOD: &str = "/token_endpoint_auth_method";
    for (more, wrong) in [
        (json!({ "token_endpoint_auth_method": "client_secret_basic", "jwks": null }), vec![METHOD]),
        (json!({ "token_endpoint_auth_method": "client_secret_jwt", "jwks": null }), vec![METHOD]),
        (json!({ "token_endpoint_auth_signing_alg": "RS256" }), vec!["/token_endpoint_auth_signing_alg"]),
        (
            json!({
                "token_endpoint_auth_method": "none", "grant_types": ["authorization_code"], "jwks": null
            }),
            vec![METHOD, METHOD],
        ),
    ] {
        let answer = bank.makes("wrong", &signer, more.clone()).await.expect(422);
        assert_eq!(wrong_members(&answer), wrong, "{more}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_from_before_the_profile_gets_nothing_until_it_is_mended() {
    let bank = Bank::open().await;
    let mut body = held_to("fapi_2_security");
    body["profiles"] = json!([]);
    bank.admin.post(&format!("{ADMIN}/servers"), &body).await.expect(201);
    let signer = Signer::new("ES256", "one");
    let before = json!({ "client_secret": SECRET, "jwks": null, "trusted": true,
                           "token_endpoint_auth_method": "client_secret_basic" });
    bank.makes("old", &signer, before).await.expect(201);
    let ask = async || ask_token(&bank.server, "bank", "old", SECRET, "grant_type=client_credentials").await;
    ask().await.expect(200);
    let path = format!("{ADMIN}/servers/bank");
    body["profiles"] = json!(["fapi_2_security"]);
    bank.admin.put(&path, &body).await.expect(200);
    let refused = ask().await.expect(400).json();
    assert_eq!(refused["error"], "unauthorized_client", "{refused}");
    assert!(refused["error_description"].as_str().unwrap().contains("FAPI 2.0 Security Profile"), "{refused}");
}

#[tokio::test(flavor = "multi_thread")]
async fn metadata_tell_what_the_profile_lets_clients_do() {
    let bank = Bank::held_to("fapi_2_message_signing").await;
    let path = "/default/bank/.well-known/openid-configuration";
    let told = bank.server.anonymous().get(path).await.expect(200).json();
    assert_eq!(told["issuer"], issuer());
    assert_eq!(told["require_pushed_authorization_requests"], true);
    assert_eq!(told["require_signed_request_object"], true);
    assert_eq!(told["response_types_supported"], json!(["code"]));
    let methods = told["token_endpoint_auth_methods_supported"].as_array().unwrap();
    assert!(methods.contains(&json!("private_key_jwt")), "{methods:?}");
    for secret in ["client_secret_basic", "client_secret_post", "client_secret_jwt", "none"] {
        assert!(!methods.contains(&json!(secret)), "{methods:?}");
    }
    assert_eq!(told["token_endpoint_auth_signing_alg_values_supported"], json!(["PS256", "ES256", "EdDSA"]));
}

#[tokio::test(flavor = "multi_thread")]
async fn assertions_are_signed_well_and_for_the_issuer_alone() {
    let bank = Bank::held_to("fapi_2_security").await;
    let (good, bad) = (Signer::new("ES256", "one"), Signer::new("RS256", "two"));
    let keys = json!({ "jwks": { "keys": [good.jwk(), bad.jwk()] } });
    bank.makes("app", &good, keys).await.expect(201);
    // Whatever comes of it, the client is known: it is asked for a proof of a key next.
    let asks = async |signer: &Signer, audience: Value| {
        bank.ask("token", ("app", signer), audience, "grant_type=client_credentials").await
    };
    assert_ne!(asks(&good, issuer()).await.json()["error"], "invalid_client");
    for audience in [json!([issuer()]), json!(format!("{PUBLIC}/default/bank/oauth2/token"))] {
        assert_eq!(asks(&good, audience.clone()).await.expect(401).json()["error"], "invalid_client", "{audience}");
    }
    assert_eq!(asks(&bad, issuer()).await.expect(401).json()["error"], "invalid_client");
}
