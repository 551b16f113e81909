//! Logging in with a browser: the pages, their cookies, and what strangers try with them.

use portcullis::domain::session;
use serde_json::json;

use crate::support::{
    Browser, Page,
    storefront::{AID, BACK, PASSWORD, Storefront, is_calm, staff},
};

covers!(
    "login",
    "chooseLogin",
    "givePassword",
    "reloadPassword",
    "reloadSecondFactor",
    "refuseLogin",
    "pageStyle",
    "pageScript",
);

#[tokio::test(flavor = "multi_thread")]
async fn login_consent_and_back_to_the_client() {
    let shop = Storefront::open().await;
    let mut browser = shop.browser();
    let page = browser.open(&shop.request("")).await.expect(200);
    is_calm(&page);
    assert!(page.text().contains("The Shop") && page.text().contains("to continue to Web Shop"), "{}", page.text());
    let page = browser.send(&page, "/password", &[("username", "ann"), ("password", PASSWORD)]).await.expect(200);
    is_calm(&page);
    assert!(page.text().contains("Web Shop asks for access"), "{}", page.text());
    let page = browser.send(&page, "/consent", &[]).await;
    assert!(page.url.starts_with(BACK), "{}", page.url);
    assert_eq!(page.parameter("state").as_deref(), Some("a state"));
    assert_eq!(page.parameter("iss"), Some(format!("{}/default/{AID}", shop.server.url)));
    let tokens = shop.redeem(&page).await;
    assert_eq!(tokens["scope"], "openid orders profile");
    // Nobody is asked twice.
    let again = browser.open(&shop.request("")).await;
    assert!(again.parameter("code").is_some(), "{}", again.url);
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_says_no_goes_back_with_a_no() {
    let shop = Storefront::open().await;
    let mut browser = shop.browser();
    let page = browser.open(&shop.request("")).await;
    let gone = browser.send(&page, "/refuse", &[]).await;
    assert_eq!((gone.url.starts_with(BACK), gone.parameter("error").as_deref()), (true, Some("access_denied")));
    assert_eq!(gone.parameter("state").as_deref(), Some("a state"));
    let page = browser.login(&shop.request(""), "ann", PASSWORD).await.expect(200);
    let gone = browser.send(&page, "/refuse", &[]).await;
    assert_eq!(gone.parameter("error").as_deref(), Some("access_denied"), "{}", gone.url);
    assert_eq!(gone.parameter("code"), None);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_password_and_a_wrong_name_look_the_same() {
    let shop = Storefront::open().await;
    let mut browser = shop.browser();
    let wrong = browser.login(&shop.request(""), "ann", "wrong").await.expect(401);
    is_calm(&wrong);
    assert!(wrong.answer.header("www-authenticate").is_some());
    assert_eq!(wrong.form("/password").value("username"), Some("ann"), "the name stays");
    assert_eq!(wrong.form("/password").value("password"), Some(""), "the password does not");
    let unknown = browser.login(&shop.request(""), "nobody", "wrong").await.expect(401);
    let alert =
        |page: &Page| page.text().split("role=\"alert\">").nth(1).unwrap().split('<').next().unwrap().to_owned();
    assert_eq!(alert(&wrong), alert(&unknown));
    assert_eq!(browser.session(), None);
    let right = browser.send(&unknown, "/password", &[("username", "ann"), ("password", PASSWORD)]).await.expect(200);
    assert!(right.has_form("/consent") && browser.session().is_some(), "{}", right.text());
}

#[tokio::test(flavor = "multi_thread")]
async fn guessing_is_slowed_down() {
    let shop = Storefront::open().await;
    let mut browser = shop.browser();
    let mut page = browser.open(&shop.request("")).await;
    for _ in 0..5 {
        page = browser.send(&page, "/password", &[("username", "ann"), ("password", "wrong")]).await.expect(401);
    }
    let right = [("username", "ann"), ("password", PASSWORD)];
    let page = browser.send(&page, "/password", &right).await.expect(429);
    is_calm(&page);
    assert_eq!(page.answer.header("retry-after"), Some("1"));
    assert_eq!(browser.session(), None, "the right password has to wait as well");
    let bob = shop.browser().login(&shop.request(""), "bob", PASSWORD).await.expect(200);
    assert!(bob.has_form("/consent"), "somebody else does not wait");
    shop.server.world.advance_seconds(1);
    browser.send(&page, "/password", &right).await.expect(200);
    assert!(browser.session().is_some());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_login_ends_after_half_an_hour_and_says_where_to_start_again() {
    let shop = Storefront::open().await;
    let mut browser = shop.browser();
    let page = browser.open(&shop.request("")).await.expect(200);
    shop.server.world.advance_seconds(1799);
    browser.open(&page.url).await.expect(200);
    shop.server.world.advance_seconds(1);
    let over = browser.open(&page.url).await.expect(404);
    is_calm(&over);
    assert!(over.text().contains("This login is over"), "{}", over.text());
    assert!(over.text().contains("href=\"https://web.example/\""), "{}", over.text());
    let right = [("username", "ann"), ("password", PASSWORD)];
    browser.send(&page, "/password", &right).await.expect(404);
    assert_eq!(browser.session(), None);
    is_calm(&browser.open("/default/shop/login/never").await.expect(404));
    is_calm(&browser.open("/default/nowhere/login/never").await.expect(404));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_form_of_somebody_else_is_refused() {
    let shop = Storefront::open().await;
    let mut browser = shop.browser();
    let page = browser.open(&shop.request("")).await;
    let form = page.form("/password").with(&[("username", "ann"), ("password", PASSWORD)]);
    let foreign = shop.browser().open(&shop.request("")).await.form("/password");
    let other_login = browser.open(&shop.request("")).await.form("/password");
    let forged = [
        form.clone().without("csrf"),
        form.clone().with(&[("csrf", "")]),
        form.clone().with(&[("csrf", foreign.value("csrf").unwrap())]),
        form.clone().with(&[("csrf", other_login.value("csrf").unwrap())]),
    ];
    for form in forged {
        is_calm(&browser.post(&form).await.expect(403));
    }
    for site in ["cross-site", "same-site"] {
        browser.clone().with_header("sec-fetch-site", site).post(&form).await.expect(403);
    }
    for action in ["/choose", "/refuse", "/consent", "/second-factor"] {
        let mut other = form.clone().without("csrf");
        other.action = form.action.replace("/password", action);
        browser.post(&other).await.expect(403);
    }
    assert_eq!(browser.session(), None);
    browser.post(&form).await.expect(200);
    assert!(browser.session().is_some(), "the same form with its own field is fine");
}

#[tokio::test(flavor = "multi_thread")]
async fn another_browser_cannot_go_on_with_a_login() {
    let shop = Storefront::open().await;
    let mut browser = shop.browser();
    let page = browser.open(&shop.request("")).await;
    let mut stranger = shop.browser();
    stranger.open(&page.url).await.expect(404);
    stranger.open(&shop.request("")).await.expect(200);
    stranger.open(&page.url).await.expect(404);
    stranger.post(&page.form("/password").with(&[("username", "bob"), ("password", PASSWORD)])).await.expect(403);
    // Nor in the middle, when somebody has logged in.
    let page = browser.send(&page, "/password", &[("username", "ann"), ("password", PASSWORD)]).await.expect(200);
    stranger.open(&page.url).await.expect(404);
    stranger.post(&page.form("/consent")).await.expect(403);
}

/// Somebody has begun a login in this browser, or put its cookie there, and knows it: that is worth nothing once a person has
/// logged in.
#[tokio::test(flavor = "multi_thread")]
async fn who_knows_the_cookie_of_a_login_gets_nothing_of_the_person() {
    let shop = Storefront::open().await;
    let mut attacker = shop.browser();
    let login = attacker.open(&shop.request("&prompt=login%20consent")).await.expect(200);
    let mut victim = attacker.clone();
    let page = victim.send(&login, "/password", &[("username", "ann"), ("password", PASSWORD)]).await.expect(200);
    assert!(page.has_form("/consent"), "{}", page.text());
    for mut thief in [attacker.clone(), attacker.clone()] {
        let seen = thief.open(&login.url).await.expect(200);
        assert!(seen.has_form("/password") && !seen.text().contains("You are logged in as"), "{}", seen.text());
        thief.post(&page.form("/consent")).await.expect(409);
        // A session of their own is not hers.
        attacker.login(&shop.request("&prompt=login"), "bob", PASSWORD).await;
    }
    let back = victim.post(&page.form("/consent")).await;
    assert!(back.parameter("code").is_some(), "{}", back.url);
}

#[tokio::test(flavor = "multi_thread")]
async fn every_login_starts_a_new_session() {
    let shop = Storefront::open().await;
    // Somebody has planted a cookie that they know.
    let mut attacker = shop.browser_of("bob").await;
    let (name, planted) = attacker.session().map(|(name, value)| (name.to_owned(), value.to_owned())).unwrap();
    let mut browser = shop.browser();
    browser.cookies.insert(name.clone(), planted.clone());
    browser.login(&shop.request("&prompt=login"), "ann", PASSWORD).await.expect(200);
    let first = browser.session().unwrap().1.to_owned();
    assert_ne!(first, planted);
    let asked = attacker.open(&shop.request("")).await.expect(200);
    assert!(asked.has_form("/password"), "what was planted is worth nothing any more");
    // Logging in again replaces the session, too.
    browser.login(&shop.request("&prompt=login"), "ann", PASSWORD).await.expect(200);
    assert_ne!(browser.session().unwrap().1, first);
    let mut old = shop.browser();
    old.cookies.insert(name, first);
    assert!(old.open(&shop.request("")).await.expect(200).has_form("/password"));
}

#[tokio::test(flavor = "multi_thread")]
async fn grants_of_a_session_survive_its_renewal_and_not_another_person() {
    let shop = Storefront::open().await;
    let mut browser = shop.browser_of("ann").await;
    let page = browser.open(&shop.request("")).await;
    let tokens = shop.redeem(&page).await;
    let userinfo = async || {
        let token = tokens["access_token"].as_str().unwrap();
        shop.server.anonymous().with_token(token).get(&format!("/default/{AID}/userinfo")).await.status.as_u16()
    };
    assert_eq!(userinfo().await, 200);
    browser.login(&shop.request("&prompt=login"), "ann", PASSWORD).await;
    assert_eq!(userinfo().await, 200, "it is the same person");
    browser.login(&shop.request("&prompt=login"), "bob", PASSWORD).await;
    assert_eq!(userinfo().await, 401, "Ann has left this browser");
}

#[tokio::test(flavor = "multi_thread")]
async fn cookies_are_for_this_host_and_for_tls_but_on_loopback() {
    let shop = Storefront::open().await;
    let browser = shop.browser_of("ann").await;
    assert!(browser.set_cookies.len() >= 2);
    for line in &browser.set_cookies {
        assert!(line.starts_with("pc-") && line.contains("; HttpOnly") && line.contains("; SameSite=Lax"), "{line}");
        assert!(line.contains("; Path=/") && !line.contains("Secure") && !line.contains("Domain"), "{line}");
    }
    let session = browser.set_cookies.iter().find(|line| line.contains("pc-s-")).unwrap();
    assert!(session.contains("Max-Age=3600"), "{session}");

    let shop = Storefront::with(|config| config.public_url = Some("https://id.example".to_owned()), json!({})).await;
    let mut browser = Browser::new(&shop.server.url);
    let ours = |page: &Page| page.url.replace("https://id.example", "");
    let page = browser.open(&shop.request("")).await;
    let page = browser.open(&ours(&page)).await.expect(200);
    let mut form = page.form("/password").with(&[("username", "ann"), ("password", PASSWORD)]);
    form.action = form.action.replace("https://id.example", "");
    browser.post(&form).await;
    assert_eq!(browser.set_cookies.len(), 2);
    for line in &browser.set_cookies {
        assert!(line.starts_with("__Host-pc-") && line.contains("; Secure") && line.contains("; Path=/"), "{line}");
        assert!(line.contains("; HttpOnly") && line.contains("; SameSite=Lax") && !line.contains("Domain"), "{line}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_that_others_write_becomes_markup() {
    const EVIL: &str = "\"'><script>alert(1)</script><img src=x onerror=alert(1)>";
    let shop = Storefront::with(|_| {}, json!({ "client_name": EVIL, "description": EVIL })).await;
    let scope = json!({ "authorization_server_id": AID, "name": "orders", "display_name": EVIL, "description": EVIL });
    shop.admin.put("/api/admin/default/scopes/orders", &scope).await.expect(200);
    shop.change(json!({ "name": EVIL })).await;
    let hint: String = EVIL.bytes().map(|byte| format!("%{byte:02X}")).collect();
    let mut browser = shop.browser();
    let asked = shop.request("").replace("state=a%20state", &format!("state={hint}"));
    let page = browser.open(&format!("{asked}&login_hint={hint}&response_mode=form_post")).await.expect(200);
    is_calm(&page);
    assert_eq!(page.form("/password").value("username"), Some(EVIL), "it is shown as it is, and as text");
    let page = browser.send(&page, "/password", &[("username", EVIL), ("password", "x")]).await.expect(401);
    is_calm(&page);
    let page = browser.send(&page, "/password", &[("username", "ann"), ("password", PASSWORD)]).await.expect(200);
    is_calm(&page);
    let page = browser.send(&page, "/consent", &[]).await.expect(200);
    assert_eq!(page.form(BACK).value("state"), Some(EVIL));
    assert_eq!(page.text().matches("<script").count(), 1, "only the one that posts: {}", page.text());
    let policy = page.answer.header("content-security-policy").unwrap();
    assert!(policy.contains("script-src 'self'") && !policy.contains("unsafe"), "{policy}");
}

#[tokio::test(flavor = "multi_thread")]
async fn pages_speak_german() {
    let shop = Storefront::open().await;
    let mut browser = shop.browser().with_header("accept-language", "de-CH, en;q=0.5");
    let page = browser.open(&shop.request("")).await.expect(200);
    assert!(page.text().contains("<html lang=\"de\">") && page.text().contains("Anmelden"), "{}", page.text());
    let page = browser.send(&page, "/password", &[("username", "ann"), ("password", "x")]).await.expect(401);
    assert!(page.text().contains("passen nicht zusammen"), "{}", page.text());
    let page = browser.send(&page, "/password", &[("username", "ann"), ("password", PASSWORD)]).await.expect(200);
    assert!(page.text().contains("Web Shop bittet um Zugriff"), "{}", page.text());
    let over = browser.open("/default/shop/login/never").await.expect(404);
    assert!(over.text().contains("Diese Anmeldung ist vorbei"), "{}", over.text());
    // What the client asks for comes before what the browser prefers.
    let english = browser.open(&shop.request("&ui_locales=fr%20en&prompt=login")).await.expect(200);
    assert!(english.text().contains("<html lang=\"en\">"), "{}", english.text());
}

#[tokio::test(flavor = "multi_thread")]
async fn people_choose_among_several_ways() {
    let shop = Storefront::open().await;
    let mut two = staff("two", false);
    for (place, name) in ["eva", "max"].into_iter().enumerate() {
        two["static"]["users"][place]["username"] = json!(name);
    }
    shop.lets_in_by(&[staff("one", true), two]).await;
    let mut browser = shop.browser();
    let page = browser.open(&shop.request("")).await.expect(200);
    is_calm(&page);
    assert!(page.text().contains("Log in with Staff one") && page.text().contains("Log in with Staff two"));
    browser.send(&page, "/choose", &[("method", "three")]).await.expect(400);
    let one = browser.send(&page, "/choose", &[("method", "one")]).await.expect(200);
    assert!(one.text().contains("<option value=\"bob\">"), "it shows its people: {}", one.text());
    let back = browser.send(&one, "/choose", &[]).await.expect(200);
    assert!(!back.has_form("/password"), "{}", back.text());
    let two = browser.send(&back, "/choose", &[("method", "two")]).await.expect(200);
    assert!(!two.text().contains("max"), "it does not: {}", two.text());
    let in_ = browser.send(&two, "/password", &[("username", "max"), ("password", PASSWORD)]).await.expect(200);
    assert!(in_.has_form("/consent"));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_style_and_the_script_can_be_loaded() {
    let shop = Storefront::open().await;
    let page = shop.browser().open(&shop.request("")).await;
    let style = page.text().split("rel=\"stylesheet\" href=\"").nth(1).unwrap().split('"').next().unwrap().to_owned();
    let answer = shop.server.anonymous().get(&style).await.expect(200);
    assert_eq!(answer.header("content-type"), Some("text/css; charset=utf-8"));
    let answer = shop.server.anonymous().get("/assets/post.js").await.expect(200);
    assert_eq!(answer.header("content-type"), Some("text/javascript; charset=utf-8"));
}

/// Somebody presses "Log in" twice, or three times at once: each answer starts a session, and one of them stays.
#[tokio::test(flavor = "multi_thread")]
async fn whoever_logs_in_twice_in_one_login_has_one_session() {
    let shop = Storefront::open().await;
    let sessions = || session::list(&shop.server.app.domain, "default", AID, "ann").unwrap().len();
    let mut first = shop.browser();
    let page = first.open(&shop.request("")).await.expect(200);
    let form = page.form("/password").with(&[("username", "ann"), ("password", PASSWORD)]);
    let (mut second, mut third, mut wrong) = (first.clone(), first.clone(), first.clone());
    first.post(&form).await.expect(200);
    wrong.post(&form.clone().with(&[("password", "wrong")])).await.expect(401);
    assert_eq!(sessions(), 1, "a wrong password ends nobody's session");
    let asked = second.post(&form).await.expect(200);
    assert_eq!(sessions(), 1);
    assert!(first.open(&page.url).await.expect(200).has_form("/password"), "the first has ended");
    let back = second.post(&asked.form("/consent")).await;
    let token = shop.redeem(&back).await["access_token"].as_str().unwrap().to_owned();
    let userinfo = format!("/default/{AID}/userinfo");
    let bearer = shop.server.anonymous().with_token(&token);
    bearer.get(&userinfo).await.expect(200);
    let out = second.open(&format!("/default/{AID}/oauth2/logout")).await.expect(200);
    second.send(&out, "/logout", &[]).await.expect(200);
    bearer.get(&userinfo).await.expect(401);
    assert_eq!(sessions(), 0, "nobody stays logged in unseen");

    let page = third.open(&shop.request("")).await.expect(200);
    let form = page.form("/password").with(&[("username", "ann"), ("password", PASSWORD)]);
    let mut at_once = [third.clone(), third.clone(), third.clone()];
    let [one, two, three] = &mut at_once;
    tokio::join!(one.post(&form), two.post(&form), three.post(&form));
    assert_eq!(sessions(), 1);
    let mut in_ = 0;
    for browser in &mut at_once {
        let account = browser.open(&format!("/default/{AID}/account")).await.expect(200);
        in_ += usize::from(account.url.ends_with("/account"));
    }
    assert_eq!(in_, 1, "it is the session of one of them");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_that_is_loaded_again_leads_back_to_the_login() {
    let shop = Storefront::open().await;
    let mut browser = shop.browser();
    let wrong = browser.login(&shop.request(""), "ann", "wrong").await.expect(401);
    assert!(wrong.url.ends_with("/password"), "{}", wrong.url);
    for form in ["/password", "/second-factor"] {
        let again = browser.open(&wrong.url.replace("/password", form)).await.expect(200);
        assert!(
            again.has_form("/password") && again.url.ends_with(wrong.url.split('/').nth(4).unwrap()),
            "{}",
            again.url
        );
    }
    shop.browser().open(&wrong.url).await.expect(404);
    browser.open("/default/shop/login/never/password").await.expect(404);
}
