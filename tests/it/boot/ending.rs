//! SIGTERM and SIGINT: what runs is finished, nothing new begins, and idle connections hold nobody up.

use super::*;

#[tokio::test(flavor = "multi_thread")]
async fn sigterm_finishes_a_running_request_and_takes_no_new_ones() {
    let folder = scratch();
    let process = Process::serve(folder.path());
    let form = format!("grant_type=client_credentials&client_id=admin&client_secret={}", SECRET.replace(' ', "+"));
    let mut running = Wire::to(&process.url).await;
    let length = form.len();
    let head = format!(
        "POST /default/admin/oauth2/token HTTP/1.1\r\nhost: x\r\nexpect: 100-continue\r\ncontent-length: {length}\r\n\
         content-type: application/x-www-form-urlencoded\r\n\r\n"
    );
    running.send(head).await;
    assert_eq!(running.head().await.unwrap().status, 100, "the server waits for the body");
    process.signal("TERM");
    let address = process.url.trim_start_matches("http://").to_owned();
    while TcpStream::connect(&address).await.is_ok() {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    running.send(form).await;
    let reply = running.reply().await.expect("the request that ran is answered");
    assert_eq!(reply.status, 200, "{}", reply.text());
    assert!(reply.json()["access_token"].is_string());
    running.closed().await;
    assert_eq!(process.wait().code(), Some(0));
}

#[tokio::test(flavor = "multi_thread")]
async fn sigterm_ends_idle_connections_at_once() {
    let folder = scratch();
    // Every patience is longer than the test may take, so only an orderly end is quick.
    let mut start = serve(folder.path());
    for limit in ["DRAIN", "IDLE", "HEADER"] {
        start.env(format!("PORTCULLIS_LIMITS_{limit}_SECONDS"), "86400");
    }
    let process = Process::spawn(&mut start);
    let mut idle = Vec::new();
    for _ in 0..5 {
        let mut wire = Wire::to(&process.url).await;
        assert_eq!(wire.ask("GET /health/live", &[]).await.status, 200);
        idle.push(wire);
    }
    idle.push(Wire::to(&process.url).await); // says nothing at all
    assert_eq!(process.terminate().code(), Some(0));
    for mut wire in idle {
        wire.closed().await;
    }
}

/// Who waits for the address may stop the server right after it, and ask it through its socket.
#[test]
fn what_the_address_promises_is_there_when_it_is_printed() {
    for _ in 0..5 {
        let folder = scratch();
        let process = Process::spawn(&mut serve(folder.path()));
        assert!(folder.path().join("control.sock").exists());
        assert!(Command::new("kill").arg(process.id().to_string()).status().unwrap().success());
        assert_eq!(process.wait().code(), Some(0));
    }
}

#[test]
fn sigint_is_an_orderly_end_as_well() {
    let folder = scratch();
    let process = Process::serve(folder.path());
    process.signal("INT");
    assert_eq!(process.wait().code(), Some(0));
}
