//! TLS with and without a client certificate. The certificates are made by the openssl program; without it these tests
//! say so and pass, and only tests/it covers TLS.

use std::{
    path::{Path, PathBuf},
    process::Command,
};

use rustls::{
    ClientConfig, RootCertStore,
    crypto::aws_lc_rs,
    pki_types::{CertificateDer, PrivateKeyDer, ServerName, pem::PemObject},
};
use tokio_rustls::{TlsConnector, client::TlsStream};

use super::*;
use crate::config::Tls;

/// A folder with an authority, a server and a client of it, and a stranger.
struct Papers(PathBuf);

impl Papers {
    #[expect(clippy::print_stderr, reason = "a skipped test must be seen")]
    fn make(name: &str) -> Option<Papers> {
        let folder = std::env::temp_dir().join(format!("portcullis-tls-{}-{name}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        let papers = Papers(folder);
        if !papers.run("openssl version") {
            eprintln!("SKIPPED: there is no openssl program to make certificates with");
            return None;
        }
        std::fs::write(papers.file("names"), "subjectAltName=DNS:localhost\nbasicConstraints=CA:FALSE\n").unwrap();
        for authority in ["ca", "stranger"] {
            let made = "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2";
            assert!(papers.run(&format!("{made} -keyout {authority}.key -out {authority}.pem -subj /CN={authority}")));
        }
        for leaf in ["server", "client"] {
            let made = "openssl req -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes";
            assert!(papers.run(&format!("{made} -keyout {leaf}.key -out {leaf}.csr -subj /CN={leaf}")));
            let signed = "openssl x509 -req -CA ca.pem -CAkey ca.key -CAcreateserial -days 2 -extfile names";
            assert!(papers.run(&format!("{signed} -in {leaf}.csr -out {leaf}.pem")));
        }
        Some(papers)
    }

    fn run(&self, command: &str) -> bool {
        let mut words = command.split(' ');
        let mut program = Command::new(words.next().unwrap());
        program.args(words).current_dir(&self.0).output().is_ok_and(|output| output.status.success())
    }

    fn file(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }

    fn tls(&self) -> Tls {
        Tls { certificate: self.file("server.pem"), key: self.file("server.key"), client_ca: Some(self.file("ca.pem")) }
    }

    fn server(&self) -> Server {
        Server::start(|config| config.tls = Some(self.tls()))
    }

    /// A client that trusts the authority, and shows the certificate of `who`.
    async fn connect(&self, server: &Server, who: Option<&str>, protocol: &[u8]) -> Client<TlsStream<TcpStream>> {
        let mut roots = RootCertStore::empty();
        roots.add(certificate(&self.file("ca.pem"))).unwrap();
        let builder = ClientConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_root_certificates(roots);
        let mut config = match who {
            None => builder.with_no_client_auth(),
            Some(who) => {
                let key = PrivateKeyDer::from_pem_file(self.file(&format!("{who}.key"))).unwrap();
                builder.with_client_auth_cert(vec![certificate(&self.file(&format!("{who}.pem")))], key).unwrap()
            }
        };
        config.alpn_protocols = vec![protocol.to_vec()];
        let tcp = TcpStream::connect(server.address).await.unwrap();
        let name = ServerName::try_from("localhost").unwrap();
        Client::new(TlsConnector::from(Arc::new(config)).connect(name, tcp).await.unwrap())
    }
}

impl Drop for Papers {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

fn certificate(path: &Path) -> CertificateDer<'static> {
    CertificateDer::from_pem_file(path).unwrap()
}

#[tokio::test]
async fn a_client_certificate_is_optional_and_handed_on() {
    let Some(papers) = Papers::make("optional") else { return };
    let server = papers.server();
    for (who, certificates) in [(None, 0), (Some("client"), 1)] {
        let mut client = papers.connect(&server, who, b"http/1.1").await;
        client.send("GET /seen HTTP/1.1\r\nhost: x\r\n\r\n").await;
        let reply = client.reply().await;
        assert!(reply.body.ends_with(&format!("certificates={certificates}")), "{}", reply.body);
        assert_eq!(reply.header("strict-transport-security"), Some("max-age=63072000; includeSubDomains"));
    }
}

#[tokio::test]
async fn a_certificate_of_strangers_is_refused() {
    let Some(papers) = Papers::make("stranger") else { return };
    let server = papers.server();
    let mut client = papers.connect(&server, Some("stranger"), b"http/1.1").await;
    // In TLS 1.3 the client is done before the server has looked at the certificate, so the refusal comes later.
    let _ = client.stream.write_all(b"GET /seen HTTP/1.1\r\nhost: x\r\n\r\n").await;
    client.closed().await;
    counted(&server.metrics, "portcullis_tls_handshakes_failed_total 1").await;
}

#[tokio::test]
async fn http2_is_agreed_on_in_the_handshake() {
    let Some(papers) = Papers::make("http2") else { return };
    let server = papers.server();
    let client = papers.connect(&server, None, b"h2").await;
    assert_eq!(client.stream.get_ref().1.alpn_protocol(), Some(b"h2".as_slice()));
}

#[tokio::test]
async fn a_silent_handshake_ends() {
    let Some(papers) = Papers::make("silent") else { return };
    let server = Server::start(|config| {
        config.tls = Some(papers.tls());
        config.limits.header_seconds = 1;
    });
    server.client().await.closed().await;
    counted(&server.metrics, "portcullis_tls_handshakes_failed_total 1").await;
}

#[tokio::test]
async fn files_that_make_no_server_are_errors() {
    let Some(papers) = Papers::make("files") else { return };
    let bound = |certificate: &str, key: &str| {
        let mut config = Config::load(None, std::iter::empty(), Flags::default()).unwrap();
        config.listen.set_port(0);
        config.tls = Some(Tls { certificate: papers.file(certificate), key: papers.file(key), client_ca: None });
        bind(&config).map(|bound| bound.url())
    };
    assert!(bound("server.pem", "server.key").unwrap().starts_with("https://127.0.0.1:"));
    assert!(matches!(bound("server.pem", "client.key"), Err(ServeError::Tls(_))));
    assert!(matches!(bound("names", "server.key"), Err(ServeError::Pem { .. })));
    assert!(matches!(bound("server.pem", "nothing"), Err(ServeError::Pem { .. })));
}
