//! `NAME.cases.yaml` of an example, as `portcullis plugin test` reads it: confs, inputs and what the component answers. The real
//! sandbox is asked.

use std::{fmt, fs, path::Path, time::Duration};

use portcullis::{
    decision::{Answer, Asked, Components, ConfProblem, Mapped, RuleSet, Unmapped, Usage, Validators},
    plugin::{About, Kind, Sandbox},
};
use serde::Deserialize;
use serde_json::{Map, Value, json};

/// How long a snapshot of a large component may take on a busy machine before the test fails.
const SNAPSHOT: Duration = Duration::from_secs(900);
/// Calls that a cost is taken from.
const CALLS: usize = 50;

/// A file of cases.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Cases {
    /// The configuration of all cases.
    conf: Value,
    cases: Vec<Case>,
    refused: Vec<Refused>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Case {
    name: String,
    #[serde(default)]
    input: Map<String, Value>,
    expect: Map<String, Value>,
}

/// A configuration, and where it is refused.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Refused {
    name: String,
    conf: Value,
    path: String,
}

impl Case {
    fn input(&self) -> String {
        Value::Object(self.input.clone()).to_string()
    }
}

/// What a call costs: the best of some, because everything else is the machine's other work.
pub struct Cost(Usage);

impl fmt::Display for Cost {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Usage { instantiate_us, run_us, memory_bytes, .. } = self.0;
        write!(
            out,
            "{} µs ({instantiate_us} of them for its instance), {} KiB",
            instantiate_us + run_us,
            memory_bytes >> 10
        )
    }
}

impl Cases {
    /// Reads the file of an example.
    pub fn read(folder: &Path, name: &str) -> Cases {
        let text = fs::read_to_string(folder.join(format!("{name}.cases.yaml"))).unwrap();
        serde_saphyr::from_str(&text).unwrap()
    }

    /// Tries the configurations that are to be refused, and the one that is not.
    pub async fn refusals(&self, sandbox: &Sandbox, about: &About) {
        assert_eq!(checked(sandbox, about, &self.conf).await, [""; 0], "the configuration of the cases");
        assert!(!self.refused.is_empty(), "a file of cases shows what is refused, too");
        for Refused { name, conf, path } in &self.refused {
            assert_eq!(checked(sandbox, about, conf).await, [format!("/conf{path}")], "{name}");
        }
    }

    /// Runs all cases and answers what a call cost.
    pub async fn run(&self, sandbox: &Sandbox, about: &About, snapshot: bool) -> Cost {
        let rules = RuleSet::of(&about.component.name, [self.conf.to_string()]);
        let first = &self.cases.first().unwrap().input();
        if snapshot {
            prepared(sandbox, about, &rules, first).await;
        }
        for case in &self.cases {
            let (answer, _) = ask(sandbox, about, &rules, &case.input(), snapshot).await;
            assert_eq!(answer, Value::Object(case.expect.clone()), "{}", case.name);
        }
        let mut costs = Vec::new();
        for _ in 0..CALLS {
            costs.push(ask(sandbox, about, &rules, first, snapshot).await.1);
        }
        Cost(costs.into_iter().min_by_key(|usage| usage.instantiate_us + usage.run_us).unwrap())
    }
}

/// Where a configuration is wrong.
async fn checked(sandbox: &Sandbox, about: &About, conf: &Value) -> Vec<String> {
    let rules = RuleSet::of(&about.component.name, [conf.to_string()]);
    let problems: Vec<ConfProblem> = sandbox.check_as(about.kind, &rules).await.err().unwrap_or_default();
    problems.into_iter().map(|problem| problem.path).collect()
}

/// Asks until the snapshot is there.
async fn prepared(sandbox: &Sandbox, about: &About, rules: &RuleSet, input: &str) {
    let until = async {
        while call(sandbox, about, rules, input, true).await.1.cold {
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    };
    let name = &about.component.name;
    let built = tokio::time::timeout(SNAPSHOT, until).await;
    built.unwrap_or_else(|_| panic!("{name} has no snapshot: {:?}", sandbox.report().not_snapshotted));
}

/// One call, which is one of a snapshot or is not.
async fn ask(sandbox: &Sandbox, about: &About, rules: &RuleSet, input: &str, snapshot: bool) -> (Value, Usage) {
    let (answer, usage) = call(sandbox, about, rules, input, snapshot).await;
    assert_eq!(usage.cold, !snapshot);
    (answer, usage)
}

async fn call(sandbox: &Sandbox, about: &About, rules: &RuleSet, input: &str, keep: bool) -> (Value, Usage) {
    match about.kind {
        Kind::Validator if keep => verdict(sandbox.ask(rules, input).await),
        Kind::Validator => verdict(sandbox.ask_once(rules, input).await),
        Kind::ConsentChecker => verdict(sandbox.check_consents(rules, input, keep).await),
        Kind::ClaimMapper => claims(sandbox.map(rules, input).await),
    }
}

fn verdict(asked: Asked) -> (Value, Usage) {
    let answer = match asked.answers.into_iter().next().unwrap() {
        Answer::Pass { output } if output.is_empty() => json!({ "allow": true }),
        Answer::Pass { output } => json!({ "allow": true, "output": parsed(&output) }),
        Answer::Fail { code, details, .. } if details.is_empty() => json!({ "allow": false, "code": code }),
        Answer::Fail { code, details, .. } => json!({ "allow": false, "code": code, "details": parsed(&details) }),
        Answer::Error(code) => json!({ "allow": false, "code": code.as_str() }),
    };
    (answer, asked.usage)
}

fn claims(asked: Asked<Mapped>) -> (Value, Usage) {
    let answer = match asked.answers.into_iter().next().unwrap() {
        Ok(claims) => {
            let members: Map<_, _> = claims.into_iter().map(|claim| (claim.name, parsed(&claim.value))).collect();
            json!({ "claims": members })
        }
        Err(Unmapped::Refused(why)) => json!({ "error": why }),
        Err(Unmapped::Fault(code)) => json!({ "fault": code.as_str() }),
    };
    (answer, asked.usage)
}

fn parsed(json: &str) -> Value {
    serde_json::from_str(json).unwrap()
}
