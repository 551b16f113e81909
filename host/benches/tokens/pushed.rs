//! The whole code flow of a client whose request is pushed (RFC 9126), beside the same with the request in the browser's address.
//! The people are logged in and have agreed before, so that each flow is the client's request, the browser's, and the client's
//! again for tokens: three durable commits, or two.

use std::{
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};

use serde_json::{Value, json};

use crate::{
    CONNECTIONS, Plan,
    folder::Scratch,
    line::{self, Answer},
    load::{Flow, Script},
    report::{Limit, ratio},
    server::Server,
    setup::{self, Admin, client_of},
    stored, table,
    turns::{Side, by_turns},
};

/// The authorization server.
const FLOWS: &str = "flows";
/// How its people log in: on a page of the tenant's own, since nobody does so here.
const METHOD: &str = "own";
/// How many they are: nobody comes so often that earlier grants must make room.
const PEOPLE: usize = 5_000;

/// What every request asks for. The challenge and its verifier are those of RFC 7636, appendix B.
const ASKED: &str = "response_type=code&redirect_uri=https%3A%2F%2Fclient.example%2Fback&scope=openid+profile&state=af0ifjsldkj\
    &code_challenge_method=S256&code_challenge=E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";
const REDEEMED: &str = "grant_type=authorization_code&redirect_uri=https%3A%2F%2Fclient.example%2Fback\
    &code_verifier=dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";

/// Flows a second.
pub(crate) fn flows(plan: &Plan) {
    let folder = Scratch::new("pushed");
    let server = Server::portcullis(folder.path());
    make_server(&mut Admin::new(&server));
    server.stop();
    let domain = stored::open(folder.path());
    let cookies = stored::logged_in(&domain, FLOWS, &client_of(FLOWS), METHOD, PEOPLE);
    domain.store.clone().close();
    drop(domain);
    let server = Server::portcullis(folder.path());
    let people = Arc::new(People { address: server.address, cookies, next: AtomicUsize::new(0) });
    table::head("A code flow, from the request to the tokens");
    for connections in CONNECTIONS {
        let flows = |name: &str, pushed: bool| {
            Side::new(&server, name, connections, "", |_| {
                Script::Flow(Box::new(CodeFlow { people: Arc::clone(&people), cookies: String::new(), pushed }))
            })
        };
        let [plain, pushed] = by_turns(plan, [flows("code flow", false), flows("the same, pushed", true)]);
        ratio(&format!("pushed-flow@{connections}/flow"), pushed.beside(&plain), Limit::None);
    }
    server.stop();
}

fn make_server(admin: &mut Admin) {
    let methods = json!([{ "id": METHOD, "name": "Own", "method": "custom", "custom": { "login_url": "https://login.example/" } }]);
    let grants = ["authorization_code", "client_credentials", "refresh_token", "password"];
    let server = json!({
        "id": FLOWS, "name": FLOWS, "key_type": "ecdsa", "grant_types": grants, "authentications": { "methods": methods },
    });
    admin.make("servers", &server);
    setup::make_client(admin, FLOWS, &client_of(FLOWS));
}

/// The people, who come one after the other.
struct People {
    address: SocketAddr,
    cookies: Vec<String>,
    next: AtomicUsize,
}

/// One flow after the other, each of another person.
struct CodeFlow {
    people: Arc<People>,
    /// Those of the browser of the person whose turn it is.
    cookies: String,
    pushed: bool,
}

impl CodeFlow {
    /// The browser's request, with this beside the client's id.
    fn browse(&self, parameters: &str) -> Vec<u8> {
        let path = format!("/default/{FLOWS}/oauth2/authorize?client_id={}&{parameters}", client_of(FLOWS));
        line::request(self.people.address, "GET", &path, &[("cookie", &self.cookies)], "")
    }

    /// The client's own request.
    fn send(&self, endpoint: &str, parameters: &str) -> Vec<u8> {
        let form = format!("{parameters}&{}", setup::proof(&client_of(FLOWS)));
        setup::post(self.people.address, FLOWS, endpoint, &form)
    }
}

impl Flow for CodeFlow {
    fn begin(&mut self) -> Vec<u8> {
        let place = self.people.next.fetch_add(1, Ordering::Relaxed) % self.people.cookies.len();
        self.people.cookies.get(place).unwrap().clone_into(&mut self.cookies);
        if self.pushed { self.send("par", ASKED) } else { self.browse(ASKED) }
    }

    fn go_on(&mut self, answer: &Answer<'_>) -> Option<Vec<u8>> {
        match answer.status {
            201 => {
                let body: Value = serde_json::from_slice(answer.body).unwrap();
                let reference = body.get("request_uri").and_then(Value::as_str).unwrap();
                Some(self.browse(&format!("request_uri={reference}")))
            }
            303 => Some(self.send("token", &format!("{REDEEMED}&code={}", code(answer)))),
            status => {
                let body = String::from_utf8_lossy(answer.body);
                assert!(status == 200 && body.contains("id_token"), "{status} {body}");
                None
            }
        }
    }
}

/// The code that the browser is sent back with.
fn code(answer: &Answer<'_>) -> String {
    let head = std::str::from_utf8(answer.head).unwrap();
    let place = head.lines().find_map(|line| line.strip_prefix("location: ")).unwrap();
    assert!(place.contains("code="), "{place}");
    place.split(['?', '&']).find_map(|pair| pair.strip_prefix("code=")).unwrap().to_owned()
}
