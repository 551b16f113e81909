//! The load: keep-alive connections, each with one request at a time, every answer checked.

use std::{net::SocketAddr, sync::Arc, thread, time::Duration};

use portcullis::world::Stopwatch;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    task::JoinSet,
};

use crate::{latencies::Latencies, line, setup::ALLOWED};

/// Threads that make the load.
const THREADS: usize = 2;
/// Room for an answer.
const ROOM: usize = 16 << 10;

/// One cell's load.
pub(crate) struct Load {
    /// Where to.
    pub(crate) address: SocketAddr,
    /// What is sent, again and again.
    pub(crate) request: Arc<[u8]>,
    /// How many connections send it.
    pub(crate) connections: usize,
}

impl Load {
    /// Sends for `time` and answers how long each exchange took.
    pub(crate) fn run(&self, time: Duration) -> Latencies {
        let watch = Stopwatch::start();
        let threads = self.connections.min(THREADS);
        let share = |thread: usize| self.connections / threads + usize::from(thread < self.connections % threads);
        let nanos = thread::scope(|scope| {
            let running: Vec<_> =
                (0..threads).map(|thread| scope.spawn(move || self.thread(share(thread), watch, time))).collect();
            running.into_iter().flat_map(|thread| thread.join().unwrap()).collect()
        });
        Latencies::new(nanos, watch.elapsed())
    }

    fn thread(&self, connections: usize, watch: Stopwatch, time: Duration) -> Vec<u64> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let mut tasks = JoinSet::new();
        for _ in 0..connections {
            let task = connection(self.address, Arc::clone(&self.request), watch, time);
            tasks.spawn_on(task, runtime.handle());
        }
        runtime.block_on(tasks.join_all()).concat()
    }
}

/// One connection until the time is over: the nanoseconds of every exchange.
async fn connection(address: SocketAddr, request: Arc<[u8]>, watch: Stopwatch, time: Duration) -> Vec<u64> {
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream.set_nodelay(true).unwrap();
    let (mut nanos, mut buffer) = (Vec::with_capacity(1 << 16), Vec::with_capacity(ROOM));
    while watch.elapsed() < time {
        let one = Stopwatch::start();
        stream.write_all(&request).await.unwrap();
        receive(&mut stream, &mut buffer).await;
        nanos.push(u64::try_from(one.elapsed().as_nanos()).unwrap_or(u64::MAX));
    }
    nanos
}

/// Reads one answer, which has to be a decision that allows.
async fn receive(stream: &mut TcpStream, buffer: &mut Vec<u8>) {
    buffer.clear();
    loop {
        assert_ne!(stream.read_buf(buffer).await.unwrap(), 0, "the server closed the connection");
        if let Some(answer) = line::answer(buffer) {
            let allowed = answer.status == 200 && answer.body.starts_with(ALLOWED);
            assert!(allowed, "{}", String::from_utf8_lossy(buffer));
            return;
        }
    }
}
