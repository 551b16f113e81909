//! Cells that are measured by turns: a machine that is slower for a while is so for all of them, and their ratios stay.

use std::{sync::Arc, time::Duration};

use tokio_rustls::rustls::ClientConfig;

use crate::{
    Plan,
    latencies::Latencies,
    load::{self, Script, Way},
    report,
    server::Server,
    table::Row,
};

/// How often each has its turn.
const ROUNDS: u32 = 8;

/// One cell of several.
pub(crate) struct Side<'a> {
    server: &'a Server,
    way: Way,
    name: String,
    expected: &'static str,
    scripts: Vec<Script>,
}

/// What a cell came to.
pub(crate) struct Turned {
    /// All its turns together.
    pub(crate) row: Row,
    rates: Vec<f64>,
}

impl<'a> Side<'a> {
    /// A cell whose answers hold `expected`. `scripts` makes what each connection sends.
    pub(crate) fn new(
        server: &'a Server,
        name: &str,
        connections: usize,
        expected: &'static str,
        scripts: impl Fn(usize) -> Script,
    ) -> Side<'a> {
        let way = Way::plain(server.address);
        Side { server, way, name: name.to_owned(), expected, scripts: (0..connections).map(scripts).collect() }
    }

    /// The same over TLS, with what its clients bring to that.
    pub(crate) fn over(self, tls: &Arc<ClientConfig>) -> Side<'a> {
        let way = Way { tls: Some(Arc::clone(tls)), ..self.way };
        Side { way, ..self }
    }

    /// A cell that sends the same again and again.
    pub(crate) fn same(server: &'a Server, name: &str, connections: usize, request: &[u8]) -> Side<'a> {
        let request: Arc<[u8]> = request.into();
        Side::new(server, name, connections, "", |_| Script::Same(Arc::clone(&request)))
    }

    /// Sends for `time`, and answers what that took the server.
    fn turn(&mut self, time: Duration) -> (Latencies, Duration) {
        let before = self.server.cpu();
        let (latencies, scripts) = load::run(&self.way, std::mem::take(&mut self.scripts), self.expected, time);
        self.scripts = scripts;
        (latencies, self.server.cpu().saturating_sub(before))
    }
}

impl Turned {
    /// How its rate stands to another one's: the middle of all rounds.
    pub(crate) fn beside(&self, other: &Turned) -> f64 {
        report::median(self.rates.iter().zip(&other.rates).map(|(mine, theirs)| mine / theirs).collect())
    }
}

/// Measures cells, each for as long as the plan says, and prints their rows.
pub(crate) fn by_turns<const N: usize>(plan: &Plan, mut sides: [Side<'_>; N]) -> [Turned; N] {
    for side in &mut sides {
        side.turn(plan.warm_up);
    }
    let mut turns: [Vec<(Latencies, Duration)>; N] = std::array::from_fn(|_| Vec::new());
    for _ in 0..ROUNDS {
        for (side, turns) in sides.iter_mut().zip(&mut turns) {
            turns.push(side.turn(plan.cell / ROUNDS));
        }
    }
    let mut places = sides.into_iter().zip(turns);
    std::array::from_fn(|_| {
        let (side, turns) = places.next().unwrap();
        together(side, turns)
    })
}

/// Measures a cell, and before each of its turns a rate that `other` answers. Prints the cell's row, and answers it with the middle of
/// the other rates and of how its own stands to them.
pub(crate) fn beside_rate(plan: &Plan, mut side: Side<'_>, mut other: impl FnMut() -> f64) -> (Row, f64, f64) {
    side.turn(plan.warm_up);
    let (mut turns, mut others) = (Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        others.push(other());
        turns.push(side.turn(plan.cell / ROUNDS));
    }
    let Turned { row, rates } = together(side, turns);
    let stands = report::median(rates.iter().zip(&others).map(|(mine, theirs)| mine / theirs).collect());
    (row, report::median(others), stands)
}

fn together(side: Side<'_>, turns: Vec<(Latencies, Duration)>) -> Turned {
    let rates = turns.iter().map(|(latencies, _)| latencies.rate()).collect();
    let cpu = turns.iter().map(|(_, cpu)| *cpu).sum();
    let latencies = Latencies::together(turns.into_iter().map(|(latencies, _)| latencies));
    let Side { server, name, scripts, .. } = side;
    let row = Row { name, connections: scripts.len(), cpu, rss: server.rss(), latencies };
    row.print();
    Turned { row, rates }
}
