//! The table of the cells, and what of it has a limit.

use std::time::Duration;

use crate::{
    latencies::Latencies,
    mib,
    report::{self, Limit},
};

/// The name of the bare server's rows.
pub(crate) const BARE: &str = "bare hyper";
/// The row whose throughput has a limit.
const JUDGED: &str = "three validators";

/// One cell.
pub(crate) struct Row {
    /// What was asked.
    pub(crate) name: &'static str,
    /// Over how many connections.
    pub(crate) connections: usize,
    /// Processor time of the server.
    pub(crate) cpu: Duration,
    /// The server's memory at the end, in bytes.
    pub(crate) rss: u64,
    /// The exchanges.
    pub(crate) latencies: Latencies,
}

/// All cells.
#[derive(Default)]
pub(crate) struct Table {
    bare: Vec<Row>,
    decisions: Vec<Row>,
}

impl Table {
    /// Adds a cell of the bare server.
    pub(crate) fn bare(&mut self, row: Row) {
        self.bare.push(row);
    }

    /// Adds a cell of decisions.
    pub(crate) fn decision(&mut self, row: Row) {
        self.decisions.push(row);
    }

    /// Prints it as Markdown.
    pub(crate) fn print(&self) {
        println!("| request | connections | requests/s | of bare hyper | p50 | p99 | p99/p50 | CPU/request | RSS |");
        println!("| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |");
        for row in self.bare.iter().chain(&self.decisions) {
            let (rate, latencies) = (row.latencies.rate(), &row.latencies);
            println!(
                "| {} | {} | {rate:.0} | {:.0} % | {:.0} us | {:.0} us | {:.1} | {:.1} us | {:.1} MiB |",
                row.name,
                row.connections,
                self.share(row) * 100.0,
                latencies.percentile(0.5),
                latencies.percentile(0.99),
                latencies.spread(),
                row.cpu.as_secs_f64() * 1e6 / latencies.count(),
                mib(row.rss),
            );
        }
    }

    /// Holds it against its limits.
    pub(crate) fn judge(&self) {
        for row in &self.decisions {
            let many = row.connections > 1;
            let judged = row.name == JUDGED && many;
            let cell = format!("{}@{}", row.name.replace(['`', ' '], "-").trim_matches('-'), row.connections);
            let share = if judged { Limit::AtLeast(0.25) } else { Limit::None };
            report::ratio(&format!("{cell}/bare-hyper"), self.share(row), share);
            report::ratio(&format!("{cell}/p99-to-p50"), row.latencies.spread(), Limit::AtMost(4.0));
        }
    }

    /// The throughput of a row as a part of what the bare server does with as many connections, on average of before
    /// and after.
    fn share(&self, row: &Row) -> f64 {
        let same = self.bare.iter().filter(|bare| bare.connections == row.connections);
        let rates: Vec<f64> = same.map(|bare| bare.latencies.rate()).collect();
        row.latencies.rate() * rates.len() as f64 / rates.iter().sum::<f64>()
    }
}
