//! A provider that says no, says something else, or is somebody else: what is told then, and that nothing else happens.

use std::time::Duration;

use http::Method;
use serde_json::{Value, json};

use super::{CLIENTS, administrator, says};
use crate::support::{
    Answer, Browser, Caller, SECRET, TestServer,
    made::basic,
    provider::{ACCOUNT_SECRET, CLIENT, Canned, Provider, path_of},
    visitor::{find_parameter, parameter},
};

const AUTHORIZE: &str = "/uc/resources/oauthclient/Op/authorize";
const CALLBACK: &str = "/uc/oauth2/callback";
const TOKEN: &str = "/uc/resources/oauthclient/Op/token";
const UNKNOWN: &str = "There is no authorization `of this answer`.";

/// A server with a connection to a provider on loopback.
struct Setting {
    server: TestServer,
    admin: Caller,
    provider: Provider,
}

impl Setting {
    async fn open() -> Setting {
        let server = TestServer::with(|config| {
            config.outbound.allowed_hosts = vec!["127.0.0.1".to_owned()];
            config.outbound.seconds = 2;
        });
        Setting::with(server.await).await
    }

    async fn with(server: TestServer) -> Setting {
        let (provider, admin) = (Provider::start().await, administrator(&server));
        let setting = Setting { server, admin, provider };
        setting.admin.post(CLIENTS, &setting.connection()).await.expect(200);
        setting
    }

    fn connection(&self) -> Value {
        let issuer = &self.provider.issuer;
        json!({
            "name": "Op", "clientId": CLIENT, "clientSecret": ACCOUNT_SECRET, "provider": 3, "scopes": ["mail", "offline_access"],
            "authorizationEndpoint": format!("{issuer}/authorize?x=y"), "tokenEndpoint": format!("{issuer}/token"),
        })
    }

    /// The address that somebody is given to go to.
    async fn url(&self) -> String {
        let caller = self.admin.clone().with_header("accept", "application/json");
        let answer = caller.get(AUTHORIZE).await.expect(200);
        assert_eq!(answer.header("set-cookie"), None);
        answer.json()["authorization_url"].as_str().unwrap().to_owned()
    }

    /// Somebody comes back with these parameters.
    async fn comes_back(&self, parameters: &[(&str, &str)]) -> Answer {
        let query = form_urlencoded(parameters);
        self.server.anonymous().get(&format!("{CALLBACK}?{query}")).await
    }

    /// The provider's token endpoint answers so from now on.
    fn answers(&self, canned: Canned) {
        self.provider.answers(&path_of(&format!("{}/token", self.provider.issuer)), canned);
    }

    /// Somebody has authorized the connection, and has been given these tokens.
    async fn authorized(&self, tokens: Value) {
        let url = self.url().await;
        self.answers(Canned::Json(200, tokens));
        self.comes_back(&[("state", &parameter(&url, "state")), ("code", "a code")]).await.expect(200);
    }

    async fn ask(&self) -> Answer {
        self.admin.post(TOKEN, &json!({})).await
    }

    fn asked(&self) -> usize {
        self.provider.asked(&path_of(&format!("{}/token", self.provider.issuer))).len()
    }
}

fn form_urlencoded(parameters: &[(&str, &str)]) -> String {
    let byte =
        |byte: u8| if byte.is_ascii_alphanumeric() { char::from(byte).to_string() } else { format!("%{byte:02X}") };
    let text = |text: &str| text.bytes().map(byte).collect::<String>();
    parameters.iter().map(|(name, value)| format!("{name}={}", text(value))).collect::<Vec<_>>().join("&")
}

#[tokio::test(flavor = "multi_thread")]
async fn the_provider_is_asked_by_the_rules() {
    let setting = Setting::open().await;
    let url = setting.url().await;
    assert!(url.starts_with(&format!("{}/authorize?x=y&", setting.provider.issuer)), "{url}");
    for (name, value) in [
        ("response_type", "code"),
        ("client_id", CLIENT),
        ("redirect_uri", &format!("{}{CALLBACK}", setting.server.url)),
        ("scope", "mail offline_access"),
        ("code_challenge_method", "S256"),
    ] {
        assert_eq!(parameter(&url, name), value, "{name}");
    }
    assert_eq!(find_parameter(&url, "access_type"), None);
    // This provider looks at redirect URI, verifier and our secret before it gives anything.
    let code = setting.provider.logs_in(&url, String::new());
    let issuer = setting.provider.issuer.clone();
    setting.comes_back(&[("state", &parameter(&url, "state")), ("code", &code), ("iss", &issuer)]).await.expect(200);
    assert_eq!(setting.ask().await.expect(200).json()["scope"], json!("mail offline_access"));
    let plain = setting.admin.clone().with_header("accept", "text/plain").get(AUTHORIZE).await.expect(200).text();
    assert!(plain.starts_with(&setting.provider.issuer), "{plain}");
    setting.admin.clone().with_header("accept", "image/png").get(AUTHORIZE).await.expect(406);
    setting.admin.send(Method::HEAD, AUTHORIZE, None, Default::default()).await.expect(405);
}

#[tokio::test(flavor = "multi_thread")]
async fn google_is_asked_for_a_refresh_token() {
    let setting = Setting::open().await;
    let google = json!({ "name": "G", "clientId": "us", "clientSecret": "s", "provider": 2, "scopes": ["a"] });
    setting.admin.post(CLIENTS, &google).await.expect(200);
    let caller = setting.admin.clone().with_header("accept", "text/plain");
    let url = caller.get("/uc/resources/oauthclient/G/authorize").await.expect(200).text();
    assert_eq!(
        (parameter(&url, "access_type"), parameter(&url, "prompt")),
        ("offline".to_owned(), "consent".to_owned())
    );
    let mut nobody = google;
    nobody.as_object_mut().unwrap().remove("clientId");
    setting.admin.put(CLIENTS, &nobody).await.expect(200);
    let answer = caller.get("/uc/resources/oauthclient/G/authorize").await;
    says(answer, 409, "The OAuth Client \"G\" has no clientId to ask with.");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_state_is_good_once_for_ten_minutes_and_for_its_account() {
    let setting = Setting::open().await;
    let tokens = json!({ "access_token": "a", "token_type": "bearer" });
    setting.answers(Canned::Json(200, tokens));
    let state = parameter(&setting.url().await, "state");
    let code = ("code", "a code");
    for made_up in
        ["", "x", "pc_connecting_x.default", &state.replace(".default", ".demo"), &state[1..], &format!("{state}.a")]
    {
        says(setting.comes_back(&[("state", made_up), code]).await, 404, UNKNOWN);
    }
    says(setting.comes_back(&[code]).await, 404, UNKNOWN);
    assert_eq!(setting.asked(), 0, "nobody is asked about what is not ours");
    setting.comes_back(&[("state", &state), code]).await.expect(200);
    says(setting.comes_back(&[("state", &state), code]).await, 404, UNKNOWN);
    assert_eq!(setting.asked(), 1);

    let state = parameter(&setting.url().await, "state");
    setting.server.world.advance_seconds(600);
    says(setting.comes_back(&[("state", &state), code]).await, 404, UNKNOWN);

    let state = parameter(&setting.url().await, "state");
    let mut other = setting.connection();
    other["clientSecret"] = json!("another secret");
    setting.admin.put(CLIENTS, &other).await.expect(200);
    says(setting.comes_back(&[("state", &state), code]).await, 404, UNKNOWN);
    assert_eq!(setting.asked(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn only_the_browser_that_was_sent_away_comes_back() {
    let setting = Setting::open().await;
    setting.answers(Canned::Json(200, json!({ "access_token": "a", "token_type": "Bearer" })));
    let mut browser = Browser::new(&setting.server.url).with_header("authorization", &basic("admin", SECRET));
    let away = browser.open(AUTHORIZE).await;
    let cookie = browser.set_cookies.last().unwrap().clone();
    assert!(cookie.contains("HttpOnly") && cookie.contains("SameSite=Lax"), "{cookie}");
    let back = format!("{CALLBACK}?code=a&state={}", parameter(&away.url, "state"));
    says(setting.server.anonymous().get(&back).await, 404, UNKNOWN);
    let forged = setting.server.anonymous().with_header("cookie", "pc-o=pc_browser_x");
    says(forged.get(&back).await, 404, UNKNOWN);
    assert_eq!(setting.asked(), 0);
    let german = browser.with_header("accept-language", "de").open(&back).await;
    assert_eq!(german.answer.status.as_u16(), 200);
    assert!(german.text().contains("„Op“"), "{}", german.text());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_provider_that_says_no_is_told_without_its_words() {
    let setting = Setting::open().await;
    let name = "The provider of the OAuth Client \"Op\"";
    for (said, told) in [("access_denied", "access_denied"), ("s3cr3t <script>", "another error")] {
        let state = parameter(&setting.url().await, "state");
        let answer = setting.comes_back(&[("state", &state), ("error", said)]).await;
        says(answer, 502, &format!("{name} does not authorize it ({told})."));
        says(setting.comes_back(&[("state", &state), ("code", "a")]).await, 404, UNKNOWN);
    }
    // Somebody else's answer (mix-up) is not taken to this provider.
    let state = parameter(&setting.url().await, "state");
    let mixed_up = setting.comes_back(&[("state", &state), ("code", "a"), ("iss", "https://evil.example")]).await;
    says(mixed_up, 403, "Operation prohibited due to security constraints.");
    assert_eq!(setting.asked(), 0);
    for (canned, told) in [
        (
            Canned::Json(401, json!({ "error": "invalid_client", "error_description": "s3cr3t" })),
            "gives no tokens (invalid_client): look at its clientId and clientSecret.",
        ),
        (Canned::Json(400, json!({ "error": "s3cr3t" })), "gives no tokens (another error)."),
        (Canned::Json(500, json!("s3cr3t")), "gives no tokens (status 500)."),
        (Canned::Bytes(b"s3cr3t".to_vec()), "does not answer with tokens."),
        (
            Canned::Json(200, json!({ "access_token": "s3cr3t", "token_type": "mac" })),
            "gives an access token of another type than Bearer.",
        ),
    ] {
        setting.answers(canned);
        let state = parameter(&setting.url().await, "state");
        says(setting.comes_back(&[("state", &state), ("code", "a")]).await, 502, &format!("{name} {told}"));
    }
    setting.answers(Canned::Moved("https://elsewhere.example/".to_owned()));
    let state = parameter(&setting.url().await, "state");
    let answer = setting.comes_back(&[("state", &state), ("code", "a")]).await.expect(502);
    assert_eq!(answer.text(), "The token endpoint of the OAuth Client \"Op\" answered with status 302.");
    says(setting.ask().await, 409, "Nobody has authorized the OAuth Client \"Op\" yet.");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refresh_token_that_stays_goes_on_and_one_that_is_refused_is_told() {
    let setting = Setting::open().await;
    let tokens = |access: &str| json!({ "access_token": access, "token_type": "Bearer", "expires_in": "100" });
    let mut first = tokens("first");
    first["refresh_token"] = json!("stays");
    first["scope"] = json!("mail");
    setting.authorized(first).await;
    setting.server.world.advance_seconds(41);
    setting.answers(Canned::Json(400, json!({ "error": "invalid_grant", "error_description": "stays s3cr3t" })));
    let told =
        "The provider of the OAuth Client \"Op\" gives no tokens (invalid_grant): it has to be authorized again.";
    says(setting.ask().await, 502, told);
    setting.server.world.advance_seconds(5);
    for access in ["second", "third"] {
        setting.answers(Canned::Json(200, tokens(access)));
        let got = setting.ask().await.expect(200).json();
        assert_eq!((&got["access_token"], &got["scope"]), (&json!(access), &json!("mail")));
        setting.server.world.advance_seconds(200);
    }
    let asked = setting.provider.asked(&path_of(&format!("{}/token", setting.provider.issuer)));
    assert_eq!(asked.last().unwrap().body, "grant_type=refresh_token&refresh_token=stays");
    assert!(asked.iter().all(|asked| asked.authorization.is_some()));
}

/// One has waited for it, and all who came meanwhile are told what that one was.
#[tokio::test(flavor = "multi_thread")]
async fn a_provider_that_hangs_is_waited_for_once() {
    let setting = Setting::open().await;
    let tokens = |access: &str| json!({ "access_token": access, "token_type": "Bearer", "expires_in": 100.0, "refresh_token": "" });
    let mut first = tokens("first");
    first["refresh_token"] = json!("stays");
    setting.authorized(first).await;
    assert_eq!(setting.ask().await.expect(200).json()["access_token"], json!("first"));
    setting.server.world.advance_seconds(41);
    setting.answers(Canned::Silence);
    let ask = |_| {
        let admin = setting.admin.clone();
        tokio::spawn(async move { admin.post(TOKEN, &json!({})).await.expect(502).text() })
    };
    let asking: Vec<_> = (0..6).map(ask).collect();
    let mut told = Vec::new();
    for one in asking {
        told.push(one.await.unwrap());
    }
    assert!(told.iter().all(|text| text.starts_with("The token endpoint of the OAuth Client \"Op\"")), "{told:?}");
    told.dedup();
    assert_eq!((told.len(), setting.asked()), (1, 2), "{told:?}");
    // It is mended: for a moment the same is told, then it is asked again, with the same refresh token.
    setting.answers(Canned::Json(200, tokens("second")));
    says(setting.ask().await, 502, &told[0]);
    setting.server.world.advance_seconds(5);
    assert_eq!(setting.ask().await.expect(200).json()["access_token"], json!("second"));
    setting.server.world.advance_seconds(50);
    setting.answers(Canned::Json(200, tokens("third")));
    assert_eq!(setting.ask().await.expect(200).json()["access_token"], json!("third"));
    let asked = setting.provider.asked(&path_of(&format!("{}/token", setting.provider.issuer)));
    assert_eq!(asked.last().unwrap().body, "grant_type=refresh_token&refresh_token=stays");
}

/// A connection that has failed is not told so when it has been authorized anew.
#[tokio::test(flavor = "multi_thread")]
async fn a_failure_is_forgotten_with_its_tokens() {
    let setting = Setting::open().await;
    let tokens =
        |life: i64| json!({ "access_token": "a", "token_type": "Bearer", "expires_in": life, "refresh_token": "r" });
    setting.authorized(tokens(10)).await;
    setting.answers(Canned::Json(400, json!({ "error": "invalid_grant" })));
    setting.ask().await.expect(502);
    setting.authorized(tokens(10)).await;
    setting.answers(Canned::Json(200, tokens(600)));
    assert_eq!(setting.ask().await.expect(200).json()["expires_in"], json!(600));
}

/// Tokens that live shorter than is wanted are shared by those who waited for them.
#[tokio::test(flavor = "multi_thread")]
async fn short_lives_are_not_renewed_by_each_in_a_row() {
    let setting = Setting::open().await;
    let tokens = |access: &str| json!({ "access_token": access, "token_type": "Bearer", "expires_in": 30, "refresh_token": "r" });
    setting.authorized(tokens("first")).await;
    setting.answers(Canned::Late(Duration::from_secs(1), tokens("second")));
    let ask = |_| {
        let admin = setting.admin.clone();
        tokio::spawn(async move { admin.post(TOKEN, &json!({})).await.expect(200).json()["access_token"].clone() })
    };
    let asking: Vec<_> = (0..20).map(ask).collect();
    for one in asking {
        assert_eq!(one.await.unwrap(), json!("second"));
    }
    assert!(setting.asked() < 20, "{} requests", setting.asked());
}

/// Whoever hangs up on the way back does not have the code shown twice.
#[tokio::test(flavor = "multi_thread")]
async fn coming_back_goes_on_when_the_browser_leaves() {
    let setting = Setting::open().await;
    let state = parameter(&setting.url().await, "state");
    setting.answers(Canned::Late(
        Duration::from_secs(1),
        json!({ "access_token": "kept", "token_type": "Bearer", "expires_in": 600 }),
    ));
    let back = format!("{CALLBACK}?code=a&state={state}");
    let (anonymous, path) = (setting.server.anonymous(), back.clone());
    let leaving = tokio::spawn(async move { anonymous.get(&path).await });
    while setting.asked() == 0 {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    leaving.abort();
    says(setting.server.anonymous().get(&back).await, 404, UNKNOWN);
    assert_eq!(setting.asked(), 1);
    assert_eq!(setting.ask().await.expect(200).json()["access_token"], json!("kept"));
}

/// Another site's page must not have an administrator's browser connect anything.
#[tokio::test(flavor = "multi_thread")]
async fn pages_of_other_sites_do_not_start_it() {
    let setting = Setting::open().await;
    let from =
        |site: &str| setting.admin.clone().with_header("accept", "text/html").with_header("sec-fetch-site", site);
    for site in ["cross-site", "same-site", "anything"] {
        let answer = from(site).get(AUTHORIZE).await;
        assert_eq!((answer.header("location"), answer.header("set-cookie")), (None, None));
        says(answer, 403, "Operation prohibited due to security constraints.");
    }
    for site in ["none", "same-origin"] {
        from(site).get(AUTHORIZE).await.expect(303);
    }
    from("cross-site").with_header("accept", "application/json").get(AUTHORIZE).await.expect(200);
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_refresh_token_it_has_to_be_authorized_again() {
    let setting = Setting::open().await;
    setting.authorized(json!({ "access_token": "only", "token_type": "Bearer", "expires_in": 100 })).await;
    assert_eq!(setting.ask().await.expect(200).json()["access_token"], json!("only"));
    setting.server.world.advance_seconds(41);
    let told = "The access token of the OAuth Client \"Op\" has ended, and its provider gave no refresh token: it has to be \
                authorized again.";
    says(setting.ask().await, 409, told);
    assert_eq!(setting.asked(), 1);
}

/// An address of this machine's own network is asked only where the operator allows it.
#[tokio::test(flavor = "multi_thread")]
async fn private_addresses_are_not_asked() {
    let setting = Setting::with(TestServer::start().await).await;
    let state = parameter(&setting.url().await, "state");
    let answer = setting.comes_back(&[("state", &state), ("code", "a")]).await;
    says(
        answer,
        502,
        "The token endpoint of the OAuth Client \"Op\" cannot be reached from this server, or may not be.",
    );
    assert_eq!(setting.asked(), 0);
}
