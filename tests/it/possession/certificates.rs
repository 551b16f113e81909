//! Certificates of clients (RFC 8705): by which names and keys they prove a client, what tokens that are bound to one are worth
//! with another one, and that nobody can make one up who is no proxy.

use data_encoding::BASE64;
use portcullis::config::Config;
use rcgen::{
    BasicConstraints, CertificateParams, DistinguishedName, DnType, IsCa, Issuer, KeyPair, SanType, date_time_ymd,
};
use serde_json::{Value, json};
use tempfile::TempDir;

use super::{MACHINE, TOKEN, Works, refused};
use crate::support::{
    Answer, Caller, SECRET, TestServer, Wire,
    certificates::Certificates,
    holder::Holder,
    made::{ADMIN, basic, post_form},
    tills::claims,
};

const HEADER: &str = "x-client-cert";
const TENANT: &str = "/api/admin/default/tenant";

/// An authority, with its file.
struct Office {
    folder: TempDir,
    issuer: Issuer<'static, KeyPair>,
}

impl Office {
    fn open() -> Office {
        let folder = tempfile::tempdir().unwrap();
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let key = KeyPair::generate().unwrap();
        std::fs::write(folder.path().join("ca.pem"), params.self_signed(&key).unwrap().pem()).unwrap();
        Office { folder, issuer: Issuer::new(params, key) }
    }

    /// A certificate with all kinds of names, for another key each time.
    fn certify(&self, name: &str) -> Vec<u8> {
        let key = KeyPair::generate().unwrap();
        paper(name).signed_by(&key, &self.issuer).unwrap().der().to_vec()
    }

    /// The configuration of a server behind a proxy at `proxies`, which hands certificates on.
    fn behind(&self, proxies: &'static str) -> impl FnOnce(&mut Config) {
        let authorities = self.folder.path().join("ca.pem");
        move |config| {
            config.trusted_proxies = vec![proxies.parse().unwrap()];
            config.client_certificates.header = Some(HEADER.to_owned());
            config.client_certificates.authorities = Some(authorities);
        }
    }
}

fn paper(name: &str) -> CertificateParams {
    let mut params = CertificateParams::new(vec![format!("{name}.example"), "192.0.2.7".to_owned()]).unwrap();
    params.subject_alt_names.push(SanType::URI(format!("urn:example:{name}").as_str().try_into().unwrap()));
    params.subject_alt_names.push(SanType::Rfc822Name(format!("{name}@Till.example").as_str().try_into().unwrap()));
    params.distinguished_name = DistinguishedName::new();
    params.distinguished_name.push(DnType::CountryName, "DE");
    params.distinguished_name.push(DnType::OrganizationName, "Tills, Inc.");
    params.distinguished_name.push(DnType::CommonName, name);
    params
}

/// A certificate that nobody vouches for.
fn own(name: &str) -> Vec<u8> {
    paper(name).self_signed(&KeyPair::generate().unwrap()).unwrap().der().to_vec()
}

/// A caller whose proxy hands on this certificate.
fn showing(caller: &Caller, certificate: &[u8]) -> Caller {
    caller.clone().with_header(HEADER, &format!(":{}:", BASE64.encode(certificate)))
}

async fn works(change: impl FnOnce(&mut Config), client: Value) -> Works {
    let works = Works::on(TestServer::with(change).await, json!({})).await;
    works.change_machine(client).await.expect(200);
    works
}

/// Asks for a token with nothing but a certificate.
async fn ask(works: &Works, certificate: &[u8]) -> Answer {
    let form = format!("{MACHINE}&client_id=machine");
    post_form(&showing(&works.server.anonymous(), certificate), TOKEN, &form).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_name_that_an_authority_vouches_for_proves_a_client() {
    let office = Office::open();
    let by_name = |member: &str, name: &str| json!({ "token_endpoint_auth_method": "tls_client_auth", (member): name });
    let works = works(office.behind("127.0.0.0/8"), by_name("tls_client_auth_san_dns", "till.example")).await;
    let (till, other) = (office.certify("till"), office.certify("other"));
    for (member, right, wrong) in [
        ("tls_client_auth_subject_dn", r"CN=till,O=Tills\, Inc.,C=DE", "CN=till"),
        ("tls_client_auth_san_dns", "TILL.example", "example"),
        ("tls_client_auth_san_email", "till@till.EXAMPLE", "Till@till.example"),
        ("tls_client_auth_san_ip", "192.0.2.7", "192.0.2.8"),
        ("tls_client_auth_san_uri", "urn:example:till", "urn:example:Till"),
    ] {
        for (name, status) in [(right, 200), (wrong, 401)] {
            let mut client = json!({ "token_endpoint_auth_method": "tls_client_auth" });
            for other in ["subject_dn", "san_dns", "san_email", "san_ip", "san_uri"] {
                client[format!("tls_client_auth_{other}")] = Value::Null;
            }
            client[member] = json!(name);
            works.change_machine(client).await.expect(200);
            ask(&works, &till).await.expect(status);
        }
    }
    works.change_machine(json!({ "tls_client_auth_san_uri": "urn:example:till" })).await.expect(200);
    ask(&works, &till).await.expect(200);
    let mut late = paper("till");
    late.not_after = date_time_ymd(2025, 12, 31);
    let late = late.signed_by(&KeyPair::generate().unwrap(), &office.issuer).unwrap().der().to_vec();
    let foreign = Office::open().certify("till");
    let cut = &till[..till.len() - 1];
    for (what, shown) in [
        ("another name", &other[..]),
        ("nobody vouches for it", &own("till")),
        ("another authority does", &foreign),
        ("it has ended", &late),
        ("it is no certificate", b"till"),
        ("it is cut short", cut),
    ] {
        let answer = ask(&works, shown).await.expect(401);
        assert_eq!(answer.json()["error"], "invalid_client", "{what}");
    }
    // Neither its name alone nor its secret proves it.
    let form = format!("{MACHINE}&client_id=machine");
    post_form(&works.server.anonymous(), TOKEN, &form).await.expect(401);
    post_form(&works.machine, TOKEN, MACHINE).await.expect(401);
    post_form(&showing(&works.machine, &till), TOKEN, MACHINE).await.expect(401);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_certificate_of_its_own_proves_a_client_that_has_registered_it() {
    let office = Office::open();
    let key = KeyPair::generate().unwrap();
    let mine = paper("till").self_signed(&key).unwrap().der().to_vec();
    let point = key.public_key_raw();
    let encode = |bytes: &[u8]| data_encoding::BASE64URL_NOPAD.encode(bytes);
    let jwk = json!({ "kty": "EC", "crv": "P-256", "x": encode(&point[1..33]), "y": encode(&point[33..]) });
    let mut with_certificate = jwk.clone();
    with_certificate["x5c"] = json!([BASE64.encode(&mine)]);
    let client =
        |jwk: &Value| json!({ "token_endpoint_auth_method": "self_signed_tls_client_auth", "jwks": { "keys": [jwk] } });
    let works = works(office.behind("127.0.0.1"), client(&jwk)).await;
    ask(&works, &mine).await.expect(200);
    let renewed = paper("till").self_signed(&key).unwrap().der().to_vec();
    ask(&works, &renewed).await.expect(200);
    for stranger in [own("till"), office.certify("till")] {
        ask(&works, &stranger).await.expect(401);
    }
    works.change_machine(client(&with_certificate)).await.expect(200);
    ask(&works, &mine).await.expect(200);
    if renewed != mine {
        ask(&works, &renewed).await.expect(401);
    }
    let mut late = paper("till");
    late.not_after = date_time_ymd(2025, 12, 31);
    works.change_machine(client(&jwk)).await.expect(200);
    ask(&works, late.self_signed(&key).unwrap().der()).await.expect(401);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_that_is_bound_to_a_certificate_is_worth_nothing_with_another_one() {
    let office = Office::open();
    let bound = json!({ "tls_client_certificate_bound_access_tokens": true });
    for form in ["jwt", "opaque"] {
        let works = works(office.behind("127.0.0.1"), bound.clone()).await;
        works.change_machine(json!({ "access_token_strategy": form })).await.expect(200);
        refused(post_form(&works.machine, TOKEN, MACHINE).await, "invalid_request");
        let (mine, thiefs) = (office.certify("till"), office.certify("till"));
        let tokens = post_form(&showing(&works.machine, &mine), TOKEN, MACHINE).await.expect(200).json();
        assert_eq!(tokens["token_type"], "bearer");
        let token = tokens["access_token"].as_str().unwrap();
        let thumbprint = crate::support::holder::hash_of(&mine);
        let (path, about) = ("/default/shop/oauth2/introspect", format!("token={token}"));
        let said = post_form(&works.machine, path, &about).await.expect(200).json();
        assert_eq!(said["cnf"], json!({ "x5t#S256": thumbprint }));
        assert_eq!(said["token_type"], "bearer");
        let bearer = works.server.anonymous().with_header("authorization", &format!("Bearer {token}"));
        post_form(&showing(&bearer, &mine), path, &about).await.expect(200);
        for caller in [showing(&bearer, &thiefs), bearer.clone(), showing(&bearer, b"garbage")] {
            let answer = post_form(&caller, path, &about).await.expect(401);
            assert_eq!(answer.json()["error"], "invalid_token");
            assert!(answer.header("www-authenticate").unwrap().starts_with("Bearer error=\"invalid_token\""));
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_may_be_bound_to_both() {
    let office = Office::open();
    let client =
        json!({ "tls_client_certificate_bound_access_tokens": true, "security": { "dpop_bound_access_tokens": true } });
    let works = works(office.behind("127.0.0.1"), client).await;
    let (holder, mine) = (Holder::new("ES256"), office.certify("till"));
    refused(holder.ask(&works.server, &works.machine, TOKEN, MACHINE).await, "invalid_request");
    refused(post_form(&showing(&works.machine, &mine), TOKEN, MACHINE).await, "invalid_dpop_proof");
    let tokens = holder.ask(&works.server, &showing(&works.machine, &mine), TOKEN, MACHINE).await.expect(200).json();
    assert_eq!(tokens["token_type"], "DPoP");
    assert_eq!(claims(&tokens["access_token"])["cnf"].as_object().unwrap().len(), 2);
    let (path, token) = ("/default/shop/oauth2/introspect", tokens["access_token"].as_str().unwrap());
    let form = format!("token={token}");
    let caller = || holder.caller(&works.server, "POST", path, token);
    post_form(&caller(), path, &form).await.expect(401);
    post_form(&showing(&caller(), &mine), path, &form).await.expect(200);
    let bearer = works.server.anonymous().with_header("authorization", &format!("Bearer {token}"));
    post_form(&showing(&bearer, &mine), path, &form).await.expect(401);
}

#[tokio::test(flavor = "multi_thread")]
async fn only_a_trusted_proxy_hands_on_certificates() {
    let office = Office::open();
    let client = json!({ "token_endpoint_auth_method": "tls_client_auth", "tls_client_auth_san_dns": "till.example" });
    let forged = works(office.behind("10.0.0.0/8"), client.clone()).await;
    ask(&forged, &office.certify("till")).await.expect(401);
    let unnamed = TestServer::with(|config| config.trusted_proxies = vec!["127.0.0.1".parse().unwrap()]).await;
    let unnamed = Works::on(unnamed, json!({})).await;
    unnamed.change_machine(client).await.expect(200);
    ask(&unnamed, &office.certify("till")).await.expect(401);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_server_offers_what_can_arrive() {
    let office = Office::open();
    let path = "/default/shop/.well-known/openid-configuration";
    let offered = async |works: &Works| {
        let document = works.server.anonymous().get(path).await.expect(200).json();
        let methods = document["token_endpoint_auth_methods_supported"].as_array().unwrap().clone();
        let offers = |method: &str| methods.contains(&json!(method));
        let bound = document["tls_client_certificate_bound_access_tokens"] == json!(true);
        (offers("tls_client_auth"), offers("self_signed_tls_client_auth"), bound)
    };
    let works = Works::open(json!({})).await;
    assert_eq!(offered(&works).await, (false, false, false));
    let works = Works::on(TestServer::with(office.behind("127.0.0.1")).await, json!({})).await;
    assert_eq!(offered(&works).await, (true, true, true));
    let plain = |config: &mut Config| {
        office.behind("127.0.0.1")(config);
        config.trusted_proxies.clear();
    };
    let works = Works::on(TestServer::with(plain).await, json!({})).await;
    assert_eq!(offered(&works).await, (false, false, false));
}

/// One request over a TLS connection that shows the certificate of `who`.
async fn over(
    certificates: &Certificates,
    server: &TestServer,
    who: Option<&str>,
    head: &str,
    body: &str,
) -> (u16, Value) {
    let mut wire = Wire::over(certificates.connect(&server.url, who, "http/1.1").await.unwrap());
    let length = body.len();
    wire.send(format!("{head}\r\nhost: x\r\ncontent-length: {length}\r\n\r\n{body}")).await;
    let reply = wire.reply().await.unwrap();
    (reply.status, serde_json::from_str(&reply.text()).unwrap_or_default())
}

#[tokio::test(flavor = "multi_thread")]
async fn our_own_listener_takes_any_certificate_and_binds_tokens_to_it() {
    let certificates = Certificates::new();
    let server = TestServer::with(|config| {
        config.tls = Some(certificates.tls());
        config.client_certificates.any = true;
        config.public_url = Some("https://portcullis.test".to_owned());
    })
    .await;
    let send = async |who: Option<&str>, head: String, body: &str| over(&certificates, &server, who, &head, body).await;
    let form = "content-type: application/x-www-form-urlencoded";
    let admin = basic("admin", SECRET);
    let asked = format!("POST /default/admin/oauth2/token HTTP/1.1\r\nauthorization: {admin}\r\n{form}");
    let (_, tokens) = send(None, asked.clone(), MACHINE).await;
    let bearer = format!("authorization: Bearer {}", tokens["access_token"].as_str().unwrap());
    let json_body = "content-type: application/json";
    let (status, mut client) = send(None, format!("GET {ADMIN}/clients/admin HTTP/1.1\r\n{bearer}"), "").await;
    assert_eq!(status, 200, "{client}");
    client["tls_client_certificate_bound_access_tokens"] = json!(true);
    let put = format!("PUT {ADMIN}/clients/admin HTTP/1.1\r\n{bearer}\r\n{json_body}");
    let (status, answer) = send(None, put, &client.to_string()).await;
    assert_eq!(status, 200, "{answer}");
    // No authority vouches for the stranger: its key is its own all the same.
    for (who, other) in [("client", "stranger"), ("stranger", "client")] {
        let (status, tokens) = send(Some(who), asked.clone(), MACHINE).await;
        assert_eq!(status, 200, "{tokens}");
        let bearer = format!("authorization: Bearer {}", tokens["access_token"].as_str().unwrap());
        let get = format!("GET {TENANT} HTTP/1.1\r\n{bearer}");
        assert_eq!(send(Some(who), get.clone(), "").await.0, 200);
        assert_eq!(send(Some(other), get.clone(), "").await.0, 401);
        assert_eq!(send(None, get, "").await.0, 401);
    }
    assert_eq!(send(None, asked, MACHINE).await.0, 400);
}
