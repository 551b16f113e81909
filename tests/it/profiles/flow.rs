//! The flows that profiles leave: from a request to tokens and to refreshed ones, and what is refused on the way.

use data_encoding::BASE64URL_NOPAD;
use portcullis::domain::authorize::{self, Begun, Browser, Destination};
use portcullis::domain::handle::{self, Purpose};
use serde_json::{Value, json};

use super::{Bank, NOW, PUBLIC, issuer};
use crate::support::{
    Answer,
    holder::{Holder, ask_with},
    person::Person,
    signer::Signer,
};

const BACK: &str = "https://app.example/back";
const TOKEN: &str = "/default/bank/oauth2/token";
/// The verifier and the challenge of RFC 7636, appendix B.
const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";

type Parameters = Vec<(String, String)>;

/// The parameters of a request for a code, with more or other ones; an empty one is left out.
fn parameters(more: &[(&str, &str)]) -> Parameters {
    let usual = [
        ("client_id", "app"),
        ("redirect_uri", BACK),
        ("response_type", "code"),
        ("scope", "openid"),
        ("state", "a state"),
        ("nonce", "a nonce"),
        ("code_challenge", CHALLENGE),
        ("code_challenge_method", "S256"),
    ];
    let others = usual.into_iter().filter(|(name, _)| !more.iter().any(|(other, _)| other == name));
    let all = others.chain(more.iter().copied()).filter(|(_, value)| !value.is_empty());
    all.map(|(name, value)| (name.to_owned(), value.to_owned())).collect()
}

fn form(parameters: &Parameters) -> String {
    form_urlencoded::Serializer::new(String::new()).extend_pairs(parameters).finish()
}

/// A request object of these parameters, good for five minutes unless it is said otherwise.
fn object(signer: &Signer, parameters: &Parameters, more: Value) -> String {
    let mut claims = json!({ "iss": "app", "aud": issuer(), "nbf": NOW, "exp": NOW + 300 });
    let members = claims.as_object_mut().unwrap();
    members.extend(parameters.iter().map(|(name, value)| (name.clone(), json!(value))));
    members.extend(more.as_object().unwrap().clone());
    signer.sign_as(&json!({ "alg": signer.alg, "kid": signer.kid, "typ": "oauth-authz-req+jwt" }), &claims)
}

/// What a signed token says.
fn claims(token: &str) -> Value {
    part(token, 1)
}

/// What signs a token, as its header says.
fn signed_with(token: &str) -> Value {
    part(token, 0)["alg"].clone()
}

fn part(token: &str, place: usize) -> Value {
    let text = token.split('.').nth(place).unwrap();
    serde_json::from_slice(&BASE64URL_NOPAD.decode(text.as_bytes()).unwrap()).unwrap()
}

impl Bank {
    /// A browser in which Alice has logged in.
    async fn browser(&self) -> Browser {
        let domain = &self.server.app.domain;
        let (session, _) = Person::new(&self.server, "bank", "alice").logs_in(domain, "A browser").await;
        let (cookie, _) = handle::make(domain, Purpose::Browser, "default", "bank");
        let (address, agent) = ("192.0.2.7".to_owned(), "A browser".to_owned());
        Browser { session: Some(session), cookie, address, agent, request_id: "a-request".to_owned() }
    }

    /// Brings a request; answers what the client is told.
    async fn brings(&self, browser: &Browser, sent: &Parameters) -> Parameters {
        let url = match authorize::begin(&self.server.app.domain, "default", "bank", sent, browser).await.unwrap() {
            Begun::Answer(Destination::Redirect(url)) => url,
            other => panic!("{other:?}"),
        };
        let members = url.strip_prefix(BACK).unwrap().trim_start_matches(['?', '#']).to_owned();
        form_urlencoded::parse(members.as_bytes()).into_owned().collect()
    }

    async fn pushes(&self, signer: &Signer, form: &str) -> Answer {
        self.ask("par", ("app", signer), issuer(), form).await
    }

    /// Asks for tokens with a proof of a key.
    async fn proves(&self, signer: &Signer, holder: &Holder, form: &str) -> Answer {
        let mut claims = holder.claims(&self.server, "POST", TOKEN);
        claims["htu"] = json!(format!("{PUBLIC}{TOKEN}"));
        let assertion = signer.sign(&super::assertion("app", issuer()));
        let form = format!("{form}&{}&client_assertion={assertion}", super::KIND);
        ask_with(&self.server.anonymous(), TOKEN, &form, &holder.sign(&claims)).await
    }
}

fn member<'a>(told: &'a Parameters, name: &str) -> Option<&'a str> {
    told.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
}

fn reference(answer: &Answer) -> Parameters {
    let uri = answer.json()["request_uri"].as_str().unwrap().to_owned();
    vec![("client_id".to_owned(), "app".to_owned()), ("request_uri".to_owned(), uri)]
}

fn redeem(code: &str) -> String {
    format!("grant_type=authorization_code&code={code}&redirect_uri={BACK}&code_verifier={VERIFIER}")
}

#[tokio::test(flavor = "multi_thread")]
async fn the_whole_flow_of_fapi_2() {
    let bank = Bank::held_to("fapi_2_security").await;
    let (signer, holder) = (Signer::new("ES256", "one"), Holder::new("ES256"));
    bank.makes("app", &signer, json!({ "scopes": ["openid", "offline_access"] })).await.expect(201);
    let browser = bank.browser().await;
    // Not pushed; pushed without a challenge, without a redirect URI, for something else than a code.
    let told = bank.brings(&browser, &parameters(&[])).await;
    assert_eq!((member(&told, "error"), member(&told, "code")), (Some("invalid_request"), None));
    for more in [
        &[("code_challenge", ""), ("code_challenge_method", "")][..],
        &[("redirect_uri", ""), ("scope", "offline_access")],
        &[("response_type", "code id_token")],
    ] {
        let answer = bank.pushes(&signer, &form(&parameters(more))).await;
        assert_eq!(answer.status, 400, "{more:?}: {}", answer.text());
    }

    let pushed = bank.pushes(&signer, &form(&parameters(&[("scope", "openid offline_access")]))).await.expect(201);
    let told = bank.brings(&browser, &reference(&pushed)).await;
    assert_eq!(member(&told, "iss").map(str::to_owned), issuer().as_str().map(str::to_owned), "{told:?}");
    let code = redeem(member(&told, "code").unwrap_or_else(|| panic!("{told:?}")));
    let unbound = bank.ask("token", ("app", &signer), issuer(), &code).await;
    assert_eq!(unbound.status, 400, "a token is bound to a key: {}", unbound.text());
    let tokens = bank.proves(&signer, &holder, &code).await.expect(200).json();
    assert_eq!(tokens["token_type"], "DPoP");
    assert_eq!(claims(tokens["access_token"].as_str().unwrap())["cnf"]["jkt"], holder.thumbprint());

    // The refresh token stays, however often it is used.
    let refresh = format!("grant_type=refresh_token&refresh_token={}", tokens["refresh_token"].as_str().unwrap());
    for _ in 0..3 {
        let more = bank.proves(&signer, &holder, &refresh).await.expect(200).json();
        assert!(more["access_token"].is_string() && more.get("refresh_token").is_none(), "{more}");
    }
    // Without a key it is worth nothing, with an algorithm that is forbidden neither.
    assert_eq!(bank.ask("token", ("app", &signer), issuer(), &refresh).await.status, 400);
    let weak = bank.proves(&signer, &Holder::new("RS256"), &refresh).await.expect(400).json();
    assert_eq!(weak["error"], "invalid_dpop_proof", "{weak}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_code_of_fapi_2_ends_after_a_minute() {
    let bank = Bank::held_to("fapi_2_security").await;
    let (signer, holder) = (Signer::new("ES256", "one"), Holder::new("ES256"));
    bank.makes("app", &signer, json!({})).await.expect(201);
    let pushed = bank.pushes(&signer, &form(&parameters(&[]))).await.expect(201);
    let told = bank.brings(&bank.browser().await, &reference(&pushed)).await;
    let code = redeem(member(&told, "code").unwrap());
    bank.server.world.advance_seconds(60);
    assert_eq!(bank.proves(&signer, &holder, &code).await.expect(400).json()["error"], "invalid_grant");
}

#[tokio::test(flavor = "multi_thread")]
async fn messages_are_signed_both_ways() {
    let bank = Bank::held_to("fapi_2_message_signing").await;
    let signer = Signer::new("ES256", "one");
    bank.makes("app", &signer, json!({})).await.expect(201);
    let (signed, plain) = (parameters(&[("response_mode", "jwt")]), parameters(&[]));
    let push = async |parameters: &Parameters, more: Value| {
        let request = object(&signer, parameters, more);
        bank.pushes(&signer, &format!("client_id=app&request={request}")).await
    };
    assert_eq!(bank.pushes(&signer, &form(&signed)).await.status, 400, "a request must be signed");
    assert_eq!(push(&plain, json!({})).await.status, 400, "an answer must be signed");
    for undated in [json!({ "nbf": null }), json!({ "exp": null }), json!({ "nbf": NOW, "exp": NOW + 3601 })] {
        let answer = push(&signed, undated.clone()).await.expect(400).json();
        assert_eq!(answer["error"], "invalid_request_object", "{undated}: {answer}");
    }
    let pushed = push(&signed, json!({})).await.expect(201);
    let told = bank.brings(&bank.browser().await, &reference(&pushed)).await;
    let response = claims(member(&told, "response").unwrap_or_else(|| panic!("{told:?}")));
    assert_eq!((&response["iss"], &response["state"]), (&issuer(), &json!("a state")));
    assert!(response["code"].is_string(), "{response}");
}

#[tokio::test(flavor = "multi_thread")]
async fn fapi_1_takes_signed_requests_and_answers_with_signatures() {
    let grants = json!(["authorization_code", "implicit"]);
    let bank = Bank::held_with("fapi_rw", json!({ "grant_types": grants })).await;
    let signer = Signer::new("ES256", "one");
    let types = json!({
        "grant_types": grants, "response_types": ["code", "code id_token"], "scopes": ["openid", "profile"],
    });
    bank.makes("app", &signer, types).await.expect(201);
    let browser = bank.browser().await;
    let ask = async |more: &[(&str, &str)]| {
        let request = object(&signer, &parameters(more), json!({}));
        let sent = parameters(&[("request", &request)]);
        bank.brings(&browser, &sent).await
    };
    assert_eq!(member(&bank.brings(&browser, &parameters(&[])).await, "error"), Some("invalid_request"));
    // Each has its scope beside the object at least, where it does not count.
    for wrong in [
        &[][..],
        &[("scope", "profile")],
        &[("response_type", "code id_token"), ("nonce", "")],
        &[("response_type", "code id_token"), ("scope", "")],
        &[("response_mode", "jwt"), ("nonce", "")],
        &[("response_mode", "jwt"), ("scope", "")],
        &[("response_mode", "jwt"), ("scope", "profile"), ("state", "")],
    ] {
        let told = ask(wrong).await;
        assert_eq!(member(&told, "code"), None, "{wrong:?}");
        let error = match member(&told, "response") {
            Some(response) => claims(response)["error"].clone(),
            None => json!(member(&told, "error")),
        };
        assert_eq!(error, "invalid_request", "{wrong:?}: {told:?}");
    }
    let told = ask(&[("response_type", "code id_token")]).await;
    let token = claims(member(&told, "id_token").unwrap_or_else(|| panic!("{told:?}")));
    assert!(token["c_hash"].is_string() && token["s_hash"].is_string(), "{token}");
    // Whoever asks for no ID token may do without openid, and gets the answer signed.
    for scope in ["openid", "profile"] {
        let told = ask(&[("response_mode", "jwt"), ("scope", scope)]).await;
        assert!(claims(member(&told, "response").unwrap())["code"].is_string(), "{told:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_with_an_rsa_key_keeps_the_profiles_with_ps256() {
    let rsa = json!({ "key_type": "rsa", "signing_alg": "PS256", "grant_types": ["authorization_code", "implicit"] });
    let bank = Bank::held_with("fapi_rw", rsa).await;
    let signer = Signer::new("PS256", "one");
    let types =
        json!({ "grant_types": ["authorization_code", "implicit"], "response_types": ["code", "code id_token"] });
    bank.makes("app", &signer, types).await.expect(201);
    let browser = bank.browser().await;
    let ask = async |more: &[(&str, &str)]| {
        let request = object(&signer, &parameters(more), json!({}));
        bank.brings(&browser, &parameters(&[("request", &request)])).await
    };
    let told = ask(&[("response_type", "code id_token")]).await;
    let token = member(&told, "id_token").unwrap_or_else(|| panic!("{told:?}"));
    assert_eq!(signed_with(token), "PS256");
    assert!(claims(token)["c_hash"].is_string());
    let told = ask(&[("response_mode", "jwt")]).await;
    let response = member(&told, "response").unwrap();
    assert_eq!(signed_with(response), "PS256");
    assert!(claims(response)["code"].is_string());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_with_a_weak_signature_is_refused() {
    let bank = Bank::held_to("fapi_2_message_signing").await;
    let (good, weak) = (Signer::new("ES256", "one"), Signer::new("RS256", "two"));
    bank.makes("app", &good, json!({ "jwks": { "keys": [good.jwk(), weak.jwk()] } })).await.expect(201);
    let signed = parameters(&[("response_mode", "jwt")]);
    let push = async |signer: &Signer| {
        let request = object(signer, &signed, json!({}));
        bank.pushes(&good, &format!("client_id=app&request={request}")).await
    };
    assert_eq!(push(&weak).await.expect(400).json()["error"], "invalid_request_object");
    push(&good).await.expect(201);
}
