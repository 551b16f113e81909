//! Scripts that mean no good, saved and asked over REST in every language: refused with their place when that can be seen, a
//! deny with its reason when not; the others are answered meanwhile, and the server lives on.

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering::SeqCst},
    },
    time::Duration,
};

use serde_json::{Value, json};

use crate::support::{Answer, Caller, TestServer, made::wrong_members};

const POLICIES: &str = "/api/admin/default/policies";
const STEADY: &str = "steady";

/// Goes on for longer than anybody waits, in little memory. Cedar has nothing that could.
const ENDLESS: [(&str, &str); 2] = [
    (
        "cel",
        "lists.range(1000).all(a, lists.range(1000).all(b, lists.range(1000).all(c, lists.range(1000).all(d, a + b + c + d >= 0))))",
    ),
    (
        "rego",
        "package t\n\nallow if {\n  xs := numbers.range(1, 1000)\n  every a in xs { every b in xs { every c in xs { every d in xs { a + b + c + d > 0 } } } }\n}\n",
    ),
];

/// A server that leaves scripts this long, with a policy that allows.
async fn server(deadline_ms: u64) -> TestServer {
    let server = TestServer::with(|config| {
        config.sandbox.deadline_ms = deadline_ms;
        config.sandbox.configure_deadline_ms = 30_000;
        // The first policy in a language may have to wait until its engine is compiled.
        config.limits.request_seconds = 300;
    })
    .await;
    let steady = json!({ "id": STEADY, "policy_name": STEADY, "validators": [{ "name": "true" }] });
    server.as_admin().post(POLICIES, &steady).await.expect(201);
    server
}

async fn save(server: &TestServer, id: &str, language: &str, definition: &str) -> Answer {
    let body = json!({ "id": id, "policy_name": id, "language": language, "definition": definition });
    server.as_admin().post(POLICIES, &body).await
}

/// Asks a policy about Anna, who has these properties.
async fn ask(caller: &Caller, policy: &str, properties: &Value) -> Value {
    let question = json!({
        "subject": { "type": "user", "id": "anna", "properties": properties }, "action": { "name": "read" },
        "resource": { "type": "policy", "id": policy },
    });
    caller.post("/default/system/access/v1/evaluation", &question).await.expect(200).json()
}

/// `allow`, or the code of a deny.
fn word(decision: &Value) -> &str {
    match decision["decision"] == true {
        true => "allow",
        false => decision["context"]["reasons"][0]["code"].as_str().unwrap(),
    }
}

#[track_caller]
fn one_of(words: &[&str], decision: &Value, what: &str) {
    assert!(words.contains(&word(decision)), "{what}: {decision}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_nested_too_deep_is_refused_with_its_place_and_kills_nobody() {
    let server = server(20_000).await;
    let system = server.as_system();
    let nested = |open: &str, close: &str, times: usize| format!("{}true{}", open.repeat(times), close.repeat(times));
    let whole = |language: &str, condition: &str| match language {
        "rego" => format!("package t\n\nallow if {condition}\n"),
        "cedar" => format!("permit (principal, action, resource)\nwhen {{ {condition} }};"),
        _ => condition.to_owned(),
    };
    for language in ["cel", "rego", "cedar"] {
        for (open, close, times) in [("(", ")", 3_000), ("[", "]", 3_000), ("(", ")", 90_000), ("(", "", 3_000)] {
            let answer = save(&server, "deep", language, &whole(language, &nested(open, close, times))).await;
            assert_eq!(answer.status, 422, "{language} {open}{times}: {}", answer.text());
            assert_eq!(wrong_members(&answer), ["/definition"], "{language}: {}", answer.text());
            // Where it stands, that it is too long to look at all, or that the sandbox had to stop the reading of it.
            let said = answer.text();
            let reasons = ["line ", "longer than", "stopped with a trap"];
            assert!(reasons.iter().any(|reason| said.contains(reason)), "{language}: {said}");
        }
        assert_eq!(word(&ask(&system, STEADY, &json!({})).await), "allow", "after {language}");
    }
    // What is nested without brackets is found by the sandbox at the latest: refused, or answered, and never the end of the server.
    for (language, condition) in [
        ("cel", format!("{}true", "true ? true : ".repeat(400))),
        ("rego", format!("{}1 > 0", "1 + ".repeat(20_000))),
        ("cedar", format!("{}true", "!".repeat(20_000))),
        ("cedar", format!("{}true", "if true then true else ".repeat(4_000))),
    ] {
        let answer = save(&server, "chain", language, &whole(language, &condition)).await;
        assert!([201, 422].contains(&answer.status.as_u16()), "{language}: {}", answer.text());
        if answer.status == 201 {
            one_of(&["allow", "evaluation_error", "trap"], &ask(&system, "chain", &json!({})).await, language);
            server.as_admin().delete(&format!("{POLICIES}/chain")).await.expect(204);
        }
        assert_eq!(word(&ask(&system, STEADY, &json!({})).await), "allow", "after {language}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn others_are_answered_while_scripts_do_not_end() {
    let server = server(6_000).await;
    let system = server.as_system();
    for (language, source) in ENDLESS {
        save(&server, language, language, source).await.expect(201);
    }
    assert_eq!(word(&ask(&system, STEADY, &json!({})).await), "allow");

    let ended = Arc::new(AtomicUsize::new(0));
    let endless: Vec<_> = (0..10)
        .map(|number| {
            let (system, ended) = (system.clone(), Arc::clone(&ended));
            let (language, _) = ENDLESS[number % ENDLESS.len()];
            tokio::spawn(async move {
                let decision = ask(&system, language, &json!({})).await;
                ended.fetch_add(1, SeqCst);
                decision
            })
        })
        .collect();
    let mut answered = 0;
    while ended.load(SeqCst) == 0 {
        assert_eq!(word(&ask(&system, STEADY, &json!({})).await), "allow");
        answered += usize::from(ended.load(SeqCst) == 0);
    }
    for decision in endless {
        assert_eq!(word(&decision.await.unwrap()), "deadline");
    }
    assert!(answered >= 20, "only {answered} decisions were answered while ten scripts ran");
    assert_eq!(word(&ask(&system, STEADY, &json!({})).await), "allow");
}

#[tokio::test(flavor = "multi_thread")]
async fn no_pattern_takes_an_age() {
    let server = server(20_000).await;
    let system = server.as_system();
    let stars = "*a".repeat(30);
    let globs = "a*".repeat(30);
    for (language, source) in [
        (
            "cedar",
            format!("permit (principal, action, resource) when {{ context.authn_ctx.text like \"{stars}*b\" }};"),
        ),
        (
            "rego",
            format!(
                "package t\n\nallow if regex.match(`^(a|a)*(a*)*$`, input.authn_ctx.text)\n\nallow if glob.match(\"{globs}b\", [], input.authn_ctx.text)\n"
            ),
        ),
        ("cel", "authn_ctx.text.matches('^(a|a)*(a*)*$')".to_owned()),
    ] {
        save(&server, language, language, &source).await.expect(201);
        let text = json!({ "text": format!("{}!", "a".repeat(20_000)) });
        one_of(&["not_allowed", "not_permitted"], &ask(&system, language, &text).await, language);
    }
}

/// A script of at least this many bytes that allows Anna.
fn long(language: &str, bytes: usize) -> String {
    let (head, line): (&str, fn(usize) -> String) = match language {
        "rego" => ("package t\n\n", |at| format!("allow if input.subject.id == \"user-{at}\"\n\n")),
        "cedar" => ("", |at| format!("permit (principal == user::\"user-{at}\", action, resource);\n")),
        _ => ("false", |at| format!(" ||\nsubject.id == \"user-{at}\"")),
    };
    let mut script = head.to_owned();
    for at in 0.. {
        if script.len() >= bytes {
            break;
        }
        script.push_str(&line(at));
    }
    script + &line(0).replace("user-0", "anna")
}

#[tokio::test(flavor = "multi_thread")]
async fn a_script_of_200_kib_is_taken_and_decides_or_is_refused_with_the_reason() {
    let server = server(30_000).await;
    let system = server.as_system();
    for (language, taken) in [("cel", false), ("rego", true), ("cedar", true)] {
        let answer = save(&server, language, language, &long(language, 200 << 10)).await;
        assert_eq!(answer.status, if taken { 201 } else { 422 }, "{language}: {:.300}", answer.text());
        if taken {
            assert_eq!(word(&ask(&system, language, &json!({})).await), "allow", "{language}");
        } else {
            assert_eq!(wrong_members(&answer), ["/definition"], "{}", answer.text());
        }
        // What is larger than a request may be is not read at all.
        let answer = save(&server, "largest", language, &"x".repeat(1 << 20)).await;
        assert_eq!(answer.status, 413, "{language}: {:.300}", answer.text());
    }
    assert_eq!(word(&ask(&system, STEADY, &json!({})).await), "allow");
}

#[tokio::test(flavor = "multi_thread")]
async fn huge_data_is_contained() {
    let server = server(10_000).await;
    let system = server.as_system();
    for (language, source) in [
        ("cel", "authn_ctx.list.exists(one, one == 'last')"),
        ("rego", "package t\n\nallow if \"last\" in input.authn_ctx.list\n"),
        ("cedar", "permit (principal, action, resource) when { context.authn_ctx.list.contains(\"last\") };"),
    ] {
        save(&server, language, language, source).await.expect(201);
        // As much as a request may carry: an answer, or a deny that says what ran out.
        let many: Vec<String> = (0..60_000).map(|at| format!("item-{at}")).chain(["last".to_owned()]).collect();
        let decision = ask(&system, language, &json!({ "list": many })).await;
        one_of(&["allow", "resource_limit", "deadline", "trap"], &decision, language);
        println!("{language}, 60,000 texts: {}", word(&decision));
        let few = json!({ "list": ["first", "last"] });
        assert_eq!(word(&ask(&system, language, &few).await), "allow", "{language}");
    }
    let question = json!({ "subject": { "type": "user", "id": "x".repeat(1 << 20) } });
    system.post("/default/system/access/v1/evaluation", &question).await.expect(413);

    // Texts that double at every step outgrow the memory of the call, and of nothing else.
    for (language, source) in [
        ("cel", format!("'a'{}.size() > 0", " .replace('a', 'aaaaaaaaaa')".repeat(9).replace(' ', ""))),
        ("rego", "package t\n\nallow if count([[a, b] | some a in numbers.range(1, 3000); some b in numbers.range(1, 3000)]) > 0\n".to_owned()),
    ] {
        let id = format!("{language}-grows");
        save(&server, &id, language, &source).await.expect(201);
        let decision = ask(&system, &id, &json!({})).await;
        one_of(&["resource_limit", "deadline", "trap"], &decision, &id);
        assert_eq!(word(&ask(&system, STEADY, &json!({})).await), "allow", "after {id}");
    }
    tokio::time::timeout(Duration::from_secs(60), server.stop()).await.expect("it stops as usual");
}
