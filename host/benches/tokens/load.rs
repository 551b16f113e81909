//! The load: keep-alive connections, each with one request at a time, every answer checked. What is sent next may depend on
//! what was answered: a refresh token is good once.

use std::{net::SocketAddr, sync::Arc, thread, time::Duration};

use portcullis::world::Stopwatch;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    task::JoinSet,
};

use crate::{latencies::Latencies, line};

/// Threads that make the load.
const THREADS: usize = 2;
/// Room for an answer.
const ROOM: usize = 16 << 10;

/// Makes a request of a refresh token.
pub(crate) type Made = Arc<dyn Fn(&str) -> Vec<u8> + Send + Sync>;

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
        }
    }

    fn learn(&mut self, body: &[u8]) {
        if let Script::Refresh(token, _) = self {
            let answer: serde_json::Value = serde_json::from_slice(body).unwrap();
            answer.get("refresh_token").and_then(serde_json::Value::as_str).unwrap().clone_into(token);
        }
    }
}

/// Runs a script on a connection of its own each, for `time`, and answers how long each exchange took. Every answer must be
/// 200 and hold `expected`.
pub(crate) fn run(
    address: SocketAddr,
    scripts: Vec<Script>,
    expected: &'static str,
    time: Duration,
) -> (Latencies, Vec<Script>) {
    let watch = Stopwatch::start();
    let mut shares: Vec<Vec<Script>> = (0..THREADS).map(|_| Vec::new()).collect();
    for (place, script) in scripts.into_iter().enumerate() {
        shares.get_mut(place % THREADS).unwrap().push(script);
    }
    let done: Vec<(Vec<u64>, Script)> = thread::scope(|scope| {
        let start = |share: Vec<Script>| scope.spawn(move || thread(address, share, expected, watch, time));
        let running: Vec<_> = shares.into_iter().map(start).collect();
        running.into_iter().flat_map(|thread| thread.join().unwrap()).collect()
    });
    let elapsed = watch.elapsed();
    let (nanos, scripts): (Vec<_>, Vec<_>) = done.into_iter().unzip();
    (Latencies::new(nanos.concat(), elapsed), scripts)
}

fn thread(
    address: SocketAddr,
    scripts: Vec<Script>,
    expected: &'static str,
    watch: Stopwatch,
    time: Duration,
) -> Vec<(Vec<u64>, Script)> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let mut tasks = JoinSet::new();
    for script in scripts {
        tasks.spawn_on(connection(address, script, expected, watch, time), runtime.handle());
    }
    runtime.block_on(tasks.join_all())
}

async fn connection(
    address: SocketAddr,
    mut script: Script,
    expected: &'static str,
    watch: Stopwatch,
    time: Duration,
) -> (Vec<u64>, Script) {
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream.set_nodelay(true).unwrap();
    let (mut nanos, mut buffer) = (Vec::with_capacity(1 << 16), Vec::with_capacity(ROOM));
    while watch.elapsed() < time {
        let Some(request) = script.next() else { break };
        let one = Stopwatch::start();
        stream.write_all(&request).await.unwrap();
        let body = receive(&mut stream, &mut buffer, expected).await;
        nanos.push(u64::try_from(one.elapsed().as_nanos()).unwrap_or(u64::MAX));
        script.learn(&body);
    }
    (nanos, script)
}

async fn receive(stream: &mut TcpStream, buffer: &mut Vec<u8>, expected: &str) -> Vec<u8> {
    buffer.clear();
    loop {
        assert_ne!(stream.read_buf(buffer).await.unwrap(), 0, "the server closed the connection");
        if let Some(answer) = line::answer(buffer) {
            let right = answer.status == 200 && contains(answer.body, expected.as_bytes());
            assert!(right, "{}", String::from_utf8_lossy(buffer));
            return answer.body.to_vec();
        }
    }
}

fn contains(body: &[u8], expected: &[u8]) -> bool {
    expected.is_empty() || body.windows(expected.len()).any(|window| window == expected)
}
