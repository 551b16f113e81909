//! What the server tells about itself: health, documents, metrics.

use super::*;

#[tokio::test(flavor = "multi_thread")]
async fn health_and_documents_are_open() {
    let server = TestServer::start().await;
    for path in ["/health/live", "/health/ready"] {
        let reply = ask(&server, &format!("GET {path}")).await;
        assert_eq!((reply.status, reply.header("content-type")), (200, Some("application/json")), "{path}");
        assert!(reply.json()["status"].is_string());
    }
    let docs = ask(&server, "GET /docs").await;
    assert_eq!((docs.status, docs.header("content-type")), (200, Some("text/html; charset=utf-8")));
    assert_eq!(ask(&server, "GET /docs/style.css").await.status, 200);
    for dialect in portcullis::api::DIALECTS {
        let reply = ask(&server, &format!("GET /openapi/{}.json", dialect.name)).await;
        assert_eq!(reply.status, 200, "{}", dialect.name);
        assert_eq!(reply.json()["openapi"], "3.1.0");
        for row in dialect.rows() {
            assert!(reply.json()["paths"][row.path][row.method.as_str().to_lowercase()].is_object(), "{}", row.id);
            assert!(docs.text().contains(&format!("<td>{}</td>", row.id)), "{} is not in /docs", row.id);
        }
    }
    assert_eq!(ask(&server, "GET /openapi/nothing.json").await.status, 404);
}

/// The value of a metric.
fn metric(text: &str, name: &str) -> Option<f64> {
    let line = text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' '))?;
    Some(line.parse().unwrap())
}

/// A server that has decided three times: allow, deny, no policy.
async fn after_three_decisions(server: &TestServer) -> String {
    yes_and_no(server).await;
    for policy in ["yes", "no", "missing"] {
        let question = json!({ "subject": { "type": "user", "id": "a" }, "action": { "name": "read" }, "resource": { "type": "policy", "id": policy } });
        server.as_system().post("/default/system/access/v1/evaluation", &question).await.expect(200);
    }
    let reply = ask(server, "GET /metrics").await;
    assert!(reply.header("content-type").unwrap().starts_with("application/openmetrics-text"), "{:?}", reply.headers);
    reply.text()
}

#[tokio::test(flavor = "multi_thread")]
async fn metrics_count_what_was_done() {
    let server = TestServer::with(|config| config.sandbox.deadline_ms = 20_000).await;
    let text = after_three_decisions(&server).await;
    for (name, value) in [
        ("portcullis_http_requests_total{operation=\"evaluate\",status=\"200\"}", 3.0),
        ("portcullis_http_requests_total{operation=\"createPolicy\",status=\"201\"}", 2.0),
        ("portcullis_decisions_total{result=\"allow\"}", 1.0),
        ("portcullis_decisions_total{result=\"deny\"}", 1.0),
        ("portcullis_decisions_total{result=\"error\"}", 1.0),
        ("portcullis_panics_total", 0.0),
    ] {
        assert_eq!(metric(&text, name), Some(value), "{name}\n{text}");
    }
    for phase in ["queue", "store", "instantiate", "run", "answer"] {
        let count = metric(&text, &format!("portcullis_phase_microseconds_count{{phase=\"{phase}\"}}"));
        assert!(count.unwrap() >= 3.0, "{phase}: {count:?}");
        assert!(text.contains(&format!("portcullis_phase_microseconds_bucket{{le=\"+Inf\",phase=\"{phase}\"}}")));
    }
    assert!(metric(&text, "portcullis_http_request_seconds_count").unwrap() >= 5.0);
    assert!(text.ends_with("# EOF\n"));
    ask(&server, "GET /nowhere").await;
    let text = ask(&server, "GET /metrics").await.text();
    assert_eq!(metric(&text, "portcullis_http_requests_total{operation=\"unknown\",status=\"404\"}"), Some(1.0));
}

#[tokio::test(flavor = "multi_thread")]
async fn no_metric_is_there_for_show() {
    let server = TestServer::with(|config| config.sandbox.deadline_ms = 20_000).await;
    let text = after_three_decisions(&server).await;
    for name in
        ["sandbox_calls_total", "sandbox_images", "store_commits_total", "store_transactions_total", "connections"]
    {
        assert!(metric(&text, &format!("portcullis_{name}")).unwrap() > 0.0, "{name} is still zero\n{text}");
    }
}
