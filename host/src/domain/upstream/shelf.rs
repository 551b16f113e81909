//! Documents of providers that are kept for a while: fetched once for everybody who waits for them, and bounded in number.
//!
//! Called by `discovery`. Must not know what the documents say.

use std::sync::Arc;

use quick_cache::sync::Cache;

use super::Trouble;
use crate::domain::{Domain, fetch::Question};

/// The most documents of one kind. They are small: only what is needed of them is kept.
const MOST: usize = 1000;
/// After how many seconds a document that could not be had is asked for again: a provider that does not answer must not take
/// everybody's turns.
const RETRY: i64 = 10;

/// Documents by URL.
pub(super) struct Shelf<T>(Cache<String, Kept<T>>);

struct Kept<T> {
    /// None when it could not be had.
    document: Option<Arc<T>>,
    /// When it was asked for, in seconds since 1970.
    at: i64,
}

impl<T> Clone for Kept<T> {
    fn clone(&self) -> Kept<T> {
        Kept { document: self.document.clone(), at: self.at }
    }
}

impl<T> Shelf<T> {
    pub(super) fn new() -> Shelf<T> {
        Shelf(Cache::new(MOST))
    }

    /// The document at `url` as it was at most `seconds` ago. `read` makes what is kept out of its bytes.
    pub(super) async fn get(
        &self,
        domain: &Domain,
        url: &str,
        seconds: i64,
        read: impl Fn(&[u8]) -> Result<T, &'static str>,
    ) -> Result<Arc<T>, Trouble> {
        let now = domain.world.now_seconds();
        self.0.remove_if(url, |kept| {
            let lasts = if kept.document.is_some() { seconds } else { RETRY };
            // A clock that was set back makes nothing young.
            !(0..lasts).contains(&now.saturating_sub(kept.at))
        });
        let fetch = async {
            let found = fetch(domain, url, read).await;
            let document = found.inspect_err(|reason| tracing::warn!(url, reason, "a provider's document is no use"));
            Ok::<_, Trouble>(Kept { document: document.ok().map(Arc::new), at: now })
        };
        let kept = self.0.get_or_insert_async(url, fetch).await?;
        kept.document.ok_or_else(|| Trouble::unavailable(format!("{url} could not be had")))
    }
}

async fn fetch<T>(domain: &Domain, url: &str, read: impl Fn(&[u8]) -> Result<T, &'static str>) -> Result<T, String> {
    let question = Question { url, authorization: None, form: None };
    let reply = domain.outbound.ask(question).await.map_err(|failure| failure.to_string())?;
    match reply.status {
        200 => read(&reply.body).map_err(str::to_owned),
        status => Err(format!("answered with status {status}")),
    }
}
