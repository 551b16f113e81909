//! A caller: sends requests over a real socket, with the token of its role.

use std::{error::Error, sync::Arc};

use bytes::Bytes;
use data_encoding::BASE64;
use http::{HeaderMap, Method, Request, StatusCode};
use http_body_util::{BodyExt, Full};
use hyper_util::rt::TokioIo;
use serde_json::Value;
use tokio::{net::TcpStream, sync::OnceCell};

use super::documented;

/// Somebody who calls.
#[derive(Clone)]
pub struct Caller {
    base: String,
    credentials: Option<Arc<Credentials>>,
    token: Arc<OnceCell<String>>,
    headers: HeaderMap,
}

struct Credentials {
    tenant: String,
    server: String,
    client: String,
    secret: String,
}

/// An answer, read to its end.
#[derive(Debug)]
pub struct Answer {
    /// The status code.
    pub status: StatusCode,
    /// The headers.
    pub headers: HeaderMap,
    /// The body.
    pub body: Bytes,
}

impl Answer {
    /// The body as JSON.
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|error| panic!("{error} in {:?}", self.text()))
    }

    /// The body as text.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    /// A header as text.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }

    /// Fails the test with the whole answer unless it has this status.
    #[track_caller]
    pub fn expect(self, status: u16) -> Answer {
        assert_eq!(self.status.as_u16(), status, "{}", self.text());
        self
    }
}

impl Caller {
    /// Nobody in particular, at `base` (`http://ADDR`).
    pub fn new(base: &str) -> Caller {
        Caller { base: base.to_owned(), credentials: None, token: Arc::default(), headers: HeaderMap::new() }
    }

    /// The bearer of a token that is fetched at the first request.
    pub fn with_credentials(mut self, tenant: &str, server: &str, client: &str, secret: &str) -> Caller {
        let [tenant, server, client, secret] = [tenant, server, client, secret].map(str::to_owned);
        self.credentials = Some(Arc::new(Credentials { tenant, server, client, secret }));
        self
    }

    /// The bearer of this token.
    pub fn with_token(mut self, token: &str) -> Caller {
        self.token = Arc::new(OnceCell::new_with(Some(token.to_owned())));
        self.credentials = None;
        self
    }

    /// The same caller with one more header on every request.
    pub fn with_header(mut self, name: &'static str, value: &str) -> Caller {
        self.headers.insert(name, value.parse().unwrap());
        self
    }

    /// GET
    pub async fn get(&self, path: &str) -> Answer {
        self.send(Method::GET, path, None, Bytes::new()).await
    }

    /// DELETE
    pub async fn delete(&self, path: &str) -> Answer {
        self.send(Method::DELETE, path, None, Bytes::new()).await
    }

    /// POST with a JSON body
    pub async fn post(&self, path: &str, body: &Value) -> Answer {
        self.send(Method::POST, path, Some("application/json"), Bytes::from(body.to_string())).await
    }

    /// PUT with a JSON body
    pub async fn put(&self, path: &str, body: &Value) -> Answer {
        self.send(Method::PUT, path, Some("application/json"), Bytes::from(body.to_string())).await
    }

    /// Any request.
    pub async fn send(&self, method: Method, path: &str, content_type: Option<&str>, body: Bytes) -> Answer {
        let mut request = Request::builder().method(method.clone()).uri(path).header("host", self.host());
        if let Some(content_type) = content_type {
            request = request.header("content-type", content_type);
        }
        for (name, value) in &self.headers {
            request = request.header(name, value);
        }
        if let Some(token) = self.token().await {
            request = request.header("authorization", format!("Bearer {token}"));
        }
        let answer = exchange(self.host(), request.body(Full::new(body)).unwrap()).await.unwrap();
        documented::check(&method, path, &answer);
        answer
    }

    /// A request to a server that may be gone, with the token fetched before: no whole answer is `None`.
    pub async fn attempt(&self, method: Method, path: &str, body: Option<&Value>) -> Option<Answer> {
        let mut request = Request::builder().method(method).uri(path).header("host", self.host());
        if let Some(token) = self.token.get() {
            request = request.header("authorization", format!("Bearer {token}"));
        }
        let body = body.map(Value::to_string).unwrap_or_default();
        let request = request.header("content-type", "application/json").body(Full::new(Bytes::from(body)));
        exchange(self.host(), request.unwrap()).await.ok()
    }

    /// The token, fetched once.
    pub async fn token(&self) -> Option<String> {
        match &self.credentials {
            None => self.token.get().cloned(),
            Some(credentials) => {
                Some(self.token.get_or_init(|| async { fetch(self.host(), credentials).await }).await.clone())
            }
        }
    }

    fn host(&self) -> &str {
        self.base.trim_start_matches("http://")
    }
}

async fn fetch(host: &str, credentials: &Credentials) -> String {
    let Credentials { tenant, server, client, secret } = credentials;
    let basic = BASE64.encode(format!("{client}:{secret}").as_bytes());
    let request = Request::builder()
        .method(Method::POST)
        .uri(format!("/{tenant}/{server}/oauth2/token"))
        .header("host", host)
        .header("authorization", format!("Basic {basic}"))
        .header("content-type", "application/x-www-form-urlencoded")
        .body(Full::new(Bytes::from_static(b"grant_type=client_credentials")))
        .unwrap();
    let answer = exchange(host, request).await.unwrap().expect(200);
    answer.json()["access_token"].as_str().unwrap().to_owned()
}

/// One request on a connection of its own.
async fn exchange(host: &str, request: Request<Full<Bytes>>) -> Result<Answer, Box<dyn Error + Send + Sync>> {
    let stream = TcpStream::connect(host).await?;
    let (mut sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(stream)).await?;
    let driver = tokio::spawn(connection);
    let response = sender.send_request(request).await?;
    let (head, body) = response.into_parts();
    let body = body.collect().await?.to_bytes();
    drop(sender);
    let _ = driver.await;
    Ok(Answer { status: head.status, headers: head.headers, body })
}
