//! FAPI 2 with certificates, over TLS from the first byte to the last: the request is pushed, the person says yes, the code is
//! redeemed, and the token is good with the certificate that it was asked for with (RFC 8705).

use std::collections::BTreeMap;

use portcullis::{
    crypto::digest,
    domain::{
        handle::{self, Purpose},
        identity::Identity,
        server,
        session::Session,
    },
    store::records,
};
use serde_json::{Value, json};
use tokio_rustls::rustls::pki_types::{CertificateDer, pem::PemObject};

use super::{ADMIN, PUBLIC};
use crate::support::{
    SECRET, TestServer, Wire,
    certificates::Certificates,
    holder::hash_of,
    made::{FORM, basic},
    tills::claims,
    visitor::parameter,
    wire::Reply,
};

const BACK: &str = "https://app.example/back";
const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";

/// A server that is reached by TLS only, and those who have certificates.
struct Vault {
    server: TestServer,
    certificates: Certificates,
}

impl Vault {
    async fn open() -> Vault {
        let certificates = Certificates::new();
        let tls = certificates.tls();
        let server = TestServer::with(|config| {
            config.tls = Some(tls);
            config.client_certificates.any = true;
            config.public_url = Some(PUBLIC.to_owned());
        })
        .await;
        Vault { server, certificates }
    }

    /// One request on a connection of its own, which shows the certificate of `who`.
    async fn ask(&self, who: Option<&str>, line: &str, headers: &[(&str, &str)], body: &str) -> Reply {
        let mut wire = Wire::over(self.certificates.connect(&self.server.url, who, "http/1.1").await.unwrap());
        let headers: String = headers.iter().map(|(name, value)| format!("{name}: {value}\r\n")).collect();
        let length = body.len();
        wire.send(format!("{line} HTTP/1.1\r\nhost: x\r\n{headers}content-length: {length}\r\n\r\n{body}")).await;
        wire.reply().await.unwrap()
    }

    async fn post(&self, who: Option<&str>, endpoint: &str, form: &str) -> Reply {
        let line = format!("POST /default/bank/oauth2/{endpoint}");
        self.ask(who, &line, &[("content-type", FORM)], form).await
    }

    /// Makes the server, a person and a client that its certificate proves.
    async fn furnish(&self) {
        let form = "grant_type=client_credentials";
        let headers = [("authorization", basic("admin", SECRET)), ("content-type", FORM.to_owned())];
        let headers: Vec<(&str, &str)> = headers.iter().map(|(name, value)| (*name, value.as_str())).collect();
        let tokens = self.ask(None, "POST /default/admin/oauth2/token", &headers, form).await.json();
        let bearer = format!("Bearer {}", tokens["access_token"].as_str().unwrap());
        let alice = json!({ "username": "alice", "password": "a password of hers", "authentication_context": {} });
        let mut bank = super::held_to("fapi_2_security");
        bank["authentications"] = json!({ "methods": [{ "id": "staff", "name": "Staff", "method": "static", "static": { "users": [alice] } }] });
        let app = json!({
            "authorization_server_id": "bank", "client_id": "app", "client_name": "app", "scopes": ["openid"], "trusted": true,
            "grant_types": ["authorization_code", "refresh_token"], "response_types": ["code"], "redirect_uris": [BACK],
            "token_endpoint_auth_method": "tls_client_auth", "tls_client_auth_san_dns": "localhost",
            "tls_client_certificate_bound_access_tokens": true,
        });
        for (noun, body) in [("servers", bank), ("clients", app)] {
            let headers = [("authorization", bearer.as_str()), ("content-type", "application/json")];
            let made = self.ask(None, &format!("POST {ADMIN}/{noun}"), &headers, &body.to_string()).await;
            assert_eq!(made.status, 201, "{noun}: {}", made.text());
        }
    }

    /// The cookie of a browser in which Alice has logged in.
    async fn cookie(&self) -> String {
        let domain = &self.server.app.domain;
        let (cookie, name) = handle::make(domain, Purpose::Session, "default", "bank");
        let now = domain.world.now_seconds();
        let identity = Identity {
            subject: "alice".to_owned(),
            method: "staff".to_owned(),
            auth_time: now,
            amr: vec!["pwd".to_owned()],
            context: "{}".to_owned(),
            ..Identity::default()
        };
        let session = Session {
            server_since: server::current(domain, "default", "bank").unwrap().value.since,
            identity,
            browser: "A browser".to_owned(),
            address: "192.0.2.7".to_owned(),
            since: now,
            ends: now + 3600,
            sid: String::new(),
            clients: BTreeMap::new(),
        };
        domain.write(move |write| Ok(records::put(write, &["default", "bank", &name], &session)?)).await.unwrap();
        format!("__Host-pc-s-{}={}", &digest::sha256_hex(b"default/bank")[..8], cookie.expose())
    }

    /// What is pushed with a certificate, and the code that comes back for it.
    async fn code(&self) -> String {
        let request = [
            ("client_id", "app"),
            ("redirect_uri", BACK),
            ("response_type", "code"),
            ("scope", "openid"),
            ("code_challenge", CHALLENGE),
            ("code_challenge_method", "S256"),
        ];
        let form = form_urlencoded::Serializer::new(String::new()).extend_pairs(request).finish();
        for nobody in [None, Some("stranger")] {
            let refused = self.post(nobody, "par", &form).await;
            assert_eq!((refused.status, refused.json()["error"].clone()), (401, json!("invalid_client")), "{nobody:?}");
        }
        let pushed = self.post(Some("client"), "par", &form).await;
        assert_eq!(pushed.status, 201, "{}", pushed.text());
        let reference = pushed.json()["request_uri"].as_str().unwrap().replace(':', "%3A");
        let line = format!("GET /default/bank/oauth2/authorize?client_id=app&request_uri={reference}");
        let answer = self.ask(None, &line, &[("cookie", &self.cookie().await)], "").await;
        let place = answer.header("location").unwrap_or_else(|| panic!("{}", answer.text()));
        assert!(place.starts_with(BACK), "{place}");
        assert_eq!(parameter(place, "iss"), format!("{PUBLIC}/default/bank"));
        parameter(place, "code")
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_whole_flow_of_fapi_2_with_certificates() {
    let vault = Vault::open().await;
    vault.furnish().await;
    let code = vault.code().await;
    let form =
        format!("grant_type=authorization_code&client_id=app&code={code}&redirect_uri={BACK}&code_verifier={VERIFIER}");
    for nobody in [None, Some("stranger")] {
        let refused = vault.post(nobody, "token", &form).await;
        assert_eq!((refused.status, refused.json()["error"].clone()), (401, json!("invalid_client")), "{nobody:?}");
    }
    let answer = vault.post(Some("client"), "token", &form).await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    let tokens: Value = answer.json();
    let shown = CertificateDer::from_pem_file(vault.certificates.file("client.pem")).unwrap();
    let thumbprint = hash_of(&shown);
    assert_eq!(tokens["token_type"].as_str().map(str::to_ascii_lowercase).as_deref(), Some("bearer"));
    assert_eq!(claims(&tokens["access_token"])["cnf"], json!({ "x5t#S256": thumbprint }));

    let bearer = format!("Bearer {}", tokens["access_token"].as_str().unwrap());
    let line = "GET /default/bank/userinfo";
    let told = vault.ask(Some("client"), line, &[("authorization", &bearer)], "").await;
    assert_eq!((told.status, told.json()["sub"].clone()), (200, json!("alice")));
    for thief in [None, Some("stranger"), Some("server")] {
        let refused = vault.ask(thief, line, &[("authorization", &bearer)], "").await;
        assert_eq!(refused.status, 401, "{thief:?}: {}", refused.text());
        assert!(refused.all("www-authenticate").iter().any(|line| line.contains("invalid_token")), "{thief:?}");
    }
}
