//! DPoP proofs at the token endpoint (RFC 9449 §4.3, §5, §8): what makes one good, and what does not.

use portcullis::domain::possession;
use serde_json::{Value, json};

use super::{MACHINE, TOKEN, Works, machine, refused};
use crate::support::{
    Answer, TestServer,
    holder::{Holder, ask_with},
    made::post_form,
    signer::Signer,
    tills::claims,
};

#[tokio::test(flavor = "multi_thread")]
async fn a_token_is_bound_to_the_key_of_the_proof() {
    let works = Works::open(json!({})).await;
    for alg in ["ES256", "ES384", "EdDSA", "RS256", "PS256"] {
        let holder = Holder::new(alg);
        let answer = holder.ask(&works.server, &works.machine, TOKEN, MACHINE).await.expect(200);
        assert_eq!(answer.header("dpop-nonce"), None);
        let tokens = answer.json();
        assert_eq!(tokens["token_type"], "DPoP");
        assert_eq!(claims(&tokens["access_token"])["cnf"], json!({ "jkt": holder.thumbprint() }), "{alg}");
    }
    let plain = post_form(&works.machine, TOKEN, MACHINE).await.expect(200).json();
    assert_eq!(plain["token_type"], "bearer");
    assert!(claims(&plain["access_token"]).get("cnf").is_none());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_proof_is_good_for_one_request_made_just_now() {
    let works = Works::open(json!({})).await;
    let holder = Holder::new("ES256");
    let other_server = format!("{}/default/admin/oauth2/token", works.server.url);
    let now = works.server.app.domain.world.now_seconds();
    for (member, value) in [
        ("htm", json!("GET")),
        ("htu", json!(other_server)),
        ("htu", json!("https://evil.example/default/shop/oauth2/token")),
        ("iat", json!(now - 61)),
        ("iat", json!(now + 16)),
        ("jti", json!("")),
        ("htm", Value::Null),
        ("htu", Value::Null),
        ("iat", Value::Null),
        ("jti", Value::Null),
    ] {
        let mut said = holder.claims(&works.server, "POST", TOKEN);
        said[member] = value;
        refused(ask_with(&works.machine, TOKEN, MACHINE, &holder.sign(&said)).await, "invalid_dpop_proof");
    }
    let mut said = holder.claims(&works.server, "POST", TOKEN);
    said["htu"] = json!(format!("{}{TOKEN}?a=b#c", works.server.url.replace("http:", "HTTP:")));
    ask_with(&works.machine, TOKEN, MACHINE, &holder.sign(&said)).await.expect(200);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_proof_is_a_signed_statement_by_the_key_in_its_header() {
    let works = Works::open(json!({})).await;
    let (holder, thief) = (Holder::new("ES256"), Holder::new("ES256"));
    let said = || holder.claims(&works.server, "POST", TOKEN);
    let header = |more: Value| {
        let mut header = json!({ "typ": "dpop+jwt", "alg": "ES256", "jwk": holder.jwk() });
        header.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        header
    };
    let signed = |more: Value| holder.key.sign_as(&header(more), &said());
    let mut private = holder.jwk();
    private["d"] = json!("dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk");
    let shared = Signer::sharing(b"a secret of thirty-two bytes, at least".to_vec());
    let unsigned = signed(json!({ "alg": "none" }));
    let unsigned = format!("{}.", unsigned.rsplit_once('.').unwrap().0);
    let proofs = [
        ("a private key in the header", signed(json!({ "jwk": private }))),
        ("no key in the header", signed(json!({ "jwk": null }))),
        ("another key in the header", signed(json!({ "jwk": thief.jwk() }))),
        ("a key for another use", signed(json!({ "jwk": { "kty": "oct", "k": "AAAA" } }))),
        ("another type", signed(json!({ "typ": "JWT" }))),
        ("no type", signed(json!({ "typ": null }))),
        ("no signature", unsigned),
        ("alg none with a signature", signed(json!({ "alg": "none" }))),
        ("an extension that must be understood", signed(json!({ "crit": ["b64"] }))),
        ("a shared secret", shared.sign_as(&header(json!({ "alg": "HS256" })), &said())),
        (
            "a shared secret as key",
            shared.sign_as(&header(json!({ "alg": "HS256", "jwk": { "kty": "oct", "k": "AAAA" } })), &said()),
        ),
        ("no JWT", "proof".to_owned()),
        ("nothing", String::new()),
    ];
    for (what, proof) in proofs {
        let answer = ask_with(&works.machine, TOKEN, MACHINE, &proof).await;
        assert_eq!((answer.status.as_u16(), what), (400, what), "{}", answer.text());
        refused(answer, "invalid_dpop_proof");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_proof_is_good_once_also_for_many_at_once_and_across_a_restart() {
    let works = Works::open(json!({})).await;
    let holder = Holder::new("ES256");
    let proof = holder.proof(&works.server, "POST", TOKEN);
    let mut asking = tokio::task::JoinSet::new();
    for _ in 0..10 {
        let (machine, proof) = (works.machine.clone(), proof.clone());
        asking.spawn(async move { ask_with(&machine, TOKEN, MACHINE, &proof).await });
    }
    let answers = asking.join_all().await;
    assert_eq!(answers.iter().filter(|answer| answer.status == 200).count(), 1);
    for answer in answers.into_iter().filter(|answer| answer.status != 200) {
        assert!(refused(answer, "invalid_dpop_proof").text().contains("used before"));
    }
    // Forgotten, it is too old.
    works.server.world.advance_seconds(61);
    refused(ask_with(&works.machine, TOKEN, MACHINE, &proof).await, "invalid_dpop_proof");

    let proof = holder.proof(&works.server, "POST", TOKEN);
    ask_with(&works.machine, TOKEN, MACHINE, &proof).await.expect(200);
    works.server.world.advance_seconds(1);
    let secret = works.secret.clone();
    let (folder, world) = works.server.stop().await;
    let again = TestServer::on(folder, world, |_| {}).await;
    let machine = machine(&again, &secret);
    // The same address, so that nothing but its age speaks against the proof.
    let mut said = holder.claims(&again, "POST", TOKEN);
    said["iat"] = json!(again.app.domain.world.now_seconds() - 1);
    let answer = refused(ask_with(&machine, TOKEN, MACHINE, &holder.sign(&said)).await, "invalid_dpop_proof");
    assert!(answer.text().contains("before this server began"), "{}", answer.text());
    holder.ask(&again, &machine, TOKEN, MACHINE).await.expect(200);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_proof_that_is_dated_ahead_is_not_good_again_after_a_restart() {
    let works = Works::open(json!({})).await;
    let holder = Holder::new("ES256");
    let domain = &works.server.app.domain;
    let dated = |ahead: i64| {
        let mut said = holder.claims(&works.server, "POST", TOKEN);
        said["iat"] = json!(domain.world.now_seconds() + ahead);
        holder.sign(&said)
    };
    let proof = dated(10);
    ask_with(&works.machine, TOKEN, MACHINE, &proof).await.expect(200);
    // An orderly end: what comes next knows until when proofs were dated.
    possession::end(domain).await.unwrap();
    possession::begin(domain).await.unwrap();
    for proof in [proof, dated(10)] {
        let answer = refused(ask_with(&works.machine, TOKEN, MACHINE, &proof).await, "invalid_dpop_proof");
        assert!(answer.text().contains("before this server began"), "{}", answer.text());
    }
    ask_with(&works.machine, TOKEN, MACHINE, &dated(11)).await.expect(200);
    // Any other end: nobody knows, so it is the latest that it may have been.
    possession::begin(domain).await.unwrap();
    refused(ask_with(&works.machine, TOKEN, MACHINE, &dated(15)).await, "invalid_dpop_proof");
    works.server.world.advance_seconds(16);
    ask_with(&works.machine, TOKEN, MACHINE, &dated(0)).await.expect(200);
}

#[tokio::test(flavor = "multi_thread")]
async fn where_there_are_nonces_a_proof_repeats_one_of_this_server() {
    let works = Works::open(json!({ "dpop_nonces": true })).await;
    let holder = Holder::new("EdDSA");
    let with = |nonce: &str| {
        let mut said = holder.claims(&works.server, "POST", TOKEN);
        said["nonce"] = json!(nonce);
        holder.sign(&said)
    };
    let nonce_of = |answer: &Answer| answer.header("dpop-nonce").unwrap().to_owned();
    let first = refused(holder.ask(&works.server, &works.machine, TOKEN, MACHINE).await, "use_dpop_nonce");
    let nonce = nonce_of(&first);
    let answer = ask_with(&works.machine, TOKEN, MACHINE, &with(&nonce)).await.expect(200);
    assert_eq!(nonce_of(&answer), nonce, "it is handed out with every answer");
    // A nonce may be repeated as long as it is good, a proof with it may not.
    let proof = with(&nonce);
    ask_with(&works.machine, TOKEN, MACHINE, &proof).await.expect(200);
    refused(ask_with(&works.machine, TOKEN, MACHINE, &proof).await, "invalid_dpop_proof");
    works.server.world.advance_seconds(300);
    let answer = ask_with(&works.machine, TOKEN, MACHINE, &with(&nonce)).await.expect(200);
    let next = nonce_of(&answer);
    assert_ne!(next, nonce, "a new one is handed out");
    works.server.world.advance_seconds(300);
    let answer = refused(ask_with(&works.machine, TOKEN, MACHINE, &with(&nonce)).await, "use_dpop_nonce");
    ask_with(&works.machine, TOKEN, MACHINE, &with(&next)).await.expect(200);
    for foreign in ["", "made up", &nonce_of(&answer)[1..]] {
        refused(ask_with(&works.machine, TOKEN, MACHINE, &with(foreign)).await, "use_dpop_nonce");
    }
    // Without a proof there is nothing to repeat it in.
    assert!(post_form(&works.machine, TOKEN, MACHINE).await.expect(200).header("dpop-nonce").is_some());
}

#[tokio::test(flavor = "multi_thread")]
async fn client_and_server_can_require_bound_tokens() {
    let works = Works::open(json!({})).await;
    works.change_machine(json!({ "security": { "dpop_bound_access_tokens": true } })).await.expect(200);
    refused(post_form(&works.machine, TOKEN, MACHINE).await, "invalid_dpop_proof");
    let holder = Holder::new("ES256");
    holder.ask(&works.server, &works.machine, TOKEN, MACHINE).await.expect(200);

    let works = Works::open(json!({ "require_bound_access_tokens": true })).await;
    refused(post_form(&works.machine, TOKEN, MACHINE).await, "invalid_request");
    holder.ask(&works.server, &works.machine, TOKEN, MACHINE).await.expect(200);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_server_says_what_proofs_are_signed_with() {
    let works = Works::open(json!({})).await;
    let document = works.server.anonymous().get("/default/shop/.well-known/openid-configuration").await.expect(200);
    let algorithms = json!(["RS256", "PS256", "ES256", "ES384", "EdDSA"]);
    assert_eq!(document.json()["dpop_signing_alg_values_supported"], algorithms);
}
