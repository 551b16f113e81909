//! Bodies and heads that are too large.

use super::*;

#[tokio::test(flavor = "multi_thread")]
async fn what_is_too_large_is_refused_in_json() {
    let server = TestServer::with(|config| {
        config.limits.body_bytes = 1000;
        config.limits.headers = 20;
        config.limits.header_bytes = 8192;
    })
    .await;
    let large = "POST /api/admin/default/policies HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: 1001\r\n\r\n";
    let mut client = wire(&server).await;
    client.send([large.as_bytes(), &[b'x'; 1001]].concat()).await;
    let reply = client.reply().await.unwrap();
    assert_eq!((reply.status, reply.header("content-type")), (413, Some("application/json")));
    assert_eq!(reply.json()["status_code"], 413);
    assert!(reply.json()["error"].is_string() && reply.header("x-request-id").is_some());

    let many: Vec<(String, String)> = (0..21).map(|place| (format!("x-{place}"), "y".to_owned())).collect();
    let many: Vec<(&str, &str)> = many.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    let reply = wire(&server).await.ask("GET /health/live", &many).await;
    assert_eq!(reply.status, 431);
    let long = "y".repeat(9000);
    assert_eq!(wire(&server).await.ask("GET /health/live", &[("x-long", &long)]).await.status, 431);
    let reply = ask(&server, &format!("GET /{}", "y".repeat(9000))).await;
    assert!((400..500).contains(&reply.status), "{}", reply.status);
    assert_eq!(ask(&server, "GET /health/live").await.status, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refusal_of_the_edge_has_the_shape_of_the_dialect() {
    let server = TestServer::with(|config| config.limits.body_bytes = 100).await;
    let body = Bytes::from(vec![b' '; 101]);
    let answer =
        server.as_admin().send(Method::POST, "/api/admin/default/policies", Some("application/json"), body).await;
    let members: Vec<String> = answer.expect(413).json().as_object().unwrap().keys().cloned().collect();
    assert_eq!(members, ["status_code", "error", "details"]);
}
