//! What tokens are for besides scopes: resources (RFC 8707), authorization details (RFC 9396), and what clients are told of protected
//! resources (RFC 9728).

covers!("protectedResource", "protectedServer", "protectedServerOfPath");

mod details;
mod elsewhere;
mod exchanged;
mod indicators;
mod metadata;

use serde_json::{Value, json};

use crate::support::{
    Answer, Browser, Page,
    made::{ADMIN, ask_token, make_client, make_server},
    storefront::{AID, BACK, Storefront},
    tills::claims,
};

/// The identifiers of the services: two with a scope each, one without scopes, and one of another server.
const ORDERS: &str = "https://orders.example/api";
const STOCK: &str = "https://stock.example/";
const PLAIN: &str = "https://plain.example/mcp";
const ELSEWHERE: &str = "https://elsewhere.example/";
/// The verifier that the storefront's requests are made with.
const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";

/// A storefront with resources, whose client has these members as well.
async fn mall(client: Value) -> Storefront {
    let mut members = json!({
        "scopes": ["openid", "profile", "offline_access", "orders", "stock", "loose"],
        "grant_types": ["authorization_code", "refresh_token", "client_credentials"],
    });
    members.as_object_mut().unwrap().extend(client.as_object().unwrap().clone());
    let shop = Storefront::with(|_| {}, json!({ "scopes": ["openid", "profile", "offline_access", "orders"] })).await;
    make_server(&shop.admin, "other", json!({})).await;
    for (server, id, resource) in [
        (AID, "orders-api", ORDERS),
        (AID, "stock-api", STOCK),
        (AID, "plain-api", PLAIN),
        ("other", "far-api", ELSEWHERE),
    ] {
        let body =
            json!({ "authorization_server_id": server, "id": id, "name": format!("The {id}"), "resource": resource });
        shop.admin.post(&format!("{ADMIN}/services"), &body).await.expect(201);
    }
    let orders = json!({
        "authorization_server_id": AID, "name": "orders", "display_name": "See your orders", "service_id": "orders-api",
    });
    shop.admin.put(&format!("{ADMIN}/scopes/orders"), &orders).await.expect(200);
    for (name, service) in [("stock", json!("stock-api")), ("loose", Value::Null)] {
        let body = json!({ "authorization_server_id": AID, "id": name, "name": name, "service_id": service });
        shop.admin.post(&format!("{ADMIN}/scopes"), &body).await.expect(201);
    }
    change_web(&shop, members).await;
    shop
}

/// Changes members of the client.
async fn change_web(shop: &Storefront, more: Value) {
    let path = format!("{ADMIN}/clients/web");
    let mut body = shop.admin.get(&path).await.expect(200).json();
    body.as_object_mut().unwrap().remove("client_secret");
    body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    body.as_object_mut().unwrap().remove("response_types");
    body.as_object_mut().unwrap().remove("scope");
    shop.admin.put(&path, &body).await.expect(200);
}

/// An authorization request for these scopes, with more parameters.
fn request(shop: &Storefront, scope: &str, more: &[(&str, &str)]) -> String {
    let mut form = form_urlencoded::Serializer::new(String::new());
    form.append_pair("scope", scope);
    for (name, value) in more {
        form.append_pair(name, value);
    }
    shop.request("").replace("&scope=openid%20profile%20orders", &format!("&{}", form.finish()))
}

/// Opens a request as ann and says yes to everything; where her browser comes to in the end.
async fn agree(browser: &mut Browser, url: &str) -> Page {
    let mut page = browser.open(url).await;
    if page.url.starts_with('/') && page.has_form("/password") {
        page = browser
            .send(&page, "/password", &[("username", "ann"), ("password", crate::support::storefront::PASSWORD)])
            .await;
    }
    if page.url.starts_with('/') && page.has_form("/consent") {
        page = browser.send(&page, "/consent", &[]).await;
    }
    page
}

/// Asks for tokens as the client.
async fn ask(shop: &Storefront, pairs: &[(&str, &str)]) -> Answer {
    let form = form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish();
    ask_token(&shop.server, AID, "web", shop.secret(), &form).await
}

/// Redeems the code that a browser has brought back, with more members of the form.
async fn redeem(shop: &Storefront, page: &Page, more: &[(&str, &str)]) -> Answer {
    let code = page.parameter("code").unwrap_or_else(|| panic!("no code in {}: {}", page.url, page.text()));
    let form =
        [("grant_type", "authorization_code"), ("code", &code), ("redirect_uri", BACK), ("code_verifier", VERIFIER)];
    ask(shop, &[&form, more].concat()).await
}

/// Exchanges the refresh token of an answer.
async fn refresh(shop: &Storefront, tokens: &Value, more: &[(&str, &str)]) -> Answer {
    let token = tokens["refresh_token"].as_str().unwrap();
    ask(shop, &[&[("grant_type", "refresh_token"), ("refresh_token", token)], more].concat()).await
}

/// What the client gets on its own behalf.
async fn own(shop: &Storefront, more: &[(&str, &str)]) -> Answer {
    ask(shop, &[&[("grant_type", "client_credentials")], more].concat()).await
}

/// The audience of the access token of an answer, and its scopes in order.
fn aimed(shop: &Storefront, answer: &Value) -> (Vec<String>, Vec<String>) {
    let said = claims(&answer["access_token"]);
    let audience = said["aud"].as_array().unwrap().iter().map(|one| one.as_str().unwrap().to_owned());
    let us = format!("{}/default/{AID}", shop.server.url);
    let audience = audience.map(|one| if one == us { "us".to_owned() } else { one });
    let mut scopes: Vec<String> = answer["scope"].as_str().unwrap().split(' ').map(str::to_owned).collect();
    assert_eq!(said["scope"], answer["scope"]);
    scopes.sort();
    (audience.collect(), scopes)
}

/// A machine of this server with a token; answers its secret.
async fn machine(shop: &Storefront, server: &str, id: &str, scopes: &[&str]) -> String {
    make_client(&shop.admin, server, id, scopes).await["client_secret"].as_str().unwrap().to_owned()
}

fn texts(names: &[&str]) -> Vec<String> {
    names.iter().map(|name| (*name).to_owned()).collect()
}
