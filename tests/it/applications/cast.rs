//! Everybody who has something to do with applications: real tokens of real clients and people.

use serde_json::{Value, json};

use super::APPLICATIONS;
use crate::support::{
    Answer, Caller, SECRET, TestServer,
    made::{ADMIN, ask_token},
};

/// The password of everybody.
const PASSWORD: &str = "a password of theirs";
/// What administrators of an integration may do.
pub const PERMISSIONS: [&str; 4] = [
    "integrations:integration:add",
    "integrations:integration:edit",
    "integrations:integration:delete",
    "integrations:integration:view",
];

/// A server and who calls it. All but three belong to the tenant `default`.
pub struct Cast {
    /// The server.
    pub server: TestServer,
    /// GLOBAL_ADMIN
    pub global: Caller,
    /// SERVICE
    pub service: Caller,
    /// ADMIN
    pub admin: Caller,
    /// CLIENT_SERVICE
    pub machine: Caller,
    /// AGENT
    pub agent: Caller,
    /// SUPERVISOR
    pub supervisor: Caller,
    /// CUSTOMER
    pub customer: Caller,
    /// AGENT with all permissions of integrations.
    pub integrator: Caller,
    /// ADMIN of the tenant `demo`.
    pub stranger: Caller,
}

impl Cast {
    /// Everybody.
    pub async fn start() -> Cast {
        let server = TestServer::start().await;
        let (global, admin) = (server.as_setup(), server.as_admin());
        // Once there is a scope for services, a token of this client has it.
        global.token().await;
        let service = service(&server, &global).await;
        let secret = people(&admin).await;
        let person = async |name: &str| {
            let password = PASSWORD.replace(' ', "+");
            let form = format!("grant_type=password&username={name}&password={password}&scope=openid");
            let tokens = ask_token(&server, "default", "desk", &secret, &form).await.expect(200).json();
            Caller::new(&server.url).with_token(tokens["access_token"].as_str().unwrap())
        };
        Cast {
            global,
            service,
            admin,
            machine: server.as_system(),
            agent: person("agent").await,
            supervisor: person("supervisor").await,
            customer: person("customer").await,
            integrator: person("integrator").await,
            stranger: server.as_other_admin(),
            server,
        }
    }

    /// Everybody of the tenant `default`, and the two of the platform.
    pub fn everybody(&self) -> [(&'static str, &Caller); 8] {
        [
            ("GLOBAL_ADMIN", &self.global),
            ("SERVICE", &self.service),
            ("ADMIN", &self.admin),
            ("CLIENT_SERVICE", &self.machine),
            ("AGENT", &self.agent),
            ("SUPERVISOR", &self.supervisor),
            ("CUSTOMER", &self.customer),
            ("integrator", &self.integrator),
        ]
    }

    /// Makes an application of a tenant under an id.
    pub async fn make(&self, tenant: &str, id: &str, mut body: Value) {
        body["id"] = json!(id);
        body["organizationId"] = json!(tenant);
        self.global.post(APPLICATIONS, &body).await.expect(200);
    }
}

/// A machine of the tenant `system` that is a service of the platform.
async fn service(server: &TestServer, global: &Caller) -> Caller {
    let (system, scope) = (json!("system"), json!(["internal_service"]));
    let document = json!({
        "scopes_without_service": [{
            "id": "internal", "tenant_id": system, "authorization_server_id": system, "name": "internal_service",
        }],
        "clients": [{
            "client_id": "platform", "tenant_id": system, "authorization_server_id": system, "client_name": "Platform",
            "client_secret": SECRET, "scopes": scope, "grant_types": ["client_credentials"],
        }],
    });
    global.put("/api/system/configuration", &document).await.expect(204);
    server.token_of("system", "system", "platform")
}

/// People of the tenant's server `default` and a client that gets them tokens; answers its secret.
async fn people(admin: &Caller) -> String {
    let path = format!("{ADMIN}/servers/default");
    let person = |name: &str, context: Value| json!({ "username": name, "password": PASSWORD, "authentication_context": context });
    let users = [
        person("agent", json!({ "roles": ["AGENT"] })),
        person("supervisor", json!({ "roles": ["SUPERVISOR"] })),
        person("customer", json!({})),
        person("integrator", json!({ "roles": ["AGENT"], "permissions": PERMISSIONS })),
    ];
    let mut server = admin.get(&path).await.expect(200).json();
    server["grant_types"] = json!(["password", "client_credentials", "refresh_token"]);
    server["authentications"] =
        json!({ "methods": [{ "id": "staff", "name": "Staff", "method": "static", "static": { "users": users } }] });
    admin.put(&path, &server).await.expect(200);
    let desk = json!({
        "authorization_server_id": "default", "client_id": "desk", "client_name": "Desk", "scopes": ["openid"],
        "grant_types": ["password"],
    });
    let made = admin.post(&format!("{ADMIN}/clients"), &desk).await.expect(201).json();
    made["client_secret"].as_str().unwrap().to_owned()
}

/// A body of a type that needs no permission.
pub fn plain(config: Value) -> Value {
    json!({ "type": "STANDALONE_OPENID", "config": config })
}

/// A body of the type that does, with everything that it has to say.
pub fn genesys() -> Value {
    json!({ "type": "GENESYS", "config": genesys_config() })
}

/// What a configuration of that type has to say.
pub fn genesys_config() -> Value {
    json!({ "organizationId": "org-1", "pcEnvironment": "mypurecloud.ie" })
}

/// The path of an application.
pub fn at(id: &str) -> String {
    format!("{APPLICATIONS}/{id}")
}

/// The ids of a page, in its order.
pub fn ids(page: &Answer) -> Vec<String> {
    let content = page.json()["content"].clone();
    content.as_array().unwrap().iter().map(|one| one["id"].as_str().unwrap().to_owned()).collect()
}
