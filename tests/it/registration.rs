//! Clients that register themselves, and manage themselves afterwards: who may, what they may be, and what it does not open.

use http::Method;
use portcullis::{
    config::Config,
    domain::{
        access::{self, Between},
        client, server,
    },
};
use serde_json::{Value, json};

use crate::support::{
    Answer, Caller, TestServer,
    elsewhere::Elsewhere,
    made::{ADMIN, ask_token, bearer_of, make_client, make_policy, make_server, no, yes},
    person::Person,
    signer::Signer,
};

covers!("registerClient", "getRegisteredClient", "updateRegisteredClient", "deleteRegisteredClient");

const REGISTER: &str = "/default/shop/oauth2/register";
const SERVER: &str = "/api/admin/default/servers/shop";

/// A server where anybody may register clients.
async fn open(server: &TestServer) {
    let more = json!({
        "enable_dynamic_client_registration": true, "open_dynamic_client_registration": true,
        "grant_types": ["authorization_code", "implicit", "client_credentials", "refresh_token"],
    });
    make_server(&server.as_admin(), "shop", more).await;
}

/// Changes the configuration of the server.
async fn configure(server: &TestServer, more: Value) {
    let admin = server.as_admin();
    let mut body = admin.get(SERVER).await.expect(200).json();
    for (member, value) in more.as_object().unwrap() {
        body[member] = value.clone();
    }
    admin.put(SERVER, &body).await.expect(200);
}

fn app() -> Value {
    json!({ "redirect_uris": ["https://app.example/cb"], "client_name": "App" })
}

fn app_with(member: &str, value: Value) -> Value {
    let mut app = app();
    app[member] = value;
    app
}

#[track_caller]
fn refused(answer: Answer, status: u16, error: &str) -> String {
    let answer = answer.expect(status);
    assert_eq!(answer.json()["error"], error, "{}", answer.text());
    answer.json()["error_description"].as_str().unwrap().to_owned()
}

/// Whoever manages a registered client.
fn manager(server: &TestServer, registered: &Value) -> (Caller, String) {
    let text = |member: &str| registered[member].as_str().unwrap();
    let path = text("registration_client_uri").strip_prefix(&server.url).unwrap().to_owned();
    (server.anonymous().with_token(text("registration_access_token")), path)
}

async fn in_admin(server: &TestServer, registered: &Value) -> Value {
    let id = registered["client_id"].as_str().unwrap();
    server.as_admin().get(&format!("{ADMIN}/clients/{id}")).await.expect(200).json()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_registers_itself_with_defaults() {
    let server = TestServer::start().await;
    open(&server).await;
    let mut body = app();
    body["something_unknown"] = json!({ "is": "left aside" });
    body["contacts"] = json!(["it@app.example"]);
    let answer = server.anonymous().post(REGISTER, &body).await.expect(201);
    assert_eq!(answer.header("cache-control"), Some("no-store"));
    let registered = answer.json();
    for (member, value) in [
        ("client_name", json!("App")),
        ("redirect_uris", json!(["https://app.example/cb"])),
        ("token_endpoint_auth_method", json!("client_secret_basic")),
        ("grant_types", json!(["authorization_code"])),
        ("response_types", json!(["code"])),
        ("scope", json!("openid profile email phone address offline_access")),
        ("client_secret_expires_at", json!(0)),
        ("id_token_signed_response_alg", json!("ES256")),
    ] {
        assert_eq!(registered[member], value, "{member} in {registered}");
    }
    assert!(registered.get("something_unknown").is_none() && registered.get("contacts").is_none());
    assert!(registered["client_id_issued_at"].as_i64().unwrap() > 0);
    let shown = in_admin(&server, &registered).await;
    assert_eq!((&shown["dynamically_registered"], &shown["trusted"]), (&json!(true), &json!(false)));
    assert_eq!(shown["client_secret"], registered["client_secret"]);
    let id = registered["client_id"].as_str().unwrap();
    // Its secret proves it, and it has no tokens of its own.
    let secret = registered["client_secret"].as_str().unwrap();
    let answer = ask_token(&server, "shop", id, secret, "grant_type=client_credentials").await;
    refused(answer, 400, "unauthorized_client");
}

#[tokio::test(flavor = "multi_thread")]
async fn it_is_off_unless_it_is_on_and_never_on_a_tenants_own_servers() {
    let server = TestServer::start().await;
    let admin = server.as_admin();
    make_server(&admin, "shop", json!({ "open_dynamic_client_registration": true })).await;
    server.anonymous().post(REGISTER, &app()).await.expect(404);
    for aid in ["admin", "developer", "system"] {
        let path = format!("{ADMIN}/servers/{aid}");
        let mut body = admin.get(&path).await.expect(200).json();
        body["enable_dynamic_client_registration"] = json!(true);
        body["open_dynamic_client_registration"] = json!(true);
        admin.put(&path, &body).await.expect(200);
        server.anonymous().post(&format!("/default/{aid}/oauth2/register"), &app()).await.expect(404);
        admin.post(&format!("/default/{aid}/oauth2/register"), &app()).await.expect(404);
    }
    server.anonymous().post("/default/nothing/oauth2/register", &app()).await.expect(404);
}

#[tokio::test(flavor = "multi_thread")]
async fn it_takes_an_initial_access_token_unless_the_server_is_open() {
    let server = TestServer::start().await;
    let admin = server.as_admin();
    open(&server).await;
    configure(&server, json!({ "open_dynamic_client_registration": false })).await;
    refused(server.anonymous().post(REGISTER, &app()).await, 401, "invalid_request");
    refused(server.anonymous().with_token("nothing").post(REGISTER, &app()).await, 401, "invalid_token");
    let with =
        async |aid: &str, id: &str, scope: &str| bearer_of(&server, &make_client(&admin, aid, id, &[scope]).await);
    let registrar = with("shop", "registrar", "dcr_register").await;
    let other_scope = with("shop", "till", "openid").await;
    let other_server = with("default", "stranger", "dcr_register").await;
    registrar.post(REGISTER, &app()).await.expect(201);
    for caller in [other_scope, other_server, admin.clone(), server.as_system()] {
        let answer = caller.post(REGISTER, &app()).await;
        assert_eq!(answer.header("www-authenticate"), Some(r#"Bearer error="insufficient_scope""#));
        refused(answer, 403, "insufficient_scope");
    }
    refused(server.as_other_admin().post(REGISTER, &app()).await, 401, "invalid_token");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_client_may_not_be_is_told_with_the_standards_words() {
    let server = TestServer::start().await;
    open(&server).await;
    configure(&server, json!({ "grant_types": ["authorization_code", "client_credentials", "password"] })).await;
    let keys = json!({ "keys": [Signer::new("ES256", "one").jwk()] });
    for (member, value, error) in [
        ("redirect_uris", json!([]), "invalid_redirect_uri"),
        ("redirect_uris", Value::Null, "invalid_redirect_uri"),
        ("redirect_uris", json!(["http://app.example/cb"]), "invalid_redirect_uri"),
        ("redirect_uris", json!(["https://app.example/cb#x"]), "invalid_redirect_uri"),
        ("redirect_uris", json!(["javascript:alert(1)"]), "invalid_redirect_uri"),
        ("redirect_uris", json!("https://app.example/cb"), "invalid_redirect_uri"),
        ("grant_types", json!(["implicit"]), "invalid_client_metadata"),
        ("grant_types", json!(["magic"]), "invalid_client_metadata"),
        ("response_types", json!(["token"]), "invalid_client_metadata"),
        ("token_endpoint_auth_method", json!("magic"), "invalid_client_metadata"),
        ("token_endpoint_auth_method", json!("private_key_jwt"), "invalid_client_metadata"),
        ("token_endpoint_auth_method", json!("tls_client_auth"), "invalid_client_metadata"),
        ("token_endpoint_auth_signing_alg", json!("none"), "invalid_client_metadata"),
        ("jwks", json!({ "keys": [{ "kty": "oct", "k": "AAAA" }] }), "invalid_client_metadata"),
        ("jwks", json!({ "keys": "none" }), "invalid_client_metadata"),
        ("jwks_uri", json!("http://app.example/keys"), "invalid_client_metadata"),
        ("sector_identifier_uri", json!("http://app.example/sector"), "invalid_client_metadata"),
        ("scope", json!("openid nothing"), "invalid_client_metadata"),
        ("subject_type", json!("private"), "invalid_client_metadata"),
        ("backchannel_logout_uri", json!("http://app.example/out"), "invalid_client_metadata"),
        ("frontchannel_logout_uri", json!("https://other.example/out"), "invalid_client_metadata"),
        ("id_token_signed_response_alg", json!("RS256"), "invalid_client_metadata"),
        ("id_token_signed_response_alg", json!("none"), "invalid_client_metadata"),
        ("id_token_encrypted_response_alg", json!("RSA-OAEP"), "invalid_client_metadata"),
        ("userinfo_signed_response_alg", json!("RS256"), "invalid_client_metadata"),
        ("client_uri", json!("javascript:alert(1)"), "invalid_client_metadata"),
        ("client_name", json!(7), "invalid_client_metadata"),
        ("software_statement", json!("e30.e30.e30"), "unapproved_software_statement"),
    ] {
        let answer = server.anonymous().post(REGISTER, &app_with(member, value.clone())).await;
        assert_eq!(answer.status, 400, "{member} {value}: {}", answer.text());
        let told = refused(answer, 400, error);
        assert!(told.contains(member) || member == "jwks", "{member} {value}: {told}");
    }
    let mut both = app_with("jwks", keys.clone());
    both["jwks_uri"] = json!("https://app.example/keys");
    refused(server.anonymous().post(REGISTER, &both).await, 400, "invalid_client_metadata");
    let mut public = app_with("token_endpoint_auth_method", json!("none"));
    public["grant_types"] = json!(["authorization_code", "client_credentials"]);
    refused(server.anonymous().post(REGISTER, &public).await, 400, "invalid_client_metadata");
    public["grant_types"] = json!(["password"]);
    refused(server.anonymous().post(REGISTER, &public).await, 400, "invalid_client_metadata");
    let text = server.anonymous().send(Method::POST, REGISTER, Some("application/json"), "{".into()).await;
    refused(text, 400, "invalid_request");

    let mut good = app_with("token_endpoint_auth_method", json!("private_key_jwt"));
    good["jwks"] = keys;
    let registered = server.anonymous().post(REGISTER, &good).await.expect(201).json();
    assert!(registered.get("client_secret").is_none() && registered.get("client_secret_expires_at").is_none());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_has_its_tokens_bound_to_its_certificate_where_those_arrive() {
    const MEMBER: &str = "tls_client_certificate_bound_access_tokens";
    let server = TestServer::start().await;
    open(&server).await;
    let told = refused(
        server.anonymous().post(REGISTER, &app_with(MEMBER, json!(true))).await,
        400,
        "invalid_client_metadata",
    );
    assert!(told.contains(MEMBER), "{told}");
    let plain = server.anonymous().post(REGISTER, &app_with(MEMBER, json!(false))).await.expect(201).json();
    assert!(plain.get(MEMBER).is_none());

    let behind = |config: &mut Config| {
        config.trusted_proxies = vec!["127.0.0.0/8".parse().unwrap()];
        config.client_certificates.header = Some("x-client-cert".to_owned());
    };
    let server = TestServer::with(behind).await;
    open(&server).await;
    let body = json!({ "grant_types": ["client_credentials"], MEMBER: true });
    let registered = server.anonymous().post(REGISTER, &body).await.expect(201).json();
    assert_eq!(registered[MEMBER], true);
    assert_eq!(in_admin(&server, &registered).await[MEMBER], true);
    let (id, secret) = (registered["client_id"].as_str().unwrap(), registered["client_secret"].as_str().unwrap());
    let unbound = ask_token(&server, "shop", id, secret, "grant_type=client_credentials").await;
    assert!(refused(unbound, 400, "invalid_request").contains("certificate"));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_demanded_of_a_client_stays_demanded_when_it_changes_itself() {
    let server = TestServer::start().await;
    let admin = server.as_admin();
    open(&server).await;
    let keys = json!({ "keys": [Signer::new("ES256", "one").jwk()] });
    let registered = server.anonymous().post(REGISTER, &app_with("jwks", keys.clone())).await.expect(201).json();
    let path = format!("{ADMIN}/clients/{}", registered["client_id"].as_str().unwrap());
    let mut body = admin.get(&path).await.expect(200).json();
    let demanded =
        ["require_pushed_authorization_requests", "require_signed_request_object", "dpop_bound_access_tokens"];
    body["security"] = demanded.iter().map(|member| ((*member).to_owned(), json!(true))).collect();
    body["tls_client_certificate_bound_access_tokens"] = json!(true);
    admin.put(&path, &body).await.expect(200);
    let (itself, own) = manager(&server, &registered);
    let mut lax = app_with("jwks", keys);
    demanded.iter().for_each(|member| lax[*member] = json!(false));
    let changed = itself.put(&own, &lax).await.expect(200).json();
    let shown = admin.get(&path).await.expect(200).json();
    for member in demanded {
        assert_eq!((&changed[member], &shown["security"][member]), (&json!(true), &json!(true)), "{member}");
    }
    let member = "tls_client_certificate_bound_access_tokens";
    assert_eq!((&changed[member], &shown[member]), (&json!(true), &json!(true)));
    // What it has never had is its own to say.
    let other = server.anonymous().post(REGISTER, &app()).await.expect(201).json();
    let (itself, own) = manager(&server, &other);
    let changed = itself.put(&own, &app_with("dpop_bound_access_tokens", json!(true))).await.expect(200).json();
    assert_eq!(changed["dpop_bound_access_tokens"], true);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_only_administrators_say_is_left_aside() {
    let server = TestServer::start().await;
    open(&server).await;
    let mut body = app();
    for (member, value) in [
        ("client_id", json!("admin")),
        ("trusted", json!(true)),
        ("system", json!(true)),
        ("audience", json!(["https://api.example"])),
        ("authorization_server_id", json!("admin")),
        ("tenant_id", json!("demo")),
        ("developer_id", json!("ada")),
        ("access_token_strategy", json!("opaque")),
        ("client_secret", json!("a secret that was chosen by the client")),
        ("client_id_issued_at", json!(1)),
        ("client_secret_expires_at", json!(1)),
    ] {
        body[member] = value;
    }
    let registered = server.anonymous().post(REGISTER, &body).await.expect(201).json();
    assert_ne!(registered["client_id"], "admin");
    let shown = in_admin(&server, &registered).await;
    for (member, value) in [
        ("trusted", json!(false)),
        ("system", json!(false)),
        ("audience", json!([])),
        ("authorization_server_id", json!("shop")),
    ] {
        assert_eq!(shown[member], value, "{member}");
    }
    assert!(shown.get("developer_id").is_none() && shown.get("access_token_strategy").is_none());
    assert_ne!(shown["client_secret"], "a secret that was chosen by the client");
}

#[tokio::test(flavor = "multi_thread")]
async fn policies_decide_about_clients_and_scopes() {
    let server = TestServer::start().await;
    let admin = server.as_admin();
    open(&server).await;
    make_policy(&admin, "never", json!([no()])).await;
    make_policy(&admin, "always", json!([yes()])).await;
    // Scopes for machines are blocked from the start, and so they are without any policy.
    let machine = |scope: &str| json!({ "grant_types": ["client_credentials"], "scope": scope });
    for scope in ["introspect_tokens", "evaluate_decisions", "dcr_register"] {
        refused(server.anonymous().post(REGISTER, &machine(scope)).await, 403, "access_denied");
    }
    let path = format!("{ADMIN}/scopes/shop-introspect_tokens");
    let set = async |policy: Value| {
        let mut scope = admin.get(&path).await.expect(200).json();
        scope["developer_policy_id"] = policy;
        admin.put(&path, &scope).await.expect(200);
    };
    set(json!("")).await;
    let told = server.anonymous().post(REGISTER, &machine("introspect_tokens")).await;
    assert!(refused(told, 400, "invalid_client_metadata").contains("introspect_tokens"));
    set(json!("always")).await;
    let registered = server.anonymous().post(REGISTER, &machine("introspect_tokens")).await.expect(201).json();
    assert_eq!(registered["scope"], "introspect_tokens");
    // A machine that names no scope has none.
    let registered = server.anonymous().post(REGISTER, &json!({ "grant_types": ["client_credentials"] })).await;
    assert_eq!(registered.expect(201).json()["scope"], "");

    configure(&server, json!({ "developer_policy_id": "never" })).await;
    refused(server.anonymous().post(REGISTER, &app()).await, 403, "access_denied");
    configure(&server, json!({ "developer_policy_id": "always" })).await;
    server.anonymous().post(REGISTER, &app()).await.expect(201);
}

#[tokio::test(flavor = "multi_thread")]
async fn policies_see_who_registers_what() {
    let server = TestServer::start().await;
    let admin = server.as_admin();
    open(&server).await;
    let fields = json!([
        { "field": "action.name", "comparator": "equals", "value": "register_client" },
        { "field": "contexts.client.client_name", "comparator": "equals", "value": "App" },
    ]);
    make_policy(&admin, "apps", json!([{ "name": "attributes", "conf": { "fields": fields } }])).await;
    configure(&server, json!({ "developer_policy_id": "apps" })).await;
    let answer = server.anonymous().post(REGISTER, &app()).await;
    if answer.status != 201 {
        let decisions = admin.get(&format!("{ADMIN}/decisions")).await.text();
        panic!("{}: {decisions}", answer.text());
    }
    refused(server.anonymous().post(REGISTER, &app_with("client_name", json!("Other"))).await, 403, "access_denied");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_manages_itself_with_its_token() {
    let server = TestServer::start().await;
    open(&server).await;
    let registered = server.anonymous().post(REGISTER, &app()).await.expect(201).json();
    let other = server.anonymous().post(REGISTER, &app()).await.expect(201).json();
    let (client, path) = manager(&server, &registered);
    let (stranger, other_path) = manager(&server, &other);

    let shown = client.get(&path).await.expect(200).json();
    assert!(shown.get("client_secret").is_none(), "the secret is shown once");
    for (member, value) in registered.as_object().unwrap().iter().filter(|(member, _)| *member != "client_secret") {
        assert_eq!(shown[member], *value, "{member}");
    }
    let gone = other_path.replace(other["client_id"].as_str().unwrap(), "nobody");
    for (caller, path) in [
        (&server.anonymous(), &path),
        (&stranger, &path),
        (&client, &other_path),
        (&client, &gone),
        (&server.as_admin(), &path),
    ] {
        for answer in [caller.get(path).await, caller.put(path, &app()).await, caller.delete(path).await] {
            let answer = answer.expect(401);
            assert!(answer.header("www-authenticate").unwrap().starts_with("Bearer"));
        }
    }
    client.delete(&path).await.expect(204);
    client.get(&path).await.expect(401);
    stranger.get(&other_path).await.expect(200);
    let id = registered["client_id"].as_str().unwrap();
    server.as_admin().get(&format!("{ADMIN}/clients/{id}")).await.expect(404);
}

#[tokio::test(flavor = "multi_thread")]
async fn its_token_does_not_move_with_the_configuration_and_survives_an_import_in_its_place() {
    const CONFIGURATION: &str = "/api/system/configuration";
    let source = TestServer::start().await;
    open(&source).await;
    let registered = source.anonymous().post(REGISTER, &app()).await.expect(201).json();
    let document = source.as_setup().get(CONFIGURATION).await.expect(200);
    assert!(!document.text().contains("pc_registration_"));
    let document = document.json();
    source.as_setup().put(&format!("{CONFIGURATION}?mode=update"), &document).await.expect(204);
    let (client, path) = manager(&source, &registered);
    client.get(&path).await.expect(200);

    let target = TestServer::start().await;
    target.as_setup().put(&format!("{CONFIGURATION}?mode=update"), &document).await.expect(204);
    let token = registered["registration_access_token"].as_str().unwrap();
    target.anonymous().with_token(token).get(&path).await.expect(401);
    // It is the same client otherwise, and administrators manage it.
    assert_eq!(in_admin(&target, &registered).await["dynamically_registered"], true);
    let [id, secret] = ["client_id", "client_secret"].map(|member| registered[member].as_str().unwrap());
    refused(ask_token(&target, "shop", id, secret, "grant_type=client_credentials").await, 400, "unauthorized_client");
    refused(ask_token(&target, "shop", id, "wrong", "grant_type=client_credentials").await, 401, "invalid_client");
    target.as_admin().delete(&format!("{ADMIN}/clients/{id}")).await.expect(204);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_replacement_exchanges_the_token() {
    let server = TestServer::start().await;
    open(&server).await;
    let registered = server.anonymous().post(REGISTER, &app()).await.expect(201).json();
    let (client, path) = manager(&server, &registered);
    let mut body = app_with("client_name", json!("App 2"));
    body["client_id"] = registered["client_id"].clone();
    body["client_secret"] = registered["client_secret"].clone();
    body["scope"] = json!("openid");
    let replaced = client.put(&path, &body).await.expect(200).json();
    assert_eq!((&replaced["client_name"], &replaced["scope"]), (&json!("App 2"), &json!("openid")));
    assert!(replaced.get("client_secret").is_none());
    assert_ne!(replaced["registration_access_token"], registered["registration_access_token"]);
    client.get(&path).await.expect(401);
    let (client, path) = manager(&server, &replaced);

    for (member, value) in [("client_id", json!("other")), ("client_secret", json!("x".repeat(40)))] {
        let mut wrong = body.clone();
        wrong[member] = value;
        refused(client.put(&path, &wrong).await, 400, "invalid_client_metadata");
    }
    refused(
        client.put(&path, &app_with("redirect_uris", json!(["http://x.example"]))).await,
        400,
        "invalid_redirect_uri",
    );
    // A refused change exchanges nothing. A client that loses its secret and gets one again sees the new one.
    let public = client.put(&path, &app_with("token_endpoint_auth_method", json!("none"))).await.expect(200).json();
    let (client, path) = manager(&server, &public);
    assert_eq!(in_admin(&server, &public).await.get("client_secret"), None);
    let again = client.put(&path, &app()).await.expect(200).json();
    assert_ne!(again["client_secret"], registered["client_secret"]);
    assert!(again["client_secret"].is_string());
}

#[tokio::test(flavor = "multi_thread")]
async fn of_two_replacements_at_once_one_wins() {
    let server = TestServer::start().await;
    open(&server).await;
    let registered = server.anonymous().post(REGISTER, &app()).await.expect(201).json();
    let (client, path) = manager(&server, &registered);
    let put = (0..10).map(|number| {
        let (client, path) = (client.clone(), path.clone());
        tokio::spawn(async move {
            client.put(&path, &app_with("client_name", json!(format!("App {number}")))).await.status.as_u16()
        })
    });
    let mut answers = Vec::new();
    for one in put.collect::<Vec<_>>() {
        answers.push(one.await.unwrap());
    }
    answers.sort_unstable();
    let mut expected = vec![401; 10];
    expected[0] = 200;
    assert_eq!(answers, expected);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_administrators_have_said_stays_but_not_their_trust() {
    let server = TestServer::start().await;
    let admin = server.as_admin();
    open(&server).await;
    let registered = server.anonymous().post(REGISTER, &app()).await.expect(201).json();
    let (client, path) = manager(&server, &registered);
    let admin_path = format!("{ADMIN}/clients/{}", registered["client_id"].as_str().unwrap());
    let mut body = admin.get(&admin_path).await.expect(200).json();
    for (member, value) in [
        ("trusted", json!(true)),
        ("audience", json!(["https://api.example"])),
        ("access_token_strategy", json!("opaque")),
        ("dynamically_registered", json!(false)),
    ] {
        body[member] = value;
    }
    let changed = admin.put(&admin_path, &body).await.expect(200).json();
    assert_eq!((&changed["trusted"], &changed["dynamically_registered"]), (&json!(true), &json!(true)));
    client.put(&path, &app_with("redirect_uris", json!(["https://other.example/cb"]))).await.expect(200);
    let shown = admin.get(&admin_path).await.expect(200).json();
    assert_eq!(shown["trusted"], false, "somebody trusted another client");
    assert_eq!(
        (&shown["audience"][0], &shown["access_token_strategy"]),
        (&json!("https://api.example"), &json!("opaque"))
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_that_was_made_elsewhere_is_not_managed_here() {
    let server = TestServer::start().await;
    open(&server).await;
    let registered = server.anonymous().post(REGISTER, &app()).await.expect(201).json();
    let (client, path) = manager(&server, &registered);
    let admin = server.as_admin();
    let id = registered["client_id"].as_str().unwrap();
    // A later client of the same name is another one.
    admin.delete(&format!("{ADMIN}/clients/{id}")).await.expect(204);
    make_client(&admin, "shop", id, &["openid"]).await;
    client.get(&path).await.expect(401);
    client.delete(&path).await.expect(401);
    // Switched off, nothing of it is there.
    let registered = server.anonymous().post(REGISTER, &app()).await.expect(201).json();
    let (client, path) = manager(&server, &registered);
    configure(&server, json!({ "enable_dynamic_client_registration": false })).await;
    client.get(&path).await.expect(404);
    configure(&server, json!({ "enable_dynamic_client_registration": true })).await;
    client.get(&path).await.expect(200);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sector_lists_every_redirect_uri() {
    let there = Elsewhere::start().await;
    let server = there.known_to_server().await;
    open(&server).await;
    let whole = there.serves("/whole", json!(["https://app.example/cb", "https://other.example/"]));
    let registered = server.anonymous().post(REGISTER, &app_with("sector_identifier_uri", json!(whole))).await;
    assert_eq!(registered.expect(201).json()["sector_identifier_uri"], json!(whole));
    for (name, document) in [
        ("other", json!(["https://app.example/cb/"]).to_string()),
        ("empty", "[]".to_owned()),
        ("object", json!({ "redirect_uris": ["https://app.example/cb"] }).to_string()),
        ("html", "<html>".to_owned()),
    ] {
        let url = there.serves(&format!("/{name}"), document);
        let answer = server.anonymous().post(REGISTER, &app_with("sector_identifier_uri", json!(url))).await;
        assert!(refused(answer, 400, "invalid_client_metadata").contains("sector_identifier_uri"), "{name}");
        assert_eq!(there.asked(&format!("/{name}")), 1);
    }
    let missing = server.anonymous().post(REGISTER, &app_with("sector_identifier_uri", json!(there.url("/no")))).await;
    refused(missing, 400, "invalid_client_metadata");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sector_is_not_fetched_from_private_networks() {
    let there = Elsewhere::start().await;
    let server = there.server_with(Vec::new()).await;
    open(&server).await;
    there.serves("/sector", json!(["https://app.example/cb"]));
    for host in ["localhost", "127.0.0.1", "[::1]", "169.254.169.254"] {
        let url = format!("https://{host}:{}/sector", there.port());
        let answer = server.anonymous().post(REGISTER, &app_with("sector_identifier_uri", json!(url))).await;
        refused(answer, 400, "invalid_client_metadata");
    }
    assert_eq!(there.asked("/sector"), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_registered_client_survives_a_restart() {
    let server = TestServer::start().await;
    open(&server).await;
    let registered = server.anonymous().post(REGISTER, &app()).await.expect(201).json();
    let (_, path) = manager(&server, &registered);
    let token = registered["registration_access_token"].as_str().unwrap().to_owned();
    let (folder, world) = server.stop().await;
    let again = TestServer::on(folder, world, |_| {}).await;
    again.anonymous().with_token(&token).get(&path).await.expect(200);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stranger_gets_no_scopes_of_the_servers_own_and_no_passwords() {
    let server = TestServer::start().await;
    let admin = server.as_admin();
    open(&server).await;
    let grants = json!(["authorization_code", "client_credentials", "password"]);
    configure(&server, json!({ "grant_types": grants })).await;
    make_policy(&admin, "always", json!([yes()])).await;
    for (name, policy) in [("pets:write", ""), ("pets:read", "always")] {
        let scope = json!({
            "authorization_server_id": "shop", "name": name, "display_name": name, "developer_policy_id": policy,
        });
        admin.post(&format!("{ADMIN}/scopes"), &scope).await.expect(201);
    }
    let wants = |grants: Value, scope: &str| {
        let mut body = app_with("grant_types", grants);
        body["scope"] = json!(scope);
        body
    };
    let anonymous = server.anonymous();
    let registrar = bearer_of(&server, &make_client(&admin, "shop", "registrar", &["dcr_register"]).await);
    let [people, machine] = [json!(["authorization_code"]), json!(["authorization_code", "client_credentials"])];
    for (caller, grants) in [(&anonymous, &people), (&anonymous, &machine), (&registrar, &machine)] {
        let told =
            refused(caller.post(REGISTER, &wants(grants.clone(), "pets:write")).await, 400, "invalid_client_metadata");
        assert!(told.contains("pets:write"), "{told}");
        caller.post(REGISTER, &wants(grants.clone(), "openid pets:read")).await.expect(201);
    }
    // Whoever was let in by the server may ask people for anything, and keep it when they change.
    let registered = registrar.post(REGISTER, &wants(people.clone(), "openid pets:write")).await.expect(201).json();
    let (client, path) = manager(&server, &registered);
    refused(client.put(&path, &wants(machine, "openid pets:write")).await, 400, "invalid_client_metadata");
    client.put(&path, &wants(people, "openid pets:write")).await.expect(200);

    let password = wants(json!(["authorization_code", "password"]), "openid");
    let told = refused(anonymous.post(REGISTER, &password).await, 400, "invalid_client_metadata");
    assert!(told.contains("password"), "{told}");
    registrar.post(REGISTER, &password).await.expect(201);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_people_said_was_about_the_client_as_it_was() {
    let server = TestServer::start().await;
    open(&server).await;
    let domain = &server.app.domain;
    let registered = server.anonymous().post(REGISTER, &app()).await.expect(201).json();
    let id = registered["client_id"].as_str().unwrap();
    let alice = Person::new(&server, "shop", "alice");
    let remembered = || {
        let server = server::current(domain, "default", "shop").unwrap();
        let client = client::current(domain, "default", id).unwrap();
        let between = Between { tenant: "default", server: "shop", subject: "alice", client: id };
        let now = domain.world.now_seconds();
        access::remembered(&domain.store.read().unwrap(), between, &server.value, &client.value, now).unwrap()
    };
    let (mut caller, mut path) = manager(&server, &registered);
    let mut now = app_with("client_uri", json!("https://app.example/"));
    for (member, value, left) in [
        ("client_uri", json!("https://app.example/about"), 2),
        ("client_name", json!("Your bank"), 0),
        ("redirect_uris", json!(["https://evil.example/cb"]), 0),
    ] {
        alice.remembers(domain, id, &["openid", "email"]).await;
        assert_eq!(remembered().len(), 2);
        now[member] = value;
        let replaced = caller.put(&path, &now).await.expect(200).json();
        assert_eq!(remembered().len(), left, "{member}");
        (caller, path) = manager(&server, &replaced);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn behind_a_trusted_proxy_everybody_has_their_own_pace() {
    let proxied = async |trusted: &[&str]| {
        let trusted = trusted.iter().map(|network| network.parse().unwrap()).collect();
        let server = TestServer::with(|config| config.trusted_proxies = trusted).await;
        open(&server).await;
        let one = server.anonymous().with_header("x-forwarded-for", "198.51.100.1, 192.0.2.1");
        for _ in 0..100 {
            one.post(REGISTER, &app()).await.expect(201);
        }
        let again = server.anonymous().with_header("x-forwarded-for", "198.51.100.2, 192.0.2.1");
        again.post(REGISTER, &app()).await.expect(400);
        server.anonymous().with_header("x-forwarded-for", "192.0.2.2").post(REGISTER, &app()).await.status.as_u16()
    };
    assert_eq!(proxied(&["127.0.0.0/8", "::1"]).await, 201, "another client of the same proxy");
    assert_eq!(proxied(&[]).await, 400, "whoever is no trusted proxy says nothing about where it is");
}
