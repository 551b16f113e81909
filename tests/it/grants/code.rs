//! Authorization codes: good once, for one client, within minutes, and together with what the authorization request said.

use serde_json::json;

use crate::support::{
    SECRET, TestServer,
    made::ask_token,
    tills::{CALLBACK, Shop, claims, redeem, refresh, refused},
};

// RFC 7636, appendix B.
const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";

#[tokio::test(flavor = "multi_thread")]
async fn a_code_gives_the_tokens_of_its_grant() {
    let shop = Shop::open(json!({ "access_token_ttl": "10m0s" })).await;
    let grant = shop.grant(&["openid", "buy"], None).await;
    let code = shop.code(&grant, None).await;
    let answer = shop.ask(&redeem(&code)).await.expect(200);
    assert_eq!(answer.header("cache-control"), Some("no-store"));
    let tokens = answer.json();
    assert_eq!(tokens["token_type"], "bearer");
    assert_eq!(tokens["expires_in"], 600);
    assert_eq!(tokens["scope"], "openid buy");
    let said = claims(&tokens["access_token"]);
    assert_eq!(said["sub"], "ada");
    assert_eq!(said["client_id"], "till");
    assert_eq!(said["scp"], json!(["openid", "buy"]));
    assert_eq!(said["gid"], json!(grant));
    assert_eq!(said["amr"], json!(["pwd"]));
    assert!(tokens["refresh_token"].as_str().unwrap().starts_with("pc_refresh_"));
    assert_eq!(claims(&tokens["id_token"])["sub"], "ada");
}

#[tokio::test(flavor = "multi_thread")]
async fn without_openid_or_the_grant_there_is_no_id_token_and_no_refresh_token() {
    let shop = Shop::open(json!({})).await;
    shop.change_till(json!({ "grant_types": ["authorization_code"] })).await;
    let tokens = shop.tokens(&["buy"]).await;
    assert!(tokens.get("id_token").is_none() && tokens.get("refresh_token").is_none(), "{tokens}");
    assert!(shop.is_good(&tokens["access_token"]).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_use_ends_everything_that_was_made_of_the_code() {
    let shop = Shop::open(json!({})).await;
    let code = shop.code(&shop.grant(&["openid"], None).await, None).await;
    let first = shop.ask(&redeem(&code)).await.expect(200).json();
    let second = shop.ask(&refresh(&first["refresh_token"])).await.expect(200).json();
    assert!(shop.is_good(&first["access_token"]).await && shop.is_good(&second["access_token"]).await);
    let reason = refused(shop.ask(&redeem(&code)).await, "invalid_grant");
    assert!(reason.contains("used before"), "{reason}");
    for token in [&first["access_token"], &second["access_token"], &second["refresh_token"]] {
        assert!(!shop.is_good(token).await);
    }
    refused(shop.ask(&refresh(&second["refresh_token"])).await, "invalid_grant");
    refused(shop.ask(&redeem(&code)).await, "invalid_grant");
}

#[tokio::test(flavor = "multi_thread")]
async fn of_many_at_once_one_gets_tokens_at_most() {
    let shop = Shop::open(json!({})).await;
    let code = shop.code(&shop.grant(&["buy"], None).await, None).await;
    let form = redeem(&code);
    let won = shop.ask_at_once(&form, 20).await;
    assert_eq!(won.len(), 1);
    assert!(!shop.is_good(&won[0]["access_token"]).await, "the others were a second use");
}

#[tokio::test(flavor = "multi_thread")]
async fn another_client_can_neither_use_a_code_nor_spoil_it() {
    let shop = Shop::open(json!({})).await;
    let code = shop.code(&shop.grant(&["openid"], None).await, None).await;
    let injected = refused(shop.ask_as_scale(&redeem(&code)).await, "invalid_grant");
    let unknown = refused(shop.ask(&redeem("pc_code_unknown")).await, "invalid_grant");
    assert_eq!(injected, unknown, "a stranger learns nothing");
    let tokens = shop.ask(&redeem(&code)).await.expect(200).json();
    refused(shop.ask_as_scale(&redeem(&code)).await, "invalid_grant");
    assert!(shop.is_good(&tokens["access_token"]).await, "a stranger's second use revokes nothing");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_code_is_worth_nothing_at_another_server_or_as_another_kind_of_token() {
    let shop = Shop::open(json!({})).await;
    let code = shop.code(&shop.grant(&["openid"], None).await, None).await;
    refused(ask_token(&shop.server, "admin", "admin", SECRET, &redeem(&code)).await, "unauthorized_client");
    refused(shop.ask(&refresh(&json!(code))).await, "invalid_grant");
    let tokens = shop.ask(&redeem(&code)).await.expect(200).json();
    refused(shop.ask(&redeem(tokens["refresh_token"].as_str().unwrap())).await, "invalid_grant");
    assert!(shop.is_good(&tokens["access_token"]).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn codes_end_exactly_when_they_do() {
    let shop = Shop::open(json!({})).await;
    let grant = shop.grant(&["openid"], None).await;
    let (in_time, too_late) = (shop.code(&grant, None).await, shop.code(&grant, None).await);
    shop.server.world.advance_seconds(599);
    shop.ask(&redeem(&in_time)).await.expect(200);
    shop.server.world.advance_seconds(1);
    refused(shop.ask(&redeem(&too_late)).await, "invalid_grant");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_redirect_uri_is_repeated_exactly() {
    let shop = Shop::open(json!({})).await;
    let code = shop.code(&shop.grant(&["openid"], None).await, None).await;
    let bare = format!("grant_type=authorization_code&code={code}");
    for other in ["", "/", "x", "%23", "?a=b", "%2F..%2Fcb"] {
        let uri = if other.is_empty() { String::new() } else { format!("&redirect_uri={CALLBACK}{other}") };
        let reason = refused(shop.ask(&format!("{bare}{uri}")).await, "invalid_grant");
        assert!(reason.contains("redirect_uri"), "{reason}");
    }
    shop.ask(&redeem(&code)).await.expect(200);
}

#[tokio::test(flavor = "multi_thread")]
async fn pkce_binds_a_code_to_who_asked_for_it() {
    let shop = Shop::open(json!({})).await;
    let grant = shop.grant(&["openid"], None).await;
    let code = shop.code(&grant, Some(CHALLENGE)).await;
    let with = |verifier: &str| format!("{}&code_verifier={verifier}", redeem(&code));
    let other = VERIFIER.replace('d', "e");
    for wrong in [&redeem(&code), &with(&other), &with(CHALLENGE), &with(&VERIFIER[..42]), &with(&"a".repeat(129))] {
        refused(shop.ask(wrong).await, "invalid_grant");
    }
    let tokens = shop.ask(&with(VERIFIER)).await.expect(200).json();
    refused(shop.ask(&redeem(&code)).await, "invalid_grant");
    assert!(shop.is_good(&tokens["access_token"]).await, "without the verifier nobody ends anything");
    refused(shop.ask(&with(VERIFIER)).await, "invalid_grant");
    assert!(!shop.is_good(&tokens["access_token"]).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_verifier_without_a_challenge_is_a_downgrade() {
    let shop = Shop::open(json!({})).await;
    let code = shop.code(&shop.grant(&["openid"], None).await, None).await;
    refused(shop.ask(&format!("{}&code_verifier={VERIFIER}", redeem(&code))).await, "invalid_grant");
    shop.ask(&redeem(&code)).await.expect(200);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_code_is_worth_nothing_when_its_grant_has_ended() {
    let shop = Shop::open(json!({})).await;
    let ended = shop.grant(&["openid"], None).await;
    let code = shop.code(&ended, None).await;
    shop.change_grant(&ended, |grant| grant.ends = grant.since).await;
    refused(shop.ask(&redeem(&code)).await, "invalid_grant");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_code_is_worth_nothing_to_a_later_client_or_server_of_the_same_name() {
    let shop = Shop::open(json!({})).await;
    let code = shop.code(&shop.grant(&["openid"], None).await, None).await;
    shop.make_till_again().await;
    refused(shop.ask(&redeem(&code)).await, "invalid_grant");
    let code = shop.code(&shop.grant(&["openid"], None).await, None).await;
    shop.make_server_again().await;
    refused(shop.ask(&redeem(&code)).await, "invalid_grant");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_scope_that_the_client_has_lost_is_not_issued() {
    let shop = Shop::open(json!({})).await;
    let code = shop.code(&shop.grant(&["openid", "buy", "sell"], None).await, None).await;
    shop.change_till(json!({ "scopes": ["openid", "sell"] })).await;
    let tokens = shop.ask(&redeem(&code)).await.expect(200).json();
    assert_eq!(tokens["scope"], "openid sell");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_answered_survives_a_restart() {
    let shop = Shop::open(json!({ "access_token_strategy": "opaque" })).await;
    let (used, unused) = {
        let grant = shop.grant(&["openid"], None).await;
        (shop.code(&grant, None).await, shop.code(&shop.grant(&["buy"], None).await, None).await)
    };
    let tokens = shop.ask(&redeem(&used)).await.expect(200).json();
    let Shop { server, till, scale, .. } = shop;
    let (folder, world) = server.stop().await;
    let server = TestServer::on(folder, world, |_| {}).await;
    let admin = server.as_admin();
    let shop = Shop { server, admin, till, scale };
    assert!(shop.is_good(&tokens["access_token"]).await);
    shop.ask(&redeem(&unused)).await.expect(200);
    let next = shop.ask(&refresh(&tokens["refresh_token"])).await.expect(200).json();
    assert!(shop.is_good(&next["access_token"]).await);
    refused(shop.ask(&redeem(&used)).await, "invalid_grant");
    assert!(!shop.is_good(&next["access_token"]).await, "the code was used before the restart");
}
