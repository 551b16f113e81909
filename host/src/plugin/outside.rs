//! The interfaces `http` and `key-value`: one call's way to what its tenant grants, if anything.
//!
//! Opened by `call` for calls only, so nothing that a snapshot keeps was ever learnt here. Bounds what a call may ask for and
//! how long it waits; what exactly is granted knows whoever implements `decision::Outside`.

use std::sync::Arc;

use tokio::sync::Semaphore;

use super::{
    bindings::{http, key_value},
    clock::Clock,
    state::State,
};
use crate::decision::{Outside, Request, Response, Unread, Unsent};

/// Requests that one call may send.
const REQUESTS: u32 = 4;
/// Values that one call may read.
const READS: u32 = 64;
/// The largest response body, in bytes. Together with its head a small part of a guest's memory.
const RESPONSE: usize = 256 << 10;

/// One call's way outside.
pub(super) struct Way {
    outside: Arc<dyn Outside>,
    /// Instances that may wait at the same time, so that slow servers cannot keep everybody from deciding.
    waits: Arc<Semaphore>,
    requests_left: u32,
    reads_left: u32,
    asked: u32,
}

impl Way {
    /// The way to `outside`.
    pub(super) fn to(outside: Arc<dyn Outside>, waits: Arc<Semaphore>) -> Way {
        Way { outside, waits, requests_left: REQUESTS, reads_left: READS, asked: 0 }
    }

    /// Questions so far that were granted.
    pub(super) fn asked(&self) -> u32 {
        self.asked
    }

    async fn send(&mut self, request: &Request, clock: &Clock) -> Result<Response, Unsent> {
        let patience = self.outside.patience().ok_or(Unsent::NotGranted)?;
        self.asked += 1;
        self.requests_left = self.requests_left.checked_sub(1).ok_or_else(too_many)?;
        let busy = || Unsent::Failed("too many components are waiting for other servers".to_owned());
        let _place = self.waits.try_acquire().map_err(|_| busy())?;
        clock.wait(patience, self.outside.send(request, RESPONSE)).await.unwrap_or(Err(Unsent::Timeout))
    }

    fn get(&mut self, key: &str) -> Result<Option<String>, Unread> {
        let too_many = || Unread::Failed(format!("one call may read {READS} values"));
        self.reads_left = self.reads_left.checked_sub(1).ok_or_else(too_many)?;
        let read = self.outside.get(key);
        self.asked += u32::from(read != Err(Unread::NotGranted));
        read
    }
}

fn too_many() -> Unsent {
    Unsent::Denied(format!("one call may send {REQUESTS} requests"))
}

impl http::Host for State {
    async fn send(&mut self, request: http::Request) -> Result<http::Response, http::Error> {
        let clock = self.clock();
        let Some(way) = self.way() else { return Err(http::Error::NotGranted) };
        let http::Request { method, url, headers, body } = request;
        let sent = way.send(&Request { method, url, headers, body }, &clock).await;
        match sent {
            Ok(Response { status, headers, body }) => Ok(http::Response { status, headers, body }),
            Err(Unsent::NotGranted) => Err(http::Error::NotGranted),
            Err(Unsent::Denied(reason)) => Err(http::Error::Denied(reason)),
            Err(Unsent::Timeout) => Err(http::Error::Timeout),
            Err(Unsent::TooLarge) => Err(http::Error::TooLarge),
            Err(Unsent::Failed(reason)) => Err(http::Error::Failed(reason)),
        }
    }
}

impl key_value::Host for State {
    fn get(&mut self, key: String) -> Result<Option<String>, key_value::Error> {
        let Some(way) = self.way() else { return Err(key_value::Error::NotGranted) };
        way.get(&key).map_err(|unread| match unread {
            Unread::NotGranted => key_value::Error::NotGranted,
            Unread::Failed(reason) => key_value::Error::Failed(reason),
        })
    }
}
