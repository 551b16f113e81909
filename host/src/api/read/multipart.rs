//! Multipart forms (RFC 7578): the fields that an operation asks for.
//!
//! Called by the handlers through `read`. The body is whole and bounded already. Must not know what the field is about.

use bytes::Bytes;
use http::header::CONTENT_TYPE;
use http_body_util::{BodyDataStream, Full};
use multer::Multipart;

use super::media_type;
use crate::{api::Request, domain::Failure};

/// The media type of forms with files.
pub const MULTIPART: &str = "multipart/form-data";

/// The content of the field `name`, which must be the only one.
pub async fn field(request: &Request, name: &str) -> Result<Bytes, Failure> {
    media_type(request, MULTIPART)?;
    let content_type = request.headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let boundary = multer::parse_boundary(content_type).map_err(unreadable)?;
    let mut form = Multipart::new(BodyDataStream::new(Full::new(request.body.clone())), boundary);
    let mut found = None;
    while let Some(field) = form.next_field().await.map_err(unreadable)? {
        match field.name() {
            Some(known) if known == name && found.is_none() => found = Some(field.bytes().await.map_err(unreadable)?),
            Some(known) if known == name => {
                return Err(Failure::malformed(format!("form.{name}"), "is given more than once"));
            }
            _ => return Err(Failure::malformed("form", format!("has another field than `{name}`"))),
        }
    }
    found.ok_or_else(|| Failure::invalid(format!("form.{name}"), "is required"))
}

/// The fields of a form in their order; all of them have one of the names that are `known`.
pub async fn fields(request: &Request, known: &[&'static str]) -> Result<Vec<(&'static str, Bytes)>, Failure> {
    media_type(request, MULTIPART)?;
    let content_type = request.headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let boundary = multer::parse_boundary(content_type).map_err(unreadable)?;
    let mut form = Multipart::new(BodyDataStream::new(Full::new(request.body.clone())), boundary);
    let mut found = Vec::new();
    while let Some(field) = form.next_field().await.map_err(unreadable)? {
        let name = known.iter().find(|name| field.name() == Some(**name)).copied();
        let other = || Failure::malformed("form", format!("has another field than {}", known.join(", ")));
        let name = name.ok_or_else(other)?;
        found.push((name, field.bytes().await.map_err(unreadable)?));
    }
    Ok(found)
}

fn unreadable(error: multer::Error) -> Failure {
    Failure::malformed("", format!("is no multipart form: {error}"))
}

#[cfg(test)]
mod tests {
    use http::{HeaderMap, Method};

    use super::*;

    async fn read(content_type: &str, body: &str) -> Result<Bytes, Failure> {
        let headers: HeaderMap = [(CONTENT_TYPE, content_type.parse().unwrap())].into_iter().collect();
        let (path, query, request_id) = Default::default();
        let body = Bytes::from(body.replace('\n', "\r\n"));
        let peer = "127.0.0.1:1".parse().unwrap();
        let (method, certificates) = (Method::POST, Vec::new());
        field(&Request { method, path, query, headers, body, peer, certificates, request_id }, "file").await
    }

    const TYPE: &str = "multipart/form-data; boundary=\"x y\"";
    const PART: &str = "--x y\nContent-Disposition: form-data; name=\"file\"; filename=\"a\"\n\none\ntwo\n";

    #[tokio::test]
    async fn the_field_is_read_as_it_is() {
        assert_eq!(read(TYPE, &format!("{PART}--x y--\n")).await.unwrap(), "one\r\ntwo");
        assert_eq!(read(TYPE, &format!("before\n{PART}--x y--\nbehind")).await.unwrap(), "one\r\ntwo");
    }

    #[tokio::test]
    async fn other_forms_are_refused() {
        let other = PART.replace("\"file\"", "\"other\"");
        let bodies = ["", "--x y", PART, &format!("{PART}{PART}--x y--\n"), &format!("{PART}{other}--x y--\n")];
        for body in bodies {
            assert!(matches!(read(TYPE, body).await, Err(Failure::Malformed(_))), "{body:?}");
        }
        assert!(matches!(read(TYPE, "--x y--\n").await, Err(Failure::Invalid(_))));
        for content_type in ["multipart/form-data", "multipart/form-data; boundary="] {
            assert!(matches!(read(content_type, PART).await, Err(Failure::Malformed(_))), "{content_type}");
        }
        assert!(matches!(read("text/plain", PART).await, Err(Failure::MediaType { .. })));
    }
}
