//! A server with several keys: all are published, all are good, the first one signs.

use portcullis::{
    crypto::KeyType,
    domain::{Failure, key_ring},
    store::records,
};
use serde_json::Value;

use crate::support::{Caller, TestServer};

/// Puts a new key of `kind` in front of the ring of default/system.
async fn put_in_front(server: &TestServer, kind: KeyType) {
    let domain = &server.app.domain;
    let mut ring = key_ring::generate(domain, "default", "system", kind.into()).await.unwrap();
    let old = key_ring::current(domain, "default", "system").unwrap();
    ring.keys.extend(old.keys.iter().cloned());
    let write = domain.write(move |write| records::put(write, &["default", "system"], &ring).map_err(Failure::from));
    write.await.unwrap();
}

fn kid(token: &str) -> String {
    let header = data_encoding::BASE64URL_NOPAD.decode(token.split('.').next().unwrap().as_bytes()).unwrap();
    serde_json::from_slice::<Value>(&header).unwrap()["kid"].as_str().unwrap().to_owned()
}

async fn published(server: &TestServer) -> Vec<String> {
    let keys = server.anonymous().get("/default/system/.well-known/jwks.json").await.expect(200).json();
    let signing = keys["keys"].as_array().unwrap().iter().filter(|key| key["use"] == "sig");
    signing.map(|key| key["kid"].as_str().unwrap().to_owned()).collect()
}

async fn may_decide(caller: &Caller) -> u16 {
    let body = serde_json::json!({
        "subject": { "type": "user", "id": "alice" }, "action": { "name": "read" },
        "resource": { "type": "policy", "id": "allow" },
    });
    caller.post("/default/default/access/v1/evaluation", &body).await.status.as_u16()
}

#[tokio::test(flavor = "multi_thread")]
async fn tokens_of_every_key_are_good_until_their_key_goes() {
    let server = TestServer::start().await;
    let by_first = server.as_system();
    assert_eq!(may_decide(&by_first).await, 200);
    let first = kid(&by_first.token().await.unwrap());

    put_in_front(&server, KeyType::Eddsa).await;
    let by_second = server.as_system();
    let second = kid(&by_second.token().await.unwrap());
    assert_ne!(first, second, "the key in front signs");
    assert_eq!(published(&server).await, [second.clone(), first.clone()]);
    assert_eq!(may_decide(&by_first).await, 200, "a token of the older key");
    assert_eq!(may_decide(&by_second).await, 200, "a token of the newer key");

    let ring = key_ring::current(&server.app.domain, "default", "system").unwrap();
    let mut only_second = (*ring).clone();
    only_second.keys.retain(|key| key.kid == second);
    let write = server
        .app
        .domain
        .write(move |write| records::put(write, &["default", "system"], &only_second).map_err(Failure::from));
    write.await.unwrap();
    assert_eq!(may_decide(&by_first).await, 401, "its key is gone");
    assert_eq!(may_decide(&by_second).await, 200);
}
