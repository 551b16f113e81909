//! The same with few and with many: stored tokens, clients, authorization servers.

use std::{sync::Arc, thread, time::Duration};

use portcullis::world::Stopwatch;

use crate::{
    Plan, floor,
    folder::Scratch,
    line::Line,
    load::{self, Script, Way},
    report::{self, Limit, figure, ratio},
    server::Server,
    setup::{self, Admin, ES, client_of},
    stored, table,
    turns::{Side, by_turns},
};

/// How far two figures may be apart that ought to be one.
const FLAT: Limit = Limit::AtLeast(0.9);
/// Connections of all cells here.
const CONNECTIONS: usize = 32;

/// Of so many tokens somebody asks again and again, however many there are: so what is compared is the size of the store.
const ASKED: usize = 1_000;

/// Introspection of opaque tokens, with few and with many in the store; and where many of the many are asked about, which is more than
/// a processor has at hand.
pub(crate) fn tokens(plan: &Plan) {
    let folder = setup::with_server("tokens");
    let mut ratios = Vec::new();
    let mut there = 0;
    let mut shown = Vec::new();
    table::head("Introspection of opaque tokens");
    for count in plan.tokens {
        let domain = stored::open(folder.path());
        shown.extend(stored::access_tokens(&domain, ES, &client_of(ES), count - there));
        domain.store.clone().close();
        drop(domain);
        there = count;
        let server = Server::portcullis(folder.path());
        let bare = Server::bare(r#"{"active":true}"#);
        let form = |token: &str| format!("token={token}&{}", setup::proof(&client_of(ES)));
        let requests: Vec<Vec<u8>> =
            shown.iter().map(|token| setup::post(server.address, ES, "introspect", &form(token.expose()))).collect();
        let requests = Arc::new(requests);
        each_once(&server, &requests);
        let step = requests.len().div_ceil(ASKED);
        let some: Arc<Vec<Vec<u8>>> = Arc::new(requests.iter().step_by(step).cloned().collect());
        let side = |name: &str, requests: &Arc<Vec<Vec<u8>>>| {
            let around = |place: usize| Script::Around(Arc::clone(requests), place * 31);
            Side::new(&server, &format!("introspection, {count} stored{name}"), CONNECTIONS, "\"active\":true", around)
        };
        let hyper = Side::same(&bare, "bare hyper", CONNECTIONS, requests.first().unwrap());
        let asked = format!(", {} asked about", requests.len());
        let [hyper, ours, all] = by_turns(plan, [hyper, side("", &some), side(&asked, &requests)]);
        ratios.push(ours.beside(&hyper));
        ratio(&format!("introspection-{count}/bare-hyper"), ours.beside(&hyper), Limit::AtLeast(0.5));
        ratio(&format!("introspection-{}-of-{count}/bare-hyper", requests.len()), all.beside(&hyper), Limit::None);
        server.stop();
    }
    flat("introspection-many-tokens/few", &ratios);
}

/// Client credentials with one client and with many.
pub(crate) fn clients(plan: &Plan) {
    let folder = Scratch::new("clients");
    let server = Server::portcullis(folder.path());
    let floor = Server::myself(floor::ROLE, "ES256");
    setup::make_server(&mut Admin::new(&server), ES, "ecdsa");
    table::head("Client credentials with many clients");
    let one = vec![setup::client_credentials(server.address, ES, &client_of(ES))];
    let one = beside_floor(plan, &server, &floor, ("one client", one));
    make_clients(&server, plan.clients);
    let request = |number: usize| setup::client_credentials(server.address, ES, &name(number));
    let step = (plan.clients / 5_000).max(1);
    let many = (0..plan.clients).step_by(step).map(request).collect();
    let many = beside_floor(plan, &server, &floor, (&format!("{} clients", plan.clients), many));
    flat("many-clients/one", &[one, many]);
    server.stop();
}

/// How client credentials by these requests stand to a server that only hashes a secret and signs. Few and many are each held
/// against it, since minutes lie between them.
fn beside_floor(plan: &Plan, server: &Server, floor: &Server, (name, requests): (&str, Vec<Vec<u8>>)) -> f64 {
    let requests = Arc::new(requests);
    each_once(server, &requests);
    let [floor, ours] = by_turns(
        plan,
        [
            Side::same(floor, "hyper + form + ES256", CONNECTIONS, requests.first().unwrap()),
            Side::new(server, name, CONNECTIONS, "access_token", |place| {
                Script::Around(Arc::clone(&requests), place * 131)
            }),
        ],
    );
    ours.beside(&floor)
}

fn name(number: usize) -> String {
    format!("client-{number:06}")
}

fn make_clients(server: &Server, count: usize) {
    thread::scope(|scope| {
        for first in 0..CONNECTIONS {
            scope.spawn(move || {
                let mut admin = Admin::new(server);
                for number in (first..count).step_by(CONNECTIONS) {
                    setup::make_client(&mut admin, ES, &name(number));
                }
            });
        }
    });
}

/// Client credentials with one authorization server and with many, and a start with many.
pub(crate) fn issuers(plan: &Plan) {
    let folder = Scratch::new("issuers");
    let server = Server::portcullis(folder.path());
    table::head("Client credentials with many issuers");
    let id = |number: usize| format!("issuer-{number:04}");
    setup::make_server(&mut Admin::new(&server), &id(0), "ecdsa");
    let request = |server: &Server, number: usize| {
        setup::client_credentials(server.address, &id(number), &client_of(&id(number)))
    };
    let floor = Server::myself(floor::ROLE, "ES256");
    let one = beside_floor(plan, &server, &floor, ("one issuer", vec![request(&server, 0)]));
    thread::scope(|scope| {
        for first in 1..=CONNECTIONS {
            let server = &server;
            scope.spawn(move || {
                let mut admin = Admin::new(server);
                for number in (first..plan.issuers).step_by(CONNECTIONS) {
                    setup::make_server(&mut admin, &id(number), "ecdsa");
                }
            });
        }
    });
    let many = (0..plan.issuers).map(|number| request(&server, number)).collect();
    let many = beside_floor(plan, &server, &floor, (&format!("{} issuers", plan.issuers), many));
    flat("many-issuers/one", &[one, many]);
    server.stop();
    let start = || {
        let watch = Stopwatch::start();
        let server = Server::portcullis(folder.path());
        let (status, body) = Line::new(server.address).exchange(&request(&server, plan.issuers - 1));
        let took = watch.elapsed();
        assert_eq!(status, 200, "{body}");
        server.stop();
        took.as_secs_f64() * 1000.0
    };
    let starts = (0..plan.starts).map(|_| start()).collect();
    figure(
        &format!("exec-to-first-token-{}-issuers", plan.issuers),
        report::median(starts),
        "ms",
        Limit::AtMost(100.0),
    );
}

/// Sends every request once, so that what is compared is the steady state and not how soon it is reached.
fn each_once(server: &Server, requests: &[Vec<u8>]) {
    let share = |place: usize| requests.iter().skip(place).step_by(CONNECTIONS).cloned().collect();
    let scripts = (0..CONNECTIONS).map(|place| Script::Each(share(place))).collect();
    load::run(&Way::plain(server.address), scripts, "", Duration::from_secs(60));
}

fn flat(name: &str, rates: &[f64]) {
    if let [few, many] = rates {
        ratio(name, many / few, FLAT);
    }
}
