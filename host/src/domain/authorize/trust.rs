//! Whom an answer may go to: the client and its redirect URI. Until both are certain, nothing is told to anybody but the
//! person in front of the browser (RFC 6749 §3.1.2.4), or the endpoint would be an open redirector.
//!
//! Called by `begin` before anything else, and by `conclude` before an answer leaves.

use std::sync::Arc;

use super::{Place, sent::Sent};
use crate::{
    domain::{
        Failure,
        client::{self, AuthMethod, Client},
    },
    store::State,
};

/// The client that asks: one of this very server.
pub(super) fn client(place: Place<'_>, sent: Sent<'_>) -> Result<(String, Arc<State<Client>>), Failure> {
    let id = required(sent, "client_id")?.ok_or_else(|| Failure::malformed("client_id", "is required"))?;
    let unknown = || Failure::malformed("client_id", format!("there is no client `{id}` on this server"));
    let found = match client::current(place.domain, place.tenant, id) {
        Err(Failure::NotFound { .. }) => return Err(unknown()),
        other => other?,
    };
    if found.value.server == place.id { Ok((id.to_owned(), found)) } else { Err(unknown()) }
}

/// Where the answer goes, and whether the request named it. A client with several has to say which.
pub(super) fn redirect_uri(client: &Client, sent: Sent<'_>) -> Result<(String, bool), Failure> {
    let refused = |reason| Err(Failure::malformed("redirect_uri", reason));
    match (required(sent, "redirect_uri")?, client.redirect_uris.as_slice()) {
        (Some(named), known) if known.iter().any(|known| is_same(client, known, named)) => Ok((named.to_owned(), true)),
        (Some(_), _) => refused("is not one of the client's"),
        (None, [only]) => Ok((only.clone(), false)),
        (None, []) => refused("is needed, and the client has none"),
        (None, _) => refused("is required, since the client has more than one"),
    }
}

/// Refuses an answer to a redirect URI that the client has no more: it may have been taken from it because it is somebody
/// else's. Only the person is told.
pub(super) fn still(client: &Client, redirect_uri: &str) -> Result<(), Failure> {
    match client.redirect_uris.iter().any(|known| is_same(client, known, redirect_uri)) {
        true => Ok(()),
        false => Err(Failure::malformed("redirect_uri", "is not one of the client's any more")),
    }
}

fn required<'a>(sent: Sent<'a>, name: &'static str) -> Result<Option<&'a str>, Failure> {
    match sent.wrong(name) {
        Some(reason) => Err(Failure::malformed(name, reason)),
        None => Ok(sent.get(name)),
    }
}

/// Whether a redirect URI is the client's own: the same text, byte for byte (RFC 9700 §2.1). Only an app on the person's
/// machine, which cannot know its port before it runs, may name another one (RFC 8252 §7.3).
fn is_same(client: &Client, known: &str, named: &str) -> bool {
    let native = client.auth_method == AuthMethod::None;
    known == named || (native && on_this_machine(known).is_some() && on_this_machine(known) == on_this_machine(named))
}

/// The host and what follows the port of a plain http URI of the machine itself.
fn on_this_machine(uri: &str) -> Option<(&str, &str)> {
    let rest = uri.strip_prefix("http://")?;
    let host = ["127.0.0.1", "[::1]", "localhost"].into_iter().find(|host| rest.starts_with(host))?;
    let rest = rest.strip_prefix(host)?;
    let path = match rest.strip_prefix(':') {
        None => rest,
        Some(port) => {
            let digits = port.bytes().take_while(u8::is_ascii_digit).count();
            let (port, path) = port.split_at_checked(digits)?;
            port.parse::<u16>().ok().filter(|port| *port != 0)?;
            path
        }
    };
    // Whatever else stands here would make it another host, such as `127.0.0.1.example.com` or `localhost@example.com`.
    (path.is_empty() || path.starts_with(['/', '?'])).then_some((host, path))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(method: AuthMethod, known: &[&str], named: &str) -> bool {
        let known = known.iter().map(|uri| (*uri).to_owned()).collect();
        let client = Client { auth_method: method, redirect_uris: known, ..Client::default() };
        let sent = [("redirect_uri".to_owned(), named.to_owned())];
        redirect_uri(&client, Sent::new(&sent)).is_ok()
    }

    #[test]
    fn a_redirect_uri_is_the_clients_own_byte_for_byte() {
        const KNOWN: &[&str] = &["https://shop.example/back", "https://shop.example/other?a=b"];
        for method in [AuthMethod::ClientSecretBasic, AuthMethod::None] {
            assert!(KNOWN.iter().all(|uri| found(method, KNOWN, uri)));
            for trick in [
                "https://shop.example/back/",
                "https://shop.example/bac",
                "https://shop.example/back?a=b",
                "https://shop.example/back#",
                "https://shop.example/back#x",
                "https://shop.example/other",
                "https://shop.example/other?a=b&c=d",
                "https://shop.example/back/../evil",
                "https://shop.example/%62ack",
                "https://shop.example:443/back",
                "https://SHOP.example/back",
                "HTTPS://shop.example/back",
                "https://shop.example/Back",
                "https://shop.example.evil.example/back",
                "https://shop.example@evil.example/back",
                "https://evil.example/https://shop.example/back",
                "https://evil.example\\@shop.example/back",
                "https://shop.example/back ",
                " https://shop.example/back",
                "https://shop.example/back\n",
                "http://shop.example/back",
                "//shop.example/back",
                "javascript:alert(1)",
            ] {
                assert!(!found(method, KNOWN, trick), "{trick}");
            }
        }
    }

    #[test]
    fn the_port_is_the_apps_own_only_on_its_machine() {
        const KNOWN: &[&str] = &["http://127.0.0.1/back", "http://[::1]:3000/back?a=b", "http://localhost:1"];
        for named in
            ["http://127.0.0.1:51234/back", "http://127.0.0.1/back", "http://[::1]/back?a=b", "http://localhost:65535"]
        {
            assert!(found(AuthMethod::None, KNOWN, named), "{named}");
            let exact = KNOWN.contains(&named);
            assert_eq!(found(AuthMethod::ClientSecretBasic, KNOWN, named), exact, "no app, another port: {named}");
        }
        for trick in [
            "http://127.0.0.1:0/back",
            "http://127.0.0.1:65536/back",
            "http://127.0.0.1:/back",
            "http://127.0.0.1:80x/back",
            "http://127.0.0.1:+80/back",
            "http://127.0.0.1:80@evil.example/back",
            "http://127.0.0.1@evil.example/back",
            "http://127.0.0.1.evil.example/back",
            "http://127.0.0.2/back",
            "http://localhost/back",
            "http://localhost.evil.example",
            "https://127.0.0.1:51234/back",
            "http://127.0.0.1:80/back#x",
            "http://127.0.0.1:80/other",
            "http://127.0.0.1:80/back?a=b",
            "http://127.0.0.1:80\\back",
            "HTTP://127.0.0.1:80/back",
        ] {
            assert!(!found(AuthMethod::None, KNOWN, trick), "{trick}");
        }
        assert!(
            !found(AuthMethod::None, &["https://127.0.0.1/back"], "https://127.0.0.1:5/back"),
            "with TLS it is fixed"
        );
    }

    #[test]
    fn a_client_with_several_says_which() {
        let client = |uris: &[&str]| Client {
            redirect_uris: uris.iter().map(|uri| (*uri).to_owned()).collect(),
            ..Client::default()
        };
        let none = Sent::new(&[]);
        assert_eq!(redirect_uri(&client(&["https://a.example/"]), none), Ok(("https://a.example/".to_owned(), false)));
        assert!(redirect_uri(&client(&[]), none).is_err());
        assert!(redirect_uri(&client(&["https://a.example/", "https://b.example/"]), none).is_err());
        let twice = ["https://a.example/"; 2].map(|uri| ("redirect_uri".to_owned(), uri.to_owned()));
        assert!(redirect_uri(&client(&["https://a.example/"]), Sent::new(&twice)).is_err());
    }
}
