//! A working call of every operation, and the things it needs: for the tests that ask every row of every table.

use bytes::Bytes;
use portcullis::api::Row;
use serde_json::{Value, json};

use crate::support::{
    Caller, SECRET, TestServer,
    made::{ADMIN, FORM, yes},
};

const JSON: &str = "application/json";
const PETS: &str = include_str!("surface/pets.yaml");

/// A call that succeeds when the right caller makes it.
pub struct Example {
    /// Where.
    pub path: String,
    /// Its media type, when it has a body.
    pub content_type: Option<&'static str>,
    /// Its body.
    pub body: Bytes,
}

/// The things that examples are about. Some ids are the server's own and so known only here.
pub struct Surface {
    admin: Caller,
    developer: Caller,
    setup: Caller,
    /// The gateway.
    pub gateway: String,
    /// Its credentials, `id:secret`.
    pub gateway_credentials: String,
    /// The developer's client.
    pub own_client: String,
    /// A decision in the log.
    pub decision: String,
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
    let api = json!({ "id": "list-orders", "service_id": "orders", "method": "GET", "path": "/orders", "policy_id": "rule" });
    let terms = json!({ "id": "terms", "name": "Terms", "update_existing_grants": "keepCurrent", "can_be_withdrawn": true });
    let checkout = json!({ "id": "checkout", "name": "Checkout", "consents": [{ "id": "terms", "required": true }] });
    vec![
        ("policies", json!({ "id": "rule", "policy_name": "Rule", "validators": [yes()] })),
        ("servers", json!({ "id": "shop", "name": "Shop", "key_type": "ecdsa" })), // there already, with a known key
        ("servers", json!({ "id": "closing", "name": "Closing", "key_type": "ecdsa" })),
        ("services", aid(json!({ "id": "orders", "name": "Orders" }))),
        ("services", aid(json!({ "id": "pets", "name": "Pets" }))),
        ("services", aid(json!({ "id": "closed", "name": "Closed" }))),
        ("scopes", aid(json!({ "id": "read-orders", "name": "orders:read", "service_id": "orders" }))),
        ("scopes", aid(json!({ "id": "spare-scope", "name": "spare" }))),
        ("apis", api),
        ("claims", aid(json!({ "id": "shoe-size", "name": "shoe_size", "mapping": "shoe_size", "type": "id_token" }))),
        ("clients", aid(clerk)),
        ("policies", json!({ "id": "unused", "policy_name": "Unused", "validators": [yes()] })),
        ("consents", terms.clone()),
        ("consents", json!({ "id": "spare-consent", "name": "Spare", "update_existing_grants": "explicitAll" })),
        ("actions", checkout),
    ]
}

impl Surface {
    /// Makes everything.
    pub async fn make(server: &TestServer, developer: Caller) -> Surface {
        let mut surface = Surface {
            admin: server.as_admin(),
            developer,
            setup: server.as_setup(),
            gateway: String::new(),
            gateway_credentials: String::new(),
            own_client: String::new(),
            decision: String::new(),
        };
        surface.restore().await;
        surface.decision = decision(server).await;
        surface
    }

    /// The same things for callers whose tokens are newer.
    pub fn with(self, server: &TestServer, developer: Caller) -> Surface {
        Surface { admin: server.as_admin(), setup: server.as_setup(), developer, ..self }
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
        self.import().await;
        self.restore_gateway().await;
        self.restore_own_client().await;
    }

    async fn import(&self) {
        let service = self.admin.get(&format!("{ADMIN}/services/pets")).await.expect(200).json();
        if service["with_specification"] != json!(true) {
            let path = format!("{ADMIN}/services/pets/apis/import/text");
            self.admin.send(http::Method::POST, &path, Some("text/plain"), PETS.into()).await.expect(200);
        }
    }

    async fn restore_gateway(&mut self) {
        if self.admin.get(&format!("{ADMIN}/gateways/{}~", self.gateway)).await.status == 200 {
            return;
        }
        let known = self.admin.get(&format!("{ADMIN}/gateways/{}", self.gateway)).await;
        if self.gateway.is_empty() || known.status == 404 {
            let body = json!({ "name": "Edge", "server_id": "shop", "type": "nginx" });
            let made = self.admin.post(&format!("{ADMIN}/gateways"), &body).await.expect(201).json();
            self.gateway = made["id"].as_str().unwrap().to_owned();
            let text = |value: &Value| value.as_str().unwrap().to_owned();
            self.gateway_credentials = format!("{}:{}", text(&made["client_id"]), text(&made["client"]["client_secret"]));
        }
    }

    async fn restore_own_client(&mut self) {
        let known = self.developer.get(&format!("/api/developer/default/clients/{}", self.own_client)).await;
        if self.own_client.is_empty() || known.status == 404 {
            let body = json!({ "authorization_server_id": "shop", "client_name": "Mine" });
            let made = self.developer.post("/api/developer/default/clients", &body).await.expect(201).json();
            self.own_client = made["client_id"].as_str().unwrap().to_owned();
        }
    }

    /// Everything that anybody could have changed.
    pub async fn everything(&self) -> String {
        self.setup.get("/api/system/configuration").await.expect(200).text()
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
            _ => None,
        };
        if let Some(made) = made {
            self.admin.delete(&format!("{ADMIN}/{made}")).await.expect(204);
        }
        match row.id {
            "createGateway" => self.remove_gateways().await,
            "createClientForDeveloper" => self.remove_own_clients().await,
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
        let path = format!("{}{}", self.path(row), query(row));
        let Some((media_type, _)) = row.doc.body else {
            return Example { path, content_type: None, body: Bytes::new() };
        };
        let (content_type, body) = match row.id {
            "importSpecificationFromText" => ("text/plain", Bytes::from_static(PETS.as_bytes())),
            "importSpecificationFromFile" => ("multipart/form-data; boundary=here", multipart(PETS).into()),
            "token" => {
                let secret = SECRET.replace(' ', "+");
                (FORM, format!("grant_type=client_credentials&client_id=admin&client_secret={secret}").into())
            }
            _ => (media_type, self.body(row).to_string().into()),
        };
        Example { path, content_type: Some(content_type), body }
    }

    fn path(&self, row: &Row) -> String {
        let developer = row.path.starts_with("/api/developer");
        let (tid, aid) = match row.id {
            "getTenant" | "updateTenant" | "deleteTenant" => ("spare", ""),
            "deleteAuthorizationServer" => ("default", "closing"),
            "token" => ("default", "admin"),
            _ => ("default", "shop"),
        };
        let deletes = row.method == http::Method::DELETE;
        let values = [
            ("{tid}", tid),
            ("{aid}", aid),
            ("{cid}", if developer { &self.own_client } else { "clerk" }),
            ("{pid}", if deletes { "unused" } else { "rule" }),
            ("{scp}", if deletes { "spare-scope" } else { "read-orders" }),
            ("{sid}", service_of(row)),
            ("{api}", "list-orders"),
            ("{claim}", "shoe-size"),
            ("{consent}", if deletes { "spare-consent" } else { "terms" }),
            ("{action}", "checkout"),
            ("{gw}", &self.gateway),
            ("{did}", &self.decision),
            ("{document}", "acp.json"),
            ("{*path}", "orders"),
        ];
        let path = values.iter().fold(row.path.to_owned(), |path, (name, value)| path.replace(name, value));
        assert!(!path.contains('{'), "{}: give the parameters of {} values in surface.rs", row.id, row.path);
        path
    }

    fn body(&self, row: &Row) -> Value {
        let aid = |mut body: Value| {
            body["authorization_server_id"] = json!("shop");
            body
        };
        match row.id {
            "updateAdminTenant" => json!({ "name": "Default" }),
            "createTenant" => json!({ "id": "new", "name": "New" }),
            "updateTenant" => json!({ "name": "Spare" }),
            "createAuthorizationServer" => json!({ "id": "new", "name": "New", "key_type": "ecdsa" }),
            "updateAuthorizationServer" => json!({ "name": "Shop" }),
            "updateAuthentications" => json!({ "methods": [{
                "id": "staff", "name": "Staff", "method": "static",
                "static": { "hint": false, "users": [{ "username": "anna", "password": "correct horse battery" }] },
                "mappings": [{ "source": ".", "target": "." }],
            }] }),
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
            "testPolicy" => json!({ "policy": { "validators": [yes()] } }),
            "createScope" => aid(json!({ "id": "new", "name": "new", "service_id": "orders" })),
            "updateScope" => aid(json!({ "name": "orders:read", "description": "Sees orders" })),
            "createService" => aid(json!({ "id": "new", "name": "New" })),
            "updateService" => aid(json!({ "name": "Orders" })),
            "createAPI" => json!({ "id": "new", "service_id": "orders", "method": "POST", "path": "/orders/{id}" }),
            "updateAPI" => json!({ "policy_id": "rule", "data_classifications": ["PII"] }),
            "createClaim" => aid(json!({ "id": "new", "name": "new", "mapping": "new", "type": "access_token" })),
            "updateClaim" => {
                aid(json!({ "name": "shoe_size", "mapping": "body.shoe_size", "type": "id_token", "scopes": ["profile"] }))
            }
            "importSpecificationFromURL" => json!({ "url": "https://pets.example/openapi.yaml" }),
            "createGateway" => json!({ "name": "New", "server_id": "shop", "type": "envoy" }),
            "updateGateway" => json!({ "name": "Edge" }),
            "createConsent" => json!({ "id": "new", "name": "New", "update_existing_grants": "implicitAll" }),
            "updateConsent" => {
                json!({ "name": "Terms", "update_existing_grants": "keepCurrent", "can_be_withdrawn": true })
            }
            "createConsentAction" => json!({ "id": "new", "name": "New", "consents": [{ "id": "terms" }] }),
            "updateConsentAction" => json!({ "id": "checkout", "name": "Checkout", "consents": [{ "id": "terms" }] }),
            "patchUserConsents" => json!({ "consents": [{ "consent_id": "terms", "granted": true }] }),
            "importConfiguration" => json!({}),
            "evaluate" | "evaluateMany" => question(),
            other => panic!("{other}: write a body into surface.rs"),
        }
    }
}

fn query(row: &Row) -> &'static str {
    match row.id {
        "importConfiguration" => "?mode=update",
        _ => "",
    }
}

fn service_of(row: &Row) -> &'static str {
    match row.id {
        "deleteService" => "closed",
        "updateService" | "getService" => "orders",
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

fn multipart(file: &str) -> String {
    let head = "--here\r\nContent-Disposition: form-data; name=\"file\"; filename=\"pets.yaml\"\r\nContent-Type: application/yaml\r\n\r\n";
    format!("{head}{file}\r\n--here--\r\n")
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
