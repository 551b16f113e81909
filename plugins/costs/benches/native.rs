//! The same check in every language that policies are written in, as a native function: what the sandbox is compared with.
//!
//! ```text
//! cargo bench -p portcullis-costs          here, natively
//! cargo bench --bench calls -- engines/    in the host, in its sandbox
//! ```
//!
//! Best of many rounds. A call reads the input document, as it does in the sandbox.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a bench may stop at a surprise")]

use std::{hint::black_box, time::Instant};

use portcullis_attributes::Attributes;
use portcullis_cedar::Cedar;
use portcullis_cel::Cel;
use portcullis_rego::Rego;
use portcullis_sdk::{Input, Outcome, Validator};
use serde_json::{Value, json};

const ROUNDS: usize = 200;
const CALLS: u32 = 50;

fn main() {
    if !std::env::args().any(|argument| argument == "--bench") {
        return println!("nothing measured: run with `cargo bench`");
    }
    let cel = "'mfa' in authn_ctx.amr && authn_ctx.email.endsWith('@example.org') && request.method == 'POST'";
    let cedar = r#"permit(principal, action, resource) when {
        context.authn_ctx.amr.contains("mfa") && context.authn_ctx.email like "*@example.org" &&
        context.request.method == "POST" };"#;
    let rego = r#"package portcullis
        default allow := false
        allow if {
            "mfa" in input.authn_ctx.amr
            endswith(input.authn_ctx.email, "@example.org")
            input.request.method == "POST"
        }"#;
    measure::<Attributes>(&json!({ "fields": [
        { "field": "authn_ctx.amr", "comparator": "contains", "value": "mfa" },
        { "field": "authn_ctx.email", "comparator": "ends_with", "value": "@example.org" },
        { "field": "request.method", "comparator": "equals", "value": "POST" },
    ] }));
    measure::<Cel>(&json!({ "source": cel }));
    measure::<Cedar>(&json!({ "source": cedar }));
    measure::<Rego>(&json!({ "source": rego }));
}

fn measure<V: Validator>(conf: &Value) {
    let read = || V::configure(serde_json::from_value(conf.clone()).unwrap()).unwrap_or_else(|_| panic!("{}", V::NAME));
    let validator = read();
    let input = input();
    let call = best(|| {
        let outcome = validator.validate(&Input::read(&input).unwrap());
        assert!(matches!(black_box(outcome), Outcome::Allow | Outcome::AllowWith { .. }), "{}", V::NAME);
    });
    println!("{:12} configured {:8.2} µs   asked {call:8.2} µs", V::NAME, best(|| drop(black_box(read()))));
}

/// The microseconds of one call, in the best of the rounds: the others were disturbed.
fn best(mut call: impl FnMut()) -> f64 {
    let round = |_| {
        let start = Instant::now();
        (0..CALLS).for_each(|_| call());
        start.elapsed().as_secs_f64() * 1e6 / f64::from(CALLS)
    };
    (0..ROUNDS).map(round).fold(f64::MAX, f64::min)
}

/// An input document as the server makes it.
fn input() -> String {
    json!({
        "authn_ctx": { "sub": "ann", "amr": ["pwd", "mfa"], "groups": ["staff"], "email": "ann@example.org" },
        "contexts": { "client": { "id": "till", "scopes": ["a", "b", "c"] } },
        "request": { "method": "POST", "path": "/payments", "headers": { "x-channel": ["branch"] } },
        "subject": { "type": "user", "id": "ann" },
        "action": { "name": "approve" },
        "resource": { "type": "policy", "id": "p" },
        "context": {},
        "now": 1_790_000_000,
    })
    .to_string()
}
