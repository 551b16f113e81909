//! What one sandboxed call costs, beside the same check as a native function.
//!
//! ```text
//! cargo bench --bench calls                    about a minute
//! cargo bench --bench calls -- fresh/true      only this one
//! cargo bench --bench calls -- engines/        the languages of policies, side by side
//! ```
//!
//! Everything goes through `Sandbox::ask`, as a decision of the server does: look-up of plan and image, admission, a
//! fresh instance, the call, the reading of its answer. criterion shows the times; the ratios at the end are made of
//! the medians of the same samples.

#![expect(clippy::unwrap_used, clippy::print_stdout, reason = "a bench talks to a terminal and may stop at a surprise")]

mod engines;
#[path = "../common/folder.rs"]
mod folder;
mod mapping;
#[path = "../common/question.rs"]
mod question;
#[path = "../common/report.rs"]
mod report;
mod reused;
mod samples;
mod subject;

use std::{hint::black_box, time::Duration};

use criterion::Criterion;
use portcullis::world::Stopwatch;
use tokio::runtime::Runtime;

use report::Limit;
use reused::Reused;
use samples::Samples;
use subject::{Asking, Native, Start};

fn main() {
    if !report::wanted() {
        return;
    }
    let mut bench = Bench {
        criterion: criterion(),
        samples: Samples::default(),
        runtime: tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap(),
        input: subject::input(),
    };
    println!("input: {} bytes, 70 KB conf: {} bytes", bench.input.len(), question::large().len());
    bench.native();
    bench.reused();
    bench.fresh();
    bench.without_images();
    bench.mapping();
    bench.engines();
    bench.criterion.final_summary();
    ratios(&bench.samples);
}

fn criterion() -> Criterion {
    Criterion::default()
        .sample_size(50)
        .warm_up_time(Duration::from_secs(1))
        .measurement_time(Duration::from_secs(3))
        .configure_from_args()
}

struct Bench {
    criterion: Criterion,
    samples: Samples,
    runtime: Runtime,
    input: String,
}

impl Bench {
    /// The check as a function of this program.
    fn native(&mut self) {
        for (name, conf) in [("native/two-fields", question::IDENTITY), ("native/70-kb", &question::large())] {
            let (native, input) = (Native::new(conf), self.input.clone());
            self.measure(name, |_, calls| {
                let watch = Stopwatch::start();
                for _ in 0..calls {
                    assert!(black_box(native.allows(black_box(&input))));
                }
                watch.elapsed()
            });
        }
    }

    /// One instance that is asked again and again.
    fn reused(&mut self) {
        let (reused, input) = (Reused::new("identity-context", question::IDENTITY), self.input.clone());
        self.measure("reused/two-fields", |runtime, calls| runtime.block_on(reused.time(&input, calls)));
    }

    /// A fresh instance of a snapshot for every call, as the server does it.
    fn fresh(&mut self) {
        let start = Start::new(subject::with_images);
        let large = question::large();
        self.ask(&start, "fresh/two-fields", &[("identity-context", question::IDENTITY)], false);
        self.ask(&start, "fresh/70-kb", &[("identity-context", &large)], false);
        self.ask(&start, "fresh/true", &[("true", "{}")], false);
        let one = [("attributes", question::ATTRIBUTES); 3];
        self.ask(&start, "fresh/three-of-one-component", &one, false);
        let three = [
            ("identity-context", question::IDENTITY),
            ("header", question::HEADER),
            ("attributes", question::ATTRIBUTES),
        ];
        self.ask(&start, "fresh/three-components", &three, false);
    }

    /// A fresh instance that is configured by every call.
    fn without_images(&mut self) {
        let start = Start::new(subject::without_images);
        self.ask(&start, "configured/two-fields", &[("identity-context", question::IDENTITY)], true);
        self.ask(&start, "configured/70-kb", &[("identity-context", &question::large())], true);
    }

    /// The claims of a token, mapped by a fresh instance of a snapshot, and natively.
    fn mapping(&mut self) {
        let start = Start::new(subject::with_images);
        for (name, native, claims) in
            [("map/one-claim", "map/one-native", 1), ("map/twenty-claims", "map/twenty-native", 20)]
        {
            let known = mapping::Native::new(claims);
            self.measure(native, |_, calls| known.time(calls));
            let mapper = mapping::Mapper::new(&start.sandbox, claims);
            self.runtime.block_on(mapper.prepare());
            self.measure(name, |runtime, calls| runtime.block_on(mapper.time(calls)));
        }
    }

    /// The same check in every language.
    fn engines(&mut self) {
        let (warm, cold) = (Start::new(subject::with_images), Start::new(subject::unhurried));
        for engine in engines::all() {
            let rules = [(engine.name, engine.conf.as_str())];
            self.ask(&cold, engine.configured, &rules, true);
            self.ask(&warm, engine.fresh, &rules, false);
            let (reused, input) = (Reused::new(engine.name, &engine.conf), self.input.clone());
            self.measure(engine.reused, |runtime, calls| runtime.block_on(reused.time(&input, calls)));
        }
    }

    fn ask(&mut self, start: &Start, name: &'static str, rules: &[(&str, &str)], cold: bool) {
        let asking = Asking { sandbox: &start.sandbox, rules: subject::rules(rules), input: self.input.clone(), cold };
        self.runtime.block_on(asking.prepare());
        self.measure(name, |runtime, calls| runtime.block_on(asking.time(calls)));
    }

    fn measure(&mut self, name: &'static str, mut run: impl FnMut(&Runtime, u64) -> Duration) {
        let Bench { criterion, samples, runtime, .. } = self;
        criterion.bench_function(name, |bencher| {
            bencher.iter_custom(|calls| {
                let took = run(runtime, calls);
                samples.add(name, calls, took);
                took
            });
        });
    }
}

/// The ratios of which both sides were measured.
fn ratios(samples: &Samples) {
    let ratio = |name: &str, above: &str, below: &str, limit: Limit| {
        if let (Some(above), Some(below)) = (samples.median(above), samples.median(below)) {
            report::ratio(name, above / below, limit);
        }
    };
    ratio("fresh/native", "fresh/two-fields", "native/two-fields", Limit::AtMost(4.0));
    ratio("fresh/reused", "fresh/two-fields", "reused/two-fields", Limit::None);
    ratio("no-snapshot/snapshot", "configured/two-fields", "fresh/two-fields", Limit::None);
    ratio("no-snapshot/snapshot-70-kb", "configured/70-kb", "fresh/70-kb", Limit::None);
    ratio("70-kb/small", "fresh/70-kb", "fresh/two-fields", Limit::None);
    ratio("70-kb/small-native", "native/70-kb", "native/two-fields", Limit::None);
    ratio("true/two-fields", "fresh/true", "fresh/two-fields", Limit::None);
    ratio("three-of-one-component/one", "fresh/three-of-one-component", "fresh/two-fields", Limit::None);
    ratio("map/native-one", "map/one-claim", "map/one-native", Limit::None);
    ratio("map/native-twenty", "map/twenty-claims", "map/twenty-native", Limit::None);
    ratio("engines/cel/attributes", "engines/cel/fresh", "engines/attributes/fresh", Limit::None);
    ratio("engines/cedar/attributes", "engines/cedar/fresh", "engines/attributes/fresh", Limit::None);
    ratio("engines/rego/attributes", "engines/rego/fresh", "engines/attributes/fresh", Limit::None);
    ratio("three-components/three-of-one", "fresh/three-components", "fresh/three-of-one-component", Limit::None);
}
