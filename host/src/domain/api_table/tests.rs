//! Which API a path belongs to, and that no spelling of a path gets around one.

use super::*;

fn of(apis: &[(&str, &str, &str)]) -> ApiTable {
    let apis: Vec<Api> = apis
        .iter()
        .map(|(method, path, policy)| Api {
            method: (*method).to_owned(),
            path: (*path).to_owned(),
            policy: (!policy.is_empty()).then(|| (*policy).to_owned()),
            ..Api::default()
        })
        .collect();
    ApiTable::new(apis.iter())
}

fn find<'t>(table: &'t ApiTable, method: &str, path: &str) -> Found<'t> {
    let target = request_target::read(path).unwrap();
    table.find(method, &target.segments)
}

fn api<'t>(place: usize, params: &[(&'t str, &str)]) -> Found<'t> {
    Found::Api { place, params: params.iter().map(|(name, value)| (*name, (*value).to_owned())).collect() }
}

#[test]
fn the_most_particular_template_with_the_method_is_found() {
    let table = of(&[
        ("GET", "/pets/{id}", ""),
        ("GET", "/pets/mine", ""),
        ("DELETE", "/pets/{pet}", ""),
        ("GET", "/pets/{id}.json", ""),
        ("GET", "/pets/{id}/toys/{toy}", ""),
        ("GET", "/", ""),
        ("HEAD", "/pets/mine", ""),
        ("GET", "/pets/{from}-{to}.json", ""),
        ("GET", "/a%20b", ""),
    ]);
    assert_eq!(find(&table, "GET", "/pets/7"), api(0, &[("id", "7")]));
    assert_eq!(find(&table, "GET", "/pets/mine"), api(1, &[]));
    assert_eq!(find(&table, "DELETE", "/pets/mine"), api(2, &[("pet", "mine")]));
    assert_eq!(find(&table, "GET", "/pets/7.json"), api(3, &[("id", "7")]));
    assert_eq!(find(&table, "GET", "/pets/1-2-3.json"), api(7, &[("from", "1"), ("to", "2-3")]));
    assert_eq!(find(&table, "GET", "/pets/.json"), api(0, &[("id", ".json")]));
    assert_eq!(find(&table, "GET", "/pets/mine/toys/a%20b"), api(4, &[("id", "mine"), ("toy", "a b")]));
    assert_eq!(find(&table, "GET", "/"), api(5, &[]));
    assert_eq!(find(&table, "GET", "/a%20b"), api(8, &[]));
    assert_eq!(find(&table, "HEAD", "/pets/7"), api(0, &[("id", "7")]), "a HEAD is a GET");
    assert_eq!(find(&table, "HEAD", "/pets/mine"), api(6, &[]), "unless an API says otherwise");
}

#[test]
fn what_no_template_has_is_not_found() {
    let table = of(&[("GET", "/pets/{id}", ""), ("GET", "/pets", "")]);
    for (method, path) in [
        ("POST", "/pets"),
        ("get", "/pets"),
        ("GET", "/"),
        ("GET", "/pets/"),
        ("GET", "/pets/7/"),
        ("GET", "/pets/7/toys"),
        ("GET", "/petsx"),
        ("OPTIONS", "/pets"),
    ] {
        assert_eq!(find(&table, method, path), Found::Nothing, "{method} {path}");
    }
}

#[test]
fn a_path_in_another_case_is_not_taken_for_a_parameter() {
    let table = of(&[
        ("GET", "/{page}", ""),
        ("GET", "/admin", "block"),
        ("GET", "/{file}.cfg", "block"),
        ("GET", "/b/{x}", ""),
    ]);
    assert_eq!(find(&table, "GET", "/about"), api(0, &[("page", "about")]));
    for path in ["/Admin", "/ADMIN", "/a.CFG", "/B/1"] {
        assert!(matches!(find(&table, "GET", path), Found::Unclear(_)), "{path}");
    }
    let both = of(&[("GET", "/a", ""), ("GET", "/A", "block")]);
    assert_eq!(find(&both, "GET", "/a"), api(0, &[]));
    assert_eq!(find(&both, "GET", "/A"), api(1, &[]), "both are there, so they are meant to differ");
}

#[test]
fn two_apis_of_one_path_must_agree() {
    let table = of(&[
        ("GET", "/a/{x}", ""),
        ("GET", "/a/{y}", "block"),
        ("GET", "/b/{x}", "block"),
        ("GET", "/b/{y}", "block"),
    ]);
    assert!(matches!(find(&table, "GET", "/a/1"), Found::Unclear(_)));
    assert_eq!(find(&table, "GET", "/b/1"), api(2, &[("x", "1")]));
}
