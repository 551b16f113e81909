//! A working call of every operation, and the things it needs: for the tests that ask every row of every table.

mod shadows;

use std::sync::Arc;

use bytes::Bytes;
use http::Method;
use portcullis::{
    api::{App, Row},
    domain::{
        Needs,
        handle::Purpose,
        identity::Identity,
        issue::{BACKCHANNEL, DEVICE_CODE},
        permit::READ_GATEWAY,
        setup::client::entity_id,
    },
};
use serde_json::{Value, json};

use crate::support::{
    Answer, Caller, SECRET, TestServer, guests,
    made::{ADMIN, FORM, basic, multipart, yes},
    person::{Person, SELF_SERVICE},
    visitor::{set_methods, waits_at_page, waits_for_device},
};

/// A request of a client for a browser in which nobody may be asked.
const AUTHORIZE: &str = "?client_id=clerk&response_type=code&prompt=none";
/// The same, pushed by a client without a secret.
const PUSH: &str = "client_id=app&response_type=code&code_challenge=E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM&code_challenge_method=S256";
/// What browsers have brought to the pages of the tenant's own.
const PAGE_STATE: &str = "a state";
const PETS: &str = include_str!("surface/pets.yaml");
/// A setup, a client and a resource server that may go: where they are, and a body for them.
fn scheduled() -> [(String, Value); 3] {
    let leaver = entity_id("default", "leaver");
    [
        ("/setups/closing".to_owned(), setup("Closing")),
        (format!("/setups/shop/clients/{leaver}"), setup_client("Leaver")),
        ("/setups/shop/resource-servers/closed".to_owned(), json!({ "name": "Closed", "scopes": [] })),
    ]
}

fn setup(name: &str) -> Value {
    json!({ "name": name, "client_defaults": { "grant_types": [] }, "resource_server_defaults": {} })
}

fn setup_client(name: &str) -> Value {
    json!({ "name": name, "confidentiality_type": "confidential", "grant_types": ["client_credentials"] })
}

/// A session of `anna`.
const OTHER_BROWSER: &str = "other-browser";

/// An application of the tenant `default`.
const APPLICATION: &str = "till-app";

/// A call that succeeds when the right caller makes it.
pub struct Example {
    /// Where.
    pub path: String,
    /// Its media type, when it has a body.
    pub content_type: Option<String>,
    /// Its body.
    pub body: Bytes,
    headers: Vec<(&'static str, String)>,
}

impl Example {
    /// What the server answers when `caller` makes the call.
    pub async fn of(&self, caller: &Caller, row: &Row) -> Answer {
        let caller = caller.clone();
        let caller = self.headers.iter().fold(caller, |caller, (name, value)| caller.with_header(name, value));
        caller.send(row.method.clone(), &self.path, self.content_type.as_deref(), self.body.clone()).await
    }
}

/// The things that examples are about. Some ids are the server's own and so known only here.
pub struct Surface {
    url: String,
    admin: Caller,
    developer: Caller,
    setup: Caller,
    system: Caller,
    app: Arc<App>,
    anna: Person,
    /// The bearer of a token of `anna`.
    person: Caller,
    gateway: String,
    /// The gateway's client and its secret.
    credentials: (String, String),
    /// The developer's client.
    own_client: String,
    /// A client of the organization and its secret.
    organization_client: (String, String),
    /// The key that signs next.
    next_key: String,
    /// A decision in the log.
    decision: String,
    /// A refresh token of `anna`, by name.
    token: String,
    /// A scheduled snapshot of each entity of [`scheduled`].
    snapshots: [String; 3],
    /// The year for which the last one was scheduled.
    year: u32,
}

/// The policy that most things are decided by.
fn rule() -> Value {
    json!({ "id": "rule", "policy_name": "Rule", "validators": [yes()] })
}

/// What an administrator makes, in this order: the collection and the thing.
fn things() -> Vec<(&'static str, Value)> {
    let aid = |mut body: Value| {
        body["authorization_server_id"] = json!("shop");
        body
    };
    let clerk = json!({
        "client_id": "clerk", "client_name": "Clerk", "redirect_uris": ["https://clerk.example/back"],
        "scopes": ["orders:read"],
    });
    let api =
        json!({ "id": "list-orders", "service_id": "orders", "method": "GET", "path": "/orders", "policy_id": "rule" });
    let terms =
        json!({ "id": "terms", "name": "Terms", "update_existing_grants": "keepCurrent", "can_be_withdrawn": true });
    let checkout = json!({ "id": "checkout", "name": "Checkout", "consents": [{ "id": "terms", "required": true }] });
    vec![
        ("policies", rule()),
        ("servers", json!({ "id": "shop", "name": "Shop", "key_type": "ecdsa" })), // there already, with a known key
        ("servers", json!({ "id": "closing", "name": "Closing", "key_type": "ecdsa" })),
        (
            "servers",
            json!({
                "id": "registering", "name": "R", "key_type": "ecdsa", "enable_dynamic_client_registration": true,
                "grant_types": ["authorization_code", "client_credentials", "refresh_token", BACKCHANNEL, DEVICE_CODE],
            }),
        ),
        ("services", aid(json!({ "id": "orders", "name": "Orders", "resource": "https://orders.example/" }))),
        ("services", aid(json!({ "id": "pets", "name": "Pets" }))),
        ("services", aid(json!({ "id": "closed", "name": "Closed" }))),
        ("scopes", aid(json!({ "id": "read-orders", "name": "orders:read", "service_id": "orders" }))),
        ("scopes", aid(json!({ "id": "spare-scope", "name": "spare" }))),
        ("apis", api),
        ("claims", aid(json!({ "id": "shoe-size", "name": "shoe_size", "mapping": "shoe_size", "type": "id_token" }))),
        ("clients", aid(clerk)),
        (
            "clients",
            aid(
                json!({ "client_id": "app", "client_name": "App", "token_endpoint_auth_method": "none", "redirect_uris": ["https://app.example/"] }),
            ),
        ),
        (
            "clients",
            aid(json!({ "client_id": "leaver", "client_name": "Leaver", "grant_types": ["client_credentials"] })),
        ),
        ("clients", tv()),
        ("clients", aid(json!({ "client_id": "friend", "client_name": "Friend", "scopes": friendly() }))),
        ("policies", json!({ "id": "unused", "policy_name": "Unused", "validators": [yes()] })),
        ("consents", terms.clone()),
        ("consents", json!({ "id": "spare-consent", "name": "Spare", "update_existing_grants": "explicitAll" })),
        ("actions", checkout),
    ]
}

/// A device that proves nothing but its name.
fn tv() -> Value {
    json!({
        "authorization_server_id": "registering", "client_id": "tv", "client_name": "Television",
        "token_endpoint_auth_method": "none", "grant_types": [DEVICE_CODE],
    })
}

/// What `anna` lets her client have.
fn friendly() -> Vec<&'static str> {
    [&["openid"], &SELF_SERVICE[..]].concat()
}

impl Surface {
    /// Makes everything.
    pub async fn make(server: &TestServer, developer: Caller) -> Surface {
        let mut surface = Surface {
            url: server.url.clone(),
            admin: server.as_admin(),
            developer,
            setup: server.as_setup(),
            system: server.as_system(),
            app: Arc::clone(&server.app),
            anna: Person::new(server, "shop", "anna"),
            person: server.anonymous(),
            gateway: String::new(),
            credentials: Default::default(),
            own_client: String::new(),
            organization_client: Default::default(),
            next_key: String::new(),
            decision: String::new(),
            token: String::new(),
            snapshots: Default::default(),
            year: 2100,
        };
        surface.restore().await;
        let grant = surface.anna.lets(&server.app.domain, "friend", &friendly(), None).await;
        surface.person = surface.anna.bearer(&server.app.domain, &grant).await;
        surface.decision = decision(server).await;
        surface
    }

    /// The gateway's own client.
    pub fn gateway(&self) -> Caller {
        Caller::new(&self.url).with_credentials("default", "system", &self.credentials.0, &self.credentials.1)
    }

    /// `anna`, by way of a client that she lets have everything of hers.
    pub fn person(&self) -> Caller {
        self.person.clone()
    }

    /// Somebody who may make the call of a row.
    pub fn caller(&self, row: &Row) -> Caller {
        match row.needs {
            Needs::Nothing => Caller::new(&self.url),
            Needs::Admin | Needs::Account | Needs::Administrator => self.admin.clone(),
            Needs::Developer => self.developer.clone(),
            Needs::Setup => self.setup.clone(),
            Needs::System(READ_GATEWAY) => self.gateway(),
            Needs::System(_) | Needs::SystemEither(..) | Needs::Evaluate => self.system.clone(),
            Needs::Person(_) => self.person(),
        }
    }

    /// Makes what is not there, or no longer.
    pub async fn restore(&mut self) {
        for (collection, thing) in things() {
            let answer = self.admin.post(&format!("{ADMIN}/{collection}"), &thing).await;
            // An API that is there already is told by its path.
            assert!([201, 409, 422].contains(&answer.status.as_u16()), "{collection} {thing}: {}", answer.text());
        }
        let tenant = json!({ "id": "spare", "name": "Spare" });
        let answer = self.setup.post("/api/system/tenants?with_default_workspaces=false", &tenant).await;
        assert!([201, 409].contains(&answer.status.as_u16()), "{}", answer.text());
        for name in ["Mail", "Spare"] {
            // It is there already, or it is not.
            let answer = self.admin.post("/uc/resources/oauthclient", &connection(name)).await;
            assert!([200, 400].contains(&answer.status.as_u16()), "{}", answer.text());
        }
        shadows::restore(&self.admin, &rule()).await;
        let answer = self.admin.put(&format!("{ADMIN}/data/limits/orders"), &json!({ "value": 7 })).await;
        assert!([200, 201].contains(&answer.status.as_u16()), "{}", answer.text());
        self.import().await;
        self.restore_gateway().await;
        self.restore_own_client().await;
        self.restore_organization_client().await;
        self.restore_next_key().await;
        self.restore_logins().await;
        self.anna.has_session(&self.app.domain, OTHER_BROWSER, "Another browser").await;
        self.restore_device().await;
        self.restore_application().await;
        self.restore_token().await;
        self.restore_snapshots().await;
        self.restore_plugins().await;
    }

    /// A plugin with two versions of which the second one answers, and one that may go.
    async fn restore_plugins(&self) {
        for (name, version, behaviour) in [("acmes", "1.0.0", ""), ("acmes", "2.0.0", "deny"), ("spare", "1.0.0", "")] {
            let answer = self.bring(guests::plugin(name, version, behaviour)).await;
            assert!([200, 201].contains(&answer.status.as_u16()), "{}", answer.text());
        }
        let path = format!("{ADMIN}/plugins/acmes");
        let known = self.admin.get(&path).await.expect(200).json();
        if (&known["enabled_version"], &known["previous_version"]) != (&json!("2.0.0"), &json!("1.0.0")) {
            for version in ["1.0.0", "2.0.0"] {
                self.admin.post(&format!("{path}/enable"), &json!({ "version": version })).await.expect(200);
            }
        }
    }

    async fn bring(&self, component: Vec<u8>) -> Answer {
        let path = format!("{ADMIN}/plugins");
        self.admin.send(Method::POST, &path, Some("application/octet-stream"), component.into()).await
    }

    /// States that are yet to begin.
    async fn restore_snapshots(&mut self) {
        for (place, (path, mut body)) in scheduled().into_iter().enumerate() {
            let list = format!("{path}/snapshots");
            let known = self.admin.get(&list).await.expect(200).json();
            if !known["snapshotIds"].as_array().unwrap().contains(&json!(self.snapshots[place])) {
                self.year += 1;
                body["valid_from"] = json!(format!("{}-01-01T00:00:00Z", self.year));
                self.admin.put(&path, &body).await.expect(200);
                let known = self.admin.get(&list).await.expect(200).json();
                let last = known["snapshotIds"].as_array().unwrap().last().unwrap().as_str().unwrap();
                self.snapshots[place] = last.to_owned();
            }
        }
    }

    /// One application of the tenant, and no other.
    async fn restore_application(&self) {
        let listed = self.setup.get("/api/applications?size=2000").await.expect(200).json();
        let ids = listed["content"].as_array().unwrap().iter().map(|one| one["id"].as_str().unwrap());
        for id in ids.filter(|id| *id != APPLICATION) {
            self.setup.delete(&format!("/api/applications/{id}")).await.expect(204);
        }
        let mut body = application();
        body["id"] = json!(APPLICATION);
        body["organizationId"] = json!("default");
        let answer = self.setup.post("/api/applications", &body).await;
        assert!([200, 409].contains(&answer.status.as_u16()), "{}", answer.text());
    }

    /// What `anna` lets her client have at the setup, and a token of it.
    async fn restore_token(&mut self) {
        let domain = &self.app.domain;
        self.anna.remembers(domain, "friend", &friendly()).await;
        if self.admin.get(&format!("/setups/shop/tokens/{}", self.token)).await.status != 200 {
            let grant = self.anna.lets(domain, "friend", &["openid"], None).await;
            self.token = self.anna.may_refresh(domain, &grant).await;
        }
    }

    /// Logins that wait for pages of the tenant's own: one for the person, one for scopes.
    async fn restore_logins(&self) {
        let page =
            json!({ "id": "own", "name": "Own", "method": "custom", "custom": { "login_url": "https://a.example" } });
        set_methods(&self.admin, "shop", &[page]).await;
        let domain = &self.app.domain;
        waits_at_page(domain, "login-page", (Purpose::LoginState, PAGE_STATE), None).await;
        let anna = Identity { subject: "anna".to_owned(), ..Identity::default() };
        waits_at_page(domain, "consent-page", (Purpose::ConsentState, PAGE_STATE), Some(anna)).await;
    }

    /// What the authentication device of `anna` may answer.
    async fn restore_device(&self) {
        let path = format!("{ADMIN}/servers/shop");
        let mut body = self.admin.get(&path).await.expect(200).json();
        let security = json!({ "authentication_device_endpoint": "https://devices.example/" });
        if body["security"]["authentication_device_endpoint"] != security["authentication_device_endpoint"] {
            body["security"] = security;
            self.admin.put(&path, &body).await.expect(200);
        }
        waits_for_device(&self.app.domain, "asked", PAGE_STATE).await;
    }

    async fn import(&self) {
        let service = self.admin.get(&format!("{ADMIN}/services/pets")).await.expect(200).json();
        if service["with_specification"] != json!(true) {
            let path = format!("{ADMIN}/services/pets/apis/import/text");
            self.admin.send(Method::POST, &path, Some("text/plain"), PETS.into()).await.expect(200);
        }
    }

    async fn restore_gateway(&mut self) {
        let known = self.admin.get(&format!("{ADMIN}/gateways/{}", self.gateway)).await;
        if self.gateway.is_empty() || known.status == 404 {
            let body = json!({ "name": "Edge", "server_id": "shop", "type": "nginx" });
            let made = self.admin.post(&format!("{ADMIN}/gateways"), &body).await.expect(201).json();
            self.gateway = made["id"].as_str().unwrap().to_owned();
            let text = |value: &Value| value.as_str().unwrap().to_owned();
            self.credentials = (text(&made["client_id"]), text(&made["client"]["client_secret"]));
        }
        let body = json!({ "name": "Orders", "resource": "https://orders.example/", "gateway_id": self.gateway });
        self.admin.put(&format!("{ADMIN}/services/orders"), &body).await.expect(200);
    }

    async fn restore_own_client(&mut self) {
        let known = self.developer.get(&format!("/api/developer/default/clients/{}", self.own_client)).await;
        if self.own_client.is_empty() || known.status == 404 {
            let body = json!({ "authorization_server_id": "shop", "client_name": "Mine" });
            let made = self.developer.post("/api/developer/default/clients", &body).await.expect(201).json();
            self.own_client = made["client_id"].as_str().unwrap().to_owned();
        }
    }

    async fn restore_organization_client(&mut self) {
        let listed = self.admin.get("/security/clients").await.expect(200).json();
        let known = |client: &Value| client["clientId"] == json!(self.organization_client.0);
        if !listed.as_array().unwrap().iter().any(known) {
            let made = self.admin.post("/security/clients", &json!({})).await.expect(200).json();
            let text = |name: &str| made[name].as_str().unwrap().to_owned();
            self.organization_client = (text("clientId"), text("clientSecret"));
        }
    }

    async fn restore_next_key(&mut self) {
        let path = format!("{ADMIN}/servers/shop/keys");
        let next = |keys: Value| keys["keys"].as_array().unwrap().iter().find(|key| key["state"] == "next").cloned();
        let known = next(self.admin.get(&path).await.expect(200).json());
        let next = match known {
            Some(key) => key,
            None => next(self.admin.post(&path, &json!({})).await.expect(201).json()).unwrap(),
        };
        self.next_key = next["kid"].as_str().unwrap().to_owned();
    }

    /// Everything that anybody could have changed.
    pub async fn everything(&self) -> String {
        let applications = self.setup.get("/api/applications?size=2000").await.expect(200).text();
        self.setup.get("/api/system/configuration").await.expect(200).text() + &applications
    }

    /// Removes what a call that succeeded has made, and makes what it has removed.
    pub async fn undo(&mut self, row: &Row) {
        let made = match row.id {
            "createAuthorizationServer" => Some("servers/new"),
            "createClient" => Some("clients/new"),
            "createPolicy" => Some("policies/new"),
            "createScope" => Some("scopes/new"),
            "createService" => Some("services/new"),
            "createAPI" => Some("apis/new"),
            "createClaim" => Some("claims/new"),
            "createConsentAction" => Some("actions/new"),
            "createConsent" => Some("consents/new"),
            "uploadPlugin" => Some("plugins/fresh"),
            _ => None,
        };
        if let Some(made) = made {
            self.admin.delete(&format!("{ADMIN}/{made}")).await.expect(204);
        }
        match row.id {
            "createGateway" => self.remove_gateways().await,
            "createClientForDeveloper" => self.remove_own_clients().await,
            "createOAuthClient" => drop(self.admin.delete("/uc/resources/oauthclient?oauthclientname=New").await),
            "rotateOrganizationClientSecret" => {
                self.admin.delete(&format!("/security/clients/{}", self.organization_client.0)).await.expect(204);
                self.restore().await;
            }
            "createTenant" => drop(self.setup.delete("/api/system/tenants/new").await.expect(204)),
            _ => self.restore().await,
        }
    }

    async fn remove_gateways(&self) {
        let listed = self.admin.get(&format!("{ADMIN}/servers/shop/gateways")).await.expect(200).json();
        for gateway in listed["gateways"].as_array().unwrap() {
            if gateway["id"] != json!(self.gateway) {
                let id = gateway["id"].as_str().unwrap();
                self.admin.delete(&format!("{ADMIN}/gateways/{id}")).await.expect(204);
            }
        }
    }

    async fn remove_own_clients(&self) {
        let listed = self.developer.get("/api/developer/default/clients").await.expect(200).json();
        for client in listed["clients"].as_array().unwrap() {
            if client["client_id"] != json!(self.own_client) {
                let id = client["client_id"].as_str().unwrap();
                self.developer.delete(&format!("/api/developer/default/clients/{id}")).await.expect(204);
            }
        }
    }

    /// A call of a row.
    pub fn example(&self, row: &Row) -> Example {
        let (path, headers) = (format!("{}{}", self.path(row), query(row)), self.headers(row));
        let Some((media_type, _)) = row.doc.body else {
            return Example { path, content_type: None, body: Bytes::new(), headers };
        };
        let (content_type, body) = match row.id {
            "importSpecificationFromText" => ("text/plain".to_owned(), Bytes::from_static(PETS.as_bytes())),
            "importSpecificationFromFile" => multipart("file", PETS),
            "uploadPlugin" => ("application/octet-stream".to_owned(), guests::plugin("fresh", "1.0.0", "").into()),
            "token" => {
                let secret = SECRET.replace(' ', "+");
                let form = format!("grant_type=client_credentials&client_id=admin&client_secret={secret}");
                (FORM.to_owned(), form.into())
            }
            "authorizeDevice" => (FORM.to_owned(), "client_id=tv".into()),
            // Whoever asks for people has to prove something.
            "authenticateElsewhere" => (FORM.to_owned(), "client_id=tv&scope=openid&login_hint=anna".into()),
            "enterUserCode" | "confirmRequest" => (FORM.to_owned(), "csrf=forged".into()),
            "organizationToken" => {
                let (id, secret) = &self.organization_client;
                let form = format!("grant_type=client_credentials&client_id={id}&client_secret={secret}");
                (FORM.to_owned(), form.into())
            }
            "pushAuthorizationRequest" => (FORM.to_owned(), PUSH.into()),
            "authorizeByPost" => (FORM.to_owned(), AUTHORIZE.trim_start_matches('?').into()),
            // No browser was shown the form.
            _ if row.path.contains("/account/") => (FORM.to_owned(), Bytes::from_static(b"csrf=none")),
            "postUserinfo" => (FORM.to_owned(), Bytes::new()),
            "introspect" | "revoke" => (FORM.to_owned(), Bytes::from_static(b"token=somebody-elses")),
            "logoutByPost" | "chooseLogin" | "givePassword" | "giveSecondFactor" | "giveConsent" | "refuseLogin" => {
                (FORM.to_owned(), "csrf=forged".into())
            }
            _ => (media_type.to_owned(), self.body(row).to_string().into()),
        };
        Example { path, content_type: Some(content_type), body, headers }
    }

    fn headers(&self, row: &Row) -> Vec<(&'static str, String)> {
        let (client, secret) = &self.credentials;
        if row.path.starts_with("/api") && row.path.contains("/authorize") {
            let mut headers = vec![("x-gateway-authorization", basic(client, secret))];
            if row.path.ends_with("/authorize") {
                headers.push(("x-original-method", row.method.to_string()));
                headers.push(("x-original-uri", "/orders".to_owned()));
            }
            return headers;
        }
        match row.path.starts_with("/api/system/{tid}/consents") {
            true => vec![("x-subject", "anna".to_owned())],
            false => Vec::new(),
        }
    }

    fn path(&self, row: &Row) -> String {
        let developer = row.path.starts_with("/api/developer");
        let (tid, aid) = match row.id {
            "getTenant" | "updateTenant" | "deleteTenant" => ("spare", ""),
            "deleteAuthorizationServer" => ("default", "closing"),
            "token" => ("default", "admin"),
            id if id.ends_with("RegisteredClient") || id == "registerClient" => ("default", "registering"),
            "authorizeDevice" | "authenticateElsewhere" => ("default", "registering"),
            _ => ("default", "shop"),
        };
        let deletes = row.method == Method::DELETE;
        let leaver = entity_id("default", "leaver");
        let values = [
            ("{tid}", tid),
            ("{aid}", aid),
            ("{cid}", if developer { &self.own_client } else { "clerk" }),
            ("{pid}", shadows::policy(row.path).unwrap_or(if deletes { "unused" } else { "rule" })),
            ("{scp}", if deletes { "spare-scope" } else { "read-orders" }),
            ("{sid}", service_of(row)),
            ("{api}", "list-orders"),
            ("{claim}", "shoe-size"),
            ("{consent}", if deletes { "spare-consent" } else { "terms" }),
            ("{action}", "checkout"),
            ("{clientId}", if row.path.starts_with("/security") { &self.organization_client.0 } else { &leaver }),
            ("{session}", OTHER_BROWSER),
            ("{request}", if row.path.starts_with("/api") { "asked" } else { "of-nobody" }),
            ("{login}", login_of(row)),
            ("{kid}", &self.next_key),
            ("{login}", "of-another-browser"),
            // Anna's token is needed again.
            ("{subject}", if row.id == "endSessionsOfPerson" { "bob" } else { "anna" }),
            ("{gw}", &self.gateway),
            ("{did}", &self.decision),
            ("{kind}", "policies"),
            ("{namespace}", "limits"),
            ("{key}", "orders"),
            ("{record}", "rule"),
            ("{setupId}", setup_of(row)),
            ("{resourceServerId}", "closed"),
            ("{snapshotId}", self.snapshot_of(row)),
            ("{tokenId}", &self.token),
            ("{document}", "acp.json"),
            ("{id}", APPLICATION),
            ("{organizationId}", "default"),
            ("{*path}", "orders"),
            ("{connection}", "Mail"),
            ("{name}", if row.id == "deletePlugin" { "spare" } else { "acmes" }),
            ("{version}", if deletes { "2.0.0" } else { "1.0.0" }),
        ];
        let path = values.iter().fold(row.path.to_owned(), |path, (name, value)| path.replace(name, value));
        assert!(!path.contains('{'), "{}: give the parameters of {} values in surface.rs", row.id, row.path);
        path
    }

    fn snapshot_of(&self, row: &Row) -> &str {
        let [setup, client, resource_server] = &self.snapshots;
        match row.path {
            path if path.contains("/clients/") => client,
            path if path.contains("/resource-servers/") => resource_server,
            _ => setup,
        }
    }

    fn body(&self, row: &Row) -> Value {
        let aid = |mut body: Value| {
            body["authorization_server_id"] = json!("shop");
            body
        };
        match row.id {
            "updateAdminTenant" => json!({ "name": "Default" }),
            "createOrganizationClient" => json!({ "description": "New" }),
            "updateOrganizationClient" => json!({ "roles": ["Agent"] }),
            "createTenant" => json!({ "id": "new", "name": "New" }),
            "updateTenant" => json!({ "name": "Spare" }),
            "createAuthorizationServer" => json!({ "id": "new", "name": "New", "key_type": "ecdsa" }),
            "updateAuthorizationServer" => json!({ "name": "Shop" }),
            "updateAuthentications" => authentications(),
            "createClient" => aid(json!({ "client_id": "new", "client_name": "New" })),
            "updateClient" => aid(json!({ "client_name": "Clerk", "scope": "orders:read" })),
            "createClientForDeveloper" => aid(json!({ "client_name": "New" })),
            "updateClientForDeveloper" => json!({ "client_name": "Mine" }),
            "createPolicy" => {
                let recovery = json!([{ "id": "second factor", "type": "mfa" }]);
                let conf = json!({ "fields": [{ "field": "sub", "comparator": "exists" }] });
                let validator = json!({ "name": "identity-context", "conf": conf, "recovery": recovery });
                json!({ "id": "new", "policy_name": "New", "validators": [validator] })
            }
            "updatePolicy" => json!({ "policy_name": "Rule", "validators": [yes()] }),
            "testPolicy" => json!({ "policy": { "validators": [yes()] }, "explain": true }),
            "checkPolicy" => {
                json!({ "id": "new", "validators": [{ "any": [{ "policy": "rule" }, yes()] }], "mode": "monitor" })
            }
            "createScope" => aid(json!({ "id": "new", "name": "new", "service_id": "orders" })),
            "setPluginGrants" => json!({ "key_value": { "namespace": "limits" } }),
            "setDatum" => json!({ "value": 7 }),
            "updateScope" => aid(json!({ "name": "orders:read", "description": "Sees orders" })),
            "createService" => aid(json!({ "id": "new", "name": "New" })),
            "updateService" => {
                json!({ "name": "Orders", "resource": "https://orders.example/", "gateway_id": self.gateway })
            }
            "createAPI" => json!({ "id": "new", "service_id": "orders", "method": "POST", "path": "/orders/{id}" }),
            "updateAPI" => json!({ "policy_id": "rule", "data_classifications": ["PII"] }),
            "createClaim" => aid(json!({ "id": "new", "name": "new", "mapping": "new", "type": "access_token" })),
            "updateClaim" => aid(
                json!({ "name": "shoe_size", "mapping": "body.shoe_size", "type": "id_token", "scopes": ["profile"] }),
            ),
            "importSpecificationFromURL" => json!({ "url": format!("{}/openapi/acp.json", self.url) }),
            "createGateway" => json!({ "name": "New", "server_id": "shop", "type": "envoy" }),
            "updateGateway" => json!({ "name": "Edge" }),
            "createConsent" => json!({ "id": "new", "name": "New", "update_existing_grants": "implicitAll" }),
            "updateConsent" => {
                json!({ "name": "Terms", "update_existing_grants": "keepCurrent", "can_be_withdrawn": true })
            }
            "createConsentAction" => json!({ "id": "new", "name": "New", "consents": [{ "id": "terms" }] }),
            "updateConsentAction" => json!({ "id": "checkout", "name": "Checkout", "consents": [{ "id": "terms" }] }),
            "grantConsent" | "revokeConsent" => json!({ "consent_id": "terms" }),
            "patchUserConsents" | "patchConsentGrants" => {
                json!({ "consents": [{ "consent_id": "terms", "granted": true }] })
            }
            "acceptLogin" => json!({ "login_state": PAGE_STATE, "subject": "anna" }),
            "acceptScopeGrant" => json!({ "login_state": PAGE_STATE, "granted_scopes": ["orders:read"] }),
            "rejectLogin" | "rejectScopeGrant" => json!({ "login_state": PAGE_STATE }),
            "acceptBackchannelRequest" | "rejectBackchannelRequest" => json!({ "request_state": PAGE_STATE }),
            "rollBack" => json!({ "version": 1 }),
            "enablePlugin" => json!({ "version": "1.0.0" }),
            "createSetup" | "updateSetup" => setup("Shop"),
            "createSetupClient" => setup_client("New"),
            "updateSetupClient" => setup_client("Leaver"),
            "createSetupResourceServer" => json!({ "scopes": [] }),
            "updateResourceServer" => json!({ "name": "Closed", "scopes": [] }),
            "importConfiguration" | "addSigningKey" => json!({}),
            "registerClient" | "updateRegisteredClient" => json!({ "redirect_uris": ["https://new.example/back"] }),
            "createOAuthClient" => connection("New"),
            "modifyOAuthClient" => connection("Mail"),
            "createApplication" | "updateApplication" => application(),
            "evaluate" | "evaluateMany" => question(),
            other => shadows::body(other).unwrap_or_else(|| panic!("{other}: write a body into surface.rs")),
        }
    }
}

/// Our account at a provider.
fn connection(name: &str) -> Value {
    json!({ "name": name, "clientId": "a", "clientSecret": "b", "provider": "Google", "scopes": ["c"] })
}

/// What anybody who administrates may make.
fn application() -> Value {
    json!({ "type": "TEST", "config": { "title": "Till" } })
}

/// One method of each kind of settings.
fn authentications() -> Value {
    let user = json!({ "username": "ann", "password": "secret", "authentication_context": { "groups": ["a"] } });
    let account =
        json!({ "client_id": "a", "client_secret": "b", "redirect_url": "https://example.com", "scopes": ["c"] });
    let with = |mut account: Value, members: Value| {
        account.as_object_mut().unwrap().extend(members.as_object().unwrap().clone());
        account
    };
    let oidc = with(account.clone(), json!({ "issuer_url": "https://example.com" }));
    let azure = with(account.clone(), json!({ "tenant": "d" }));
    let cognito = with(account, json!({ "pool_id": "d", "region": "e" }));
    json!({ "methods": [
        { "name": "Static", "method": "static", "static": { "users": [user] } },
        { "name": "Custom", "method": "custom", "custom": { "login_url": "https://example.com" },
          "attributes": [{ "name": "a" }], "mappings": [{ "source": ".", "target": "b" }] },
        { "name": "OIDC", "method": "oidc", "oidc": oidc },
        { "name": "Azure", "method": "azure", "azure": azure },
        { "name": "Cognito", "method": "cognito", "cognito": cognito },
    ] })
}

fn query(row: &Row) -> &'static str {
    match row.id {
        "importConfiguration" => "?mode=update",
        "translateClientId" => "?oAuthClientId=clerk",
        "authorize" => AUTHORIZE,
        "readOAuthClient" => "?oauthclientname=Mail",
        "deleteOAuthClient" => "?oauthclientname=Spare",
        _ => "",
    }
}

/// Of a browser only its own login is known, so any will do for those rows.
fn login_of(row: &Row) -> &'static str {
    match row.id {
        "getLogin" | "acceptLogin" | "rejectLogin" => "login-page",
        "getScopeGrant" | "acceptScopeGrant" | "rejectScopeGrant" => "consent-page",
        _ => "of-another-browser",
    }
}

/// The setup that may go, and the one that everything else is in.
fn setup_of(row: &Row) -> &'static str {
    match row.id {
        "deleteSetup" | "listSetupSnapshots" | "showSetupSnapshot" | "deleteSetupSnapshot" => "closing",
        _ => "shop",
    }
}

fn service_of(row: &Row) -> &'static str {
    match row.id {
        "deleteService" => "closed",
        "updateService" | "getService" | "protectedResource" => "orders",
        _ => "pets",
    }
}

fn question() -> Value {
    json!({
        "subject": { "type": "user", "id": "alice" },
        "action": { "name": "read" },
        "resource": { "type": "policy", "id": "rule" },
    })
}

/// A decision in the log, for the row that shows one.
pub async fn decision(server: &TestServer) -> String {
    let answer = server.as_system().post("/default/shop/access/v1/evaluation", &question()).await.expect(200).json();
    let id = answer["context"]["id"].as_str().unwrap().to_owned();
    // Until the log's writer has written it, and with it everything decided before.
    for _ in 0..2000 {
        if server.as_admin().get(&format!("{ADMIN}/decisions/{id}")).await.status == 200 {
            return id;
        }
        tokio::time::sleep(std::time::Duration::from_millis(5)).await;
    }
    panic!("decision {id} never came to the log");
}

/// A server that may import its own description.
pub async fn talking_to_itself() -> TestServer {
    TestServer::with(|config| config.outbound.allowed_hosts = vec!["127.0.0.1".to_owned()]).await
}
