//! What a person is asked before a client gets scopes, and what comes of the answer.

use portcullis::domain::{
    Failure,
    authorize::{self, Browser, Next, Said},
};
use serde_json::json;

use super::shop::{AID, Shop};

impl Shop {
    /// The scopes that a login shows on the consent page, with their display names.
    async fn shown(&self, id: &str, browser: &Browser) -> Vec<String> {
        match self.next(id, browser).await {
            Ok(Next::Consent { scopes, .. }) => scopes.into_iter().map(|(name, _)| name).collect(),
            other => panic!("{other:?}"),
        }
    }

    /// Says yes to scopes.
    async fn say(&self, id: &str, browser: &Browser, scopes: &[&str]) -> Result<(), Failure> {
        let scopes: Vec<String> = scopes.iter().map(|scope| (*scope).to_owned()).collect();
        let texts = self.texts(id, browser).await;
        let said = Said { scopes: &scopes, consents: &[], texts: &texts, language: "en" };
        authorize::consent(&self.server.app.domain, "default", AID, id, &self.holding(id, browser), said).await
    }

    /// The scopes of the access token that a login ends in.
    async fn granted(&self, id: &str, browser: &Browser) -> String {
        let told = self.finish(id, browser).await.unwrap();
        told.get("scope").unwrap_or_else(|| panic!("{told:?}")).to_owned()
    }
}

/// A request of the client that is not trusted, for tokens.
const SHY: [(&str, &str); 3] =
    [("client_id", "shy"), ("response_type", "code token"), ("scope", "openid profile email")];

#[tokio::test(flavor = "multi_thread")]
async fn nobody_is_asked_twice_for_the_same() {
    let shop = Shop::open().await;
    let browser = shop.browser_of("alice").await;
    assert_eq!(shop.refused(shop.ask(&browser, &[SHY[0], ("prompt", "none")]).await), "consent_required");

    let id = shop.waits(shop.ask(&browser, &SHY).await);
    assert_eq!(shop.shown(&id, &browser).await, ["email", "openid", "profile"]);
    assert!(matches!(shop.finish(&id, &browser).await, Err(Failure::Conflict { .. })), "nobody has said yes");
    shop.say(&id, &browser, &["openid", "profile"]).await.unwrap();
    assert!(matches!(shop.next(&id, &browser).await, Ok(Next::Finish)));
    assert_eq!(shop.granted(&id, &browser).await, "openid profile", "what was left out is not granted");

    let known = [SHY[0], SHY[1], ("scope", "openid profile")];
    assert_eq!(shop.answered(shop.ask(&browser, &known).await).get("scope"), Some("openid profile"));
    let id = shop.waits(shop.ask(&browser, &SHY).await);
    assert_eq!(shop.shown(&id, &browser).await, ["email"], "only what is new");
    shop.say(&id, &browser, &[]).await.unwrap();
    assert_eq!(shop.granted(&id, &browser).await, "openid profile", "a no to the new leaves the old");

    let bob = shop.browser_of("bob").await;
    let id = shop.waits(shop.ask(&bob, &known).await);
    assert_eq!(shop.shown(&id, &bob).await, ["openid", "profile"], "what alice says is hers");
}

#[tokio::test(flavor = "multi_thread")]
async fn prompt_consent_asks_again_also_for_a_trusted_client() {
    let shop = Shop::open().await;
    let browser = shop.browser_of("alice").await;
    for client in ["shy", "web"] {
        for _ in 0..2 {
            let more = [("client_id", client), ("prompt", "consent"), SHY[1], SHY[2]];
            let id = shop.waits(shop.ask(&browser, &more).await);
            assert_eq!(shop.shown(&id, &browser).await, ["email", "openid", "profile"]);
            shop.say(&id, &browser, &["profile"]).await.unwrap();
            assert_eq!(shop.granted(&id, &browser).await, "openid profile", "whoever goes on says who they are");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn only_what_was_shown_can_be_granted() {
    let shop = Shop::open().await;
    let browser = shop.browser_of("alice").await;
    let id = shop.waits(shop.ask(&browser, &[SHY[0], SHY[1], ("scope", "profile")]).await);
    assert_eq!(shop.shown(&id, &browser).await, ["profile"]);
    shop.say(&id, &browser, &["profile", "email", "openid", "introspect_tokens"]).await.unwrap();
    assert_eq!(shop.granted(&id, &browser).await, "profile");
}

#[tokio::test(flavor = "multi_thread")]
async fn there_is_a_time_for_saying_yes() {
    let shop = Shop::open().await;
    let stranger = shop.browser();
    let id = shop.waits(shop.ask(&stranger, &SHY).await);
    let early = shop.say(&id, &stranger, &["profile"]).await;
    assert!(matches!(early, Err(Failure::Conflict { .. })), "nobody knows who says so: {early:?}");
    shop.lets_in(&id, "alice", None).await;
    assert_eq!(shop.shown(&id, &stranger).await, ["email", "openid", "profile"]);
    shop.say(&id, &stranger, &["profile"]).await.unwrap();
    let again = shop.say(&id, &stranger, &["profile", "email"]).await;
    assert!(matches!(again, Err(Failure::Conflict { .. })), "it was said already: {again:?}");
    assert_eq!(shop.granted(&id, &stranger).await, "openid profile");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_no_is_told_to_the_client_and_ends_the_login() {
    let shop = Shop::open().await;
    let browser = shop.browser_of("alice").await;
    let domain = &shop.server.app.domain;
    let id = shop.waits(shop.ask(&browser, &[SHY[0]]).await);
    let told = authorize::refuse(domain, "default", AID, &id, &browser).await.unwrap();
    assert_eq!(shop.error_of(&super::shop::Told::of(told)), "access_denied");
    assert!(matches!(shop.next(&id, &browser).await, Err(Failure::NotFound { .. })));
    assert_eq!(
        shop.refused(shop.ask(&browser, &[SHY[0], ("prompt", "none")]).await),
        "consent_required",
        "not remembered"
    );

    let early = shop.waits(shop.ask(&shop.browser(), &[]).await);
    assert!(authorize::refuse(domain, "default", AID, &early, &browser).await.is_err(), "not that browser's");

    let given_up = shop.waits(shop.ask(&browser, &[SHY[0]]).await);
    let refused = || Some(("access_denied".to_owned(), "the page of one's own says \"no\"".to_owned()));
    shop.change_login(&given_up, move |login| login.refused = refused()).await;
    assert!(matches!(shop.next(&given_up, &browser).await, Ok(Next::Finish)));
    let told = shop.finish(&given_up, &browser).await.unwrap();
    assert_eq!(shop.error_of(&told), "access_denied");
    assert_eq!(told.get("error_description"), Some("the page of one's own says 'no'"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_without_scopes_is_asked_about_as_well() {
    let shop = Shop::open().await;
    let browser = shop.browser_of("alice").await;
    shop.make_client("bare", json!({ "scopes": [] })).await;
    let id = shop.waits(shop.ask(&browser, &[("client_id", "bare"), ("scope", "")]).await);
    assert_eq!(shop.shown(&id, &browser).await, Vec::<String>::new());
    shop.say(&id, &browser, &[]).await.unwrap();
    assert!(shop.finish(&id, &browser).await.unwrap().get("code").is_some());
}
