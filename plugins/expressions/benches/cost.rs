//! Where the time of CEL goes: the usual way with the crate, step by step, beside the way of this one.
//!
//! ```text
//! cargo bench -p portcullis-expressions
//! ```
//!
//! Best of many rounds, natively, in microseconds. What the component costs in the server: `cargo bench -p portcullis --bench calls
//! -- engines/`.

#![expect(clippy::unwrap_used, reason = "a bench may stop at a surprise")]

use std::{collections::BTreeMap, hint::black_box, time::Instant};

use cel::{Context, Program};
use portcullis_expressions::Expression;
use portcullis_fields::Json;

const SOURCE: &str = "'mfa' in authn_ctx.amr && authn_ctx.email.endsWith('@example.org') && request.method == 'POST'";
const ROUNDS: usize = 200;
const CALLS: u32 = 50;

/// The microseconds of one call, in the best of the rounds: the others were disturbed.
fn best(mut call: impl FnMut()) -> f64 {
    let round = |_| {
        let start = Instant::now();
        (0..CALLS).for_each(|_| call());
        start.elapsed().as_secs_f64() * 1e6 / f64::from(CALLS)
    };
    (0..ROUNDS).map(round).fold(f64::MAX, f64::min)
}

/// An input document as the server makes it, with so many more members in the authentication context.
fn input(more: usize) -> String {
    let members: String = (0..more).map(|number| format!(r#""member_{number}":"a value of usual length","#)).collect();
    format!(
        r#"{{"authn_ctx":{{{members}"sub":"ann","amr":["pwd","mfa"],"groups":["staff"],"email":"ann@example.org"}},
        "contexts":{{"client":{{"id":"till","scopes":["a","b","c"]}}}},"request":{{"method":"POST","path":"/payments",
        "headers":{{"x-channel":["branch"]}}}},"subject":{{"type":"user","id":"ann"}},"action":{{"name":"approve"}},
        "resource":{{"type":"policy","id":"p"}},"context":{{}},"now":1790000000}}"#
    )
}

fn usual(program: &Program, input: &str) -> bool {
    let document: BTreeMap<String, serde_json::Value> = serde_json::from_str(input).unwrap();
    let mut context = Context::default();
    for (name, value) in document {
        context.add_variable(name, value).unwrap();
    }
    program.execute(&context) == Ok(true.into())
}

fn main() {
    if !std::env::args().any(|argument| argument == "--bench") {
        return println!("nothing measured: run with `cargo bench`");
    }
    let (program, expression) = (Program::compile(SOURCE).unwrap(), Expression::read(SOURCE).unwrap());
    println!("the crate reads the source          {:8.2} µs", best(|| drop(black_box(Program::compile(SOURCE)))));
    println!("this one reads and binds it         {:8.2} µs", best(|| drop(black_box(Expression::read(SOURCE)))));
    println!("a context with its functions        {:8.2} µs", best(|| drop(black_box(Context::default()))));
    for more in [0, 20, 200] {
        let input = input(more);
        let document: BTreeMap<String, serde_json::Value> = serde_json::from_str(&input).unwrap();
        let mut context = Context::default();
        let convert = best(|| {
            for (name, value) in &document {
                context.add_variable(name.as_str(), value).unwrap();
            }
        });
        println!("an input of {} bytes", input.len());
        println!("  the usual way, all of it          {:8.2} µs", best(|| assert!(usual(&program, &input))));
        println!("    its members become variables    {convert:8.2} µs");
        println!("    the evaluation alone            {:8.2} µs", best(|| assert!(program.execute(&context).is_ok())));
        let json = Json::read(&input).unwrap();
        println!("  this way, reading the JSON        {:8.2} µs", best(|| drop(black_box(Json::read(&input)))));
        println!(
            "  this way, the evaluation          {:8.2} µs",
            best(|| assert_eq!(expression.holds(&json), Ok(Some(true))))
        );
    }
}
