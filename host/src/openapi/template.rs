//! Path templates: `/pets/{id}`, as OpenAPI writes them.

/// The longest path.
const LONGEST: usize = 2048;

/// The variables of a path, or what is wrong with it.
pub(super) fn variables(path: &str) -> Result<Vec<&str>, &'static str> {
    if path.len() > LONGEST {
        return Err("must have at most 2048 bytes");
    }
    let Some(rest) = path.strip_prefix('/') else { return Err("must begin with `/`") };
    if path.contains(['?', '#', '\\']) || path.contains(|c: char| c.is_control() || c.is_whitespace()) {
        return Err("must be a path without query, fragment, backslashes and white space");
    }
    let mut names = Vec::new();
    for segment in rest.split('/') {
        // Whoever asks a gateway for such a path has it resolved before any template is looked at.
        if matches!(segment, "." | "..") {
            return Err("must not have relative segments");
        }
        in_segment(segment, &mut names)?;
    }
    Ok(names)
}

/// Adds the variables of one segment, which may have several, with text around them.
fn in_segment<'a>(segment: &'a str, names: &mut Vec<&'a str>) -> Result<(), &'static str> {
    const UNBALANCED: &str = "must have every `{` closed by a `}` in the same segment";
    let mut rest = segment;
    while let Some((text, behind)) = rest.split_once('{') {
        let (name, behind) = behind.split_once('}').ok_or(UNBALANCED)?;
        if text.contains('}') || name.contains('{') {
            return Err(UNBALANCED);
        }
        if name.is_empty() {
            return Err("must give every variable a name");
        }
        if names.contains(&name) {
            return Err("must not have two variables of one name");
        }
        names.push(name);
        rest = behind;
    }
    match rest.contains('}') {
        true => Err(UNBALANCED),
        false => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn variables_are_found_in_order() {
        assert_eq!(variables("/"), Ok(vec![]));
        assert_eq!(variables("/a/{b}/c/{d}.{e}"), Ok(vec!["b", "d", "e"]));
        assert_eq!(variables("/a/x{b}y/"), Ok(vec!["b"]));
    }

    #[test]
    fn broken_templates_are_refused() {
        let long = format!("/{}", "a".repeat(LONGEST));
        for path in [
            "", "a", "/{", "/}", "/{}", "/{a", "/a}", "/{a{b}}", "/{a}}", "/}{a}", "/{a}/{a}", "/{a/b}", "/a?b", "/a#b",
            "/a b", "/a\n", "/a\\b", "/./a", "/a/..", &long,
        ] {
            assert!(variables(path).is_err(), "{path}");
        }
    }
}
