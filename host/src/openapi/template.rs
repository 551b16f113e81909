//! Path templates: the variables of `/pets/{id}`. Whether a path is a good one is for whoever keeps it to say.

/// The variables of a path, in order.
pub(super) fn variables(path: &str) -> Vec<&str> {
    let behind_braces = path.split('{').skip(1);
    behind_braces.filter_map(|rest| rest.split_once('}')).map(|(name, _)| name).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn variables_are_found_in_order() {
        assert_eq!(variables("/"), Vec::<&str>::new());
        assert_eq!(variables("/a/{b}/c/{d}.{e}"), ["b", "d", "e"]);
        assert_eq!(variables("/a/x{b}y/"), ["b"]);
        assert_eq!(variables("/{a/}}{"), ["a/"]);
    }
}
