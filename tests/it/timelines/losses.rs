//! What somebody takes away from a client, no state that was scheduled before brings back, and no request that comes late.

use portcullis::domain::{
    Caller,
    setup::client::{self, CURRENT_CLIENT, SetupClient},
};
use serde_json::json;

use super::{TENANT, ann, by, domain, machine, make_machine, make_setup, not_found, second};
use crate::support::{
    TestServer,
    made::{ADMIN, bearer_of, make_client},
};

/// Ada, a developer.
fn ada() -> Caller {
    let [tenant, server, subject] = [TENANT, "developer", "ada"].map(str::to_owned);
    Caller::Person { tenant, server, subject }
}

/// The till, looked after by somebody.
fn till(owner: &str, scopes: &[&str]) -> SetupClient {
    SetupClient { owner: owner.to_owned(), ..machine("till", scopes) }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_former_owner_does_not_come_back_with_what_they_have_scheduled() {
    let server = TestServer::start().await;
    let (ann, ada, domain) = (ann(), ada(), domain(&server));
    let id = make_setup(&server, "Shop", 600).await;
    let (entity, _) = make_machine(&server, &id, "till", &["openid", "profile"]).await;
    let put = async |caller: &Caller, client: SetupClient, at: Option<i64>| {
        client::replace(domain, &by(caller), TENANT, &id, &entity, client, None, at).await.map(drop)
    };
    put(&ann, till("ada", &["openid", "profile"]), None).await.unwrap();
    put(&ada, till("ada", &["openid", "profile"]), second(100)).await.unwrap();
    put(&ann, till("", &["openid"]), second(200)).await.unwrap();
    put(&ann, till("eve", &["openid"]), None).await.unwrap();
    put(&ada, till("ada", &[]), None).await.unwrap_err();
    for seconds in [100, 100] {
        server.world.advance_seconds(seconds);
        let shown = client::show(domain, TENANT, &id, &entity).unwrap().value;
        assert_eq!((shown.owner.as_str(), shown.scopes), ("eve", vec!["openid".to_owned()]));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn scopes_that_another_tongue_takes_away_do_not_come_back() {
    let server = TestServer::start().await;
    let (ann, domain, admin) = (ann(), domain(&server), server.as_admin());
    let id = make_setup(&server, "Shop", 600).await;
    let (entity, _) = make_machine(&server, &id, "till", &["openid", "profile"]).await;
    let later = till("", &["email", "openid", "profile"]);
    client::replace(domain, &by(&ann), TENANT, &id, &entity, later, None, second(100)).await.unwrap();
    let path = format!("{ADMIN}/clients/till");
    let mut shown = admin.get(&path).await.expect(200).json();
    shown.as_object_mut().unwrap().remove("scope");
    shown["scopes"] = json!(["openid"]);
    admin.put(&path, &shown).await.expect(200);
    server.world.advance_seconds(100);
    let scopes = client::show(domain, TENANT, &id, &entity).unwrap().value.scopes;
    assert_eq!(scopes, ["email", "openid"], "what comes with it comes, what is taken away is gone");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_change_that_meets_a_deletion_brings_nothing_back() {
    let server = TestServer::start().await;
    let (ann, ada, domain) = (ann(), ada(), domain(&server));
    let id = make_setup(&server, "Shop", 600).await;
    let (entity, _) = make_machine(&server, &id, "till", &[]).await;
    for _ in 0..10 {
        client::replace(domain, &by(&ann), TENANT, &id, &entity, till("ada", &[]), None, None).await.unwrap();
        let (ann, ada) = (by(&ann), by(&ada));
        let (gone, _) = tokio::join!(
            client::delete(domain, &ann, TENANT, &id, &entity),
            client::replace(domain, &ada, TENANT, &id, &entity, till("ada", &[]), None, None),
        );
        gone.unwrap();
        not_found(client::show(domain, TENANT, &id, &entity), CURRENT_CLIENT);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_has_one_owner_in_every_tongue_and_none_by_chance() {
    const OWN: &str = "/api/developer/default/clients";
    let server = TestServer::start().await;
    let (ann, domain, admin) = (ann(), domain(&server), server.as_admin());
    let [alice, eve] = ["alice", "eve"].map(|name| make_client(&admin, "developer", name, &[]));
    let (alice, eve) = (bearer_of(&server, &alice.await), bearer_of(&server, &eve.await));
    let made = alice.post(OWN, &json!({ "authorization_server_id": "default", "client_name": "Hers", "grant_types": ["client_credentials"] })).await.expect(201).json();
    let client_id = made["client_id"].as_str().unwrap();
    let (path, entity) = (format!("{OWN}/{client_id}"), client::entity_id(TENANT, client_id));
    let named = |owner: &str| SetupClient { owner: owner.to_owned(), ..machine(client_id, &[]) };
    let put = async |owner: &str| {
        let caller = by(&ann);
        let put = client::replace(domain, &caller, TENANT, "default", &entity, named(owner), None, None);
        put.await.unwrap().value.owner
    };
    assert_eq!(put("").await, "alice", "not the administrator who changes it");
    assert_eq!(put("eve").await, "eve");
    alice.get(&path).await.expect(404);
    eve.get(&path).await.expect(200);

    admin.delete(&format!("{ADMIN}/clients/eve")).await.expect(204);
    let eve = bearer_of(&server, &make_client(&admin, "developer", "eve", &[]).await);
    eve.get(&path).await.expect(404);
    eve.get(&format!("/setups/default/clients/{entity}")).await.expect(403);
    assert_eq!(client::show(domain, TENANT, "default", &entity).unwrap().value.owner, "");
}
