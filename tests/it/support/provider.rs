//! An OpenID Connect provider of the tests: a small one that keeps to the rules, and can be made to break any of them.
//!
//! It checks what a good provider checks (our secret, redirect URI, PKCE, a code once), so that a login that works has really
//! sent all of it. Nobody logs in at it with a browser: [`Provider::logs_in`] takes the place of its pages.

use std::{
    collections::BTreeMap,
    net::SocketAddr,
    path::PathBuf,
    sync::{Arc, Mutex},
    time::Duration,
};

use data_encoding::{BASE64, BASE64URL_NOPAD};
use portcullis::crypto::{
    digest, jws,
    keys::{KeyType, SigningKey},
};
use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair};
use serde_json::{Value, json};
use tempfile::TempDir;
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

use super::visitor::parameter;

/// Our account at the provider.
pub const CLIENT: &str = "portcullis at home";
/// Its secret.
pub const ACCOUNT_SECRET: &str = "a foreign secret: 100%";

/// What is answered to a path.
#[derive(Clone)]
pub enum Canned {
    /// A document with a status.
    Json(u16, Value),
    /// That it is elsewhere.
    Moved(String),
    /// These bytes as a document.
    Bytes(Vec<u8>),
    /// A document, after a while.
    Late(Duration, Value),
    /// Nothing, for a long time.
    Silence,
}

/// What somebody's login there leads to.
struct Code {
    /// The parameters of the authorization request.
    url: String,
    /// The ID token.
    id_token: String,
}

/// A request that came.
#[derive(Clone, Debug)]
pub struct Asked {
    /// Path and query.
    pub path: String,
    /// The Authorization header.
    pub authorization: Option<String>,
    /// The body.
    pub body: String,
}

/// A running provider.
#[derive(Clone)]
pub struct Provider {
    /// Its issuer.
    pub issuer: String,
    /// Where it listens.
    pub address: SocketAddr,
    /// Its key.
    pub key: Arc<SigningKey>,
    discovery: Value,
    state: Arc<Mutex<State>>,
    /// Who signed its certificate, when it has one.
    authority: Option<Arc<TempDir>>,
}

#[derive(Default)]
struct State {
    canned: BTreeMap<String, Canned>,
    codes: BTreeMap<String, Code>,
    asked: Vec<Asked>,
    access_token: Option<String>,
}

impl Provider {
    /// A provider on loopback, without TLS.
    pub async fn start() -> Provider {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let issuer = format!("http://{}/op", listener.local_addr().unwrap());
        let discovery = json!({
            "issuer": issuer, "authorization_endpoint": format!("{issuer}/authorize"),
            "token_endpoint": format!("{issuer}/token"), "jwks_uri": format!("{issuer}/keys"),
            "userinfo_endpoint": format!("{issuer}/userinfo"),
        });
        Provider::run(listener, issuer, discovery, KeyType::Ecdsa, None)
    }

    /// A provider with this discovery document, whose certificate is good for `hosts`.
    pub async fn named(discovery: Value, hosts: &[&str]) -> Provider {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let issuer = discovery["issuer"].as_str().unwrap().to_owned();
        let certificate = certificate(hosts);
        Provider::run(listener, issuer, discovery, KeyType::Rsa, Some(certificate))
    }

    fn run(
        listener: TcpListener,
        issuer: String,
        discovery: Value,
        kind: KeyType,
        certificate: Option<(TlsAcceptor, TempDir)>,
    ) -> Provider {
        let (tls, authority) = certificate.unzip();
        let provider = Provider {
            issuer,
            address: listener.local_addr().unwrap(),
            key: Arc::new(SigningKey::generate(kind).unwrap()),
            discovery,
            state: Arc::default(),
            authority: authority.map(Arc::new),
        };
        let serving = provider.clone();
        tokio::spawn(async move {
            loop {
                let (stream, _) = listener.accept().await.unwrap();
                let (provider, tls) = (serving.clone(), tls.clone());
                tokio::spawn(async move {
                    match tls {
                        None => provider.talk(stream).await,
                        Some(tls) => {
                            if let Ok(stream) = tls.accept(stream).await {
                                provider.talk(stream).await;
                            }
                        }
                    }
                });
            }
        });
        provider
    }

    /// The PEM file of who signed its certificate.
    pub fn authority(&self) -> PathBuf {
        self.authority.as_ref().unwrap().path().join("ca.pem")
    }

    /// The settings object of a method for it.
    pub fn account(&self, more: Value) -> Value {
        let mut account = json!({ "client_id": CLIENT, "client_secret": ACCOUNT_SECRET });
        account.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        account
    }

    /// The method `op` of kind `oidc` for it.
    pub fn method(&self, more: Value) -> Value {
        let mut settings = self.account(json!({ "issuer_url": self.issuer }));
        settings.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        json!({ "id": "op", "name": "Provider", "method": "oidc", "oidc": settings })
    }

    /// Answers a path so from now on; the path is without query, or with it.
    pub fn answers(&self, path: &str, canned: Canned) {
        self.state.lock().unwrap().canned.insert(path.to_owned(), canned);
    }

    /// Gives this access token from now on.
    pub fn gives_access_token(&self, token: &str) {
        self.state.lock().unwrap().access_token = Some(token.to_owned());
    }

    /// The requests that came to a path.
    pub fn asked(&self, path: &str) -> Vec<Asked> {
        let state = self.state.lock().unwrap();
        state.asked.iter().filter(|asked| asked.path.split('?').next() == Some(path)).cloned().collect()
    }

    /// The claims of a good ID token for whoever comes with `url`.
    pub fn claims(&self, url: &str, now: i64) -> Value {
        json!({
            "iss": self.issuer, "aud": CLIENT, "sub": "ada", "nonce": parameter(url, "nonce"), "iat": now,
            "exp": now + 300,
        })
    }

    /// Signs a token as it does.
    pub fn signs(&self, claims: &Value) -> String {
        jws::sign(&self.key, "JWT", claims).unwrap()
    }

    /// Somebody logs in who came with `url`; answers the code, for which there will be this ID token.
    pub fn logs_in(&self, url: &str, id_token: String) -> String {
        let state = &mut self.state.lock().unwrap();
        let code = format!("code {}", state.codes.len());
        state.codes.insert(code.clone(), Code { url: url.to_owned(), id_token });
        code
    }

    async fn talk(self, mut stream: impl AsyncRead + AsyncWrite + Unpin) {
        let Some(asked) = read(&mut stream).await else { return };
        let canned = self.answer(&asked);
        self.state.lock().unwrap().asked.push(asked);
        let (head, body) = match canned {
            Canned::Json(status, body) => {
                (format!("{status} X\r\ncontent-type: application/json"), body.to_string().into())
            }
            Canned::Moved(to) => (format!("302 Found\r\nlocation: {to}"), Vec::new()),
            Canned::Bytes(body) => ("200 OK".to_owned(), body),
            Canned::Late(pause, body) => {
                tokio::time::sleep(pause).await;
                ("200 X\r\ncontent-type: application/json".to_owned(), body.to_string().into())
            }
            Canned::Silence => return tokio::time::sleep(Duration::from_secs(60)).await,
        };
        let head = format!("HTTP/1.1 {head}\r\ncontent-length: {}\r\n\r\n", body.len());
        drop(stream.write_all(head.as_bytes()).await);
        drop(stream.write_all(&body).await);
        drop(stream.shutdown().await);
    }

    fn answer(&self, asked: &Asked) -> Canned {
        let path = asked.path.split('?').next().unwrap();
        {
            let state = self.state.lock().unwrap();
            if let Some(canned) = state.canned.get(&asked.path).or_else(|| state.canned.get(path)) {
                return canned.clone();
            }
        }
        let is = |member: &str| self.discovery[member].as_str().is_some_and(|url| path_of(url) == path);
        if path == format!("{}/.well-known/openid-configuration", path_of(&self.issuer)) {
            Canned::Json(200, self.discovery.clone())
        } else if is("jwks_uri") {
            Canned::Json(200, json!({ "keys": [self.key.public_jwk()] }))
        } else if is("token_endpoint") {
            self.token(asked).unwrap_or_else(|error| Canned::Json(400, json!({ "error": error })))
        } else {
            Canned::Json(404, json!({ "error": format!("nothing at {path}") }))
        }
    }

    /// The token endpoint (OpenID Connect Core §3.1.3).
    fn token(&self, asked: &Asked) -> Result<Canned, &'static str> {
        let field = |name: &str| {
            let found = form_urlencoded::parse(asked.body.as_bytes()).find(|(known, _)| known == name);
            found.map(|(_, value)| value.into_owned()).ok_or("invalid_request")
        };
        let (id, secret) = match &asked.authorization {
            None => (field("client_id")?, field("client_secret")?),
            Some(header) => {
                let pair = BASE64.decode(header.strip_prefix("Basic ").ok_or("invalid_client")?.as_bytes()).unwrap();
                let pair = String::from_utf8(pair).unwrap();
                // Each half is encoded as in a form (RFC 6749 §2.3.1).
                let pair = pair.replacen(':', "=", 1);
                let (id, secret) = form_urlencoded::parse(pair.as_bytes()).next().ok_or("invalid_client")?;
                (id.into_owned(), secret.into_owned())
            }
        };
        if (id.as_str(), secret.as_str()) != (CLIENT, ACCOUNT_SECRET) || field("grant_type")? != "authorization_code" {
            return Err("invalid_client");
        }
        let mut state = self.state.lock().unwrap();
        let Code { url, id_token } = state.codes.remove(&field("code")?).ok_or("invalid_grant")?;
        let challenge = BASE64URL_NOPAD.encode(&digest::sha256(field("code_verifier")?.as_bytes()));
        let right = parameter(&url, "code_challenge") == challenge
            && parameter(&url, "code_challenge_method") == "S256"
            && parameter(&url, "redirect_uri") == field("redirect_uri")?
            && parameter(&url, "client_id") == CLIENT;
        let access_token = state.access_token.clone().unwrap_or_else(|| "an access token".to_owned());
        let tokens =
            json!({ "access_token": access_token, "token_type": "Bearer", "expires_in": 60, "id_token": id_token });
        if right { Ok(Canned::Json(200, tokens)) } else { Err("invalid_grant") }
    }
}

/// The path of a URL.
pub fn path_of(url: &str) -> String {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    let path = rest.split_once('/').map_or(String::new(), |(_, path)| format!("/{path}"));
    path.split('?').next().unwrap().to_owned()
}

async fn read(stream: &mut (impl AsyncRead + Unpin)) -> Option<Asked> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(stream.read_u8().await.ok()?);
    }
    let head = String::from_utf8(head).unwrap();
    let header = |name: &str| {
        let lines = head.lines().skip(1).filter_map(|line| line.split_once(": "));
        lines.filter(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, value)| value.to_owned()).next()
    };
    let length = header("content-length").map_or(0, |text| text.parse().unwrap());
    let mut body = vec![0; length];
    stream.read_exact(&mut body).await.ok()?;
    let path = head.split(' ').nth(1)?.to_owned();
    Some(Asked { path, authorization: header("authorization"), body: String::from_utf8(body).unwrap() })
}

/// A certificate for these hosts, and who signed it.
fn certificate(hosts: &[&str]) -> (TlsAcceptor, TempDir) {
    let mut authority = CertificateParams::new(Vec::new()).unwrap();
    authority.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let authority_key = KeyPair::generate().unwrap();
    let folder = tempfile::tempdir().unwrap();
    let pem = authority.self_signed(&authority_key).unwrap().pem();
    std::fs::write(folder.path().join("ca.pem"), pem).unwrap();
    let issuer = Issuer::new(authority, authority_key);
    let key = KeyPair::generate().unwrap();
    let hosts: Vec<String> = hosts.iter().map(|host| (*host).to_owned()).collect();
    let own = CertificateParams::new(hosts).unwrap().signed_by(&key, &issuer).unwrap();
    let chain = CertificateDer::from_pem_slice(own.pem().as_bytes()).unwrap();
    let key = PrivateKeyDer::from_pem_slice(key.serialize_pem().as_bytes()).unwrap();
    let builder = ServerConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()));
    let builder = builder.with_safe_default_protocol_versions().unwrap().with_no_client_auth();
    (TlsAcceptor::from(Arc::new(builder.with_single_cert(vec![chain], key).unwrap())), folder)
}
