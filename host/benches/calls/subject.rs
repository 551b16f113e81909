//! What is measured: the sandbox as the server starts it, rules, the input document, and the check as native code.

use std::time::Duration;

use portcullis::{
    api::decide::{entity, evaluation::EvaluationBody},
    config::{Config, Flags},
    decision::{Answer, Asked, Rule, RuleSet, Validators},
    plugin::Sandbox,
    server,
    world::{Stopwatch, World},
};
use portcullis_fields::{Conf, Fields, Json, Scope};

use crate::{folder::Scratch, question};

/// The policy input document that the server makes of the evaluation.
pub(crate) fn input() -> String {
    let body: EvaluationBody = serde_json::from_str(&question::evaluation("some-policy")).unwrap();
    let EvaluationBody { subject, action, resource, context } = body;
    let mut input = entity::input(subject, action, resource, context);
    input.now = 1_790_000_000;
    serde_json::to_string(&input).unwrap()
}

/// A policy of these validators and configurations.
pub(crate) fn rules(rules: &[(&str, &str)]) -> RuleSet {
    RuleSet::new(rules.iter().map(|(validator, conf)| Rule::plain(validator, *conf)).collect())
}

/// Leaves the configuration as it is.
pub(crate) fn with_images(_: &mut Config) {}

/// Makes every call configure its instance.
pub(crate) fn without_images(config: &mut Config) {
    config.sandbox.images = 0;
}

/// Makes every call configure its instance, and gives it the time that the larger languages need for that.
pub(crate) fn unhurried(config: &mut Config) {
    config.sandbox.images = 0;
    config.sandbox.deadline_ms = 1_000;
}

/// A sandbox with the bundled components in a folder of its own.
pub(crate) struct Start {
    /// The sandbox.
    pub(crate) sandbox: Sandbox,
    _folder: Scratch,
}

impl Start {
    /// Starts it as the server does, with a configuration that was changed.
    pub(crate) fn new(change: fn(&mut Config)) -> Start {
        let folder = Scratch::new("calls");
        let flags = Flags { data: Some(folder.path().to_owned()), ..Flags::default() };
        let mut config = Config::load(None, std::iter::empty(), flags).unwrap();
        change(&mut config);
        let vault = server::open_vault(&config, None, &World::system()).unwrap();
        Start {
            sandbox: server::start_sandbox(&config, &vault, std::sync::Arc::new(portcullis::decision::NoLibrary))
                .unwrap(),
            _folder: folder,
        }
    }
}

/// One policy asked about one input.
pub(crate) struct Asking<'a> {
    /// Who is asked.
    pub(crate) sandbox: &'a Sandbox,
    /// What is asked.
    pub(crate) rules: RuleSet,
    /// About what.
    pub(crate) input: String,
    /// Whether every call configures its instance.
    pub(crate) cold: bool,
}

impl Asking<'_> {
    /// Asks until the answer comes as it shall be measured.
    pub(crate) async fn prepare(&self) {
        let watch = Stopwatch::start();
        loop {
            let asked = self.sandbox.ask(&self.rules, &self.input).await;
            let passed = asked.answers.iter().all(|answer| matches!(answer, Answer::Pass { .. }));
            if passed && asked.usage.cold == self.cold {
                return;
            }
            // The first call may well miss its deadline: the component is compiled meanwhile.
            assert!(watch.elapsed() < Duration::from_secs(30), "still {:?}", asked.answers);
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }

    /// How long `calls` decisions take, one after the other.
    pub(crate) async fn time(&self, calls: u64) -> Duration {
        let watch = Stopwatch::start();
        for _ in 0..calls {
            self.check(&self.sandbox.ask(&self.rules, &self.input).await);
        }
        watch.elapsed()
    }

    fn check(&self, asked: &Asked) {
        assert!(asked.answers.iter().all(|answer| matches!(answer, Answer::Pass { .. })), "{:?}", asked.answers);
        assert_eq!(asked.usage.cold, self.cold);
    }
}

/// The validator `identity-context` without a sandbox.
pub(crate) struct Native(Fields);

impl Native {
    /// Configured once, like a snapshot.
    pub(crate) fn new(conf: &str) -> Native {
        Native(Fields::new(&Conf::read(conf).unwrap(), Scope::Member("authn_ctx")).unwrap())
    }

    /// Reads the same text and checks the same fields.
    pub(crate) fn allows(&self, input: &str) -> bool {
        Json::read(input).is_ok_and(|document| self.0.check(&document).is_ok())
    }
}
