//! The server that everything is compared with: reads a request and answers always the same. The runtime and hyper are
//! set up as in cli/mod.rs and serve/connection.rs.

use std::{convert::Infallible, time::Duration};

use bytes::Bytes;
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

/// The argument that makes this program the bare server. The next one is the answer's body.
pub(crate) const ROLE: &str = "bare";

/// It ends by itself, should whoever started it be gone.
const LIFE: Duration = Duration::from_secs(900);

/// Answers `body` to everything.
pub(crate) fn serve(body: String) {
    let config = Config::load(None, std::env::vars(), Flags::default()).unwrap();
    let mut runtime = tokio::runtime::Builder::new_multi_thread();
    let runtime = runtime.worker_threads(workers(&config)).enable_all().build().unwrap();
    let accepting =
        async move { tokio::time::timeout(LIFE, accept(Bytes::from(body), config.limits.header_bytes)).await };
    let served = runtime.block_on(accepting);
    assert!(served.is_err(), "accepting never ends by itself");
}

async fn accept(body: Bytes, header_bytes: usize) -> Infallible {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    println!("listening on http://{}", listener.local_addr().unwrap());
    let protocols = protocols(header_bytes);
    loop {
        let (tcp, _) = listener.accept().await.unwrap();
        tcp.set_nodelay(true).unwrap();
        tokio::spawn(connection(tcp, protocols.clone(), body.clone()));
    }
}

async fn connection(tcp: TcpStream, protocols: Builder<TokioExecutor>, body: Bytes) {
    let service = service_fn(|request| answer(request, body.clone()));
    // A client that goes away is how every cell ends.
    let _ = protocols.serve_connection(TokioIo::new(tcp), service).await;
}

async fn answer(request: Request<Incoming>, body: Bytes) -> Result<Response<Full<Bytes>>, Infallible> {
    let read = request.into_body().collect().await.map(|body| body.to_bytes().len());
    assert!(read.is_ok_and(|length| length > 0), "the load sends a body");
    let mut response = Response::new(Full::new(body));
    response.headers_mut().insert(header::CONTENT_TYPE, header::HeaderValue::from_static("application/json"));
    Ok(response)
}

fn protocols(header_bytes: usize) -> Builder<TokioExecutor> {
    let mut builder = Builder::new(TokioExecutor::new());
    builder.http1().timer(TokioTimer::new()).header_read_timeout(None).max_buf_size(header_bytes);
    builder
}
