//! wit/v1 stays what it was: its text is frozen, and components that were built against it run in every later version.
//!
//! The fixtures of tests/fixtures/v1 are never built again. They ask for everything that there is.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering::Relaxed},
    },
    time::Duration,
};

use super::*;
use crate::{
    crypto::digest::sha256_hex,
    decision::{BoxFuture, Claim, Components, Outside, Reach, Request, Response, Unread, Unsent},
};

/// The SHA-256 of each file, without comments and white space.
const FROZEN: [(&str, &str); 4] = [
    ("http.wit", "66732194482b149eed7f60712e3ef533739d0f8a7ac22ae069bbea9bd2583ed9"),
    ("key-value.wit", "1b695e902001d5e6ba76fbfb56ba79bf6dc9599d9bb3220a583e2bb55b02b499"),
    ("types.wit", "fb60fe808e7dca0c5ed5ab09c2707c041105a5f998efd1faee49475b95526d0f"),
    ("worlds.wit", "112c821ac0481cd7aa708bebc74aa336f3621c30dac21b81e5234fd235841124"),
];

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// What a compiler sees of a file.
fn normalised(text: &str) -> String {
    let code = text.lines().map(|line| line.split_once("//").map_or(line, |(code, _)| code));
    code.flat_map(str::split_whitespace).collect::<Vec<_>>().join(" ")
}

#[test]
fn the_first_version_of_the_interface_is_frozen() {
    for (file, digest) in FROZEN {
        let text = std::fs::read_to_string(root().join("wit/v1").join(file)).unwrap();
        let found = sha256_hex(normalised(&text).as_bytes());
        assert_eq!(
            found, digest,
            "wit/v1/{file} is frozen: components that authors have built depend on it. Undo the edit. What is new comes as an \
             interface or world in a file of its own, which is then added to FROZEN; what must change is a wit/v2 beside it."
        );
    }
    let known = FROZEN.map(|(file, _)| file);
    for entry in std::fs::read_dir(root().join("wit/v1")).unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        assert!(known.contains(&name.as_str()), "wit/v1/{name} is new: add it to FROZEN when it is done");
    }
}

fn fixture(name: &str) -> Vec<u8> {
    std::fs::read(root().join("tests/fixtures/v1").join(format!("{name}.wasm"))).unwrap()
}

/// What a test grants: values of one key, and a server that answers as its path says.
#[derive(Default)]
struct Granted {
    sent: AtomicU32,
}

impl Outside for Granted {
    fn patience(&self) -> Option<Duration> {
        Some(Duration::from_millis(200))
    }

    fn send<'a>(&'a self, request: &'a Request, most: usize) -> BoxFuture<'a, Result<Response, Unsent>> {
        self.sent.fetch_add(1, Relaxed);
        Box::pin(async move {
            match request.url.as_str() {
                "slow" => std::future::pending().await,
                "large" => Ok(Response { status: 200, headers: Vec::new(), body: vec![b'x'; most] }),
                "larger" => Err(Unsent::TooLarge),
                url => Ok(Response { status: 200, headers: Vec::new(), body: url.as_bytes().to_vec() }),
            }
        })
    }

    fn get(&self, key: &str) -> Result<Option<String>, Unread> {
        Ok((key == "limit").then(|| "7".to_owned()))
    }
}

async fn ask(sandbox: &Sandbox, conf: &str, granted: Option<Arc<Granted>>) -> Asked {
    let reach = granted.map(|granted| ("outside".to_owned(), granted as Arc<dyn Outside>));
    let rules = rules(&[("outside", conf)]).reaching(Reach::of(reach.into_iter().collect::<BTreeMap<_, _>>()));
    sandbox.ask(&rules, "{}").await
}

async fn sandbox_with(scratch: &Scratch, limits: Limits) -> Sandbox {
    let sandbox = start_in(scratch, limits);
    sandbox.install("outside", fixture("outside")).unwrap();
    sandbox
}

fn output(asked: &Asked) -> serde_json::Value {
    match &asked.answers[0] {
        Answer::Pass { output } => serde_json::from_str(output).unwrap(),
        other => panic!("{other:?}"),
    }
}

fn refusal(asked: &Asked) -> &str {
    match &asked.answers[0] {
        Answer::Fail { code, .. } => code,
        Answer::Error(code) => code.as_str(),
        Answer::Pass { output } => panic!("passed with {output}"),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_frozen_validator_runs_and_reaches_what_is_granted_only() {
    let scratch = Scratch::new();
    let sandbox = sandbox_with(&scratch, patient()).await;
    let about = sandbox.describe("outside").await.unwrap();
    assert_eq!((about.name.as_str(), about.version.as_str()), ("frozen-outside", "1.0.0"));

    let nothing = ask(&sandbox, r#"{"url":"a"}"#, None).await;
    assert_eq!((refusal(&nothing), nothing.usage.outside_calls), ("not_granted", 0));
    assert_eq!(refusal(&ask(&sandbox, r#"{"key":"limit"}"#, None).await), "not_granted");

    let granted = Arc::new(Granted::default());
    let sent = ask(&sandbox, r#"{"url":"a"}"#, Some(granted.clone())).await;
    assert_eq!((output(&sent)["body"].as_str(), sent.usage.outside_calls), (Some("a"), 1));
    let read = ask(&sandbox, r#"{"key":"limit"}"#, Some(granted.clone())).await;
    assert_eq!((output(&read)["value"].as_str(), read.usage.outside_calls), (Some("7"), 1));
    let missing = ask(&sandbox, r#"{"key":"other"}"#, Some(granted)).await;
    assert_eq!(output(&missing)["value"], serde_json::Value::Null);
}

/// What is learnt while a component is configured would be in its snapshot, for everybody who uses it.
#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_granted_while_a_component_is_configured() {
    for limits in [patient(), without_images()] {
        let scratch = Scratch::new();
        let images = limits.images;
        let sandbox = sandbox_with(&scratch, limits).await;
        for warm in [false, true] {
            let asked = ask(&sandbox, r#"{"key":"limit"}"#, Some(Arc::new(Granted::default()))).await;
            assert_eq!(output(&asked)["probe"], "not_granted");
            assert_eq!(asked.usage.cold, !warm || images == 0);
            if images > 0 {
                built(&sandbox, 1).await;
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn waiting_is_bounded_and_leaves_the_guest_its_own_time() {
    let scratch = Scratch::new();
    let sandbox = sandbox_with(&scratch, patient()).await;
    let granted = Arc::new(Granted::default());
    let slow = ask(&sandbox, r#"{"url":"slow"}"#, Some(granted.clone())).await;
    assert_eq!(refusal(&slow), "timeout", "the wait ends, and the guest says so");
    assert!(slow.usage.outside_us >= 200_000, "{:?}", slow.usage);
    assert_eq!(refusal(&ask(&sandbox, r#"{"url":"larger"}"#, Some(granted.clone())).await), "too_large");
    let large = ask(&sandbox, r#"{"url":"large"}"#, Some(granted)).await;
    assert_eq!(refusal(&large), "bad_answer", "what it hands over is bounded, too");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_call_sends_a_few_requests_only() {
    let scratch = Scratch::new();
    let sandbox = sandbox_with(&scratch, patient()).await;
    let granted = Arc::new(Granted::default());
    output(&ask(&sandbox, r#"{"url":"a","times":4}"#, Some(granted.clone())).await);
    assert_eq!(granted.sent.load(Relaxed), 4);
    let many = ask(&sandbox, r#"{"url":"a","times":9}"#, Some(granted.clone())).await;
    assert_eq!((refusal(&many), granted.sent.load(Relaxed)), ("denied", 8));
}

#[tokio::test(flavor = "multi_thread")]
async fn frozen_mappers_and_checkers_run() {
    let scratch = Scratch::new();
    let sandbox = start_in(&scratch, patient());
    sandbox.install("mapper", fixture("mapper")).unwrap();
    sandbox.install("checker", fixture("checker")).unwrap();

    let mapper = RuleSet::of("mapper", [r#"{"claim":"name"}"#.to_owned()]);
    let mapped = sandbox.map(&mapper, r#"{"authn_ctx":{"sub":"anna"}}"#).await;
    assert_eq!(mapped.answers, [Ok(vec![Claim { name: "name".to_owned(), value: r#""anna""#.to_owned() }])]);
    assert!(sandbox.map(&mapper, "{}").await.answers[0].is_err());

    let checker = RuleSet::of("checker", [r#"{"consent":"terms"}"#.to_owned()]);
    let given = r#"{"contexts":{"consents":["terms"]}}"#;
    assert_eq!(sandbox.check_consents(&checker, given, false).await.answers, [pass()]);
    let lacking = sandbox.check_consents(&checker, r#"{"contexts":{"consents":[]}}"#, false).await;
    assert_eq!(refusal(&lacking), "not_granted");
}
