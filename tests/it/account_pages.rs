//! The pages of a person's own account: what they show, what their buttons do, and that neither other people nor other
//! people's pages get anything by them.

use data_encoding::HEXLOWER;
use http::Method;
use portcullis::{
    crypto::digest,
    domain::{Domain, access, grant},
};
use serde_json::json;

use crate::support::{
    TestServer,
    browser::{Browser, Page},
    made::{ADMIN, make_client, make_server},
    people::{events, held, make_consent, say},
    person::Person,
};

covers!(
    "accountPage",
    "accountClientsPage",
    "revokeAccessOnPage",
    "accountConsentsPage",
    "grantConsentOnPage",
    "withdrawConsentOnPage",
    "accountEventsPage",
    "accountSessionsPage",
    "endSessionOnPage",
    "endOtherSessionsOnPage",
    "logoutOnPage",
    "loggedOutPage",
);

const ACCOUNT: &str = "/default/shop/account";
/// A name that would do something in a page that does not escape it.
const HOSTILE: &str = "</h2><script>alert(1)</script><img src=x onerror=alert(1)>\"'&";

/// A server `shop` at which people log in with a password, with a client `app`.
async fn shop() -> TestServer {
    let server = TestServer::start().await;
    let admin = server.as_admin();
    make_server(&admin, "shop", json!({ "name": "The Shop" })).await;
    let users = json!([{ "username": "anna", "password": "anna's password", "authentication_context": {} }]);
    let methods = json!({ "methods": [{ "id": "static", "name": "Password", "method": "static", "static": { "users": users } }] });
    admin.put(&format!("{ADMIN}/servers/shop/authentications"), &methods).await;
    let app = json!({
        "authorization_server_id": "shop", "client_id": "app", "client_name": HOSTILE, "scopes": ["openid", "email"],
        "client_uri": "https://app.example/?a=1&b=2", "redirect_uris": ["https://app.example/back"],
    });
    admin.post(&format!("{ADMIN}/clients"), &app).await.expect(201);
    server
}

/// The name of the session cookie of `default/shop`.
fn cookie_name() -> String {
    format!("pc-s-{}", HEXLOWER.encode(&digest::sha256(b"default/shop")[..4]))
}

/// A browser in which a person has logged in, and the id of the session.
async fn logged_in(server: &TestServer, subject: &str, name: &str) -> (Browser, String) {
    let (cookie, id) = Person::new(server, "shop", subject).logs_in(&server.app.domain, name).await;
    let mut browser = Browser::new(&server.url).with_header("user-agent", name);
    browser.cookies.insert(cookie_name(), cookie);
    (browser, id)
}

async fn open(browser: &mut Browser, path: &str) -> Page {
    browser.open(&format!("{ACCOUNT}{path}")).await
}

fn is_escaped(page: &Page) {
    let text = page.text();
    assert!(!text.contains("<script") && !text.contains("<img src=x"), "{text}");
    assert!(text.contains("&lt;script&gt;alert(1)&lt;/script&gt;"), "{text}");
    let policy = page.answer.header("content-security-policy").unwrap();
    assert!(policy.contains("default-src 'none'") && !policy.contains("script-src"), "{policy}");
    assert!(policy.contains("form-action 'self'"), "{policy}");
    assert_eq!(page.answer.header("cache-control"), Some("no-store"));
}

fn grants_of(domain: &Domain, id: &str) -> bool {
    grant::current(domain, "default", id).unwrap().is_some()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_account_is_for_whoever_has_logged_in() {
    let server = shop().await;
    for path in ["", "/clients", "/consents", "/events", "/sessions"] {
        let mut nobody = Browser::new(&server.url);
        let answer = nobody.ask(Method::GET, &format!("{ACCOUNT}{path}"), Vec::new()).await.expect(303);
        assert!(answer.header("location").unwrap().contains("/default/shop/login/"), "{:?}", answer.headers);
    }
    let (mut anna, _) = logged_in(&server, "anna", "Firefox").await;
    let page = open(&mut anna, "").await.expect(200);
    assert!(page.text().contains("You are logged in as anna.") && page.text().contains("The Shop"), "{}", page.text());
    assert!(page.text().contains("<a href=\"") && page.text().contains("aria-current=\"page\""), "{}", page.text());
    // A cookie of another server, of nobody, or of a session that is over.
    let mut stranger = anna.clone();
    stranger.cookies.insert(cookie_name(), "pc_session_nothing".to_owned());
    stranger.ask(Method::GET, ACCOUNT, Vec::new()).await.expect(303);
    server.world.advance_seconds(3600);
    anna.ask(Method::GET, ACCOUNT, Vec::new()).await.expect(303);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_pages_speak_german() {
    let server = shop().await;
    let (anna, _) = logged_in(&server, "anna", "Firefox").await;
    let page = open(&mut anna.with_header("accept-language", "de-AT"), "/sessions").await.expect(200);
    assert!(
        page.text().contains("Wo Sie angemeldet sind") && page.text().contains("<html lang=\"de\">"),
        "{}",
        page.text()
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn access_is_taken_back_with_a_button() {
    let server = shop().await;
    let domain = &server.app.domain;
    let [anna, bob] = ["anna", "bob"].map(|subject| Person::new(&server, "shop", subject));
    anna.remembers(domain, "app", &["openid"]).await;
    let of_anna = anna.lets(domain, "app", &["openid", "email"], None).await;
    let of_bob = bob.lets(domain, "app", &["openid"], None).await;
    let (mut browser, _) = logged_in(&server, "anna", "Firefox").await;
    let page = open(&mut browser, "/clients").await.expect(200);
    is_escaped(&page);
    let text = page.text();
    assert!(text.contains("OpenID") && text.contains("Email") && text.contains("2026-01-01 12:00 UTC"), "{text}");
    assert!(text.contains("href=\"https://app.example/?a=1&amp;b=2\""), "{text}");

    let page = browser.send(&page, "/clients/app/revoke", &[]).await.expect(200);
    assert!(page.url.ends_with("/account/clients?done=1"), "{}", page.url);
    assert!(page.text().contains("role=\"status\"") && !page.has_form("/revoke"), "{}", page.text());
    assert!(!grants_of(domain, &of_anna) && grants_of(domain, &of_bob));
    assert!(access::clients(domain, "default", "shop", "anna").unwrap().is_empty());
    assert_eq!(access::clients(domain, "default", "shop", "bob").unwrap().len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn consents_are_given_and_withdrawn_with_buttons() {
    let server = shop().await;
    let (admin, machine) = (server.as_admin(), server.as_system());
    let services = json!([{ "name": HOSTILE, "purposes": [{ "name": "Invoices", "primary": true }] }]);
    let more = json!({ "name": HOSTILE, "description": HOSTILE, "internal_services": services,
                       "pii_categories": [{ "name": "Address" }] });
    make_consent(&admin, "eula", more).await;
    make_consent(&admin, "forever", json!({ "can_be_withdrawn": false })).await;
    say(&machine, "anna", "forever", true, "explicit").await;
    let (anna, _) = logged_in(&server, "anna", "Firefox").await;
    let mut anna = anna.with_header("accept-language", "de");
    let page = open(&mut anna, "/consents").await.expect(200);
    is_escaped(&page);
    assert!(page.text().contains("Invoices") && page.text().contains("Address"), "{}", page.text());
    assert!(page.text().contains("Nicht widerrufbar") && !page.has_form("/forever/withdraw"), "{}", page.text());

    let page = anna.send(&page, "/consents/eula/grant", &[]).await.expect(200);
    assert!(page.has_form("/eula/withdraw") && !page.has_form("/eula/grant"), "{}", page.text());
    assert_eq!(held(&machine, "anna", "?consent_id=eula").await[0]["grant_type"], "explicit");
    assert_eq!(held(&machine, "bob", "?consent_id=eula").await[0]["granted"], false);
    let event = events(&admin, "?sub=anna").await.pop().unwrap();
    let said = &event["payload"]["consent_granted"];
    assert_eq!((&said["language"], &said["context"]["ip"]), (&json!("de"), &json!("127.0.0.1")));
    assert_eq!(said["context"]["device"]["user_agent"], "Firefox");

    let page = anna.send(&page, "/consents/eula/withdraw", &[]).await.expect(200);
    assert!(page.has_form("/eula/grant"), "{}", page.text());
    assert_eq!(held(&machine, "anna", "?consent_id=eula").await[0]["granted"], false);
    // No button, and not without one either.
    let form = page.form("/eula/grant");
    let action = form.action.replace("/eula/grant", "/forever/withdraw");
    anna.ask(Method::POST, &action, form.fields.clone()).await.expect(400);
    assert_eq!(held(&machine, "anna", "?consent_id=forever").await[0]["granted"], true);
    let action = form.action.replace("/eula/", "/nothing/");
    anna.ask(Method::POST, &action, form.fields).await.expect(400);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_history_is_ones_own_and_goes_on_page_by_page() {
    let server = shop().await;
    let machine = server.as_system();
    make_consent(&server.as_admin(), "eula", json!({ "name": HOSTILE })).await;
    say(&machine, "bob", "eula", true, "explicit").await;
    for place in 0..60 {
        say(&machine, "anna", "eula", place % 2 == 0, "explicit").await;
    }
    let (mut anna, _) = logged_in(&server, "anna", "Firefox").await;
    let page = open(&mut anna, "/events").await.expect(200);
    is_escaped(&page);
    let count = |page: &Page| page.text().matches("<summary>").count();
    assert_eq!(count(&page), 50);
    let text = page.text();
    let (latest, first) = (text.find("Withdrawn: ").unwrap(), text.find("Agreed to: ").unwrap());
    assert!(latest < first, "the latest comes first");
    let (_, rest) = text.split_once("/account/events?before=").unwrap();
    let (number, _) = rest.split_once('"').unwrap();
    let page = open(&mut anna, &format!("/events?before={number}")).await.expect(200);
    assert_eq!(count(&page), 10);
    assert!(!page.text().contains("?before="), "{}", page.text());
    open(&mut anna, "/events?before=yesterday").await.expect(400);
    let (mut carl, _) = logged_in(&server, "carl", "Firefox").await;
    assert_eq!(count(&open(&mut carl, "/events").await.expect(200)), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_browser_is_logged_out_from_another() {
    let server = shop().await;
    let (mut here, this) = logged_in(&server, "anna", HOSTILE).await;
    server.world.advance_seconds(1);
    let (mut there, that) = logged_in(&server, "anna", "Chrome").await;
    let (mut third, _) = logged_in(&server, "anna", "Safari").await;
    let (mut bob, of_bob) = logged_in(&server, "bob", "Edge").await;
    let page = open(&mut here, "/sessions").await.expect(200);
    is_escaped(&page);
    let text = page.text();
    assert_eq!(text.matches("this browser").count(), 1);
    assert!(text.find("Chrome").unwrap() < text.find("this browser").unwrap(), "the latest first: {text}");
    assert!(!text.contains("Edge") && !page.has_form(&format!("/{this}/end")), "{text}");

    let page = here.send(&page, &format!("/sessions/{that}/end"), &[]).await.expect(200);
    there.ask(Method::GET, ACCOUNT, Vec::new()).await.expect(303);
    third.ask(Method::GET, ACCOUNT, Vec::new()).await.expect(200);
    // Another's is not there.
    let form = page.form("/sessions/end-others");
    let action = form.action.replace("end-others", &format!("{of_bob}/end"));
    here.ask(Method::POST, &action, form.fields.clone()).await.expect(404);
    bob.ask(Method::GET, ACCOUNT, Vec::new()).await.expect(200);

    let page = here.post(&form).await.expect(200);
    assert!(!page.has_form("/end-others"), "{}", page.text());
    third.ask(Method::GET, ACCOUNT, Vec::new()).await.expect(303);
    bob.ask(Method::GET, ACCOUNT, Vec::new()).await.expect(200);
    // One's own session can be ended like any other.
    let action = form.action.replace("end-others", &format!("{this}/end"));
    here.ask(Method::POST, &action, form.fields).await.expect(303);
    assert!(here.session().is_none());
}

#[tokio::test(flavor = "multi_thread")]
async fn logging_out_ends_the_session_and_what_was_granted_in_it() {
    let server = shop().await;
    let (domain, anna) = (&server.app.domain, Person::new(&server, "shop", "anna"));
    let (mut browser, id) = logged_in(&server, "anna", "Firefox").await;
    let stolen = browser.clone();
    let granted = anna.lets(domain, "app", &["openid"], Some(&id)).await;
    let offline = anna.lets(domain, "app", &["openid", "offline_access"], Some(&id)).await;
    let page = open(&mut browser, "").await.expect(200);
    let page = browser.send(&page, "/account/logout", &[]).await.expect(200);
    assert!(page.url.ends_with("/account/logged-out") && page.text().contains("You are logged out"), "{}", page.text());
    assert!(browser.session().is_none());
    assert!(!grants_of(domain, &granted) && grants_of(domain, &offline));
    // The cookie alone is worth nothing any more.
    stolen.clone().ask(Method::GET, ACCOUNT, Vec::new()).await.expect(303);
}

/// Every button of the account, pressed by somebody else's page.
#[tokio::test(flavor = "multi_thread")]
async fn no_other_page_presses_the_buttons() {
    let server = shop().await;
    let domain = &server.app.domain;
    make_consent(&server.as_admin(), "eula", json!({})).await;
    make_client(&server.as_admin(), "shop", "spare", &[]).await;
    let anna = Person::new(&server, "shop", "anna");
    let (mut browser, this) = logged_in(&server, "anna", "Firefox").await;
    let (mut bob, _) = logged_in(&server, "bob", "Edge").await;
    let (_, other) = logged_in(&server, "anna", "Chrome").await;
    let granted = anna.lets(domain, "app", &["openid"], Some(&this)).await;
    let form = open(&mut browser, "").await.expect(200).form("/account/logout");
    let of_bob = open(&mut bob, "").await.expect(200).form("/account/logout");
    let actions =
        ["/clients/app/revoke", "/consents/eula/grant", "/consents/eula/withdraw", "/sessions/end-others", "/logout"];
    let actions = actions.map(str::to_owned).into_iter().chain([format!("/sessions/{other}/end")]);
    for action in actions.map(|action| format!("{ACCOUNT}{action}")) {
        let forged = [
            ("none", Vec::new()),
            ("empty", vec![("csrf".to_owned(), String::new())]),
            ("invented", vec![("csrf".to_owned(), "A".repeat(43))]),
            ("another's", of_bob.fields.clone()),
        ];
        for (code, fields) in forged {
            let answer = browser.ask(Method::POST, &action, fields).await;
            assert_eq!(answer.status, 403, "{action} with the code {code}: {}", answer.text());
        }
        for site in ["cross-site", "same-site"] {
            let mut foreign = browser.clone().with_header("sec-fetch-site", site);
            foreign.ask(Method::POST, &action, form.fields.clone()).await.expect(403);
        }
        // A link or a picture presses no button.
        browser.ask(Method::GET, &action, Vec::new()).await.expect(405);
    }
    assert!(grants_of(domain, &granted));
    assert!(events(&server.as_admin(), "").await.is_empty());
    let text = open(&mut browser, "/sessions").await.expect(200).text();
    assert!(text.contains("Chrome"), "{text}");
    // The same form, sent by its own page, does what it says.
    browser.post(&form).await.expect(200);
    assert!(!grants_of(domain, &granted));
}
