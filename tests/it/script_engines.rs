//! The bundled script engines: that a snapshot of them answers like they do, and that hostile scripts are contained.

use std::time::Duration;

use portcullis::{
    decision::{Answer, Asked, Code, Rule, RuleSet, Validators},
    plugin::Sandbox,
};

use crate::support::TestServer;

const REGO: &str = r#"package shop

default allow := false

allow if {
    input.subject.id in data.staff
    regex.match(`^[a-z]+$`, input.subject.id)
    every factor in input.authn_ctx.amr { factor != "sms" }
}

limit := 10 / input.context.share
"#;

const CEDAR: &str = r#"
@advice("staff may read")
permit (principal in Group::"staff", action == Action::"read", resource)
when { context.now > 0 };

forbid (principal, action, resource) when { resource.locked };
"#;

/// A conf in each language that asks the same.
fn confs() -> [(&'static str, String); 2] {
    let rego = serde_json::json!({ "source": REGO, "data": { "staff": ["anna"] }, "outputs": ["limit"] });
    let group = serde_json::json!({ "type": "Group", "id": "staff" });
    let entities = serde_json::json!([{ "uid": { "type": "user", "id": "anna" }, "attrs": {}, "parents": [group] }]);
    let cedar = serde_json::json!({ "source": CEDAR, "entities": entities });
    [("rego", rego.to_string()), ("cedar", cedar.to_string())]
}

fn input(subject: &str, resource: &serde_json::Value, share: u32) -> String {
    let resource = serde_json::json!({ "type": "record", "id": "1", "properties": resource });
    let (subject, action) =
        (serde_json::json!({ "type": "user", "id": subject }), serde_json::json!({ "name": "read" }));
    let input = serde_json::json!({
        "subject": subject, "action": action, "resource": resource, "context": { "share": share },
        "authn_ctx": { "amr": ["pwd"] }, "now": 1_763_752_000,
    });
    input.to_string()
}

/// A server whose deadlines do not pass because the machine is busy.
async fn patient() -> TestServer {
    with_deadline(20_000).await
}

async fn with_deadline(deadline_ms: u64) -> TestServer {
    TestServer::with(|config| {
        config.sandbox.deadline_ms = deadline_ms;
        config.sandbox.configure_deadline_ms = 20_000;
    })
    .await
}

fn rules(rules: &[(&str, &str)]) -> RuleSet {
    RuleSet::new(rules.iter().map(|(validator, conf)| Rule::plain(validator, *conf)).collect())
}

fn pass() -> Answer {
    Answer::Pass { output: String::new() }
}

/// Asks until the answer comes from an image.
async fn from_image(sandbox: &Sandbox, rules: &RuleSet, input: &str) -> Asked {
    let wait = async {
        loop {
            let asked = sandbox.ask(rules, input).await;
            if !asked.usage.cold {
                return asked;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(120), wait).await.expect("the image is built")
}

/// The word that a rule's answer comes to.
fn word(answer: &Answer) -> &str {
    match answer {
        Answer::Pass { .. } => "pass",
        Answer::Fail { code, .. } => code,
        Answer::Error(code) => code.as_str(),
    }
}

/// What a policy of one rule is refused with when it is saved.
async fn refused(sandbox: &Sandbox, validator: &str, source: &str) -> String {
    let conf = serde_json::json!({ "source": source }).to_string();
    let problems = sandbox.check(&rules(&[(validator, conf.as_str())])).await.expect_err("it is refused");
    assert_eq!(problems.len(), 1, "{problems:?}");
    problems[0].message.clone()
}

#[tokio::test(flavor = "multi_thread")]
async fn scripts_answer_from_a_snapshot_what_they_answer_without() {
    let first = patient().await;
    let second = TestServer::with(|config| {
        config.sandbox.deadline_ms = 20_000;
        config.sandbox.images = 0;
    })
    .await;
    let (warm, cold) = (&first.sandbox, &second.sandbox);
    let none = serde_json::json!({});
    let locked = serde_json::json!({ "locked": true });
    let open = serde_json::json!({ "locked": false });
    let expected = [
        ("rego", input("anna", &none, 2), "pass"),
        ("rego", input("berta", &none, 2), "not_allowed"),
        ("rego", input("anna", &none, 0), "evaluation_error"),
        ("cedar", input("anna", &open, 2), "pass"),
        ("cedar", input("berta", &open, 2), "not_permitted"),
        ("cedar", input("anna", &locked, 2), "forbidden"),
        ("cedar", input("anna", &none, 2), "evaluation_error"),
    ];
    for (name, conf) in confs() {
        let rules = rules(&[(name, conf.as_str())]);
        warm.check(&rules).await.unwrap();
        warm.prepare(&rules).await;
        for (_, input, code) in expected.iter().filter(|(engine, ..)| *engine == name) {
            let snapshot = from_image(warm, &rules, input).await;
            let fresh = cold.ask(&rules, input).await;
            assert!(fresh.usage.cold && !snapshot.usage.cold, "{name}");
            assert_eq!(snapshot.answers, fresh.answers, "{name}");
            assert_eq!(word(&fresh.answers[0]), *code, "{name} {input} {:?}", fresh.answers);
            println!("{name}: {} µs from a snapshot, {} µs without", snapshot.usage.run_us, fresh.usage.run_us);
        }
    }
    assert_eq!(warm.report().not_snapshotted, []);
}

#[tokio::test(flavor = "multi_thread")]
async fn sources_that_are_nested_too_deep_are_refused() {
    let server = patient().await;
    let sandbox = &server.sandbox;
    let (open, close) = ("(".repeat(5_000), ")".repeat(5_000));
    let rego = refused(sandbox, "rego", &format!("package t\n\nallow if {open}true{close}\n")).await;
    assert!(rego.starts_with("line 3, column "), "{rego}");
    let cedar =
        refused(sandbox, "cedar", &format!("permit(principal, action, resource)\nwhen {{ {open}true{close} }};")).await;
    assert!(cedar.starts_with("line 2, column "), "{cedar}");
    // What is nested without brackets can only be stopped by the sandbox, which it is.
    let sum = format!("package t\n\nallow if {}1 > 0\n", "1 + ".repeat(20_000));
    let chain =
        format!("permit(principal, action, resource) when {{ {}true }};", "if true then false else ".repeat(8_000));
    for (name, source) in [("rego", &sum), ("cedar", &chain)] {
        let conf = serde_json::json!({ "source": source }).to_string();
        if let Err(problems) = sandbox.check(&rules(&[(name, conf.as_str())])).await {
            println!("{name}: {}", problems[0].message);
        }
    }
    assert_eq!(sandbox.ask(&rules(&[("true", "{}")]), "{}").await.answers, [pass()]);
}

#[tokio::test(flavor = "multi_thread")]
async fn scripts_that_do_not_end_in_time_are_a_deny() {
    let server = with_deadline(1_000).await;
    let sandbox = &server.sandbox;
    let source = r#"package t

allow if {
    n := input.n
    xs := numbers.range(1, n)
    count([1 | some a in xs; some b in xs; some c in xs; some d in xs; some e in xs; a + b + c + d + e == 0]) == 0
}
"#;
    let conf = serde_json::json!({ "source": source }).to_string();
    let rules = rules(&[("rego", conf.as_str())]);
    assert_eq!(from_image(sandbox, &rules, r#"{"n":2}"#).await.answers, [pass()]);
    let answers = sandbox.ask(&rules, r#"{"n":1000}"#).await.answers;
    assert!(matches!(answers.as_slice(), [Answer::Error(Code::Deadline | Code::ResourceLimit)]), "{answers:?}");
    assert_eq!(sandbox.ask(&rules, r#"{"n":2}"#).await.answers, [pass()]);
}

#[tokio::test(flavor = "multi_thread")]
async fn no_pattern_is_catastrophic() {
    let server = patient().await;
    let sandbox = &server.sandbox;
    let source = "package t\n\nallow if regex.match(`^(a+)+$`, input.x)\n\nlarge if regex.match(input.p, \"a\")\n";
    let conf = serde_json::json!({ "source": source, "outputs": [] }).to_string();
    let long = serde_json::json!({ "x": format!("{}!", "a".repeat(100_000)) }).to_string();
    let rego = rules(&[("rego", conf.as_str())]);
    assert_eq!(word(&sandbox.ask(&rego, &long).await.answers[0]), "not_allowed");
    let conf = serde_json::json!({ "source": source, "query": "data.t.large", "outputs": [] }).to_string();
    let huge = sandbox.ask(&rules(&[("rego", conf.as_str())]), r#"{"p":"((a{1000}){1000}){1000}"}"#).await.answers;
    assert!(["evaluation_error", "resource_limit", "deadline"].contains(&word(&huge[0])), "{huge:?}");
    let message =
        refused(sandbox, "rego", "package t\n\nallow if regex.match(`((a{1000}){1000}){1000}`, \"a\")\n").await;
    assert!(message.starts_with("line 3, column 23: "), "{message}");
}

#[tokio::test(flavor = "multi_thread")]
async fn large_data_works_and_huge_data_is_refused() {
    let server = patient().await;
    let sandbox = &server.sandbox;
    let of = |users: usize| {
        let users: Vec<String> = (0..users).map(|user| format!("user-{user}")).collect();
        let source = "package t\n\nallow if input.subject.id in data.users\n";
        serde_json::json!({ "source": source, "data": { "users": users } }).to_string()
    };
    let (large, huge) = (of(15_000), of(150_000));
    let rules_of = |conf: &str| rules(&[("rego", conf)]);
    let input = r#"{"subject":{"id":"user-14999"}}"#;
    assert_eq!(from_image(sandbox, &rules_of(&large), input).await.answers, [pass()]);
    let problems = sandbox.check(&rules_of(&huge)).await.unwrap_err();
    assert_eq!(problems[0].path, "/conf", "{problems:?}");
}
