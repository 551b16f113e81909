//! How a server ends: what runs is finished, what does not finish is cut.

use std::process::Command;

use super::*;

#[tokio::test]
async fn draining_finishes_what_runs_and_accepts_nothing_new() {
    let server = Server::start(|_| {});
    let mut running = server.client().await;
    let mut idle = server.client().await;
    idle.send("GET /echo HTTP/1.1\r\nhost: x\r\n\r\n").await;
    assert_eq!(idle.reply().await.status, 200);
    running.send("GET /wait HTTP/1.1\r\nhost: x\r\n\r\n").await;
    timeout(PATIENCE, server.script.entered.notified()).await.unwrap();
    server.stop.send(()).unwrap();
    idle.closed().await;
    assert!(TcpStream::connect(server.address).await.is_err());
    server.script.release.notify_one();
    let reply = running.reply().await;
    assert_eq!((reply.status, reply.body.as_str(), reply.header("connection")), (200, "waited", Some("close")));
    running.closed().await;
    let drained = timeout(PATIENCE, server.ended).await.unwrap().unwrap().unwrap();
    assert_eq!(drained, Drained { cut: 0 });
}

#[tokio::test]
async fn what_does_not_finish_is_cut() {
    let server = Server::start(|config| config.limits.drain_seconds = 1);
    let mut client = server.client().await;
    client.send("GET /wait HTTP/1.1\r\nhost: x\r\n\r\n").await;
    timeout(PATIENCE, server.script.entered.notified()).await.unwrap();
    server.stop.send(()).unwrap();
    client.closed().await;
    let drained = timeout(PATIENCE, server.ended).await.unwrap().unwrap().unwrap();
    assert_eq!(drained, Drained { cut: 1 });
}

#[tokio::test]
async fn a_signal_is_what_the_server_waits_for() {
    // From here on the signal is handled and no longer ends this process, though nobody waits for it yet.
    let signal = terminated();
    let sent = Command::new("kill").args(["-TERM", &std::process::id().to_string()]).status().unwrap();
    assert!(sent.success());
    timeout(PATIENCE, signal).await.unwrap();
}
