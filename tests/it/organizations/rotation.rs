//! New secrets for clients of an organization: shown once, good at once, and what becomes of the one before.

use http::StatusCode;
use serde_json::json;
use tokio::task::JoinSet;

use super::{GRANT, ask, make, rotate, text};
use crate::support::{
    Process, TestServer,
    made::{ADMIN, basic, post_form},
};

#[tokio::test(flavor = "multi_thread")]
async fn a_new_secret_takes_the_place_of_the_old_one_at_once() {
    let server = TestServer::start().await;
    let admin = server.as_admin();
    let made = make(&admin, json!({ "description": "Ours", "roles": ["Agent"] })).await;
    let rotated = rotate(&admin, &made).await.expect(200).json();
    assert_ne!(rotated["clientSecret"], made["clientSecret"]);
    for member in ["clientId", "description", "roles"] {
        assert_eq!(rotated[member], made[member], "{member} stays");
    }
    ask(&server, &rotated, GRANT).await.expect(200);
    ask(&server, &made, GRANT).await.expect(401);
    assert!(!admin.get("/security/clients").await.expect(200).text().contains("ecret"));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_old_secret_goes_on_for_as_long_as_the_server_says() {
    let server = TestServer::with(|config| config.organization_clients.rotation_grace_seconds = 60).await;
    let admin = server.as_admin();
    let first = make(&admin, json!({})).await;
    let second = rotate(&admin, &first).await.expect(200).json();
    server.world.advance_seconds(59);
    ask(&server, &first, GRANT).await.expect(200);
    ask(&server, &second, GRANT).await.expect(200);
    server.world.advance_seconds(1);
    ask(&server, &first, GRANT).await.expect(401);
    ask(&server, &second, GRANT).await.expect(200);

    // Only the last one goes on.
    let third = rotate(&admin, &second).await.expect(200).json();
    let fourth = rotate(&admin, &second).await.expect(200).json();
    for (client, status) in [(&second, 401), (&third, 200), (&fourth, 200)] {
        assert_eq!(ask(&server, client, GRANT).await.status, status);
    }
    // Whoever says which secret there is means that one alone.
    let id = text(&first, "clientId");
    let mut body = admin.get(&format!("{ADMIN}/clients/{id}")).await.expect(200).json();
    body["client_secret"] = json!("a secret that an administrator has chosen");
    admin.put(&format!("{ADMIN}/clients/{id}"), &body).await.expect(200);
    for client in [&third, &fourth] {
        ask(&server, client, GRANT).await.expect(401);
    }
    portcullis::domain::expiry::purge(&server.app.domain).await.unwrap();
    let fifth = rotate(&admin, &first).await.expect(200).json();
    admin.delete(&super::path_of(&first)).await.expect(204);
    ask(&server, &fifth, GRANT).await.expect(401);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_old_secret_goes_on_when_the_server_is_started_without_the_setting() {
    let server = TestServer::with(|config| config.organization_clients.rotation_grace_seconds = 60).await;
    let admin = server.as_admin();
    let first = make(&admin, json!({})).await;
    rotate(&admin, &first).await.expect(200);
    let (folder, world) = server.stop().await;
    let server = TestServer::on(folder, world, |_| {}).await;
    ask(&server, &first, GRANT).await.expect(200);
    server.world.advance_seconds(60);
    ask(&server, &first, GRANT).await.expect(401);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_without_a_secret_gets_none() {
    let server = TestServer::start().await;
    let admin = server.as_admin();
    let made = make(&admin, json!({})).await;
    let id = text(&made, "clientId");
    let body = json!({ "authorization_server_id": "default", "client_name": "Keyed", "grant_types": ["refresh_token"],
        "token_endpoint_auth_method": "none" });
    admin.put(&format!("{ADMIN}/clients/{id}"), &body).await.expect(200);
    rotate(&admin, &made).await.expect(409);
}

#[tokio::test(flavor = "multi_thread")]
async fn of_many_rotations_at_once_exactly_one_secret_is_left() {
    let server = TestServer::start().await;
    let admin = server.as_admin();
    let made = make(&admin, json!({})).await;
    let mut rotations = JoinSet::new();
    for _ in 0..8 {
        let (admin, made) = (admin.clone(), made.clone());
        rotations.spawn(async move { rotate(&admin, &made).await });
    }
    let answers = rotations.join_all().await;
    let (done, refused): (Vec<_>, Vec<_>) = answers.into_iter().partition(|answer| answer.status == StatusCode::OK);
    assert!(!done.is_empty());
    for answer in refused {
        answer.expect(409);
    }
    let mut good = 0;
    for answer in done {
        good += usize::from(ask(&server, &answer.json(), GRANT).await.status == 200);
    }
    assert_eq!(good, 1);
    ask(&server, &made, GRANT).await.expect(401);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_secret_that_was_answered_survives_a_kill() {
    let folder = tempfile::tempdir().unwrap();
    let process = Process::serve(folder.path());
    let admin = process.token_of("default", "admin", "admin");
    let first = make(&admin, json!({ "roles": ["Agent"] })).await;
    let second = rotate(&admin, &first).await.expect(200).json();
    process.kill();
    let process = Process::serve(folder.path());
    for (client, status) in [(&first, 401), (&second, 200)] {
        let caller = crate::support::Caller::new(&process.url)
            .with_header("authorization", &basic(&text(client, "clientId"), &text(client, "clientSecret")));
        assert_eq!(post_form(&caller, "/oauth/token", GRANT).await.status, status);
    }
    process.kill();
}
