//! The documents that describe the dialects, made from the same tables that route requests.

use std::fmt::Write;

use http::{
    StatusCode,
    header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY},
};

use crate::{
    api::{Answer, Call, DIALECTS, describe, route::Row},
    domain::{Failure, Needs},
};

/// openapi
pub async fn openapi(call: Call) -> Result<Answer, Failure> {
    let document = call.param("document");
    let name = document.strip_suffix(".json").unwrap_or_default();
    let dialect = DIALECTS.iter().find(|dialect| dialect.name == name);
    let dialect = dialect.ok_or_else(|| Failure::not_found("document", document))?;
    let description = describe::openapi(dialect, &call.app.domain.public_url);
    Ok(Answer::json(StatusCode::OK, &description).header(CACHE_CONTROL, "public, max-age=300"))
}

/// docs
pub async fn page(_: Call) -> Result<Answer, Failure> {
    let mut html = String::from(HEAD);
    for dialect in DIALECTS {
        // Writing to a String cannot fail.
        let _ = write!(
            html,
            "<section><h2>{title}</h2><p><a href=\"/openapi/{name}.json\">/openapi/{name}.json</a></p><table>\
             <thead><tr><th>Operation</th><th>Request</th><th>Needs</th><th>What it does</th></tr></thead><tbody>",
            title = escape(dialect.title),
            name = dialect.name,
        );
        dialect.rows().for_each(|row| line(&mut html, row));
        html.push_str("</tbody></table></section>");
    }
    html.push_str("</main></body></html>");
    let answer = Answer::with(StatusCode::OK, "text/html; charset=utf-8", html);
    Ok(answer
        .header(CONTENT_SECURITY_POLICY, "default-src 'none'; style-src 'self'; base-uri 'none'; form-action 'none'"))
}

/// docsStyle
pub async fn style(_: Call) -> Result<Answer, Failure> {
    let answer = Answer::with(StatusCode::OK, "text/css; charset=utf-8", STYLE);
    Ok(answer.header(CACHE_CONTROL, "public, max-age=300"))
}

fn line(html: &mut String, row: &Row) {
    let _ = write!(
        html,
        "<tr><td>{}</td><td><code>{} {}</code></td><td>{}</td><td>{}</td></tr>",
        row.id,
        row.method,
        escape(row.path),
        needs(row.needs),
        escape(row.doc.summary),
    );
}

/// What a row needs, in words.
pub fn needs(needs: Needs) -> String {
    match needs {
        Needs::Nothing => "nothing".to_owned(),
        Needs::Admin => "a token of the tenant's admin server".to_owned(),
        Needs::Developer => "a token of the tenant's developer server".to_owned(),
        Needs::System(scope) => format!("scope {scope}"),
        Needs::SystemEither(one, other) => format!("scope {one} or {other}"),
        Needs::Person(scope) => format!("a person's token of this server with <code>{scope}</code>"),
        Needs::Setup => "a token of the tenant system".to_owned(),
        Needs::Account => "any token, or an administrator's name and password".to_owned(),
        Needs::Administrator => "an administrator's token, or name and password".to_owned(),
        Needs::Evaluate => "scope evaluate_decisions".to_owned(),
    }
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

const HEAD: &str = "<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\"><title>Portcullis operations</title>\
    <meta name=\"viewport\" content=\"width=device-width\"><link rel=\"stylesheet\" href=\"/docs/style.css\"></head>\
    <body><main><h1>Portcullis</h1><p>Every operation of this server.</p>";

const STYLE: &str = ":root{color-scheme:light dark}body{font:16px/1.5 system-ui,sans-serif;margin:0}\
    main{max-width:72rem;margin:auto;padding:1rem}table{border-collapse:collapse;width:100%}\
    th,td{text-align:left;vertical-align:top;padding:.35rem .75rem .35rem 0;border-bottom:1px solid #8884}\
    code{white-space:nowrap}section{overflow-x:auto}";
