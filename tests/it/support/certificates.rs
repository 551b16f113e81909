//! Certificates for the TLS tests: an authority, what it signed, and a stranger.

use std::{path::PathBuf, sync::Arc};

use portcullis::config::Tls;
use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair};
use tempfile::TempDir;
use tokio::net::TcpStream;
use tokio_rustls::{
    TlsConnector,
    client::TlsStream,
    rustls::{
        ClientConfig, RootCertStore,
        crypto::aws_lc_rs,
        pki_types::{CertificateDer, PrivateKeyDer, ServerName, pem::PemObject},
    },
};

/// Files `NAME.pem` and `NAME.key` for `ca`, `server`, `client` (signed by it) and `stranger` (signed by nobody).
pub struct Certificates(TempDir);

impl Certificates {
    /// Makes all of them.
    pub fn new() -> Certificates {
        let made = Certificates(tempfile::tempdir().unwrap());
        let (authority, key) = authority("ca");
        made.write("ca", &authority.self_signed(&key).unwrap().pem(), &key);
        let issuer = Issuer::new(authority, key);
        for name in ["server", "client"] {
            let names = ["localhost", "127.0.0.1"].map(str::to_owned).to_vec();
            let (key, params) = (KeyPair::generate().unwrap(), CertificateParams::new(names).unwrap());
            made.write(name, &params.signed_by(&key, &issuer).unwrap().pem(), &key);
        }
        let (stranger, key) = self::authority("stranger");
        made.write("stranger", &stranger.self_signed(&key).unwrap().pem(), &key);
        made
    }

    fn write(&self, name: &str, certificate: &str, key: &KeyPair) {
        std::fs::write(self.file(&format!("{name}.pem")), certificate).unwrap();
        std::fs::write(self.file(&format!("{name}.key")), key.serialize_pem()).unwrap();
    }

    /// A file.
    pub fn file(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    /// The server's side. Client certificates are asked for.
    pub fn tls(&self) -> Tls {
        let [certificate, key, client_ca] = ["server.pem", "server.key", "ca.pem"].map(|name| self.file(name));
        Tls { certificate, key, client_ca: Some(client_ca) }
    }

    /// Connects to `https://ADDR`, showing the certificate of `who` and asking for `protocol`.
    pub async fn connect(&self, url: &str, who: Option<&str>, protocol: &str) -> std::io::Result<TlsStream<TcpStream>> {
        let mut roots = RootCertStore::empty();
        roots.add(self.certificate("ca")).unwrap();
        let builder = ClientConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()));
        let builder = builder.with_safe_default_protocol_versions().unwrap().with_root_certificates(roots);
        let mut config = match who {
            None => builder.with_no_client_auth(),
            Some(who) => {
                let key = PrivateKeyDer::from_pem_file(self.file(&format!("{who}.key"))).unwrap();
                builder.with_client_auth_cert(vec![self.certificate(who)], key).unwrap()
            }
        };
        config.alpn_protocols = vec![protocol.as_bytes().to_vec()];
        let tcp = TcpStream::connect(url.trim_start_matches("https://")).await?;
        TlsConnector::from(Arc::new(config)).connect(ServerName::try_from("localhost").unwrap(), tcp).await
    }

    fn certificate(&self, name: &str) -> CertificateDer<'static> {
        CertificateDer::from_pem_file(self.file(&format!("{name}.pem"))).unwrap()
    }
}

fn authority(name: &str) -> (CertificateParams, KeyPair) {
    let mut params = CertificateParams::new(Vec::new()).unwrap();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params.distinguished_name.push(DnType::CommonName, name);
    (params, KeyPair::generate().unwrap())
}
