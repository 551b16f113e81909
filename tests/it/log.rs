//! The decision log: what is kept of a decision, how it is found again, and that a replay agrees.

use std::{collections::BTreeSet, time::Duration};

use portcullis::{decision::Verdict, domain::decision_log::DecisionRecord};
use serde_json::{Value, json};

use crate::{
    decisions::{MANY, ONE, question, shop},
    support::{
        Caller, TestServer,
        made::{ADMIN, no, wrong_members},
        process,
        world::START,
    },
};

covers!("listDecisions", "getDecision");

const LOG: &str = "/api/admin/default/decisions";

/// Asks the log until it holds `count` decisions that match. The log is written a moment after the answer.
pub async fn logged(admin: &Caller, query: &str, count: usize) -> Vec<Value> {
    let mut found = Vec::new();
    for _ in 0..2000 {
        let answer = admin.get(&format!("{LOG}?limit=1000{query}")).await.expect(200).json();
        found = answer["decisions"].as_array().unwrap().clone();
        if found.len() >= count {
            break;
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    assert_eq!(found.len(), count, "{query}: {found:?}");
    found
}

#[tokio::test(flavor = "multi_thread")]
async fn the_request_id_ties_answer_and_log_together() {
    let server = shop(&[]).await;
    let caller = server.as_system().with_header("x-request-id", "my-request-1");
    let answer = caller.post(ONE, &question("alice", "read", "policy", "no")).await.expect(200);
    assert_eq!(answer.header("x-request-id"), Some("my-request-1"));
    let id = answer.json()["context"]["id"].clone();

    let found = logged(&server.as_admin(), "&request_id=my-request-1", 1).await;
    let one = &found[0];
    assert_eq!((&one["id"], &one["request_id"]), (&id, &json!("my-request-1")));
    assert_eq!((&one["server_id"], &one["caller"]), (&json!("shop"), &json!("default/system/system")));
    assert_eq!(
        (&one["result"], &one["policy_id"], &one["time"]),
        (&json!("deny"), &json!("no"), &json!("2026-01-01T12:00:00Z"))
    );
    assert_eq!(one["failures"], answer.json()["context"]["reasons"]);
    assert_eq!(one["policy_digest"].as_str().unwrap().len(), 64);
    assert_eq!((&one["components"][0]["name"], one["components"].as_array().unwrap().len()), (&json!("false"), 1));
    assert_eq!(one["components"][0]["digest"].as_str().unwrap().len(), 64);
    assert_eq!((&one["input"]["subject"]["id"], &one["input"]["now"]), (&json!("alice"), &json!(START / 1_000_000)));
    assert_eq!(one["usage"]["instances"], 1, "{one}");

    let alone = server.as_admin().get(&format!("{LOG}/{}", id.as_str().unwrap())).await.expect(200).json();
    assert_eq!(alone, *one);
    // An id made by the server is echoed as well and is in the log.
    let answer = server.as_system().post(ONE, &question("bob", "read", "policy", "yes")).await.expect(200);
    let made = answer.header("x-request-id").unwrap().to_owned();
    logged(&server.as_admin(), &format!("&request_id={made}"), 1).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn every_filter_finds_what_it_names() {
    let server = shop(&[("record", "*", "no")]).await;
    let (admin, caller) = (server.as_admin(), server.as_system());
    caller.post(ONE, &question("alice", "read", "policy", "yes")).await.expect(200);
    server.world.advance_seconds(10);
    caller.post(ONE, &question("bob", "read", "record", "1")).await.expect(200);
    server.world.advance_seconds(10);
    caller.post("/default/default/access/v1/evaluation", &question("alice", "read", "record", "1")).await.expect(200);
    let all = logged(&admin, "", 3).await;
    let times: Vec<&str> = all.iter().map(|one| one["time"].as_str().unwrap()).collect();
    assert_eq!(times, ["2026-01-01T12:00:20Z", "2026-01-01T12:00:10Z", "2026-01-01T12:00:00Z"], "newest first");

    for (query, places) in [
        ("&server_id=shop", &[1, 2][..]),
        ("&server_id=default", &[0]),
        ("&server_id=nothing", &[]),
        ("&policy_id=yes", &[2]),
        ("&policy_id=no", &[1]),
        ("&result=allow", &[2]),
        ("&result=deny", &[0, 1]),
        ("&subject=alice", &[0, 2]),
        ("&subject=alic", &[]),
        ("&from=2026-01-01T12:00:10Z", &[0, 1]),
        ("&to=2026-01-01T12:00:10Z", &[2]),
        ("&from=2026-01-01T12:00:10Z&to=2026-01-01T12:00:20Z", &[1]),
        ("&from=2026-01-01T13:00:10%2B01:00", &[0, 1]),
        ("&from=2027-01-01T00:00:00Z", &[]),
        ("&subject=alice&result=allow&server_id=shop&policy_id=yes", &[2]),
        ("&subject=bob&result=allow", &[]),
        ("&request_id=nothing", &[]),
    ] {
        let found = logged(&admin, query, places.len()).await;
        let expected: Vec<Value> = places.iter().map(|place| all[*place].clone()).collect();
        assert_eq!(found, expected, "{query}");
    }
    for (query, member) in [
        ("result=maybe", "query.result"),
        ("limit=0", "query.limit"),
        ("limit=1001", "query.limit"),
        ("limit=many", "query.limit"),
        ("from=yesterday", "query.from"),
        ("to=7", "query.to"),
        ("after=nothing", "query.after"),
        ("subjekt=alice", "query.subjekt"),
        ("result=allow&result=deny", "query.result"),
    ] {
        let answer = admin.get(&format!("{LOG}?{query}")).await.expect(400);
        assert_eq!(wrong_members(&answer), [member], "{query}");
    }
}

/// Walks the log page by page and answers the ids in the order they came.
async fn walk(admin: &Caller, limit: usize, query: &str) -> Vec<String> {
    let (mut ids, mut after) = (Vec::new(), String::new());
    for _ in 0..10_000 {
        let answer = admin.get(&format!("{LOG}?limit={limit}{query}{after}")).await.expect(200).json();
        let page = answer["decisions"].as_array().unwrap();
        assert!(page.len() <= limit, "a page of {} with limit {limit}", page.len());
        ids.extend(page.iter().map(|one| one["id"].as_str().unwrap().to_owned()));
        match answer["next"].as_str() {
            Some(next) => after = format!("&after={next}"),
            None => return ids,
        }
    }
    panic!("the log has no end");
}

#[tokio::test(flavor = "multi_thread")]
async fn walking_all_pages_meets_every_decision_once() {
    let server = shop(&[]).await;
    let (admin, caller) = (server.as_admin(), server.as_system());
    let mut ids = BTreeSet::new();
    let mut denied = BTreeSet::new();
    for round in 0..24 {
        let policy = if round % 3 == 0 { "no" } else { "yes" };
        let body = json!({
            "subject": { "type": "user", "id": "alice" }, "action": { "name": "read" }, "resource": { "type": "policy", "id": policy },
            "evaluations": [{}, {}, {}],
        });
        let answer = caller.post(MANY, &body).await.expect(200).json();
        for one in answer["evaluations"].as_array().unwrap() {
            let id = one["context"]["id"].as_str().unwrap().to_owned();
            if policy == "no" {
                denied.insert(id.clone());
            }
            ids.insert(id);
        }
        if round % 5 == 0 {
            server.world.advance_seconds(1);
        }
    }
    logged(&admin, "", ids.len()).await;
    for limit in [1, 2, 7, 72, 73, 1000] {
        let walked = walk(&admin, limit, "").await;
        let newest_first: Vec<String> = ids.iter().rev().cloned().collect();
        assert_eq!(walked, newest_first, "limit {limit}");
        let walked = walk(&admin, limit, "&result=deny").await;
        let newest_first: Vec<String> = denied.iter().rev().cloned().collect();
        assert_eq!(walked, newest_first, "limit {limit}, denied ones");
    }
}

/// Puts a decision of a moment into the log, as a handler does when it is through.
fn offer(server: &TestServer, seconds: i64) -> String {
    let record = || DecisionRecord {
        tenant: "default".to_owned(),
        server: "shop".to_owned(),
        caller: "test".to_owned(),
        request_id: "test".to_owned(),
        policy_id: String::new(),
        policy_digest: String::new(),
        input: "{}".to_owned(),
        verdict: Verdict::default(),
    };
    let id = server.app.domain.log.offer(START + seconds * 1_000_000, [0; 4], record);
    id.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The clock may stand behind what the log has already; the log's own order is what counts.
#[tokio::test(flavor = "multi_thread")]
async fn decisions_that_end_out_of_order_are_all_met_once_and_in_order() {
    let server = TestServer::start().await;
    let admin = server.as_admin();
    let mut ids = BTreeSet::new();
    // Each list comes into a page of its own: the writer is waited for in between.
    for page in [&[2, 3][..], &[1, 4], &[6, 9], &[5, 7], &[8]] {
        for seconds in page {
            ids.insert(offer(&server, *seconds));
        }
        logged(&admin, "", ids.len()).await;
    }
    let newest_first: Vec<String> = ids.iter().rev().cloned().collect();
    for id in &newest_first {
        admin.get(&format!("{LOG}/{id}")).await.expect(200);
    }
    for limit in [1, 2, 3, 100] {
        let walked = walk(&admin, limit, "").await;
        let met: BTreeSet<String> = walked.iter().cloned().collect();
        let lost: Vec<&String> = ids.difference(&met).collect();
        assert!(lost.is_empty(), "limit {limit}: {} of {} decisions are never met: {lost:?}", lost.len(), ids.len());
        assert_eq!(walked.len(), met.len(), "limit {limit}: a decision is met twice");
        assert_eq!(walked, newest_first, "limit {limit}: newest first");
    }
    let recent = logged(&admin, "&from=2026-01-01T12:00:04Z", 6).await;
    assert!(recent.iter().all(|one| one["time"].as_str().unwrap() >= "2026-01-01T12:00:04Z"), "{recent:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_log_stays_within_its_tenant() {
    let server = shop(&[]).await;
    let answer = server.as_system().post(ONE, &question("alice", "read", "policy", "yes")).await.expect(200).json();
    let ours = answer["context"]["id"].as_str().unwrap().to_owned();
    let theirs = server
        .as_other_system()
        .post("/demo/default/access/v1/evaluation", &question("carol", "read", "policy", "allow"))
        .await
        .expect(200)
        .json();
    let theirs = theirs["context"]["id"].as_str().unwrap().to_owned();
    logged(&server.as_admin(), "", 1).await;
    let other = server.as_other_admin();
    let mut seen = Vec::new();
    for _ in 0..2000 {
        seen = other.get("/api/admin/demo/decisions").await.expect(200).json()["decisions"].as_array().unwrap().clone();
        if !seen.is_empty() {
            break;
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    assert_eq!(seen.iter().map(|one| one["id"].as_str().unwrap()).collect::<Vec<_>>(), [theirs.as_str()]);
    other.get(&format!("/api/admin/demo/decisions/{ours}")).await.expect(404);
    server.as_admin().get(&format!("{LOG}/{theirs}")).await.expect(404);
    for unknown in ["nothing", &"0".repeat(32), &"f".repeat(32), &"f".repeat(31)] {
        server.as_admin().get(&format!("{LOG}/{unknown}")).await.expect(404);
    }
}

/// Runs `portcullis replay` against the running server's data folder.
async fn replay(server: &TestServer, id: &str) -> (Option<i32>, Value) {
    let (folder, id) = (server.folder(), id.to_owned());
    let run = move || process::run(&["replay", "--data", folder.to_str().unwrap(), "--json", &id]);
    let output = tokio::task::spawn_blocking(run).await.unwrap();
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    (output.status.code(), serde_json::from_str(&text).unwrap_or(Value::Null))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_replay_of_every_decision_agrees_even_after_the_policy_has_changed() {
    let server = shop(&[("record", "*", "step-up")]).await;
    let (admin, caller) = (server.as_admin(), server.as_system());
    let mut ids = Vec::new();
    for body in [
        question("alice", "read", "policy", "yes"),
        question("alice", "read", "policy", "no"),
        question("alice", "read", "record", "1"),
        question("alice", "read", "nothing", "1"),
    ] {
        let answer = caller.post(ONE, &body).await.expect(200).json();
        ids.push((answer["context"]["id"].as_str().unwrap().to_owned(), answer["decision"].as_bool().unwrap()));
    }
    logged(&admin, "", ids.len()).await;
    admin
        .put(&format!("{ADMIN}/policies/yes"), &json!({ "policy_name": "Now no", "validators": [no()] }))
        .await
        .expect(201);
    admin.delete(&format!("{ADMIN}/policies/no")).await.expect(204);
    server.world.advance_seconds(86_400);
    for (id, allowed) in ids {
        let (code, answer) = replay(&server, &id).await;
        let result = if allowed { "allow" } else { "deny" };
        assert_eq!((code, &answer["agrees"]), (Some(0), &json!(true)), "{answer}");
        assert_eq!((&answer["before"]["result"], &answer["now"]), (&json!(result), &answer["before"]), "{answer}");
    }
    let (code, _) = replay(&server, &"0".repeat(32)).await;
    assert_eq!(code, Some(2), "a decision that is not in the log cannot be replayed");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_without_a_log_decides_all_the_same() {
    let server = TestServer::with(|config| config.decisions.enabled = false).await;
    let (caller, body) = (server.as_system(), question("alice", "read", "policy", "allow"));
    let answer = caller.post("/default/default/access/v1/evaluation", &body).await.expect(200).json();
    assert_eq!(answer["decision"], true);
    let log = server.as_admin().get(LOG).await.expect(200).json();
    assert_eq!((&log["decisions"], &log["dropped_since_start"]), (&json!([]), &json!(0)));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_log_survives_a_stop_with_everything_that_was_answered() {
    let server = shop(&[]).await;
    let body = json!({
        "subject": { "type": "user", "id": "alice" }, "action": { "name": "read" }, "resource": { "type": "policy", "id": "yes" },
        "evaluations": vec![json!({}); 700],
    });
    let answer = server.as_system().post(MANY, &body).await.expect(200).json();
    let mut ids: Vec<String> = answer["evaluations"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| one["context"]["id"].as_str().unwrap().to_owned())
        .collect();
    let (folder, world) = server.stop().await;
    let server = TestServer::on(folder, world, |_| {}).await;
    let walked = walk(&server.as_admin(), 100, "").await;
    ids.sort_unstable();
    ids.reverse();
    assert_eq!(walked, ids);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_log_stays_within_its_size_and_keeps_the_newest() {
    let server = TestServer::with(|config| config.decisions.log_bytes = 20_000).await;
    let caller = server.as_system();
    let mut newest = String::new();
    for round in 0..40 {
        // Digests do not compress, so every page has its weight.
        let noise: Vec<String> = (0..50)
            .map(|part| format!("{:?}", portcullis::crypto::digest::sha256(format!("{round}/{part}").as_bytes())))
            .collect();
        let mut body = question("alice", "read", "policy", "allow");
        body["context"] = json!({ "noise": noise });
        let answer = caller.post("/default/default/access/v1/evaluation", &body).await.expect(200).json();
        newest = answer["context"]["id"].as_str().unwrap().to_owned();
        server.world.advance_seconds(1);
        written(&server, &newest).await;
    }
    let kept = walk(&server.as_admin(), 7, "").await;
    assert!((1..40).contains(&kept.len()), "{} of 40 decisions are kept", kept.len());
    assert_eq!(kept[0], newest);
    assert_eq!(server.as_admin().get(LOG).await.expect(200).json()["dropped_since_start"], 0, "old is not dropped");
}

/// Waits until the log has a decision.
async fn written(server: &TestServer, id: &str) {
    for _ in 0..2000 {
        if server.as_admin().get(&format!("{LOG}/{id}")).await.status == 200 {
            return;
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    panic!("decision {id} never came to the log");
}
