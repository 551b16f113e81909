//! What a connection may be, and what is named when it is not.

use super::*;

fn wanted() -> Wanted {
    let connection = Connection {
        name: "Mail".to_owned(),
        description: "two\nlines".to_owned(),
        provider: Provider::Google,
        client_id: Some("us".to_owned()),
        redirects: vec![NodeRedirect { node: "node1:8080-uc".to_owned(), url: "htttp://localhost/back".to_owned() }],
        scopes: vec!["https://mail.google.com".to_owned()],
        groups: vec!["test".to_owned()],
        secret_since: 0,
    };
    Wanted { connection, secret: Secret::new("a secret") }
}

fn wrong(id: Option<&str>, change: impl FnOnce(&mut Wanted)) -> Vec<String> {
    let mut wanted = wanted();
    change(&mut wanted);
    match check(id, &wanted) {
        Ok(()) => Vec::new(),
        Err(Failure::Invalid(problems)) => problems.into_iter().map(|problem| problem.member).collect(),
        Err(other) => panic!("{other:?}"),
    }
}

fn other(authorization: &str, token: &str) -> Provider {
    Provider::Other { authorization_endpoint: authorization.to_owned(), token_endpoint: token.to_owned() }
}

#[test]
fn what_the_documents_show_is_fine() {
    assert_eq!(wrong(Some("239119555c2c427f8f5b29faeecfdc27"), |_| {}), [""; 0]);
    assert_eq!(wrong(None, |wanted| wanted.connection.client_id = None), [""; 0]);
    assert_eq!(wrong(None, |wanted| wanted.connection.name = "ä".repeat(100)), [""; 0]);
}

#[test]
fn every_wrong_member_is_named() {
    for id in
        ["", "239119555C2C427F8F5B29FAEECFDC27", "239119555c2c427f8f5b29faeecfdc2", "../19555c2c427f8f5b29faeecfdc27"]
    {
        assert_eq!(wrong(Some(id), |_| {}), ["/sysId"], "{id}");
    }
    let all = wrong(None, |Wanted { connection, secret }| {
        connection.name = "a".repeat(101);
        connection.description = "\u{1}".to_owned();
        connection.client_id = Some(String::new());
        connection.redirects[0].node = String::new();
        connection.scopes = Vec::new();
        connection.groups = vec!["fine".to_owned(), String::new()];
        *secret = Secret::new("");
    });
    let members = [
        "/clientId",
        "/clientSecret",
        "/clusterRedirectUrls/0/clusterNode",
        "/description",
        "/name",
        "/opswiseGroups/1",
        "/scopes",
    ];
    assert_eq!(all, members);
    assert_eq!(wrong(None, |wanted| wanted.connection.scopes = vec!["a".into(), "b c".into()]), ["/scopes/1"]);
    assert_eq!(wrong(None, |wanted| wanted.connection.groups = vec!["g".into(); 1001]), ["/opswiseGroups"]);
    assert_eq!(wrong(None, |wanted| wanted.secret = Secret::new("s".repeat(4097))), ["/clientSecret"]);
}

#[test]
fn endpoints_are_over_tls_or_on_the_machine() {
    let at = |address: &str| wrong(None, |wanted| wanted.connection.provider = other(address, address));
    for address in ["https://as.example/a?b=c", "http://127.0.0.1:8080/a", "http://localhost/a", "http://[::1]/a"] {
        assert_eq!(at(address), [""; 0], "{address}");
    }
    for address in [
        "",
        "http://as.example/a",
        "https://as.example/a#b",
        "https://u@as.example/",
        "javascript:alert(1)",
        "/a",
        "https://a b",
    ] {
        assert_eq!(at(address), ["/authorizationEndpoint", "/tokenEndpoint"], "{address}");
    }
}

#[test]
fn a_directory_of_microsofts_stands_in_its_addresses() {
    let azure = |tenant: &str| Provider::AzureAd { tenant: tenant.to_owned() };
    assert_eq!(azure("common").token_endpoint(), "https://login.microsoftonline.com/common/oauth2/v2.0/token");
    for tenant in ["common", "contoso.onmicrosoft.com", "72f988bf-86f1-41af-91ab-2d7cd011db47"] {
        assert_eq!(wrong(None, |wanted| wanted.connection.provider = azure(tenant)), [""; 0], "{tenant}");
    }
    for tenant in ["", "..", "a/b", "a?b", "ä"] {
        assert_eq!(wrong(None, |wanted| wanted.connection.provider = azure(tenant)), ["/tenantId"], "{tenant}");
    }
}

#[test]
fn an_answer_is_believed_of_whoever_was_asked_only() {
    let ours = other("https://as.example/t/a/oauth2/authorize", "https://as.example/t/a/oauth2/token");
    for issuer in ["https://as.example/t/a", "https://as.example/t/a/", "https://as.example"] {
        assert!(ours.may_be_called(issuer), "{issuer}");
    }
    for issuer in [
        "https://as.example/t/b",
        "https://as.example/t/a/oauth2/auth",
        "https://evil.example",
        "https:",
        "",
        "http://as.example",
    ] {
        assert!(!ours.may_be_called(issuer), "{issuer}");
    }
    assert!(Provider::Google.may_be_called("https://accounts.google.com"));
    let azure = Provider::AzureAd { tenant: "common".to_owned() };
    assert!(azure.may_be_called("https://login.microsoftonline.com/72f988bf/v2.0"));
    assert!(!azure.may_be_called("https://login.microsoftonline.com.evil.example/"));
}

#[test]
fn the_provider_stays() {
    assert!(same_provider(&other("https://a.example", "https://a.example"), &other("https://b.example", "x")).is_ok());
    assert!(same_provider(&Provider::Google, &other("https://b.example", "x")).is_err());
}
