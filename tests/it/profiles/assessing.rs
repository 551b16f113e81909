//! The assessment over HTTP: honest about a server as it is made, and clean about one that keeps its profile.

use serde_json::{Value, json};

use super::Bank;
use crate::support::{
    made::{ADMIN, make_client, make_server},
    signer::Signer,
};

/// The statuses of the items, by name.
fn statuses(items: &Value) -> Vec<(String, String)> {
    let text = |item: &Value, member: &str| item[member].as_str().unwrap().to_owned();
    items.as_array().unwrap().iter().map(|item| (text(item, "id"), text(item, "status"))).collect()
}

fn has(items: &Value, id: &str, status: &str) -> bool {
    statuses(items).contains(&(id.to_owned(), status.to_owned()))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_as_it_is_made_is_told_honestly() {
    let bank = Bank::open().await;
    make_server(&bank.admin, "plain", json!({ "key_type": "rsa" })).await;
    make_client(&bank.admin, "plain", "till", &["openid"]).await;
    let found = bank.admin.get(&format!("{ADMIN}/servers/plain/assessment")).await.expect(200).json();
    assert_eq!((&found["server_id"], &found["profiles"]), (&json!("plain"), &json!([])));
    for id in ["no_tokens_in_front", "pkce", "bound_tokens", "pushed_requests", "code_only", "algorithms_of_fapi_2"] {
        assert!(has(&found["items"], id, "not_met"), "{id}: {found}");
    }
    for id in ["https_issuer", "exact_redirects", "pkce_s256", "codes_once", "no_password_grant"] {
        assert!(has(&found["items"], id, "met"), "{id}");
    }
    for item in found["items"].as_array().unwrap() {
        assert!(
            item["why"].as_str().unwrap().ends_with('.') && item["section"].as_str().unwrap().contains('§'),
            "{item}"
        );
        let not_met = item["status"] == "not_met";
        assert_eq!(item.get("change").is_some(), not_met, "{item}");
        assert_eq!(item.get("member").is_some(), not_met, "{item}");
    }
    let till = &found["clients"][0];
    assert_eq!((&till["client_id"], found.get("next")), (&json!("till"), None));
    assert!(
        has(&till["items"], "asymmetric_clients", "not_met") && has(&till["items"], "pkce", "not_applicable"),
        "{till}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_profile_demands_is_met_where_it_is_on() {
    let bank = Bank::held_to("fapi_2_message_signing").await;
    bank.makes("app", &Signer::new("ES256", "one"), json!({})).await.expect(201);
    let path = format!("{ADMIN}/servers/bank/assessment");
    let query = "standard=fapi_2_security&standard=fapi_2_message_signing";
    let found = bank.admin.get(&format!("{path}?{query}")).await.expect(200).json();
    assert_eq!(found["profiles"], json!(["fapi_2_message_signing"]));
    for items in [&found["items"], &found["clients"][0]["items"]] {
        for (id, status) in statuses(items) {
            assert_eq!(status, "met", "{id}");
        }
        assert!(items.as_array().unwrap().iter().all(|item| item["standard"].as_str().unwrap().starts_with("fapi_2")));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn clients_come_a_page_at_a_time() {
    let bank = Bank::open().await;
    make_server(&bank.admin, "many", json!({})).await;
    for number in 0..101 {
        make_client(&bank.admin, "many", &format!("client-{number:03}"), &[]).await;
    }
    let path = format!("{ADMIN}/servers/many/assessment?standard=rfc_9700");
    let first = bank.admin.get(&path).await.expect(200).json();
    assert_eq!((first["clients"].as_array().unwrap().len(), &first["next"]), (100, &json!("client-099")));
    let last = bank.admin.get(&format!("{path}&after=client-099")).await.expect(200).json();
    assert_eq!(last["clients"].as_array().unwrap().len(), 1);
    assert_eq!((&last["clients"][0]["client_id"], last.get("next")), (&json!("client-100"), None));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_not_known_is_refused() {
    let bank = Bank::open().await;
    make_server(&bank.admin, "plain", json!({})).await;
    let path = format!("{ADMIN}/servers/plain/assessment");
    for query in ["standard=fapi_3", "standard=rfc_9700&standard=", "after=a%2Fb", "page=2"] {
        let status = if query.ends_with('=') { 200 } else { 400 };
        bank.admin.get(&format!("{path}?{query}")).await.expect(status);
    }
    bank.admin.get(&format!("{ADMIN}/servers/nothing/assessment")).await.expect(404);
}
