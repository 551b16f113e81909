//! One request over a connection of its own: HTTP/1.1, no cookies, no compression, a bounded answer.

use bytes::{Bytes, BytesMut};
use http::{HeaderName, HeaderValue, Request, Response, StatusCode, header, request::Builder as Head};
use http_body_util::{BodyExt, Full};
use hyper::{
    body::{Body, Incoming},
    client::conn::http1::Builder,
};
use hyper_util::rt::TokioIo;
use tokio::task::JoinHandle;

use super::{connect::Stream, target::Target};
use crate::domain::fetch::{Exchange, Exchanged, FetchFailure, Question, Reply};

/// The largest head of an answer.
const HEAD: usize = 64 * 1024;
/// The most headers of an answer.
const HEADERS: usize = 100;

/// What a server answers.
pub(super) enum Answered {
    /// A document.
    Document(Vec<u8>),
    /// That it is elsewhere.
    Redirect(String),
}

/// Asks for the target's document, of at most `most` bytes.
pub(super) async fn get(target: &Target, stream: impl Stream + 'static, most: usize) -> Result<Answered, FetchFailure> {
    let request = head(Request::get(target.path.as_str()), target).header(header::ACCEPT, "*/*");
    let (response, _driver) = send(stream, request.body(Full::default())).await?;
    match response.status() {
        StatusCode::OK => document(response, most).await.map(Answered::Document),
        status if is_redirect(status) => match response.headers().get(header::LOCATION).map(HeaderValue::to_str) {
            Some(Ok(location)) => Ok(Answered::Redirect(location.to_owned())),
            _ => Err(FetchFailure::Broken),
        },
        status => Err(FetchFailure::Status(status.as_u16())),
    }
}

/// Asks a question of a protocol. The answer is taken whatever its status, but for redirects: whoever asks has something to
/// lose elsewhere.
pub(super) async fn ask(
    target: &Target,
    stream: impl Stream + 'static,
    question: &Question<'_>,
    most: usize,
) -> Result<Reply, FetchFailure> {
    let path = target.path.as_str();
    let (request, body) = match question.form {
        None => (Request::get(path), Full::default()),
        Some(form) => (
            Request::post(path).header(header::CONTENT_TYPE, "application/x-www-form-urlencoded"),
            Full::from(form.expose().to_owned()),
        ),
    };
    let mut request = head(request, target).header(header::ACCEPT, "application/json");
    if let Some(authorization) = question.authorization {
        let mut value = HeaderValue::from_str(authorization.expose()).map_err(|_| FetchFailure::Broken)?;
        value.set_sensitive(true);
        request = request.header(header::AUTHORIZATION, value);
    }
    let (response, _driver) = send(stream, request.body(body)).await?;
    let status = response.status();
    if is_redirect(status) {
        return Err(FetchFailure::Status(status.as_u16()));
    }
    Ok(Reply { status: status.as_u16(), body: document(response, most).await? })
}

/// Sends any request. Its answer is taken whatever its status.
pub(super) async fn any(
    target: &Target,
    stream: impl Stream + 'static,
    exchange: &Exchange<'_>,
) -> Result<Exchanged, FetchFailure> {
    let mut request = head(Request::builder().method(exchange.method).uri(target.path.as_str()), target);
    for (name, value) in exchange.headers {
        let name = HeaderName::try_from(name.as_str()).map_err(|_| FetchFailure::Broken)?;
        let mut value = HeaderValue::from_str(value).map_err(|_| FetchFailure::Broken)?;
        // Not knowing what they are for, nobody shall see them in a log.
        value.set_sensitive(true);
        request = request.header(name, value);
    }
    let (response, _driver) = send(stream, request.body(Full::from(exchange.body.to_vec()))).await?;
    let status = response.status().as_u16();
    let text = |(name, value): (&HeaderName, &HeaderValue)| Some((name.to_string(), value.to_str().ok()?.to_owned()));
    let headers = response.headers().iter().filter_map(text).collect();
    Ok(Exchanged { status, headers, body: document(response, exchange.most).await? })
}

fn head(request: Head, target: &Target) -> Head {
    request
        .header(header::HOST, target.authority())
        .header(header::ACCEPT_ENCODING, "identity")
        .header(header::USER_AGENT, concat!("portcullis/", env!("CARGO_PKG_VERSION")))
        .header(header::CONNECTION, "close")
}

async fn send(
    stream: impl Stream + 'static,
    request: Result<Request<Full<Bytes>>, http::Error>,
) -> Result<(Response<Incoming>, Driver), FetchFailure> {
    let request = request.map_err(|_| FetchFailure::Broken)?;
    let builder = Builder::new().max_buf_size(HEAD).max_headers(HEADERS).to_owned();
    let (mut sender, connection) = builder.handshake(TokioIo::new(stream)).await.map_err(broken)?;
    let driver = Driver(tokio::spawn(async move { drop(connection.await) }));
    let response = sender.send_request(request).await.map_err(broken)?;
    Ok((response, driver))
}

fn is_redirect(status: StatusCode) -> bool {
    matches!(status.as_u16(), 301 | 302 | 303 | 307 | 308)
}

async fn document(response: Response<Incoming>, most: usize) -> Result<Vec<u8>, FetchFailure> {
    let plain = |value: &HeaderValue| value.as_bytes().eq_ignore_ascii_case(b"identity");
    if !response.headers().get_all(header::CONTENT_ENCODING).iter().all(plain) {
        return Err(FetchFailure::Encoded);
    }
    let mut body = response.into_body();
    if body.size_hint().lower() > most as u64 {
        return Err(FetchFailure::TooLarge(most));
    }
    let mut whole = BytesMut::new();
    while let Some(frame) = body.frame().await {
        let Ok(data) = frame.map_err(broken)?.into_data() else { continue };
        if data.len() > most - whole.len() {
            return Err(FetchFailure::TooLarge(most));
        }
        whole.extend_from_slice(&data);
    }
    Ok(whole.into())
}

fn broken(error: hyper::Error) -> FetchFailure {
    tracing::info!(%error, "an outbound request got no whole answer");
    FetchFailure::Broken
}

/// The task that moves the bytes of a connection. It ends with the exchange.
struct Driver(JoinHandle<()>);

impl Drop for Driver {
    fn drop(&mut self) {
        self.0.abort();
    }
}
