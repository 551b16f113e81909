//! Weighing: what a condition says of the answers of its rules, and for which reasons it denies.
//!
//! Three values as in Kleene's strong logic, so an error is never turned into an answer: `not` of what nobody can say stays what
//! nobody can say. Used by `evaluate` and `explain`.

use super::{Answer, Code, Condition, Failed, Recovery, Rule};

/// Whether a condition holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Truth {
    /// It does not.
    Fails,
    /// Nobody can say, since something could not answer. That denies.
    Unknown,
    /// It does.
    Holds,
}

/// The validator and the code of a `not` whose condition holds.
const NOT: (&str, &str) = ("not", "not_denied");

/// What is weighed: rules and their answers.
#[derive(Clone, Copy)]
pub(super) struct Scale<'a> {
    pub(super) rules: &'a [Rule],
    pub(super) answers: &'a [Answer],
    /// Whether the answers of monitored policies count as well.
    pub(super) all_count: bool,
}

/// A condition with what it came to.
pub(super) struct Weighed<'a> {
    pub(super) condition: &'a Condition,
    pub(super) truth: Truth,
    /// The conditions directly inside.
    pub(super) inside: Vec<Weighed<'a>>,
    pub(super) place: Place<'a>,
}

/// In which policy something stands.
#[derive(Clone, Copy)]
pub(super) struct Place<'a> {
    /// The id of the embedded policy; empty outside of one.
    pub(super) policy: &'a str,
    /// Where its rules begin.
    pub(super) first: usize,
}

impl Place<'_> {
    /// The policy that is asked itself.
    pub(super) const OUTSIDE: Place<'static> = Place { policy: "", first: 0 };
}

impl<'a> Scale<'a> {
    /// Weighs `condition` and everything inside.
    pub(super) fn weigh(&self, condition: &'a Condition, place: Place<'a>) -> Weighed<'a> {
        let below = match condition {
            Condition::Policy { id, linked: Some(embedded), .. } => Place { policy: id, first: embedded.first },
            _ => place,
        };
        let inside: Vec<_> = condition.inside().iter().map(|inside| self.weigh(inside, below)).collect();
        let truth = self.truth(condition, &inside);
        Weighed { condition, truth, inside, place }
    }

    fn truth(&self, condition: &Condition, inside: &[Weighed<'_>]) -> Truth {
        let one = inside.first().map_or(Truth::Unknown, |inside| inside.truth);
        match condition {
            Condition::Rule(place) => self.answered(*place),
            Condition::All { .. } | Condition::Any { .. } if inside.is_empty() => Truth::Unknown,
            Condition::All { .. } => decided_by(Truth::Fails, inside, Truth::Holds),
            Condition::Any { .. } => decided_by(Truth::Holds, inside, Truth::Fails),
            Condition::Not { .. } => match one {
                Truth::Fails => Truth::Holds,
                Truth::Unknown => Truth::Unknown,
                Truth::Holds => Truth::Fails,
            },
            Condition::Policy { linked: Some(embedded), .. } if embedded.monitored && !self.all_count => Truth::Holds,
            Condition::Policy { .. } => one,
        }
    }

    fn answered(&self, place: usize) -> Truth {
        match self.answers.get(place) {
            Some(Answer::Pass { output: _ }) => Truth::Holds,
            Some(Answer::Fail { .. }) => Truth::Fails,
            // A missing answer is an error of the sandbox, never a pass.
            Some(Answer::Error(_)) | None => Truth::Unknown,
        }
    }
}

/// One that is `decisive` decides, then one that is unknown, else it is `otherwise`.
fn decided_by(decisive: Truth, inside: &[Weighed<'_>], otherwise: Truth) -> Truth {
    let any = |truth| inside.iter().any(|inside| inside.truth == truth);
    match (any(decisive), any(Truth::Unknown)) {
        (true, _) => decisive,
        (false, true) => Truth::Unknown,
        (false, false) => otherwise,
    }
}

/// The reasons of a denial, gathered in order.
#[derive(Default)]
pub(super) struct Reasons {
    pub(super) failures: Vec<Failed>,
    pub(super) errors: usize,
    pub(super) recovery: Vec<Recovery>,
    /// Rules that are told already: a policy may be embedded twice.
    told: Vec<usize>,
}

impl Reasons {
    /// Adds why `weighed` does not hold. In a `not` only errors are reasons, and nothing there would recover it.
    pub(super) fn gather(&mut self, scale: &Scale<'_>, weighed: &Weighed<'_>, in_not: bool) {
        let matters = |inside: &&Weighed<'_>| match in_not {
            true => inside.truth == Truth::Unknown,
            false => inside.truth != Truth::Holds,
        };
        match weighed.condition {
            Condition::Rule(place) => return self.rule(scale, *place, weighed.place, in_not),
            Condition::All { .. } | Condition::Any { .. } if weighed.inside.is_empty() => {
                self.own(weighed.place, Code::EmptyPolicy);
            }
            Condition::Policy { id, linked: None, .. } => {
                self.own(Place { policy: id, ..weighed.place }, Code::NoPolicy);
            }
            Condition::Not { .. } => match weighed.inside.iter().find(|inside| inside.truth == Truth::Unknown) {
                Some(unknown) => self.gather(scale, unknown, true),
                None => self.failures.push(not_denied(weighed)),
            },
            Condition::All { .. } | Condition::Any { .. } | Condition::Policy { linked: Some(_), .. } => {
                weighed.inside.iter().filter(matters).for_each(|inside| self.gather(scale, inside, in_not));
            }
        }
        if !in_not {
            self.recover(weighed.condition.recovery());
        }
    }

    fn rule(&mut self, scale: &Scale<'_>, place: usize, at: Place<'_>, in_not: bool) {
        let Some(rule) = scale.rules.get(place) else { return self.own(at, Code::BadAnswer) };
        if !self.told.contains(&place) {
            self.told.push(place);
            let answer = scale.answers.get(place).unwrap_or(&Answer::Error(Code::BadAnswer));
            self.errors += usize::from(matches!(answer, Answer::Error(_)));
            let failed = failed(&rule.validator, place.saturating_sub(at.first), answer);
            self.failures.extend(failed.map(|failed| Failed { policy: at.policy.to_owned(), ..failed }));
        }
        if !in_not {
            self.recover(&rule.recovery);
        }
    }

    fn own(&mut self, at: Place<'_>, code: Code) {
        self.errors += 1;
        self.failures.extend(
            failed("", 0, &Answer::Error(code)).map(|failed| Failed { policy: at.policy.to_owned(), ..failed }),
        );
    }

    fn recover(&mut self, recovery: &[Recovery]) {
        for recovery in recovery {
            if !self.recovery.contains(recovery) {
                self.recovery.push(recovery.clone());
            }
        }
    }
}

/// A rule's answer as a failure, if it is one.
pub(super) fn failed(validator: &str, index: usize, answer: &Answer) -> Option<Failed> {
    let (code, message, details) = match answer {
        Answer::Pass { output: _ } => return None,
        Answer::Fail { code, message, details } => (code.clone(), message.clone(), details.clone()),
        Answer::Error(code) => (code.as_str().to_owned(), code.message().to_owned(), String::new()),
    };
    Some(Failed { validator: validator.to_owned(), index, code, message, details, policy: String::new() })
}

fn not_denied(weighed: &Weighed<'_>) -> Failed {
    let (validator, code) = NOT;
    Failed {
        validator: validator.to_owned(),
        index: first_rule(weighed.condition).map_or(0, |rule| rule.saturating_sub(weighed.place.first)),
        code: code.to_owned(),
        message: "a condition holds that must not hold".to_owned(),
        details: String::new(),
        policy: weighed.place.policy.to_owned(),
    }
}

/// The first rule of the same policy inside a condition.
fn first_rule(condition: &Condition) -> Option<usize> {
    match condition {
        Condition::Rule(place) => Some(*place),
        Condition::Policy { .. } => None,
        other => other.inside().iter().find_map(first_rule),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LETTERS: [&str; 6] = ["a", "b", "c", "d", "e", "f"];

    /// Numbers that look random (xorshift).
    struct Dice(u64);

    impl Dice {
        fn roll(&mut self, sides: u64) -> usize {
            self.0 ^= self.0 << 13;
            self.0 ^= self.0 >> 7;
            self.0 ^= self.0 << 17;
            usize::try_from(self.0 % sides).unwrap()
        }

        fn condition(&mut self, depth: u32) -> Condition {
            let recovery = Vec::new();
            let kind = if depth == 0 { 0 } else { self.roll(5) };
            let several = |dice: &mut Dice| (0..=dice.roll(3)).map(|_| dice.condition(depth - 1)).collect();
            match kind {
                1 => Condition::All { of: several(self), recovery },
                2 => Condition::Any { of: several(self), recovery },
                3 => Condition::Not { of: Box::new(self.condition(depth - 1)), recovery },
                _ => Condition::Rule(self.roll(6)),
            }
        }

        fn answer(&mut self) -> Answer {
            match self.roll(3) {
                0 => Answer::Pass { output: String::new() },
                1 => Answer::Fail { code: "no".to_owned(), message: String::new(), details: String::new() },
                _ => Answer::Error(Code::Trap),
            }
        }
    }

    fn number(answer: &Answer) -> i32 {
        match answer {
            Answer::Pass { .. } => 1,
            Answer::Fail { .. } => -1,
            Answer::Error(_) => 0,
        }
    }

    /// The model: 1 holds, -1 fails, 0 is unknown; `all` is the least, `any` the greatest, `not` the negative.
    fn model(condition: &Condition, answers: &[i32]) -> i32 {
        let inside = condition.inside().iter().map(|inside| model(inside, answers));
        match condition {
            Condition::Rule(place) => answers[*place],
            Condition::All { .. } => inside.min().unwrap_or(0),
            Condition::Any { .. } => inside.max().unwrap_or(0),
            Condition::Not { .. } => -inside.sum::<i32>(),
            Condition::Policy { .. } => 0,
        }
    }

    fn rules() -> Vec<Rule> {
        LETTERS.map(|name| Rule::plain(name, "{}")).to_vec()
    }

    #[test]
    fn every_condition_says_what_the_model_says_and_why() {
        let (mut dice, rules) = (Dice(0x9e37_79b9_7f4a_7c15), rules());
        let mut seen = [0, 0, 0];
        for _ in 0..20_000 {
            let condition = dice.condition(4);
            let answers: Vec<_> = (0..6).map(|_| dice.answer()).collect();
            let scale = Scale { rules: &rules, answers: &answers, all_count: false };
            let weighed = scale.weigh(&condition, Place::OUTSIDE);
            let numbers: Vec<_> = answers.iter().map(number).collect();
            let expected = match model(&condition, &numbers) {
                1 => Truth::Holds,
                0 => Truth::Unknown,
                _ => Truth::Fails,
            };
            assert_eq!(weighed.truth, expected, "{condition:?} of {answers:?}");
            seen[expected as usize] += 1;
            let mut reasons = Reasons::default();
            if expected != Truth::Holds {
                reasons.gather(&scale, &weighed, false);
                assert!(!reasons.failures.is_empty(), "{condition:?} of {answers:?} denies without a reason");
            }
            assert_eq!(reasons.errors > 0, reasons.failures.iter().any(|failed| failed.code == "trap"));
            for failed in reasons.failures.iter().filter(|failed| failed.validator != "not") {
                assert_eq!(LETTERS[failed.index], failed.validator);
                assert!(numbers[failed.index] < 1, "a rule that passed is no reason");
            }
        }
        assert!(seen.iter().all(|count| *count > 1000), "{seen:?}");
    }

    #[test]
    fn whatever_could_not_answer_would_have_said_an_allow_is_one() {
        let (mut dice, rules) = (Dice(0x1234_5678_9abc_def1), rules());
        for _ in 0..5_000 {
            let condition = dice.condition(4);
            let answers: Vec<_> = (0..6).map(|_| dice.answer()).collect();
            let scale = Scale { rules: &rules, answers: &answers, all_count: false };
            if scale.weigh(&condition, Place::OUTSIDE).truth != Truth::Holds {
                continue;
            }
            for guess in 0..64_u32 {
                let instead = |(place, answer)| match number(answer) {
                    0 if guess >> place & 1 == 1 => 1,
                    0 => -1,
                    known => known,
                };
                let instead: Vec<_> = answers.iter().enumerate().map(instead).collect();
                assert_eq!(model(&condition, &instead), 1, "{condition:?} of {answers:?} is a guess");
            }
        }
    }
}
