//! What has ended is taken out of the store, and nothing before its time.

use portcullis::{
    domain::{authorize::Code, expiry, grant::Grant, login::Login, session::Session, token::RefreshToken},
    store::{Index, Record, index, records},
};
use serde_json::json;

use crate::support::storefront::{AID, Storefront};

fn count<T: Record>(shop: &Storefront) -> usize {
    records::list_prefix::<T>(&shop.server.app.domain.store.read().unwrap(), &["default"]).unwrap().len()
}

/// Grants, codes, refresh tokens, sessions, logins.
fn kept(shop: &Storefront) -> [usize; 5] {
    [
        count::<Grant>(shop),
        count::<Code>(shop),
        count::<RefreshToken>(shop),
        count::<Session>(shop),
        count::<Login>(shop),
    ]
}

async fn purge(shop: &Storefront) -> usize {
    expiry::purge(&shop.server.app.domain).await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_has_ended_is_taken_out_and_nothing_else() {
    let shop = Storefront::open().await;
    shop.change(json!({ "authorization_code_ttl": "1m", "cookie_max_age": "2h", "refresh_token_ttl": "48h" })).await;
    let mut browser = shop.browser_of("ann").await;
    let page = browser.open(&shop.request("")).await;
    shop.redeem(&page).await;
    shop.browser().open(&shop.request("")).await; // nobody goes on with this one
    let [grants, codes, refresh, sessions, logins] = kept(&shop);
    assert_eq!((refresh, sessions), (1, 1));
    assert!(grants >= 1 && codes >= 1 && logins >= 1, "{grants} {codes} {logins}");
    assert_eq!(purge(&shop).await, 0, "nothing has ended");

    shop.server.world.advance_seconds(59);
    purge(&shop).await;
    assert_eq!(count::<Code>(&shop), codes);
    shop.server.world.advance_seconds(1);
    purge(&shop).await;
    assert_eq!(kept(&shop), [grants, 0, refresh, sessions, logins], "codes end after a minute");

    shop.server.world.advance_seconds(2 * 3600);
    purge(&shop).await;
    assert_eq!((count::<Session>(&shop), count::<Grant>(&shop)), (0, grants), "a session after two hours");

    shop.server.world.advance_seconds(48 * 3600);
    purge(&shop).await;
    assert_eq!(kept(&shop), [0; 5], "and everything in the end");
    let read = shop.server.app.domain.store.read().unwrap();
    for list in [Index::SubjectGrants, Index::SubjectSessions] {
        assert!(index::ids(&read, list, &["default", AID, "ann"]).unwrap().is_empty(), "{list:?}");
    }
    assert_eq!(purge(&shop).await, 0, "nothing is left to look at");
}
