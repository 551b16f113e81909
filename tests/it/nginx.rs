//! The package for nginx with a real nginx: what Portcullis denies never reaches the upstream. And nginx as a proxy that hands on the
//! certificates of clients.
//!
//! Skipped, and loudly so, where nginx is not installed (`.ci/run` installs it).

use std::{
    net::SocketAddr,
    path::Path,
    process::{Child, Command, Stdio},
    sync::{Arc, Mutex},
    time::Duration,
};

use serde_json::{Value, json};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
};

use crate::{
    gateways::{unpack, write},
    support::{
        TestServer, Wire,
        certificates::Certificates,
        gateway::Guarded,
        made::{ADMIN, FORM, bearer_of, make_client, make_policy, make_server},
        wire::Reply,
    },
};

/// A running nginx, stopped by its process id.
struct Nginx {
    master: Child,
    url: String,
}

impl Nginx {
    /// Starts the package in `folder` in front of `upstream`.
    async fn start(folder: &Path, upstream: &str) -> Nginx {
        let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
        std::fs::write(folder.join("listen.conf"), format!("listen {free};\n")).unwrap();
        std::fs::write(folder.join("upstream.conf"), format!("server {upstream};\n")).unwrap();
        Nginx::run(&mut Command::new(folder.join("start.sh")), folder, free).await
    }

    /// Starts it and waits until it listens.
    async fn run(command: &mut Command, folder: &Path, free: SocketAddr) -> Nginx {
        let master = command.stdout(Stdio::null()).spawn().unwrap();
        let mut nginx = Nginx { master, url: format!("http://{free}") };
        for _ in 0..1000 {
            if TcpStream::connect(free).await.is_ok() {
                return nginx;
            }
            let log = std::fs::read_to_string(folder.join("logs/error.log")).unwrap_or_default();
            assert!(nginx.master.try_wait().unwrap().is_none(), "nginx did not start: {log}");
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        panic!("nginx does not listen on {free}");
    }

    /// One request on a connection of its own.
    async fn ask(&self, line: &str, headers: &[(&str, &str)]) -> Reply {
        Wire::to(&self.url).await.ask(line, headers).await
    }
}

impl Drop for Nginx {
    fn drop(&mut self) {
        // The master stops its workers on SIGTERM; SIGKILL would leave them behind.
        let _ = Command::new("kill").args(["-TERM", &self.master.id().to_string()]).status();
        let _ = self.master.wait();
    }
}

/// Answers every request with 200 and writes down its first line.
struct Upstream {
    address: String,
    seen: Arc<Mutex<Vec<String>>>,
}

impl Upstream {
    async fn start() -> Upstream {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let (address, seen) = (listener.local_addr().unwrap().to_string(), Arc::<Mutex<Vec<String>>>::default());
        let lines = Arc::clone(&seen);
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(serve(stream, Arc::clone(&lines)));
            }
        });
        Upstream { address, seen }
    }

    /// What has reached it since the last look.
    fn take(&self) -> Vec<String> {
        std::mem::take(&mut self.seen.lock().unwrap())
    }
}

async fn serve(mut stream: TcpStream, seen: Arc<Mutex<Vec<String>>>) {
    let mut head = Vec::new();
    let mut byte = [0];
    while !head.ends_with(b"\r\n\r\n") {
        match stream.read(&mut byte).await {
            Ok(1) => head.push(byte[0]),
            _ => return,
        }
    }
    let head = String::from_utf8_lossy(&head).into_owned();
    let line = head.lines().next().unwrap_or_default().trim_end_matches(" HTTP/1.1").to_owned();
    seen.lock().unwrap().push(line);
    let answer = b"HTTP/1.1 200 OK\r\ncontent-length: 8\r\nconnection: close\r\n\r\nupstream";
    let _ = stream.write_all(answer).await;
}

/// Whether nginx is there; says so when it is not.
fn installed() -> bool {
    let found = Command::new("nginx").arg("-v").stderr(Stdio::null()).status().is_ok();
    if !found {
        eprintln!("SKIPPED: nginx is not installed, its package was NOT tried");
    }
    found
}

/// A gateway whose policy wants a token of a reader, and its package in a folder.
async fn packed() -> (Guarded, tempfile::TempDir) {
    let guarded = Guarded::start("nginx").await;
    let reader = json!([{ "name": "identity-context", "conf": { "fields": [
        { "field": "scp", "comparator": "contains", "value": "openid" },
    ] } }]);
    make_policy(&guarded.admin, "reader", reader).await;
    for (method, path, policy) in [
        ("GET", "/open", ""),
        ("GET", "/books/{id}", "reader"),
        ("POST", "/books/{id}", "reader"),
        ("GET", "/{page}", ""),
    ] {
        guarded.make_api("library", method, path, policy).await;
    }
    guarded.make_api("library", "GET", "/admin", "block").await;
    let package = guarded.admin.get(&format!("{ADMIN}/gateways/{}/package", guarded.id())).await.expect(200);
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), &unpack(&package.body));
    (guarded, folder)
}

#[tokio::test(flavor = "multi_thread")]
async fn nginx_lets_through_what_portcullis_allows_and_nothing_else() {
    if !installed() {
        return;
    }
    let (guarded, folder) = packed().await;
    let upstream = Upstream::start().await;
    let nginx = Nginx::start(folder.path(), &upstream.address).await;
    let client = make_client(&guarded.admin, "shop", "reader", &["openid"]).await;
    let token = format!("Bearer {}", bearer_of(&guarded.server, &client).token().await.unwrap());
    let bearer = [("authorization", token.as_str())];

    let open = nginx.ask("GET /open?a=%2F", &[]).await;
    assert_eq!((open.status, open.text().as_str()), (200, "upstream"));
    assert_eq!(upstream.take(), ["GET /open?a=%2F"], "the upstream gets what was asked for");
    let read = nginx.ask("GET /books/a%20b", &bearer).await;
    assert_eq!(read.status, 200);
    assert!(read.header("x-portcullis-decision").is_some(), "{:?}", read.headers);
    let posted = nginx.ask("POST /books/7", &[bearer[0], ("content-length", "0")]).await;
    assert_eq!(posted.status, 200);
    assert_eq!(nginx.ask("HEAD /books/7", &bearer).await.status, 200);
    assert_eq!(upstream.take(), ["GET /books/a%20b", "POST /books/7", "HEAD /books/7"]);

    for (line, headers, status) in [
        ("GET /books/7", &[] as &[(&str, &str)], 403),
        ("GET /books/7", &[("authorization", "Bearer garbage")], 401),
        ("GET /admin", &bearer, 403),
        ("DELETE /books/7", &bearer, 403),
        ("GET /books/7/pages", &bearer, 403),
        ("GET /_portcullis", &bearer, 404),
        // A client that says what it is about is not believed.
        ("GET /admin", &[bearer[0], ("x-original-uri", "/open"), ("x-original-method", "GET")], 403),
        ("GET /admin", &[bearer[0], ("x-forwarded-uri", "/open"), ("x-forwarded-method", "GET")], 403),
        ("GET /admin", &[bearer[0], ("x-gateway-authorization", "Basic eDp5")], 403),
    ] {
        let reply = nginx.ask(line, headers).await;
        assert_eq!(reply.status, status, "{line} {headers:?}");
        assert_eq!(upstream.take(), [""; 0], "{line} has reached the upstream");
    }
    let refused = nginx.ask("GET /books/7", &[("authorization", "Bearer garbage")]).await;
    assert!(refused.header("www-authenticate").is_some_and(|value| value.contains("invalid_token")));
}

#[tokio::test(flavor = "multi_thread")]
async fn no_spelling_of_a_path_gets_through_nginx() {
    if !installed() {
        return;
    }
    let (_guarded, folder) = packed().await;
    let upstream = Upstream::start().await;
    let nginx = Nginx::start(folder.path(), &upstream.address).await;
    assert_eq!(nginx.ask("GET /about", &[]).await.status, 200, "the page is open");
    upstream.take();
    for path in [
        "/open/../admin",
        "/a/../admin",
        "/./admin",
        "/%2e%2e/admin",
        "/a/%2e%2e/admin",
        "/a/%2E%2E/admin",
        "//admin",
        "/admin//",
        "/open//../admin",
        "/admin;x=1",
        "/admin%3Bx",
        "/a%2Fadmin",
        "/%2fadmin",
        "/a%5Cadmin",
        "/admin/",
        "/ADMIN",
        "/Admin",
        "/%61dmin",
        "/%252e%252e/admin",
        "/admin%00",
        "/admin%0A",
        "/admin%",
        "/admin?x=/../open",
        "/admin#/open",
    ] {
        let reply = nginx.ask(&format!("GET {path}"), &[]).await;
        assert!([400, 403].contains(&reply.status), "{path}: {}", reply.status);
        assert_eq!(upstream.take(), [""; 0], "{path} has reached the upstream");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_gets_through_nginx_while_portcullis_is_gone() {
    if !installed() {
        return;
    }
    let (guarded, folder) = packed().await;
    let upstream = Upstream::start().await;
    let nginx = Nginx::start(folder.path(), &upstream.address).await;
    assert_eq!(nginx.ask("GET /open", &[]).await.status, 200);
    upstream.take();
    let Guarded { server, .. } = guarded;
    server.stop().await;
    for line in ["GET /open", "GET /admin", "GET /unknown/path"] {
        assert_eq!(nginx.ask(line, &[]).await.status, 500, "{line}");
    }
    assert_eq!(upstream.take(), [""; 0], "something has reached the upstream");
}

/// An nginx in front of the server at `upstream` that speaks TLS and hands on whatever certificate a client shows, as its documents say.
async fn tls_proxy(folder: &Path, certificates: &Certificates, upstream: &str) -> Nginx {
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let [certificate, key] = ["server.pem", "server.key"].map(|name| certificates.file(name).display().to_string());
    let here = folder.display();
    let config = format!(
        "pid {here}/nginx.pid;\nerror_log {here}/logs/error.log;\nworker_processes 1;\nevents {{}}\nhttp {{\n\
         access_log off;\n\
         client_body_temp_path {here}/body;\nproxy_temp_path {here}/proxy;\nfastcgi_temp_path {here}/fastcgi;\n\
         uwsgi_temp_path {here}/uwsgi;\nscgi_temp_path {here}/scgi;\n\
         server {{\nlisten {free} ssl;\nssl_certificate {certificate};\nssl_certificate_key {key};\n\
         ssl_verify_client optional_no_ca;\n\
         location / {{\nproxy_pass {upstream};\nproxy_set_header Host $host;\n\
         proxy_set_header X-Client-Cert $ssl_client_escaped_cert;\n}}\n}}\n}}\n"
    );
    std::fs::create_dir(folder.join("logs")).unwrap();
    std::fs::write(folder.join("nginx.conf"), config).unwrap();
    let mut command = Command::new("nginx");
    command.arg("-p").arg(folder).arg("-c").arg(folder.join("nginx.conf")).args(["-g", "daemon off;"]);
    Nginx::run(command.stderr(Stdio::null()), folder, free).await
}

/// One request through a proxy, over TLS with the certificate of `who`.
async fn through(
    nginx: &Nginx,
    certificates: &Certificates,
    who: Option<&str>,
    (line, headers, body): (&str, &[(&str, &str)], &str),
) -> Reply {
    let stream = certificates.connect(nginx.url.trim_start_matches("http://"), who, "http/1.1").await.unwrap();
    let mut wire = Wire::over(stream);
    let headers: String = headers.iter().map(|(name, value)| format!("{name}: {value}\r\n")).collect();
    let length = body.len();
    wire.send(format!("{line} HTTP/1.1\r\nhost: localhost\r\n{headers}content-length: {length}\r\n\r\n{body}")).await;
    wire.reply().await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn nginx_hands_on_the_certificates_of_clients() {
    if !installed() {
        return;
    }
    let (certificates, folder) = (Certificates::new(), tempfile::tempdir().unwrap());
    let authorities = certificates.file("ca.pem");
    let server = TestServer::with(|config| {
        config.trusted_proxies = vec!["127.0.0.1".parse().unwrap()];
        config.client_certificates.header = Some("x-client-cert".to_owned());
        config.client_certificates.authorities = Some(authorities);
    })
    .await;
    let admin = server.as_admin();
    make_server(&admin, "shop", json!({})).await;
    make_client(&admin, "shop", "machine", &[]).await;
    let mut machine = admin.get(&format!("{ADMIN}/clients/machine")).await.expect(200).json();
    for (member, value) in [
        ("client_secret", json!("")),
        ("token_endpoint_auth_method", json!("tls_client_auth")),
        ("tls_client_auth_san_dns", json!("localhost")),
        ("tls_client_certificate_bound_access_tokens", json!(true)),
    ] {
        machine[member] = value;
    }
    admin.put(&format!("{ADMIN}/clients/machine"), &machine).await.expect(200);
    let nginx = tls_proxy(folder.path(), &certificates, &server.url).await;
    let (token, form) = ("POST /default/shop/oauth2/token", "grant_type=client_credentials&client_id=machine");
    let own = [("content-type", FORM)];
    let asked = through(&nginx, &certificates, Some("client"), (token, &own, form)).await;
    assert_eq!(asked.status, 200, "{}", asked.text());
    let tokens: Value = asked.json();
    // Nobody vouches for the stranger, and what a client writes into the header never arrives.
    let pem = std::fs::read_to_string(certificates.file("client.pem")).unwrap();
    let escaped = form_urlencoded::byte_serialize(pem.as_bytes()).collect::<String>().replace('+', "%20");
    let forged = [own[0], ("x-client-cert", escaped.as_str())];
    for (who, headers) in [(None, &own[..]), (Some("stranger"), &own), (None, &forged), (Some("stranger"), &forged)] {
        let refused = through(&nginx, &certificates, who, (token, headers, form)).await;
        assert_eq!(refused.status, 401, "{who:?}: {}", refused.text());
    }
    // The token is good with that certificate, through the same proxy.
    let bearer = format!("Bearer {}", tokens["access_token"].as_str().unwrap());
    let about = format!("token={}", tokens["access_token"].as_str().unwrap());
    let headers = [own[0], ("authorization", bearer.as_str())];
    for (who, status) in [(Some("client"), 200), (Some("server"), 401), (Some("stranger"), 401), (None, 401)] {
        let reply =
            through(&nginx, &certificates, who, ("POST /default/shop/oauth2/introspect", &headers, &about)).await;
        assert_eq!(reply.status, status, "{who:?}: {}", reply.text());
    }
}
