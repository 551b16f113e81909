//! What clients are told of protected resources (RFC 9728), and a client that knows nothing but the address of a service and gets a
//! token for it: as clients of MCP servers do.

use serde_json::{Value, json};

use super::{AID, BACK, ELSEWHERE, ORDERS, PLAIN, STOCK, VERIFIER, mall};
use crate::support::{
    Answer, Caller,
    made::{ADMIN, FORM, post_form},
    storefront::{PASSWORD, Storefront},
    tills::claims,
};

async fn read(shop: &Storefront, path: &str) -> Value {
    let answer = shop.server.anonymous().get(path).await.expect(200);
    assert_eq!(answer.header("access-control-allow-origin"), Some("*"), "{path}");
    assert_eq!(answer.header("cache-control"), Some("public, max-age=300"), "{path}");
    answer.json()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_service_says_whose_tokens_it_takes() {
    let shop = mall(json!({})).await;
    let issuer = format!("{}/default/{AID}", shop.server.url);
    let base = format!("/default/{AID}/.well-known/oauth-protected-resource");
    let expected = json!({
        "resource": ORDERS, "authorization_servers": [issuer], "scopes_supported": ["orders"],
        "bearer_methods_supported": ["header"], "resource_name": "The orders-api",
    });
    assert_eq!(read(&shop, &format!("{base}/orders-api")).await, expected);
    assert_eq!(read(&shop, &format!("{base}/plain-api")).await["scopes_supported"], json!([]));
    // One without identifier, one of another server, none.
    for nothing in [format!("{AID}-profile"), "far-api".to_owned(), "nothing".to_owned()] {
        shop.server.anonymous().get(&format!("{base}/{nothing}")).await.expect(404);
    }
    shop.server.anonymous().get("/default/nothing/.well-known/oauth-protected-resource").await.expect(404);

    let own = read(&shop, &base).await;
    assert_eq!(own, read(&shop, &format!("/.well-known/oauth-protected-resource/default/{AID}")).await);
    assert_eq!((&own["resource"], &own["resource_name"]), (&json!(issuer), &json!("The Shop")));
    let scopes = own["scopes_supported"].as_array().unwrap();
    assert!(scopes.contains(&json!("openid")) && scopes.contains(&json!("introspect_tokens")), "{scopes:?}");
    assert!(!scopes.contains(&json!("orders")) && !scopes.contains(&json!("loose")), "{scopes:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_says_which_resources_it_has() {
    let shop = mall(json!({})).await;
    let found = read(&shop, &format!("/default/{AID}/.well-known/oauth-authorization-server")).await;
    let mut resources: Vec<&str> =
        found["protected_resources"].as_array().unwrap().iter().map(|one| one.as_str().unwrap()).collect();
    resources.sort_unstable();
    assert_eq!(resources, [ORDERS, PLAIN, STOCK]);
    assert!(found["authorization_details_types_supported"].is_null());
    let other = read(&shop, "/default/other/.well-known/openid-configuration").await;
    assert_eq!(other["protected_resources"], json!([ELSEWHERE]));
    let system = read(&shop, "/default/system/.well-known/openid-configuration").await;
    assert!(system["protected_resources"].is_null());
}

/// RFC 9728 §5.1: whoever has no good token is told where the metadata is of the server whose tokens are good there.
#[tokio::test(flavor = "multi_thread")]
async fn whoever_has_no_good_token_is_told_where_to_get_one() {
    let shop = mall(json!({})).await;
    let (nobody, stranger) = (shop.server.anonymous(), Caller::new(&shop.server.url).with_token("no-token"));
    let userinfo = format!("/default/{AID}/userinfo");
    for (path, server) in [
        (userinfo.as_str(), format!("default/{AID}")),
        ("/default/default/privacy/consents", "default/default".to_owned()),
        ("/api/system/default/consents", "default/system".to_owned()),
        ("/api/admin/default/tenant", "default/admin".to_owned()),
        ("/api/developer/default/clients", "default/developer".to_owned()),
    ] {
        let metadata = format!("{}/{server}/.well-known/oauth-protected-resource", shop.server.url);
        for caller in [&nobody, &stranger] {
            let challenges = challenges(&caller.get(path).await.expect(401));
            assert!(challenges.iter().any(|one| one.starts_with("Bearer ")), "{path}: {challenges:?}");
            for challenge in &challenges {
                assert!(challenge.ends_with(&format!("resource_metadata=\"{metadata}\"")), "{path}: {challenge}");
            }
        }
        let found = read(&shop, metadata.strip_prefix(&shop.server.url).unwrap()).await;
        assert_eq!(found["resource"], format!("{}/{server}", shop.server.url));
    }
    // Also where the token may stand in a form.
    for form in ["", "access_token=none"] {
        let challenges = challenges(&post_form(&nobody, &userinfo, form).await.expect(401));
        assert!(challenges.iter().all(|one| one.contains("resource_metadata=")), "{challenges:?}");
    }
    // A server that is not there has none, and neither has whoever asks for a name and a password.
    for path in ["/default/nothing/userinfo", "/api/admin/nothing/tenant", "/api/applications/default"] {
        let challenges = challenges(&nobody.get(path).await);
        assert!(challenges.iter().all(|one| !one.contains("resource_metadata")), "{path}: {challenges:?}");
    }
    let refused = nobody.post(&format!("/default/{AID}/oauth2/token"), &json!({})).await;
    assert!(challenges(&refused).iter().all(|one| !one.contains("resource_metadata")), "{}", refused.text());
}

fn challenges(answer: &Answer) -> Vec<String> {
    let values = answer.headers.get_all("www-authenticate").iter();
    values.map(|value| value.to_str().unwrap().to_owned()).collect()
}

/// From the metadata of the resource to that of its server, a registration of its own, a code with PKCE, and a token.
#[tokio::test(flavor = "multi_thread")]
async fn a_client_that_knows_only_a_service_gets_a_token_for_it() {
    let shop = mall(json!({})).await;
    let members = json!({ "enable_dynamic_client_registration": true, "open_dynamic_client_registration": true });
    shop.change(members).await;
    // Whoever registers itself may have what a developer policy lets it have.
    let path = format!("{ADMIN}/scopes/orders");
    let mut orders = shop.admin.get(&path).await.expect(200).json();
    orders["developer_policy_id"] = json!("allow");
    shop.admin.put(&path, &orders).await.expect(200);
    let resource = read(&shop, &format!("/default/{AID}/.well-known/oauth-protected-resource/orders-api")).await;
    let issuer = resource["authorization_servers"][0].as_str().unwrap();
    let path = issuer.strip_prefix(&shop.server.url).unwrap();
    let metadata = read(&shop, &format!("/.well-known/oauth-authorization-server{path}")).await;
    assert_eq!(metadata["issuer"], json!(issuer));
    let at = |member: &str| metadata[member].as_str().unwrap().strip_prefix(&shop.server.url).unwrap().to_owned();
    let app = json!({
        "client_name": "Agent", "redirect_uris": [BACK], "token_endpoint_auth_method": "none",
        "grant_types": ["authorization_code", "refresh_token"], "response_types": ["code"], "scope": "orders",
    });
    let registered = shop.server.anonymous().post(&at("registration_endpoint"), &app).await.expect(201).json();
    let id = registered["client_id"].as_str().unwrap();
    let url = shop.request("").replace("client_id=web", &format!("client_id={id}"));
    let url = url.replace("&scope=openid%20profile%20orders", &format!("&scope=orders&resource={ORDERS}"));
    let mut browser = shop.browser();
    let page = browser.login(&url, "ann", PASSWORD).await.expect(200);
    assert!(page.text().contains("See your orders"), "{}", page.text());
    let back = browser.send(&page, "/consent", &[]).await;
    let code = back.parameter("code").unwrap_or_else(|| panic!("{}: {}", back.url, back.text()));
    let form = form_urlencoded::Serializer::new(String::new())
        .append_pair("grant_type", "authorization_code")
        .append_pair("client_id", id)
        .append_pair("code", &code)
        .append_pair("redirect_uri", BACK)
        .append_pair("code_verifier", VERIFIER)
        .append_pair("resource", ORDERS)
        .finish();
    let sent = shop.server.anonymous().send(http::Method::POST, &at("token_endpoint"), Some(FORM), form.into()).await;
    let tokens = sent.expect(200).json();
    let said = claims(&tokens["access_token"]);
    assert_eq!((&said["aud"], &said["scope"], &said["sub"]), (&json!([ORDERS]), &json!("orders"), &json!("ann")));
    shop.admin.get(&format!("{ADMIN}/clients/{id}")).await.expect(200);
}
