//! Routing: which row a method and a path find, and whose words the answer has when they find none.

use super::*;

fn find(method: Method, path: &str) -> Found {
    Router::new().unwrap().find(&method, path)
}

#[test]
fn no_two_rows_share_a_path_and_method_or_an_id() {
    let mut seen = std::collections::BTreeSet::new();
    for row in DIALECTS.iter().flat_map(|dialect| dialect.rows()) {
        assert!(seen.insert(format!("{} {}", row.method, row.path)), "{} twice", row.path);
        assert!(seen.insert(row.id.to_owned()), "{} twice", row.id);
    }
    Router::new().unwrap();
}

#[test]
fn finds_rows_decodes_parameters_and_serves_head_where_get_is() {
    let found = find(Method::HEAD, "/api/admin/default/policies/a%20b").row.ok().unwrap();
    assert_eq!(found.0.id, "getPolicy");
    assert_eq!(found.1.get("pid"), Some("a b"));
    assert_eq!(found.1.target().tenant, Some("default"));
}

#[test]
fn a_known_path_with_another_method_names_the_methods_it_has() {
    let Err(failure) = find(Method::PATCH, "/api/admin/default/policies").row else { panic!("found") };
    assert_eq!(failure, Failure::NoSuchMethod { allowed: "GET, HEAD, POST".to_owned() });
}

#[test]
fn head_is_named_only_where_get_is() {
    let login = find(Method::HEAD, "/default/default/login/0123").row;
    assert!(matches!(login, Err(Failure::NoSuchMethod { .. })), "a page carries a login on");
    let Err(failure) = find(Method::HEAD, "/default/default/oauth2/token").row else { panic!("found") };
    assert_eq!(failure, Failure::NoSuchMethod { allowed: "POST".to_owned() });
}

#[test]
fn hostile_parameters_are_no_path() {
    for path in [
        "/api/admin/%2e%2e%2f/policies",
        "/api/admin/a%00b/policies",
        "/api/admin/%ff/policies",
        "/api/admin//policies",
    ] {
        assert_eq!(find(Method::GET, path).row.err(), Some(Failure::NoSuchPath), "{path}");
    }
}

#[test]
fn unknown_paths_are_answered_by_the_dialect_of_their_prefix() {
    assert_eq!(find(Method::GET, "/api/admin/x/nothing").dialect.name, "acp");
    assert_eq!(find(Method::GET, "/t/a/access/v1/nothing/here").dialect.name, "acp");
    assert_eq!(find(Method::GET, "/.well-known/authzen-configuration/t").dialect.name, "decide");
    assert_eq!(find(Method::GET, "/health/nothing").dialect.name, "operate");
}
