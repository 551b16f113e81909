//! People who have logged in and let clients have tokens, put into the store as the pages leave them there: for tests that
//! are about what comes afterwards.

use std::collections::BTreeMap;

use portcullis::{
    domain::{
        Domain,
        access::Access,
        client,
        grant::{self, Grant},
        handle::{self, Purpose},
        identity::Identity,
        server,
        session::Session,
        token::{self, Order, RefreshToken, refresh},
    },
    store::{Index, Write, index, records},
};
use serde_json::{Value, json};

use super::{Caller, TestServer, made::ADMIN};

/// The scopes of everything that people see and take back themselves.
pub const SELF_SERVICE: [&str; 6] = [
    "list_clients_with_access",
    "revoke_client_access",
    "view_consents",
    "manage_consents",
    "view_sessions",
    "manage_sessions",
];

/// A person at an authorization server of the tenant `default`.
#[derive(Clone)]
pub struct Person {
    admin: Caller,
    url: String,
    aid: String,
    subject: String,
    context: Value,
}

impl Person {
    /// A person of this name.
    pub fn new(server: &TestServer, aid: &str, subject: &str) -> Person {
        let (aid, subject) = (aid.to_owned(), subject.to_owned());
        Person { admin: server.as_admin(), url: server.url.clone(), aid, subject, context: json!({}) }
    }

    /// The same person, of whom this is known.
    pub fn knowing(mut self, context: Value) -> Person {
        self.context = context;
        self
    }

    /// The way in which the server knows the person, which it learns if need be.
    async fn method(&self) -> String {
        let path = format!("{ADMIN}/servers/{}", self.aid);
        let shown = self.admin.get(&path).await.expect(200).json();
        let mut methods = shown["authentications"]["methods"].as_array().unwrap().clone();
        methods.retain(|method| method["disabled"] != json!(true));
        let user =
            json!({ "username": self.subject, "password": "a password of theirs", "authentication_context": {} });
        let id = |method: &Value| method["id"].as_str().unwrap().to_owned();
        match methods.iter().position(|method| method["method"] == "static") {
            Some(place) => {
                let users = methods[place]["static"]["users"].as_array_mut().unwrap();
                if users.iter().any(|known| known["username"] == json!(self.subject)) {
                    return id(&methods[place]);
                }
                users.push(user);
            }
            None if !methods.is_empty() => return id(&methods[0]),
            None => methods
                .push(json!({ "id": "static", "name": "Static", "method": "static", "static": { "users": [user] } })),
        }
        let known = methods.iter().find(|method| method["method"] == "static").map(id).unwrap();
        self.admin.put(&format!("{path}/authentications"), &json!({ "methods": methods })).await.expect(200);
        known
    }

    async fn identity(&self, domain: &Domain) -> Identity {
        Identity {
            subject: self.subject.clone(),
            method: self.method().await,
            auth_time: domain.world.now_seconds(),
            acr: None,
            amr: vec!["pwd".to_owned()],
            context: self.context.to_string(),
            proof: None,
        }
    }

    /// A session for an hour in a browser of this name; answers its cookie and its id.
    pub async fn logs_in(&self, domain: &Domain, browser: &str) -> (String, String) {
        let (cookie, name) = handle::make(domain, Purpose::Session, "default", &self.aid);
        self.has_session(domain, &name, browser).await;
        (cookie.expose().to_owned(), name)
    }

    /// A session of this id.
    pub async fn has_session(&self, domain: &Domain, id: &str, browser: &str) {
        let now = domain.world.now_seconds();
        let session = Session {
            server_since: server::current(domain, "default", &self.aid).unwrap().value.since,
            identity: self.identity(domain).await,
            browser: browser.to_owned(),
            address: "192.0.2.7".to_owned(),
            since: now,
            ends: now + 3600,
            sid: String::new(),
            clients: BTreeMap::new(),
        };
        let (aid, subject, id) = (self.aid.clone(), self.subject.clone(), id.to_owned());
        let written = domain.write(move |write| {
            records::put(write, &["default", &aid, &id], &session)?;
            Ok(index::put(write, Index::SubjectSessions, &["default", &aid, &subject], &id)?)
        });
        written.await.unwrap();
    }

    /// Lets a client have scopes for a day, in a session or outside of any; answers the grant's id.
    pub async fn lets(&self, domain: &Domain, client: &str, scopes: &[&str], session: Option<&str>) -> String {
        let now = domain.world.now_seconds();
        let grant = Grant {
            server: self.aid.clone(),
            server_since: server::current(domain, "default", &self.aid).unwrap().value.since,
            client_id: client.to_owned(),
            client_since: client::current(domain, "default", client).unwrap().value.since,
            identity: self.identity(domain).await,
            session: session.map(str::to_owned),
            sid: None,
            scopes: scopes.iter().map(|scope| (*scope).to_owned()).collect(),
            since: now,
            ends: now + 86_400,
            ..Grant::default()
        };
        let id = grant::new_id(domain);
        let (aid, subject, name) = (self.aid.clone(), self.subject.clone(), id.clone());
        let written = domain.write(move |write| {
            records::put(write, &["default", &name], &grant)?;
            Ok(index::put(write, Index::SubjectGrants, &["default", &aid, &subject], &name)?)
        });
        written.await.unwrap();
        id
    }

    /// A refresh token for a day, made from a grant; answers its name.
    pub async fn may_refresh(&self, domain: &Domain, grant: &str) -> String {
        let now = domain.world.now_seconds();
        let (_, hash) = refresh::make(domain, "default", &self.aid, (grant, 0), None);
        let token = RefreshToken { hash, since: now, ends: now + 86_400, ..RefreshToken::default() };
        let (aid, subject, grant) = (self.aid.clone(), self.subject.clone(), grant.to_owned());
        let name = format!("{grant}.0");
        let put = move |write: &mut Write<'_>| Ok(records::put(write, &["default", &aid, &subject, &grant], &token)?);
        domain.write(put).await.unwrap();
        name
    }

    /// Says yes on the consent page: a client may have scopes without asking again.
    pub async fn remembers(&self, domain: &Domain, client: &str, scopes: &[&str]) {
        let access = Access {
            client_said: client::current(domain, "default", client).unwrap().value.said_since,
            server_since: server::current(domain, "default", &self.aid).unwrap().value.since,
            client_since: client::current(domain, "default", client).unwrap().value.since,
            scopes: scopes.iter().map(|scope| (*scope).to_owned()).collect(),
            granted: Default::default(),
            agreed: Default::default(),
            since: domain.world.now_seconds(),
        };
        let key = [self.aid.clone(), self.subject.clone(), client.to_owned()];
        let written = domain.write(move |write| {
            let [aid, subject, client] = &key;
            Ok(records::put(write, &["default", aid, subject, client], &access)?)
        });
        written.await.unwrap();
    }

    /// The bearer of a token made from a grant.
    pub async fn bearer(&self, domain: &Domain, grant_id: &str) -> Caller {
        let grant = grant::current(domain, "default", grant_id).unwrap().expect("the grant is there");
        let server = server::current(domain, "default", &grant.server).unwrap();
        let client = client::current(domain, "default", &grant.client_id).unwrap();
        let order = Order {
            tenant: "default",
            server: (&grant.server, &server.value),
            client: (&grant.client_id, &client.value),
            grant: Some((grant_id, &grant)),
            application: None,
            scopes: &grant.scopes,
            audience: &grant.resources,
            details: &grant.details,
            claims: Some(&grant.claims),
            confirmation: None,
            exchanged: None,
        };
        let minted = token::mint(domain, &order).await.unwrap();
        Caller::new(&self.url).with_token(minted.issued.access_token.expose())
    }
}
