//! Gateways with something to protect, made through the API like anybody else does, and questions as gateways ask them.

use http::Method;
use portcullis::config::Config;
use serde_json::{Value, json};

use super::{
    Answer, Caller, TestServer,
    made::{ADMIN, basic, make_server},
};

/// A server `shop` with a gateway and a service `library` that is connected to it.
pub struct Guarded {
    /// The server.
    pub server: TestServer,
    /// Its administrator.
    pub admin: Caller,
    /// What createGateway answered.
    pub gateway: Value,
}

/// How a request is described: a header for the method, one for path and query.
pub const ORIGINAL: [&str; 2] = ["x-original-method", "x-original-uri"];
/// The same as Traefik has it.
pub const FORWARDED: [&str; 2] = ["x-forwarded-method", "x-forwarded-uri"];

impl Guarded {
    /// A new one, whose gateway is of this type.
    pub async fn start(kind: &str) -> Guarded {
        Guarded::with(kind, |_| {}).await
    }

    /// The same on a server whose configuration was changed.
    pub async fn with(kind: &str, change: impl FnOnce(&mut Config)) -> Guarded {
        let server = TestServer::with(change).await;
        let admin = server.as_admin();
        make_server(&admin, "shop", json!({})).await;
        let gateway = make_gateway(&admin, "shop", "Front door", kind).await;
        let guarded = Guarded { server, admin, gateway };
        guarded.make_service("library").await;
        guarded
    }

    /// The gateway's id.
    pub fn id(&self) -> &str {
        self.gateway["id"].as_str().unwrap()
    }

    /// The header with the gateway's own credentials.
    pub fn basic(&self) -> String {
        basic_of(&self.gateway)
    }

    /// Where the gateway asks.
    pub fn authorize(&self) -> String {
        format!("/api/system/default/gateways/{}/authorize", self.id())
    }

    /// A caller with the gateway's own token.
    pub fn own_client(&self) -> Caller {
        let client = &self.gateway["client"];
        let text = |name: &str| client[name].as_str().unwrap();
        Caller::new(&self.server.url).with_credentials("default", "system", text("client_id"), text("client_secret"))
    }

    /// Makes a service that is connected to the gateway.
    pub async fn make_service(&self, id: &str) {
        let body = json!({ "id": id, "authorization_server_id": "shop", "name": id, "gateway_id": self.id() });
        self.admin.post(&format!("{ADMIN}/services"), &body).await.expect(201);
    }

    /// Makes an API of a service; an empty policy is none.
    pub async fn make_api(&self, service: &str, method: &str, path: &str, policy: &str) -> Value {
        let mut body = json!({ "service_id": service, "method": method, "path": path, "can_have_policy": true });
        if !policy.is_empty() {
            body["policy_id"] = json!(policy);
        }
        self.admin.post(&format!("{ADMIN}/apis"), &body).await.expect(201).json()
    }

    /// Asks about a request of `user`, as nginx does.
    pub async fn ask(&self, user: &Caller, method: &str, target: &str) -> Answer {
        self.ask_with(user, &[(ORIGINAL[0], method), (ORIGINAL[1], target)]).await
    }

    /// Asks with these headers besides the gateway's credentials.
    pub async fn ask_with(&self, user: &Caller, headers: &[(&'static str, &str)]) -> Answer {
        let caller = headers.iter().fold(user.clone(), |caller, (name, value)| caller.with_header(name, value));
        caller.with_header("x-gateway-authorization", &self.basic()).get(&self.authorize()).await
    }

    /// Asks with the path of the request behind the gateway's own, as Envoy does.
    pub async fn ask_below(&self, user: &Caller, method: Method, target: &str) -> Answer {
        let caller = user.clone().with_header("x-gateway-authorization", &self.basic());
        caller.send(method, &format!("{}{target}", self.authorize()), None, bytes::Bytes::new()).await
    }
}

/// Makes a gateway; answers what the server answered, with its client's secret.
pub async fn make_gateway(admin: &Caller, server: &str, name: &str, kind: &str) -> Value {
    let body = json!({ "name": name, "type": kind, "server_id": server });
    admin.post(&format!("{ADMIN}/gateways"), &body).await.expect(201).json()
}

/// The header with the credentials of a gateway that `make_gateway` answered.
pub fn basic_of(gateway: &Value) -> String {
    let client = &gateway["client"];
    basic(client["client_id"].as_str().unwrap(), client["client_secret"].as_str().unwrap())
}

/// The stable words of a denial.
pub fn codes(answer: &Answer) -> Vec<String> {
    let body = answer.json();
    let failures = body["details"]["failures"].as_array().unwrap_or_else(|| panic!("no failures in {body}"));
    failures.iter().map(|failure| failure["code"].as_str().unwrap().to_owned()).collect()
}
