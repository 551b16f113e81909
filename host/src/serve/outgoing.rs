//! The body of a response: whole, or a piece at a time.
//!
//! Made by `headers`, sent by hyper. Knows nothing of what is in it.

use std::{
    pin::Pin,
    task::{Context, Poll},
};

use bytes::Bytes;
use http_body_util::Full;
use hyper::body::{Body, Frame, SizeHint};

use crate::api::message::{Broken, Payload, Pieces};

/// What hyper sends.
pub(super) enum Outgoing {
    Whole(Full<Bytes>),
    Pieces {
        pieces: Pieces,
        /// Whether the worker had a turn for somebody else since the last piece.
        rested: bool,
    },
}

impl Outgoing {
    pub(super) fn nothing() -> Outgoing {
        Outgoing::Whole(Full::new(Bytes::new()))
    }
}

impl From<Payload> for Outgoing {
    fn from(payload: Payload) -> Outgoing {
        match payload {
            Payload::Whole(bytes) => Outgoing::Whole(Full::new(bytes)),
            Payload::Pieces(pieces) => Outgoing::Pieces { pieces, rested: true },
        }
    }
}

impl Body for Outgoing {
    type Data = Bytes;
    type Error = Broken;

    fn poll_frame(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Broken>>> {
        match &mut *self {
            Outgoing::Whole(whole) => Pin::new(whole).poll_frame(context).map_err(|never| match never {}),
            // A client that reads as fast as we write must not keep this worker from everybody else.
            Outgoing::Pieces { rested, .. } if !*rested => {
                *rested = true;
                context.waker().wake_by_ref();
                Poll::Pending
            }
            Outgoing::Pieces { pieces, rested } => {
                *rested = false;
                Poll::Ready(pieces.next().map(|piece| piece.map(Frame::data)))
            }
        }
    }

    fn is_end_stream(&self) -> bool {
        matches!(self, Outgoing::Whole(whole) if whole.is_end_stream())
    }

    fn size_hint(&self) -> SizeHint {
        match self {
            Outgoing::Whole(whole) => whole.size_hint(),
            Outgoing::Pieces { .. } => SizeHint::default(),
        }
    }
}
