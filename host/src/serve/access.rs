//! The access log: one event for every request, never headers or bodies, never a query (it may hold codes and tokens).
//!
//! Called by `exchange` when the answer is ready to be written. The target is `access`, so that `log.level` can switch
//! it on its own: `info,access=off`.

use http::{HeaderValue, Method, StatusCode, Uri};

/// What is logged of one request.
#[derive(Debug)]
pub(super) struct Entry<'a> {
    pub(super) method: &'a Method,
    pub(super) uri: &'a Uri,
    pub(super) status: StatusCode,
    pub(super) micros: u64,
    pub(super) bytes_in: usize,
    pub(super) bytes_out: usize,
    pub(super) peer: &'a str,
    pub(super) request_id: &'a HeaderValue,
}

/// Writes the entry.
pub(super) fn log(entry: &Entry<'_>) {
    tracing::info!(
        target: "access",
        method = entry.method.as_str(),
        path = entry.uri.path(),
        status = entry.status.as_u16(),
        micros = entry.micros,
        bytes_in = entry.bytes_in,
        bytes_out = entry.bytes_out,
        peer = %entry.peer,
        request_id = entry.request_id.to_str().unwrap_or_default(),
    );
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::logging::captured::Captured;

    #[test]
    fn a_request_id_cannot_pass_for_another_field() {
        let (lines, theirs) = (Captured::default(), Captured::default());
        let text = tracing_subscriber::fmt().with_ansi(false).with_writer(theirs.writer()).finish();
        let json = tracing_subscriber::fmt().json().with_writer(lines.writer()).finish();
        let entry = Entry {
            method: &Method::GET,
            uri: &Uri::from_static("/"),
            status: StatusCode::OK,
            micros: 1,
            bytes_in: 0,
            bytes_out: 0,
            peer: "127.0.0.1:1",
            request_id: &HeaderValue::from_static("a\",status=\"500"),
        };
        tracing::subscriber::with_default(text, || log(&entry));
        tracing::subscriber::with_default(json, || log(&entry));
        let line = theirs.text();
        assert!(line.contains(r#"request_id="a\",status=\"500""#), "{line}");
        let line: serde_json::Value = serde_json::from_str(&lines.text()).unwrap();
        assert_eq!(line["fields"]["request_id"], "a\",status=\"500");
    }
}
