//! The device flow (RFC 8628): a television without a browser, and people who let it in, or do not.

mod attacks;
mod flow;

use serde_json::{Value, json};

use crate::support::{
    Answer, Browser, Page,
    made::{ADMIN, post_form},
    storefront::{AID, PASSWORD, Storefront},
};

covers!("authorizeDevice", "devicePage", "enterUserCode", "deviceDonePage", "confirmRequest");

/// The grant.
const DEVICE_CODE: &str = "urn:ietf:params:oauth:grant-type:device_code";
/// Where people type codes.
const PAGE: &str = "/default/shop/device";

/// A shop with a television, which proves nothing but its name.
struct Living {
    shop: Storefront,
}

impl Living {
    async fn room() -> Living {
        let shop = Storefront::open().await;
        shop.change(json!({ "grant_types": ["authorization_code", "refresh_token", DEVICE_CODE] })).await;
        let living = Living { shop };
        living.has("tv", "Television").await;
        living
    }

    /// One more client of that kind.
    async fn has(&self, id: &str, name: &str) {
        let body = json!({
            "authorization_server_id": AID, "client_id": id, "client_name": name, "token_endpoint_auth_method": "none",
            "scopes": ["openid", "profile", "orders"], "grant_types": [DEVICE_CODE, "refresh_token"],
        });
        self.shop.admin.post(&format!("{ADMIN}/clients"), &body).await.expect(201);
    }

    /// The answer to a device that begins to wait.
    async fn begins(&self, form: &str) -> Answer {
        post_form(&self.shop.server.anonymous(), "/default/shop/oauth2/device_authorization", form).await
    }

    /// A television that waits.
    async fn waits(&self) -> Value {
        self.begins("client_id=tv&scope=openid+orders").await.expect(200).json()
    }

    /// The answer to a client that asks whether somebody has answered.
    async fn polls_as(&self, client: &str, waiting: &Value) -> Answer {
        let form = format!("grant_type={DEVICE_CODE}&client_id={client}&device_code={}", text(waiting, "device_code"));
        post_form(&self.shop.server.anonymous(), "/default/shop/oauth2/token", &form).await
    }

    async fn polls(&self, waiting: &Value) -> Answer {
        self.polls_as("tv", waiting).await
    }

    /// The word of a poll that is refused.
    async fn word(&self, waiting: &Value) -> String {
        text(&self.polls(waiting).await.expect(400).json(), "error")
    }

    /// Types a code in a browser; where that leads.
    async fn types(&self, browser: &mut Browser, code: &str) -> Page {
        let page = browser.open(PAGE).await.expect(200);
        browser.send(&page, "/device", &[("user_code", code)]).await
    }

    /// Ann types the code, logs in and is asked whether it was her.
    async fn asks_ann(&self, browser: &mut Browser, waiting: &Value) -> Page {
        let page = self.types(browser, &text(waiting, "user_code")).await;
        match page.has_form("/password") {
            true => browser.send(&page, "/password", &[("username", "ann"), ("password", PASSWORD)]).await,
            false => page,
        }
    }

    /// Ann says yes to everything.
    async fn lets_in(&self, browser: &mut Browser, waiting: &Value) -> Page {
        let page = self.asks_ann(browser, waiting).await;
        let page = browser.send(&page, "/confirm", &[]).await;
        match page.has_form("/consent") {
            true => browser.send(&page, "/consent", &[]).await,
            false => page,
        }
    }
}

/// A member that is a text.
#[track_caller]
fn text(body: &Value, member: &str) -> String {
    body[member].as_str().unwrap_or_else(|| panic!("no {member} in {body}")).to_owned()
}
