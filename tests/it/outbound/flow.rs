//! The whole way with a provider that is another server of ours: somebody authorizes a connection there, and programs get access
//! tokens that are good there.

use serde_json::{Value, json};

use super::{CLIENTS, administrator, says};
use crate::support::{
    Answer, Browser, Caller, Page, SECRET, TestServer,
    made::{ADMIN, basic},
    storefront::{AID, PASSWORD, Storefront, is_calm, web},
};

/// Where tokens of the connection are asked for.
const TOKEN: &str = "/uc/resources/oauthclient/House/token";

/// A server with an account at another one.
struct Pair {
    house: Storefront,
    server: TestServer,
    admin: Caller,
    /// The connection, as it is put.
    connection: Value,
}

impl Pair {
    async fn open() -> Pair {
        let house = Storefront::open().await;
        let server = TestServer::with(|config| config.outbound.allowed_hosts = vec!["127.0.0.1".to_owned()]).await;
        let back = format!("{}/uc/oauth2/callback", server.url);
        let client = web(json!({ "client_id": "uc", "client_name": "The controller", "redirect_uris": [back] }));
        let made = house.admin.post(&format!("{ADMIN}/clients"), &client).await.expect(201).json();
        let issuer = format!("{}/default/{AID}", house.server.url);
        let connection = json!({
            "name": "House", "clientId": "uc", "clientSecret": made["client_secret"], "provider": "Other",
            "authorizationEndpoint": format!("{issuer}/oauth2/authorize"), "tokenEndpoint": format!("{issuer}/oauth2/token"),
            "scopes": ["openid", "profile", "orders"],
        });
        let admin = administrator(&server);
        admin.post(CLIENTS, &connection).await.expect(200);
        Pair { house, server, admin, connection }
    }

    /// The administrator's browser goes to the house, where Ann says yes, and comes back.
    async fn authorize(&self) -> Page {
        let mut here = Browser::new(&self.server.url).with_header("authorization", &basic("admin", SECRET));
        let away = here.open("/uc/resources/oauthclient/House/authorize").await;
        assert_eq!(away.answer.status.as_u16(), 303);
        let mut there = self.house.browser();
        let mut page = there.login(&away.url, "ann", PASSWORD).await;
        if page.has_form("/consent") {
            page = there.send(&page, "/consent", &[]).await;
        }
        assert!(page.url.starts_with(&format!("{}/uc/oauth2/callback?", self.server.url)), "{}", page.url);
        // Browsers show names and passwords only where they are asked for them.
        let mut back = Browser::new(&self.server.url);
        back.cookies = here.cookies;
        back.open(&page.url).await
    }

    async fn ask(&self) -> Answer {
        self.admin.post(TOKEN, &json!({})).await
    }

    async fn token(&self) -> Value {
        self.ask().await.expect(200).json()
    }

    /// Whether an access token is good at the house.
    async fn is_good(&self, token: &Value) -> bool {
        let caller = self.house.server.anonymous().with_token(token["access_token"].as_str().unwrap());
        let answer = caller.get(&format!("/default/{AID}/userinfo")).await;
        answer.status == 200 && answer.json()["sub"].as_str().is_some_and(|subject| subject.contains("ann"))
    }

    fn advance(&self, seconds: i64) {
        self.house.server.world.advance_seconds(seconds);
        self.server.world.advance_seconds(seconds);
    }

    /// Until the token has so many seconds left.
    fn advance_until(&self, token: &Value, left: i64) {
        self.advance(token["expires_in"].as_i64().unwrap() - left);
    }

    async fn put(&self, change: Value) {
        let mut connection = self.connection.clone();
        connection.as_object_mut().unwrap().extend(change.as_object().unwrap().clone());
        self.admin.put(CLIENTS, &connection).await.expect(200);
    }
}

const NOBODY: &str = "Nobody has authorized the OAuth Client \"House\" yet.";

#[tokio::test(flavor = "multi_thread")]
async fn somebody_authorizes_and_programs_get_tokens() {
    let pair = Pair::open().await;
    says(pair.ask().await, 409, NOBODY);
    let page = pair.authorize().await;
    assert_eq!(page.answer.status.as_u16(), 200, "{}", page.text());
    is_calm(&page);
    assert!(page.text().contains("“House” may now be used."), "{}", page.text());
    let token = pair.token().await;
    let mut members: Vec<&String> = token.as_object().unwrap().keys().collect();
    members.sort_unstable();
    assert_eq!(members, ["access_token", "expires_in", "scope", "token_type"]);
    assert_eq!((&token["token_type"], &token["scope"]), (&json!("Bearer"), &json!("openid orders profile")));
    assert!(pair.is_good(&token).await);
    // It is the same one as long as it is good, and the record is none of it.
    let read = pair.admin.get(&format!("{CLIENTS}?oauthclientname=House")).await.expect(200).text();
    assert!(!read.contains(token["access_token"].as_str().unwrap()));
    let id = read.split("<sysId>").nth(1).unwrap().split('<').next().unwrap();
    let again = pair.admin.post(&format!("{CLIENTS}/{id}/token"), &json!({})).await.expect(200).json();
    assert_eq!(again["access_token"], token["access_token"]);
    says(
        pair.admin.post(&format!("{CLIENTS}/None/token"), &json!({})).await,
        404,
        "An OAuth Client with name \"None\" does not exist.",
    );
    pair.server.anonymous().post(TOKEN, &json!({})).await.expect(401);
    pair.server.as_system().post(TOKEN, &json!({})).await.expect(403);
}

/// The house lets a refresh token be used once; a second use would end everything that was given with it.
#[tokio::test(flavor = "multi_thread")]
async fn one_of_twenty_renews_and_all_get_what_it_got() {
    let pair = Pair::open().await;
    pair.authorize().await;
    let first = pair.token().await;
    pair.advance_until(&first, 60);
    assert_eq!(pair.token().await["access_token"], first["access_token"], "a minute is enough");
    pair.advance(1);
    let ask = |_| {
        let admin = pair.admin.clone();
        tokio::spawn(async move { admin.post(TOKEN, &json!({})).await.expect(200).json() })
    };
    let asking: Vec<_> = (0..20).map(ask).collect();
    let mut got = Vec::new();
    for one in asking {
        got.push(one.await.unwrap()["access_token"].clone());
    }
    assert!(got.iter().all(|token| *token == got[0]) && got[0] != first["access_token"], "{got:?}");
    let second = pair.token().await;
    assert!(pair.is_good(&second).await);
    // The next one as well: the refresh token that came with the second is the one that counts.
    pair.advance_until(&second, 0);
    let third = pair.token().await;
    assert_ne!(third["access_token"], second["access_token"]);
    assert!(pair.is_good(&third).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn another_account_has_to_be_authorized_again() {
    let pair = Pair::open().await;
    pair.authorize().await;
    let token = pair.token().await;
    pair.put(json!({ "description": "changed", "scopes": ["openid"] })).await;
    assert_eq!(pair.token().await["access_token"], token["access_token"]);
    for change in [
        json!({ "clientSecret": "another" }),
        json!({ "clientId": "another" }),
        json!({ "tokenEndpoint": "https://another.example/token" }),
    ] {
        pair.put(change).await;
        says(pair.ask().await, 409, NOBODY);
        // Putting the account back brings nothing back.
        pair.put(json!({})).await;
        says(pair.ask().await, 409, NOBODY);
        assert_eq!(pair.authorize().await.answer.status.as_u16(), 200);
        assert!(pair.is_good(&pair.token().await).await);
    }
    pair.admin.delete(&format!("{CLIENTS}?oauthclientname=House")).await.expect(200);
    says(pair.ask().await, 404, "An OAuth Client with name \"House\" does not exist.");
    pair.admin.post(CLIENTS, &pair.connection).await.expect(200);
    says(pair.ask().await, 409, NOBODY);
}

/// Tokens are in the store, sealed.
#[tokio::test(flavor = "multi_thread")]
async fn tokens_outlive_a_restart_and_are_not_in_clear() {
    let pair = Pair::open().await;
    pair.authorize().await;
    let token = pair.token().await;
    let Pair { server, .. } = pair;
    let (folder, world) = server.stop().await;
    let text = token["access_token"].as_str().unwrap().as_bytes();
    for file in std::fs::read_dir(folder.path()).unwrap().map(|file| file.unwrap().path()).filter(|path| path.is_file())
    {
        let bytes = std::fs::read(&file).unwrap();
        assert!(!bytes.windows(text.len()).any(|part| part == text), "{}", file.display());
    }
    let server = TestServer::on(folder, world, |_| {}).await;
    let again = administrator(&server).post(TOKEN, &json!({})).await.expect(200).json();
    assert_eq!(again["access_token"], token["access_token"]);
}
