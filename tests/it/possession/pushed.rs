//! Keys that are proven when a request is pushed (RFC 9449 §10.1): the code is for them, also where nothing else says so.

use serde_json::{Value, json};

use super::{TOKEN, code_for, refused};
use crate::support::{
    Answer, Caller, TestServer,
    holder::{Holder, ask_with},
    made::{basic, post_form},
    signer::Signer,
    tills::{CALLBACK, Shop, claims, redeem},
    world::START,
};

const PAR: &str = "/default/shop/oauth2/par";

/// A shop whose client `till` signs requests with this key, and that client.
async fn shop(signer: &Signer, security: Value) -> (Shop, Caller) {
    let shop = Shop::open(json!({ "security": security })).await;
    shop.change_till(json!({ "jwks": { "keys": [signer.jwk()] } })).await;
    let till = shop.server.anonymous().with_header("authorization", &basic("till", &shop.till));
    (shop, till)
}

fn request(more: &[(&str, &str)]) -> String {
    let usual = [("client_id", "till"), ("response_type", "code"), ("redirect_uri", CALLBACK), ("scope", "openid buy")];
    form_urlencoded::Serializer::new(String::new()).extend_pairs(usual.iter().chain(more)).finish()
}

/// A request object of the till with these members more, as it is pushed.
fn object(shop: &Shop, signer: &Signer, more: Value) -> String {
    let issuer = format!("{}/default/shop", shop.server.url);
    let mut said = json!({
        "iss": "till", "aud": issuer, "exp": START / 1_000_000 + 300, "client_id": "till", "response_type": "code",
        "redirect_uri": CALLBACK, "scope": "openid buy",
    });
    said.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    form_urlencoded::Serializer::new(String::new())
        .extend_pairs([("client_id", "till"), ("request", &signer.sign(&said))])
        .finish()
}

/// The form that redeems the code of a pushed request, which ada's browser brings.
async fn redeems(server: &TestServer, pushed: &Answer) -> String {
    assert_eq!(pushed.status, 201, "{}", pushed.text());
    let reference = pushed.json()["request_uri"].as_str().unwrap().to_owned();
    redeem(&code_for(server, &format!("client_id=till&request_uri={reference}")).await)
}

/// Fails the test unless a code is good for its holder and nobody else.
async fn is_for(shop: &Shop, caller: &Caller, holder: &Holder, form: &str) {
    let thief = Holder::new("ES256");
    refused(thief.ask(&shop.server, caller, TOKEN, form).await, "invalid_grant");
    refused(post_form(caller, TOKEN, form).await, "invalid_grant");
    let tokens = holder.ask(&shop.server, caller, TOKEN, form).await.expect(200).json();
    assert_eq!(claims(&tokens["access_token"])["cnf"]["jkt"], json!(holder.thumbprint()));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_code_is_for_the_key_that_was_proven_when_its_request_was_pushed() {
    let signer = Signer::new("ES256", "one");
    let (shop, till) = shop(&signer, json!({})).await;
    let holder = Holder::new("ES256");
    let (server, jkt) = (&shop.server, holder.thumbprint());
    for form in [
        request(&[]),
        request(&[("dpop_jkt", &jkt)]),
        object(&shop, &signer, json!({})),
        object(&shop, &signer, json!({ "dpop_jkt": jkt })),
        // What stands beside an object says nothing.
        format!("{}&dpop_jkt={}", object(&shop, &signer, json!({})), Holder::new("ES256").thumbprint()),
    ] {
        let pushed = holder.ask(server, &till, PAR, &form).await;
        assert_eq!(pushed.header("dpop-nonce"), None);
        is_for(&shop, &till, &holder, &redeems(server, &pushed).await).await;
    }
    // Whoever proves none has a code for everybody.
    let plain = redeems(server, &post_form(&till, PAR, &request(&[])).await).await;
    post_form(&till, TOKEN, &plain).await.expect(200);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_code_of_a_public_client_is_worth_nothing_to_whoever_steals_it_with_its_verifier() {
    let (shop, _) = shop(&Signer::new("ES256", "one"), json!({})).await;
    shop.change_till(json!({
        "token_endpoint_auth_method": "none", "grant_types": ["authorization_code"], "response_types": ["code"],
    }))
    .await;
    let (holder, nobody) = (Holder::new("ES256"), shop.server.anonymous());
    // The verifier and the challenge of RFC 7636, appendix B.
    let challenge =
        [("code_challenge", "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"), ("code_challenge_method", "S256")];
    let pushed = holder.ask(&shop.server, &nobody, PAR, &request(&challenge)).await;
    let form = redeems(&shop.server, &pushed).await;
    let form = format!("{form}&client_id=till&code_verifier=dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk");
    is_for(&shop, &nobody, &holder, &form).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_that_names_another_key_than_it_proves_is_refused() {
    let signer = Signer::new("ES256", "one");
    let (shop, till) = shop(&signer, json!({})).await;
    let (holder, other) = (Holder::new("ES256"), Holder::new("ES256").thumbprint());
    for form in [request(&[("dpop_jkt", &other)]), object(&shop, &signer, json!({ "dpop_jkt": other }))] {
        let answer = refused(holder.ask(&shop.server, &till, PAR, &form).await, "invalid_dpop_proof");
        assert!(answer.json().get("request_uri").is_none());
        post_form(&till, PAR, &form).await.expect(201);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_proof_beside_a_pushed_request_is_about_it_and_good_once() {
    let (shop, till) = shop(&Signer::new("ES256", "one"), json!({})).await;
    let (holder, form) = (Holder::new("ES256"), request(&[]));
    let proof = holder.proof(&shop.server, "POST", PAR);
    ask_with(&till, PAR, &form, &proof).await.expect(201);
    let again = refused(ask_with(&till, PAR, &form, &proof).await, "invalid_dpop_proof");
    assert!(again.text().contains("used before"), "{}", again.text());
    for wrong in [holder.proof(&shop.server, "POST", TOKEN), holder.proof(&shop.server, "GET", PAR), "x".to_owned()] {
        let answer = refused(ask_with(&till, PAR, &form, &wrong).await, "invalid_dpop_proof");
        assert!(answer.json().get("request_uri").is_none());
    }
    // A proof proves no client.
    let stranger = shop.server.anonymous();
    holder.ask(&shop.server, &stranger, PAR, &form).await.expect(401);
}

#[tokio::test(flavor = "multi_thread")]
async fn where_there_are_nonces_a_pushed_request_repeats_one_too() {
    let (shop, till) = shop(&Signer::new("ES256", "one"), json!({ "dpop_nonces": true })).await;
    let (holder, form) = (Holder::new("ES256"), request(&[]));
    let first = refused(holder.ask(&shop.server, &till, PAR, &form).await, "use_dpop_nonce");
    let nonce = first.header("dpop-nonce").unwrap().to_owned();
    let with = |path: &str| {
        let mut said = holder.claims(&shop.server, "POST", path);
        said["nonce"] = json!(nonce);
        holder.sign(&said)
    };
    let pushed = ask_with(&till, PAR, &form, &with(PAR)).await.expect(201);
    assert_eq!(pushed.header("dpop-nonce"), Some(nonce.as_str()), "it is handed out with every answer");
    let code = redeems(&shop.server, &pushed).await;
    ask_with(&till, TOKEN, &code, &with(TOKEN)).await.expect(200);
    let plain = post_form(&till, PAR, &form).await.expect(201);
    assert!(plain.header("dpop-nonce").is_some(), "without a proof there is nothing to repeat it in");
    let bad = post_form(&till, PAR, "client_id=till&response_type=nonsense").await.expect(400);
    assert!(bad.header("dpop-nonce").is_some());
}
