//! The pages of a person's own account: what they show, what their buttons do, and that neither other people nor other
//! people's pages get anything by them.

use data_encoding::{BASE32_NOPAD, HEXLOWER};
use http::Method;
use portcullis::{
    crypto::{digest, totp},
    domain::{Domain, access, grant},
};
use serde_json::json;

use crate::support::{
    TestServer,
    browser::{Browser, Page},
    made::{ADMIN, ask_token, make_client, make_server},
    people::{consent, events, held, make_consent, say},
    person::Person,
    shop::Shop,
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
    "accountSecondFactorPage",
    "setUpSecondFactorOnPage",
    "removeSecondFactorOnPage",
);

const ACCOUNT: &str = "/default/shop/account";
/// A name that would do something in a page that does not escape it.
const HOSTILE: &str = "</h2><script>alert(1)</script><img src=x onerror=alert(1)>\"'&";

const PASSWORD: &str = "anna's password";

/// A server `shop` at which people log in with a password, with a client `app`.
async fn shop() -> TestServer {
    let server = TestServer::start().await;
    let admin = server.as_admin();
    let anna = json!({ "username": "anna", "password": PASSWORD, "authentication_context": {} });
    let method = json!({ "id": "static", "name": "Staff", "method": "static", "static": { "users": [anna] } });
    make_server(&admin, "shop", json!({ "name": "The Shop", "authentications": { "methods": [method] } })).await;
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
    for path in ["", "/clients", "/consents", "/events", "/sessions", "/second-factor"] {
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
async fn a_consent_that_has_changed_since_it_was_shown_is_not_granted() {
    let server = shop().await;
    let (admin, machine) = (server.as_admin(), server.as_system());
    make_consent(&admin, "eula", json!({ "description": "Harmless." })).await;
    let (mut anna, _) = logged_in(&server, "anna", "Firefox").await;
    let page = open(&mut anna, "/consents").await.expect(200);
    let changed = consent("eula", json!({ "description": "We sell your soul." }));
    admin.put(&format!("{ADMIN}/consents/eula"), &changed).await.expect(201);
    let again = anna.send(&page, "/consents/eula/grant", &[]).await.expect(200);
    let text = again.text();
    assert!(text.contains("role=\"alert\"") && text.contains("We sell your soul."), "{text}");
    assert!(events(&admin, "").await.is_empty() && !text.contains("role=\"status\""), "{text}");
    let form = again.form("/consents/eula/grant");
    for bad in [form.clone().without("version"), form.clone().with(&[("version", "latest")])] {
        anna.post(&bad).await.expect(400);
    }
    let page = anna.post(&form).await.expect(200);
    assert!(page.has_form("/eula/withdraw") && !page.text().contains("role=\"alert\""), "{}", page.text());
    assert_eq!(held(&machine, "anna", "").await[0]["grant_version"], 2);
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

    let (mut known, _) =
        logged_in(&server, "carl", "Mozilla/5.0 (X11; Linux x86_64; rv:1) Gecko/1 Firefox/140.0").await;
    let shown = open(&mut known, "/sessions").await.expect(200).text();
    assert!(shown.contains("Firefox on Linux") && !shown.contains("Gecko"), "{shown}");

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
        if !action.ends_with("/second-factor") {
            browser.ask(Method::GET, &action, Vec::new()).await.expect(405);
        }
    }
    assert!(grants_of(domain, &granted));
    assert!(events(&server.as_admin(), "").await.is_empty());
    let text = open(&mut browser, "/sessions").await.expect(200).text();
    assert!(text.contains("Chrome"), "{text}");
    // The same form, sent by its own page, does what it says.
    browser.post(&form).await.expect(200);
    assert!(!grants_of(domain, &granted));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_login_leads_back_to_the_page_that_was_asked_for() {
    let server = shop().await;
    let mut browser = Browser::new(&server.url).with_header("user-agent", "Firefox");
    let page = browser.login(&format!("{ACCOUNT}/sessions"), "anna", PASSWORD).await.expect(200);
    assert!(page.url.ends_with("/default/shop/account/sessions"), "{}", page.url);
    assert!(page.text().contains("Firefox") && page.text().contains("this browser"), "{}", page.text());
    let page = open(&mut browser, "").await.expect(200);
    let page = browser.send(&page, "/account/logout", &[]).await.expect(200);
    assert!(page.text().contains("You are logged out"), "{}", page.text());
    assert!(open(&mut browser, "").await.expect(200).has_form("/password"));
}

/// The code that an app shows which was given the secret of the page.
fn code(server: &TestServer, page: &Page) -> String {
    let text = page.text();
    let (_, rest) = text.split_once("<code class=\"secret\">").unwrap();
    let secret = rest.split('<').next().unwrap().replace(' ', "");
    let secret = BASE32_NOPAD.decode(secret.as_bytes()).unwrap();
    totp::at(&secret, server.app.domain.world.now_seconds() / 30)
}

/// A code that is not this one.
fn another(code: &str) -> String {
    code.chars().map(|digit| if digit == '9' { '0' } else { '9' }).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_factor_is_set_up_and_removed_with_codes() {
    let server = shop().await;
    let mut browser = Browser::new(&server.url);
    let page = browser.login(&format!("{ACCOUNT}/second-factor"), "anna", PASSWORD).await.expect(200);
    assert!(
        page.url.ends_with("/account/second-factor") && page.text().contains("<img class=\"qr\""),
        "{}",
        page.text()
    );
    let right = code(&server, &page);
    let wrong = browser.send(&page, "/account/second-factor", &[("code", &another(&right))]).await.expect(401);
    assert!(wrong.text().contains("role=\"alert\""), "{}", wrong.text());
    // The same secret again: the app has it already.
    assert_eq!(code(&server, &wrong), right);
    let page = browser.send(&wrong, "/account/second-factor", &[("code", &right)]).await.expect(200);
    assert!(page.url.ends_with("?done=1") && page.has_form("/remove"), "{}", page.text());
    // Nobody sets up another one in its place.
    let fields: Vec<(String, String)> = wrong.form("/account/second-factor").with(&[("code", &right)]).fields;
    browser.ask(Method::POST, &format!("{ACCOUNT}/second-factor"), fields).await.expect(409);

    let secret = right.clone();
    server.world.advance_seconds(30);
    for bad in [another(&secret), String::new(), secret] {
        let again = browser.send(&page, "/remove", &[("code", &bad)]).await.expect(401);
        assert!(again.has_form("/remove"), "{}", again.text());
    }
    let right = code(&server, &wrong);
    let page = browser.send(&page, "/remove", &[("code", &right)]).await.expect(200);
    assert!(!page.has_form("/remove") && page.has_form("/account/second-factor"), "{}", page.text());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_secret_that_was_offered_elsewhere_is_not_taken() {
    let server = shop().await;
    let [mut one, mut other] = [Browser::new(&server.url), Browser::new(&server.url)];
    let address = format!("{ACCOUNT}/second-factor");
    let theirs = one.login(&address, "anna", PASSWORD).await.expect(200);
    let ours = other.login(&address, "anna", PASSWORD).await.expect(200);
    let ticket = theirs.form("/account/second-factor").value("ticket").unwrap().to_owned();
    let right = code(&server, &theirs);
    let fields = [("ticket", ticket.as_str()), ("code", right.as_str())];
    other.send(&ours, "/account/second-factor", &fields).await.expect(400);
    other.send(&ours, "/account/second-factor", &[("ticket", "x"), ("code", &right)]).await.expect(400);
    assert!(other.open(&address).await.expect(200).has_form("/account/second-factor"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_browser_that_was_left_alone_does_not_change_how_one_logs_in() {
    let server = shop().await;
    let mut browser = Browser::new(&server.url);
    let address = format!("{ACCOUNT}/second-factor");
    let page = browser.login(&address, "anna", PASSWORD).await.expect(200);
    let right = code(&server, &page);
    server.world.advance_seconds(15 * 60 + 1);
    let right_now = code(&server, &page);
    assert_ne!(right, right_now);
    // The other pages are still there, this one is not, and its form neither.
    open(&mut browser, "/sessions").await.expect(200);
    let stale = browser.send(&page, "/account/second-factor", &[("code", &right_now)]).await.expect(200);
    assert!(stale.url.contains("/login/") && stale.has_form("/password"), "{}", stale.url);
    let login = browser.open(&address).await.expect(200);
    assert!(login.url.contains("/login/"), "{}", login.url);
    let before = browser.session().map(|(_, cookie)| cookie.to_owned());
    let page = browser.send(&login, "/password", &[("username", "anna"), ("password", PASSWORD)]).await.expect(200);
    assert!(page.url.ends_with("/account/second-factor"), "{}", page.url);
    assert!(page.text().contains("has no second step yet"), "{}", page.text());
    assert_ne!(browser.session().map(|(_, cookie)| cookie.to_owned()), before);
    // It is the same browser, not one more.
    assert!(!open(&mut browser, "/sessions").await.expect(200).has_form("/end-others"));
}

/// Tokens of the token endpoint, and what becomes of them when the person takes back the client's access.
#[tokio::test(flavor = "multi_thread")]
async fn the_tokens_of_a_client_end_when_its_access_is_taken_back() {
    let shop = Shop::start(json!({})).await;
    let answer = shop.login("openid profile").await.expect(200).json();
    let [access, refresh] = ["access_token", "refresh_token"].map(|name| answer[name].as_str().unwrap().to_owned());
    let domain = &shop.server.app.domain;
    assert!(
        portcullis::domain::token::verify(domain, "default", &portcullis::domain::possession::Presented::bare(&access))
            .is_ok()
    );
    let mut browser = Browser::new(&shop.server.url);
    let password = "correct horse battery";
    let page = browser.login(&format!("{ACCOUNT}/clients"), "anna", password).await.expect(200);
    assert!(page.text().contains("Till"), "{}", page.text());
    browser.send(&page, "/clients/till/revoke", &[]).await.expect(200);
    assert!(
        portcullis::domain::token::verify(domain, "default", &portcullis::domain::possession::Presented::bare(&access))
            .is_err()
    );
    let till = shop.admin.get(&format!("{ADMIN}/clients/till")).await.expect(200).json();
    let form = format!("grant_type=refresh_token&refresh_token={refresh}");
    let refused = ask_token(&shop.server, "shop", "till", till["client_secret"].as_str().unwrap(), &form).await;
    assert_eq!(refused.expect(400).json()["error"], "invalid_grant");
}
