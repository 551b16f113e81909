//! Requests that this server makes itself: imports by URL, and whatever else an operation fetches for its caller.
//!
//! Besides `serve` the only place that knows hyper, rustls and sockets. Implements the domain's [`Fetch`]. A URL is some
//! caller's choice, so it must not open what only this machine can reach: no private addresses unless the configuration
//! allows the host, no redirects around that, no credentials where they do not belong, no endless answers.

mod address;
mod allowed;
mod connect;
mod detours;
mod exchange;
mod target;
mod trust;

use std::{path::PathBuf, sync::Arc, time::Duration};

use rustls::ClientConfig;
use tokio::{
    sync::{OnceCell, Semaphore},
    time::timeout,
};

use crate::{
    config,
    decision::BoxFuture,
    domain::fetch::{Exchange, Exchanged, Fetch, FetchFailure, Question, Reply},
};
use allowed::Allowed;
use connect::Stream;
use detours::Detours;
use exchange::Answered;
use target::Target;

/// How often a redirect is followed.
const REDIRECTS: usize = 3;
/// Documents that are fetched at the same time. Each is held in memory as a whole.
const PARALLEL: usize = 8;
/// Questions that are asked at the same time. Their answers are small, and people wait for them.
const PARALLEL_QUESTIONS: usize = 64;
/// What is told at the same time, and the addresses of clients that are looked at: each has places of its own, so that clients whose
/// servers hang do not keep people from logging in elsewhere.
const PARALLEL_OF_CLIENTS: usize = 32;
/// The largest answer to a question.
const ANSWER: usize = 1024 * 1024;

/// Makes requests.
pub struct Outbound {
    allowed: Allowed,
    detours: Detours,
    authorities: Option<PathBuf>,
    patience: Duration,
    most: usize,
    places: Semaphore,
    questions: Semaphore,
    notices: Semaphore,
    looks: Semaphore,
    calls: Semaphore,
    /// Read when the first https URL is asked for.
    trust: OnceCell<Arc<ClientConfig>>,
}

impl Outbound {
    /// A client with the rules of the configuration.
    pub fn new(config: &config::Outbound) -> Outbound {
        let config::Outbound { allowed_hosts, connect_to, ca, body_bytes, seconds } = config;
        Outbound {
            allowed: Allowed::read(allowed_hosts),
            detours: Detours::read(connect_to),
            authorities: ca.clone(),
            patience: Duration::from_secs(*seconds),
            most: *body_bytes,
            places: Semaphore::new(PARALLEL),
            questions: Semaphore::new(PARALLEL_QUESTIONS),
            notices: Semaphore::new(PARALLEL_OF_CLIENTS),
            looks: Semaphore::new(PARALLEL_OF_CLIENTS),
            calls: Semaphore::new(PARALLEL_OF_CLIENTS),
            trust: OnceCell::new(),
        }
    }

    async fn in_time<T>(&self, asked: impl Future<Output = Result<T, FetchFailure>>) -> Result<T, FetchFailure> {
        timeout(self.patience, asked).await.unwrap_or(Err(FetchFailure::TooSlow))
    }

    async fn fetch(&self, url: &str) -> Result<Vec<u8>, FetchFailure> {
        let _place = self.places.acquire().await.map_err(|_| FetchFailure::Broken)?;
        let mut target = Target::read(url).map_err(FetchFailure::Address)?;
        for _ in 0..=REDIRECTS {
            let stream = self.connect(&target).await?;
            match exchange::get(&target, stream, self.most).await? {
                Answered::Document(document) => return Ok(document),
                Answered::Redirect(location) => {
                    target = target.redirected(&location).map_err(FetchFailure::Address)?;
                }
            }
        }
        Err(FetchFailure::Address("must not be redirected more than three times"))
    }

    async fn answer_to(&self, question: &Question<'_>, places: &Semaphore) -> Result<Reply, FetchFailure> {
        let _place = places.acquire().await.map_err(|_| FetchFailure::Broken)?;
        let target = Target::read(question.url).map_err(FetchFailure::Address)?;
        let stream = self.connect(&target).await?;
        exchange::ask(&target, stream, question, ANSWER.min(self.most)).await
    }

    async fn any(&self, exchange: &Exchange<'_>, places: &Semaphore) -> Result<Exchanged, FetchFailure> {
        // Large answers have to queue up with the documents.
        let places = if exchange.most > ANSWER { &self.places } else { places };
        let _place = places.acquire().await.map_err(|_| FetchFailure::Broken)?;
        let target = Target::read(exchange.url).map_err(FetchFailure::Address)?;
        // Held against the URL as it is asked, so that nobody can read it in two ways.
        let named = |hosts: &[String]| hosts.iter().any(|host| host.eq_ignore_ascii_case(&target.authority()));
        if !exchange.hosts.is_none_or(named) {
            return Err(FetchFailure::Address("must name a host that is granted"));
        }
        let stream = self.connect(&target).await?;
        exchange::any(&target, stream, exchange).await
    }

    async fn connect(&self, target: &Target) -> Result<Box<dyn Stream>, FetchFailure> {
        let addresses = connect::resolve(target, &self.allowed, &self.detours).await?;
        let stream = connect::connect(target, &addresses).await?;
        match target.secure {
            true => Ok(Box::new(connect::secure(target, stream, self.trust().await?).await?)),
            false => Ok(Box::new(stream)),
        }
    }

    async fn trust(&self) -> Result<Arc<ClientConfig>, FetchFailure> {
        let read = async || {
            let authorities = self.authorities.clone();
            match tokio::task::spawn_blocking(move || trust::config(authorities.as_deref())).await {
                Ok(Ok(config)) => Ok(config),
                Ok(Err(reason)) => {
                    tracing::error!(reason, "outbound https has no authorities to trust");
                    Err(FetchFailure::Insecure)
                }
                Err(_) => Err(FetchFailure::Insecure),
            }
        };
        self.trust.get_or_try_init(read).await.cloned()
    }
}

impl Fetch for Outbound {
    fn get<'a>(&'a self, url: &'a str) -> BoxFuture<'a, Result<Vec<u8>, FetchFailure>> {
        Box::pin(async move { self.in_time(self.fetch(url)).await })
    }

    fn ask<'a>(&'a self, question: Question<'a>) -> BoxFuture<'a, Result<Reply, FetchFailure>> {
        Box::pin(async move { self.in_time(self.answer_to(&question, &self.questions)).await })
    }

    fn exchange<'a>(&'a self, exchange: Exchange<'a>) -> BoxFuture<'a, Result<Exchanged, FetchFailure>> {
        Box::pin(async move { self.in_time(self.any(&exchange, &self.questions)).await })
    }

    fn tell<'a>(&'a self, question: Question<'a>) -> BoxFuture<'a, Result<Reply, FetchFailure>> {
        Box::pin(async move { self.in_time(self.answer_to(&question, &self.notices)).await })
    }

    fn look<'a>(&'a self, exchange: Exchange<'a>) -> BoxFuture<'a, Result<Exchanged, FetchFailure>> {
        Box::pin(async move { self.in_time(self.any(&exchange, &self.looks)).await })
    }
    fn call<'a>(&'a self, exchange: Exchange<'a>) -> BoxFuture<'a, Result<Exchanged, FetchFailure>> {
        Box::pin(async move { self.in_time(self.any(&exchange, &self.calls)).await })
    }
}
