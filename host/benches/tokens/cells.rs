//! Every endpoint beside what it cannot be faster than.

use std::sync::Arc;

use portcullis::{
    crypto::Secret,
    store::{Options, Store, StoreError},
    world::Stopwatch,
};

use crate::{
    CONNECTIONS, Plan, floor,
    folder::Scratch,
    line,
    load::{self, Script, Way},
    report::{Limit, ratio},
    server::Server,
    setup::{self, Admin, ES, RS, client_of},
    stored,
    table::{self, Row},
    turns::{Side, beside_rate, by_turns},
};

/// One cell: warmed up, then measured. `scripts` makes one for each connection.
pub(crate) fn cell(
    plan: &Plan,
    server: &Server,
    name: &str,
    connections: usize,
    expected: &'static str,
    scripts: impl Fn(usize) -> Script,
) -> Row {
    let scripts: Vec<Script> = (0..connections).map(scripts).collect();
    let way = Way::plain(server.address);
    let (_, scripts) = load::run(&way, scripts, expected, plan.warm_up);
    let before = server.cpu();
    let (latencies, _) = load::run(&way, scripts, expected, plan.cell);
    let cpu = server.cpu().saturating_sub(before);
    let row = Row { name: name.to_owned(), connections, cpu, rss: server.rss(), latencies };
    row.print();
    row
}

/// A cell that sends the same again and again.
pub(crate) fn same(plan: &Plan, server: &Server, name: &str, connections: usize, request: &[u8]) -> Row {
    let request: Arc<[u8]> = request.into();
    cell(plan, server, name, connections, "", |_| Script::Same(Arc::clone(&request)))
}

/// What needs no write: client credentials, introspection, JWKS.
pub(crate) fn endpoints(plan: &Plan) {
    let folder = Scratch::new("endpoints");
    let server = Server::portcullis(folder.path());
    let mut admin = Admin::new(&server);
    setup::make_server(&mut admin, ES, "ecdsa");
    setup::make_server(&mut admin, RS, "rsa");
    table::head("Without a write");
    for connections in CONNECTIONS {
        for (id, algorithm) in [(ES, "ES256"), (RS, "RS256")] {
            client_credentials(plan, &server, connections, (id, algorithm));
        }
        reading(plan, &server, connections);
    }
    server.stop();
}

/// Client credentials beside what hashes the secret and signs, and does nothing else.
fn client_credentials(plan: &Plan, server: &Server, connections: usize, (id, algorithm): (&str, &str)) {
    let floor = Server::myself(floor::ROLE, algorithm);
    let request = |server: &Server| setup::client_credentials(server.address, id, &client_of(id));
    let [floor, ours] = by_turns(
        plan,
        [
            Side::same(&floor, &format!("hyper + form + {algorithm}"), connections, &request(&floor)),
            Side::same(server, &format!("client_credentials {algorithm}"), connections, &request(server)),
        ],
    );
    let limit = if id == ES && connections > 1 { Limit::AtLeast(0.65) } else { Limit::None };
    ratio(&format!("{algorithm}@{connections}/floor"), ours.beside(&floor), limit);
    ratio(&format!("{algorithm}@{connections}/p99-to-p50"), ours.row.latencies.spread(), Limit::AtMost(10.0));
}

/// What only reads, beside a server that always says the same: introspection of a signed token by its own client, and JWKS.
fn reading(plan: &Plan, server: &Server, connections: usize) {
    let bare = Server::bare(r#"{"active":true}"#);
    let form = format!("token={}&{}", a_token(server), setup::proof(&client_of(ES)));
    let question = |server: &Server| setup::post(server.address, ES, "introspect", &form);
    let active: Arc<[u8]> = question(server).into();
    let jwks = line_get(server, &format!("/default/{ES}/.well-known/jwks.json"));
    let [hyper, introspection, jwks] = by_turns(
        plan,
        [
            Side::same(&bare, "bare hyper", connections, &question(&bare)),
            Side::new(server, "introspection of a signed token", connections, "\"active\":true", |_| {
                Script::Same(Arc::clone(&active))
            }),
            Side::same(server, "JWKS", connections, &jwks),
        ],
    );
    let limit = if connections > 1 { Limit::AtLeast(0.5) } else { Limit::None };
    ratio(&format!("introspection-signed@{connections}/bare-hyper"), introspection.beside(&hyper), limit);
    ratio(&format!("jwks@{connections}/bare-hyper"), jwks.beside(&hyper), Limit::None);
}

fn line_get(server: &Server, path: &str) -> Vec<u8> {
    line::request(server.address, "GET", path, &[], "")
}

/// A signed token.
fn a_token(server: &Server) -> String {
    let request = setup::client_credentials(server.address, ES, &client_of(ES));
    let (status, body) = line::Line::new(server.address).exchange(&request);
    assert_eq!(status, 200, "{body}");
    let answer: serde_json::Value = serde_json::from_str(&body).unwrap();
    answer.get("access_token").and_then(serde_json::Value::as_str).unwrap().to_owned()
}

/// What is durable before it is answered: codes and refresh tokens, beside one commit after the other in a store of its own, which
/// is small and has nothing else to do.
pub(crate) fn durable(plan: &Plan) {
    let folder = setup::with_server("durable");
    let seconds = (plan.warm_up + plan.cell).as_secs_f64();
    let wanted = (seconds * 12_000.0) as usize;
    let domain = stored::open(folder.path());
    let (codes, refreshes) = stored::granted(&domain, ES, &client_of(ES), wanted);
    domain.store.clone().close();
    drop(domain);
    let server = Server::portcullis(folder.path());
    table::head("Durable before the answer");
    let apart = Scratch::new("commits");
    let store = Store::open(&Options { path: apart.path().join("store"), cache_items: 0, redb_cache_bytes: 16 << 20 });
    let store = store.unwrap();
    let (mut codes, mut refreshes) = (codes.into_iter(), refreshes.into_iter());
    for connections in CONNECTIONS {
        let form = |code: &Secret| {
            let rest = format!("grant_type=authorization_code&code={}&{}", code.expose(), setup::proof(&client_of(ES)));
            setup::post(server.address, ES, "token", &rest)
        };
        let share = wanted / if connections == 1 { 8 } else { 2 };
        let mut own: Vec<Vec<Vec<u8>>> = vec![Vec::new(); connections];
        for (place, code) in codes.by_ref().take(share).enumerate() {
            own.get_mut(place % connections).unwrap().push(form(&code));
        }
        let own = std::cell::RefCell::new(own);
        cell(plan, &server, "code exchange", connections, "id_token", |_| {
            Script::Each(own.borrow_mut().pop().unwrap_or_default())
        });
        let address = server.address;
        let request: load::Made = Arc::new(move |token: &str| {
            let form = format!("grant_type=refresh_token&refresh_token={token}&{}", setup::proof(&client_of(ES)));
            setup::post(address, ES, "token", &form)
        });
        let own: Vec<Secret> = refreshes.by_ref().rev().take(connections).collect();
        let side = Side::new(&server, "refresh", connections, "refresh_token", |place| {
            Script::Refresh(own.get(place).unwrap().expose().to_owned(), Arc::clone(&request))
        });
        let (row, serial, stands) = beside_rate(plan, side, || commits(&store));
        println!("one durable commit after the other, by turns with them: {serial:.0}/s");
        let limit = if connections > 1 { Limit::AtLeast(3.0) } else { Limit::None };
        ratio(&format!("refresh@{connections}/one-by-one-commits"), stands, limit);
        ratio(&format!("refresh@{connections}/p99-to-p50"), row.latencies.spread(), Limit::AtMost(10.0));
    }
    server.stop();
}

/// Durable commits a second, one after the other, of a small record.
fn commits(store: &Store) -> f64 {
    const TIMES: u32 = 100;
    let watch = Stopwatch::start();
    for number in 0..TIMES {
        store
            .write_blocking::<(), StoreError>(move |write| {
                let record = portcullis::domain::token::RevokedToken { ends: i64::from(number) };
                portcullis::store::records::put(write, &["default", "bench"], &record)
            })
            .unwrap();
    }
    f64::from(TIMES) / watch.elapsed().as_secs_f64()
}
