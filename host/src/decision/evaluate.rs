//! Deciding: every rule is asked, their answers are put together, and what does not hold denies.

use super::{
    Answer, Asked, Code, Condition, Failed, Output, Recovery, Rule, RuleSet, Validators, Verdict,
    weigh::{Place, Reasons, Scale, Truth, Weighed, failed},
};

/// Decides `rules` on `input` (the policy input document as JSON text).
///
/// A policy without rules denies: nothing in it allows.
pub async fn decide(rules: &RuleSet, input: &str, validators: &dyn Validators) -> Verdict {
    conclude(rules, validators.ask(rules, input).await)
}

/// Decides rules that are not saved, without preparing anything for later decisions.
pub async fn try_out(rules: &RuleSet, input: &str, validators: &dyn Validators) -> Verdict {
    conclude(rules, validators.ask_once(rules, input).await)
}

pub(super) fn conclude(rules: &RuleSet, asked: Asked) -> Verdict {
    let Asked { mut answers, components, usage, calls: _ } = asked;
    // A missing answer is an error of the sandbox, never a pass.
    answers.resize(rules.rules().len(), Answer::Error(Code::BadAnswer));
    let verdict = match rules.condition() {
        _ if rules.rules().is_empty() && rules.condition().is_none() => Verdict::denied("", Code::EmptyPolicy),
        None => conjunction(rules.rules(), &answers),
        Some(condition) => weighed(rules.rules(), &answers, condition),
    };
    Verdict { components, usage, ..verdict }
}

/// A policy without a condition: one refusal or error is enough to deny. Most policies are such ones.
fn conjunction(rules: &[Rule], answers: &[Answer]) -> Verdict {
    let mut verdict = Verdict::default();
    for (index, (rule, answer)) in rules.iter().zip(answers).enumerate() {
        verdict.errors += usize::from(matches!(answer, Answer::Error(_)));
        verdict.hand_over(Place::OUTSIDE, index, rule, answer);
        if let Some(failed) = failed(&rule.validator, index, answer) {
            verdict.failures.push(failed);
            verdict.recover(&rule.recovery);
        }
    }
    verdict.allow = verdict.failures.is_empty();
    verdict
}

fn weighed(rules: &[Rule], answers: &[Answer], condition: &Condition) -> Verdict {
    let scale = Scale { rules, answers, all_count: false };
    let counted = Scale { all_count: true, ..scale };
    let as_it_is = scale.weigh(condition, Place::OUTSIDE);
    let mut verdict = Verdict { allow: as_it_is.truth == Truth::Holds, ..Verdict::default() };
    if !verdict.allow {
        verdict.denied_for(&scale, &as_it_is);
    } else if condition.is_monitored() {
        let if_all_counted = counted.weigh(condition, Place::OUTSIDE);
        verdict.would_deny = if_all_counted.truth != Truth::Holds;
        if verdict.would_deny {
            verdict.denied_for(&counted, &if_all_counted);
        }
    }
    if verdict.allow {
        verdict.gather(&scale, &as_it_is);
        return verdict;
    }
    let mut places = vec![Place::OUTSIDE; rules.len()];
    settle(condition, &mut places);
    for (index, ((rule, answer), place)) in rules.iter().zip(answers).zip(places).enumerate() {
        verdict.hand_over(place, index, rule, answer);
    }
    verdict
}

/// Notes which rules belong to embedded policies.
fn settle<'a>(condition: &'a Condition, places: &mut [Place<'a>]) {
    if let Condition::Policy { id, linked: Some(embedded), .. } = condition {
        let theirs = places.get_mut(embedded.first..embedded.first.saturating_add(embedded.count));
        let place = Place { policy: id, first: embedded.first };
        theirs.unwrap_or_default().fill(place);
    }
    condition.inside().iter().for_each(|inside| settle(inside, places));
}

impl Verdict {
    /// A deny of the host's own.
    pub fn denied(validator: &str, code: Code) -> Verdict {
        let failed = Failed {
            validator: validator.to_owned(),
            index: 0,
            code: code.as_str().to_owned(),
            message: code.message().to_owned(),
            details: String::new(),
            policy: String::new(),
        };
        Verdict { failures: vec![failed], errors: 1, ..Verdict::default() }
    }

    fn denied_for(&mut self, scale: &Scale<'_>, weighed: &Weighed<'_>) {
        let mut reasons = Reasons::default();
        reasons.gather(scale, weighed, false);
        (self.failures, self.errors, self.recovery) = (reasons.failures, reasons.errors, reasons.recovery);
    }

    /// What those rules hand over because of which it is a yes: nothing of what does not hold, or must not. A policy that is only
    /// monitored counts as a yes, and what is inside of it must hold all the same.
    fn gather(&mut self, scale: &Scale<'_>, weighed: &Weighed<'_>) {
        match weighed.condition {
            _ if weighed.truth != Truth::Holds => {}
            Condition::Not { .. } => {}
            Condition::Rule(index) => {
                if let (Some(rule), Some(answer)) = (scale.rules.get(*index), scale.answers.get(*index)) {
                    self.hand_over(weighed.place, *index, rule, answer);
                }
            }
            _ => weighed.inside.iter().for_each(|inside| self.gather(scale, inside)),
        }
    }

    fn hand_over(&mut self, place: Place<'_>, index: usize, rule: &Rule, answer: &Answer) {
        if let Answer::Pass { output } = answer
            && !output.is_empty()
        {
            let (validator, policy) = (rule.validator.clone(), place.policy.to_owned());
            let index = index.saturating_sub(place.first);
            self.outputs.push(Output { validator, index, value: output.clone(), policy });
        }
    }

    fn recover(&mut self, recovery: &[Recovery]) {
        for recovery in recovery {
            if !self.recovery.contains(recovery) {
                self.recovery.push(recovery.clone());
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::decision::{Embedded, Usage};

    fn rule(validator: &str, recovery: &[&str]) -> Rule {
        Rule { recovery: recovery.iter().map(|kind| step(kind)).collect(), ..Rule::plain(validator, "{}") }
    }

    fn step(kind: &str) -> Recovery {
        Recovery { id: String::new(), kind: kind.to_owned() }
    }

    fn pass(output: &str) -> Answer {
        Answer::Pass { output: output.to_owned() }
    }

    fn fail() -> Answer {
        Answer::Fail { code: "no".to_owned(), message: "No.".to_owned(), details: String::new() }
    }

    fn verdict(rules: Vec<Rule>, condition: Option<Condition>, answers: &[Answer]) -> Verdict {
        let asked =
            Asked { answers: answers.to_vec(), components: Vec::new(), usage: Usage::default(), calls: Vec::new() };
        conclude(&RuleSet::with_condition(rules, condition), asked)
    }

    fn reasons(verdict: &Verdict) -> Vec<(&str, usize, &str, &str)> {
        let mut found = Vec::new();
        for Failed { policy, validator, index, code, .. } in &verdict.failures {
            found.push((policy.as_str(), *index, validator.as_str(), code.as_str()));
        }
        found
    }

    #[test]
    fn a_condition_of_all_says_what_no_condition_says() {
        let answers = [pass("1"), fail(), Answer::Error(Code::Trap)];
        let rules = || vec![rule("a", &["x"]), rule("b", &["y", "z"]), rule("c", &["z"])];
        for places in [[0, 1, 2], [0, 0, 0], [1, 1, 1], [2, 2, 0], [1, 2, 1]] {
            let answers: Vec<_> = places.iter().map(|place| answers[*place].clone()).collect();
            let plain = verdict(rules(), None, &answers);
            assert_eq!(verdict(rules(), Some(Condition::all_rules(3)), &answers), plain);
        }
        assert_eq!(verdict(Vec::new(), None, &[]), Verdict::denied("", Code::EmptyPolicy));
        assert_eq!(verdict(Vec::new(), Some(Condition::all_rules(0)), &[]), Verdict::denied("", Code::EmptyPolicy));
    }

    #[test]
    fn a_failing_group_offers_its_own_recovery() {
        let of = vec![Condition::Rule(0), Condition::Rule(1)];
        let any = Condition::Any { of, recovery: vec![step("phone")] };
        let rules = || vec![rule("a", &["mfa"]), rule("b", &[])];
        let denied = verdict(rules(), Some(any.clone()), &[fail(), fail()]);
        assert_eq!(reasons(&denied), [("", 0, "a", "no"), ("", 1, "b", "no")]);
        assert_eq!(denied.recovery, [step("mfa"), step("phone")]);
        let allowed = verdict(rules(), Some(any), &[fail(), pass("")]);
        assert_eq!((allowed.allow, allowed.failures, allowed.recovery), (true, Vec::new(), Vec::new()));
    }

    #[test]
    fn a_not_says_so_and_never_makes_an_answer_of_an_error() {
        let not = Condition::Not { of: Box::new(Condition::Rule(0)), recovery: vec![step("leave")] };
        let one = |answer: Answer| verdict(vec![rule("a", &["mfa"])], Some(not.clone()), &[answer]);
        assert!(one(fail()).allow);
        let held = one(pass(""));
        assert_eq!((reasons(&held), held.errors), (vec![("", 0, "not", "not_denied")], 0));
        assert_eq!(held.recovery, [step("leave")]);
        let unknown = one(Answer::Error(Code::Deadline));
        assert_eq!((reasons(&unknown), unknown.errors), (vec![("", 0, "a", "deadline")], 1));
        assert!(!unknown.allow);
        let unanswered = verdict(vec![rule("a", &[])], Some(not.clone()), &[]);
        assert_eq!(reasons(&unanswered), [("", 0, "a", "bad_answer")]);
    }

    fn embedding(monitored: bool) -> (Vec<Rule>, Condition) {
        let embedded = Embedded { first: 1, count: 1, condition: Condition::Rule(1), monitored };
        let linked = Some(Box::new(embedded));
        let inner = Condition::Policy { id: "inner".to_owned(), recovery: vec![step("ask")], linked };
        (vec![rule("a", &[]), rule("b", &["mfa"])], Condition::all(vec![Condition::Rule(0), inner]))
    }

    #[test]
    fn an_embedded_policy_is_named_and_counts_unless_it_is_monitored() {
        let (rules, condition) = embedding(false);
        let denied = verdict(rules, Some(condition), &[pass("1"), fail()]);
        assert_eq!(reasons(&denied), [("inner", 0, "b", "no")]);
        assert_eq!((denied.said().as_str(), denied.recovery), ("deny", vec![step("mfa"), step("ask")]));

        let (rules, condition) = embedding(true);
        let watched = verdict(rules, Some(condition), &[pass("1"), fail()]);
        assert_eq!(reasons(&watched), [("inner", 0, "b", "no")]);
        assert_eq!(watched.said().as_str(), "would_deny");

        let (rules, condition) = embedding(true);
        let allowed = verdict(rules, Some(condition), &[pass("1"), pass("2")]);
        let outputs: Vec<_> = allowed.outputs.iter().map(|found| (found.policy.as_str(), found.index)).collect();
        assert_eq!((allowed.said().as_str(), outputs), ("allow", vec![("", 0), ("inner", 0)]));

        let (rules, condition) = embedding(true);
        let denied = verdict(rules, Some(condition), &[fail(), fail()]);
        assert_eq!((denied.said().as_str(), reasons(&denied)), ("deny", vec![("", 0, "a", "no")]));
    }

    #[test]
    fn a_policy_that_is_not_in_its_place_denies_whatever_stands_around_it() {
        let missing = Condition::Policy { id: "gone".to_owned(), recovery: Vec::new(), linked: None };
        let not = Condition::Not { of: Box::new(missing.clone()), recovery: Vec::new() };
        for condition in [missing, not] {
            let denied = verdict(vec![rule("a", &[])], Some(condition), &[pass("")]);
            assert_eq!((denied.allow, reasons(&denied)), (false, vec![("gone", 0, "", "no_policy")]));
        }
    }

    #[test]
    fn only_what_makes_it_a_yes_hands_over() {
        let rules: Vec<Rule> = ["a", "b", "c", "d", "e"].map(|name| rule(name, &[])).to_vec();
        let all = |places: [usize; 2]| Condition::All { of: places.map(Condition::Rule).to_vec(), recovery: vec![] };
        let never = Condition::Not { of: Box::new(Condition::Rule(4)), recovery: vec![] };
        let any = Condition::Any { of: vec![all([0, 1]), all([2, 3]), never], recovery: vec![] };
        let answers = [fail(), pass("1"), pass(""), pass("3"), pass("4")];
        let verdict = verdict(rules, Some(any), &answers);
        assert!(verdict.allow);
        let handed: Vec<&str> = verdict.outputs.iter().map(|output| output.value.as_str()).collect();
        assert_eq!(handed, ["3"]);
    }

    #[test]
    fn a_monitored_policy_allows_and_keeps_its_reasons() {
        let denied = verdict(vec![rule("a", &["mfa"])], None, &[fail()]).monitored();
        assert_eq!((denied.said().as_str(), denied.allow, denied.failures.len()), ("would_deny", true, 1));
        let allowed = verdict(vec![rule("a", &[])], None, &[pass("")]).monitored();
        assert_eq!(allowed.said().as_str(), "allow");
    }
}
