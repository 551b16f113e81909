//! A shop: an authorization server with people and two clients that get tokens about them, and codes and tokens as the
//! authorization endpoint and the token endpoint make them.

use data_encoding::BASE64URL_NOPAD;
use portcullis::{
    domain::{
        Domain,
        authorize::Code,
        grant::Grant,
        handle::{self, Purpose},
    },
    store::records,
};
use serde_json::{Value, json};

use super::{
    Answer, Caller, TestServer,
    made::{ADMIN, ask_token, basic, make_server, post_form},
    person::Person,
};

/// Where the clients of the shop have their answers sent.
pub const CALLBACK: &str = "https://till.example/cb";
/// The password of everybody in the shop.
pub const PASSWORD: &str = "correct horse battery staple";
/// Every grant of the token endpoint, and the scopes of both clients.
const GRANTS: [&str; 4] = ["authorization_code", "refresh_token", "client_credentials", "password"];
const SCOPES: [&str; 4] = ["openid", "buy", "sell", "offline_access"];

/// A shop.
pub struct Shop {
    pub server: TestServer,
    pub admin: Caller,
    /// The secret of the client `till`.
    pub till: String,
    /// The secret of the client `scale`.
    pub scale: String,
}

impl Shop {
    /// A shop whose server has these members as well.
    pub async fn open(more: Value) -> Shop {
        let server = TestServer::start().await;
        let admin = server.as_admin();
        let mut members = json!({ "grant_types": GRANTS });
        members.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        make_server(&admin, "shop", members).await;
        make_scopes(&admin).await;
        let users = ["ada", "bob"].map(|name| {
            json!({ "username": name, "password": PASSWORD, "authentication_context": { "name": name, "age": 36 } })
        });
        let staff = json!({ "id": "staff", "name": "Staff", "method": "static", "static": { "users": users } });
        let path = format!("{ADMIN}/servers/shop/authentications");
        admin.put(&path, &json!({ "methods": [staff] })).await.expect(200);
        let (till, scale) = (make(&admin, "till").await, make(&admin, "scale").await);
        Shop { server, admin, till, scale }
    }

    /// The same shop after its server was stopped and started again.
    pub async fn again(self) -> Shop {
        let Shop { server, till, scale, .. } = self;
        let (folder, world) = server.stop().await;
        let server = TestServer::on(folder, world, |_| {}).await;
        Shop { admin: server.as_admin(), server, till, scale }
    }

    /// Everything behind the server.
    pub fn domain(&self) -> &Domain {
        &self.server.app.domain
    }

    /// Changes members of the client `till`.
    pub async fn change_till(&self, more: Value) {
        let mut body = client("till");
        body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        self.admin.put(&format!("{ADMIN}/clients/till"), &body).await.expect(200);
    }

    /// Asks for tokens as the client `till`.
    pub async fn ask(&self, form: &str) -> Answer {
        ask_token(&self.server, "shop", "till", &self.till, form).await
    }

    /// Asks for tokens as the client `scale`.
    pub async fn ask_as_scale(&self, form: &str) -> Answer {
        ask_token(&self.server, "shop", "scale", &self.scale, form).await
    }

    /// Asks so many times at once as the client `till`; answers what those got that got tokens.
    pub async fn ask_at_once(&self, form: &str, times: usize) -> Vec<Value> {
        let caller = self.server.anonymous().with_header("authorization", &basic("till", &self.till));
        let mut asking = tokio::task::JoinSet::new();
        for _ in 0..times {
            let (caller, form) = (caller.clone(), form.to_owned());
            asking.spawn(async move { post_form(&caller, "/default/shop/oauth2/token", &form).await });
        }
        let answers = asking.join_all().await;
        for answer in answers.iter().filter(|answer| answer.status != 200) {
            assert_eq!(answer.json()["error"], "invalid_grant", "{}", answer.text());
        }
        answers.iter().filter(|answer| answer.status == 200).map(Answer::json).collect()
    }

    /// Deletes the client `till` and makes another one of that name and secret.
    pub async fn make_till_again(&self) {
        self.admin.delete(&format!("{ADMIN}/clients/till")).await.expect(204);
        self.server.world.advance_seconds(1);
        let mut body = client("till");
        body["client_secret"] = json!(self.till);
        self.admin.post(&format!("{ADMIN}/clients"), &body).await.expect(201);
    }

    /// Deletes the server and makes another one of that name, with a client of the name and secret of `till`.
    pub async fn make_server_again(&self) {
        self.admin.delete(&format!("{ADMIN}/servers/shop")).await.expect(204);
        self.server.world.advance_seconds(1);
        make_server(&self.admin, "shop", json!({ "grant_types": GRANTS })).await;
        make_scopes(&self.admin).await;
        let mut body = client("till");
        body["client_secret"] = json!(self.till);
        self.admin.post(&format!("{ADMIN}/clients"), &body).await.expect(201);
    }

    /// What ada lets the client `till` have, by its id.
    pub async fn grant(&self, scopes: &[&str], session: Option<&str>) -> String {
        Person::new(&self.server, "shop", "ada").lets(self.domain(), "till", scopes, session).await
    }

    /// Changes a grant.
    pub async fn change_grant(&self, id: &str, change: impl FnOnce(&mut Grant)) {
        let mut grant = records::get::<Grant>(&self.domain().store.read().unwrap(), &["default", id]).unwrap().unwrap();
        change(&mut grant);
        let id = id.to_owned();
        let written = self.domain().write(move |write| Ok(records::put(write, &["default", &id], &grant)?));
        written.await.unwrap();
    }

    /// A code of a grant, as the authorization endpoint makes it: for the redirect URI it was asked with, and a challenge.
    pub async fn code(&self, grant: &str, challenge: Option<&str>) -> String {
        let (secret, name) = handle::make(self.domain(), Purpose::Code, "default", "shop");
        let code = Code {
            grant: grant.to_owned(),
            redirect_uri: Some(CALLBACK.to_owned()),
            challenge: challenge.map(str::to_owned),
            ends: self.domain().world.now_seconds() + 600,
            ..Code::default()
        };
        let written = self.domain().write(move |write| Ok(records::put(write, &["default", "shop", &name], &code)?));
        written.await.unwrap();
        secret.expose().to_owned()
    }

    /// The answer for a new code of a new grant with these scopes.
    pub async fn tokens(&self, scopes: &[&str]) -> Value {
        let grant = self.grant(scopes, None).await;
        let code = self.code(&grant, None).await;
        self.ask(&redeem(&code)).await.expect(200).json()
    }

    /// Whether an access token is good, asked with the introspection endpoint.
    pub async fn is_good(&self, token: &Value) -> bool {
        let caller = self.server.anonymous().with_header("authorization", &basic("till", &self.till));
        let form = format!("token={}", token.as_str().unwrap());
        let answer = post_form(&caller, "/default/shop/oauth2/introspect", &form).await.expect(200).json();
        answer["active"].as_bool().unwrap()
    }
}

/// The form for a code.
pub fn redeem(code: &str) -> String {
    format!("grant_type=authorization_code&code={code}&redirect_uri={CALLBACK}")
}

/// The form for a refresh token.
pub fn refresh(token: &Value) -> String {
    format!("grant_type=refresh_token&refresh_token={}", token.as_str().unwrap())
}

/// What a signed token says. Not verified.
pub fn claims(token: &Value) -> Value {
    let claims = token.as_str().unwrap().split('.').nth(1).unwrap();
    serde_json::from_slice(&BASE64URL_NOPAD.decode(claims.as_bytes()).unwrap()).unwrap()
}

/// A refusal of the token endpoint.
#[track_caller]
pub fn refused(answer: Answer, error: &str) -> String {
    let status = if error == "invalid_client" { 401 } else { 400 };
    let answer = answer.expect(status);
    assert_eq!(answer.json()["error"], error, "{}", answer.text());
    assert_eq!(answer.header("cache-control"), Some("no-store"));
    answer.json()["error_description"].as_str().unwrap().to_owned()
}

fn client(id: &str) -> Value {
    json!({
        "authorization_server_id": "shop", "client_id": id, "client_name": id, "grant_types": GRANTS,
        "redirect_uris": [CALLBACK], "scopes": SCOPES,
    })
}

/// Scopes without claims: what claims say is another test's.
async fn make_scopes(admin: &Caller) {
    for name in ["buy", "sell"] {
        let body = json!({ "authorization_server_id": "shop", "name": name });
        admin.post(&format!("{ADMIN}/scopes"), &body).await.expect(201);
    }
}

async fn make(admin: &Caller, id: &str) -> String {
    let made = admin.post(&format!("{ADMIN}/clients"), &client(id)).await.expect(201).json();
    made["client_secret"].as_str().unwrap().to_owned()
}
