//! A server of somebody else, with TLS on loopback: it serves documents, and counts who asks.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex},
    time::Duration,
};

use portcullis::config::Config;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
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

use super::{TestServer, certificates::Certificates};

/// What it serves and how often that was asked for, by path.
type Documents = Arc<Mutex<HashMap<String, (String, usize)>>>;

/// A server of somebody else. It listens as long as the test runs.
pub struct Elsewhere {
    certificates: Certificates,
    port: u16,
    documents: Documents,
    heads: Arc<Mutex<Vec<String>>>,
}

impl Elsewhere {
    /// Starts one that serves nothing yet.
    pub async fn start() -> Elsewhere {
        let certificates = Certificates::new();
        let chain = CertificateDer::from_pem_file(certificates.file("server.pem")).unwrap();
        let key = PrivateKeyDer::from_pem_file(certificates.file("server.key")).unwrap();
        let config = ServerConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()));
        let config = config.with_safe_default_protocol_versions().unwrap().with_no_client_auth();
        let tls = TlsAcceptor::from(Arc::new(config.with_single_cert(vec![chain], key).unwrap()));
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let (port, documents) = (listener.local_addr().unwrap().port(), Documents::default());
        let heads = Arc::default();
        tokio::spawn(serve(listener, tls, Arc::clone(&documents), Arc::clone(&heads)));
        Elsewhere { certificates, port, documents, heads }
    }

    /// A server of ours that trusts its certificate and may ask it.
    pub async fn known_to_server(&self) -> TestServer {
        self.server_with(vec!["localhost".to_owned()]).await
    }

    /// A server of ours that trusts its certificate and may ask these private hosts.
    pub async fn server_with(&self, allowed_hosts: Vec<String>) -> TestServer {
        TestServer::with(|config| {
            self.trusted_by(config);
            config.outbound.allowed_hosts = allowed_hosts;
        })
        .await
    }

    /// Makes a server of ours trust its certificate and ask it.
    pub fn trusted_by(&self, config: &mut Config) {
        config.outbound.ca = Some(self.certificates.file("ca.pem"));
        config.outbound.allowed_hosts = vec!["localhost".to_owned()];
    }

    /// Serves a document.
    pub fn serves(&self, path: &str, document: impl ToString) -> String {
        let mut documents = self.documents.lock().unwrap();
        documents.entry(path.to_owned()).or_default().0 = document.to_string();
        self.url(path)
    }

    /// The URL of a path.
    pub fn url(&self, path: &str) -> String {
        format!("https://localhost:{}{path}", self.port)
    }

    /// Where it listens.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Waits until a path was asked for.
    pub async fn wait_for(&self, path: &str) {
        while self.asked(path) == 0 {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }

    /// The head of the last request.
    pub fn last_head(&self) -> String {
        self.heads.lock().unwrap().last().cloned().unwrap_or_default()
    }

    /// How often a path was asked for.
    pub fn asked(&self, path: &str) -> usize {
        self.documents.lock().unwrap().get(path).map_or(0, |(_, asked)| *asked)
    }
}

async fn serve(listener: TcpListener, tls: TlsAcceptor, documents: Documents, heads: Arc<Mutex<Vec<String>>>) {
    loop {
        let (stream, _) = listener.accept().await.unwrap();
        let (tls, documents, heads) = (tls.clone(), Arc::clone(&documents), Arc::clone(&heads));
        tokio::spawn(async move {
            let Ok(mut stream) = tls.accept(stream).await else { return };
            let mut head = Vec::new();
            while !head.ends_with(b"\r\n\r\n") {
                let Ok(byte) = stream.read_u8().await else { return };
                head.push(byte);
            }
            let head = String::from_utf8(head).unwrap();
            heads.lock().unwrap().push(head.clone());
            let path = head.split(' ').nth(1).unwrap();
            let document = {
                let mut documents = documents.lock().unwrap();
                let found = documents.get_mut(path);
                found.map(|(document, asked)| {
                    *asked += 1;
                    document.clone()
                })
            };
            let answer = match document {
                Some(body) => format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\n\r\n{body}", body.len()),
                None => "HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\n\r\n".to_owned(),
            };
            drop(stream.write_all(answer.as_bytes()).await);
            drop(stream.shutdown().await);
        });
    }
}
