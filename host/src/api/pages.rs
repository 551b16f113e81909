//! Long lists as JSON, a page at a time: what is sent need not be in memory at once.
//!
//! Called by the list operations of nouns that may be many. Every page is read anew, so that a client which reads slowly
//! holds no snapshot of the store; each record is as it is when its page is read, and ids come in order.

use bytes::{BufMut, Bytes, BytesMut};
use http::StatusCode;
use serde::Serialize;

use super::{Answer, message::Broken, read::JSON};
use crate::domain::Failure;

/// Records of a page. A page of clients is about 100 KiB and takes about a millisecond.
pub const PAGE: usize = 100;

/// Answers `{member: […]}` with what `page` gives: up to [`PAGE`] records behind an id, and their ids. The first page is
/// read here, so that a failure is still answered in the dialect's words; a later one ends the connection.
pub fn list<T: Serialize>(
    member: &'static str,
    mut page: impl FnMut(Option<&str>) -> Result<Vec<(String, T)>, Failure> + Send + 'static,
) -> Result<Answer, Failure> {
    let first = page(None)?;
    let mut text = BytesMut::new();
    text.put_slice(format!("{{\"{member}\":[").as_bytes());
    let Some(mut last) = write(&mut text, &first, true)? else {
        text.put_slice(b"]}");
        return Ok(Answer::with(StatusCode::OK, JSON, text.freeze()));
    };
    let mut begin = Some(text.freeze());
    let mut ended = false;
    let pieces = std::iter::from_fn(move || {
        if let Some(begin) = begin.take() {
            return Some(Ok(begin));
        }
        if ended {
            return None;
        }
        match next(&mut page, &last) {
            Ok((text, behind)) => {
                ended = behind.is_none();
                last = behind.unwrap_or_default();
                Some(Ok(text))
            }
            Err(failure) => {
                ended = true;
                tracing::error!(reason = failure.to_log().unwrap_or_default(), "a list ended early");
                Some(Err(Broken))
            }
        }
    });
    Ok(Answer::pieces(StatusCode::OK, JSON, Box::new(pieces)))
}

/// The next piece, and behind which id to go on.
fn next<T: Serialize>(
    page: &mut impl FnMut(Option<&str>) -> Result<Vec<(String, T)>, Failure>,
    last: &str,
) -> Result<(Bytes, Option<String>), Failure> {
    let records = page(Some(last))?;
    let mut text = BytesMut::new();
    let behind = write(&mut text, &records, false)?;
    if behind.is_none() {
        text.put_slice(b"]}");
    }
    Ok((text.freeze(), behind))
}

/// Writes a page; answers its last id unless it was the last page.
fn write<T: Serialize>(text: &mut BytesMut, records: &[(String, T)], first: bool) -> Result<Option<String>, Failure> {
    for (place, (_, record)) in records.iter().enumerate() {
        if !first || place > 0 {
            text.put_u8(b',');
        }
        serde_json::to_writer(text.writer(), record).map_err(|error| Failure::Internal { log: error.to_string() })?;
    }
    Ok(if records.len() < PAGE { None } else { records.last().map(|(id, _)| id.clone()) })
}
