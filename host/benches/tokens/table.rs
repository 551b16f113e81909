//! A line a cell, as Markdown.

use std::time::Duration;

use crate::{latencies::Latencies, mib};

/// One cell.
pub(crate) struct Row {
    /// What was asked.
    pub(crate) name: String,
    /// Over how many connections.
    pub(crate) connections: usize,
    /// Processor time of the server.
    pub(crate) cpu: Duration,
    /// The server's memory at the end, in bytes.
    pub(crate) rss: u64,
    /// The exchanges.
    pub(crate) latencies: Latencies,
}

impl Row {
    /// Exchanges a second.
    pub(crate) fn rate(&self) -> f64 {
        self.latencies.rate()
    }

    /// Prints it.
    pub(crate) fn print(&self) {
        let latencies = &self.latencies;
        println!(
            "| {} | {} | {:.0} | {:.0} us | {:.0} us | {:.1} | {:.1} us | {:.1} MiB |",
            self.name,
            self.connections,
            self.rate(),
            latencies.percentile(0.5),
            latencies.percentile(0.99),
            latencies.spread(),
            self.cpu.as_secs_f64() * 1e6 / latencies.count(),
            mib(self.rss),
        );
    }
}

/// Prints what the columns are.
pub(crate) fn head(title: &str) {
    println!("\n{title}\n");
    println!("| request | connections | requests/s | p50 | p99 | p99/p50 | CPU/request | RSS |");
    println!("| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: |");
}
