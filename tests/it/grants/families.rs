//! The refresh tokens of one grant: each follows on the one before, one record is kept of them all, and each is known for what it
//! is however long ago it was used.

use portcullis::{
    domain::{
        grant::Grant,
        handle::{self, Purpose},
        token::{RefreshToken, older::Older, refresh},
    },
    store::{Write, records},
};
use serde_json::{Value, json};

use crate::support::{
    TestServer,
    tills::{Shop, refresh, refused},
};

/// The records of refresh tokens, with the keys of their grants.
fn kept(server: &TestServer) -> Vec<(Vec<String>, RefreshToken)> {
    records::list_prefix::<RefreshToken>(&server.app.domain.store.read().unwrap(), &["default"]).unwrap()
}

async fn next(shop: &Shop, tokens: &Value) -> Value {
    shop.ask(&refresh(&tokens["refresh_token"])).await.expect(200).json()
}

#[tokio::test(flavor = "multi_thread")]
async fn using_them_leaves_one_record_and_the_first_is_a_theft_still() {
    let shop = Shop::open(json!({})).await;
    let first = shop.tokens(&["openid"]).await;
    let mut latest = first.clone();
    for number in 1..=5 {
        latest = next(&shop, &latest).await;
        let kept = kept(&shop.server);
        assert_eq!((kept.len(), kept[0].1.number), (1, number));
        shop.server.world.advance_seconds(3600);
    }
    let reason = refused(shop.ask(&refresh(&first["refresh_token"])).await, "invalid_grant");
    assert!(reason.contains("used before"), "{reason}");
    assert!(kept(&shop.server).is_empty());
    refused(shop.ask(&refresh(&latest["refresh_token"])).await, "invalid_grant");
}

#[tokio::test(flavor = "multi_thread")]
async fn one_that_was_not_made_here_neither_works_nor_spoils_anything() {
    let shop = Shop::open(json!({})).await;
    let first = shop.tokens(&["openid"]).await;
    let good = next(&shop, &first).await;
    let text = good["refresh_token"].as_str().unwrap();
    let parts: Vec<&str> = text.strip_prefix("pc_refresh_").unwrap().split('.').collect();
    let [grant, number, random, mark] = parts.try_into().unwrap();
    let other = "A".repeat(random.len());
    let nothing = "A".repeat(mark.len());
    for forged in [
        // An earlier one, as whoever reads the number would guess it.
        format!("{grant}.0.{random}.{mark}"),
        format!("{grant}.{number}.{other}.{mark}"),
        format!("{grant}.0.{other}.{nothing}"),
        format!("{grant}.{number}.{random}."),
        format!("{grant}.{number}.{random}"),
        format!("{grant}.+{number}.{random}.{mark}"),
        format!("{grant}..{random}.{mark}"),
        format!("{}.{number}.{random}.{mark}", "0".repeat(grant.len())),
        format!("{grant}.{number}.{random}.{mark}."),
        format!("{grant}.{number}.{random}.{mark}.{mark}"),
        "....".to_owned(),
    ] {
        let reason = refused(shop.ask(&refresh(&json!(format!("pc_refresh_{forged}")))).await, "invalid_grant");
        assert!(reason.contains("unknown"), "{forged}: {reason}");
    }
    // One of another server's has another mark.
    let (foreign, _) = refresh::make(shop.domain(), "default", "admin", (grant, 0), None);
    refused(shop.ask(&refresh(&json!(foreign.expose()))).await, "invalid_grant");
    next(&shop, &good).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn one_that_was_made_after_the_backup_is_unknown_and_no_theft() {
    let shop = Shop::open(json!({})).await;
    let tokens = shop.tokens(&["openid"]).await;
    let (key, _) = kept(&shop.server).pop().unwrap();
    for number in [0, 1, 7, u64::MAX] {
        // A store that was restored has the older state; the client has what was made from it before.
        let (later, _) = refresh::make(shop.domain(), "default", "shop", (key.last().unwrap(), number), None);
        let reason = refused(shop.ask(&refresh(&json!(later.expose()))).await, "invalid_grant");
        assert!(reason.contains("unknown"), "{number}: {reason}");
    }
    next(&shop, &tokens).await;
}

/// Makes of the good token of a grant what it would be in an older store: a record of its own, found by its hash, which is all that
/// its text leads to. Answers the text, and that of one before it that was used.
async fn grow_old(shop: &Shop) -> [Value; 2] {
    let domain = shop.domain();
    let made = || handle::make(domain, Purpose::Refresh, "default", "shop");
    let ((text, name), (used_text, used_name)) = (made(), made());
    let work = move |write: &mut Write<'_>| {
        let (key, token) = records::list_prefix::<RefreshToken>(&*write, &["default", "shop"])?.pop().unwrap();
        let key: Vec<&str> = key.iter().map(String::as_str).collect();
        let grant = (*key.last().unwrap()).to_owned();
        let lasts = records::get::<Grant>(&*write, &["default", &grant])?.unwrap().ends;
        assert!(lasts > token.ends, "it is to end before its grant");
        records::delete::<RefreshToken>(write, &key)?;
        let older = Older { grant, since: token.since, ends: token.ends, used: false, confirmation: None };
        records::put(write, &["default", "shop", &name], &older)?;
        records::put(write, &["default", "shop", &used_name], &Older { used: true, ..older })?;
        Ok(())
    };
    domain.write(work).await.unwrap();
    [json!(text.expose()), json!(used_text.expose())]
}

/// A shop whose tokens end an hour after their last use.
async fn old_shop() -> (Shop, [Value; 2]) {
    let shop = Shop::open(json!({ "refresh_token_idle_ttl": "1h0m0s" })).await;
    shop.tokens(&["openid"]).await;
    let texts = grow_old(&shop).await;
    (shop.again().await, texts)
}

#[tokio::test(flavor = "multi_thread")]
async fn those_of_older_stores_go_on_after_the_upgrade() {
    let (shop, [text, used]) = old_shop().await;
    let moved = kept(&shop.server);
    assert_eq!((moved.len(), moved[0].1.number), (1, 0));
    let listed = shop.admin.get("/setups/shop/tokens").await.expect(200).json();
    assert_eq!(listed.as_array().unwrap().len(), 1, "{listed}");
    // Starting again changes nothing.
    let shop = shop.again().await;
    assert_eq!(kept(&shop.server), moved);
    let second = shop.ask(&refresh(&text)).await.expect(200).json();
    let third = next(&shop, &second).await;
    let reason = refused(shop.ask(&refresh(&text)).await, "invalid_grant");
    assert!(reason.contains("used before"), "{reason}");
    refused(shop.ask(&refresh(&third["refresh_token"])).await, "invalid_grant");
    refused(shop.ask(&refresh(&used)).await, "invalid_grant");
}

#[tokio::test(flavor = "multi_thread")]
async fn those_that_were_used_before_the_upgrade_are_a_theft_after_it() {
    let (shop, [text, used]) = old_shop().await;
    let reason = refused(shop.ask(&refresh(&used)).await, "invalid_grant");
    assert!(reason.contains("used before"), "{reason}");
    refused(shop.ask(&refresh(&text)).await, "invalid_grant");
    assert!(kept(&shop.server).is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn those_of_older_stores_end_when_they_would_have() {
    let (shop, [text, _]) = old_shop().await;
    shop.server.world.advance_seconds(3600);
    let reason = refused(shop.ask(&refresh(&text)).await, "invalid_grant");
    assert!(reason.contains("has ended"), "{reason}");
}
