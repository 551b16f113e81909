//! Bound tokens wherever tokens are taken: with a proof of their key about this very request, and not at all without
//! (RFC 9449 §7).

use bytes::Bytes;
use http::Method;
use serde_json::json;

use super::{MACHINE, TOKEN, Works};
use crate::support::{
    Answer, Caller, SECRET, TestServer,
    gateway::{Guarded, ORIGINAL},
    holder::{Holder, hash, shows},
    made::{ADMIN, attribute, basic, make_client, make_policy, post_form, yes},
    tills::{Shop, redeem},
};

const TENANT: &str = "/api/admin/default/tenant";

/// A token of a client of the bootstrap, at `tenant/server`, bound to a key.
async fn bound(server: &TestServer, at: &str, who: &str, holder: &Holder) -> String {
    let caller = server.anonymous().with_header("authorization", &basic(who, SECRET));
    let path = format!("/{at}/oauth2/token");
    let answer = holder.ask(server, &caller, &path, MACHINE).await.expect(200);
    answer.json()["access_token"].as_str().unwrap().to_owned()
}

#[track_caller]
fn challenged(answer: Answer, scheme: &str, error: &str) {
    let answer = answer.expect(401);
    let challenge = answer.header("www-authenticate").unwrap();
    assert!(challenge.starts_with(&format!("{scheme} error=\"{error}\"")), "{challenge}");
    assert_eq!(scheme == "DPoP", challenge.contains("algs=\"RS256 PS256 ES256 ES384 EdDSA\""), "{challenge}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bound_token_is_good_with_its_proof_and_nothing_else() {
    let server = TestServer::start().await;
    let (holder, thief) = (Holder::new("ES256"), Holder::new("ES256"));
    let token = bound(&server, "default/admin", "admin", &holder).await;
    let proof = holder.proof_with(&server, "GET", TENANT, &token);
    shows(&server, &token, &proof).get(TENANT).await.expect(200);
    let again = shows(&server, &token, &proof).get(TENANT).await;
    challenged(again, "DPoP", "invalid_dpop_proof");

    challenged(Caller::new(&server.url).with_token(&token).get(TENANT).await, "DPoP", "invalid_token");
    let proof = holder.proof_with(&server, "GET", TENANT, &token);
    let as_bearer = Caller::new(&server.url).with_token(&token).with_header("dpop", &proof);
    challenged(as_bearer.get(TENANT).await, "DPoP", "invalid_token");
    let bare = server.anonymous().with_header("authorization", &format!("DPoP {token}"));
    challenged(bare.get(TENANT).await, "DPoP", "invalid_dpop_proof");

    let about = |method: &str, path: &str, token: &str| holder.proof_with(&server, method, path, token);
    for proof in [
        about("POST", TENANT, &token),
        about("GET", "/api/admin/default/policies", &token),
        about("GET", TENANT, "another token"),
        holder.proof(&server, "GET", TENANT),
        thief.proof_with(&server, "GET", TENANT, &token),
        "proof".to_owned(),
    ] {
        challenged(shows(&server, &token, &proof).get(TENANT).await, "DPoP", "invalid_dpop_proof");
    }
    holder.caller(&server, "GET", TENANT, &token).get(&format!("{TENANT}?a=b")).await.expect(200);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_that_is_bound_to_nothing_is_no_better_for_a_proof() {
    let server = TestServer::start().await;
    let holder = Holder::new("ES256");
    let plain = server.as_admin().token().await.unwrap();
    challenged(holder.caller(&server, "GET", TENANT, &plain).get(TENANT).await, "Bearer", "invalid_token");
    let beside = server.as_admin().with_header("dpop", "anything");
    beside.get(TENANT).await.expect(200);
    let answer = server.anonymous().get(TENANT).await.expect(401);
    let challenges: Vec<_> = answer.headers.get_all("www-authenticate").iter().collect();
    let there = format!("resource_metadata=\"{}/default/admin/.well-known/oauth-protected-resource\"", server.url);
    let dpop = format!("DPoP algs=\"RS256 PS256 ES256 ES384 EdDSA\", {there}");
    assert_eq!(challenges, [format!("Bearer {there}").as_str(), &dpop]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_large_body_uses_up_no_proof_before_it_is_read() {
    let server = TestServer::with(|config| config.limits.body_bytes = 1000).await;
    let holder = Holder::new("ES256");
    let token = bound(&server, "system/system", "setup", &holder).await;
    let path = "/api/system/configuration";
    let document = server.as_setup().get(path).await.expect(200);
    assert!(document.body.len() > 1000);
    let caller = holder.caller(&server, "PUT", path, &token);
    let answer = caller.put(&format!("{path}?mode=update"), &document.json()).await;
    assert!(answer.status.is_success(), "{}", answer.text());
    let stranger = server.anonymous().put(path, &document.json()).await;
    assert_eq!(stranger.status, 413, "{}", stranger.text());
}

/// A person's token for the client `till`, bound to a key.
async fn of_a_person(shop: &Shop, holder: &Holder) -> String {
    let till = shop.server.anonymous().with_header("authorization", &basic("till", &shop.till));
    let code = shop.code(&shop.grant(&["openid"], None).await, None).await;
    let tokens = holder.ask(&shop.server, &till, TOKEN, &redeem(&code)).await.expect(200).json();
    tokens["access_token"].as_str().unwrap().to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn userinfo_and_introspection_ask_for_the_proof_signed_tokens_or_opaque_ones() {
    for form in ["jwt", "opaque"] {
        let shop = Shop::open(json!({ "access_token_strategy": form })).await;
        let holder = Holder::new("ES256");
        let token = of_a_person(&shop, &holder).await;
        let path = "/default/shop/userinfo";
        let caller = holder.caller(&shop.server, "GET", path, &token);
        assert_eq!(caller.get(path).await.expect(200).json()["sub"], "ada");
        challenged(Caller::new(&shop.server.url).with_token(&token).get(path).await, "DPoP", "invalid_token");
        challenged(caller.get(path).await, "DPoP", "invalid_dpop_proof");
        let in_form = post_form(&shop.server.anonymous(), path, &format!("access_token={token}")).await;
        challenged(in_form, "DPoP", "invalid_token");
        let posted = holder.caller(&shop.server, "POST", path, &token);
        posted.send(Method::POST, path, None, Bytes::new()).await.expect(200);

        let till = shop.server.anonymous().with_header("authorization", &basic("till", &shop.till));
        let path = "/default/shop/oauth2/introspect";
        let said = post_form(&till, path, &format!("token={token}")).await.expect(200).json();
        assert_eq!(said["active"], true);
        assert_eq!(said["token_type"], "DPoP");
        assert_eq!(said["cnf"], json!({ "jkt": holder.thumbprint() }));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn who_asks_about_tokens_with_a_bound_one_proves_it_too() {
    let works = Works::open(json!({})).await;
    let holder = Holder::new("ES256");
    let token = holder.ask(&works.server, &works.machine, TOKEN, MACHINE).await.expect(200).json();
    let token = token["access_token"].as_str().unwrap();
    let (path, form) = ("/default/shop/oauth2/introspect", format!("token={token}"));
    let answer = post_form(&holder.caller(&works.server, "POST", path, token), path, &form).await.expect(200);
    assert_eq!(answer.json()["active"], true);
    let bare = works.server.anonymous().with_header("authorization", &format!("Bearer {token}"));
    challenged(post_form(&bare, path, &form).await, "DPoP", "invalid_token");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_gateway_takes_a_bound_token_with_a_proof_about_the_resource_that_it_protects() {
    const RESOURCE: &str = "https://books.example/api";
    let guarded = Guarded::start("nginx").await;
    let (admin, server) = (&guarded.admin, &guarded.server);
    let body = json!({ "name": "library", "resource": RESOURCE, "gateway_id": guarded.id() });
    admin.put(&format!("{ADMIN}/services/library"), &body).await.expect(200);
    let scope =
        json!({ "authorization_server_id": "shop", "id": "library", "name": "library", "service_id": "library" });
    admin.post(&format!("{ADMIN}/scopes"), &scope).await.expect(201);
    make_policy(admin, "somebody", json!([attribute("subject.id", "exists", json!(true))])).await;
    guarded.make_api("library", "GET", "/api/books", "somebody").await;
    let made = make_client(admin, "shop", "reader", &["library"]).await;
    let reader =
        server.anonymous().with_header("authorization", &basic("reader", made["client_secret"].as_str().unwrap()));
    let (holder, thief) = (Holder::new("ES256"), Holder::new("ES256"));
    let form = format!("{MACHINE}&resource={RESOURCE}");
    let token = holder.ask(server, &reader, TOKEN, &form).await.expect(200).json();
    let token = token["access_token"].as_str().unwrap();
    let proof = |holder: &Holder, method: &str, address: &str| {
        let mut said = holder.claims(server, method, "");
        (said["htu"], said["ath"]) = (json!(address), json!(hash(token)));
        holder.sign(&said)
    };
    let ask = async |user: &Caller| guarded.ask(user, "GET", "/api/books?page=2").await;
    let good = proof(&holder, "GET", "https://books.example/api/books");
    ask(&shows(server, token, &good)).await.expect(200);
    let again = ask(&shows(server, token, &good)).await.expect(401);
    let challenge = again.header("www-authenticate").unwrap();
    assert!(challenge.starts_with("DPoP error=\"invalid_dpop_proof\", algs="), "{challenge}");
    assert!(challenge.contains("resource_metadata="), "{challenge}");
    let own = format!("{}{}", server.url, guarded.authorize());
    for wrong in [
        proof(&holder, "POST", "https://books.example/api/books"),
        proof(&holder, "GET", "https://books.example/api/other"),
        proof(&holder, "GET", "https://evil.example/api/books"),
        proof(&holder, "GET", "http://books.example/api/books"),
        proof(&holder, "GET", &own),
        proof(&thief, "GET", "https://books.example/api/books"),
        "proof".to_owned(),
    ] {
        ask(&shows(server, token, &wrong)).await.expect(401);
    }
    // Without a proof, or as if it were bound to nothing, it is worth nothing.
    let fresh = proof(&holder, "GET", "https://books.example/api/books");
    ask(&server.anonymous().with_header("authorization", &format!("DPoP {token}"))).await.expect(401);
    let bearer = Caller::new(&server.url).with_token(token).with_header("dpop", &fresh);
    ask(&bearer).await.expect(401);
    // A header that a client adds says nothing of where the gateway is.
    let elsewhere = proof(&holder, "GET", "https://evil.example/api/books");
    let sly = shows(server, token, &elsewhere).with_header("x-forwarded-host", "evil.example");
    ask(&sly).await.expect(401);
    ask(&shows(server, token, &fresh)).await.expect(200);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_gateway_takes_no_bound_token_for_what_is_no_resource() {
    let guarded = Guarded::start("nginx").await;
    make_policy(&guarded.admin, "always", json!([yes()])).await;
    guarded.make_api("library", "GET", "/books", "always").await;
    let made = make_client(&guarded.admin, "shop", "reader", &["openid"]).await;
    let caller = guarded
        .server
        .anonymous()
        .with_header("authorization", &basic("reader", made["client_secret"].as_str().unwrap()));
    let holder = Holder::new("ES256");
    let token = holder.ask(&guarded.server, &caller, TOKEN, MACHINE).await.expect(200).json();
    let token = token["access_token"].as_str().unwrap();
    for scheme in ["DPoP", "Bearer"] {
        let proof = holder.proof_with(&guarded.server, "GET", &guarded.authorize(), token);
        let user = guarded.server.anonymous().with_header("dpop", &proof);
        let user = user.with_header("authorization", &format!("{scheme} {token}"));
        let answer = guarded.ask_with(&user, &[(ORIGINAL[0], "GET"), (ORIGINAL[1], "/books")]).await.expect(401);
        assert!(answer.text().contains("not taken here"), "{}", answer.text());
    }
}
