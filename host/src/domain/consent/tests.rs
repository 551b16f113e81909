//! Versions and what grants of older ones are worth, against the rules said one update at a time.

use super::*;

const STRATEGIES: [Strategy; 3] = [Strategy::ExplicitAll, Strategy::ImplicitAll, Strategy::KeepCurrent];

fn draft(name: &str, strategy: Strategy) -> Draft {
    let terms = Terms {
        name: name.to_owned(),
        description: String::new(),
        can_be_withdrawn: true,
        internal_services: Vec::new(),
        third_party_services: Vec::new(),
        pii_categories: Vec::new(),
        update_existing_grants: strategy,
    };
    Draft { terms, valid_from: None, version: 0 }
}

/// A consent of version 1 with these updates.
fn updated(updates: &[Strategy]) -> Consent {
    let made = first(0, &draft("made", Strategy::KeepCurrent), 0);
    let number = |(place, strategy): (usize, &Strategy)| draft(&format!("update {place}"), *strategy);
    updates.iter().enumerate().map(number).fold(made, |consent, draft| next(&consent, &draft, 0))
}

/// The table of the documentation: what one update makes of a grant.
fn moved(grant: GrantType, update: Strategy) -> Option<GrantType> {
    match (update, grant) {
        (Strategy::ExplicitAll, _) | (Strategy::KeepCurrent, GrantType::Explicit) => None,
        (Strategy::ImplicitAll, _) | (Strategy::KeepCurrent, GrantType::Implicit) => Some(GrantType::Implicit),
    }
}

/// All rows of updates up to a length.
fn rows(length: usize) -> Vec<Vec<Strategy>> {
    let mut all = vec![Vec::new()];
    let mut last = all.clone();
    for _ in 0..length {
        let longer = |row: &Vec<Strategy>| STRATEGIES.map(|next| [row.as_slice(), &[next]].concat());
        last = last.iter().flat_map(longer).collect();
        all.extend(last.clone());
    }
    all
}

#[test]
fn a_grant_of_every_version_is_worth_what_the_updates_since_made_of_it() {
    for row in rows(6) {
        let consent = updated(&row);
        for version in 1..=consent.version {
            for given in [GrantType::Implicit, GrantType::Explicit] {
                let since = &row[usize::try_from(version).unwrap() - 1..];
                let expected = since.iter().try_fold(given, |grant, update| moved(grant, *update));
                assert_eq!(consent.worth(version, given), expected, "{row:?} version {version} {given:?}");
            }
        }
        assert_eq!(consent.worth(0, GrantType::Implicit), None);
        assert_eq!(consent.worth(consent.version + 1, GrantType::Implicit), None, "from the future");
    }
}

#[test]
fn the_list_of_strategies_is_bounded_and_errs_on_the_side_of_asking() {
    let row: Vec<Strategy> = (0..1000).map(|place| STRATEGIES[1 + place % 2]).collect();
    let consent = updated(&row);
    assert!(consent.strategies.len() <= MOST_STRATEGIES);
    let mut kept = 0;
    for version in 1..=consent.version {
        for given in [GrantType::Implicit, GrantType::Explicit] {
            let since = &row[usize::try_from(version).unwrap() - 1..];
            let expected = since.iter().try_fold(given, |grant, update| moved(grant, *update));
            let worth = consent.worth(version, given);
            assert!(worth.is_none() || worth == expected, "{version} {given:?}");
            kept += usize::from(worth.is_some());
        }
    }
    assert!(kept > MOST_STRATEGIES, "{kept}");
    let same = updated(&vec![Strategy::KeepCurrent; 1000]);
    assert_eq!(same.strategies.len(), 2);
    assert_eq!(same.worth(1, GrantType::Implicit), Some(GrantType::Implicit));
}

#[test]
fn versions_go_on_and_nothing_changed_is_no_version() {
    let made = first(0, &draft("a", Strategy::ImplicitAll), 5);
    assert_eq!((made.version, made.valid_from), (1, 5));
    assert_eq!(next(&made, &draft("a", Strategy::ImplicitAll), 9), made);
    assert_eq!(next(&made, &Draft { valid_from: Some(5), ..draft("a", Strategy::ImplicitAll) }, 9), made);
    let later = next(&made, &Draft { valid_from: Some(4), ..draft("a", Strategy::ImplicitAll) }, 9);
    assert_eq!((later.version, later.valid_from), (2, 4));
    let again = first(later.version, &draft("a", Strategy::ImplicitAll), 9);
    assert_eq!(again.version, 3);
    for version in 1..3 {
        assert_eq!(again.worth(version, GrantType::Implicit), None, "grants of the deleted one revive");
    }
    let imported = first(0, &Draft { version: 7, ..draft("a", Strategy::ImplicitAll) }, 9);
    assert_eq!((imported.version, imported.worth(6, GrantType::Implicit)), (7, None));
}

#[test]
fn several_purposes_have_exactly_one_primary() {
    let named = |primaries: &[bool]| {
        let purpose = |primary: &bool| Purpose { name: "Core".to_owned(), primary: *primary };
        let user = DataUser { name: "Shop".to_owned(), purposes: primaries.iter().map(purpose).collect() };
        let mut draft = draft("a", Strategy::ExplicitAll);
        draft.terms.third_party_services = vec![user];
        problems(&draft, 0).into_iter().map(|problem| problem.member).collect::<Vec<_>>()
    };
    for good in [[].as_slice(), &[true], &[false], &[true, false], &[false, true, false]] {
        assert!(named(good).is_empty(), "{good:?}");
    }
    for bad in [[false, false].as_slice(), &[true, true], &[true, true, false]] {
        assert_eq!(named(bad), ["/third_party_services/0/purposes"], "{bad:?}");
    }
}

#[test]
fn a_consent_is_bounded_as_a_whole() {
    let mut draft = draft("a", Strategy::ExplicitAll);
    draft.terms.pii_categories = vec!["x".repeat(256); 300];
    assert_eq!(problems(&draft, 0).len(), 1);
    draft.terms.pii_categories.truncate(200);
    assert!(problems(&draft, 0).is_empty());
    draft.valid_from = Some(1);
    assert_eq!(problems(&draft, 0)[0].member, "/valid_from");
    assert!(problems(&draft, 1).is_empty());
}
