//! The console's pages: what they are allowed to do, and the playground of policies in a real browser. What is done and looked at
//! there stands in `tests/interop/console.mjs`.

use crate::support::{
    SECRET, TestServer,
    made::ADMIN,
    scripts::{Script, installed, screenshots},
};

covers!("consolePolicies", "consoleStyle", "consoleScript");

#[tokio::test]
async fn the_pages_run_nothing_but_their_own_script() {
    let server = TestServer::start().await;
    let page = server.anonymous().get("/console/policies").await.expect(200);
    let policy = page.header("content-security-policy").unwrap();
    for part in ["default-src 'none'", "script-src 'self'", "connect-src 'self'", "frame-ancestors 'none'"] {
        assert!(policy.contains(part), "{policy}");
    }
    let html = page.text();
    assert!(!html.contains("<script>") && !html.contains("style=") && !html.contains(" onclick"), "inline code");
    for (path, kind) in [("/console/console.css", "text/css"), ("/console/policies.js", "text/javascript")] {
        assert!(html.contains(path), "the page names {path}");
        let asset = server.anonymous().get(path).await.expect(200);
        assert!(asset.header("content-type").unwrap().starts_with(kind), "{path}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn policies_are_written_and_tried_in_chromium() {
    if !installed("/usr/bin/chromium") {
        return;
    }
    let Some(script) = Script::node("console.mjs") else { return };
    let server = TestServer::start().await;
    let script = script.with("BASE", &server.url).with("SECRET", SECRET).with("SHOTS", screenshots());
    script.run(None).await;
    let saved = server.as_admin().get(&format!("{ADMIN}/policies/from-the-console")).await.expect(200).json();
    assert_eq!((&saved["language"], &saved["mode"]), (&"rego".into(), &"monitor".into()), "{saved}");
}
