//! Bodies that are made to hurt whoever reads XML.

use http::Method;

use super::{CLIENTS, XML, administrator, send_xml};
use crate::support::TestServer;

/// Nine levels of ten: a thousand million laughs.
fn laughs() -> String {
    let level = |n: usize| format!("<!ENTITY l{n} \"{}\">", format!("&l{};", n - 1).repeat(10));
    let levels: String = (1..10).map(level).collect();
    format!(
        "<?xml version=\"1.0\"?><!DOCTYPE x [<!ENTITY l0 \"lol\">{levels}]><oauthClient><name>&l9;</name></oauthClient>"
    )
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_expanded_fetched_or_nested_without_end() {
    let server = TestServer::start().await;
    let admin = administrator(&server);
    let listening = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    listening.set_nonblocking(true).unwrap();
    let port = listening.local_addr().unwrap().port();
    let file = "<!DOCTYPE x [<!ENTITY f SYSTEM \"file:///etc/passwd\">]><oauthClient><name>&f;</name></oauthClient>"
        .to_owned();
    let external = format!("<!DOCTYPE x SYSTEM \"http://127.0.0.1:{port}/x.dtd\"><oauthClient/>");
    let parameter = format!("<!DOCTYPE x [<!ENTITY % p SYSTEM \"http://127.0.0.1:{port}/p\"> %p;]><oauthClient/>");
    for text in [laughs(), file, external, parameter] {
        for method in [Method::POST, Method::PUT] {
            let answer = send_xml(&admin, method, &text).await.expect(400);
            assert!(answer.text().starts_with("The body must not have a document type"), "{}", answer.text());
        }
    }
    assert!(listening.accept().is_err(), "nobody was asked for anything");
    let nested = format!("<oauthClient>{}{}</oauthClient>", "<a>".repeat(100_000), "</a>".repeat(100_000));
    let wide = format!("<oauthClient><scopes>{}</scopes></oauthClient>", "<scope>a</scope>".repeat(20_000));
    let attributes: String = (0..20_000).map(|n| format!(" a{n}=''")).collect();
    for text in
        [nested, wide, format!("<oauthClient{attributes}/>"), "<".repeat(500_000), "<a".to_owned(), String::new()]
    {
        let answer = send_xml(&admin, Method::POST, &text).await.expect(400);
        assert!(answer.text().starts_with("The body ") && answer.text().len() < 120, "{}", answer.text());
    }
    assert_eq!(admin.get(&format!("{CLIENTS}/list")).await.expect(200).text().matches("<oauthClient ").count(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn one_document_says_each_thing_once() {
    let server = TestServer::start().await;
    let admin = administrator(&server);
    for (from, to, sentence) in [
        ("</name>", "</name><name>Other</name>", "Invalid name: is given more than once."),
        ("<name>", "<name lang=\"en\">", "Invalid name: must not have attributes."),
        ("retainSysIds=\"true\"", "retainSysIds=\"perhaps\"", "Invalid retainSysIds: must be true or false."),
        ("retainSysIds=\"true\"", "retain=\"true\"", "Invalid retain: is no attribute of oauthClient."),
        (
            "<opswiseGroups/>",
            "<opswiseGroups><group/></opswiseGroups>",
            "Invalid opswiseGroups/0: must be an element opswiseGroup.",
        ),
        ("<description>", "text<description>", "The body has text beside elements (at byte"),
        ("encoding=\"UTF-8\"", "encoding=\"ISO-8859-1\"", "The body must be in UTF-8 (at byte 0)."),
        ("oauthClient", "calendar", "The body must be an element oauthClient."),
    ] {
        let text = XML.replace(from, to);
        assert_ne!(text, XML);
        let answer = send_xml(&admin, Method::POST, &text).await.expect(400);
        assert!(answer.text().starts_with(sentence), "{to}: {}", answer.text());
    }
    send_xml(&admin, Method::POST, &format!("\u{feff}{XML}")).await.expect(200);
}
