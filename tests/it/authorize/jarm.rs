//! Signed answers (JARM): the whole answer in one token for the client, wherever it travels, also when it is no.

use data_encoding::BASE64URL_NOPAD;
use portcullis::crypto::{VerifyingKey, jwe, jws};
use serde_json::{Map, Value, json};

use super::shop::{AID, BACK, Shop, Told};
use crate::support::{
    made::{ADMIN, wrong_members},
    world::START,
};

const NOW: i64 = START / 1_000_000;
/// RFC 7517, appendix A.2, the first key.
const READER: &str = r#"{"kty":"EC","crv":"P-256","x":"MKBCTNIcKUSDii11ySs3526iDZ8AiTo7Tu6KPAqv7D4","y":"4Etl6SRW2YiLUrN5vfvVHuhp7x8PxltmWWlbbM4IFyM","d":"870MB6gfuTJ4HtUnUvYMyJpr5eUZNP4Bk43bVdj3eAE"}"#;

impl Shop {
    /// The claims of an answer, if one of the server's keys has signed it, and with which algorithm.
    async fn verified(&self, token: &str) -> (String, Map<String, Value>) {
        let keys = self.server.anonymous().get("/default/shop/.well-known/jwks.json").await.expect(200).json();
        let header = jws::decode_header(token).unwrap();
        let of_name = |key: &&Value| key["kid"].as_str() == header.kid.as_deref();
        let key = keys["keys"].as_array().unwrap().iter().find(of_name).unwrap_or_else(|| panic!("{header:?}"));
        let claims = jws::verify(token, &VerifyingKey::for_algorithm(key, &header.alg).unwrap()).unwrap();
        (header.alg, claims)
    }

    /// The claims of an answer for `web`, which must be all there is.
    async fn inside(&self, told: &Told) -> Map<String, Value> {
        assert_eq!((told.uri.as_str(), told.names()), (BACK, vec!["response"]));
        let (_, claims) = self.verified(told.get("response").unwrap()).await;
        assert_eq!((&claims["iss"], &claims["aud"]), (&json!(self.issuer()), &json!("web")));
        assert_eq!(claims["exp"], NOW + 600);
        assert_eq!(claims["state"], "a state & more");
        claims
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_is_signed_in_every_place() {
    let shop = Shop::open().await;
    let browser = shop.browser_of("alice").await;
    for (response_type, response_mode, mode) in [
        ("code", "jwt", "?"),
        ("code", "query.jwt", "?"),
        ("code", "fragment.jwt", "#"),
        ("code", "form_post.jwt", "form"),
        ("token", "jwt", "#"),
        ("code token", "jwt", "#"),
        ("token", "form_post.jwt", "form"),
    ] {
        let told = [("response_type", response_type), ("response_mode", response_mode)];
        let told = shop.answered(shop.ask(&browser, &told).await);
        assert_eq!(told.mode, mode, "{response_type} {response_mode}");
        let claims = shop.inside(&told).await;
        assert_eq!(claims.contains_key("code"), response_type.contains("code"), "{claims:?}");
        assert_eq!(claims.contains_key("access_token"), response_type.contains("token"), "{claims:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn no_is_signed_as_well() {
    let shop = Shop::open().await;
    let browser = shop.browser();
    for (more, error) in [
        (&[("prompt", "none")][..], "login_required"),
        (&[("scope", "openid introspect_tokens")], "invalid_scope"),
        (&[("response_type", "nonsense")], "unsupported_response_type"),
        (&[("request", "nonsense")], "invalid_request_object"),
    ] {
        let told = shop.answered(shop.ask(&browser, &[&[("response_mode", "jwt")], more].concat()).await);
        let claims = shop.inside(&told).await;
        assert_eq!(claims["error"], error, "{claims:?}");
        assert!(claims.contains_key("error_description"));
    }
    let login = shop.waits(shop.ask(&browser, &[("response_mode", "form_post.jwt")]).await);
    shop.lets_in(&login, "alice", None).await;
    let told = shop.finish(&login, &browser).await.unwrap();
    assert_eq!(told.mode, "form");
    assert!(shop.inside(&told).await.contains_key("code"), "after a login");
}

#[tokio::test(flavor = "multi_thread")]
async fn tokens_do_not_travel_in_a_query_and_modes_are_known() {
    let shop = Shop::open().await;
    let browser = shop.browser_of("alice").await;
    let told = shop.ask(&browser, &[("response_type", "token"), ("response_mode", "query.jwt")]).await;
    let told = shop.answered(told);
    assert_eq!((told.mode, &shop.inside(&told).await["error"]), ("#", &json!("invalid_request")));
    for mode in ["JWT", ".jwt", "form.jwt", "queryjwt", "web_message.jwt", "jwt.jwt", "query.jwt.jwt"] {
        assert_eq!(shop.refused(shop.ask(&browser, &[("response_mode", mode)]).await), "invalid_request", "{mode}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_says_what_its_answers_are_signed_with() {
    let shop = Shop::open().await;
    let browser = shop.browser_of("alice").await;
    shop.admin.post(&format!("{ADMIN}/servers/{AID}/keys"), &json!({ "key_type": "eddsa" })).await.expect(201);
    let client = |alg: &str| json!({ "trusted": true, "security": { "authorization_signed_response_alg": alg } });
    for alg in ["EdDSA", "ES256"] {
        shop.make_client(alg, client(alg)).await;
        let told = shop.answered(shop.ask(&browser, &[("client_id", alg), ("response_mode", "jwt")]).await);
        assert_eq!(shop.verified(told.get("response").unwrap()).await.0, alg);
    }
    for alg in ["none", "HS256", "nonsense"] {
        let mut body = client(alg);
        let members = json!({ "authorization_server_id": AID, "client_id": "odd", "client_name": "Odd" });
        body.as_object_mut().unwrap().extend(members.as_object().unwrap().clone());
        let refused = shop.admin.post(&format!("{ADMIN}/clients"), &body).await.expect(422);
        assert!(wrong_members(&refused).contains(&"/security/authorization_signed_response_alg".to_owned()), "{alg}");
    }
    let document = shop.server.anonymous().get("/default/shop/.well-known/openid-configuration").await.expect(200);
    assert_eq!(document.json()["authorization_signing_alg_values_supported"], json!(["ES256", "EdDSA"]));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_is_encrypted_for_a_client_that_says_so() {
    let shop = Shop::open().await;
    let browser = shop.browser_of("alice").await;
    let reader: Value = serde_json::from_str(READER).unwrap();
    let mut public = reader.clone();
    public.as_object_mut().unwrap().remove("d");
    public["use"] = json!("enc");
    let security = json!({
        "authorization_encrypted_response_alg": "ECDH-ES", "authorization_encrypted_response_enc": "A256GCM",
    });
    shop.make_client("reader", json!({ "trusted": true, "jwks": { "keys": [public] }, "security": security })).await;
    let key = jwe::DecryptionKey::from_private_jwk(&reader).unwrap();
    for (more, member) in [(&[][..], "code"), (&[("scope", "nothing")], "error")] {
        let told = [&[("client_id", "reader"), ("response_mode", "jwt")], more].concat();
        let told = shop.answered(shop.ask(&browser, &told).await);
        assert_eq!(told.names(), ["response"]);
        let token = told.get("response").unwrap();
        let header = BASE64URL_NOPAD.decode(token.split('.').next().unwrap().as_bytes()).unwrap();
        let header: Value = serde_json::from_slice(&header).unwrap();
        assert_eq!(
            (&header["alg"], &header["enc"], &header["cty"]),
            (&json!("ECDH-ES"), &json!("A256GCM"), &json!("JWT"))
        );
        let signed = String::from_utf8(jwe::decrypt(token, &key).unwrap()).unwrap();
        let (_, claims) = shop.verified(&signed).await;
        assert!(claims.contains_key(member) && claims["aud"] == "reader", "{claims:?}");
    }
}
