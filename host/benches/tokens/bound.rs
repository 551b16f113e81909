//! Tokens that are bound to a key, beside plain ones: what a proof (RFC 9449) costs.

use std::{cell::RefCell, net::SocketAddr};

use data_encoding::BASE64URL_NOPAD;
use portcullis::{
    crypto::keys::{KeyType, SigningKey},
    world::World,
};
use serde_json::{Value, json};

use crate::{
    CONNECTIONS, Plan,
    cells::{cell, same},
    folder::Scratch,
    line,
    load::Script,
    report::{Limit, ratio},
    server::Server,
    setup::{self, Admin, ES, FORM, client_of},
    table,
};

/// The most exchanges a second that proofs are made for.
const RATE: f64 = 8_000.0;

/// client_credentials with a proof each, beside the same without.
pub(crate) fn bound(plan: &Plan) {
    let folder = Scratch::new("bound");
    let server = Server::portcullis(folder.path());
    setup::make_server(&mut Admin::new(&server), ES, "ecdsa");
    table::head("Bound to a key");
    let key = SigningKey::generate(KeyType::Ecdsa).unwrap();
    let seconds = (plan.warm_up + plan.cell).as_secs_f64();
    for connections in CONNECTIONS {
        let plain = setup::client_credentials(server.address, ES, &client_of(ES));
        let plain = same(plan, &server, "client_credentials ES256", connections, &plain);
        // Made just before they are sent: a proof is good for a minute.
        let count = (seconds * RATE) as usize;
        let mut requests: Vec<Vec<Vec<u8>>> = vec![Vec::new(); connections];
        for number in 0..count {
            let proof = proof(&key, &format!("{connections}-{number}"));
            requests.get_mut(number % connections).unwrap().push(request(server.address, &proof));
        }
        let requests = RefCell::new(requests);
        let row = cell(plan, &server, "the same with DPoP", connections, "DPoP", |_| {
            Script::Each(requests.borrow_mut().pop().unwrap_or_default())
        });
        ratio(&format!("dpop@{connections}/plain"), row.rate() / plain.rate(), Limit::None);
    }
    server.stop();
}

fn request(address: SocketAddr, proof: &str) -> Vec<u8> {
    let form = format!("grant_type=client_credentials&scope=openid&{}", setup::proof(&client_of(ES)));
    line::request(address, "POST", &format!("/default/{ES}/oauth2/token"), &[FORM, ("dpop", proof)], &form)
}

/// A proof for one request.
fn proof(key: &SigningKey, name: &str) -> String {
    let mut jwk = key.public_jwk();
    if let Value::Object(members) = &mut jwk {
        members.retain(|member, _| ["kty", "crv", "x", "y"].contains(&member.as_str()));
    }
    // The address that the server gives itself, see `server`.
    let htu = format!("http://127.0.0.1/default/{ES}/oauth2/token");
    let header = json!({ "typ": "dpop+jwt", "alg": "ES256", "jwk": jwk });
    let claims = json!({ "jti": name, "htm": "POST", "htu": htu, "iat": World::system().now_seconds() });
    let encode = |value: &Value| BASE64URL_NOPAD.encode(value.to_string().as_bytes());
    let signed = format!("{}.{}", encode(&header), encode(&claims));
    let signature = key.sign(signed.as_bytes()).unwrap();
    format!("{signed}.{}", BASE64URL_NOPAD.encode(&signature))
}
