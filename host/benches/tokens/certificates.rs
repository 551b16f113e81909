//! Tokens that are bound to a certificate (RFC 8705), beside plain ones over the same TLS listener: what the binding costs, and
//! what it costs to be known by the certificate alone.

use std::{
    path::{Path, PathBuf},
    sync::Arc,
};

use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair};
use serde_json::json;
use tokio_rustls::rustls::{
    ClientConfig, RootCertStore,
    crypto::aws_lc_rs,
    pki_types::{CertificateDer, PrivatePkcs8KeyDer},
};

use crate::{
    CONNECTIONS, Plan,
    folder::Scratch,
    load::NAME,
    report::{Limit, ratio},
    server::Server,
    setup::{self, Admin, ES, client_of},
    table,
    turns::{Side, by_turns},
};

/// A client that proves itself with its secret, and whose tokens are bound to the certificate that it shows.
const BOUND: &str = "bound";
/// A client that proves itself with that certificate, too.
const CERTIFIED: &str = "certified";
/// The name in the certificate.
const MACHINE: &str = "machine.example";

/// client_credentials over TLS: without a certificate, bound to one, and proven by it.
pub(crate) fn bound(plan: &Plan) {
    let folder = Scratch::new("certificates");
    make_clients(folder.path());
    let papers = Papers::issue(folder.path());
    let server = Server::configured(folder.path(), &papers.settings(folder.path()));
    table::head("Bound to a certificate");
    let secret = |client: &str| setup::client_credentials(server.address, ES, client);
    let certified = format!("grant_type=client_credentials&scope=openid&client_id={CERTIFIED}");
    let certified = setup::post(server.address, ES, "token", &certified);
    let side = |name: &str, connections: usize, tls: &Arc<ClientConfig>, request: &[u8]| {
        Side::same(&server, name, connections, request).over(tls)
    };
    for connections in CONNECTIONS {
        let (nothing, shown) = (&papers.nothing, &papers.certificate);
        let [plain, bound, proven] = by_turns(
            plan,
            [
                side("client_credentials ES256 over TLS", connections, nothing, &secret(&client_of(ES))),
                side("the same, bound to a certificate", connections, shown, &secret(BOUND)),
                side("bound to and proven by a certificate", connections, shown, &certified),
            ],
        );
        ratio(&format!("mtls-bound@{connections}/plain-tls"), bound.beside(&plain), Limit::None);
        ratio(&format!("mtls-proven@{connections}/plain-tls"), proven.beside(&plain), Limit::None);
    }
    server.stop();
}

/// The clients, made before there is TLS.
fn make_clients(folder: &Path) {
    let server = Server::portcullis(folder);
    let mut admin = Admin::new(&server);
    setup::make_server(&mut admin, ES, "ecdsa");
    let mut bound = setup::client(ES, BOUND);
    let members = bound.as_object_mut().unwrap();
    members.insert("tls_client_certificate_bound_access_tokens".to_owned(), json!(true));
    admin.make("clients", &bound);
    let certified = json!({
        "client_id": CERTIFIED, "client_name": CERTIFIED, "authorization_server_id": ES, "grant_types": ["client_credentials"],
        "token_endpoint_auth_method": "tls_client_auth", "tls_client_auth_san_dns": MACHINE,
        "tls_client_certificate_bound_access_tokens": true, "scopes": ["openid"],
    });
    admin.make("clients", &certified);
    server.stop();
}

/// Certificates of an authority, and what clients bring to TLS.
struct Papers {
    nothing: Arc<ClientConfig>,
    certificate: Arc<ClientConfig>,
}

impl Papers {
    /// Makes them, with files for the server in `folder`.
    fn issue(folder: &Path) -> Papers {
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let key = KeyPair::generate().unwrap();
        let authority = params.self_signed(&key).unwrap();
        let issuer = Issuer::new(params, key);
        let certify = |name: &str| {
            let key = KeyPair::generate().unwrap();
            let certificate = CertificateParams::new(vec![name.to_owned()]).unwrap().signed_by(&key, &issuer).unwrap();
            (certificate, key)
        };
        let (server, server_key) = certify(NAME);
        let (machine, machine_key) = certify(MACHINE);
        let files = [authority.pem(), server.pem(), server_key.serialize_pem()];
        for (place, text) in Papers::files(folder).iter().zip(files) {
            std::fs::write(place, text).unwrap();
        }
        let mut roots = RootCertStore::empty();
        roots.add(authority.der().clone()).unwrap();
        let roots = Arc::new(roots);
        let with = |shown: Option<(CertificateDer<'static>, PrivatePkcs8KeyDer<'static>)>| {
            let builder = ClientConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()));
            let builder = builder.with_safe_default_protocol_versions().unwrap();
            let builder = builder.with_root_certificates(Arc::clone(&roots));
            Arc::new(match shown {
                None => builder.with_no_client_auth(),
                Some((certificate, key)) => builder.with_client_auth_cert(vec![certificate], key.into()).unwrap(),
            })
        };
        let shown = (machine.der().clone(), PrivatePkcs8KeyDer::from(machine_key.serialize_der()));
        Papers { nothing: with(None), certificate: with(Some(shown)) }
    }

    /// The authority, the server's certificate and its key.
    fn files(folder: &Path) -> [PathBuf; 3] {
        ["ca.pem", "server.pem", "server.key"].map(|name| folder.join(name))
    }

    /// The server's side.
    fn settings(&self, folder: &Path) -> [(&'static str, PathBuf); 3] {
        let [authority, certificate, key] = Papers::files(folder);
        [
            ("PORTCULLIS_TLS_CLIENT_CA", authority),
            ("PORTCULLIS_TLS_CERTIFICATE", certificate),
            ("PORTCULLIS_TLS_KEY", key),
        ]
    }
}
