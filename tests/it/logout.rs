//! Logging out: who may log somebody out, and where the browser goes afterwards.

use crate::support::{
    Browser,
    storefront::{AID, BYE, Storefront, is_calm},
};

covers!("logout", "logoutByPost");

const LOGOUT: &str = "/default/shop/oauth2/logout";
const BYE_ENCODED: &str = "https%3A%2F%2Fweb.example%2Fbye";

/// An ID token about whoever is logged in.
async fn id_token(shop: &Storefront, browser: &mut Browser) -> String {
    let page = browser.open(&shop.request("")).await;
    shop.redeem(&page).await["id_token"].as_str().unwrap().to_owned()
}

/// Whether the browser's session is still good.
async fn is_logged_in(shop: &Storefront, browser: &Browser) -> bool {
    browser.clone().open(&shop.request("")).await.parameter("code").is_some()
}

#[tokio::test(flavor = "multi_thread")]
async fn an_id_token_logs_its_person_out_and_leads_back() {
    let shop = Storefront::open().await;
    let mut browser = shop.browser_of("ann").await;
    let hint = id_token(&shop, &mut browser).await;
    let kept = browser.clone();
    let url = format!("{LOGOUT}?id_token_hint={hint}&post_logout_redirect_uri={BYE_ENCODED}&state=a%26b");
    let gone = browser.open(&url).await;
    assert_eq!(gone.url, format!("{BYE}?state=a%26b"));
    assert_eq!(browser.session(), None, "the cookie is gone");
    assert!(!is_logged_in(&shop, &kept).await, "and worth nothing, whoever kept it");
    // Once more: nobody is logged in, and the way back is the same.
    assert_eq!(browser.open(&url).await.url, format!("{BYE}?state=a%26b"));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_expired_id_token_will_do() {
    let shop = Storefront::open().await;
    let hint = id_token(&shop, &mut shop.browser_of("ann").await).await;
    shop.server.world.advance_seconds(2 * 3600);
    let mut browser = shop.browser_of("ann").await;
    let page = browser.open(&format!("{LOGOUT}?id_token_hint={hint}")).await.expect(200);
    is_calm(&page);
    assert!(page.text().contains("You are logged out"), "{}", page.text());
    assert_eq!(browser.session(), None);
}

#[tokio::test(flavor = "multi_thread")]
async fn without_one_the_person_is_asked() {
    let shop = Storefront::open().await;
    let mut browser = shop.browser_of("ann").await;
    let of_bob = id_token(&shop, &mut shop.browser_of("bob").await).await;
    let access = {
        let page = browser.open(&shop.request("")).await;
        shop.redeem(&page).await["access_token"].as_str().unwrap().to_owned()
    };
    for hint in ["", &of_bob, &access, "no.to.ken"] {
        let page = browser.open(&format!("{LOGOUT}?id_token_hint={hint}")).await.expect(200);
        is_calm(&page);
        assert!(page.text().contains("You are logged in as ANN."), "{hint}: {}", page.text());
        assert!(is_logged_in(&shop, &browser).await, "{hint}");
    }
    let url = format!("{LOGOUT}?client_id=web&post_logout_redirect_uri={BYE_ENCODED}&state=s");
    let page = browser.open(&url).await.expect(200);
    let form = page.form("/oauth2/logout");
    let foreign = shop.browser_of("bob").await.open(LOGOUT).await.form("/oauth2/logout");
    browser.post(&form.clone().without("csrf")).await.expect(403);
    browser.post(&form.clone().with(&[("csrf", foreign.value("csrf").unwrap())])).await.expect(403);
    browser.clone().with_header("sec-fetch-site", "cross-site").post(&form).await.expect(403);
    assert!(is_logged_in(&shop, &browser).await, "nobody else can say yes");
    assert_eq!(browser.post(&form).await.url, format!("{BYE}?state=s"));
    assert_eq!(browser.session(), None);
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_is_sent_to_an_address_that_is_not_the_clients() {
    let shop = Storefront::open().await;
    let mut browser = shop.browser_of("ann").await;
    let hint = id_token(&shop, &mut browser).await;
    let foreign = [
        "https%3A%2F%2Fevil.example%2F",
        "https%3A%2F%2Fweb.example%2Fbye%2F",
        "https%3A%2F%2Fweb.example%2Fbye%3Fx%3D1",
        "https%3A%2F%2Fweb.example%40evil.example%2Fbye",
        "%2F%2Fevil.example",
        "javascript%3Aalert(1)",
        "https%3A%2F%2Fweb.example%2Fback",
    ];
    for address in foreign {
        let page = browser.open(&format!("{LOGOUT}?id_token_hint={hint}&post_logout_redirect_uri={address}")).await;
        is_calm(&page.expect(400));
    }
    let nobodys = format!("{LOGOUT}?post_logout_redirect_uri={BYE_ENCODED}");
    browser.open(&nobodys).await.expect(400);
    browser.open(&format!("{nobodys}&client_id=admin")).await.expect(400);
    browser.open(&format!("{nobodys}&client_id=other&id_token_hint={hint}")).await.expect(400);
    assert!(is_logged_in(&shop, &browser).await, "a wrong request changes nothing");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_form_of_the_client_is_turned_into_a_link() {
    let shop = Storefront::open().await;
    let mut browser = shop.browser_of("ann").await;
    let hint = id_token(&shop, &mut browser).await;
    // A form of another site's page comes without our cookies.
    let mut blank = shop.browser().with_header("sec-fetch-site", "cross-site");
    let fields = vec![("id_token_hint".to_owned(), hint.clone()), ("state".to_owned(), "s".to_owned())];
    let answer = blank.ask(http::Method::POST, LOGOUT, fields).await.expect(303);
    let place = answer.header("location").unwrap().to_owned();
    assert!(place.contains(&format!("/default/{AID}/oauth2/logout?id_token_hint={hint}")), "{place}");
    browser.open(&place).await.expect(200);
    assert_eq!(browser.session(), None);
}
