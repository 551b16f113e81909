//! Those who want in by somebody else's device, or want somebody in by theirs.

use http::Method;
use portcullis::domain::{
    client,
    elsewhere::{Wish, device},
    proof::Proven,
    server,
};
use tokio::task::JoinSet;

use super::{DEVICE_CODE, Living, PAGE, text};
use crate::support::{
    Page,
    made::{ADMIN, post_form},
    storefront::{AID, PASSWORD, is_calm},
};

#[tokio::test(flavor = "multi_thread")]
async fn a_code_is_its_clients_alone() {
    let living = Living::room().await;
    living.has("radio", "Radio").await;
    let waiting = living.waits().await;
    let refused = living.polls_as("radio", &waiting).await.expect(400).json();
    assert_eq!(refused["error"], "invalid_grant");
    living.lets_in(&mut living.shop.browser(), &waiting).await.expect(200);
    assert_eq!(living.polls_as("radio", &waiting).await.expect(400).json()["error"], "invalid_grant");
    living.polls(&waiting).await.expect(200);
}

#[tokio::test(flavor = "multi_thread")]
async fn of_many_polls_at_once_one_wins() {
    let living = Living::room().await;
    let waiting = living.waits().await;
    living.lets_in(&mut living.shop.browser(), &waiting).await.expect(200);
    let form = format!("grant_type={DEVICE_CODE}&client_id=tv&device_code={}", text(&waiting, "device_code"));
    let mut polls = JoinSet::new();
    for _ in 0..8 {
        let (caller, form) = (living.shop.server.anonymous(), form.clone());
        polls.spawn(async move { post_form(&caller, "/default/shop/oauth2/token", &form).await });
    }
    let answers = polls.join_all().await;
    let won: Vec<_> = answers.iter().filter(|answer| answer.status == 200).collect();
    assert_eq!(won.len(), 1, "{answers:?}");
    // And what it won is good, also after the others have tried.
    let token = text(&won[0].json(), "access_token");
    living.shop.server.anonymous().with_token(&token).get("/default/shop/userinfo").await.expect(200);
    assert!(answers.iter().all(|answer| answer.status == 200 || answer.json()["error"] == "invalid_grant"));
}

#[tokio::test(flavor = "multi_thread")]
async fn guessing_codes_is_slow_from_the_first_few_on() {
    let living = Living::room().await;
    let waiting = living.waits().await;
    let mut browser = living.shop.browser();
    for _ in 0..5 {
        assert_eq!(living.types(&mut browser, "BBBB-BBBB").await.answer.status, 404);
    }
    let page = living.types(&mut browser, &text(&waiting, "user_code")).await;
    assert_eq!(page.answer.status, 429, "also the right one: a guess says nothing");
    assert_eq!(page.answer.header("retry-after"), Some("1"));
    // Another browser of the same address is no other guesser.
    assert_eq!(living.types(&mut living.shop.browser(), "BBBB-BBBC").await.answer.status, 429);
    living.shop.server.world.advance_seconds(1);
    let page = living.types(&mut browser, &text(&waiting, "user_code")).await;
    assert!(page.expect(200).has_form("/password"));
}

#[tokio::test(flavor = "multi_thread")]
async fn one_network_does_not_take_the_place_of_all_others() {
    let living = Living::room().await;
    living.has("radio", "Radio").await;
    let first = living.waits().await;
    for _ in 1..50 {
        living.waits().await;
    }
    let refused = living.begins("client_id=tv").await.expect(429);
    assert!(refused.header("retry-after").is_some());
    // Another network has its own place, and so has another client.
    let domain = &living.shop.server.app.domain;
    let server = server::current(domain, "default", AID).unwrap();
    let proven = Proven { id: "tv".to_owned(), client: client::current(domain, "default", "tv").unwrap() };
    let place = (AID, &server.value);
    device::begin(domain, "default", place, &proven, Wish::default(), "192.0.2.9").await.unwrap();
    living.begins("client_id=radio").await.expect(200);
    // What is answered or has ended is in nobody's way.
    living.lets_in(&mut living.shop.browser(), &first).await.expect(200);
    living.waits().await;
    living.begins("client_id=tv").await.expect(429);
    living.polls(&first).await.expect(200);
    living.begins("client_id=tv").await.expect(429);
    living.shop.server.world.advance_seconds(600);
    for _ in 0..50 {
        living.waits().await;
    }
    living.begins("client_id=tv").await.expect(429);
}

/// Where a page lets people log in first, if it does.
fn first(page: &Page) -> Option<String> {
    let text = page.text();
    let mut links = text.split("href=\"").filter_map(|rest| rest.split('"').next());
    links.find(|link| link.contains("log_in=")).map(|link| link.replace("&amp;", "&"))
}

#[tokio::test(flavor = "multi_thread")]
async fn who_has_to_wait_for_other_strangers_may_log_in_first() {
    let living = Living::room().await;
    let waiting = living.waits().await;
    let code = text(&waiting, "user_code");
    let mut browser = living.shop.browser();
    for _ in 0..5 {
        assert_eq!(first(&living.types(&mut browser, "BBBB-BBBB").await), None, "who may go on trying need not");
    }
    let page = living.types(&mut browser, &code).await;
    assert_eq!(page.answer.status, 429);
    is_calm(&page);
    let link = first(&page).unwrap_or_else(|| panic!("{}", page.text()));
    let page = browser.login(&link, "ann", PASSWORD).await.expect(200);
    assert_eq!(page.form("/device").value("user_code"), Some(code.as_str()), "{}", page.url);
    let page = browser.send(&page, "/device", &[]).await.expect(200);
    assert!(page.has_form("/confirm"), "{}", page.text());
    // Whoever is logged in has nothing to gain by that: they wait for themselves.
    for _ in 0..5 {
        living.types(&mut browser, "BBBB-BBBB").await;
    }
    let page = living.types(&mut browser, "BBBB-BBBB").await;
    assert_eq!((page.answer.status.as_u16(), first(&page)), (429, None));
    // Nothing but a code is brought along.
    let odd = living.shop.browser().open(&format!("{PAGE}?log_in=yes&user_code=%2F%2Fevil.example")).await.expect(200);
    assert!(odd.has_form("/password") && !odd.text().contains("evil"), "{}", odd.text());
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_answers_without_having_logged_in() {
    let living = Living::room().await;
    let waiting = living.waits().await;
    let mut browser = living.shop.browser();
    let page = living.types(&mut browser, &text(&waiting, "user_code")).await.expect(200);
    // The form of the next page, before anybody is known.
    let mut form = page.form("/password");
    form.action = form.action.replace("/password", "/confirm");
    assert_eq!(browser.post(&form).await.answer.status, 409);
    // Nor may somebody who was asked go on as somebody else.
    let page = browser.send(&page, "/password", &[("username", "ann"), ("password", PASSWORD)]).await.expect(200);
    let mut other = living.shop.browser();
    other.open(PAGE).await;
    assert_eq!(other.post(&page.form("/confirm")).await.answer.status, 403);
    let mut stolen = living.shop.browser();
    stolen.cookies = browser.cookies.clone();
    stolen.cookies.retain(|name, _| !name.contains("pc-s-"));
    let again = stolen.post(&page.form("/confirm")).await;
    assert_ne!(again.answer.status, 200, "the session is another cookie: {}", again.text());
    assert_eq!(living.word(&waiting).await, "authorization_pending");
    // Consents alone are no yes either.
    let mut form = page.form("/confirm");
    form.action = form.action.replace("/confirm", "/consent");
    assert_eq!(browser.post(&form).await.answer.status, 409);
    assert_eq!(living.word(&waiting).await, "slow_down");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_link_with_the_code_begins_nothing_and_other_pages_send_no_forms() {
    let living = Living::room().await;
    let waiting = living.waits().await;
    let mut browser = living.shop.browser_of("ann").await;
    let page = browser.open(&text(&waiting, "verification_uri_complete")).await.expect(200);
    let form = page.form("/device");
    assert_eq!(form.value("user_code"), Some(text(&waiting, "user_code").as_str()));
    assert!(page.text().contains("Compare this code"), "{}", page.text());

    let forged = browser.post(&form.clone().without("csrf")).await;
    assert_eq!(forged.answer.status, 403);
    let mut elsewhere = browser.clone().with_header("sec-fetch-site", "cross-site");
    assert_eq!(elsewhere.post(&form).await.answer.status, 403);
    let page = browser.post(&form).await.expect(200);
    let confirm = page.form("/confirm");
    assert_eq!(browser.post(&confirm.clone().without("csrf")).await.answer.status, 403);
    assert_eq!(elsewhere.post(&confirm).await.answer.status, 403);
    let unseen = browser.post(&confirm.without("shown")).await.expect(200);
    assert!(unseen.has_form("/confirm"), "whoever does not say to what says nothing");
    assert_eq!(living.word(&waiting).await, "authorization_pending");

    let page = browser.open(&format!("{PAGE}?user_code=%3Cscript%3Ealert(1)%3C%2Fscript%3E")).await.expect(200);
    assert!(!page.text().contains("<script") && page.form("/device").value("user_code") == Some(""));
    let answer = browser.ask(Method::GET, "/default/shop/device?user_code=a&user_code=b", Vec::new()).await;
    assert_eq!(answer.status, 400);
}

/// Whoever has stolen a session has let a device of their own in, which waits until nobody looks any more.
#[tokio::test(flavor = "multi_thread")]
async fn a_yes_that_nobody_has_fetched_ends_with_everything_else_of_the_person() {
    let living = Living::room().await;
    let (waiting, other) = (living.waits().await, living.waits().await);
    let mut browser = living.shop.browser();
    living.lets_in(&mut browser, &waiting).await.expect(200);
    let admin = living.shop.server.as_admin();
    let sessions = |name: &str| format!("{ADMIN}/servers/shop/people/{name}/sessions");
    admin.delete(&sessions("bob")).await.expect(204);
    admin.delete(&sessions("ann")).await.expect(204);
    assert_eq!(living.word(&waiting).await, "invalid_grant");
    assert_eq!(living.word(&other).await, "authorization_pending", "nobody has said anything to it");

    let again = living.waits().await;
    living.lets_in(&mut browser, &again).await.expect(200);
    admin.delete(&sessions("bob")).await.expect(204);
    living.polls(&again).await.expect(200);
}
