//! A server that people visit with browsers: two of them have passwords, and one client asks for access.

use serde_json::{Value, json};

use portcullis::config::Config;

use super::{
    Answer, Browser, Caller, Page, TestServer,
    made::{ADMIN, ask_token, make_server},
};

/// The server.
pub const AID: &str = "shop";
/// Where the answers for the client go.
pub const BACK: &str = "https://web.example/back";
/// Where the client wants people to go after they have logged out.
pub const BYE: &str = "https://web.example/bye";
/// The password of Ann, and of Bob.
pub const PASSWORD: &str = "correct horse battery";
/// The verifier and the challenge of RFC 7636, appendix B.
const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";

/// The server with everything it needs.
pub struct Storefront {
    pub server: TestServer,
    pub admin: Caller,
    secret: String,
}

/// The members of the client `web`, with more of them.
pub fn web(more: Value) -> Value {
    let mut body = json!({
        "authorization_server_id": AID, "client_id": "web", "client_name": "Web Shop",
        "client_uri": "https://web.example/", "policy_uri": "https://web.example/policy", "redirect_uris": [BACK],
        "post_logout_redirect_uris": [BYE], "scopes": ["openid", "profile", "orders"],
        "grant_types": ["authorization_code", "refresh_token"],
    });
    body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    body
}

/// A method with Ann and Bob.
pub fn staff(id: &str, hint: bool) -> Value {
    let user = |name: &str| json!({ "username": name, "password": PASSWORD, "authentication_context": { "name": name.to_uppercase() } });
    json!({ "id": id, "name": format!("Staff {id}"), "method": "static",
            "static": { "hint": hint, "users": [user("ann"), user("bob")] } })
}

impl Storefront {
    /// Opens it.
    pub async fn open() -> Storefront {
        Storefront::with(|_| {}, json!({})).await
    }

    /// With another configuration, and other members of the client.
    pub async fn with(change: impl FnOnce(&mut Config), client: Value) -> Storefront {
        let server = TestServer::with(change).await;
        let admin = server.as_admin();
        make_server(&admin, AID, json!({ "name": "The Shop" })).await;
        let scope = json!({
            "authorization_server_id": AID, "id": "orders", "name": "orders", "display_name": "See your orders",
            "description": "What you have bought and when.",
        });
        admin.post(&format!("{ADMIN}/scopes"), &scope).await.expect(201);
        let made = admin.post(&format!("{ADMIN}/clients"), &web(client)).await.expect(201).json();
        let secret = made["client_secret"].as_str().unwrap_or_default().to_owned();
        let shop = Storefront { server, admin, secret };
        shop.lets_in_by(&[staff("staff", false)]).await;
        shop
    }

    /// Replaces the ways to log in.
    pub async fn lets_in_by(&self, methods: &[Value]) {
        let path = format!("{ADMIN}/servers/{AID}/authentications");
        self.admin.put(&path, &json!({ "methods": methods })).await.expect(200);
    }

    /// Changes members of the server.
    pub async fn change(&self, more: Value) {
        let path = format!("{ADMIN}/servers/{AID}");
        let mut body = self.admin.get(&path).await.expect(200).json();
        body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        self.admin.put(&path, &body).await.expect(200);
    }

    /// A browser without cookies.
    pub fn browser(&self) -> Browser {
        Browser::new(&self.server.url)
    }

    /// A browser in which somebody has logged in and said yes.
    pub async fn browser_of(&self, user: &str) -> Browser {
        let mut browser = self.browser();
        let page = browser.login(&self.request(""), user, PASSWORD).await;
        if page.has_form("/consent") {
            browser.send(&page, "/consent", &[]).await;
        }
        assert!(browser.session().is_some(), "{}", page.text());
        browser
    }

    /// An authorization request of the client, with more parameters (`&a=b`).
    pub fn request(&self, more: &str) -> String {
        format!(
            "/default/{AID}/oauth2/authorize?response_type=code&client_id=web&redirect_uri=https%3A%2F%2Fweb.example%2Fback\
             &scope=openid%20profile%20orders&state=a%20state&code_challenge={CHALLENGE}&code_challenge_method=S256{more}"
        )
    }

    /// The secret of the client.
    pub fn secret(&self) -> &str {
        &self.secret
    }

    /// What the client gets for the code that a browser has brought back.
    pub async fn redeem(&self, page: &Page) -> Value {
        self.redeem_again(page).await.expect(200).json()
    }

    /// The answer to a refresh token that the client shows.
    pub async fn refresh(&self, token: &str) -> Answer {
        let form = format!("grant_type=refresh_token&refresh_token={token}");
        ask_token(&self.server, AID, "web", &self.secret, &form).await
    }

    /// The answer to the code that a browser has brought back, whatever it is.
    pub async fn redeem_again(&self, page: &Page) -> Answer {
        let code = page.parameter("code").unwrap_or_else(|| panic!("no code in {}", page.url));
        let form = format!("grant_type=authorization_code&code={code}&redirect_uri={BACK}&code_verifier={VERIFIER}");
        ask_token(&self.server, AID, "web", &self.secret, &form).await
    }
}

/// A tag without what stands in quotes.
fn without_values(tag: &str) -> String {
    tag.split('"').step_by(2).collect()
}

/// Fails the test unless a page is one that nobody can put script into: a policy that forbids it, and no handler, no style
/// and no script inside.
#[track_caller]
pub fn is_calm(page: &Page) {
    let text = page.text();
    let policy = page.answer.header("content-security-policy").unwrap_or_default();
    assert!(policy.starts_with("default-src 'none'") && !policy.contains("unsafe"), "{policy}");
    assert!(policy.contains("frame-ancestors 'none'") && policy.contains("base-uri 'none'"), "{policy}");
    assert_eq!(page.answer.header("cache-control"), Some("no-store"));
    assert_eq!(page.answer.header("referrer-policy"), Some("no-referrer"));
    assert!(text.starts_with("<!DOCTYPE html>") && text.contains("<html lang=\""), "{text}");
    for tag in text.split('<').skip(1).filter_map(|rest| rest.split('>').next()) {
        let lower = without_values(tag).to_lowercase();
        assert!(!lower.starts_with("style") && !lower.starts_with("script") && !lower.starts_with("iframe"), "{tag}");
        assert!(!tag.to_lowercase().contains("=\"javascript:") && !lower.contains(" style="), "{tag}");
        let handler = lower.split_whitespace().skip(1).any(|word| word.starts_with("on") && word.contains('='));
        assert!(!handler, "{tag}");
    }
    for label in ["username", "password", "code"] {
        let (field, described) = (format!("id=\"{label}\""), format!("for=\"{label}\""));
        assert_eq!(text.contains(&field), text.contains(&described), "{label} has a label");
    }
    assert_eq!(text.matches("<h1").count(), 1, "one heading");
}
