//! Assertions about people (RFC 7523 §2.1): taken of issuers that the server trusts, once, for what they may give away, and no others.

use std::sync::atomic::{AtomicU64, Ordering};

use serde_json::{Value, json};

use crate::support::{
    made::{ADMIN, basic, make_policy, no, post_form, wrong_members},
    signer::Signer,
    tills::{Shop, claims, refused},
    world::START,
};

const GRANT: &str = "urn:ietf:params:oauth:grant-type:jwt-bearer";
const CORP: &str = "https://corp.example";
const NOW: i64 = START / 1_000_000;

/// A shop that trusts an issuer, whose key signs.
async fn shop(more: Value) -> (Shop, Signer) {
    let signer = Signer::new("ES256", "corp");
    let mut issuer = json!({ "issuer": CORP, "jwks": { "keys": [signer.jwk()] }, "scopes": ["openid", "buy"] });
    issuer.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    let grants = json!(["client_credentials", "refresh_token", "password", GRANT]);
    let of_server = json!(["authorization_code", "client_credentials", "refresh_token", "password", GRANT]);
    let shop = Shop::open(json!({ "grant_types": of_server, "security": { "trusted_issuers": [issuer] } })).await;
    shop.change_till(json!({ "grant_types": grants, "response_types": [] })).await;
    (shop, signer)
}

/// What a good assertion says, with a name of its own.
fn said(shop: &Shop) -> Value {
    static NAMES: AtomicU64 = AtomicU64::new(0);
    let jti = format!("assertion {}", NAMES.fetch_add(1, Ordering::Relaxed));
    let issuer = format!("{}/default/shop", shop.server.url);
    json!({ "iss": CORP, "sub": "eve", "aud": issuer, "iat": NOW, "exp": NOW + 300, "jti": jti, "email": "eve@corp.example" })
}

fn form(assertion: &str) -> String {
    format!("grant_type={GRANT}&assertion={assertion}")
}

async fn set(shop: &Shop, members: Value) {
    let path = format!("{ADMIN}/servers/shop");
    let mut record = shop.admin.get(&path).await.expect(200).json();
    record.as_object_mut().unwrap().extend(members.as_object().unwrap().clone());
    shop.admin.put(&path, &record).await.expect(200);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_person_whom_somebody_trusted_names_gets_a_token() {
    let (shop, signer) = shop(json!({})).await;
    let got = shop.ask(&form(&signer.sign(&said(&shop)))).await.expect(200).json();
    assert_eq!((&got["scope"], &got["expires_in"]), (&json!("openid buy"), &json!(300)));
    assert!(got.get("refresh_token").is_none() && got.get("id_token").is_none());
    let token = claims(&got["access_token"]);
    assert_eq!((&token["sub"], &token["client_id"]), (&json!("https://corp.example#eve"), &json!("till")));
    assert_eq!((&token["amr"], &token["auth_time"]), (&json!(["fed"]), &json!(NOW)));
    assert!(token["gid"].is_string());
    assert!(shop.is_good(&got["access_token"]).await);
    // It goes when the issuer is trusted no more.
    set(&shop, json!({ "security": {} })).await;
    assert!(!shop.is_good(&got["access_token"]).await);
    refused(shop.ask(&form(&signer.sign(&said(&shop)))).await, "invalid_grant");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_issuer_may_be_given_names_of_people_and_another_name_for_us() {
    let (shop, signer) = shop(json!({ "subject_prefix": "corp:", "audience": "urn:shop" })).await;
    let mut said = said(&shop);
    said["aud"] = json!("urn:shop");
    said["sub"] = json!("7");
    let got = shop.ask(&form(&signer.sign(&said))).await.expect(200).json();
    assert_eq!(claims(&got["access_token"])["sub"], "corp:7");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_assertion_is_good_once() {
    let (shop, signer) = shop(json!({})).await;
    let mut assertion = said(&shop);
    let won = shop.ask_at_once(&form(&signer.sign(&assertion)), 8).await;
    assert_eq!(won.len(), 1);
    // Signed anew it is still the same one.
    assertion["sub"] = json!("mallory");
    let why = refused(shop.ask(&form(&signer.sign(&assertion))).await, "invalid_grant");
    assert!(why.contains("used before"), "{why}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_not_said_right_is_worth_nothing() {
    let (shop, signer) = shop(json!({})).await;
    let wrong = |member: &str, value: Value| {
        let mut said = said(&shop);
        said[member] = value;
        signer.sign(&said)
    };
    let ours = said(&shop)["aud"].clone();
    for (assertion, word) in [
        (wrong("iss", json!("https://evil.example")), "not trusted"),
        (wrong("iss", Value::Null), "not trusted"),
        (wrong("iss", ours.clone()), "not trusted"),
        (wrong("aud", json!("https://id.example")), "this server"),
        (wrong("aud", json!([ours, "https://other.example"])), "this server"),
        (wrong("aud", json!(ours.as_str().unwrap().replace("shop", "admin"))), "this server"),
        (wrong("exp", json!(NOW)), "ended"),
        (wrong("exp", Value::Null), "no end"),
        (wrong("exp", json!(NOW + 86_400)), "too late"),
        (wrong("nbf", json!(NOW + 600)), "not good yet"),
        (wrong("iat", json!(NOW + 600)), "future"),
        (wrong("jti", Value::Null), "no name"),
        (wrong("sub", Value::Null), "nobody"),
        (wrong("sub", json!("")), "nobody"),
        (wrong("sub", json!("e".repeat(300))), "nobody"),
    ] {
        let why = refused(shop.ask(&form(&assertion)).await, "invalid_grant");
        assert!(why.contains(word), "{word}: {why}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn only_the_issuers_own_keys_sign() {
    let rsa = Signer::new("RS256", "corp");
    let (shop, signer) = shop(json!({ "jwks": { "keys": [rsa.jwk()] } })).await;
    shop.ask(&form(&rsa.sign(&said(&shop)))).await.expect(200);
    // The public key taken for a shared secret, another key of that name, a key of ours, none at all.
    let confused = Signer::sharing(rsa.public_der());
    let other = Signer::new("RS256", "corp");
    for bad in [
        confused.sign_as(&json!({ "alg": "HS256", "kid": "corp" }), &said(&shop)),
        other.sign(&said(&shop)),
        signer.sign(&said(&shop)),
        rsa.sign_as(&json!({ "alg": "none" }), &said(&shop)),
        rsa.sign_as(&json!({ "alg": "RS256", "kid": "corp", "typ": "at+jwt" }), &said(&shop)),
        rsa.sign_as(&json!({ "alg": "RS256", "kid": "corp", "crit": ["b64"] }), &said(&shop)),
        "a.b.c".to_owned(),
    ] {
        refused(shop.ask(&form(&bad)).await, "invalid_grant");
    }
    refused(shop.ask(&format!("grant_type={GRANT}")).await, "invalid_request");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_issuer_gives_away_what_it_may_and_the_client_may_have() {
    let (shop, signer) = shop(json!({})).await;
    let ask = async |scope: &str| shop.ask(&format!("{}&scope={scope}", form(&signer.sign(&said(&shop))))).await;
    assert_eq!(ask("buy").await.expect(200).json()["scope"], "buy");
    refused(ask("sell").await, "invalid_scope");
    refused(ask("buy+sell").await, "invalid_scope");
    // A client without the grant gets nothing, and one with no more than a name cannot have it.
    let assertion = signer.sign(&said(&shop));
    refused(shop.ask_as_scale(&form(&assertion)).await, "unauthorized_client");
    let anonymous = post_form(&shop.server.anonymous(), "/default/shop/oauth2/token", &form(&assertion)).await;
    assert_eq!(anonymous.status, 401);
    shop.ask(&form(&assertion)).await.expect(200);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_policies_of_people_have_a_say() {
    let (shop, signer) = shop(json!({})).await;
    let fields = json!([{ "field": "email", "comparator": "equals", "value": "eve@corp.example" }]);
    make_policy(&shop.admin, "eve", json!([{ "name": "identity-context", "conf": { "fields": fields } }])).await;
    make_policy(&shop.admin, "deny", json!([no()])).await;
    set(&shop, json!({ "user_policy_id": "eve" })).await;
    shop.ask(&form(&signer.sign(&said(&shop)))).await.expect(200);
    set(&shop, json!({ "user_policy_id": "deny" })).await;
    let assertion = signer.sign(&said(&shop));
    refused(shop.ask(&form(&assertion)).await, "invalid_grant");
    // What was refused was not used up.
    set(&shop, json!({ "user_policy_id": "eve" })).await;
    shop.ask(&form(&assertion)).await.expect(200);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_said_of_an_issuer_is_shown_and_checked() {
    let (shop, signer) = shop(json!({ "subject_prefix": "corp:" })).await;
    let path = format!("{ADMIN}/servers/shop");
    let mut server = shop.admin.get(&path).await.expect(200).json();
    let shown = server["security"]["trusted_issuers"][0].clone();
    assert_eq!((&shown["issuer"], &shown["subject_prefix"]), (&json!(CORP), &json!("corp:")));
    assert_eq!(shown["jwks"]["keys"][0]["x"], signer.jwk()["x"]);
    let wrong = json!([shown, shown, { "issuer": "corp", "subject_prefix": "c", "scopes": [] }]);
    server["security"]["trusted_issuers"] = wrong;
    let at = |place: usize, member: &str| format!("/security/trusted_issuers/{place}/{member}");
    let problems = wrong_members(&shop.admin.put(&path, &server).await.expect(422));
    assert_eq!(problems, [at(1, "issuer"), at(2, "issuer"), at(2, "jwks"), at(2, "subject_prefix")]);
    // No issuer names people of another one: not by its prefix, and not by a fragment of its name.
    let mut other = shown.clone();
    (other["issuer"], other["subject_prefix"]) = (json!("https://other.example"), json!("corp:eu:"));
    let mut third = shown.clone();
    (third["issuer"], third["subject_prefix"]) = (json!("https://third.example#x"), json!("third:"));
    server["security"]["trusted_issuers"] = json!([shown, other, third]);
    let problems = wrong_members(&shop.admin.put(&path, &server).await.expect(422));
    assert_eq!(problems, [at(1, "subject_prefix"), at(2, "issuer")]);
    // Who has an assertion revokes what it has got like any other token.
    let got = shop.ask(&form(&signer.sign(&said(&shop)))).await.expect(200).json();
    let caller = shop.server.anonymous().with_header("authorization", &basic("till", &shop.till));
    let form = format!("token={}", got["access_token"].as_str().unwrap());
    post_form(&caller, "/default/shop/oauth2/revoke", &form).await.expect(200);
    assert!(!shop.is_good(&got["access_token"]).await);
}

/// A resource that has no scopes looks at nothing but the audience of a token, so no scope of the issuer's bounds it.
#[tokio::test(flavor = "multi_thread")]
async fn an_issuer_gives_away_the_resources_that_are_named_for_it() {
    const PLAIN: &str = "https://plain.example/mcp";
    let (shop, signer) = shop(json!({ "scopes": [] })).await;
    let service = json!({ "authorization_server_id": "shop", "id": "plain", "name": "Plain", "resource": PLAIN });
    shop.admin.post(&format!("{ADMIN}/services"), &service).await.expect(201);
    let ask = async || shop.ask(&format!("{}&resource={PLAIN}", form(&signer.sign(&said(&shop))))).await;
    refused(ask().await, "invalid_target");
    let mut server = shop.admin.get(&format!("{ADMIN}/servers/shop")).await.expect(200).json();
    for (resources, wrong) in
        [(json!(["plain"]), true), (json!(["https://other.example/"]), false), (json!([PLAIN]), false)]
    {
        server["security"]["trusted_issuers"][0]["resources"] = resources.clone();
        let answer = shop.admin.put(&format!("{ADMIN}/servers/shop"), &server).await;
        match wrong {
            true => assert_eq!(wrong_members(&answer.expect(422)), ["/security/trusted_issuers/0/resources/0"]),
            false => assert_eq!(answer.expect(200).json()["security"]["trusted_issuers"][0]["resources"], resources),
        }
        if resources != json!([PLAIN]) {
            refused(ask().await, "invalid_target");
        }
    }
    let got = ask().await.expect(200).json();
    assert_eq!(claims(&got["access_token"])["aud"], json!([PLAIN]));
}
