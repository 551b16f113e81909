//! Imports by URL, from servers of these tests: what is fetched, and what must never be asked.

use std::{net::SocketAddr, sync::Arc, time::Duration};

use portcullis::config::Config;
use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt},
    net::TcpListener,
};
use tokio_rustls::{
    TlsAcceptor,
    rustls::{
        ServerConfig,
        crypto::aws_lc_rs,
        pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject},
    },
};

use super::*;
use crate::support::certificates::Certificates;

const DOCUMENT: &str = "openapi: 3.1.0\npaths:\n  /from-afar:\n    get: {}\n";
/// More than `outbound.body_bytes` of these tests.
const LARGE: usize = 200_000;

/// What the server answers to a path; None is silence.
fn answer(path: &str, port: u16) -> Option<String> {
    let whole =
        |head: &str, body: &str| Some(format!("HTTP/1.1 {head}\r\ncontent-length: {}\r\n\r\n{body}", body.len()));
    let moved = |to: String| whole(&format!("302 Found\r\nlocation: {to}"), "");
    match path {
        "/good" => whole("200 OK", DOCUMENT),
        "/chunked" => Some(format!(
            "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n{:x}\r\n{DOCUMENT}\r\n0\r\n\r\n",
            DOCUMENT.len()
        )),
        "/moved" => moved("/moved-again?x#y".to_owned()),
        "/moved-again?x" => moved(format!("http://localhost:{port}/good")),
        "/loop" => moved("/loop".to_owned()),
        "/to-private" => moved(format!("http://127.0.0.2:{port}/good")),
        "/to-metadata" => moved("http://169.254.169.254/latest/meta-data".to_owned()),
        "/to-file" => moved("file:///etc/passwd".to_owned()),
        "/down" => moved(format!("http://localhost:{port}/good")),
        "/nowhere" => whole("302 Found", ""),
        "/missing" => whole("404 Not Found", "gone"),
        "/no-yaml" => whole("200 OK", "openapi: [secret"),
        "/broken" => whole("200 OK", "openapi: 9.9.9"),
        "/compressed" => whole("200 OK\r\ncontent-encoding: gzip", DOCUMENT),
        "/large" => whole("200 OK", &"a".repeat(LARGE)),
        "/endless" => Some(format!("HTTP/1.1 200 OK\r\n\r\n{}", "a".repeat(LARGE))),
        "/short" => Some("HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nopenapi".to_owned()),
        "/no-http" => Some("hello\r\n\r\n".to_owned()),
        "/slow" => None,
        other => panic!("{other} was asked for"),
    }
}

async fn talk(mut stream: impl AsyncRead + AsyncWrite + Unpin, port: u16) {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        match stream.read_u8().await {
            Ok(byte) => head.push(byte),
            Err(_) => return,
        }
    }
    let head = String::from_utf8(head).unwrap().to_lowercase();
    assert!(!head.contains("authorization") && !head.contains("cookie"), "{head}");
    match answer(head.split(' ').nth(1).unwrap(), port) {
        Some(text) => drop(stream.write_all(text.as_bytes()).await),
        None => tokio::time::sleep(Duration::from_secs(30)).await,
    }
    drop(stream.shutdown().await);
}

/// A server on loopback, with TLS or without.
async fn elsewhere(tls: Option<TlsAcceptor>) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        loop {
            let (stream, _) = listener.accept().await.unwrap();
            let tls = tls.clone();
            tokio::spawn(async move {
                match tls {
                    None => talk(stream, address.port()).await,
                    Some(tls) => {
                        if let Ok(stream) = tls.accept(stream).await {
                            talk(stream, address.port()).await;
                        }
                    }
                }
            });
        }
    });
    address
}

async fn allowing(hosts: &[String], change: impl FnOnce(&mut Config)) -> (TestServer, Caller) {
    let hosts = hosts.to_vec();
    let server = TestServer::with(|config| {
        config.outbound.allowed_hosts = hosts;
        config.outbound.body_bytes = LARGE / 2;
        change(config);
    });
    with_service(server.await).await
}

async fn by_url(admin: &Caller, url: &str) -> Answer {
    admin.post(&format!("{APIS}/import/url"), &json!({ "url": url })).await
}

fn reason(answer: &Answer) -> String {
    assert_eq!((answer.status.as_u16(), wrong_members(answer)), (422, vec!["/url".to_owned()]), "{}", answer.text());
    answer.json()["details"]["problems"][0]["reason"].as_str().unwrap().to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn documents_are_fetched_from_allowed_hosts() {
    let there = elsewhere(None).await;
    let port = there.port();
    let (_server, admin) = allowing(&[format!("localhost:{port}"), "127.0.0.1".to_owned()], |_| {}).await;
    for path in ["/good", "/chunked", "/moved", "/good#part"] {
        let result = by_url(&admin, &format!("http://{there}{path}")).await.expect(200).json();
        assert_eq!(apis(&result, "created_apis"), [("GET".to_owned(), "/from-afar".to_owned())], "{path}");
    }
    let (media_type, form) = multipart("url", &format!("http://{there}/good"));
    let path = format!("{APIS}/import/url?gateway_type=envoy");
    admin.send(Method::POST, &path, Some(&media_type), form).await.expect(200);

    let before = all(&admin).await;
    for (path, expected) in [
        ("/loop", "must not be redirected more than three times"),
        ("/to-private", "cannot be reached from this server, or may not be"),
        ("/to-metadata", "cannot be reached from this server, or may not be"),
        ("/to-file", "must begin with https:// or http://"),
        ("/nowhere", "did not answer properly"),
        ("/missing", "answered with status 404"),
        ("/compressed", "answered with a compressed document"),
        ("/large", "answered with a document of more than 100000 bytes"),
        ("/endless", "answered with a document of more than 100000 bytes"),
        ("/short", "did not answer properly"),
        ("/no-http", "did not answer properly"),
    ] {
        assert_eq!(reason(&by_url(&admin, &format!("http://{there}{path}")).await), expected, "{path}");
    }
    let unreadable = reason(&by_url(&admin, &format!("http://{there}/no-yaml")).await);
    assert!(unreadable.starts_with("the document is not YAML") && !unreadable.contains("secret"), "{unreadable}");
    let broken = by_url(&admin, &format!("http://{there}/broken")).await.expect(422);
    assert_eq!(wrong_members(&broken), ["/openapi"]);
    assert_eq!(all(&admin).await, before);
}

#[tokio::test(flavor = "multi_thread")]
async fn private_addresses_are_not_asked() {
    let there = elsewhere(None).await;
    let port = there.port();
    // Another host and another port are allowed, which is not enough.
    let (_server, admin) = allowing(&["intern.test".to_owned(), "127.0.0.1:1".to_owned()], |_| {}).await;
    let before = all(&admin).await;
    for host in [
        "127.0.0.1",
        "127.1",
        "2130706433",
        "0x7f000001",
        "0",
        "0.0.0.0",
        "localhost",
        "LOCALHOST",
        "localhost.",
        "[::1]",
        "[::]",
        "[::ffff:127.0.0.1]",
        "[::ffff:7f00:1]",
        "[64:ff9b::7f00:1]",
        "[2002:7f00:1::]",
        "[fe80::1]",
        "[fd00::1]",
        "10.0.0.1",
        "169.254.169.254",
        "100.64.0.1",
        "192.168.0.1",
        "224.0.0.1",
        "255.255.255.255",
        "no-such-host.invalid",
    ] {
        let answer = by_url(&admin, &format!("http://{host}:{port}/unasked")).await;
        assert_eq!(reason(&answer), "cannot be reached from this server, or may not be", "{host}");
    }
    for url in [
        "",
        "nonsense",
        "/etc/passwd",
        "file:///etc/passwd",
        "ftp://example.com/a",
        "http://user:password@127.0.0.1/",
        "http://",
        "http://a b/",
        "http://127.0.0.1:0/",
        "http://127.0.0.1:99999/",
    ] {
        assert!(reason(&by_url(&admin, url).await).starts_with("must "), "{url}");
    }
    let answer = admin.post(&format!("{APIS}/import/url"), &json!({})).await.expect(422);
    assert_eq!(wrong_members(&answer), ["/url"]);
    assert_eq!(all(&admin).await, before);
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_fetched_for_a_service_that_is_not_there() {
    let there = elsewhere(None).await;
    let (_server, admin) = allowing(&[there.to_string()], |_| {}).await;
    let path = format!("{}/import/url", APIS.replace("things", "nothing"));
    // Whoever was asked would answer 404, which the caller would be told with the URL.
    admin.post(&path, &json!({ "url": format!("http://{there}/missing") })).await.expect(404);
    assert_eq!(reason(&by_url(&admin, &format!("http://{there}/missing")).await), "answered with status 404");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_slow_server_is_not_waited_for() {
    let there = elsewhere(None).await;
    let (_server, admin) = allowing(&[there.to_string()], |config| config.outbound.seconds = 1).await;
    assert_eq!(reason(&by_url(&admin, &format!("http://{there}/slow")).await), "did not answer in time");
}

#[tokio::test(flavor = "multi_thread")]
async fn https_is_trusted_by_its_certificate() {
    let certificates = Certificates::new();
    let chain = CertificateDer::from_pem_file(certificates.file("server.pem")).unwrap();
    let key = PrivateKeyDer::from_pem_file(certificates.file("server.key")).unwrap();
    let config = ServerConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()));
    let config = config.with_safe_default_protocol_versions().unwrap().with_no_client_auth();
    let tls = TlsAcceptor::from(Arc::new(config.with_single_cert(vec![chain], key).unwrap()));
    let port = elsewhere(Some(tls)).await.port();
    let allowed = ["localhost".to_owned(), "127.0.0.1".to_owned(), "other.example".to_owned()];

    let ca = certificates.file("ca.pem");
    let (_server, admin) = allowing(&allowed, |config| {
        config.outbound.ca = Some(ca);
        config.outbound.connect_to = vec![format!("other.example:{port}=127.0.0.1:{port}")];
    })
    .await;
    by_url(&admin, &format!("https://localhost:{port}/good")).await.expect(200);
    let down = by_url(&admin, &format!("https://localhost:{port}/down")).await;
    assert_eq!(reason(&down), "must not be redirected from https to http");
    // The certificate is for another name.
    let other = by_url(&admin, &format!("https://other.example:{port}/good")).await;
    assert_eq!(reason(&other), "has no certificate that this server trusts");

    let (_server, admin) = allowing(&allowed, |_| {}).await;
    let unknown = by_url(&admin, &format!("https://localhost:{port}/good")).await;
    assert_eq!(reason(&unknown), "has no certificate that this server trusts");
}
