//! Reads a request's body, within limits of size and time.
//!
//! Called by `exchange` before the service sees the request. A body of one piece is handed on without a copy.

use std::time::Duration;

use super::patience::within;
use crate::config::Limits;
use bytes::{Bytes, BytesMut};
use http_body_util::BodyExt;
use hyper::body::{Body, Incoming};

/// Why there is no body.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Unread {
    /// Larger than `limits.body_bytes` (`limits.document_bytes` for a document).
    TooLarge,
    /// Took longer than `limits.body_seconds`.
    TooSlow,
    /// The client went away, or the framing is wrong.
    Broken,
}

/// How often the limit is read again and thrown away after a body was found too large. A client that writes first and
/// reads later would otherwise find its connection reset, not our answer.
const COURTESY: usize = 4;

/// The whole body. A client that `asks_first` (Expect: 100-continue) is told to go on by the first read, so a body that
/// it announces too large is refused without one. `takes_document` says whether it may be as large as a document.
///
/// # Errors
/// See [`Unread`].
pub(super) async fn read(
    body: Incoming,
    asks_first: bool,
    limits: &Limits,
    takes_document: impl FnOnce() -> bool,
) -> Result<Bytes, Unread> {
    if body.is_end_stream() {
        return Ok(Bytes::new());
    }
    let usual = announced(&body).is_some_and(|bytes| bytes <= limits.body_bytes) || !takes_document();
    let most = if usual { limits.body_bytes } else { limits.document_bytes.max(limits.body_bytes) };
    if asks_first && announced(&body).is_some_and(|bytes| bytes > most) {
        return Err(Unread::TooLarge);
    }
    let patience = Duration::from_secs(limits.body_seconds);
    within(patience, collect(body, most)).await.unwrap_or(Err(Unread::TooSlow))
}

/// The length that the client announced.
fn announced(body: &Incoming) -> Option<usize> {
    body.size_hint().exact().map(|bytes| usize::try_from(bytes).unwrap_or(usize::MAX))
}

async fn collect(mut body: Incoming, most: usize) -> Result<Bytes, Unread> {
    let announced = announced(&body);
    if announced.is_some_and(|bytes| bytes > most) {
        return discard(body, most).await;
    }
    let Some(first) = piece(&mut body).await? else { return Ok(Bytes::new()) };
    if first.len() > most {
        return discard(body, most).await;
    }
    if body.is_end_stream() {
        return Ok(first);
    }
    let mut whole = BytesMut::with_capacity(announced.unwrap_or(first.len().saturating_mul(2)).min(most));
    whole.extend_from_slice(&first);
    while let Some(next) = piece(&mut body).await? {
        if next.len() > most - whole.len() {
            return discard(body, most).await;
        }
        whole.extend_from_slice(&next);
    }
    Ok(whole.freeze())
}

/// The next bytes; trailers are not asked for by anybody and skipped.
async fn piece(body: &mut Incoming) -> Result<Option<Bytes>, Unread> {
    while let Some(frame) = body.frame().await {
        if let Ok(data) = frame.map_err(|_| Unread::Broken)?.into_data() {
            return Ok(Some(data));
        }
    }
    Ok(None)
}

async fn discard(mut body: Incoming, most: usize) -> Result<Bytes, Unread> {
    let mut left = most.saturating_mul(COURTESY);
    while let Ok(Some(data)) = piece(&mut body).await {
        if data.len() > left {
            break;
        }
        left -= data.len();
    }
    Err(Unread::TooLarge)
}
