//! What gateways ask: may this request go on? Known APIs only, in one reading only, and nobody but the gateway asks.

use bytes::Bytes;
use http::Method;
use serde_json::{Value, json};

use crate::support::{
    Answer, Caller, SECRET,
    gateway::{FORWARDED, Guarded, ORIGINAL, basic_of, codes, make_gateway},
    made::{ADMIN, attribute, basic, bearer_of, make_client, make_policy, no},
    person::Person,
};

covers!(
    "authorizeGet",
    "authorizeGetRoot",
    "authorizeGetPath",
    "authorizePost",
    "authorizePostRoot",
    "authorizePostPath",
    "authorizePut",
    "authorizePutRoot",
    "authorizePutPath",
    "authorizePatch",
    "authorizePatchRoot",
    "authorizePatchPath",
    "authorizeDelete",
    "authorizeDeleteRoot",
    "authorizeDeletePath",
    "authorizeOptions",
    "authorizeOptionsRoot",
    "authorizeOptionsPath",
);

/// A gateway whose library has open, shut and conditional APIs.
async fn library() -> Guarded {
    let guarded = Guarded::start("nginx").await;
    let admin = &guarded.admin;
    make_policy(admin, "never", json!([no()])).await;
    let reader = json!([{ "name": "identity-context", "conf": { "fields": [
        { "field": "scp", "comparator": "contains", "value": "openid" },
    ] }, "recovery": [{ "id": "login", "type": "login" }] }]);
    make_policy(admin, "reader", reader).await;
    guarded.make_api("library", "GET", "/", "").await;
    guarded.make_api("library", "GET", "/books", "").await;
    guarded.make_api("library", "GET", "/books/{id}", "reader").await;
    guarded.make_api("library", "DELETE", "/books/{id}", "never").await;
    guarded.make_api("library", "GET", "/{page}", "").await;
    guarded.make_api("library", "GET", "/admin", "never").await;
    guarded
}

/// Somebody with a token of the server `shop`.
async fn reader(guarded: &Guarded) -> Caller {
    let client = make_client(&guarded.admin, "shop", "reader", &["openid"]).await;
    bearer_of(&guarded.server, &client)
}

/// A decision as the log shows it, a moment after it was made.
async fn logged(guarded: &Guarded, answer: &Answer) -> Value {
    let id = answer.header("x-portcullis-decision").expect("a decision");
    for _ in 0..2000 {
        let found = guarded.admin.get(&format!("{ADMIN}/decisions/{id}")).await;
        if found.status == 200 {
            return found.json();
        }
        tokio::time::sleep(std::time::Duration::from_millis(5)).await;
    }
    panic!("decision {id} never came to the log");
}

#[tokio::test(flavor = "multi_thread")]
async fn apis_are_open_shut_conditional_or_unknown() {
    let guarded = library().await;
    let (nobody, reader) = (guarded.server.anonymous(), reader(&guarded).await);
    let open = guarded.ask(&nobody, "GET", "/books").await.expect(200);
    assert!(open.body.is_empty());
    assert_eq!(open.header("x-portcullis-decision"), None, "nobody had to decide");
    guarded.ask(&nobody, "HEAD", "/books?q=1").await.expect(200);

    let passed = guarded.ask(&reader, "GET", "/books/7").await.expect(200);
    assert!(passed.header("x-portcullis-decision").is_some());
    guarded.ask(&reader, "HEAD", "/books/7").await.expect(200);
    let refused = guarded.ask(&nobody, "GET", "/books/7").await.expect(403);
    let body = refused.json();
    assert_eq!(body["status_code"], 403);
    assert_eq!(body["details"]["decision_id"].as_str(), refused.header("x-portcullis-decision"));
    assert_eq!(body["details"]["failures"][0]["validator"], "identity-context");
    assert_eq!(body["details"]["recovery"], json!([{ "id": "login", "type": "login" }]));
    guarded.ask(&reader, "DELETE", "/books/7").await.expect(403);

    for (method, target) in [
        ("POST", "/books"),
        ("OPTIONS", "/books"),
        ("get", "/books"),
        ("GET", "/books/"),
        ("GET", "/books/7/pages"),
        ("PROPFIND", "/books"),
    ] {
        let unknown = guarded.ask(&reader, method, target).await.expect(403);
        assert_eq!(codes(&unknown), ["unknown_api"], "{method} {target}");
        assert_eq!(unknown.header("x-portcullis-decision"), None);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn no_spelling_of_a_path_gets_around_an_api() {
    let guarded = library().await;
    let nobody = guarded.server.anonymous();
    guarded.ask(&nobody, "GET", "/about").await.expect(200);
    assert_eq!(codes(&guarded.ask(&nobody, "GET", "/admin").await.expect(403)), ["always_denied"]);
    let tricks = [
        "/a/../admin",
        "/./admin",
        "/books/../admin",
        "/books/..",
        "/%2e%2e/admin",
        "/%2E%2E",
        "/.%2e/admin",
        "//admin",
        "/admin//",
        "/books//7",
        "/admin;x=1",
        "/admin;",
        "/admin%3b",
        "/a%2Fadmin",
        "/a%2fadmin",
        "/%5cadmin",
        "/a\\admin",
        "/%252e%252e",
        "/a%252fadmin",
        "/admin%00",
        "/admin%0a",
        "/admin%",
        "/admin%2",
        "/%ff",
        "/admin.",
        "/admin%2E",
        "/admin%20",
        "/admin%3Fx",
        "/admin%23x",
        "admin",
        "",
        "*",
        "?q",
        "http://host/admin",
        "/a#/admin",
        "/a b",
        "/ADMIN",
        "/Admin",
        "/aDmin?x",
    ];
    for target in tricks {
        let headers = [(ORIGINAL[0], "GET"), (ORIGINAL[1], target)];
        let answer = guarded.ask_with(&nobody, &headers).await;
        assert_eq!(answer.status, 403, "{target:?}: {}", answer.text());
        assert_eq!(codes(&answer), ["unclear_request"], "{target:?}");
        if target.starts_with('/') && http::Uri::try_from(target).is_ok() && !target.contains('#') {
            let below = guarded.ask_below(&nobody, Method::GET, target).await;
            assert!([403, 404].contains(&below.status.as_u16()), "{target:?}: {}", below.text());
        }
    }
    for target in ["/admin/", "/%61dmin", "/admin?a=/../b", "/admin?x#"] {
        let answer = guarded.ask(&nobody, "GET", target).await;
        assert_eq!(answer.status, 403, "{target:?}: {}", answer.text());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_path_may_stand_behind_the_gateways_own() {
    let guarded = library().await;
    let (nobody, reader) = (guarded.server.anonymous(), reader(&guarded).await);
    guarded.ask_below(&nobody, Method::GET, "/").await.expect(200);
    guarded.ask_below(&nobody, Method::GET, "/books?q=%2F").await.expect(200);
    guarded.ask_below(&nobody, Method::HEAD, "/books").await.expect(200);
    guarded.ask_below(&reader, Method::GET, "/books/7").await.expect(200);
    guarded.ask_below(&nobody, Method::GET, "/books/7").await.expect(403);
    for method in [Method::POST, Method::PUT, Method::PATCH, Method::DELETE, Method::OPTIONS] {
        for target in ["", "/", "/books"] {
            let answer = guarded.ask_below(&reader, method.clone(), target).await.expect(403);
            let expected = if target.is_empty() { "unclear_request" } else { "unknown_api" };
            assert_eq!(codes(&answer), [expected], "{method} {target:?}");
        }
    }
    let decided = guarded.ask_below(&reader, Method::DELETE, "/books/7").await.expect(403);
    assert_eq!(codes(&decided), ["always_denied"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_head_is_decided_as_one() {
    let guarded = library().await;
    let nobody = guarded.server.anonymous();
    guarded.ask_below(&nobody, Method::HEAD, "/books").await.expect(200); // as GET is, while nothing else is said
    guarded.ask_below(&nobody, Method::HEAD, "/admin").await.expect(403);
    guarded.make_api("library", "HEAD", "/books", "never").await;
    guarded.ask_below(&nobody, Method::HEAD, "/books").await.expect(403);
    guarded.ask_below(&nobody, Method::GET, "/books").await.expect(200);
    make_policy(&guarded.admin, "head", json!([attribute("request.method", "equals", json!("HEAD"))])).await;
    guarded.make_api("library", "GET", "/shelf", "head").await;
    guarded.ask_below(&nobody, Method::HEAD, "/shelf").await.expect(200);
    guarded.ask_below(&nobody, Method::GET, "/shelf").await.expect(403);
}

#[tokio::test(flavor = "multi_thread")]
async fn no_header_names_another_method_or_path_to_the_upstream() {
    let guarded = library().await;
    let nobody = guarded.server.anonymous();
    for name in ["x-http-method-override", "x-http-method", "x-method-override", "x-original-url", "x-rewrite-url"] {
        let spoofing = nobody.clone().with_header(name, "DELETE");
        assert_eq!(codes(&guarded.ask(&spoofing, "GET", "/books").await.expect(403)), ["unclear_request"], "{name}");
        let below = guarded.ask_below(&spoofing, Method::GET, "/books").await.expect(403);
        assert_eq!(codes(&below), ["unclear_request"], "{name}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn ways_of_describing_a_request_must_agree() {
    let guarded = library().await;
    let nobody = guarded.server.anonymous();
    let ask = async |headers: &[(&'static str, &str)]| guarded.ask_with(&nobody, headers).await;
    let original = |method, target| [(ORIGINAL[0], method), (ORIGINAL[1], target)];
    let forwarded = |method, target| [(FORWARDED[0], method), (FORWARDED[1], target)];
    ask(&forwarded("GET", "/books")).await.expect(200);
    ask(&[original("GET", "/books"), forwarded("GET", "/books")].concat()).await.expect(200);
    let unclear = [
        vec![],
        [original("GET", "/books"), forwarded("GET", "/admin")].concat(),
        [original("GET", "/books"), forwarded("POST", "/books")].concat(),
        vec![original("GET", "/books")[0]],
        vec![original("GET", "/books")[1]],
        vec![forwarded("GET", "/books")[1]],
        [&original("GET", "/books")[..], &forwarded("GET", "/books")[..1]].concat(),
    ];
    for headers in unclear {
        assert_eq!(codes(&ask(&headers).await.expect(403)), ["unclear_request"], "{headers:?}");
    }
    // A client of Envoy cannot name another path than the one it asked for.
    let spoofing = nobody.clone().with_header(ORIGINAL[0], "GET").with_header(ORIGINAL[1], "/books");
    let answer = guarded.ask_below(&spoofing, Method::GET, "/admin").await.expect(403);
    assert_eq!(codes(&answer), ["unclear_request"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn only_the_gateway_itself_may_ask() {
    let guarded = library().await;
    let server = &guarded.server;
    let about = server.anonymous().with_header(ORIGINAL[0], "GET").with_header(ORIGINAL[1], "/books");
    let path = guarded.authorize();
    let with = |value: &str| about.clone().with_header("x-gateway-authorization", value);
    let bearer = |token: String| with(&format!("Bearer {token}"));
    with(&guarded.basic()).get(&path).await.expect(200);
    bearer(guarded.own_client().token().await.unwrap()).get(&path).await.expect(200);

    let second = make_gateway(&guarded.admin, "shop", "Second", "envoy").await;
    let second = basic_of(&second);
    let client_id = guarded.gateway["client_id"].as_str().unwrap();
    let system = server.as_system().token().await.unwrap();
    let refused = [
        about.clone(),
        with("Basic"),
        with("Basic !!!"),
        with("Bearer "),
        with("Digest x"),
        with(&basic(client_id, "wrong")),
        with(&basic("system", SECRET)),
        with(&second),
        bearer("garbage".to_owned()),
        bearer(system),
        // The gateway's own credentials, where those of the sender stand.
        about.clone().with_header("authorization", &guarded.basic()),
    ];
    for (place, caller) in refused.iter().enumerate() {
        let answer = caller.get(&path).await;
        assert_eq!(answer.status, 403, "{place}: {}", answer.text());
        assert_eq!(
            answer.json()["error"],
            "this needs the gateway's own credentials in X-Gateway-Authorization",
            "{place}"
        );
    }
    let unknown = with(&guarded.basic());
    unknown.get("/api/system/default/gateways/nothing/authorize").await.expect(403);
    unknown.get(&path.replace("default", "demo")).await.expect(403);
    // A client that is gone asks nothing.
    guarded.admin.delete(&format!("{ADMIN}/gateways/{}", guarded.id())).await.expect(204);
    with(&guarded.basic()).get(&path).await.expect(403);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_that_is_not_good_here_is_told_from_none() {
    let guarded = library().await;
    let server = &guarded.server;
    let reader = reader(&guarded).await;
    reader.token().await.unwrap();
    let elsewhere = make_client(&guarded.admin, "default", "elsewhere", &["openid"]).await;
    for (who, caller) in [
        ("garbage", Caller::new(&server.url).with_token("garbage")),
        ("another server of the tenant", bearer_of(server, &elsewhere)),
        ("the admin", server.as_admin()),
        ("another tenant", server.as_other_admin()),
    ] {
        let answer = guarded.ask(&caller, "GET", "/books/7").await;
        assert_eq!(answer.status, 401, "{who}: {}", answer.text());
        assert!(answer.header("www-authenticate").unwrap().contains("invalid_token"), "{who}");
        guarded.ask(&caller, "GET", "/books").await.expect(200); // nobody looks at it
    }
    guarded.ask(&reader, "GET", "/books/7").await.expect(200);
    server.world.advance_seconds(3600);
    let expired = guarded.ask(&reader, "GET", "/books/7").await.expect(401);
    assert!(expired.header("www-authenticate").unwrap().contains("expired"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_policy_sees_the_request_and_its_sender_but_no_secret() {
    let guarded = library().await;
    let reader = reader(&guarded).await;
    let fields = [
        ("request.method", json!("GET")),
        ("request.path", json!("/books/a b")),
        ("request.path_params.id", json!("a b")),
        ("contexts.client.client_id", json!("reader")),
        ("subject.type", json!("client")),
        ("action.name", json!("GET")),
        ("resource.type", json!("api")),
        ("resource.properties.path", json!("/books/{id}")),
    ];
    let rules: Vec<Value> = fields.iter().map(|(field, value)| attribute(field, "equals", value.clone())).collect();
    let policy = json!({ "policy_name": "Reader", "validators": rules });
    guarded.admin.put(&format!("{ADMIN}/policies/reader"), &policy).await.expect(201);
    let keys = ["x-api-key", "x-auth-token", "x-amz-security-token", "set-cookie"];
    let caller = reader.with_header("cookie", "session=secret").with_header("x-colour", "red");
    let caller = keys.iter().fold(caller, |caller, name| caller.with_header(name, "secret"));
    let namesake = Person::new(&guarded.server, "shop", "reader");
    let domain = &guarded.server.app.domain;
    let namesake = namesake.bearer(domain, &namesake.lets(domain, "reader", &["openid"], None).await).await;
    guarded.ask(&namesake, "GET", "/books/a%20b").await.expect(403); // a person who is called like the client
    let answer = guarded.ask(&caller, "GET", "/books/a%20b?q=1&q=2").await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    let record = logged(&guarded, &answer).await;
    assert_eq!(record["policy_id"], "reader");
    assert_eq!(record["server_id"], "shop");
    assert_eq!(record["caller"], format!("default/system/{}", guarded.gateway["client_id"].as_str().unwrap()));
    let (request, context) = (&record["input"]["request"], &record["input"]["authn_ctx"]);
    assert_eq!(request["query_params"], json!({ "q": ["1", "2"] }));
    assert_eq!(request["headers"]["x-colour"], json!(["red"]));
    assert_eq!((&context["sub"], &context["scp"]), (&json!("reader"), &json!(["openid"])));
    let names: Vec<&String> = request["headers"].as_object().unwrap().keys().collect();
    let hidden = ["authorization", "cookie", "x-gateway-authorization", "x-original-uri", "x-original-method"];
    for secret in hidden.iter().chain(&keys) {
        assert!(!names.iter().any(|name| name == secret), "{secret} is in {names:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_change_holds_for_the_next_request() {
    let guarded = library().await;
    let nobody = guarded.server.anonymous();
    guarded.ask(&nobody, "GET", "/books").await.expect(200);
    let apis = guarded.admin.get(&format!("{ADMIN}/services/library/apis")).await.expect(200).json();
    let books = apis["apis"].as_array().unwrap().iter().find(|api| api["path"] == "/books").unwrap()["id"].clone();
    let path = format!("{ADMIN}/apis/{}", books.as_str().unwrap());
    guarded.admin.put(&path, &json!({ "policy_id": "never" })).await.expect(200);
    assert_eq!(codes(&guarded.ask(&nobody, "GET", "/books").await.expect(403)), ["always_denied"]);
    guarded.admin.delete(&path).await.expect(204);
    // What is left is the open `/{page}`.
    guarded.ask(&nobody, "GET", "/books").await.expect(200);
    let service = format!("{ADMIN}/services/library");
    guarded.admin.put(&service, &json!({ "name": "library" })).await.expect(200);
    assert_eq!(codes(&guarded.ask(&nobody, "GET", "/books").await.expect(403)), ["unknown_api"], "disconnected");
}

#[tokio::test(flavor = "multi_thread")]
async fn services_that_contradict_each_other_open_nothing() {
    let guarded = library().await;
    let nobody = guarded.server.anonymous();
    guarded.make_service("archive").await;
    guarded.make_api("archive", "GET", "/books", "never").await;
    assert_eq!(codes(&guarded.ask(&nobody, "GET", "/books").await.expect(403)), ["unclear_request"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_body_is_nobodys_business() {
    let guarded = library().await;
    let caller = guarded.server.anonymous().with_header("x-gateway-authorization", &guarded.basic());
    let path = format!("{}/books/7", guarded.authorize());
    let answer = caller.send(Method::DELETE, &path, Some("text/plain"), Bytes::from_static(b"{")).await;
    assert_eq!(codes(&answer.expect(403)), ["always_denied"]);
}
