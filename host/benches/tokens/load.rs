//! The load: keep-alive connections, plain or over TLS, each with one request at a time, every answer checked. What is sent next
//! may depend on what was answered: a refresh token is good once, and a flow takes several requests.

use std::{net::SocketAddr, sync::Arc, thread, time::Duration};

use portcullis::world::Stopwatch;
use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt},
    net::TcpStream,
    task::JoinSet,
};
use tokio_rustls::{
    TlsConnector,
    rustls::{ClientConfig, pki_types::ServerName},
};

use crate::{
    latencies::Latencies,
    line::{self, Answer},
};

/// Threads that make the load.
const THREADS: usize = 2;
/// Room for an answer.
const ROOM: usize = 16 << 10;

/// Makes a request of a refresh token.
pub(crate) type Made = Arc<dyn Fn(&str) -> Vec<u8> + Send + Sync>;

/// Where the load goes, and how.
#[derive(Clone)]
pub(crate) struct Way {
    /// The address of the server.
    pub(crate) address: SocketAddr,
    /// What a client brings to TLS; none over plain HTTP.
    pub(crate) tls: Option<Arc<ClientConfig>>,
}

impl Way {
    /// Over plain HTTP.
    pub(crate) fn plain(address: SocketAddr) -> Way {
        Way { address, tls: None }
    }
}

/// The name of the server in its certificate.
pub(crate) const NAME: &str = "localhost";

/// Several requests that are counted as one, each made from the answer to the one before.
pub(crate) trait Flow: Send {
    /// The first request.
    fn begin(&mut self) -> Vec<u8>;
    /// What comes after this answer, which is checked here; nothing when it was the last.
    fn go_on(&mut self, answer: &Answer<'_>) -> Option<Vec<u8>>;
}

/// What one connection sends.
pub(crate) enum Script {
    /// The same again and again.
    Same(Arc<[u8]>),
    /// One after the other, from this place on, around and around.
    Around(Arc<Vec<Vec<u8>>>, usize),
    /// Each once, until there are no more.
    Each(Vec<Vec<u8>>),
    /// A refresh token, then the one it was answered with. The rest of the request is made by the function.
    Refresh(String, Made),
    /// A flow, from its beginning again and again.
    Flow(Box<dyn Flow>),
}

impl Script {
    fn next(&mut self) -> Option<Vec<u8>> {
        match self {
            Script::Same(request) => Some(request.to_vec()),
            Script::Around(requests, place) => {
                *place = (*place + 1) % requests.len();
                requests.get(*place).cloned()
            }
            Script::Each(requests) => requests.pop(),
            Script::Refresh(token, request) => Some(request(token)),
            Script::Flow(flow) => Some(flow.begin()),
        }
    }

    /// Checks an answer, and says what else belongs to the same exchange.
    fn learn(&mut self, answer: &Answer<'_>, expected: &str) -> Option<Vec<u8>> {
        if let Script::Flow(flow) = self {
            return flow.go_on(answer);
        }
        let right = answer.status == 200 && contains(answer.body, expected.as_bytes());
        assert!(right, "{} {}", answer.status, String::from_utf8_lossy(answer.body));
        if let Script::Refresh(token, _) = self {
            let answer: serde_json::Value = serde_json::from_slice(answer.body).unwrap();
            answer.get("refresh_token").and_then(serde_json::Value::as_str).unwrap().clone_into(token);
        }
        None
    }
}

/// How long each exchange of a connection took, in nanoseconds, and its script as it is afterwards.
type Done = (Vec<u64>, Script);

/// Runs a script on a connection of its own each, for `time` once they are connected, and answers how long each exchange took.
/// Every answer must be 200 and hold `expected`, but those of a flow, which looks at them itself.
pub(crate) fn run(way: &Way, scripts: Vec<Script>, expected: &'static str, time: Duration) -> (Latencies, Vec<Script>) {
    let mut shares: Vec<Vec<Script>> = (0..THREADS).map(|_| Vec::new()).collect();
    for (place, script) in scripts.into_iter().enumerate() {
        shares.get_mut(place % THREADS).unwrap().push(script);
    }
    let done: Vec<(Duration, Vec<Done>)> = thread::scope(|scope| {
        let start = |share: Vec<Script>| scope.spawn(move || thread(way, share, expected, time));
        let running: Vec<_> = shares.into_iter().map(start).collect();
        running.into_iter().map(|thread| thread.join().unwrap()).collect()
    });
    let elapsed = done.iter().map(|(elapsed, _)| *elapsed).max().unwrap_or_default();
    let (nanos, scripts): (Vec<_>, Vec<_>) = done.into_iter().flat_map(|(_, done)| done).unzip();
    (Latencies::new(nanos.concat(), elapsed), scripts)
}

/// The part of one thread, and how long that took from when its connections were there.
fn thread(way: &Way, scripts: Vec<Script>, expected: &'static str, time: Duration) -> (Duration, Vec<Done>) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let streams: Vec<_> = scripts.iter().map(|_| runtime.block_on(connect(way))).collect();
    let (watch, mut tasks) = (Stopwatch::start(), JoinSet::new());
    for (stream, script) in streams.into_iter().zip(scripts) {
        tasks.spawn_on(connection(stream, script, expected, watch, time), runtime.handle());
    }
    let done = runtime.block_on(tasks.join_all());
    (watch.elapsed(), done)
}

async fn connection(
    mut stream: Box<dyn Stream>,
    mut script: Script,
    expected: &'static str,
    watch: Stopwatch,
    time: Duration,
) -> Done {
    let (mut nanos, mut buffer) = (Vec::with_capacity(1 << 16), Vec::with_capacity(ROOM));
    while watch.elapsed() < time {
        let mut request = script.next();
        if request.is_none() {
            break;
        }
        let one = Stopwatch::start();
        while let Some(bytes) = request {
            stream.write_all(&bytes).await.unwrap();
            request = receive(&mut stream, &mut buffer, |answer| script.learn(answer, expected)).await;
        }
        nanos.push(u64::try_from(one.elapsed().as_nanos()).unwrap_or(u64::MAX));
    }
    (nanos, script)
}

/// A connection, plain or over TLS.
trait Stream: AsyncRead + AsyncWrite + Send + Unpin {}

impl<S: AsyncRead + AsyncWrite + Send + Unpin> Stream for S {}

async fn connect(way: &Way) -> Box<dyn Stream> {
    let tcp = TcpStream::connect(way.address).await.unwrap();
    tcp.set_nodelay(true).unwrap();
    match &way.tls {
        None => Box::new(tcp),
        Some(tls) => {
            let name = ServerName::try_from(NAME).unwrap();
            Box::new(TlsConnector::from(Arc::clone(tls)).connect(name, tcp).await.unwrap())
        }
    }
}

/// Reads one whole answer and hands it to `look`.
async fn receive<T>(stream: &mut Box<dyn Stream>, buffer: &mut Vec<u8>, look: impl FnOnce(&Answer<'_>) -> T) -> T {
    buffer.clear();
    loop {
        assert_ne!(stream.read_buf(buffer).await.unwrap(), 0, "the server closed the connection");
        if let Some(answer) = line::answer(buffer) {
            return look(&answer);
        }
    }
}

fn contains(body: &[u8], expected: &[u8]) -> bool {
    expected.is_empty() || body.windows(expected.len()).any(|window| window == expected)
}
