//! Policies asked by one connection, one after the other, and how long the answers took.

use std::time::Duration;

use portcullis::world::Stopwatch;

use crate::{
    latencies::Latencies,
    line::{self, Line},
    report::{Limit, figure},
    server::Server,
    setup::{self, LANGUAGES, Policy},
};

/// How every allow begins.
const ALLOWED: &str = r#"{"decision":true"#;

/// What came of a round.
pub(crate) struct Asked {
    /// Nanoseconds by language.
    took: Vec<(&'static str, u64)>,
    denied: u32,
}

/// Asks all `policies`, so many times.
pub(crate) fn round(server: &Server, policies: &[Policy], times: usize) -> Asked {
    let mut line = Line::new(server.address);
    let requests: Vec<_> = policies.iter().map(|policy| (policy.language, request(server, policy))).collect();
    let mut asked = Asked { took: Vec::new(), denied: 0 };
    for _ in 0..times {
        for (language, request) in &requests {
            let watch = Stopwatch::start();
            let (status, body) = line.exchange(request);
            asked.took.push((*language, u64::try_from(watch.elapsed().as_nanos()).unwrap()));
            assert_eq!(status, 200, "{body}");
            asked.denied += u32::from(!body.starts_with(ALLOWED));
        }
    }
    asked
}

fn request(server: &Server, policy: &Policy) -> Vec<u8> {
    let headers = [("content-type", "application/json"), ("authorization", policy.authorization.as_str())];
    let path = format!("/{}/system/access/v1/evaluation", policy.tenant);
    line::request(server.address, "POST", &path, &headers, &setup::question(&policy.id))
}

impl Asked {
    /// Prints the figures, by language and of all.
    pub(crate) fn show(&self, name: &str, denied: Limit) {
        let languages: Vec<&str> = LANGUAGES.into_iter().filter(|language| !self.of(language).is_empty()).collect();
        for language in &languages {
            print(&format!("{name}/{language}"), self.of(language));
        }
        if languages.len() > 1 {
            print(name, self.all());
        }
        figure(&format!("{name}-denied"), f64::from(self.denied), "", denied);
    }

    /// The median of all, in microseconds.
    pub(crate) fn middle(&self) -> f64 {
        latencies(self.all()).percentile(0.5)
    }

    fn of(&self, language: &str) -> Vec<u64> {
        self.took.iter().filter(|(of, _)| *of == language).map(|(_, nanos)| *nanos).collect()
    }

    fn all(&self) -> Vec<u64> {
        self.took.iter().map(|(_, nanos)| *nanos).collect()
    }
}

fn print(name: &str, nanos: Vec<u64>) {
    let latencies = latencies(nanos);
    figure(&format!("{name}/p50"), latencies.percentile(0.5), "us", Limit::None);
    figure(&format!("{name}/p99"), latencies.percentile(0.99), "us", Limit::None);
}

fn latencies(nanos: Vec<u64>) -> Latencies {
    let elapsed = nanos.iter().copied().map(Duration::from_nanos).sum();
    Latencies::new(nanos, elapsed)
}
