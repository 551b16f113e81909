//! What a server says about itself: at every place the same, exactly what it does, and readable from every origin.

use serde_json::{Value, json};

use crate::support::{
    TestServer,
    made::{ADMIN, make_server},
};

covers!("openidConfiguration", "oauthMetadata", "openidConfigurationOfPath", "oauthMetadataOfPath", "jwks");

async fn described(server: &TestServer, aid: &str) -> Value {
    server.anonymous().get(&format!("/default/{aid}/.well-known/openid-configuration")).await.expect(200).json()
}

fn words(value: &Value) -> Vec<&str> {
    value.as_array().unwrap_or_else(|| panic!("{value} is no list")).iter().map(|word| word.as_str().unwrap()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn one_document_stands_wherever_clients_look() {
    let server = TestServer::start().await;
    make_server(&server.as_admin(), "shop", json!({})).await;
    let document = described(&server, "shop").await;
    for path in [
        "/default/shop/.well-known/openid-configuration",
        "/default/shop/.well-known/oauth-authorization-server",
        "/.well-known/openid-configuration/default/shop",
        "/.well-known/oauth-authorization-server/default/shop",
    ] {
        let answer = server.anonymous().get(path).await.expect(200);
        assert_eq!(answer.json(), document, "{path}");
        assert_eq!(answer.header("content-type"), Some("application/json"));
        assert_eq!(answer.header("access-control-allow-origin"), Some("*"), "{path}");
        assert_eq!(answer.header("cache-control"), Some("public, max-age=300"), "{path}");
    }
    let keys = server.anonymous().get("/default/shop/.well-known/jwks.json").await.expect(200);
    assert_eq!(keys.header("access-control-allow-origin"), Some("*"));
    for path in [
        "/default/nothing/.well-known/openid-configuration",
        "/nothing/shop/.well-known/openid-configuration",
        "/.well-known/oauth-authorization-server/default/nothing",
    ] {
        server.anonymous().get(path).await.expect(404);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn it_says_what_the_server_does() {
    let server = TestServer::start().await;
    make_server(&server.as_admin(), "shop", json!({ "grant_types": ["authorization_code", "refresh_token"] })).await;
    let document = described(&server, "shop").await;
    let issuer = format!("{}/default/shop", server.url);
    assert_eq!(document["issuer"], json!(issuer));
    for (member, path) in [
        ("authorization_endpoint", "/oauth2/authorize"),
        ("token_endpoint", "/oauth2/token"),
        ("introspection_endpoint", "/oauth2/introspect"),
        ("revocation_endpoint", "/oauth2/revoke"),
        ("userinfo_endpoint", "/userinfo"),
        ("jwks_uri", "/.well-known/jwks.json"),
        ("end_session_endpoint", "/oauth2/logout"),
    ] {
        assert_eq!(document[member], json!(format!("{issuer}{path}")), "{member}");
    }
    for (member, value) in [
        ("response_types_supported", json!(["code"])),
        (
            "response_modes_supported",
            json!(["query", "fragment", "form_post", "jwt", "query.jwt", "fragment.jwt", "form_post.jwt"]),
        ),
        ("grant_types_supported", json!(["authorization_code", "refresh_token"])),
        ("subject_types_supported", json!(["public", "pairwise"])),
        ("id_token_signing_alg_values_supported", json!(["ES256"])),
        ("userinfo_signing_alg_values_supported", json!(["ES256", "none"])),
        ("code_challenge_methods_supported", json!(["S256"])),
        ("prompt_values_supported", json!(["none", "login", "consent", "select_account"])),
        ("ui_locales_supported", json!(["en", "de"])),
        ("claims_parameter_supported", json!(true)),
        ("request_parameter_supported", json!(true)),
        ("request_uri_parameter_supported", json!(true)),
        ("require_request_uri_registration", json!(true)),
        ("require_signed_request_object", json!(false)),
        ("request_object_signing_alg_values_supported", json!(["RS256", "PS256", "ES256", "ES384", "EdDSA"])),
        ("request_object_encryption_alg_values_supported", json!(["ECDH-ES", "ECDH-ES+A128KW", "ECDH-ES+A256KW"])),
        ("authorization_signing_alg_values_supported", json!(["ES256"])),
        ("authorization_response_iss_parameter_supported", json!(true)),
        ("backchannel_logout_supported", json!(true)),
        ("backchannel_logout_session_supported", json!(true)),
        ("frontchannel_logout_supported", json!(true)),
        ("frontchannel_logout_session_supported", json!(true)),
        ("introspection_signing_alg_values_supported", json!(["ES256"])),
        (
            "token_endpoint_auth_methods_supported",
            json!(["client_secret_basic", "client_secret_post", "client_secret_jwt", "private_key_jwt", "none"]),
        ),
        (
            "token_endpoint_auth_signing_alg_values_supported",
            json!(["HS256", "RS256", "PS256", "ES256", "ES384", "EdDSA"]),
        ),
    ] {
        assert_eq!(document[member], value, "{member}");
    }
    let scopes = words(&document["scopes_supported"]);
    assert!(["openid", "profile", "offline_access"].iter().all(|scope| scopes.contains(scope)), "{scopes:?}");
    let claims = words(&document["claims_supported"]);
    assert!(["sub", "email", "address"].iter().all(|claim| claims.contains(claim)), "{claims:?}");
    assert!(!claims.iter().any(|claim| claim.contains('.')), "{claims:?}");
    assert!(document.get("registration_endpoint").is_none());
}

#[tokio::test(flavor = "multi_thread")]
async fn it_follows_the_configuration() {
    let server = TestServer::start().await;
    let admin = server.as_admin();
    make_server(
        &admin,
        "all",
        json!({ "grant_types": ["authorization_code", "implicit"], "enable_dynamic_client_registration": true }),
    )
    .await;
    let document = described(&server, "all").await;
    let types = words(&document["response_types_supported"]);
    assert_eq!(
        types,
        ["code", "token", "id_token", "id_token token", "code id_token", "code token", "code id_token token"]
    );
    assert_eq!(document["registration_endpoint"], json!(format!("{}/default/all/oauth2/register", server.url)));

    make_server(&admin, "machines", json!({ "grant_types": ["client_credentials"] })).await;
    let document = described(&server, "machines").await;
    assert_eq!(document["response_types_supported"], json!([]));
    assert!(document.get("authorization_endpoint").is_none());
    assert!(document.get("pushed_authorization_request_endpoint").is_none());

    let scope = json!({ "authorization_server_id": "machines", "id": "new", "name": "orders:read", "service_id": "machines-profile" });
    admin.post(&format!("{ADMIN}/scopes"), &scope).await.expect(201);
    let claim = json!({ "authorization_server_id": "machines", "id": "shoe", "name": "shoe.size", "mapping": "shoe", "type": "id_token" });
    admin.post(&format!("{ADMIN}/claims"), &claim).await.expect(201);
    admin.post(&format!("{ADMIN}/servers/machines/keys"), &json!({ "key_type": "eddsa" })).await.expect(201);
    let document = described(&server, "machines").await;
    assert_eq!(document["userinfo_signing_alg_values_supported"], json!(["ES256", "EdDSA", "none"]));
    assert!(words(&document["scopes_supported"]).contains(&"orders:read"));
    assert!(words(&document["claims_supported"]).contains(&"shoe"));
    assert_eq!(document["id_token_signing_alg_values_supported"], json!(["ES256", "EdDSA"]), "the next key is told");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_server_for_machines_offers_nobody_to_log_in() {
    let server = TestServer::start().await;
    let admin = server.as_admin();
    let path = format!("{ADMIN}/servers/system");
    let mut body = admin.get(&path).await.expect(200).json();
    body["grant_types"] = json!(["authorization_code", "implicit", "client_credentials", "refresh_token"]);
    admin.put(&path, &body).await.expect(200);
    let document = described(&server, "system").await;
    assert!(document.get("authorization_endpoint").is_none());
    assert_eq!(document["response_types_supported"], json!([]));
    assert_eq!(document["grant_types_supported"], json!(["client_credentials", "refresh_token"]));
    assert!(described(&server, "default").await["authorization_endpoint"].is_string());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_tenants_own_servers_never_offer_registration() {
    let server = TestServer::start().await;
    let admin = server.as_admin();
    for aid in ["admin", "developer", "system"] {
        let path = format!("{ADMIN}/servers/{aid}");
        let mut body = admin.get(&path).await.expect(200).json();
        body["enable_dynamic_client_registration"] = json!(true);
        admin.put(&path, &body).await.expect(200);
        assert!(described(&server, aid).await.get("registration_endpoint").is_none(), "{aid}");
    }
}
