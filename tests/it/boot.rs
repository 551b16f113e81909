//! The boot contract (DESIGN §8).

use crate::support::TestServer;

#[tokio::test(flavor = "multi_thread")]
async fn a_fresh_server_is_ready_and_its_admin_sees_the_tenant() {
    let server = TestServer::start().await;
    server.anonymous().get("/health/ready").await.expect(200);
    let tenant = server.as_admin().get("/api/admin/default/tenant").await.expect(200).json();
    assert_eq!(tenant["id"], "default");
}
