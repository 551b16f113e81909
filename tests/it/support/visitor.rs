//! A visitor: somebody with a browser who wants to log in. The steps of the authorization endpoint are taken in the domain, so
//! that these tests are about logging in elsewhere; what comes back from there goes over the wire.

use std::sync::Mutex;

use form_urlencoded::Serializer;
use portcullis::{
    crypto::digest,
    domain::{
        Domain, Failure,
        authorize::{self, AuthorizationRequest, Begun, Browser, Destination, Next},
        client, custom_login,
        elsewhere::{self, Waiting, backchannel::BackchannelRequest},
        handle::{self, Purpose},
        identity::Identity,
        login::{Login, PATIENCE},
        scope_grant, server, session, upstream,
    },
    store::records,
};
use serde_json::{Value, json};

use super::{Answer, Caller, TestServer, made::ADMIN};

/// Where the client `app` gets its answers.
pub const BACK: &str = "https://app.example/back";

/// Somebody with a browser.
pub struct Visitor<'s> {
    server: &'s TestServer,
    aid: &'static str,
    /// The browser as the domain sees it.
    pub browser: Browser,
    /// The cookie of the session that it was given last.
    session: Mutex<Option<String>>,
}

/// Makes the client `app` of an authorization server of the tenant `default`.
pub async fn make_app(admin: &Caller, aid: &str) {
    let body = json!({
        "authorization_server_id": aid, "client_id": "app", "client_name": "App", "redirect_uris": [BACK],
        "grant_types": ["authorization_code"], "scopes": ["openid", "profile", "email"],
    });
    admin.post(&format!("{ADMIN}/clients"), &body).await.expect(201);
}

/// Sets the ways to log in to an authorization server of the tenant `default`.
pub async fn set_methods(admin: &Caller, aid: &str, methods: &[Value]) {
    let body = json!({ "methods": methods });
    admin.put(&format!("{ADMIN}/servers/{aid}/authentications"), &body).await.expect(200);
}

impl Visitor<'_> {
    /// A browser without a session.
    pub fn new<'s>(server: &'s TestServer, aid: &'static str) -> Visitor<'s> {
        let (cookie, _) = handle::make(&server.app.domain, Purpose::Browser, "default", aid);
        let [address, agent, request_id] = ["192.0.2.1", "Test", "request"].map(str::to_owned);
        let browser = Browser { session: None, cookie, address, agent, request_id };
        Visitor { server, aid, browser, session: Mutex::default() }
    }

    /// The browser as it is now.
    fn now(&self) -> Browser {
        Browser { session: self.session.lock().unwrap().clone(), ..self.browser.clone() }
    }

    /// Asks for a code for `app`, with more parameters; answers the login that begins.
    pub async fn asks(&self, more: &[(&str, &str)]) -> String {
        let sent = [
            ("response_type", "code"),
            ("client_id", "app"),
            ("redirect_uri", BACK),
            ("scope", "openid profile"),
            ("state", "the client's"),
            ("nonce", "the client's"),
            ("code_challenge", "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"),
            ("code_challenge_method", "S256"),
        ];
        let sent = sent.iter().chain(more).map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        let sent: Vec<_> = sent.collect();
        match authorize::begin(&self.server.app.domain, "default", self.aid, &sent, &self.browser).await.unwrap() {
            Begun::Login(id) => id,
            Begun::Answer(answer) | Begun::Offer(answer) => panic!("answered at once: {answer:?}"),
        }
    }

    /// What comes next.
    pub async fn next(&self, login: &str) -> Next {
        authorize::next(&self.server.app.domain, "default", self.aid, login, &self.now()).await.unwrap()
    }

    /// Goes where the login leads: to a provider or to a page of the tenant's own.
    pub async fn leaves(&self, login: &str) -> String {
        self.tries_to_leave(login).await.unwrap()
    }

    /// The same, when that may fail.
    pub async fn tries_to_leave(&self, login: &str) -> Result<String, Failure> {
        let (domain, aid, browser) = (&self.server.app.domain, self.aid, &self.now());
        match self.next(login).await {
            Next::Provider(method) => upstream::begin(domain, "default", aid, login, &method, browser).await,
            Next::Custom(method) => custom_login::begin(domain, "default", aid, login, &method, browser).await,
            Next::Consent { .. } => {
                Ok(scope_grant::begin(domain, "default", aid, login, browser).await?.expect("a consent page"))
            }
            other => panic!("{other:?}"),
        }
    }

    /// Opens an address of the server with the browser's cookie.
    pub async fn opens(&self, url: &str) -> Answer {
        let name = &digest::sha256_hex(format!("default/{}", self.aid).as_bytes())[..8];
        let mut cookie = format!("pc-b-{name}={}", self.browser.cookie.expose());
        if let Some(session) = &self.now().session {
            cookie += &format!("; pc-s-{name}={session}");
        }
        let caller = self.server.anonymous().with_header("cookie", &cookie);
        let answer = caller.get(url.strip_prefix(&self.server.url).unwrap_or(url)).await;
        if let Some(line) = answer.header("set-cookie").filter(|line| line.starts_with("pc-s-")) {
            let (_, value) = line.split(';').next().unwrap().split_once('=').unwrap();
            *self.session.lock().unwrap() = Some(value.to_owned());
        }
        answer
    }

    /// Comes back with these parameters, as a provider sends people.
    pub async fn comes_back(&self, query: &[(&str, &str)]) -> Answer {
        let query = Serializer::new(String::new()).extend_pairs(query).finish();
        self.opens(&format!("/default/{}/callback?{query}", self.aid)).await
    }

    /// Ends a login of which nothing is left to ask: where the client gets its answer.
    pub async fn finishes(&self, login: &str) -> String {
        match authorize::finish(&self.server.app.domain, "default", self.aid, login, &self.now()).await.unwrap() {
            Destination::Redirect(url) => url,
            post => panic!("{post:?}"),
        }
    }

    /// Whose session an answer starts.
    #[track_caller]
    pub fn let_in_by(&self, answer: &Answer, login: &str) -> Identity {
        assert_eq!(answer.status.as_u16(), 303, "{}", answer.text());
        let page = format!("{}/default/{}/login/{login}", self.server.url, self.aid);
        assert_eq!(answer.header("location"), Some(page.as_str()));
        let cookie = answer.header("set-cookie").expect("a session");
        let (_, value) = cookie.split(';').next().unwrap().split_once('=').unwrap();
        let domain = &self.server.app.domain;
        let found = server::current(domain, "default", self.aid).unwrap();
        let found = session::find(domain, "default", (self.aid, &found.value), value).unwrap();
        found.expect("the session is there").1.identity.clone()
    }

    /// The login as it is kept, to show that nothing has changed.
    pub fn kept(&self, login: &str) -> String {
        let found = portcullis::domain::login::current(&self.server.app.domain, "default", self.aid, login);
        format!("{:?}", found.unwrap())
    }
}

/// Puts a login of the client `clerk` into the store as one that was sent to a page of the tenant's own.
pub async fn waits_at_page(domain: &Domain, id: &str, (purpose, state): (Purpose, &str), known: Option<Identity>) {
    let now = domain.world.now_seconds();
    let login = Login {
        server: "shop".to_owned(),
        server_since: server::current(domain, "default", "shop").unwrap().value.since,
        client_since: client::current(domain, "default", "clerk").unwrap().value.since,
        request: AuthorizationRequest {
            client_id: "clerk".to_owned(),
            scopes: vec!["orders:read".to_owned()],
            ..AuthorizationRequest::default()
        },
        browser: "nobody's".to_owned(),
        pushed: None,
        method: Some("own".to_owned()),
        errand: None,
        login_state: Some(handle::name(domain, purpose, "default", "shop", state)),
        identity: known,
        session: None,
        entered: false,
        anew: false,
        confirmed: false,
        granted: None,
        refused: None,
        since: now,
        ends: now + PATIENCE,
    };
    let id = id.to_owned();
    domain.write(move |write| Ok(records::put(write, &["default", &id], &login)?)).await.unwrap();
}

/// A parameter of a URL.
#[track_caller]
pub fn parameter(url: &str, name: &str) -> String {
    find_parameter(url, name).unwrap_or_else(|| panic!("no {name} in {url}"))
}

/// A parameter of a URL, if it is there.
pub fn find_parameter(url: &str, name: &str) -> Option<String> {
    let (_, query) = url.split_once('?')?;
    let query = query.split('#').next()?;
    form_urlencoded::parse(query.as_bytes()).find(|(known, _)| known == name).map(|(_, value)| value.into_owned())
}

/// A request of the client `clerk` that waits for the authentication device of `anna`, which was given this state.
pub async fn waits_for_device(domain: &Domain, id: &str, state: &str) {
    let now = domain.world.now_seconds();
    let waiting = Waiting {
        server: "shop".to_owned(),
        server_since: server::current(domain, "default", "shop").unwrap().value.since,
        client_id: "clerk".to_owned(),
        client_since: client::current(domain, "default", "clerk").unwrap().value.since,
        scopes: vec!["orders:read".to_owned()],
        resources: Vec::new(),
        details: Vec::new(),
        subject: Some("anna".to_owned()),
        message: String::new(),
        acr_values: Vec::new(),
        address: "192.0.2.1".to_owned(),
        since: now,
        ends: now + 120,
        said: elsewhere::Said::Nothing,
    };
    let name = handle::name(domain, Purpose::Summons, "default", "shop", state);
    // No device is told, so what is sealed is never opened.
    let summons = json!({ "name": name, "state": domain.vault.seal(&domain.world, "nothing", b"") });
    let summons = Some(serde_json::from_value(summons).unwrap());
    let (id, request) = (id.to_owned(), BackchannelRequest { waiting, ping: None, summons });
    domain.write(move |write| Ok(records::put(write, &["default", "shop", &id], &request)?)).await.unwrap();
}
