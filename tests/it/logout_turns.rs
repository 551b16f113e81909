//! Who hears of a logout when others do not answer: every tenant in its turn, and whatever is wrong here holds up nobody. And clients
//! whose servers hang keep nobody from logging in elsewhere.

use std::{sync::Arc, time::Duration};

use portcullis::{
    config::Config,
    domain::{
        Domain, client,
        fetch::{Exchange, Question},
        identity::Identity,
        key_ring::KeyRing,
        logged_out::Notice,
        server,
        session::{self, Session},
    },
    store::records,
};
use serde_json::json;

use crate::support::{
    Caller, TestServer,
    made::ADMIN,
    provider::{Canned, Provider},
    storefront::{AID, Storefront},
};

/// Where nobody ever answers.
const HANGS: &str = "/hangs";
/// Where a client hears of it.
const OUT: &str = "/out";
/// How many of one tenant are told at the same time.
const OF_TENANT: usize = 16;
const OTHER: &str = "/api/admin/demo";

/// Both kinds of clients' servers. Whoever asks waits longer than any test.
async fn there() -> (Provider, impl Fn(&mut Config)) {
    let there = Provider::named(json!({ "issuer": "https://web.example" }), &["localhost"]).await;
    there.answers(HANGS, Canned::Silence);
    there.answers(OUT, Canned::Json(200, json!({})));
    let authority = there.authority();
    let change = move |config: &mut Config| {
        config.outbound.ca = Some(authority.clone());
        config.outbound.allowed_hosts = vec!["localhost".to_owned()];
        config.outbound.seconds = 600;
    };
    (there, change)
}

fn url(there: &Provider, path: &str) -> String {
    format!("https://localhost:{}{path}", there.address.port())
}

/// Makes a client that wants to hear of logouts.
async fn make_listener(admin: &Caller, base: &str, id: &str, uri: &str) {
    let body = json!({
        "authorization_server_id": AID, "client_id": id, "client_name": id, "grant_types": ["authorization_code"],
        "redirect_uris": ["https://web.example/back"], "scopes": ["openid"], "security": { "backchannel_logout_uri": uri },
    });
    admin.post(&format!("{base}/clients"), &body).await.expect(201);
}

/// Ends a session in which these clients were told who is logged in.
async fn ends(domain: &Domain, tenant: &str, name: &str, clients: &[String]) {
    let now = domain.world.now_seconds();
    let since = |id: &String| (id.clone(), client::current(domain, tenant, id).unwrap().value.since);
    let session = Session {
        server_since: server::current(domain, tenant, AID).unwrap().value.since,
        identity: Identity { subject: "ann".to_owned(), ..Identity::default() },
        browser: String::new(),
        address: String::new(),
        since: now,
        ends: now + 3600,
        sid: String::new(),
        clients: clients.iter().map(since).collect(),
    };
    let key = [tenant.to_owned(), name.to_owned()];
    let written = domain.write(move |write| Ok(records::put(write, &[&key[0], AID, &key[1]], &session)?));
    written.await.unwrap();
    session::end_one(domain, tenant, AID, "ann", name).await.unwrap();
}

/// Waits until a path was asked for so often.
async fn asked(there: &Provider, path: &str, count: usize) {
    for _ in 0..400 {
        if there.asked(path).len() >= count {
            return;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("{path} was asked for {} times, not {count}", there.asked(path).len());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_tenant_whose_clients_hang_holds_up_no_other() {
    let (there, change) = there().await;
    let shop = Storefront::with(change, json!({})).await;
    let domain = &shop.server.app.domain;
    let hanging: Vec<String> = (0..40).map(|number| format!("hanging-{number}")).collect();
    for id in &hanging {
        make_listener(&shop.admin, ADMIN, id, &url(&there, HANGS)).await;
    }
    let other = shop.server.as_other_admin();
    other
        .post(&format!("{OTHER}/servers"), &json!({ "id": AID, "name": "Another shop", "key_type": "ecdsa" }))
        .await
        .expect(201);
    make_listener(&other, OTHER, "web-of-another", &url(&there, OUT)).await;

    // More than are told at the same time, of the tenant whose name comes first.
    ends(domain, "default", "first", &hanging).await;
    asked(&there, HANGS, OF_TENANT).await;
    for (name, count) in [("second", 1), ("third", 2)] {
        ends(domain, "demo", name, &["web-of-another".to_owned()]).await;
        asked(&there, OUT, count).await;
    }
    assert_eq!(there.asked(HANGS).len(), OF_TENANT, "no tenant takes all places");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_wrong_here_is_tried_again_later() {
    let (there, change) = there().await;
    let shop = Storefront::with(change, json!({})).await;
    let domain = &shop.server.app.domain;
    make_listener(&shop.admin, ADMIN, "listener", &url(&there, OUT)).await;
    let ring = (*portcullis::domain::key_ring::current(domain, "default", AID).unwrap()).clone();
    has_keys(domain, KeyRing { keys: Vec::new() }).await;
    ends(domain, "default", "first", &["listener".to_owned()]).await;
    let waits = || async {
        let notices = records::list_prefix::<Notice>(&domain.store.read().unwrap(), &["default"]).unwrap();
        notices.into_iter().map(|(key, _)| key[1].parse::<i64>().unwrap()).collect::<Vec<_>>()
    };
    let later = domain.world.now_seconds() + 10;
    for _ in 0..400 {
        if waits().await == [later] {
            break;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    assert_eq!(waits().await, [later], "it is not due at once for ever");
    assert!(there.asked(OUT).is_empty());
    has_keys(domain, ring).await;
    shop.server.world.advance_seconds(10);
    asked(&there, OUT, 1).await;
}

/// Gives the server these keys.
async fn has_keys(domain: &Domain, ring: KeyRing) {
    domain.write(move |write| Ok(records::put(write, &["default", AID], &ring)?)).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn clients_that_hang_keep_nobody_from_asking_elsewhere() {
    let (there, change) = there().await;
    let server = TestServer::with(change).await;
    let app = Arc::clone(&server.app);
    let mut hanging = tokio::task::JoinSet::new();
    for _ in 0..100 {
        let (told, looked) = ((Arc::clone(&app), url(&there, HANGS)), (Arc::clone(&app), url(&there, HANGS)));
        hanging.spawn(async move {
            let (app, url) = told;
            app.domain.outbound.tell(Question { url: &url, authorization: None, form: None }).await.map(|_| ())
        });
        hanging.spawn(async move {
            let (app, url) = looked;
            let exchange = Exchange { method: "GET", url: &url, headers: &[], body: &[], hosts: None, most: 1024 };
            app.domain.outbound.look(exchange).await.map(|_| ())
        });
    }
    // All places of both are taken, and not one more.
    asked(&there, HANGS, 64).await;
    let url = url(&there, OUT);
    let reply = app.domain.outbound.ask(Question { url: &url, authorization: None, form: None }).await.unwrap();
    assert_eq!((reply.status, there.asked(HANGS).len()), (200, 64));
    hanging.abort_all();
}
