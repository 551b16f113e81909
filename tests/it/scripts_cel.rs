//! Policies in CEL, from the saving to the answer: as a language, as a validator among others, from a snapshot and without, and with
//! scripts that mean no good.

use std::time::Duration;

use portcullis::decision::{Answer as Verdict, Asked, RuleSet, Validators};
use serde_json::{Value, json};

use crate::support::{Answer, TestServer, made::wrong_members};

const POLICIES: &str = "/api/admin/default/policies";

/// Saves a policy written in CEL.
async fn save(server: &TestServer, id: &str, definition: &str) -> Answer {
    let body = json!({ "id": id, "policy_name": id, "language": "cel", "definition": definition });
    server.as_admin().post(POLICIES, &body).await
}

/// Asks a policy about Anna, who has these properties.
async fn ask(server: &TestServer, policy: &str, properties: Value) -> Value {
    let question = json!({
        "subject": { "type": "user", "id": "anna", "properties": properties }, "action": { "name": "read" },
        "resource": { "type": "policy", "id": policy },
    });
    server.as_system().post("/default/system/access/v1/evaluation", &question).await.expect(200).json()
}

/// The code of a deny.
fn code(decision: &Value) -> &str {
    assert_eq!(decision["decision"], false, "{decision}");
    decision["context"]["reasons"][0]["code"].as_str().unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_policy_in_cel_decides() {
    let server = TestServer::start().await;
    let source = "'staff' in authn_ctx.groups\n  && authn_ctx.level >= 2 && action.name == 'read'";
    let made = save(&server, "door", source).await.expect(201).json();
    assert_eq!((&made["language"], &made["definition"]), (&json!("cel"), &json!(source)));
    assert_eq!(ask(&server, "door", json!({ "groups": ["staff"], "level": 2 })).await["decision"], true);
    assert_eq!(code(&ask(&server, "door", json!({ "groups": ["staff"], "level": 1 })).await), "not_allowed");
    assert_eq!(code(&ask(&server, "door", json!({ "groups": ["staff"] })).await), "evaluation_error");
    save(&server, "number", "authn_ctx.level").await.expect(201);
    assert_eq!(code(&ask(&server, "number", json!({ "level": 1 })).await), "not_boolean");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_wrong_is_said_with_line_and_column() {
    let server = TestServer::start().await;
    for (source, reason) in [
        ("true\n  && foo", "line 2, column 6: there is no variable `foo`"),
        ("authn_ctx.groups.has('x')", "line 1, column 18: there is no function `has`"),
        ("authn_ctx.level >=", "line 1, column 19: "),
        ("authn_ctx.sub.matches('(')", "line 1, column 15: the pattern cannot be read"),
    ] {
        let answer = save(&server, "wrong", source).await.expect(422);
        assert_eq!(wrong_members(&answer), ["/definition"], "{}", answer.text());
        assert!(answer.text().contains(reason), "{source}: {}", answer.text());
    }
    let validators = json!([{ "name": "cel", "conf": { "source": "true", "outputs": { "a": "b" } } }]);
    let body = json!({ "id": "wrong", "policy_name": "wrong", "validators": validators });
    let answer = server.as_admin().post(POLICIES, &body).await.expect(422);
    assert_eq!(wrong_members(&answer), ["/validators/0/conf/outputs/a"], "{}", answer.text());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_validator_hands_its_outputs_over() {
    let server = TestServer::start().await;
    let conf = json!({ "source": "has(authn_ctx.limit)", "message": "nobody without a limit", "outputs": { "limit": "authn_ctx.limit * 2" } });
    let body = json!({ "id": "limit", "policy_name": "limit", "validators": [{ "name": "cel", "conf": conf }] });
    server.as_admin().post(POLICIES, &body).await.expect(201);
    let allowed = ask(&server, "limit", json!({ "limit": 50 })).await;
    assert_eq!(allowed["decision"], true);
    assert!(allowed["context"]["outputs"].to_string().contains(r#"{"limit":100}"#), "{allowed}");
    let denied = ask(&server, "limit", json!({})).await;
    assert_eq!(denied["context"]["reasons"][0]["message"], "nobody without a limit", "{denied}");
    assert_eq!(code(&ask(&server, "limit", json!({ "limit": "much" })).await), "evaluation_error");
}

/// Asks the sandbox until the answer comes from a snapshot, or without one.
async fn answered(server: &TestServer, source: &str, cold: bool) -> Asked {
    let rules = RuleSet::of("cel", [json!({ "source": source, "outputs": { "of": "authn_ctx" } }).to_string()]);
    let input = json!({ "authn_ctx": { "sub": "anna", "groups": ["a", "b"], "n": 1.5 }, "now": 1 }).to_string();
    let ask = async {
        loop {
            let asked = server.sandbox.ask(&rules, &input).await;
            if asked.usage.cold == cold {
                return asked;
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(120), ask).await.expect("an answer of this kind")
}

#[tokio::test(flavor = "multi_thread")]
async fn a_snapshot_answers_what_a_configured_instance_answers() {
    let warm = TestServer::start().await;
    let cold = TestServer::with(|config| {
        config.sandbox.images = 0;
        config.sandbox.deadline_ms = 2_000;
    })
    .await;
    for source in [
        "authn_ctx.groups.exists(g, g == 'b') && authn_ctx.n > 1",
        "authn_ctx.sub.matches('^a.*a$')",
        "'%s'.format([authn_ctx.sub]) == 'anna'",
        "authn_ctx.n == 'x'",
        "authn_ctx.absent",
    ] {
        let (one, other) = (answered(&warm, source, false).await, answered(&cold, source, true).await);
        assert_eq!(one.answers, other.answers, "{source}");
        assert!(!matches!(one.answers.as_slice(), [Verdict::Error(_)]), "{source}: {:?}", one.answers);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_too_deep_is_refused_and_what_is_taken_is_evaluated() {
    let server = TestServer::start().await;
    let nested = |times: usize, before: &str, after: &str| format!("{}1{}", before.repeat(times), after.repeat(times));
    for source in [
        nested(4_000, "(", ")"),
        nested(2_000, "[", "]"),
        format!("{}true", "!".repeat(8_000)),
        format!("1{}", " + 1".repeat(2_000)),
        format!("authn_ctx{}", ".a".repeat(4_000)),
        format!("{}1", "true ? 1 : ".repeat(700)),
        format!("authn_ctx{}", ".f()".repeat(1_900)),
        format!("{}1{}", "[1].map(a, ".repeat(300), ")".repeat(300)),
    ] {
        let answer = save(&server, "deep", &source).await.expect(422);
        // The schema bounds the length before the engine looks at it.
        assert!(
            source.len() > 8_192 || answer.text().contains("line 1, column"),
            "{}: {}",
            source.get(..20).unwrap(),
            answer.text()
        );
    }
    for (at, source) in [
        format!("{} == 1", nested(46, "(", ")")),
        format!("{}.size() == 1", nested(46, "[", "]")),
        format!("{}true", "!".repeat(32)),
        format!("1{} == 70", " + 1".repeat(69)),
        format!("has(authn_ctx{})", ".a".repeat(60)),
        format!("({}1) == 1", "false ? 0 : ".repeat(46)),
        format!("{}1{} != []", "[1].map(a, ".repeat(16), ")".repeat(16)),
    ]
    .iter()
    .enumerate()
    {
        let id = format!("deep-{at}");
        save(&server, &id, source).await.expect(201);
        let decision = ask(&server, &id, json!({})).await;
        let fine = decision["decision"] == true || code(&decision) == "evaluation_error";
        assert!(fine, "{source}: {decision}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn hostile_expressions_are_contained() {
    let server = TestServer::with(|config| config.sandbox.deadline_ms = 300).await;
    save(&server, "fine", "authn_ctx.sub == 'anna'").await.expect(201);
    let range = "lists.range(1000)";
    let tenfold = ".replace('a', 'aaaaaaaaaa')".repeat(10);
    for (id, source) in [
        ("loops", format!("{range}.all(a, {range}.all(b, {range}.all(c, a + b + c >= 0)))")),
        ("lists", format!("{range}.map(a, {range}.map(b, {range})).size() > 0")),
        ("texts", format!("'a'{tenfold}.size() > 0")),
        ("numbers", "lists.range(2000000000).size() > 0".to_owned()),
    ] {
        save(&server, id, &source).await.expect(201);
        for _ in 0..2 {
            let decision = ask(&server, id, json!({})).await;
            // What the engine itself refuses to begin is an error of the evaluation.
            assert!(
                ["deadline", "resource_limit", "trap", "evaluation_error"].contains(&code(&decision)),
                "{id}: {decision}"
            );
        }
        assert_eq!(ask(&server, "fine", json!({})).await["decision"], true, "after {id}");
    }
    // A pattern that would take other machines an age is answered, whatever it is matched with.
    save(&server, "pattern", "authn_ctx.text.matches('^(a+)+$') || authn_ctx.text.matches(authn_ctx.pattern)")
        .await
        .expect(201);
    let hostile = json!({ "text": format!("{}!", "a".repeat(5_000)), "pattern": "(a*)*b" });
    assert_eq!(code(&ask(&server, "pattern", hostile).await), "not_allowed");
    let large = json!({ "text": "b", "pattern": "(x{1000}){1000}" });
    assert_eq!(code(&ask(&server, "pattern", large).await), "evaluation_error");
    let answer = save(&server, "wrong", "authn_ctx.text.matches('(x{1000}){1000}')").await.expect(422);
    assert!(answer.text().contains("the pattern cannot be read"), "{}", answer.text());
}
