//! Configuration over time: what is scheduled holds exactly from its instant, stays when something else changes, and takes over
//! nothing that its author could not see. Through the domain of setups and the other tongues at once.

mod losses;
mod model;
mod setups;

use portcullis::{
    domain::{
        By, Caller, Condition, Domain, Failure,
        setup::{self, ClientDefaults, Setup, client::SetupClient},
    },
    world::Micros,
};

use crate::support::{TestServer, world::START};

const TENANT: &str = "default";
const SECOND: Micros = 1_000_000;

/// An instant so many seconds after the start of the test.
fn second(seconds: i64) -> Option<Micros> {
    Some(START + seconds * SECOND)
}

/// Ann, who administrates.
fn ann() -> Caller {
    let [tenant, server, subject] = [TENANT, "admin", "ann"].map(str::to_owned);
    Caller::Person { tenant, server, subject }
}

/// A change by somebody who schedules.
fn by(caller: &Caller) -> By<'_> {
    By { caller, condition: Condition::None, tongue: "setups" }
}

fn domain(server: &TestServer) -> &Domain {
    &server.app.domain
}

/// A setup whose access tokens live so long.
fn shop(name: &str, seconds: i64) -> Setup {
    let client_defaults = ClientDefaults {
        grant_types: vec!["client_credentials".to_owned()],
        access_token_ttl: Some(seconds),
        ..ClientDefaults::default()
    };
    Setup { name: name.to_owned(), client_defaults, ..Setup::default() }
}

/// A machine of a setup.
fn machine(id: &str, scopes: &[&str]) -> SetupClient {
    SetupClient {
        client_id: id.to_owned(),
        name: id.to_owned(),
        grant_types: vec!["client_credentials".to_owned()],
        scopes: scopes.iter().map(|scope| (*scope).to_owned()).collect(),
        ..SetupClient::default()
    }
}

/// Makes a setup that begins now; answers its id.
async fn make_setup(server: &TestServer, name: &str, seconds: i64) -> String {
    setup::create(domain(server), &by(&ann()), TENANT, shop(name, seconds), None).await.unwrap().0
}

/// Makes a machine of a setup that begins now; answers its entity id and its secret.
async fn make_machine(server: &TestServer, setup: &str, id: &str, scopes: &[&str]) -> (String, String) {
    let caller = ann();
    let client = machine(id, scopes);
    let made = setup::client::create(domain(server), &by(&caller), TENANT, setup, client, None, None).await;
    let entity = made.unwrap().0;
    let secret = setup::client::secret(domain(server), TENANT, setup, &entity).unwrap().unwrap();
    (entity, secret.expose().to_owned())
}

#[track_caller]
fn not_found<T: std::fmt::Debug>(answer: Result<T, Failure>, expected: &str) {
    match answer {
        Err(Failure::NotFound { noun, .. }) => assert_eq!(noun, expected),
        other => panic!("no {expected}? {other:?}"),
    }
}
