//! Microsoft's directory and Amazon's user pools, in the documents that they publish: found under their real names over TLS,
//! which `outbound.connect_to` leads to a provider of these tests.

use super::*;

const DIRECTORY: &str = "5b6d1f0e-8c3a-4a1e-9d7f-0a2b3c4d5e6f";
const MICROSOFT: &str = "login.microsoftonline.com";
const GRAPH: &str = "graph.microsoft.com";
const POOL: &str = "eu-west-1_Q8WSOH11B";
const AMAZON: &str = "cognito-idp.eu-west-1.amazonaws.com";
const DOMAIN: &str = "shop.auth.eu-west-1.amazoncognito.com";

/// What `https://login.microsoftonline.com/{tenant}/v2.0/.well-known/openid-configuration` answers.
fn microsoft() -> Value {
    let base = format!("https://{MICROSOFT}/{DIRECTORY}");
    json!({
        "token_endpoint": format!("{base}/oauth2/v2.0/token"),
        "token_endpoint_auth_methods_supported": ["client_secret_post", "private_key_jwt", "client_secret_basic"],
        "jwks_uri": format!("{base}/discovery/v2.0/keys"),
        "response_modes_supported": ["query", "fragment", "form_post"],
        "subject_types_supported": ["pairwise"],
        "id_token_signing_alg_values_supported": ["RS256"],
        "response_types_supported": ["code", "id_token", "code id_token", "id_token token"],
        "scopes_supported": ["openid", "profile", "email", "offline_access"],
        "issuer": format!("{base}/v2.0"),
        "request_uri_parameter_supported": false,
        "userinfo_endpoint": format!("https://{GRAPH}/oidc/userinfo"),
        "authorization_endpoint": format!("{base}/oauth2/v2.0/authorize"),
        "device_authorization_endpoint": format!("{base}/oauth2/v2.0/devicecode"),
        "http_logout_supported": true,
        "frontchannel_logout_supported": true,
        "end_session_endpoint": format!("{base}/oauth2/v2.0/logout"),
        "claims_supported": ["sub", "iss", "aud", "exp", "iat", "auth_time", "acr", "nonce", "preferred_username",
            "name", "tid", "ver", "at_hash", "c_hash", "email"],
        "kerberos_endpoint": format!("{base}/kerberos"),
        "tenant_region_scope": "EU",
        "cloud_instance_name": "microsoftonline.com",
        "cloud_graph_host_name": "graph.windows.net",
        "msgraph_host": GRAPH,
        "rbac_url": "https://pas.windows.net",
    })
}

/// What `https://cognito-idp.{region}.amazonaws.com/{pool}/.well-known/openid-configuration` answers.
fn amazon() -> Value {
    let (issuer, hosted) = (format!("https://{AMAZON}/{POOL}"), format!("https://{DOMAIN}/oauth2"));
    json!({
        "authorization_endpoint": format!("{hosted}/authorize"),
        "end_session_endpoint": format!("https://{DOMAIN}/logout"),
        "id_token_signing_alg_values_supported": ["RS256"],
        "issuer": issuer,
        "jwks_uri": format!("{issuer}/.well-known/jwks.json"),
        "response_types_supported": ["code", "token"],
        "revocation_endpoint": format!("{hosted}/revoke"),
        "scopes_supported": ["openid", "email", "phone", "profile"],
        "subject_types_supported": ["public"],
        "token_endpoint": format!("{hosted}/token"),
        "token_endpoint_auth_methods_supported": ["client_secret_basic", "client_secret_post"],
        "userinfo_endpoint": format!("{hosted}/userInfo"),
    })
}

/// A server that finds these hosts at the provider.
async fn at(provider: &Provider, hosts: &[&str], method: Value) -> (TestServer, Caller) {
    let server = TestServer::with(|config| {
        let lead = |host: &&str| format!("{host}:443={}", provider.address);
        config.outbound.connect_to = hosts.iter().map(lead).collect();
        config.outbound.ca = Some(provider.authority());
    });
    shop(server.await, &[method]).await
}

fn azure(provider: &Provider, more: Value) -> Value {
    let mut settings =
        provider.account(json!({ "tenant": DIRECTORY, "scopes": ["User.Read", "GroupMember.Read.All"] }));
    settings.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    json!({ "id": "azure", "name": "Work", "method": "azure", "azure": settings })
}

fn group(id: &str, name: &str, secure: bool) -> Value {
    json!({ "@odata.type": "#microsoft.graph.group", "id": id, "displayName": name, "securityEnabled": secure })
}

/// Logs in; answers the authentication context, or the status.
async fn context(server: &TestServer, provider: &Provider, change: Value) -> Result<Value, u16> {
    let visitor = Visitor::new(server, "shop");
    let login = visitor.asks(&[]).await;
    let url = visitor.leaves(&login).await;
    let answer = comes_back(server, provider, &visitor, &url, change).await;
    match answer.status.as_u16() {
        303 => Ok(serde_json::from_str(&visitor.let_in_by(&answer, &login).context).unwrap()),
        other => Err(other),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn people_of_a_directory_come_with_entry_and_groups() {
    let provider = Provider::named(microsoft(), &[MICROSOFT, GRAPH]).await;
    let method =
        azure(&provider, json!({ "get_user": true, "fetch_groups": true, "group_name_format": "displayName" }));
    let (server, admin) = at(&provider, &[MICROSOFT, GRAPH], method).await;
    let user = json!({
        "@odata.context": "https://graph.microsoft.com/v1.0/$metadata#users/$entity",
        "businessPhones": ["+41 44 000 00 00"], "displayName": "Ada Lovelace", "givenName": "Ada", "jobTitle": null,
        "mail": "ada@shop.example", "mobilePhone": null, "officeLocation": "4", "preferredLanguage": "en-GB",
        "surname": "Lovelace", "userPrincipalName": "ada@shop.example", "id": "0d3c9a52-0000-4000-8000-000000000001",
    });
    provider.answers("/v1.0/me", Canned::Json(200, user));
    let next = format!("https://{GRAPH}/v1.0/me/memberOf?$skiptoken=2");
    let role = json!({ "@odata.type": "#microsoft.graph.directoryRole", "id": "r", "displayName": "Readers" });
    let first = json!({ "value": [group("1", "Staff", true), role], "@odata.nextLink": next });
    provider.answers("/v1.0/me/memberOf", Canned::Json(200, first));
    let second = json!({ "value": [group("2", "Newsletter", false)] });
    provider.answers("/v1.0/me/memberOf?$skiptoken=2", Canned::Json(200, second));

    let change = json!({
        "oid": "0d3c9a52-0000-4000-8000-000000000001", "tid": DIRECTORY, "ver": "2.0", "name": "Ada Lovelace",
        "preferred_username": "ada@shop.example", "groups": ["from the token"],
    });
    let found = context(&server, &provider, change.clone()).await.unwrap();
    assert_eq!(found["groups"], json!(["Staff", "Newsletter"]));
    assert_eq!(
        (&found["surname"], &found["mail"], &found["officeLocation"]),
        (&json!("Lovelace"), &json!("ada@shop.example"), &json!("4"))
    );
    assert_eq!((found.get("jobTitle"), found.get("@odata.context")), (None, None));
    assert_eq!(found["tid"], json!(DIRECTORY));
    let asked = &provider.asked("/v1.0/me/memberOf")[0];
    assert!(asked.path.contains("%24select=id%2CsecurityEnabled%2CdisplayName"), "{}", asked.path);

    // Another person's entry.
    assert_eq!(context(&server, &provider, json!({ "oid": "another" })).await, Err(403));
    // Only groups for security, by id.
    let method = azure(&provider, json!({ "fetch_groups": true, "only_security_groups": true }));
    set_methods(&admin, "shop", &[method]).await;
    let found = context(&server, &provider, change.clone()).await.unwrap();
    assert_eq!((&found["groups"], found.get("surname")), (&json!(["1"]), None));
    // A list that goes on elsewhere would take the access token along; one without end would keep us busy.
    for next in [format!("https://{GRAPH}.evil.example/v1.0/me"), format!("http://{GRAPH}/v1.0/x"), next] {
        let page = json!({ "value": [], "@odata.nextLink": next });
        provider.answers("/v1.0/me/memberOf", Canned::Json(200, page.clone()));
        provider.answers("/v1.0/me/memberOf?$skiptoken=2", Canned::Json(200, page));
        assert_eq!(context(&server, &provider, change.clone()).await, Err(403), "{next}");
    }
    // What may not be asked is no reason to let somebody in without it.
    provider
        .answers("/v1.0/me/memberOf", Canned::Json(403, json!({ "error": { "code": "Authorization_RequestDenied" } })));
    assert_eq!(context(&server, &provider, change).await, Err(503));
}

#[tokio::test(flavor = "multi_thread")]
async fn people_of_another_directory_are_refused() {
    let provider = Provider::named(microsoft(), &[MICROSOFT]).await;
    let (server, _) = at(&provider, &[MICROSOFT], azure(&provider, json!({}))).await;
    assert!(context(&server, &provider, json!({})).await.is_ok());
    let other = format!("https://{MICROSOFT}/another/v2.0");
    assert_eq!(context(&server, &provider, json!({ "iss": other })).await, Err(403));
}

#[tokio::test(flavor = "multi_thread")]
async fn people_of_a_pool_come_with_their_groups() {
    let provider = Provider::named(amazon(), &[AMAZON, DOMAIN]).await;
    let settings = provider.account(json!({ "pool_id": POOL, "region": "eu-west-1", "get_user_info": true }));
    let method = json!({ "id": "pool", "name": "Pool", "method": "cognito", "cognito": settings });
    let (server, _) = at(&provider, &[AMAZON, DOMAIN], method).await;
    let issuer = &provider.issuer;
    assert_eq!(issuer, &format!("https://{AMAZON}/{POOL}"));
    let access = json!({
        "sub": "ada", "cognito:groups": ["buyers"], "iss": issuer, "version": 2, "client_id": CLIENT,
        "token_use": "access", "scope": "openid email", "username": "ada",
    });
    provider.gives_access_token(&provider.signs(&access));
    let known = json!({ "sub": "ada", "email": "ada@shop.example", "email_verified": "true", "username": "ada" });
    provider.answers("/oauth2/userInfo", Canned::Json(200, known));
    let change = json!({ "token_use": "id", "cognito:username": "ada" });
    let found = context(&server, &provider, change).await.unwrap();
    assert_eq!(found["cognito:groups"], json!(["buyers"]));
    assert_eq!((&found["email"], &found["cognito:username"]), (&json!("ada@shop.example"), &json!("ada")));
    assert_eq!(found.get("token_use"), None);
}

/// The name is still checked: whoever answers at the address must have its certificate.
#[tokio::test(flavor = "multi_thread")]
async fn a_detour_is_no_way_around_certificates() {
    let provider = Provider::named(microsoft(), &["elsewhere.example"]).await;
    let (server, _) = at(&provider, &[MICROSOFT], azure(&provider, json!({}))).await;
    let visitor = Visitor::new(&server, "shop");
    let login = visitor.asks(&[]).await;
    assert!(matches!(visitor.tries_to_leave(&login).await, Err(Failure::Unavailable { .. })));
}
