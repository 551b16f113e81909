//! A server with people and clients, and what comes back from its authorization endpoint.

use std::{collections::BTreeMap, sync::Mutex};

use portcullis::{
    crypto::Secret,
    domain::{
        Failure,
        authorize::{self, Begun, Browser, Destination, Next},
        handle::{self, Purpose},
        login::{self, Login},
        session::Session,
    },
    store::records,
};
use serde_json::{Value, json};

use crate::support::{
    Caller, TestServer,
    made::{ADMIN, make_server},
    person::Person,
};

/// The server.
pub const AID: &str = "shop";
/// Where the answers of the client `web` go.
pub const BACK: &str = "https://web.example/back";
/// The challenge of RFC 7636, appendix B.
pub const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";

/// An authorization server `shop` of the tenant `default` with a person `alice`, and four clients: `web` is trusted, `shy` is
/// not, `app` is public, `plain` has a code and nothing else.
pub struct Shop {
    pub server: TestServer,
    pub admin: Caller,
    /// The cookies of those who were let in, by login.
    sessions: Mutex<BTreeMap<String, String>>,
}

impl Shop {
    pub async fn open() -> Shop {
        Shop::with(json!({})).await
    }

    /// With more members of the server.
    pub async fn with(more: Value) -> Shop {
        Shop::on(TestServer::start().await, more).await
    }

    /// On this server.
    pub async fn on(server: TestServer, more: Value) -> Shop {
        let admin = server.as_admin();
        let mut body = json!({
            "grant_types": ["authorization_code", "implicit", "client_credentials", "refresh_token", "password"],
        });
        body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        make_server(&admin, AID, body).await;
        let shop = Shop { server, admin, sessions: Mutex::default() };
        shop.lets_in_by(&[staff("staff", false)]).await;
        let all = json!(["authorization_code", "implicit", "refresh_token"]);
        for (id, more) in [
            ("web", json!({ "trusted": true, "grant_types": all, "response_types": ["code", "token", "id_token"] })),
            ("shy", json!({ "grant_types": all, "response_types": ["code", "token", "id_token"] })),
            ("plain", json!({ "trusted": true, "grant_types": ["authorization_code"] })),
            (
                "app",
                json!({
                    "trusted": true, "grant_types": ["authorization_code"], "token_endpoint_auth_method": "none",
                    "redirect_uris": ["http://127.0.0.1/back"],
                }),
            ),
        ] {
            shop.make_client(id, more).await;
        }
        shop
    }

    pub async fn make_client(&self, id: &str, more: Value) {
        let mut body = json!({
            "authorization_server_id": AID, "client_id": id, "client_name": id, "redirect_uris": [BACK],
            "scopes": ["openid", "profile", "email", "offline_access"],
        });
        body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        self.admin.post(&format!("{ADMIN}/clients"), &body).await.expect(201);
    }

    pub async fn delete_client(&self, id: &str) {
        self.admin.delete(&format!("{ADMIN}/clients/{id}")).await.expect(204);
    }

    /// Changes members of the server.
    pub async fn change(&self, more: Value) {
        let path = format!("{ADMIN}/servers/{AID}");
        let mut body = self.admin.get(&path).await.expect(200).json();
        body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        self.admin.put(&path, &body).await.expect(200);
    }

    /// Replaces the ways to log in.
    pub async fn lets_in_by(&self, methods: &[Value]) {
        let path = format!("{ADMIN}/servers/{AID}/authentications");
        self.admin.put(&path, &json!({ "methods": methods })).await.expect(200);
    }

    pub fn issuer(&self) -> String {
        format!("{}/default/{AID}", self.server.url)
    }

    /// A browser in which nobody has logged in.
    pub fn browser(&self) -> Browser {
        let (cookie, _) = handle::make(&self.server.app.domain, Purpose::Browser, "default", AID);
        Browser {
            session: None,
            cookie,
            address: "192.0.2.7".to_owned(),
            agent: "A browser".to_owned(),
            request_id: "a-request".to_owned(),
        }
    }

    /// A browser in which `subject` has just logged in.
    pub async fn browser_of(&self, subject: &str) -> Browser {
        let (cookie, _) = Person::new(&self.server, AID, subject).logs_in(&self.server.app.domain, "A browser").await;
        Browser { session: Some(cookie), ..self.browser() }
    }

    /// Asks with these parameters, in order.
    pub async fn ask_with(&self, browser: &Browser, sent: &[(String, String)]) -> Result<Begun, Failure> {
        authorize::begin(&self.server.app.domain, "default", AID, sent, browser).await
    }

    /// Asks for a code for `web`, with more or other parameters; an empty one is left out.
    pub async fn ask(&self, browser: &Browser, more: &[(&str, &str)]) -> Result<Begun, Failure> {
        self.ask_with(browser, &parameters(more)).await
    }

    /// The login that a request leads to.
    #[track_caller]
    pub fn waits(&self, begun: Result<Begun, Failure>) -> String {
        match begun {
            Ok(Begun::Login(id)) => id,
            Ok(Begun::Answer(answer) | Begun::Offer(answer)) => panic!("answered at once: {:?}", Told::of(answer)),
            Err(failure) => panic!("{failure:?}"),
        }
    }

    /// The answer that a request gets at once.
    #[track_caller]
    pub fn answered(&self, begun: Result<Begun, Failure>) -> Told {
        match begun {
            Ok(Begun::Answer(answer) | Begun::Offer(answer)) => Told::of(answer),
            Ok(Begun::Login(_)) => panic!("somebody is asked"),
            Err(failure) => panic!("{failure:?}"),
        }
    }

    /// The error that a client is told at once: always with the state and the issuer.
    #[track_caller]
    pub fn refused(&self, begun: Result<Begun, Failure>) -> String {
        self.error_of(&self.answered(begun))
    }

    #[track_caller]
    pub fn error_of(&self, told: &Told) -> String {
        assert_eq!(told.get("iss"), Some(self.issuer().as_str()), "{told:?}");
        assert_eq!(told.get("state"), Some("a state & more"), "{told:?}");
        assert!(told.get("error_description").is_some_and(|text| !text.is_empty()), "{told:?}");
        for secret in ["code", "access_token", "id_token"] {
            assert_eq!(told.get(secret), None, "{told:?}");
        }
        told.get("error").unwrap_or_else(|| panic!("no error: {told:?}")).to_owned()
    }

    pub async fn next(&self, id: &str, browser: &Browser) -> Result<Next, Failure> {
        authorize::next(&self.server.app.domain, "default", AID, id, &self.holding(id, browser)).await
    }

    /// What a login's consent page shows, in short; nothing when it shows none.
    pub async fn texts(&self, id: &str, browser: &Browser) -> String {
        match self.next(id, browser).await {
            Ok(Next::Consent { texts, .. }) => texts,
            _ => String::new(),
        }
    }

    pub async fn finish(&self, id: &str, browser: &Browser) -> Result<Told, Failure> {
        authorize::finish(&self.server.app.domain, "default", AID, id, &self.holding(id, browser)).await.map(Told::of)
    }

    /// The browser with the cookie that it was given in this login.
    pub fn holding(&self, id: &str, browser: &Browser) -> Browser {
        let given = self.sessions.lock().unwrap().get(id).cloned();
        Browser { session: given.or(browser.session.clone()), ..browser.clone() }
    }

    /// Changes a login as the ways to log in do.
    pub async fn change_login(&self, id: &str, change: impl Fn(&mut Login) + Send + 'static) {
        let domain = &self.server.app.domain;
        let mut login = login::current(domain, "default", AID, id).unwrap();
        change(&mut login);
        let id = id.to_owned();
        domain.write(move |write| Ok(records::put(write, &["default", &id], &login)?)).await.unwrap();
    }

    /// Lets `subject` in, in a new session, with a context class. Answers the session's name.
    pub async fn lets_in(&self, id: &str, subject: &str, acr: Option<&str>) -> String {
        let domain = &self.server.app.domain;
        let (cookie, name) = Person::new(&self.server, AID, subject).logs_in(domain, "A browser").await;
        self.sessions.lock().unwrap().insert(id.to_owned(), cookie);
        let session = domain.store.record::<Session>(&["default", AID, &name]).unwrap().unwrap();
        let (mut identity, session, acr) = (session.identity.clone(), name.clone(), acr.map(str::to_owned));
        identity.acr = acr;
        let known = move |login: &mut Login| {
            (login.identity, login.session) = (Some(identity.clone()), Some(session.clone()));
            (login.entered, login.anew) = (true, true);
        };
        self.change_login(id, known).await;
        name
    }
}

/// The parameters of a request for a code for `web`, with more or other ones.
pub fn parameters(more: &[(&str, &str)]) -> Vec<(String, String)> {
    let mut all: BTreeMap<&str, &str> = BTreeMap::from([
        ("client_id", "web"),
        ("redirect_uri", BACK),
        ("response_type", "code"),
        ("scope", "openid"),
        ("state", "a state & more"),
    ]);
    all.extend(more.iter().copied());
    all.into_iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect()
}

/// A method with the person `alice`.
pub fn staff(id: &str, disabled: bool) -> Value {
    let alice = json!({ "username": "alice", "password": "a long password", "authentication_context": {} });
    json!({
        "id": id, "name": id, "method": "static", "disabled": disabled,
        "static": { "hint": false, "users": [alice] },
    })
}

/// The browser with another cookie.
pub fn another(browser: &Browser) -> Browser {
    Browser { cookie: Secret::new("pc_browser_of-somebody-else"), ..browser.clone() }
}

/// What a client is told.
#[derive(Debug)]
pub struct Told {
    /// Where.
    pub uri: String,
    /// `?`, `#`, or `form`.
    pub mode: &'static str,
    members: Vec<(String, String)>,
}

impl Told {
    pub fn of(destination: Destination) -> Told {
        match destination {
            Destination::Redirect(url) => Told::of_url(&url),
            Destination::Post { action, fields } => Told { uri: action, mode: "form", members: fields },
        }
    }

    pub fn of_url(url: &str) -> Told {
        let (mode, place) = match url.find('#') {
            Some(place) => ("#", place),
            None => ("?", url.find('?').unwrap_or(url.len())),
        };
        let members = form_urlencoded::parse(url[place..].trim_start_matches(mode).as_bytes()).into_owned().collect();
        Told { uri: url[..place].to_owned(), mode, members }
    }

    /// A member, which is there once at most.
    #[track_caller]
    pub fn get(&self, name: &str) -> Option<&str> {
        let mut found = self.members.iter().filter(|(known, _)| known == name).map(|(_, value)| value.as_str());
        let value = found.next();
        assert_eq!(found.next(), None, "{name} is there twice: {self:?}");
        value
    }

    /// The names of its members, sorted.
    pub fn names(&self) -> Vec<&str> {
        let mut names: Vec<&str> = self.members.iter().map(|(name, _)| name.as_str()).collect();
        names.sort_unstable();
        names
    }
}
