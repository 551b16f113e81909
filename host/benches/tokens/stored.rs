//! Grants, codes and tokens put into a store that no server has open: as many as a cell needs, without asking for each.

use std::path::Path;

use portcullis::{
    config::{Config, Flags},
    crypto::{Secret, digest},
    domain::{
        Domain,
        access::Access,
        authorize::Code,
        client, grant,
        grant::Grant,
        handle::{self, Purpose},
        identity::Identity,
        server as servers,
        session::Session,
        token::{AccessToken, RefreshToken, refresh},
    },
    server::{self, Assembled},
    store::{Index, StoreError, index, records},
    world::World,
};

/// The domain on a data folder.
pub(crate) fn open(folder: &Path) -> Domain {
    let variables = [("PORTCULLIS_PUBLIC_URL".to_owned(), "http://127.0.0.1".to_owned())];
    let flags = Flags { data: Some(folder.join("data")), ..Flags::default() };
    let config = Config::load(None, variables.into_iter(), flags).unwrap();
    let world = World::system();
    let vault = server::open_vault(&config, None, &world).unwrap();
    let sandbox = server::start_sandbox(&config, &vault, std::sync::Arc::new(portcullis::decision::NoLibrary)).unwrap();
    let store = server::open_store(&config).unwrap();
    let parts = Assembled { store, vault, world, sandbox, observer: std::sync::Arc::new(Unheard) };
    server::assemble(&config, parts, config.public_url.clone().unwrap_or_default(), false).unwrap()
}

struct Unheard;

impl portcullis::domain::Observer for Unheard {
    fn shadowed(&self, _: portcullis::domain::difference::Change) {}

    fn shadow_dropped(&self) {}

    fn store(&self, _: u64) {}
    fn decided(&self, _: &portcullis::decision::Verdict) {}
    fn answered(&self, _: u64) {}
    fn logged(&self, _: u64, _: u64) {}
}

/// How many go into one transaction.
const AT_ONCE: usize = 10_000;

/// Adds `count` opaque access tokens of the client of `server`, and answers some of them.
pub(crate) fn access_tokens(domain: &Domain, server: &str, client_id: &str, count: usize) -> Vec<Secret> {
    let since = servers::current(domain, "default", server).unwrap().value.since;
    let client_since = client::current(domain, "default", client_id).unwrap().value.since;
    let now = domain.world.now_seconds();
    let issuer = domain.issuer("default", server);
    let mut shown = Vec::new();
    for start in (0..count).step_by(AT_ONCE) {
        let batch: Vec<(Secret, String, AccessToken)> = (start..count.min(start + AT_ONCE))
            .map(|number| {
                let (token, name) = handle::make(domain, Purpose::Access, "default", "");
                let claims = serde_json::json!({
                    "iss": issuer, "sub": client_id, "aud": [issuer], "client_id": client_id, "iat": now, "nbf": now, "exp": now + 86_400,
                    "jti": format!("{number:032x}"), "scope": "openid", "scp": ["openid"], "tid": "default", "aid": server, "client_since": client_since,
                });
                (token, name, AccessToken { server_since: since, claims: claims.to_string(), ends: now + 86_400 })
            })
            .collect();
        let records: Vec<(String, AccessToken)> =
            batch.iter().map(|(_, name, token)| (name.clone(), token.clone())).collect();
        domain
            .store
            .write_blocking::<(), StoreError>(move |write| {
                records.iter().try_for_each(|(name, token)| records::put(write, &["default", name], token))
            })
            .unwrap();
        let step = (count / 10_000).max(1);
        shown.extend(batch.into_iter().step_by(step).map(|(token, _, _)| token));
    }
    shown
}

/// Adds `count` grants of the person with a code each (no PKCE), or with a refresh token each.
pub(crate) fn granted(domain: &Domain, server: &str, client_id: &str, count: usize) -> (Vec<Secret>, Vec<Secret>) {
    let server_since = servers::current(domain, "default", server).unwrap().value.since;
    let client_since = client::current(domain, "default", client_id).unwrap().value.since;
    let now = domain.world.now_seconds();
    let one = |_| {
        let scopes = ["openid", "profile", "offline_access"].map(str::to_owned).to_vec();
        let identity = Identity {
            subject: "ada".to_owned(),
            method: "people".to_owned(),
            auth_time: now,
            acr: None,
            amr: vec!["pwd".to_owned()],
            context: r#"{"name":"Ada"}"#.to_owned(),
            proof: None,
        };
        let grant = Grant {
            server: server.to_owned(),
            server_since,
            client_id: client_id.to_owned(),
            client_since,
            identity,
            own: false,
            application: None,
            session: None,
            sid: None,
            scopes,
            nonce: None,
            since: now,
            ends: now + 86_400,
            ..Grant::default()
        };
        let id = grant::new_id(domain);
        let refresh = refresh::make(domain, "default", server, (&id, 0), None);
        (id, grant, handle::make(domain, Purpose::Code, "default", server), refresh)
    };
    let made: Vec<_> = (0..count).map(one).collect();
    let secrets = made.iter().map(|(_, _, code, refresh)| (code.0.clone(), refresh.0.clone())).unzip();
    let server = server.to_owned();
    domain
        .store
        .write_blocking(move |write| {
            for (id, grant, code, refresh) in &made {
                records::put(write, &["default", id], grant)?;
                index::put(write, Index::SubjectGrants, &["default", &server, "ada"], id)?;
                let record = Code { grant: id.clone(), ends: now + 86_400, ..Code::default() };
                records::put(write, &["default", &server, &code.1], &record)?;
                let (hash, ends) = (refresh.1.clone(), now + 86_400);
                let record = RefreshToken { hash, since: now, ends, ..RefreshToken::default() };
                records::put(write, &["default", &server, "ada", id], &record)?;
            }
            Ok::<(), StoreError>(())
        })
        .unwrap();
    secrets
}

/// Lets `count` people be logged in by the method `method` of `server`, who have let the client have what it asks for. Answers the
/// cookies of their browsers, as a header.
pub(crate) fn logged_in(domain: &Domain, server: &str, client_id: &str, method: &str, count: usize) -> Vec<String> {
    let server_since = servers::current(domain, "default", server).unwrap().value.since;
    let client = client::current(domain, "default", client_id).unwrap();
    let now = domain.world.now_seconds();
    let hash = data_encoding::HEXLOWER.encode(&digest::sha256(format!("default/{server}").as_bytes()));
    let short = hash.get(..8).unwrap();
    let one = |number: usize| {
        let (cookie, name) = handle::make(domain, Purpose::Session, "default", server);
        let (binding, _) = handle::make(domain, Purpose::Browser, "default", server);
        let identity = Identity {
            subject: format!("person-{number:06}"),
            method: method.to_owned(),
            auth_time: now,
            acr: None,
            amr: Vec::new(),
            context: r#"{"name":"Ada"}"#.to_owned(),
            proof: None,
        };
        let session = Session {
            server_since,
            identity,
            browser: String::new(),
            address: "127.0.0.1".to_owned(),
            since: now,
            ends: now + 86_400,
            sid: String::new(),
            clients: std::collections::BTreeMap::new(),
        };
        let cookies = format!("pc-s-{short}={}; pc-b-{short}={}", cookie.expose(), binding.expose());
        (name, session, cookies)
    };
    let access = Access {
        server_since,
        client_since: client.value.since,
        client_said: client.value.said_since,
        scopes: ["openid", "profile"].map(str::to_owned).to_vec(),
        since: now,
        ..Access::default()
    };
    let made: Vec<_> = (0..count).map(one).collect();
    let cookies = made.iter().map(|(_, _, cookies)| cookies.clone()).collect();
    let (server, client_id) = (server.to_owned(), client_id.to_owned());
    domain
        .store
        .write_blocking(move |write| {
            for (name, session, _) in &made {
                let subject = &session.identity.subject;
                records::put(write, &["default", &server, name], session)?;
                index::put(write, Index::SubjectSessions, &["default", &server, subject], name)?;
                records::put(write, &["default", &server, subject, &client_id], &access)?;
            }
            Ok::<(), StoreError>(())
        })
        .unwrap();
    cookies
}
