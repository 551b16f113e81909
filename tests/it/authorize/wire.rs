//! The endpoint over sockets: status codes, cookies, headers and pages.

use http::Method;

use super::shop::{AID, BACK, Shop, Told, parameters};
use crate::support::{Answer, browser::Browser, made::FORM, person::Person};

covers!("authorize", "authorizeByPost");

const PATH: &str = "/default/shop/oauth2/authorize";

fn encoded(more: &[(&str, &str)]) -> String {
    form_urlencoded::Serializer::new(String::new()).extend_pairs(parameters(more)).finish()
}

async fn get(shop: &Shop, more: &[(&str, &str)]) -> Answer {
    shop.server.anonymous().get(&format!("{PATH}?{}", encoded(more))).await
}

async fn post(shop: &Shop, more: &[(&str, &str)]) -> Answer {
    let answer = shop.server.anonymous().send(Method::POST, PATH, Some(FORM), encoded(more).into()).await.expect(303);
    let again = answer.header("location").unwrap().strip_prefix(&shop.server.url).unwrap().to_owned();
    assert!(again.starts_with(&format!("{PATH}?")) && answer.header("set-cookie").is_none(), "{again}");
    shop.server.anonymous().get(&again).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_browser_is_sent_on_with_get_and_kept_by_a_cookie() {
    let shop = Shop::open().await;
    for answer in [get(&shop, &[]).await, post(&shop, &[]).await] {
        let answer = answer.expect(303);
        let location = answer.header("location").unwrap();
        let id = location.strip_prefix(&format!("{}/login/", shop.issuer())).unwrap_or_else(|| panic!("{location}"));
        assert!(id.len() == 32 && id.bytes().all(|byte| byte.is_ascii_hexdigit()), "{id}");
        assert_eq!(answer.header("cache-control"), Some("no-store"));
        let cookie = answer.header("set-cookie").unwrap();
        assert!(
            cookie.starts_with("pc-b-") && cookie.contains("HttpOnly") && cookie.contains("SameSite=Lax"),
            "{cookie}"
        );
        assert!(cookie.contains("Path=/;") || cookie.ends_with("Path=/"), "{cookie}");
    }
    for answer in [get(&shop, &[("prompt", "none")]).await, post(&shop, &[("prompt", "none")]).await] {
        let told = Told::of_url(answer.expect(303).header("location").unwrap());
        assert_eq!((told.uri.as_str(), shop.error_of(&told).as_str()), (BACK, "login_required"));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_session_cookie_of_this_server_counts() {
    let shop = Shop::open().await;
    let domain = &shop.server.app.domain;
    let (cookie, _) = Person::new(&shop.server, AID, "alice").logs_in(domain, "A browser").await;
    let mut browser = Browser::new(&shop.server.url);
    browser.ask(Method::GET, &format!("{PATH}?{}", encoded(&[])), Vec::new()).await.expect(303);
    let names: Vec<String> = browser.cookies.keys().cloned().collect();
    browser.cookies.insert(names[0].replace("pc-b-", "pc-s-"), cookie.clone());
    let answer = browser.ask(Method::GET, &format!("{PATH}?{}", encoded(&[])), Vec::new()).await.expect(303);
    assert!(Told::of_url(answer.header("location").unwrap()).get("code").is_some());

    browser.cookies.insert(names[0].replace("pc-b-", "pc-s-"), format!("{cookie}x"));
    let url = format!("{PATH}?{}", encoded(&[("prompt", "none")]));
    let answer = browser.ask(Method::GET, &url, Vec::new()).await.expect(303);
    assert_eq!(Told::of_url(answer.header("location").unwrap()).get("error"), Some("login_required"));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_trusted_is_a_page_and_no_redirect() {
    let shop = Shop::open().await;
    for (more, status) in [
        (("redirect_uri", "https://evil.example/"), 400),
        (("redirect_uri", "https://web.example/back#x"), 400),
        (("client_id", "nobody"), 400),
        (("client_id", ""), 400),
        (("client_id", "<script>alert(1)</script>"), 400),
    ] {
        for answer in [get(&shop, &[more]).await, post(&shop, &[more]).await] {
            let answer = answer.expect(status);
            assert_eq!(answer.header("location"), None, "{more:?}");
            assert!(answer.header("content-type").unwrap().starts_with("text/html"), "{more:?}");
            assert!(
                !answer.text().contains("evil.example") && !answer.text().contains("<script>"),
                "{}",
                answer.text()
            );
        }
    }
    shop.server.anonymous().get("/default/nothing/oauth2/authorize?client_id=web").await.expect(404);
    shop.server.anonymous().get("/default/system/oauth2/authorize?client_id=system").await.expect(400);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_form_that_posts_itself_works_without_script() {
    let shop = Shop::open().await;
    let state = "\"><script>alert(1)</script>";
    let more = [("prompt", "none"), ("response_mode", "form_post"), ("state", state)];
    let answer = get(&shop, &more).await.expect(200);
    let (text, policy) = (answer.text(), answer.header("content-security-policy").unwrap());
    assert!(text.contains(&format!("method=\"post\" action=\"{BACK}\"")), "{text}");
    assert!(text.contains("name=\"error\" value=\"login_required\""), "{text}");
    assert!(text.contains(&format!("name=\"iss\" value=\"{}\"", shop.issuer())), "{text}");
    assert!(text.contains("<button"), "without script there is a button: {text}");
    assert!(!text.contains("<script>") && text.contains("&quot;&gt;&lt;script&gt;"), "{text}");
    assert!(policy.contains("default-src 'none'") && policy.contains("script-src 'self'"), "{policy}");
    assert!(!policy.contains("unsafe"), "{policy}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_has_a_bounded_number_of_parameters_in_a_form_or_a_query() {
    let shop = Shop::open().await;
    let many: String = (0..65).map(|place| format!("&p{place}=x")).collect();
    let path = format!("{PATH}?{}{many}", encoded(&[]));
    assert_eq!(shop.server.anonymous().get(&path).await.expect(400).header("location"), None);
    let giant = "x".repeat(60_000);
    let long = shop.server.anonymous().get(&format!("{PATH}?{}&nonce={giant}", encoded(&[]))).await;
    assert!([414, 431].contains(&long.status.as_u16()) && long.header("location").is_none(), "{}", long.status);
    // No link can carry it, so it is answered as it comes.
    let form = encoded(&[("state", &giant)]);
    let answer = shop.server.anonymous().send(Method::POST, PATH, Some(FORM), form.into()).await.expect(303);
    let told = Told::of_url(answer.header("location").unwrap());
    assert_eq!((told.get("error"), told.get("state")), (Some("invalid_request"), None));
    let json = shop.server.anonymous().send(Method::POST, PATH, Some("application/json"), "{}".into()).await;
    assert_eq!(json.expect(415).header("location"), None);
    let twice = format!("{PATH}?{}&state=more", encoded(&[]));
    let answer = shop.server.anonymous().get(&twice).await.expect(303);
    assert_eq!(Told::of_url(answer.header("location").unwrap()).get("error"), Some("invalid_request"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_form_of_another_site_takes_no_cookie_away_and_one_with_cookies_is_taken() {
    let shop = Shop::open().await;
    let mut browser = Browser::new(&shop.server.url);
    browser.ask(Method::GET, &format!("{PATH}?{}", encoded(&[])), Vec::new()).await.expect(303);
    // The browser leaves its cookies out when a form of another site is sent here (SameSite=Lax), and sends them with the link.
    let state = "a state with spaces & more";
    let form = encoded(&[("state", state)]);
    let answer = shop.server.anonymous().send(Method::POST, PATH, Some(FORM), form.into()).await.expect(303);
    assert_eq!(answer.header("set-cookie"), None);
    let again = answer.header("location").unwrap().to_owned();
    assert_eq!(Told::of_url(&again).get("state"), Some(state));
    let answer = browser.ask(Method::GET, &again, Vec::new()).await.expect(303);
    assert!(answer.header("location").unwrap().contains("/login/") && answer.header("set-cookie").is_none());
    let answer = browser.ask(Method::POST, PATH, parameters(&[])).await.expect(303);
    assert!(answer.header("location").unwrap().contains("/login/"), "with cookies there is no need");
}

#[tokio::test(flavor = "multi_thread")]
async fn its_description_asks_for_nothing_of_a_gateway() {
    let shop = Shop::open().await;
    let described = shop.server.anonymous().get("/openapi/people.json").await.expect(200).json();
    let parameters =
        described["paths"]["/{tid}/{aid}/oauth2/authorize"]["get"]["parameters"].as_array().unwrap().clone();
    assert!(parameters.iter().any(|one| one["name"] == "client_id"));
    assert!(parameters.iter().all(|one| one["in"] != "header"), "{parameters:?}");
}
