//! Bounds: how often a person is asked, how many a client may name, and who is told of an answer.

use portcullis::domain::elsewhere::backchannel::BackchannelRequest;
use portcullis::store::{Index, index, records};
use serde_json::{Value, json};

use super::{Branch, CIBA, TOKEN};
use crate::support::{
    made::{ADMIN, ask_token},
    provider::{Canned, Provider},
    shop::claims,
    storefront::{AID, Storefront},
};

const ANN: &str = "scope=openid&login_hint=ann";

#[tokio::test(flavor = "multi_thread")]
async fn a_person_is_not_asked_without_end() {
    let branch = Branch::open().await;
    for _ in 0..2 {
        branch.begins(ANN).await.expect(200);
    }
    branch.begins(ANN).await.expect(429);
    branch.begins("scope=openid&login_hint=bob").await.expect(200);
    // No client takes the room of the others, and all together have so much.
    let (second, third) = (branch.has("second", json!({})).await, branch.has("third", json!({})).await);
    for _ in 0..2 {
        branch.begins_as(("second", &second), ANN).await.expect(200);
    }
    branch.begins_as(("second", &second), ANN).await.expect(429);
    branch.begins_as(("third", &third), ANN).await.expect(200);
    branch.begins_as(("third", &third), ANN).await.expect(429);
    // Who has answered has room again.
    let mut ann = branch.shop.browser_of("ann").await;
    let page = branch.looks(&mut ann).await.expect(200);
    ann.send(&page, "/refuse", &[]).await.expect(200);
    branch.begins_as(("third", &third), ANN).await.expect(200);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_has_ended_is_met_once() {
    let branch = Branch::open().await;
    let waiting = || {
        let read = branch.shop.server.app.domain.store.read().unwrap();
        let names = index::ids(&read, Index::SubjectRequests, &["default", AID, "ann"]).unwrap();
        let all = records::list_prefix::<BackchannelRequest>(&read, &["default", AID]).unwrap();
        (names.len(), all.len())
    };
    // Nobody is asked for a second.
    let asked = branch.begins(&format!("{ANN}&requested_expiry=1")).await.expect(200).json();
    assert_eq!(asked["expires_in"], json!(30));
    branch.begins(&format!("{ANN}&requested_expiry=1")).await.expect(200);
    assert_eq!(waiting(), (2, 2));
    branch.shop.server.world.advance_seconds(30);
    branch.begins(ANN).await.expect(200);
    assert_eq!(waiting(), (1, 3), "they are known, and nobody meets them any more");
    assert_eq!(branch.polled(asked["auth_req_id"].as_str().unwrap()).await, "expired_token");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_does_not_find_out_who_there_is() {
    let branch = Branch::open().await;
    let other = branch.has("other", json!({})).await;
    for guess in 0..200 {
        assert_eq!(branch.word(&format!("scope=openid&login_hint=guess{guess}")).await, "unknown_user_id");
    }
    for name in ["guess", "ann"] {
        branch.begins(&format!("scope=openid&login_hint={name}")).await.expect(429);
    }
    branch.begins_as(("other", &other), ANN).await.expect(200);
    branch.shop.server.world.advance_seconds(3600);
    branch.begins(ANN).await.expect(200);
}

/// The ID token of a client that knows people by names of its own says who is meant, as long as its grant is there.
#[tokio::test(flavor = "multi_thread")]
async fn a_name_for_a_sector_is_a_hint_as_well() {
    let pairwise =
        json!({ "security": { "subject_type": "pairwise" }, "redirect_uris": ["https://bank.example/back"] });
    let branch = Branch::at(Storefront::open().await, pairwise).await;
    let mut ann = branch.shop.browser_of("ann").await;
    let id = branch.asks_ann().await;
    branch.allows(&mut ann).await.expect(200);
    let answer = branch.polls(&id).await.expect(200);
    let named = claims(&answer, "id_token")["sub"].as_str().unwrap().to_owned();
    assert_ne!(named, "ann");
    let token = answer.json()["id_token"].as_str().unwrap().to_owned();
    let asked = branch.begins(&format!("scope=openid&id_token_hint={token}")).await.expect(200).json();
    branch.allows(&mut ann).await.expect(200);
    let again = branch.polls(asked["auth_req_id"].as_str().unwrap()).await.expect(200);
    assert_eq!(claims(&again, "id_token")["sub"].as_str(), Some(named.as_str()));
    assert_eq!(branch.word(&format!("scope=openid&login_hint={named}")).await, "unknown_user_id");
    // Another client's ID token names nobody.
    let other = branch.has("other", json!({})).await;
    let stolen = branch.begins_as(("other", &other), &format!("scope=openid&id_token_hint={token}")).await;
    assert_eq!(stolen.expect(400).json()["error"], "invalid_request");
}

/// A bank that is told by ping, there.
async fn pinged(there: &Provider) -> Branch {
    let (authority, url) = (there.authority(), format!("https://localhost:{}/ping", there.address.port()));
    let change = |config: &mut portcullis::config::Config| {
        config.outbound.ca = Some(authority);
        config.outbound.allowed_hosts = vec!["localhost".to_owned()];
    };
    Branch::at(Storefront::with(change, json!({})).await, told_at(&url)).await
}

fn told_at(url: &str) -> Value {
    json!({ "security": {
        "backchannel_token_delivery_mode": "ping", "backchannel_client_notification_endpoint": url,
    } })
}

async fn client_server() -> Provider {
    Provider::named(json!({ "issuer": "https://bank.example" }), &["localhost"]).await
}

/// What a client answers to a ping changes nothing, and nobody pings twice or goes where it points to.
#[tokio::test(flavor = "multi_thread")]
async fn a_ping_is_sent_once_whatever_comes_back() {
    let there = client_server().await;
    let branch = pinged(&there).await;
    let mut ann = branch.shop.browser_of("ann").await;
    let to = format!("https://localhost:{}/elsewhere", there.address.port());
    let answers = [
        Canned::Json(200, json!({ "a": 1 })),
        Canned::Json(401, json!({})),
        Canned::Json(403, json!({})),
        Canned::Moved(to),
    ];
    for (count, canned) in answers.into_iter().enumerate() {
        there.answers("/ping", canned);
        let asked = branch.begins(&format!("{ANN}&client_notification_token={TOKEN}")).await.expect(200).json();
        branch.allows(&mut ann).await.expect(200);
        while there.asked("/ping").len() == count {
            tokio::time::sleep(std::time::Duration::from_millis(5)).await;
        }
        branch.polls(asked["auth_req_id"].as_str().unwrap()).await.expect(200);
        assert_eq!((there.asked("/ping").len(), there.asked("/elsewhere").len()), (count + 1, 0));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_made_anew_is_not_told_what_the_old_one_asked() {
    let there = client_server().await;
    there.answers("/ping", Canned::Json(200, json!({})));
    let branch = pinged(&there).await;
    let mut ann = branch.shop.browser_of("ann").await;
    let asked = branch.begins(&format!("{ANN}&client_notification_token={TOKEN}")).await.expect(200).json();
    let page = branch.looks(&mut ann).await.expect(200);
    branch.shop.admin.delete(&format!("{ADMIN}/clients/bank")).await.expect(204);
    let secret = branch.has("bank", told_at(&format!("https://localhost:{}/ping", there.address.port()))).await;
    assert_eq!(ann.send(&page, "/confirm", &[]).await.answer.status, 404);
    let poll = format!("grant_type={CIBA}&auth_req_id={}", asked["auth_req_id"].as_str().unwrap());
    let refused = ask_token(&branch.shop.server, AID, "bank", &secret, &poll).await.expect(400);
    assert_eq!(refused.json()["error"], "invalid_grant");
    assert_eq!(there.asked("/ping").len(), 0);
}
