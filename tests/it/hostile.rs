//! Hostile guests through the whole server: installed, put into policies over HTTP, asked over AuthZEN. Whatever they do
//! is a deny with its reason, and everybody else is answered.

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering::SeqCst},
    },
    time::Duration,
};

use portcullis::world::Stopwatch;
use serde_json::{Value, json};

use crate::support::{Answer, Caller, TestServer, guests};

/// Guests whose `validate` misbehaves, and how that is called.
const HOSTILE: [(&str, &str); 12] = [
    ("endless-validate", "deadline"),
    ("memory-hog", "resource_limit"),
    ("trap", "trap"),
    ("recursion", "trap"),
    ("huge-answer", "bad_answer"),
    ("lying-length", "bad_answer"),
    ("lying-pointer", "bad_answer"),
    ("lying-realloc", "bad_answer"),
    ("lying-count", "bad_answer"),
    ("no-verdict", "bad_answer"),
    ("invalid-utf8", "bad_answer"),
    ("invalid-details", "bad_answer"),
];

async fn server(deadline_ms: u64) -> TestServer {
    TestServer::with(|config| config.sandbox.deadline_ms = deadline_ms).await
}

/// Saves a policy of these validators.
async fn save(server: &TestServer, id: &str, validators: &[&str]) -> Answer {
    let rules: Vec<Value> = validators.iter().map(|name| json!({ "name": name })).collect();
    let body = json!({ "id": id, "policy_name": id, "validators": rules });
    server.as_admin().post("/api/admin/default/policies", &body).await
}

/// Asks a policy.
async fn ask(caller: &Caller, policy: &str) -> Value {
    let question = json!({
        "subject": { "type": "user", "id": "anna" }, "action": { "name": "read" },
        "resource": { "type": "policy", "id": policy },
    });
    caller.post("/default/system/access/v1/evaluation", &question).await.expect(200).json()
}

/// The reasons of a decision as (validator, code).
fn reasons(decision: &Value) -> Vec<(&str, &str)> {
    let reasons = decision["context"]["reasons"].as_array().unwrap();
    reasons.iter().map(|reason| (reason["validator"].as_str().unwrap(), reason["code"].as_str().unwrap())).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn every_hostile_guest_is_a_deny_with_its_reason() {
    let server = server(800).await;
    let system = server.as_system();
    save(&server, "steady", &["true"]).await.expect(201);
    for (name, code) in HOSTILE {
        server.sandbox.install(name, guests::component(name)).unwrap();
        save(&server, name, &["true", name]).await.expect(201);
        // The first call may be without an image, a later one with it. Both say the same.
        for _ in 0..3 {
            let decision = ask(&system, name).await;
            assert_eq!(decision["decision"], false, "{name}");
            assert_eq!(reasons(&decision), [(name, code)], "{decision}");
            assert_eq!(ask(&system, "steady").await["decision"], true, "after {name}");
        }
    }
    let metrics = server.anonymous().get("/metrics").await.expect(200).text();
    let errors = format!("portcullis_decisions_total{{result=\"error\"}} {}\n", 3 * HOSTILE.len());
    assert!(metrics.contains(&errors), "{metrics}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_guest_that_cannot_be_configured_gets_no_policy() {
    let server = TestServer::with(|config| config.sandbox.configure_deadline_ms = 300).await;
    for (name, place) in [
        ("endless-configure", "/validators/0/conf"),
        ("trap-configure", "/validators/0/conf"),
        ("refuse-configure", "/validators/0/conf"),
        ("endless-describe", "/validators/0/name"),
    ] {
        server.sandbox.install(name, guests::component(name)).unwrap();
        let answer = save(&server, name, &[name]).await.expect(422).json();
        assert_eq!(answer["details"]["problems"][0]["member"], place, "{answer}");
        server.as_admin().get(&format!("/api/admin/default/policies/{name}")).await.expect(404);
    }
    let answer = save(&server, "nobody", &["nobody"]).await.expect(422).json();
    assert_eq!(answer["details"]["problems"][0]["member"], "/validators/0/name");
    save(&server, "steady", &["true"]).await.expect(201);
    assert_eq!(ask(&server.as_system(), "steady").await["decision"], true);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_batch_goes_on_after_a_hostile_guest() {
    let server = server(800).await;
    server.sandbox.install("trap", guests::component("trap")).unwrap();
    save(&server, "trap", &["trap"]).await.expect(201);
    save(&server, "steady", &["true"]).await.expect(201);
    let policy = |id: &str| json!({ "resource": { "type": "policy", "id": id } });
    let batch = json!({
        "subject": { "type": "user", "id": "anna" }, "action": { "name": "read" },
        "evaluations": [policy("steady"), policy("trap"), policy("steady")],
    });
    let answer = server.as_system().post("/default/system/access/v1/evaluations", &batch).await.expect(200).json();
    let decisions: Vec<_> =
        answer["evaluations"].as_array().unwrap().iter().map(|one| one["decision"].as_bool().unwrap()).collect();
    assert_eq!(decisions, [true, false, true]);
}

/// Enough to be no accident, few enough for a busy machine within the loops' deadline.
const OTHERS: usize = 200;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn others_are_answered_while_ten_guests_loop() {
    let server = server(6000).await;
    server.sandbox.install("loop", guests::component("endless-validate")).unwrap();
    save(&server, "loop", &["loop"]).await.expect(201);
    save(&server, "steady", &["true"]).await.expect(201);
    let system = server.as_system();
    assert_eq!(ask(&system, "steady").await["decision"], true);

    let ended = Arc::new(AtomicUsize::new(0));
    let loops: Vec<_> = (0..10)
        .map(|_| {
            let (system, ended) = (system.clone(), Arc::clone(&ended));
            tokio::spawn(async move {
                let decision = ask(&system, "loop").await;
                ended.fetch_add(1, SeqCst);
                decision
            })
        })
        .collect();
    let mut others = tokio::task::JoinSet::new();
    for _ in 0..4 {
        let (system, ended) = (system.clone(), Arc::clone(&ended));
        others.spawn(async move {
            let mut times = Vec::new();
            // Until the first loop was stopped: whatever is counted was answered while all ten ran.
            while ended.load(SeqCst) == 0 {
                let began = Stopwatch::start();
                assert_eq!(ask(&system, "steady").await["decision"], true);
                if ended.load(SeqCst) == 0 {
                    times.push(began.elapsed());
                }
            }
            times
        });
    }
    let mut times: Vec<Duration> = others.join_all().await.concat();
    for endless in loops {
        let decision = endless.await.unwrap();
        assert_eq!((&decision["decision"], reasons(&decision)), (&json!(false), vec![("loop", "deadline")]));
    }
    times.sort_unstable();
    let at = |percent: usize| times[times.len() * percent / 100 - usize::from(percent == 100)];
    println!(
        "{} decisions while ten guests looped: p50 {:?}, p99 {:?}, worst {:?}",
        times.len(),
        at(50),
        at(99),
        at(100)
    );
    assert!(times.len() >= OTHERS, "only {} decisions were answered", times.len());
    assert_eq!(ask(&system, "steady").await["decision"], true);
}

#[tokio::test(flavor = "multi_thread")]
async fn two_requests_never_share_an_instance() {
    let server = server(20_000).await;
    for name in ["counter", "spy"] {
        server.sandbox.install(name, guests::component(name)).unwrap();
        save(&server, name, &[name]).await.expect(201);
    }
    let system = server.as_system();
    assert!(system.token().await.is_some());
    let mut asking = tokio::task::JoinSet::new();
    for place in 0..16 {
        let system = system.clone();
        asking.spawn(async move {
            for round in 0..25 {
                let name = ["counter", "spy"][(place + round) % 2];
                assert_eq!(ask(&system, name).await["decision"], true, "{name}: something was left by an earlier call");
            }
        });
    }
    asking.join_all().await;
}

/// A policy whose component is damaged, beside one that is fine.
async fn with_a_damaged_component() -> TestServer {
    let server = server(20_000).await;
    server.sandbox.install("fragile", guests::component("counter")).unwrap();
    save(&server, "fragile", &["fragile"]).await.expect(201);
    save(&server, "mixed", &["true", "fragile"]).await.expect(201);
    save(&server, "steady", &["true"]).await.expect(201);
    assert_eq!(ask(&server.as_system(), "fragile").await["decision"], true);
    server.sandbox.install("fragile", guests::damaged()).unwrap();
    server
}

#[tokio::test(flavor = "multi_thread")]
async fn a_damaged_component_denies_its_own_policies_only() {
    let server = with_a_damaged_component().await;
    let system = server.as_system();
    for _ in 0..3 {
        for policy in ["fragile", "mixed"] {
            let decision = ask(&system, policy).await;
            assert_eq!((&decision["decision"], reasons(&decision)), (&json!(false), vec![("fragile", "unavailable")]));
        }
        assert_eq!(ask(&system, "steady").await["decision"], true);
    }
    let answer = save(&server, "another", &["fragile"]).await.expect(422).json();
    assert_eq!(answer["details"]["problems"][0]["member"], "/validators/0/name", "{answer}");
    // A good component in its place is taken at once.
    server.sandbox.install("fragile", guests::component("counter")).unwrap();
    assert_eq!(ask(&system, "fragile").await["decision"], true);
    assert!(server.sandbox.uninstall("fragile"));
    let decision = ask(&system, "fragile").await;
    assert_eq!((&decision["decision"], reasons(&decision)), (&json!(false), vec![("fragile", "unknown_validator")]));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_component_that_cannot_be_loaded_at_start_denies_its_own_policies_only() {
    let (folder, world) = with_a_damaged_component().await.stop().await;
    let server = TestServer::on(folder, world, |config| config.sandbox.deadline_ms = 20_000).await;
    let system = server.as_system();
    for code in ["unknown_validator", "unavailable"] {
        let decision = ask(&system, "mixed").await;
        assert_eq!((&decision["decision"], reasons(&decision)), (&json!(false), vec![("fragile", code)]));
        assert_eq!(ask(&system, "steady").await["decision"], true);
        server.sandbox.install("fragile", guests::damaged()).unwrap();
    }
    server.sandbox.install("fragile", guests::component("counter")).unwrap();
    assert_eq!(ask(&system, "mixed").await["decision"], true);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_damaged_component_degrades_the_server_visibly() {
    let server = with_a_damaged_component().await;
    ask(&server.as_system(), "fragile").await;
    let health = server.anonymous().get("/health/ready").await.expect(200).json();
    assert_eq!(health["status"], "degraded", "{health}");
    assert_eq!(health["trouble"][0]["part"], "component fragile");
    assert!(!health["trouble"][0]["reason"].as_str().unwrap().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_damaged_component_is_counted_as_an_error() {
    let server = with_a_damaged_component().await;
    ask(&server.as_system(), "fragile").await;
    let metrics = server.anonymous().get("/metrics").await.expect(200).text();
    assert!(metrics.contains("portcullis_decisions_total{result=\"error\"} 1\n"), "{metrics}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_damaged_component_is_counted_by_the_sandbox() {
    let server = with_a_damaged_component().await;
    ask(&server.as_system(), "fragile").await;
    let metrics = server.anonymous().get("/metrics").await.expect(200).text();
    assert!(metrics.contains("portcullis_sandbox_failures_total{result=\"unavailable\"} 1\n"), "{metrics}");
}
