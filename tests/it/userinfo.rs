//! Userinfo: what the token of a person lets a client know, in the header or in a form, plain or signed.

use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED, UnparsedPublicKey};
use data_encoding::BASE64URL_NOPAD;
use http::Method;
use portcullis::{
    domain::{Domain, Failure, grant::Grant, issue::id_token},
    store::records,
};
use serde_json::{Value, json};

use crate::support::{
    Answer, Caller, TestServer,
    made::{ADMIN, FORM, bearer_of, make_client, make_server, post_form},
    person::Person,
};

covers!("userinfo", "postUserinfo");

const USERINFO: &str = "/default/shop/userinfo";
const ANNA: &str = r#"{"name":"Anna","email":"anna@example.com","email_verified":true,"sub":"somebody else"}"#;

/// A server `shop` with a client `app`.
async fn shop(more: Value) -> TestServer {
    let server = TestServer::start().await;
    let admin = server.as_admin();
    make_server(&admin, "shop", json!({})).await;
    let mut body = json!({
        "authorization_server_id": "shop", "client_id": "app", "client_name": "App",
        "redirect_uris": ["https://app.example/cb"], "scopes": ["openid", "profile", "email"],
    });
    for (member, value) in more.as_object().unwrap() {
        body[member] = value.clone();
    }
    admin.post(&format!("{ADMIN}/clients"), &body).await.expect(201);
    server
}

/// Changes a grant as it lies in the store.
async fn change(domain: &Domain, id: &str, change: impl FnOnce(&mut Grant)) {
    let mut grant = domain.store.record::<Grant>(&["default", id]).unwrap().unwrap().as_ref().clone();
    change(&mut grant);
    let id = id.to_owned();
    domain.write(move |write| records::put(write, &["default", &id], &grant).map_err(Failure::from)).await.unwrap();
}

/// A grant of `anna` for the client `app`, and a token of it.
async fn granted(server: &TestServer, scopes: &[&str]) -> (String, Caller) {
    let (domain, anna) = (&server.app.domain, Person::new(server, "shop", "anna"));
    let id = anna.lets(domain, "app", scopes, None).await;
    change(domain, &id, |grant| ANNA.clone_into(&mut grant.identity.context)).await;
    let bearer = anna.bearer(domain, &id).await;
    (id, bearer)
}

#[track_caller]
fn refused(answer: Answer, status: u16, error: &str) {
    let answer = answer.expect(status);
    assert_eq!(answer.json()["error"], error);
    let challenge = answer.header("www-authenticate").unwrap_or_default().to_owned();
    match error {
        "invalid_request" if status == 401 => {
            assert!(challenge.starts_with("Bearer resource_metadata="), "nothing was presented: {challenge}");
        }
        "invalid_request" => {}
        _ => assert!(challenge.starts_with(&format!("Bearer error=\"{error}\"")), "{challenge}"),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_tells_what_its_scopes_do() {
    let server = shop(json!({})).await;
    let (_, all) = granted(&server, &["openid", "profile", "email"]).await;
    let answer = all.get(USERINFO).await.expect(200);
    assert_eq!(answer.header("cache-control"), Some("no-store"));
    assert_eq!(
        answer.json(),
        json!({ "name": "Anna", "email": "anna@example.com", "email_verified": true, "sub": "anna" })
    );
    let (_, little) = granted(&server, &["openid"]).await;
    assert_eq!(little.get(USERINFO).await.expect(200).json(), json!({ "sub": "anna" }));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_token_stands_in_the_header_or_in_the_form() {
    let server = shop(json!({})).await;
    let (_, bearer) = granted(&server, &["openid"]).await;
    let token = bearer.token().await.unwrap();
    let expected = json!({ "sub": "anna" });
    let by_header = bearer.send(Method::POST, USERINFO, None, Default::default()).await.expect(200);
    assert_eq!(by_header.json(), expected);
    let anonymous = server.anonymous();
    let form = format!("access_token={token}");
    assert_eq!(post_form(&anonymous, USERINFO, &form).await.expect(200).json(), expected);

    refused(post_form(&bearer, USERINFO, &form).await, 400, "invalid_request");
    refused(anonymous.get(&format!("{USERINFO}?{form}")).await, 401, "invalid_request");
    let in_query = anonymous.send(Method::POST, &format!("{USERINFO}?{form}"), Some(FORM), Default::default()).await;
    refused(in_query, 401, "invalid_request");
    refused(anonymous.get(USERINFO).await, 401, "invalid_request");
    refused(post_form(&anonymous, USERINFO, "access_token=nothing").await, 401, "invalid_token");
    let json = anonymous.post(USERINFO, &json!({ "access_token": token })).await;
    refused(json, 401, "invalid_request");
}

#[tokio::test(flavor = "multi_thread")]
async fn it_takes_a_persons_token_of_this_server_with_openid() {
    let server = shop(json!({})).await;
    let (grant, bearer) = granted(&server, &["openid"]).await;
    let (_, without) = granted(&server, &["profile"]).await;
    refused(without.get(USERINFO).await, 403, "insufficient_scope");
    let token = without.token().await.unwrap();
    let post = post_form(&server.anonymous(), USERINFO, &format!("access_token={token}")).await;
    refused(post, 403, "insufficient_scope");
    // A machine's own token is nobody's.
    let machine = make_client(&server.as_admin(), "shop", "till", &["openid"]).await;
    refused(bearer_of(&server, &machine).get(USERINFO).await, 403, "insufficient_scope");
    refused(bearer.get("/default/default/userinfo").await, 403, "insufficient_scope");
    refused(bearer.get("/demo/shop/userinfo").await, 401, "invalid_token");
    refused(server.anonymous().with_token("garbage").get(USERINFO).await, 401, "invalid_token");
    bearer.get(USERINFO).await.expect(200);
    // Nothing of it is left when the grant has gone.
    let write = server.app.domain.write(move |write| Ok(records::delete::<Grant>(write, &["default", &grant])?));
    assert!(write.await.unwrap());
    refused(bearer.get(USERINFO).await, 401, "invalid_token");
    let (_, bearer) = granted(&server, &["openid"]).await;
    server.world.advance_seconds(3600);
    refused(bearer.get(USERINFO).await, 401, "invalid_token");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_may_have_it_signed() {
    let server = shop(json!({ "userinfo_signed_response_alg": "ES256" })).await;
    let (_, bearer) = granted(&server, &["openid", "email"]).await;
    let answer = bearer.get(USERINFO).await.expect(200);
    assert_eq!(answer.header("content-type"), Some("application/jwt"));
    let text = answer.text();
    let (signed, signature) = text.rsplit_once('.').unwrap();
    let (header, claims) = signed.split_once('.').unwrap();
    let bytes = |text: &str| BASE64URL_NOPAD.decode(text.as_bytes()).unwrap();
    let json = |text: &str| serde_json::from_slice::<Value>(&bytes(text)).unwrap();
    let keys = server.anonymous().get("/default/shop/.well-known/jwks.json").await.expect(200).json();
    let key = &keys["keys"][0];
    assert_eq!((&json(header)["alg"], &json(header)["kid"]), (&json!("ES256"), &key["kid"]));
    let point = [vec![4], bytes(key["x"].as_str().unwrap()), bytes(key["y"].as_str().unwrap())].concat();
    let key = UnparsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, point);
    key.verify(signed.as_bytes(), &bytes(signature)).expect("signed by the published key");
    assert_eq!(
        json(claims),
        json!({
            "email": "anna@example.com", "email_verified": true, "sub": "anna",
            "iss": format!("{}/default/shop", server.url), "aud": "app",
        })
    );
    let hint = id_token::read_hint(&server.app.domain, "default", "shop", &text).unwrap();
    assert!(hint.is_none(), "it is no ID token");
}

#[tokio::test(flavor = "multi_thread")]
async fn every_algorithm_of_the_metadata_signs_it_and_a_retired_one_no_more() {
    let server = shop(json!({ "userinfo_signed_response_alg": "EdDSA" })).await;
    let (_, bearer) = granted(&server, &["openid"]).await;
    let listed = async || {
        let path = "/default/shop/.well-known/openid-configuration";
        let document = server.anonymous().get(path).await.expect(200).json();
        document["userinfo_signing_alg_values_supported"].clone()
    };
    bearer.get(USERINFO).await.expect(400);
    assert_eq!(listed().await, json!(["ES256", "none"]));
    let keys = format!("{ADMIN}/servers/shop/keys");
    let made = server.as_admin().post(&keys, &json!({ "key_type": "eddsa" })).await.expect(201).json();
    assert_eq!(listed().await, json!(["ES256", "EdDSA", "none"]));
    let signed = bearer.get(USERINFO).await.expect(200).text();
    let header = BASE64URL_NOPAD.decode(signed.split('.').next().unwrap().as_bytes()).unwrap();
    let header: Value = serde_json::from_slice(&header).unwrap();
    assert_eq!((&header["alg"], &header["kid"]), (&json!("EdDSA"), &made["keys"][1]["kid"]));

    // Two turns later it is retired.
    for key_type in ["ecdsa", "eddsa"] {
        server.as_admin().post(&format!("{keys}/rotate"), &json!({})).await.expect(200);
        if key_type == "ecdsa" {
            server.as_admin().post(&keys, &json!({ "key_type": key_type })).await.expect(201);
            bearer.get(USERINFO).await.expect(200);
        }
    }
    assert_eq!(listed().await, json!(["ES256", "none"]));
    bearer.get(USERINFO).await.expect(400);
}

#[tokio::test(flavor = "multi_thread")]
async fn it_is_not_signed_with_another_algorithm_than_the_clients() {
    let server = shop(json!({ "userinfo_signed_response_alg": "RS256" })).await;
    let (_, bearer) = granted(&server, &["openid"]).await;
    let answer = bearer.get(USERINFO).await.expect(400);
    assert!(answer.text().contains("RS256"), "{}", answer.text());
}
