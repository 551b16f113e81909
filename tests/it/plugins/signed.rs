//! Who vouches for a component: signatures by keys of the configuration, required or not.

use aws_lc_rs::signature::{Ed25519KeyPair, KeyPair};
use bytes::Bytes;
use data_encoding::BASE64;
use http::Method;
use portcullis::{crypto::digest::sha256, domain::plugin::SIGNED};
use serde_json::json;

use super::{COMPONENT, PLUGINS, acme, bring};
use crate::support::{Caller, TestServer, made::wrong_members};

fn key(seed: u8) -> Ed25519KeyPair {
    Ed25519KeyPair::from_seed_unchecked(&[seed; 32]).unwrap()
}

/// What `openssl pkeyutl -sign -rawin` makes of a component's digest behind the words.
fn signature(key: &Ed25519KeyPair, component: &[u8]) -> String {
    BASE64.encode(key.sign(&[SIGNED, &sha256(component)].concat()).as_ref())
}

async fn server(require: bool) -> TestServer {
    let trusted = |name: &str, seed: u8| format!("{name}={}", BASE64.encode(key(seed).public_key().as_ref()));
    let keys = vec![trusted("build", 1), trusted("review", 2)];
    TestServer::with(|config| {
        config.plugins.require_signature = require;
        config.plugins.keys = keys;
    })
    .await
}

async fn bring_signed(admin: &Caller, component: &[u8], signatures: &str) -> crate::support::Answer {
    let admin = admin.clone().with_header("x-portcullis-signature", signatures);
    admin.send(Method::POST, PLUGINS, Some(COMPONENT), component.to_vec().into()).await
}

#[tokio::test(flavor = "multi_thread")]
async fn an_unsigned_component_is_refused_where_a_signature_is_required() {
    let server = server(true).await;
    let admin = server.as_admin();
    let (component, other) = (acme("1.0.0", ""), acme("2.0.0", ""));
    let refused = bring(&admin, component.clone()).await.expect(422);
    assert_eq!(wrong_members(&refused), ["signature"]);
    assert!(refused.text().contains("build, review"), "{}", refused.text());
    let strange = signature(&key(3), &component);
    for bad in [strange, signature(&key(1), &other), "no base64!".to_owned()] {
        let refused = bring_signed(&admin, &component, &bad).await.expect(422);
        assert_eq!(wrong_members(&refused), ["header.x-portcullis-signature"]);
    }
    let made = bring_signed(&admin, &component, &signature(&key(1), &component)).await.expect(201).json();
    assert_eq!(made["versions"][0]["signed_by"], json!(["build"]));
    // Somebody else vouches for the same bytes later.
    let both = format!("{}, {}", signature(&key(1), &component), signature(&key(2), &component));
    let same = bring_signed(&admin, &component, &both).await.expect(200).json();
    assert_eq!(same["versions"][0]["signed_by"], json!(["build", "review"]));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_signature_that_is_nobodys_is_refused_also_where_none_is_required() {
    let server = server(false).await;
    let admin = server.as_admin();
    let component = acme("1.0.0", "");
    bring_signed(&admin, &component, &signature(&key(3), &component)).await.expect(422);
    // Each is held against every key, so there may not be any number of them.
    let many = vec![signature(&key(1), &component); 17].join(",");
    let refused = bring_signed(&admin, &component, &many).await.expect(422);
    assert_eq!(wrong_members(&refused), ["header.x-portcullis-signature"]);
    let made = bring(&admin, component).await.expect(201).json();
    assert_eq!(made["versions"][0]["signed_by"], json!([]));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_form_brings_the_component_and_its_signatures() {
    let server = server(true).await;
    let admin = server.as_admin();
    let component = acme("1.0.0", "");
    let part = |name: &str, content: &[u8]| {
        let head = format!("--edge\r\ncontent-disposition: form-data; name=\"{name}\"; filename=\"a\"\r\n\r\n");
        [head.as_bytes(), content, b"\r\n"].concat()
    };
    let signature = signature(&key(2), &component);
    let form = |parts: &[Vec<u8>]| Bytes::from([parts.concat(), b"--edge--\r\n".to_vec()].concat());
    let send =
        async |form: Bytes| admin.send(Method::POST, PLUGINS, Some("multipart/form-data; boundary=edge"), form).await;
    let (whole, signed) = (part("component", &component), part("signature", signature.as_bytes()));
    assert_eq!(wrong_members(&send(form(std::slice::from_ref(&signed))).await.expect(422)), ["form.component"]);
    send(form(&[whole.clone(), whole.clone()])).await.expect(400);
    send(form(&[whole.clone(), part("other", b"")])).await.expect(400);
    let made = send(form(&[signed, whole])).await.expect(201).json();
    assert_eq!(made["versions"][0]["signed_by"], json!(["review"]));
}

#[test]
fn openssl_signs_as_the_documentation_says() {
    let folder = tempfile::tempdir().unwrap();
    let component = acme("1.0.0", "");
    std::fs::write(folder.path().join("acme.wasm"), &component).unwrap();
    let script = "openssl genpkey -algorithm ed25519 -out key.pem \
        && { printf 'portcullis component 1\\n'; openssl dgst -sha256 -binary acme.wasm; } > signed \
        && openssl pkeyutl -sign -rawin -inkey key.pem -in signed | base64 -w0 \
        && echo && openssl pkey -in key.pem -pubout -outform DER | base64 -w0";
    let said = std::process::Command::new("sh").args(["-c", script]).current_dir(folder.path()).output();
    let Ok(said) = said.map(|said| (said.status.success(), String::from_utf8(said.stdout).unwrap())) else {
        return eprintln!("SKIPPED: there is no shell to sign with");
    };
    if !said.0 {
        return eprintln!("SKIPPED: there is no openssl that signs with Ed25519");
    }
    let (signature, public) = said.1.split_once('\n').unwrap();
    let key = portcullis::crypto::ed25519::PublicKey::parse(&BASE64.decode(public.trim().as_bytes()).unwrap()).unwrap();
    let message = [SIGNED, &sha256(&component)].concat();
    assert!(key.verifies(&message, &BASE64.decode(signature.as_bytes()).unwrap()));
}
