//! The components of `examples`, built from source with their own tools and run in the real sandbox: their world and their
//! imports, their cases with and without a snapshot, and what a call costs.
//!
//! Skipped, and loudly so, where what builds them is missing (`.ci/run` installs it).

mod building;
mod cases;

use portcullis::{
    config::Config,
    plugin::{About, Kind},
};

use crate::support::TestServer;
use building::Example;
use cases::{Cases, Cost};

/// Runs one example: describes it, then every case without and with a snapshot.
async fn shown(example: Option<Example>, name: &str, kind: Kind) {
    let Some(example) = example else { return };
    let imports = example.imports();
    assert!(imports.iter().all(|import| import.starts_with("portcullis:policy/")), "{imports:?}");
    let cases = Cases::read(&example.folder, name);
    let mut costs = Vec::new();
    for snapshots in [false, true] {
        let server = server(snapshots).await;
        server.sandbox.install(name, example.component.clone()).unwrap();
        let about = server.sandbox.describe(name).await.unwrap();
        described(&about, name, kind);
        cases.refusals(&server.sandbox, &about).await;
        costs.push(cases.run(&server.sandbox, &about, snapshots).await);
    }
    report(&example, name, &imports, &costs);
}

/// These tests say what a call answers; how long it took is printed, never judged.
async fn server(snapshots: bool) -> TestServer {
    let change = |config: &mut Config| {
        config.sandbox.deadline_ms = 60_000;
        config.sandbox.configure_deadline_ms = 60_000;
        if !snapshots {
            config.sandbox.images = 0;
        }
    };
    TestServer::with(change).await
}

fn described(about: &About, name: &str, kind: Kind) {
    assert_eq!((about.name.as_str(), about.kind, about.version.as_str()), (name, kind, "1.0.0"));
    assert!(!about.help.is_empty());
    let schema: serde_json::Value = serde_json::from_str(&about.conf_schema).unwrap();
    assert_eq!((&schema["type"], &schema["additionalProperties"]), (&"object".into(), &false.into()));
    for (member, schema) in schema["properties"].as_object().unwrap() {
        assert!(schema["description"].is_string(), "{name}: {member} has no description");
    }
}

fn report(example: &Example, name: &str, imports: &[String], costs: &[Cost]) {
    let size = example.component.len().div_ceil(1024);
    let imports = if imports.is_empty() { "nothing".to_owned() } else { imports.join(", ") };
    println!("{name}: {size} KiB, imports {imports}; a call {} from a snapshot, {} without", costs[1], costs[0]);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_validator_in_rust_runs() {
    shown(Example::rust("validator-rust"), "minimum-age", Kind::Validator).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_claim_mapper_in_rust_runs() {
    shown(Example::rust("claim-mapper-rust"), "display-name", Kind::ClaimMapper).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_consent_checker_in_rust_runs() {
    shown(Example::rust("consent-checker-rust"), "guardian-consent", Kind::ConsentChecker).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_validator_in_javascript_runs() {
    shown(Example::javascript("validator-javascript"), "email-domains", Kind::Validator).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_validator_in_python_runs() {
    shown(Example::python("validator-python"), "risk-score", Kind::Validator).await;
}
