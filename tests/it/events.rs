//! What operators find in the log of what people did: each act with its person, and nothing that was typed.

use serde_json::{Value, json};

use crate::support::storefront::{PASSWORD, Storefront};
use crate::support::{TestServer, made::basic};
use captured::Captured;

#[path = "../../host/src/logging/captured.rs"]
mod captured;

impl Captured {
    /// The events so far, as (what, outcome, subject); every one is checked to say where it was.
    fn events(&self) -> Vec<[String; 3]> {
        let lines: Vec<Value> = self.text().lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        let events = lines.into_iter().filter(|line| line["target"] == "events");
        let told = |line: Value| {
            assert_eq!(
                (&line["level"], &line["tenant"], &line["server"]),
                (&json!("INFO"), &json!("default"), &json!("shop"))
            );
            assert!(line["request_id"].as_str().is_some_and(|id| !id.is_empty()), "{line}");
            ["message", "outcome", "subject"].map(|name| line[name].as_str().unwrap().to_owned())
        };
        events.map(told).collect()
    }
}

// On one thread, because that is how far the log of a test reaches.
#[tokio::test]
async fn a_name_and_a_password_that_are_wrong_are_told() {
    let log = Captured::default();
    let text = tracing_subscriber::fmt().json().flatten_event(true).with_writer(log.writer());
    let _guard = tracing::subscriber::set_default(text.finish());
    let server = TestServer::start().await;
    let wrong = server.anonymous().with_header("authorization", &basic("whoever", "typed in vain"));
    wrong.get("/api/applications").await.expect(401);
    let text = log.text();
    let line = text.lines().find(|line| line.contains("wrong password")).unwrap();
    let line: Value = serde_json::from_str(line).unwrap();
    let told = ["target", "message", "tenant", "server", "subject"].map(|name| line[name].as_str().unwrap());
    assert_eq!(told, ["events", "login", "default", "admin", ""]);
    assert!(!text.contains("whoever") && !text.contains("typed in vain"), "{text}");
}

// On one thread, because that is how far the log of a test reaches.
#[tokio::test]
async fn what_people_do_is_told_without_what_they_typed() {
    let log = Captured::default();
    let text = tracing_subscriber::fmt().json().flatten_event(true).with_writer(log.writer());
    let _guard = tracing::subscriber::set_default(text.finish());
    let shop = Storefront::open().await;
    let mut browser = shop.browser();
    browser.login(&shop.request(""), "ann", "my other password").await.expect(401);
    browser.login(&shop.request(""), PASSWORD, "typed in the wrong field").await.expect(401);
    let page = browser.login(&shop.request(""), "ann", PASSWORD).await.expect(200);
    let page = browser.send(&page, "/consent", &[]).await;
    let code = page.parameter("code").unwrap();
    shop.redeem(&page).await;
    shop.redeem_again(&page).await.expect(400);
    let page = browser.open("/default/shop/oauth2/logout").await.expect(200);
    browser.send(&page, "/logout", &[]).await.expect(200);
    shop.admin.delete("/api/admin/default/servers/shop/people/ann/sessions").await.expect(204);
    let expected = [
        ["login", "wrong password", "ann"],
        ["login", "wrong password", ""],
        ["login", "done", "ann"],
        ["consent given", "done", "ann"],
        ["code used again", "everything issued for it is revoked", "ann"],
        ["logout", "done", "ann"],
        ["sessions and grants ended", "done by an administrator", "ann"],
    ];
    assert_eq!(log.events(), expected);
    for secret in [PASSWORD, "my other password", "typed in the wrong field", &code] {
        assert!(!log.text().contains(secret), "{secret} is in the log");
    }
}
