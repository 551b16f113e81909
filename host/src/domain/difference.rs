//! What becomes of a decision under other rules: the one comparison of shadows and impact analyses.
//!
//! Compared is what the rules say, so a policy in monitor mode counts as what it would have been. Knows neither where the
//! decisions come from nor who reads the difference.

use crate::{
    decision::{Failed, Said, Verdict},
    domain::replay::by_circumstances,
};

/// How one verdict differs from another.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Change {
    /// Not at all: outcome, reasons, recoveries and outputs are the same.
    Same,
    /// What was denied is allowed.
    Allows,
    /// What was allowed is denied.
    Denies,
    /// The outcome is the same, what is said with it is not.
    Reasons,
    /// Nothing can be said: a validator was kept from answering.
    Unsure,
}

impl Change {
    /// From `before` to `after`. The server's situation, then or now, is no difference between rules.
    pub(super) fn between(before: &Verdict, after: &Verdict) -> Change {
        match (by_its_rules(before), by_its_rules(after)) {
            _ if says_the_same(before, after) => Change::Same,
            _ if by_circumstances(before) || by_circumstances(after) => Change::Unsure,
            (false, true) => Change::Allows,
            (true, false) => Change::Denies,
            (true, true) | (false, false) => Change::Reasons,
        }
    }
}

/// Whether the rules allow, whatever the mode of their policy makes of it.
fn by_its_rules(verdict: &Verdict) -> bool {
    verdict.said() == Said::Allow
}

/// A rule's place in its policy does not matter: a rule more in front of it changes nothing that it says.
fn says_the_same(before: &Verdict, after: &Verdict) -> bool {
    let reason = |failed: &Failed, other: &Failed| {
        let Failed { validator, index: _, code, message, details, policy: _ } = failed;
        (validator, code, message, details) == (&other.validator, &other.code, &other.message, &other.details)
    };
    by_its_rules(before) == by_its_rules(after)
        && before.recovery == after.recovery
        && before.failures.len() == after.failures.len()
        && before.failures.iter().zip(&after.failures).all(|(failed, other)| reason(failed, other))
        && before.outputs.iter().map(|output| &output.value).eq(after.outputs.iter().map(|output| &output.value))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::decision::{Code, Output, Recovery};

    fn denied(code: &str, index: usize) -> Verdict {
        let failed = Failed { index, code: code.to_owned(), ..Verdict::denied("v", Code::Trap).failures.remove(0) };
        Verdict { failures: vec![failed], ..Verdict::default() }
    }

    fn allowed(value: &str) -> Verdict {
        let output = Output { validator: "v".to_owned(), index: 0, policy: String::new(), value: value.to_owned() };
        Verdict { allow: true, outputs: vec![output], ..Verdict::default() }
    }

    #[test]
    fn outcome_reasons_recoveries_and_outputs_are_compared() {
        let step = Recovery { id: String::new(), kind: "mfa".to_owned() };
        let recovers = Verdict { recovery: vec![step], ..denied("missing", 0) };
        for (before, after, change) in [
            (allowed("1"), allowed("1"), Change::Same),
            (allowed("1"), allowed("2"), Change::Reasons),
            (allowed("1"), denied("missing", 0), Change::Denies),
            (denied("missing", 0), allowed("1"), Change::Allows),
            (denied("missing", 0), denied("missing", 1), Change::Same),
            (denied("missing", 0), denied("other", 0), Change::Reasons),
            (denied("missing", 0), recovers, Change::Reasons),
        ] {
            assert_eq!(Change::between(&before, &after), change, "{before:?} {after:?}");
        }
    }

    #[test]
    fn what_comes_from_the_situation_is_no_change_of_rules() {
        for code in [Code::Overloaded, Code::Deadline, Code::Unavailable] {
            let late = Verdict::denied("v", code);
            assert_eq!(Change::between(&allowed("1"), &late), Change::Unsure, "{code:?}");
            assert_eq!(Change::between(&late, &allowed("1")), Change::Unsure, "{code:?}");
            assert_eq!(Change::between(&late, &late.clone()), Change::Same, "{code:?}");
        }
        assert_eq!(Change::between(&allowed("1"), &Verdict::denied("v", Code::Trap)), Change::Denies);
    }
}
