//! Path templates as OpenAPI writes them: `/pets/{id}`. What is one, and what two of them have in common.
//!
//! Used by the checks of APIs, made by hand or imported. Knows no API.

use super::Problem;

/// The longest path, in bytes.
const LONGEST: usize = 2048;

/// Checks a path template: absolute, without query and dot segments, its parameters in balanced braces and named once.
pub(super) fn check(member: &str, path: &str) -> Option<Problem> {
    let reason = if path.len() > LONGEST {
        "must have at most 2048 bytes"
    } else if !path.starts_with('/') {
        "must begin with `/`"
    } else if path.contains(['?', '#']) {
        "must not have a query or a fragment"
    } else if path.chars().any(|c| c.is_control() || c.is_whitespace() || c == '\\') {
        "must not have blanks, control characters or `\\`"
    } else if path.split('/').any(|segment| matches!(segment, "." | "..")) {
        "must not have dot segments"
    } else {
        return wrong_parameter(path).map(|reason| Problem::new(member, reason));
    };
    Some(Problem::new(member, reason))
}

/// The template without the names of its parameters: `/pets/{}`.
pub(super) fn shape(path: &str) -> String {
    parts(path).map(|part| if part.starts_with('{') { "{}" } else { part }).collect()
}

fn wrong_parameter(path: &str) -> Option<&'static str> {
    let mut names: Vec<&str> = Vec::new();
    for part in parts(path) {
        let Some(name) = part.strip_prefix('{').and_then(|part| part.strip_suffix('}')) else {
            if part.contains(['{', '}']) {
                return Some("must have its parameters in balanced braces");
            }
            continue;
        };
        if name.is_empty() || name.contains(['/', '{']) {
            return Some("must have its parameters named between braces");
        }
        if names.contains(&name) {
            return Some("must name every parameter once");
        }
        names.push(name);
    }
    None
}

/// The parameters with their braces, and what is between them. A brace that has no other one is part of what it is in.
fn parts(path: &str) -> impl Iterator<Item = &str> {
    let mut rest = path;
    std::iter::from_fn(move || {
        let end = match rest.find('{') {
            Some(0) => rest.find('}').map_or(rest.len(), |end| end + 1),
            Some(open) => open,
            None => rest.len(),
        };
        let (part, after) = rest.split_at_checked(end)?;
        rest = after;
        (!part.is_empty()).then_some(part)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_as_openapi_documents_have_them_are_taken() {
        for path in
            ["/", "/pets", "/pets/{id}", "/pets/{id}/", "/{a}/{b}", "/f/{name}.{ext}", "/{proxy+}", "/v1/a:b", "/a%20b"]
        {
            assert_eq!(check("/path", path), None, "{path}");
        }
    }

    #[test]
    fn what_is_no_template_is_refused() {
        let long = format!("/{}", "a".repeat(2048));
        for path in [
            "",
            "pets",
            "*",
            "/pets?a=b",
            "/pets#a",
            "/a b",
            "/a\nb",
            "/a\\b",
            "/a/../b",
            "/./a",
            "/..",
            "/{id",
            "/id}",
            "/{}",
            "/{a{b}}",
            "/{a/b}",
            "/{id}/x/{id}",
            "/}{",
            &long,
        ] {
            assert!(check("/path", path).is_some(), "{path:?}");
        }
    }

    #[test]
    fn a_shape_forgets_names_only() {
        for (path, expected) in [("/", "/"), ("/a/{b}/c", "/a/{}/c"), ("/{a}.{b}", "/{}.{}"), ("/A", "/A"), ("", "")] {
            assert_eq!(shape(path), expected);
        }
    }
}
