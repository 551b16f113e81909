//! What a token endpoint that keeps nothing cannot be faster than: hyper reads the request, the form is parsed, the secret
//! hashed, and one token of the usual size is signed.

use std::{convert::Infallible, sync::Arc};

use aws_lc_rs::{
    digest,
    rand::SystemRandom,
    rsa::KeySize,
    signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, RSA_PKCS1_SHA256, RsaKeyPair},
};
use bytes::Bytes;
use data_encoding::BASE64URL_NOPAD;
use http_body_util::{BodyExt, Full};
use hyper::{Request, Response, body::Incoming, header, service::service_fn};
use hyper_util::{
    rt::{TokioExecutor, TokioIo, TokioTimer},
    server::conn::auto::Builder,
};
use portcullis::{
    config::{Config, Flags},
    server::workers,
};
use tokio::net::{TcpListener, TcpStream};

/// The argument that makes this program this server. The next one is the algorithm.
pub(crate) const ROLE: &str = "floor";

enum Key {
    Ecdsa(EcdsaKeyPair),
    Rsa(RsaKeyPair),
}

impl Key {
    fn new(algorithm: &str) -> Key {
        match algorithm {
            "RS256" => Key::Rsa(RsaKeyPair::generate(KeySize::Rsa2048).unwrap()),
            _ => Key::Ecdsa(EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).unwrap()),
        }
    }

    fn sign(&self, message: &[u8]) -> Vec<u8> {
        let random = SystemRandom::new();
        match self {
            Key::Ecdsa(pair) => pair.sign(&random, message).unwrap().as_ref().to_vec(),
            Key::Rsa(pair) => {
                let mut signature = vec![0; pair.public_modulus_len()];
                pair.sign(&RSA_PKCS1_SHA256, &random, message, &mut signature).unwrap();
                signature
            }
        }
    }
}

/// Signs for everybody.
pub(crate) fn serve(algorithm: &str) {
    let config = Config::load(None, std::env::vars(), Flags::default()).unwrap();
    let mut runtime = tokio::runtime::Builder::new_multi_thread();
    let runtime = runtime.worker_threads(workers(&config)).enable_all().build().unwrap();
    let key = Arc::new(Key::new(algorithm));
    runtime.block_on(accept(key));
}

async fn accept(key: Arc<Key>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    println!("listening on http://{}", listener.local_addr().unwrap());
    loop {
        let (tcp, _) = listener.accept().await.unwrap();
        tcp.set_nodelay(true).unwrap();
        tokio::spawn(connection(tcp, Arc::clone(&key)));
    }
}

async fn connection(tcp: TcpStream, key: Arc<Key>) {
    let mut builder = Builder::new(TokioExecutor::new());
    builder.http1().timer(TokioTimer::new()).header_read_timeout(None);
    let service = service_fn(|request| answer(request, Arc::clone(&key)));
    // A client that goes away is how every cell ends.
    let _ = builder.serve_connection(TokioIo::new(tcp), service).await;
}

async fn answer(request: Request<Incoming>, key: Arc<Key>) -> Result<Response<Full<Bytes>>, Infallible> {
    let body = request.into_body().collect().await.unwrap().to_bytes();
    let pairs: Vec<(String, String)> = form_urlencoded::parse(&body).into_owned().collect();
    let secret = pairs.iter().find(|(name, _)| name == "client_secret").map_or("", |(_, value)| value.as_str());
    let hash = digest::digest(&digest::SHA256, secret.as_bytes());
    let claims = format!(
        r#"{{"iss":"http://127.0.0.1/default/default","sub":"bench","aud":["http://127.0.0.1/default/default"],"client_id":"bench","iat":1,"nbf":1,"exp":2,"jti":"{}","scope":"openid","scp":["openid"],"tid":"default","aid":"default"}}"#,
        data_encoding::HEXLOWER.encode(hash.as_ref().get(..16).unwrap()),
    );
    let head = BASE64URL_NOPAD
        .encode(br#"{"alg":"ES256","typ":"at+jwt","kid":"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"}"#);
    let mut token = format!("{head}.{}", BASE64URL_NOPAD.encode(claims.as_bytes()));
    let signature = key.sign(token.as_bytes());
    token.push('.');
    BASE64URL_NOPAD.encode_append(&signature, &mut token);
    let text = format!(r#"{{"access_token":"{token}","token_type":"bearer","expires_in":3600,"scope":"openid"}}"#);
    let mut response = Response::new(Full::new(Bytes::from(text)));
    response.headers_mut().insert(header::CONTENT_TYPE, header::HeaderValue::from_static("application/json"));
    Ok(response)
}
