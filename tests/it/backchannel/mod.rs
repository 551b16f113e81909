//! Clients that ask a person who is elsewhere (CIBA): by poll and by ping, the person's page, and those who want a yes that is not
//! theirs.

mod bounds;
mod codes;
mod devices;
mod signed;

use http::Method;
use serde_json::{Value, json};
use tokio::task::JoinSet;

use crate::support::{
    Answer, Browser, Page,
    elsewhere::Elsewhere,
    made::{ADMIN, ask_token, basic, make_policy, no, post_form},
    shop::claims,
    storefront::{AID, PASSWORD, Storefront, is_calm},
};

covers!(
    "authenticateElsewhere",
    "accountRequestsPage",
    "answerRequestOnPage",
    "acceptBackchannelRequest",
    "rejectBackchannelRequest",
    "accountRequestCodePage",
    "setRequestCodeOnPage",
    "removeRequestCodeOnPage",
);

/// The grant.
const CIBA: &str = "urn:openid:params:grant-type:ciba";
/// Where a person finds what they are asked.
const PAGE: &str = "/default/shop/account/requests";
/// With what a client is told.
const TOKEN: &str = "8d67dc78-7faa-4d41-aabd-67707b374255";

/// A shop with a bank, which asks people on their phones.
struct Branch {
    shop: Storefront,
    secret: String,
}

fn bank(id: &str, more: Value) -> Value {
    let mut body = json!({
        "authorization_server_id": AID, "client_id": id, "client_name": "The Bank", "scopes": ["openid", "profile", "orders"],
        "grant_types": [CIBA, "refresh_token"],
    });
    body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    body
}

impl Branch {
    async fn open() -> Branch {
        Branch::at(Storefront::open().await, json!({})).await
    }

    async fn at(shop: Storefront, more: Value) -> Branch {
        shop.change(json!({ "grant_types": ["authorization_code", "refresh_token", CIBA] })).await;
        let made = shop.admin.post(&format!("{ADMIN}/clients"), &bank("bank", more)).await.expect(201).json();
        Branch { secret: made["client_secret"].as_str().unwrap().to_owned(), shop }
    }

    /// The answer to a question of the bank.
    async fn begins(&self, form: &str) -> Answer {
        self.begins_as(("bank", &self.secret), form).await
    }

    /// The same of another client with this secret.
    async fn begins_as(&self, (id, secret): (&str, &str), form: &str) -> Answer {
        let caller = self.shop.server.anonymous().with_header("authorization", &basic(id, secret));
        post_form(&caller, "/default/shop/oauth2/bc-authorize", form).await
    }

    /// One more bank; answers its secret.
    async fn has(&self, id: &str, more: Value) -> String {
        let made = self.shop.admin.post(&format!("{ADMIN}/clients"), &bank(id, more)).await.expect(201).json();
        made["client_secret"].as_str().unwrap().to_owned()
    }

    /// The word with which a question is refused.
    async fn word(&self, form: &str) -> String {
        self.begins(form).await.expect(400).json()["error"].as_str().unwrap().to_owned()
    }

    /// A question for Ann that waits: its handle.
    async fn asks_ann(&self) -> String {
        let form = "scope=openid+orders&login_hint=ann&binding_message=W4SCT";
        self.begins(form).await.expect(200).json()["auth_req_id"].as_str().unwrap().to_owned()
    }

    async fn polls(&self, id: &str) -> Answer {
        let form = format!("grant_type={CIBA}&auth_req_id={id}");
        ask_token(&self.shop.server, AID, "bank", &self.secret, &form).await
    }

    async fn polled(&self, id: &str) -> String {
        self.polls(id).await.expect(400).json()["error"].as_str().unwrap().to_owned()
    }

    /// Opens the first question that waits.
    async fn looks(&self, browser: &mut Browser) -> Page {
        let page = browser.open(PAGE).await.expect(200);
        let form =
            page.forms().into_iter().find(|form| form.action.contains("/account/requests/")).expect("a question");
        browser.post(&form).await
    }

    /// Says yes to it.
    async fn allows(&self, browser: &mut Browser) -> Page {
        let page = self.looks(browser).await.expect(200);
        let page = browser.send(&page, "/confirm", &[]).await;
        match page.has_form("/consent") {
            true => browser.send(&page, "/consent", &[]).await,
            false => page,
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_asks_and_a_person_says_yes() {
    let branch = Branch::open().await;
    let asked = branch.begins("scope=openid+orders&login_hint=ann&binding_message=W4SCT&requested_expiry=60").await;
    let asked = asked.expect(200).json();
    assert_eq!((&asked["expires_in"], &asked["interval"]), (&json!(60), &json!(5)));
    let id = asked["auth_req_id"].as_str().unwrap();
    assert_eq!(branch.polled(id).await, "authorization_pending");
    assert_eq!(branch.polled(id).await, "slow_down");

    let mut browser = branch.shop.browser();
    let page = browser.login(PAGE, "ann", PASSWORD).await.expect(200);
    is_calm(&page);
    assert!(
        page.text().contains("The Bank") && page.text().contains("It shows you: <bdi>W4SCT</bdi>"),
        "{}",
        page.text()
    );
    let page = branch.looks(&mut browser).await.expect(200);
    is_calm(&page);
    for shown in ["The Bank asks for your yes", "W4SCT", "See your orders", "Say yes only if"] {
        assert!(page.text().contains(shown), "{shown}: {}", page.text());
    }
    let page = browser.send(&page, "/confirm", &[]).await.expect(200);
    let page = browser.send(&page, "/consent", &[]).await.expect(200);
    assert!(
        page.text().contains("You have said yes.") && page.text().contains("Nothing waits for you."),
        "{}",
        page.text()
    );

    let answer = branch.polls(id).await.expect(200);
    assert_eq!(answer.json()["scope"], "openid orders");
    assert_eq!(claims(&answer, "id_token")["sub"], "ann");
    assert_eq!(branch.polled(id).await, "invalid_grant", "it is good once");

    // The ID token says who it is next time.
    let token = answer.json()["id_token"].as_str().unwrap().to_owned();
    branch.begins(&format!("scope=openid&id_token_hint={token}")).await.expect(200);
    assert_eq!(branch.word("scope=openid&id_token_hint=ey.ey.ey").await, "invalid_request");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_person_says_no_or_nothing() {
    let branch = Branch::open().await;
    let mut browser = branch.shop.browser_of("ann").await;
    let id = branch.asks_ann().await;
    let page = branch.looks(&mut browser).await.expect(200);
    let page = browser.send(&page, "/refuse", &[]).await.expect(200);
    assert!(page.text().contains("was given no access"), "{}", page.text());
    assert_eq!(branch.polled(&id).await, "access_denied");

    let late = branch.asks_ann().await;
    let page = branch.looks(&mut browser).await.expect(200);
    branch.shop.server.world.advance_seconds(120);
    assert_eq!(branch.polled(&late).await, "expired_token");
    assert_eq!(browser.send(&page, "/confirm", &[]).await.answer.status, 404);
    assert!(browser.open(PAGE).await.expect(200).text().contains("Nothing waits for you."));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_is_told_by_ping() {
    let there = Elsewhere::start().await;
    let url = there.serves("/ping", "");
    let shop = Storefront::with(|config| there.trusted_by(config), json!({})).await;
    let ping = json!({ "security": {
        "backchannel_token_delivery_mode": "ping", "backchannel_client_notification_endpoint": url,
    } });
    let branch = Branch::at(shop, ping).await;
    assert_eq!(branch.word("scope=openid&login_hint=ann").await, "invalid_request", "without a token");
    assert_eq!(branch.word("scope=openid&login_hint=ann&client_notification_token=short").await, "invalid_request");
    let form = format!("scope=openid&login_hint=ann&client_notification_token={TOKEN}");
    let asked = branch.begins(&form).await.expect(200).json();
    let mut browser = branch.shop.browser_of("ann").await;
    assert_eq!(there.asked("/ping"), 0);
    branch.allows(&mut browser).await.expect(200);
    there.wait_for("/ping").await;
    let head = there.last_head();
    assert!(head.starts_with("POST /ping ") && head.contains(&format!("authorization: Bearer {TOKEN}\r\n")), "{head}");
    branch.polls(asked["auth_req_id"].as_str().unwrap()).await.expect(200);
}

#[tokio::test(flavor = "multi_thread")]
async fn questions_are_refused_in_the_words_of_the_standard() {
    let branch = Branch::open().await;
    for (form, word) in [
        ("login_hint=ann", "invalid_request"),
        ("scope=orders&login_hint=ann", "invalid_request"),
        ("scope=openid+phone&login_hint=ann", "invalid_scope"),
        ("scope=openid", "invalid_request"),
        ("scope=openid&login_hint=ann&id_token_hint=x", "invalid_request"),
        ("scope=openid&login_hint_token=x", "invalid_request"),
        ("scope=openid&login_hint=nobody", "unknown_user_id"),
        ("scope=openid&login_hint=ann&user_code=1234", "invalid_request"),
        ("scope=openid&login_hint=ann&request=ey.ey.ey", "invalid_request"),
        ("scope=openid&login_hint=ann&requested_expiry=0", "invalid_request"),
        ("scope=openid&login_hint=ann&binding_message=%3Cb%3Epay%3C%2Fb%3E", "invalid_binding_message"),
        ("scope=openid&login_hint=ann&binding_message=a%0Ab", "invalid_binding_message"),
        ("scope=openid&login_hint=ann&binding_message=%E2%80%AEevil", "invalid_binding_message"),
        ("scope=openid&login_hint=ann&binding_message=+", "invalid_binding_message"),
        ("scope=openid&login_hint=ann&binding_message=%E3%85%A4", "invalid_binding_message"),
        ("scope=openid&login_hint=ann&binding_message=Pay+12+%D7%A9%D7%9C", "invalid_binding_message"),
    ] {
        assert_eq!(branch.word(form).await, word, "{form}");
    }
    let listed = branch.shop.server.anonymous().get("/default/shop/.well-known/openid-configuration").await.json();
    let endpoint = format!("{}/default/shop/oauth2/bc-authorize", branch.shop.server.url);
    assert_eq!(listed["backchannel_authentication_endpoint"], json!(endpoint));
    assert_eq!(listed["backchannel_token_delivery_modes_supported"], json!(["poll", "ping"]));
    assert_eq!(listed["backchannel_user_code_parameter_supported"], json!(true));
    let algorithms = &listed["backchannel_authentication_request_signing_alg_values_supported"];
    assert_eq!(*algorithms, json!(["RS256", "PS256", "ES256", "ES384", "EdDSA"]));
    let public = bank("public", json!({ "token_endpoint_auth_method": "none" }));
    branch.shop.admin.post(&format!("{ADMIN}/clients"), &public).await.expect(201);
    let form = "client_id=public&scope=openid&login_hint=ann";
    let refused = post_form(&branch.shop.server.anonymous(), "/default/shop/oauth2/bc-authorize", form).await;
    assert_eq!(refused.expect(400).json()["error"], "unauthorized_client", "it proves nothing");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_question_is_its_clients_and_its_persons_alone() {
    let branch = Branch::open().await;
    let made = branch.shop.admin.post(&format!("{ADMIN}/clients"), &bank("thief", json!({}))).await.expect(201).json();
    let id = branch.asks_ann().await;
    let mut ann = branch.shop.browser_of("ann").await;
    // Bob does not see it, and does not find it by its address.
    let form = ann.open(PAGE).await.expect(200).form_with("/account/requests/");
    let mut bob = branch.shop.browser_of("bob").await;
    let page = bob.open(PAGE).await.expect(200);
    assert!(page.text().contains("Nothing waits for you."), "{}", page.text());
    let account = bob.open("/default/shop/account").await.expect(200);
    let csrf = account.form("/account/logout").value("csrf").unwrap().to_owned();
    let fields = vec![("csrf".to_owned(), csrf)];
    assert_eq!(bob.ask(Method::POST, &form.action, fields).await.status, 404);
    // Nor does anybody begin to answer from another page.
    assert_eq!(ann.post(&form.clone().without("csrf")).await.answer.status, 403);
    let mut elsewhere = ann.clone().with_header("sec-fetch-site", "cross-site");
    assert_eq!(elsewhere.post(&form).await.answer.status, 403);

    branch.allows(&mut ann).await.expect(200);
    let poll = format!("grant_type={CIBA}&auth_req_id={id}");
    let stolen = ask_token(&branch.shop.server, AID, "thief", made["client_secret"].as_str().unwrap(), &poll).await;
    assert_eq!(stolen.expect(400).json()["error"], "invalid_grant");
    let mut polls = JoinSet::new();
    for _ in 0..8 {
        let caller = branch.shop.server.anonymous().with_header("authorization", &basic("bank", &branch.secret));
        let poll = poll.clone();
        polls.spawn(async move { post_form(&caller, "/default/shop/oauth2/token", &poll).await });
    }
    let answers = polls.join_all().await;
    assert_eq!(answers.iter().filter(|answer| answer.status == 200).count(), 1, "{answers:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn policies_decide_whether_there_is_a_page() {
    let branch = Branch::open().await;
    branch.begins("scope=openid&login_hint=bob").await.expect(200);
    let mut browser = branch.shop.browser_of("bob").await;
    make_policy(&branch.shop.admin, "nobody", json!([no()])).await;
    let form = browser.open(PAGE).await.expect(200).form_with("/account/requests/");
    branch.shop.change(json!({ "user_policy_id": "nobody" })).await;
    assert_ne!(browser.post(&form).await.answer.status, 200, "the pages themselves are closed to him now");
}
