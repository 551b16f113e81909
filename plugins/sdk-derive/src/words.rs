//! How serde writes names: the rules of its `rename_all`.

/// A rule.
#[derive(Clone, Copy, Default, PartialEq, Eq, Debug)]
pub(crate) enum Words {
    /// As it stands in Rust.
    #[default]
    Same,
    Lower,
    Upper,
    Camel,
    Pascal,
    Snake,
    ScreamingSnake,
    Kebab,
}

impl Words {
    /// The rule of this name.
    pub(crate) fn named(name: &str) -> Option<Words> {
        Some(match name {
            "lowercase" => Words::Lower,
            "UPPERCASE" => Words::Upper,
            "camelCase" => Words::Camel,
            "PascalCase" => Words::Pascal,
            "snake_case" => Words::Snake,
            "SCREAMING_SNAKE_CASE" => Words::ScreamingSnake,
            "kebab-case" => Words::Kebab,
            _ => return None,
        })
    }

    /// The name of a member, written `in_snake_case`.
    pub(crate) fn of_snake(self, name: &str) -> String {
        match self {
            Words::Same | Words::Lower | Words::Snake => name.to_owned(),
            Words::Upper | Words::ScreamingSnake => name.to_ascii_uppercase(),
            Words::Kebab => name.replace('_', "-"),
            Words::Pascal => name.split('_').map(capital).collect(),
            Words::Camel => first_small(&Words::Pascal.of_snake(name)),
        }
    }

    /// The name of a variant, written `InCamelCase`.
    pub(crate) fn of_camel(self, name: &str) -> String {
        match self {
            Words::Same | Words::Pascal => name.to_owned(),
            Words::Lower => name.to_ascii_lowercase(),
            Words::Upper => name.to_ascii_uppercase(),
            Words::Camel => first_small(name),
            Words::Snake => snake(name),
            Words::ScreamingSnake => snake(name).to_ascii_uppercase(),
            Words::Kebab => snake(name).replace('_', "-"),
        }
    }
}

fn snake(name: &str) -> String {
    let mut snake = String::new();
    for (at, sign) in name.char_indices() {
        if at > 0 && sign.is_uppercase() {
            snake.push('_');
        }
        snake.push(sign.to_ascii_lowercase());
    }
    snake
}

fn capital(word: &str) -> String {
    let mut signs = word.chars();
    signs.next().map(|first| first.to_ascii_uppercase()).into_iter().chain(signs).collect()
}

fn first_small(name: &str) -> String {
    let mut signs = name.chars();
    signs.next().map(|first| first.to_ascii_lowercase()).into_iter().chain(signs).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_written_as_serde_writes_them() {
        let rules =
            ["lowercase", "UPPERCASE", "camelCase", "PascalCase", "snake_case", "SCREAMING_SNAKE_CASE", "kebab-case"];
        let rules: Vec<_> = rules.iter().map(|name| Words::named(name).unwrap()).collect();
        let members: Vec<_> = rules.iter().map(|rule| rule.of_snake("time_zone")).collect();
        assert_eq!(members, ["time_zone", "TIME_ZONE", "timeZone", "TimeZone", "time_zone", "TIME_ZONE", "time-zone"]);
        let variants: Vec<_> = rules.iter().map(|rule| rule.of_camel("TimeZone")).collect();
        assert_eq!(variants, ["timezone", "TIMEZONE", "timeZone", "TimeZone", "time_zone", "TIME_ZONE", "time-zone"]);
        assert_eq!((Words::named("Kebab"), Words::Same.of_camel("A")), (None, "A".to_owned()));
    }
}
