//! Durability: what was answered survives SIGKILL at any moment, what was not is there whole or not at all.
//!
//! Writers keep a model of what was acknowledged and of the one operation each had in flight. After every kill the
//! server starts again on the same folder and is compared with the model.

use std::{
    collections::BTreeMap,
    path::Path,
    process::Stdio,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use http::Method;
use portcullis::{server::STORE_FILE, store};
use serde_json::{Value, json};
use tokio::task::JoinSet;

use crate::support::{Caller, Process, Random, SECRET, process::command};

const ROUNDS: usize = 8;
const POLICY_WRITERS: usize = 4;
const CLIENT_WRITERS: usize = 2;
/// Things of one writer. Few, so that each is made, changed and removed many times.
const THINGS: usize = 4;
const SCOPES: [&str; 3] = ["openid", "profile", "email"];
/// A kill comes after so many milliseconds of writing.
const SHORTEST_MS: u64 = 150;
const LONGEST_MS: u64 = 1500;

/// What a thing holds: the number that its writer gave it; `None` when it does not exist.
type Content = Option<u64>;

/// What a writer knows of its things.
#[derive(Default)]
struct Model {
    acknowledged: BTreeMap<String, Content>,
    /// The operation without an answer: either outcome is allowed.
    in_flight: Option<(String, Content)>,
}

impl Model {
    fn of(&self, id: &str) -> Content {
        self.acknowledged.get(id).copied().flatten()
    }

    fn allows(&self, id: &str, found: Content) -> bool {
        let in_flight = self.in_flight.as_ref().filter(|(of, _)| of == id).map(|(_, content)| *content);
        found == self.of(id) || Some(found) == in_flight
    }
}

/// The two kinds of things that are written.
#[derive(Clone, Copy)]
enum Kind {
    Policy,
    Client,
}

impl Kind {
    fn collection(self) -> &'static str {
        match self {
            Kind::Policy => "/api/admin/default/policies",
            Kind::Client => "/api/admin/default/clients",
        }
    }

    fn path(self, id: &str) -> String {
        format!("{}/{id}", self.collection())
    }

    /// Says its number in several places, so that half of one and half of another state would show.
    fn body(self, id: &str, number: u64) -> Value {
        match self {
            Kind::Policy => {
                let rule =
                    json!({ "name": "true", "conf": {}, "recovery": [{ "id": number.to_string(), "type": "mfa" }] });
                let rules: Vec<Value> = (0..=number % 3).map(|_| rule.clone()).collect();
                json!({ "id": id, "policy_name": format!("number {number}"), "validators": rules })
            }
            Kind::Client => json!({
                "client_id": id, "client_name": format!("number {number}"), "authorization_server_id": "default",
                "scopes": [SCOPES[(number % 3) as usize]], "grant_types": ["client_credentials"],
            }),
        }
    }

    /// The number of what the server shows, which must be whole.
    fn number(self, id: &str, shown: &Value) -> u64 {
        let name = shown[match self {
            Kind::Policy => "policy_name",
            Kind::Client => "client_name",
        }]
        .as_str()
        .unwrap();
        let number = name.strip_prefix("number ").unwrap().parse().unwrap();
        let expected = self.body(id, number);
        for (member, value) in expected.as_object().unwrap() {
            assert_eq!(&shown[member], value, "{member} of {id}: half of one state, half of another?");
        }
        number
    }
}

/// One writer with its things.
struct Writer {
    kind: Kind,
    name: String,
    model: Model,
    random: Random,
    /// The secrets that were shown for its clients, by number.
    secrets: BTreeMap<u64, String>,
}

impl Writer {
    fn ids(&self) -> Vec<String> {
        (0..THINGS).map(|thing| format!("{}-{thing}", self.name)).collect()
    }

    /// Writes until the server is gone.
    async fn write(mut self, caller: Caller, numbers: Arc<AtomicU64>, acknowledged: Arc<AtomicU64>) -> Writer {
        loop {
            let id = self.random.one(&self.ids()).clone();
            let (method, path, content, status) = self.operation(&id, &numbers);
            let body = content.map(|number| self.kind.body(&id, number));
            self.model.in_flight = Some((id.clone(), content));
            let Some(answer) = caller.attempt(method, &path, body.as_ref()).await else { return self };
            let answer = answer.expect(status);
            if let (Kind::Client, Some(number)) = (self.kind, content) {
                self.secrets.insert(number, answer.json()["client_secret"].as_str().unwrap().to_owned());
            }
            self.model.acknowledged.insert(id, content);
            self.model.in_flight = None;
            acknowledged.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// What to do with a thing: make it, or change or remove it. Clients have no change.
    fn operation(&mut self, id: &str, numbers: &AtomicU64) -> (Method, String, Content, u16) {
        let next = || Some(numbers.fetch_add(1, Ordering::Relaxed));
        match (self.model.of(id), self.kind, self.random.below(3)) {
            (None, kind, _) => (Method::POST, kind.collection().to_owned(), next(), 201),
            (Some(_), Kind::Policy, 1..) => (Method::PUT, self.kind.path(id), next(), 201),
            (Some(_), kind, _) => (Method::DELETE, kind.path(id), None, 204),
        }
    }

    /// Compares the server with the model, then takes over what is there.
    async fn compare(&mut self, admin: &Caller, listed: &BTreeMap<String, Value>) {
        for id in self.ids() {
            let answer = admin.get(&self.kind.path(&id)).await;
            let found = match answer.status.as_u16() {
                404 => None,
                200 => Some(answer.json()),
                other => panic!("{id}: {other} {}", answer.text()),
            };
            assert_eq!(listed.get(&id), found.as_ref(), "the list and the thing itself say the same about {id}");
            let content = found.map(|shown| self.kind.number(&id, &shown));
            assert!(
                self.model.allows(&id, content),
                "{id} is {content:?}, not {:?} or {:?}",
                self.model.of(&id),
                self.model.in_flight
            );
            self.model.acknowledged.insert(id, content);
        }
        self.model.in_flight = None;
    }

    /// A client that exists gets a token with the secret it was given.
    async fn check_secrets(&self, url: &str) {
        for (id, content) in &self.model.acknowledged {
            let Some(secret) = content.and_then(|number| self.secrets.get(&number)) else { continue };
            let client = Caller::new(url).with_credentials("default", "default", id, secret);
            assert!(client.token().await.is_some());
        }
    }
}

/// Everything in a list, by id.
async fn listed(admin: &Caller, path: &str, list: &str, id: &str) -> BTreeMap<String, Value> {
    let answer = admin.get(path).await.expect(200).json();
    let items = answer[list].as_array().unwrap().clone();
    let count = items.len();
    let found: BTreeMap<_, _> = items.into_iter().map(|item| (item[id].as_str().unwrap().to_owned(), item)).collect();
    assert_eq!(found.len(), count, "nothing is listed twice");
    found
}

/// Compares everything after a start.
async fn compare(url: &str, admin: &Caller, writers: &mut [Writer]) {
    let policies = listed(admin, "/api/admin/default/policies", "policies", "id").await;
    let clients = listed(admin, "/api/admin/default/servers/default/clients", "clients", "client_id").await;
    let of_writers: Vec<String> = writers.iter().flat_map(Writer::ids).collect();
    assert!(clients.keys().all(|id| of_writers.contains(id)), "{:?}", clients.keys());
    for writer in writers.iter_mut() {
        match writer.kind {
            Kind::Policy => writer.compare(admin, &policies).await,
            Kind::Client => writer.compare(admin, &clients).await,
        }
        writer.check_secrets(url).await;
    }
}

/// Decides until the server is gone. Answers how many decisions it made.
async fn decide(caller: Caller) -> u64 {
    let mut made = 0;
    let question = json!({
        "subject": { "type": "user", "id": "anna" }, "action": { "name": "read" },
        "resource": { "type": "policy", "id": "steady" },
    });
    while let Some(answer) = caller.attempt(Method::POST, "/default/system/access/v1/evaluation", Some(&question)).await
    {
        let decision = answer.expect(200).json();
        assert_eq!(decision["decision"], true, "{decision}");
        made += 1;
    }
    made
}

/// Looks into the decision log until the server is gone. What it saw there last is durable.
async fn watch_log(caller: Caller) -> Option<String> {
    let mut seen = None;
    while let Some(answer) = caller.attempt(Method::GET, "/api/admin/default/decisions?limit=1", None).await {
        let answer = answer.expect(200).json();
        seen = answer["decisions"][0]["id"].as_str().map(str::to_owned).or(seen);
    }
    seen
}

async fn start(folder: &Path) -> (Process, Caller, Caller) {
    let process = Process::serve(folder);
    let admin = process.token_of("default", "admin", "admin");
    let system = process.token_of("default", "system", "system");
    // `attempt` uses a token that is there.
    assert!(admin.token().await.is_some() && system.token().await.is_some());
    let admin = Caller::new(&process.url).with_token(&admin.token().await.unwrap());
    let system = Caller::new(&process.url).with_token(&system.token().await.unwrap());
    (process, admin, system)
}

fn writers(random: &mut Random) -> Vec<Writer> {
    let kinds = [Kind::Policy; POLICY_WRITERS].into_iter().chain([Kind::Client; CLIENT_WRITERS]);
    kinds
        .enumerate()
        .map(|(place, kind)| Writer {
            kind,
            name: format!("w{place}"),
            model: Model::default(),
            random: Random::seeded(random.next()),
            secrets: BTreeMap::new(),
        })
        .collect()
}

/// One round: everybody works until the kill.
async fn work_and_kill(
    (process, admin, system): (Process, Caller, Caller),
    writers: Vec<Writer>,
    numbers: &Arc<AtomicU64>,
    acknowledged: &Arc<AtomicU64>,
    after: Duration,
) -> (Vec<Writer>, u64, Option<String>) {
    let log = tokio::spawn(watch_log(admin.clone()));
    let deciders: Vec<_> = (0..2).map(|_| tokio::spawn(decide(system.clone()))).collect();
    let mut working = JoinSet::new();
    for writer in writers {
        working.spawn(writer.write(admin.clone(), Arc::clone(numbers), Arc::clone(acknowledged)));
    }
    tokio::time::sleep(after).await;
    process.kill();
    let mut writers = working.join_all().await;
    writers.sort_by(|left, right| left.name.cmp(&right.name));
    let mut decided = 0;
    for decider in deciders {
        decided += decider.await.unwrap();
    }
    (writers, decided, log.await.unwrap())
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_acknowledged_survives_every_kill() {
    let folder = tempfile::tempdir().unwrap();
    let mut random = Random::seeded(20_260_101);
    let (numbers, acknowledged) = (Arc::new(AtomicU64::new(1)), Arc::new(AtomicU64::new(0)));
    let mut writers = writers(&mut random);
    let (mut decided, mut logged) = (0, None::<String>);
    for round in 0..=ROUNDS {
        let (process, admin, system) = start(folder.path()).await;
        if round == 0 {
            let body = json!({ "id": "steady", "policy_name": "Steady", "validators": [{ "name": "true" }] });
            admin.post("/api/admin/default/policies", &body).await.expect(201);
        }
        compare(&process.url, &admin, &mut writers).await;
        if let Some(id) = &logged {
            let found = admin.get(&format!("/api/admin/default/decisions/{id}")).await.expect(200).json();
            assert_eq!(
                (&found["id"], &found["result"]),
                (&json!(id), &json!("allow")),
                "a decision that was shown is kept"
            );
        }
        admin.get("/api/admin/default/decisions?limit=1000").await.expect(200);
        if round == ROUNDS {
            assert!(process.terminate().success());
            break;
        }
        let after = Duration::from_millis(SHORTEST_MS + random.next() % (LONGEST_MS - SHORTEST_MS));
        let (theirs, made, seen) =
            work_and_kill((process, admin, system), writers, &numbers, &acknowledged, after).await;
        (writers, decided, logged) = (theirs, decided + made, seen.or(logged));
    }
    store::verify(&folder.path().join(STORE_FILE)).unwrap();
    let acknowledged = acknowledged.load(Ordering::Relaxed);
    println!("{ROUNDS} kills, {acknowledged} acknowledged writes, {decided} decisions, log up to {logged:?}");
    assert!(acknowledged > 50 && decided > 50 && logged.is_some(), "the kills hit a working server");
}

/// A kill during the very first start leaves a folder that starts.
#[test]
fn a_killed_first_start_is_repeated() {
    // The files are made some tens of milliseconds after the start; the kills sweep over that time.
    for round in 0..24 {
        let folder = tempfile::tempdir().unwrap();
        let data = folder.path().to_str().unwrap();
        let mut serve = command(&["serve", "--listen", "127.0.0.1:0", "--data", data]);
        serve.env("PORTCULLIS_BOOTSTRAP_SECRET", SECRET).env_remove("PORTCULLIS_MASTER_KEY");
        let mut child = serve.stdout(Stdio::null()).spawn().unwrap();
        std::thread::sleep(Duration::from_millis(25 + 2 * round));
        child.kill().unwrap();
        child.wait().unwrap();
        assert!(Process::spawn(&mut serve).terminate().success());
    }
}

/// The test of the model itself: it must be able to say no.
#[test]
fn the_model_refuses_what_was_never_written() {
    let mut model = Model::default();
    model.acknowledged.insert("a".to_owned(), Some(1));
    model.in_flight = Some(("a".to_owned(), None));
    assert!(model.allows("a", Some(1)) && model.allows("a", None) && !model.allows("a", Some(2)));
    assert!(model.allows("b", None) && !model.allows("b", Some(1)));
}
