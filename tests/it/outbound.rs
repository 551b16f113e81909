//! OAuth clients of outbound connections, as programs of other houses call them: the documented exchanges in both forms, and every
//! refusal.

mod attacks;
mod flow;
mod provider;

use bytes::Bytes;
use http::Method;
use serde_json::{Value, json};

use crate::support::{
    Answer, Caller, SECRET, TestServer,
    documented::documented,
    golden,
    made::{basic, make_client},
};

covers!(
    "createOAuthClient",
    "modifyOAuthClient",
    "readOAuthClient",
    "deleteOAuthClient",
    "listOAuthClients",
    "authorizeOAuthClient",
    "returnFromOAuthProvider",
    "tokenOfOAuthClient",
);

/// Where they are.
const CLIENTS: &str = "/uc/resources/oauthclient";
/// The identifier of the documents.
const ID: &str = "239119555c2c427f8f5b29faeecfdc27";
/// What whoever shows an opaque token of another tenant is told.
const OPAQUE: &str = "The token is not valid here, where opaque tokens are good for the tenant default only: other tenants' must be signed.";
/// The request of the documents, in XML.
const XML: &str = r#"<?xml version="1.0" encoding="UTF-8" standalone="yes"?>
<oauthClient retainSysIds="true">
    <clientId>client_id</clientId>
    <clientSecret>client_secret</clientSecret>
    <clusterRedirectUrls>
        <clusterRedirectUrl>
            <clusterNode>node1:8080-uc</clusterNode>
           <redirectUrl>http://localhost:8080/uc/oauth2/callback</redirectUrl>
        </clusterRedirectUrl>
    </clusterRedirectUrls>
    <description>description</description>
    <name>Google</name>
    <opswiseGroups/>
    <provider>Google</provider>
    <scopes>
        <scope>https://mail.google.com</scope>
    </scopes>
    <sysId>239119555c2c427f8f5b29faeecfdc27</sysId>
</oauthClient>"#;

/// The request of the documents, in JSON, with its misspelt address.
fn documented_request() -> Value {
    json!({
        "clientId": "client_id", "clientSecret": "client_secret",
        "clusterRedirectUrls":
            [{ "clusterNode": "node1:8080-uc", "redirectUrl": "htttp://localhost:8080/uc/oauth2/callback" }],
        "description": "description", "name": "Google", "opswiseGroups": [], "provider": "Google", "retainSysIds": true,
        "scopes": ["https://mail.google.com"], "sysId": ID,
    })
}

/// The same with other members; null takes one out.
fn request(change: Value) -> Value {
    let mut body = documented_request();
    let members = body.as_object_mut().unwrap();
    members.extend(change.as_object().unwrap().clone());
    members.retain(|_, value| !value.is_null());
    body
}

/// An administrator who shows name and password with every request.
fn administrator(server: &TestServer) -> Caller {
    server.anonymous().with_header("authorization", &basic("admin", SECRET))
}

async fn send_xml(caller: &Caller, method: Method, text: &str) -> Answer {
    caller.send(method, CLIENTS, Some("application/xml"), Bytes::from(text.to_owned())).await
}

async fn json_of(admin: &Caller, query: &str) -> Value {
    let caller = admin.clone().with_header("accept", "application/json");
    caller.get(&format!("{CLIENTS}?{query}")).await.expect(200).json()
}

/// A sentence, with its status.
#[track_caller]
fn says(answer: Answer, status: u16, sentence: &str) {
    assert_eq!(answer.header("content-type"), Some("text/plain; charset=utf-8"));
    assert_eq!((answer.status.as_u16(), answer.text().as_str()), (status, sentence));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_documented_exchange_in_json() {
    let server = TestServer::start().await;
    let admin = administrator(&server);
    let created = format!("Successfully created the OAuth Client with id {ID}.");
    says(admin.post(CLIENTS, &documented_request()).await, 200, &created);
    let read =
        admin.clone().with_header("accept", "application/json").get(&format!("{CLIENTS}?oauthclientname=Google")).await;
    let release = concat!(env!("CARGO_PKG_VERSION"), ".0");
    let expected = format!(
        "{{\"authorizationEndpoint\":\"https://accounts.google.com/o/oauth2/v2/auth\",\"clientId\":\"client_id\",\
         \"clusterRedirectUrls\":[{{\"clusterNode\":\"node1:8080-uc\",\"redirectUrl\":\"htttp://localhost:8080/uc/oauth2/callback\"}}],\
         \"description\":\"description\",\"exportReleaseLevel\":\"{release}\",\"exportTable\":\"ops_oauth_client\",\"name\":\"Google\",\
         \"opswiseGroups\":[],\"provider\":\"Google\",\"retainSysIds\":true,\"scopes\":[\"https://mail.google.com\"],\"sysId\":\"{ID}\",\
         \"tokenEndpoint\":\"https://oauth2.googleapis.com/token\",\"version\":1}}"
    );
    assert_eq!(read.expect(200).text(), expected);

    let updated = format!("Successfully updated the OAuth Client with id {ID}.");
    says(admin.put(CLIENTS, &request(json!({ "description": "another" }))).await, 200, &updated);
    let mut listed = json_of(&admin, &format!("oauthclientid={ID}")).await;
    assert_eq!((&listed["version"], &listed["description"]), (&json!(2), &json!("another")));
    // What is put back as it is changes nothing, whatever it says about its export.
    let mut same = request(listed.clone());
    same["clientSecret"] = json!("client_secret");
    says(admin.put(CLIENTS, &same).await, 200, &updated);
    listed.as_object_mut().unwrap().remove("retainSysIds");
    let list = admin.clone().with_header("accept", "application/json").get(&format!("{CLIENTS}/list")).await;
    assert_eq!(list.expect(200).json(), json!([listed]));

    says(admin.delete(&format!("{CLIENTS}?oauthclientname=Google")).await, 200, "OAuth Client deleted successfully.");
    let gone = "An OAuth Client with name \"Google\" does not exist.";
    says(admin.get(&format!("{CLIENTS}?oauthclientname=Google")).await, 404, gone);
    says(admin.delete(&format!("{CLIENTS}?oauthclientname=Google")).await, 404, gone);
    let gone = format!("An OAuth Client with id \"{ID}\" does not exist.");
    says(admin.get(&format!("{CLIENTS}?oauthclientid={ID}")).await, 404, &gone);
    says(admin.put(CLIENTS, &documented_request()).await, 404, &gone);
    let unnamed = request(json!({ "sysId": null }));
    says(admin.put(CLIENTS, &unnamed).await, 404, "An OAuth Client with name \"Google\" does not exist.");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_documented_exchange_in_xml() {
    let server = TestServer::start().await;
    let admin = administrator(&server);
    let created = format!("Successfully created the OAuth Client with id {ID}.");
    says(send_xml(&admin, Method::POST, XML).await, 200, &created);
    let updated = format!("Successfully updated the OAuth Client with id {ID}.");
    let other = XML.replace("<description>description", "<description>1 &lt; 2 &amp; &#8220;3&#8221;");
    says(send_xml(&admin, Method::PUT, &other).await, 200, &updated);
    let another = request(json!({
        "name": "Microsoft", "provider": 1, "sysId": "0a".repeat(16), "clusterRedirectUrls": [], "description": null,
        "clientId": null, "opswiseGroups": ["test", "A & B"], "scopes": ["offline_access", "https://outlook.office.com/SMTP.Send"],
    }));
    admin.post(CLIENTS, &another).await.expect(200);
    // Whoever does not say gets XML, as the documents have it first.
    let read = admin.get(&format!("{CLIENTS}?oauthclientid={ID}")).await.expect(200);
    assert_eq!(read.header("content-type"), Some("application/xml; charset=utf-8"));
    assert_eq!(read.header("etag"), Some("\"2\""));
    golden::check("outbound-client.xml", &read.text());
    let listed = admin.with_header("accept", "text/xml, */*;q=0.1").get(&format!("{CLIENTS}/list")).await.expect(200);
    golden::check("outbound-clients.xml", &listed.text());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_replaced_record_has_what_the_request_has() {
    let server = TestServer::start().await;
    let admin = administrator(&server);
    admin.post(CLIENTS, &documented_request()).await.expect(200);
    let least = json!({ "name": "Google", "provider": "2", "clientSecret": "new", "scopes": ["a"] });
    admin.put(CLIENTS, &least).await.expect(200);
    let now = json_of(&admin, "oauthclientname=Google").await;
    assert_eq!((&now["sysId"], &now["scopes"], &now["version"]), (&json!(ID), &json!(["a"]), &json!(2)));
    assert_eq!((now.get("description"), now.get("clientId")), (None, None));
    assert_eq!((&now["clusterRedirectUrls"], &now["opswiseGroups"]), (&json!([]), &json!([])));
    // A name is changed by the identifier, and free afterwards. Another secret alone is a change as well.
    let renamed = request(json!({ "name": "Mail", "retainSysIds": false }));
    admin.put(CLIENTS, &renamed).await.expect(200);
    let rest = request(json!({ "name": "Mail", "clientSecret": "newest" }));
    admin.put(CLIENTS, &rest).await.expect(200);
    assert_eq!(json_of(&admin, "oauthclientname=Mail").await["version"], json!(4));
    admin.post(CLIENTS, &request(json!({ "sysId": null }))).await.expect(200);
    let taken = request(json!({ "name": "Google" }));
    says(admin.put(CLIENTS, &taken).await, 400, "Invalid name: the name `Google` is taken.");
    // Whoever has seen an older state does not overwrite a newer one.
    let outdated = admin.clone().with_header("if-match", "\"3\"").put(CLIENTS, &rest).await;
    says(outdated, 412, "The OAuth Client has changed since it was read.");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_identifier_is_kept_or_made() {
    let server = TestServer::start().await;
    let admin = administrator(&server);
    let made = async |change: Value| {
        let text = admin.post(CLIENTS, &request(change)).await.expect(200).text();
        let id = text
            .strip_prefix("Successfully created the OAuth Client with id ")
            .unwrap()
            .trim_end_matches('.')
            .to_owned();
        assert!(id.len() == 32 && id.bytes().all(|byte| byte.is_ascii_hexdigit()), "{id}");
        id
    };
    assert_ne!(made(json!({ "name": "a", "retainSysIds": false })).await, ID);
    assert_ne!(made(json!({ "name": "b", "sysId": null })).await, ID);
    assert_eq!(made(json!({ "name": "c", "retainSysIds": null })).await, ID);
    let ignored = XML.replace("retainSysIds=\"true\"", "retainSysIds=\"false\"").replace("<name>Google", "<name>d");
    let answer = send_xml(&admin, Method::POST, &ignored).await.expect(200);
    assert!(!answer.text().contains(ID));
    let taken = admin.post(CLIENTS, &request(json!({ "name": "e" }))).await;
    says(taken, 400, &format!("Invalid sysId: `{ID}` exists already."));
    let taken = admin.post(CLIENTS, &request(json!({ "name": "a", "sysId": null }))).await;
    says(taken, 400, "Invalid name: the name `a` is taken.");
    // One that is gone is free.
    admin.delete(&format!("{CLIENTS}?oauthclientid={ID}")).await.expect(200);
    assert_eq!(made(json!({ "name": "c" })).await, ID);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_identifier_is_found_in_any_case_and_a_name_may_look_like_one() {
    let server = TestServer::start().await;
    let admin = administrator(&server);
    let (upper, lower, name) = ("0A".repeat(16), "0a".repeat(16), "ab".repeat(16));
    admin.post(CLIENTS, &request(json!({ "sysId": upper, "name": name, "tenantId": "common" }))).await.expect(200);
    let read = json_of(&admin, &format!("oauthclientid={upper}")).await;
    assert_eq!((&read["sysId"], &read["name"], read.get("tenantId")), (&json!(lower), &json!(name), None));
    admin.put(CLIENTS, &request(json!({ "sysId": upper, "name": name, "description": "new" }))).await.expect(200);
    assert_eq!(json_of(&admin, &format!("oauthclientname={name}")).await["description"], json!("new"));
    let caller = admin.clone().with_header("accept", "text/plain");
    for connection in [&upper, &lower, &name] {
        caller.get(&format!("{CLIENTS}/{connection}/authorize")).await.expect(200);
    }
    // The identifier comes first, and one that is gone leaves the name to who has it.
    admin.post(CLIENTS, &request(json!({ "sysId": name, "name": "other", "clientId": "theirs" }))).await.expect(200);
    let url = async || caller.get(&format!("{CLIENTS}/{name}/authorize")).await.expect(200).text();
    assert!(url().await.contains("client_id=theirs"));
    admin.delete(&format!("{CLIENTS}?oauthclientid={}", name.to_uppercase())).await.expect(200);
    assert!(url().await.contains("client_id=client_id"));
    admin.delete(&format!("{CLIENTS}?oauthclientname={name}")).await.expect(200);
    let gone = format!("An OAuth Client with name \"{name}\" does not exist.");
    says(caller.get(&format!("{CLIENTS}/{name}/authorize")).await, 404, &gone);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_provider_has_its_endpoints_and_stays() {
    let server = TestServer::start().await;
    let admin = administrator(&server);
    let azure = json!({ "provider": "Azure AD", "authorizationEndpoint": "https://evil.example", "name": "azure", "sysId": null });
    admin.post(CLIENTS, &request(azure)).await.expect(200);
    let read = json_of(&admin, "oauthclientname=azure").await;
    assert_eq!((&read["provider"], &read["tenantId"]), (&json!("Azure AD"), &json!("common")));
    assert_eq!(read["authorizationEndpoint"], json!("https://login.microsoftonline.com/common/oauth2/v2.0/authorize"));
    let directory = json!({ "provider": 1, "tenantId": "contoso.com", "name": "azure", "sysId": null });
    admin.put(CLIENTS, &request(directory)).await.expect(200);
    let read = json_of(&admin, "oauthclientname=azure").await;
    assert_eq!(read["tokenEndpoint"], json!("https://login.microsoftonline.com/contoso.com/oauth2/v2.0/token"));
    let other = json!({
        "provider": 3, "name": "other", "sysId": null, "authorizationEndpoint": "https://as.example/authorize",
        "tokenEndpoint": "https://as.example/token",
    });
    admin.post(CLIENTS, &request(other)).await.expect(200);
    let read = json_of(&admin, "oauthclientname=other").await;
    assert_eq!((&read["provider"], &read["tokenEndpoint"]), (&json!("Other"), &json!("https://as.example/token")));
    let changed = admin.put(CLIENTS, &request(json!({ "name": "azure", "sysId": null }))).await;
    says(changed, 400, "Invalid provider: cannot be changed.");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_wrong_is_named_and_changes_nothing() {
    let server = TestServer::start().await;
    let admin = administrator(&server);
    admin.post(CLIENTS, &documented_request()).await.expect(200);
    for (change, sentence) in [
        (json!({ "name": null }), "Invalid name: must not be empty."),
        (json!({ "name": "a".repeat(101) }), "Invalid name: must have at most 100 characters."),
        (json!({ "name": 1 }), "Invalid name:"),
        (json!({ "clientSecret": null }), "Invalid clientSecret: is required."),
        (json!({ "clientSecret": "" }), "Invalid clientSecret: is required."),
        (json!({ "scopes": null }), "Invalid scopes: is required."),
        (json!({ "scopes": [] }), "Invalid scopes: is required."),
        (json!({ "scopes": ["a b"] }), "Invalid scopes/0:"),
        (json!({ "provider": null }), "Invalid provider: must be Azure AD (1), Google (2) or Other (3)."),
        (json!({ "provider": 4 }), "Invalid provider: must be Azure AD (1), Google (2) or Other (3)."),
        (json!({ "provider": 3 }), "Invalid authorizationEndpoint: is required. Invalid tokenEndpoint: is required."),
        (
            json!({ "provider": 3, "authorizationEndpoint": "http://as.example", "tokenEndpoint": "http://10.0.0.1/" }),
            "Invalid authorizationEndpoint: must be an https URI",
        ),
        (json!({ "sysId": "short" }), "Invalid sysId: must be 32 hexadecimal digits."),
        (json!({ "retainSysIds": "yes" }), "Invalid retainSysIds: must be true or false."),
        (json!({ "description": "\u{0}" }), "Invalid description: must not have control characters."),
        (json!({ "secret": "x" }), "Invalid secret:"),
        (json!({ "clusterRedirectUrls": [{ "clusterNode": "a" }] }), "Invalid clusterRedirectUrls/0/redirectUrl:"),
    ] {
        let body = request(change.clone());
        for answer in [admin.post(CLIENTS, &body).await, admin.put(CLIENTS, &body).await] {
            let answer = answer.expect(400);
            assert!(answer.text().starts_with(sentence), "{change}: {}", answer.text());
        }
    }
    let many = "Invalid oauthclientname: must not be given with oauthclientid.";
    for method in [Method::GET, Method::DELETE] {
        for (query, sentence) in [
            ("?oauthclientname=Google&oauthclientid=1", many),
            ("", "Invalid oauthclientname: is needed, or oauthclientid."),
            ("?oauthclientname=", "Invalid oauthclientname: is needed, or oauthclientid."),
            ("?oauthclientname=a&oauthclientname=b", "Invalid oauthclientname: is given more than once."),
            ("?name=Google", "Invalid name: is not one of oauthclientname, oauthclientid."),
        ] {
            says(admin.send(method.clone(), &format!("{CLIENTS}{query}"), None, Bytes::new()).await, 400, sentence);
        }
    }
    assert_eq!(json_of(&admin, &format!("oauthclientid={ID}")).await["version"], json!(1));
}

#[tokio::test(flavor = "multi_thread")]
async fn forms_that_there_are_not_are_refused() {
    let server = TestServer::start().await;
    let admin = administrator(&server);
    admin.post(CLIENTS, &documented_request()).await.expect(200);
    let read = format!("{CLIENTS}?oauthclientname=Google");
    for accept in ["text/html", "application/json;q=0, application/xml;q=0"] {
        for path in [read.clone(), format!("{CLIENTS}/list")] {
            let answer = admin.clone().with_header("accept", accept).get(&path).await;
            says(answer, 406, "The answer is application/xml or application/json.");
        }
    }
    // Sentences are sentences, whatever else is wanted.
    admin.clone().with_header("accept", "application/json").put(CLIENTS, &documented_request()).await.expect(200);
    let body = Bytes::from(documented_request().to_string());
    // What `curl -d` says of a body by itself is none of them either.
    for content_type in [
        None,
        Some("text/plain"),
        Some("application/x-www-form-urlencoded"),
        Some("application/json; charset=iso-8859-1"),
        Some("application/xml;charset=UTF-16"),
    ] {
        let answer = admin.send(Method::POST, CLIENTS, content_type, body.clone()).await;
        says(
            answer,
            415,
            "The body must be application/xml or application/json, in UTF-8, and Content-Type must say so.",
        );
    }
    let plain = admin.send(Method::PUT, CLIENTS, Some("Application/JSON; Charset=\"utf-8\""), body).await;
    plain.expect(200);
    says(
        admin.send(Method::PATCH, CLIENTS, None, Bytes::new()).await,
        405,
        "This path takes POST, PUT, GET, HEAD, DELETE.",
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn administrators_only_each_in_their_own_tenant() {
    let server = TestServer::start().await;
    let admin = administrator(&server);
    admin.post(CLIENTS, &documented_request()).await.expect(200);
    let path = format!("{CLIENTS}?oauthclientname=Google");
    let anonymous = server.anonymous().get(&path).await.expect(401);
    assert_eq!(anonymous.header("www-authenticate"), Some("Basic realm=\"Portcullis\", charset=\"UTF-8\""));
    let wrong = server.anonymous().with_header("authorization", &basic("admin", "wrong")).get(&path).await;
    wrong.expect(401);
    says(server.as_system().get(&path).await, 403, "Operation prohibited due to security constraints.");
    server.as_admin().get(&path).await.expect(200);
    // An opaque token is looked for in one tenant, since it does not say which one it is of.
    let opaque = server.anonymous().with_token(&format!("pc_access_{}", "A".repeat(43)));
    says(opaque.get(&path).await, 401, OPAQUE);
    let told = opaque.get("/api/applications").await.expect(401).text();
    assert!(told.contains("opaque tokens are good for the tenant default only"), "{told}");
    let demo = server.anonymous().with_header("authorization", &basic("demo/admin", SECRET));
    says(demo.get(&path).await, 404, "An OAuth Client with name \"Google\" does not exist.");
    demo.post(CLIENTS, &documented_request()).await.expect(200);
    demo.delete(&path).await.expect(200);
    admin.get(&path).await.expect(200);
    // A client of another server may not, even with its secret.
    let till = make_client(&server.as_admin(), "system", "till", &[]).await;
    let secret = till["client_secret"].as_str().unwrap();
    server.anonymous().with_header("authorization", &basic("till", secret)).get(&path).await.expect(401);
}

/// Every file of the store is looked through.
#[tokio::test(flavor = "multi_thread")]
async fn a_secret_is_never_shown_and_never_kept_in_clear() {
    const SECRETS: [&str; 2] = ["a very particular secret", "another particular secret"];
    let server = TestServer::start().await;
    let admin = administrator(&server);
    admin.post(CLIENTS, &request(json!({ "clientSecret": SECRETS[0] }))).await.expect(200);
    admin.put(CLIENTS, &request(json!({ "clientSecret": SECRETS[1] }))).await.expect(200);
    let read = admin.get(&format!("{CLIENTS}?oauthclientid={ID}")).await.expect(200).text();
    let listed = admin.get(&format!("{CLIENTS}/list")).await.expect(200).text();
    assert!(!read.contains("ecret") && !listed.contains("ecret"), "{read} {listed}");
    let (folder, _) = server.stop().await;
    let files =
        std::fs::read_dir(folder.path()).unwrap().map(|file| file.unwrap().path()).filter(|path| path.is_file());
    let mut seen = 0;
    for file in files {
        let bytes = std::fs::read(&file).unwrap();
        for secret in SECRETS {
            assert!(!bytes.windows(secret.len()).any(|part| part == secret.as_bytes()), "{}", file.display());
        }
        seen += bytes.windows(ID.len()).filter(|part| *part == ID.as_bytes()).count();
    }
    assert!(seen > 0, "the record itself is in the store");
}

/// The documents lie beside the repository; where they do not, that is said.
#[test]
fn every_documented_operation_has_a_row() {
    let folders = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).ancestors();
    let mut files = folders.map(|folder| folder.join("shared/contract/outbound-oauth-clients.openapi.json"));
    let Some(path) = files.find(|path| path.exists()) else {
        eprintln!("SKIPPED: the contract of outbound clients is not beside the repository, it was NOT checked");
        return;
    };
    let contract: Value = serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap();
    let documented = documented(&contract);
    assert_eq!(documented.len(), 5);
    for operation in documented {
        let mut rows = portcullis::api::outbound::DIALECT.rows();
        let row = rows.find(|row| row.method.as_str() == operation.method && row.path == operation.path);
        let row = row.unwrap_or_else(|| panic!("{} {} has no row", operation.method, operation.path));
        assert_eq!(row.id, operation.operation["operationId"].as_str().unwrap());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_description_has_both_forms() {
    let server = TestServer::start().await;
    let document = server.anonymous().get("/openapi/outbound.json").await.expect(200).json();
    let create = &document["paths"][CLIENTS]["post"]["requestBody"]["content"];
    assert!(create["application/xml"].is_object() && create["application/json"].is_object(), "{create}");
    let shape = &document["components"]["schemas"]["OAuthClient"];
    assert_eq!(shape["required"], json!(["name", "clientSecret", "provider", "scopes"]));
    assert_eq!(shape["properties"]["version"]["xml"]["attribute"], json!(true));
}
