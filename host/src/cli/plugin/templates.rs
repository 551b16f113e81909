//! The files of a new component, in every language and world.
//!
//! Used by `new`. The texts are in `templates/`; in capitals they have what is filled in here.

use clap::ValueEnum;

/// What a component is written in.
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum Language {
    /// Rust, with the crate portcullis-sdk
    Rust,
    /// JavaScript, with componentize-js
    Javascript,
    /// Python, with componentize-py
    Python,
}

/// What a component does.
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum World {
    /// Decides about a request
    Validator,
    /// Makes claims for a token
    ClaimMapper,
    /// Says whether consents are given
    ConsentChecker,
}

impl World {
    /// Its name in wit/v1.
    pub(super) fn name(self) -> &'static str {
        match self {
            World::Validator => "validator",
            World::ClaimMapper => "claim-mapper",
            World::ConsentChecker => "consent-checker",
        }
    }

    fn cases(self) -> &'static str {
        match self {
            World::Validator => include_str!("templates/validator.cases.yaml"),
            World::ClaimMapper => include_str!("templates/claim-mapper.cases.yaml"),
            World::ConsentChecker => include_str!("templates/consent-checker.cases.yaml"),
        }
    }
}

/// The interfaces, for languages whose tools read them.
const WIT: [(&str, &str); 4] = [
    ("wit/types.wit", include_str!("../../../../wit/v1/types.wit")),
    ("wit/http.wit", include_str!("../../../../wit/v1/http.wit")),
    ("wit/key-value.wit", include_str!("../../../../wit/v1/key-value.wit")),
    ("wit/worlds.wit", include_str!("../../../../wit/v1/worlds.wit")),
];

const README: &str = include_str!("templates/README.md.txt");

impl Language {
    /// Its name, and what it takes to build a component in it.
    fn told(self) -> (&'static str, &'static str) {
        match self {
            Language::Rust => (
                "Rust",
                "It needs cargo and the target: `rustup target add wasm32-unknown-unknown`, or on Debian the packages `rustc-web\n\
                 cargo-web rust-web-src lld-19`. `cargo test` runs its tests natively.",
            ),
            Language::Javascript => {
                ("JavaScript", "It needs Node.js 20; the first build installs componentize-js from npm.")
            }
            Language::Python => (
                "Python",
                "It needs componentize-py: `python3 -m venv .venv && .venv/bin/pip install -r requirements.txt`.",
            ),
        }
    }

    /// What is fixed, and the source, by world.
    fn files(self, world: World) -> Vec<(&'static str, &'static str)> {
        match self {
            Language::Rust => vec![
                ("Cargo.toml", include_str!("templates/rust/Cargo.toml.txt")),
                (".cargo/config.toml", include_str!("templates/rust/config.toml.txt")),
                ("src/lib.rs", rust(world)),
                (".gitignore", "/target\n/*.wasm\n"),
            ],
            Language::Javascript => vec![
                ("package.json", include_str!("templates/javascript/package.json.txt")),
                ("build.mjs", include_str!("templates/javascript/build.mjs.txt")),
                ("plugin.js", javascript(world)),
                (".gitignore", "/node_modules\n/*.wasm\n"),
            ],
            Language::Python => vec![
                ("pyproject.toml", include_str!("templates/python/pyproject.toml.txt")),
                ("requirements.txt", include_str!("templates/python/requirements.txt")),
                ("app.py", python(world)),
                (".gitignore", "/.venv\n__pycache__\n/*.wasm\n"),
            ],
        }
    }
}

fn rust(world: World) -> &'static str {
    match world {
        World::Validator => include_str!("templates/rust/validator.rs.txt"),
        World::ClaimMapper => include_str!("templates/rust/claim-mapper.rs.txt"),
        World::ConsentChecker => include_str!("templates/rust/consent-checker.rs.txt"),
    }
}

fn javascript(world: World) -> &'static str {
    match world {
        World::Validator => include_str!("templates/javascript/validator.js.txt"),
        World::ClaimMapper => include_str!("templates/javascript/claim-mapper.js.txt"),
        World::ConsentChecker => include_str!("templates/javascript/consent-checker.js.txt"),
    }
}

fn python(world: World) -> &'static str {
    match world {
        World::Validator => include_str!("templates/python/validator.py.txt"),
        World::ClaimMapper => include_str!("templates/python/claim-mapper.py.txt"),
        World::ConsentChecker => include_str!("templates/python/consent-checker.py.txt"),
    }
}

/// All files of the component `name`, each a path in its folder and a text.
pub(super) fn files(name: &str, language: Language, world: World, sdk: &str) -> Vec<(String, String)> {
    let (told, needs) = language.told();
    // The name last: it may hold the others.
    let fill = |text: &str| {
        let text = text.replace("LANGUAGE", told).replace("NEEDS", needs).replace("WORLD", world.name());
        text.replace("TYPE", &camel(name)).replace("SDK", sdk).replace("NAME", name)
    };
    let mut files: Vec<(String, String)> =
        language.files(world).into_iter().map(|(path, text)| (path.to_owned(), fill(text))).collect();
    files.push((format!("{name}.cases.yaml"), world.cases().to_owned()));
    files.push(("README.md".to_owned(), fill(README)));
    if language != Language::Rust {
        files.extend(WIT.map(|(path, text)| (path.to_owned(), text.to_owned())));
    }
    files
}

/// The name as a type's in Rust.
fn camel(name: &str) -> String {
    let word = |word: &str| {
        let mut letters = word.chars();
        letters.next().map(|first| first.to_ascii_uppercase()).into_iter().chain(letters).collect::<String>()
    };
    name.split('-').map(word).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_place_is_filled_in() {
        for language in [Language::Rust, Language::Javascript, Language::Python] {
            for world in [World::Validator, World::ClaimMapper, World::ConsentChecker] {
                for (path, text) in files("minimum-level-2", language, world, "sdk = 1") {
                    for place in ["NAME", "TYPE", "WORLD", "NEEDS", "LANGUAGE", "SDK"] {
                        assert!(!text.contains(place), "{place} in {path}");
                    }
                }
            }
        }
        assert_eq!(camel("minimum-level-2"), "MinimumLevel2");
    }

    #[test]
    fn all_interfaces_are_brought_along() {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../wit/v1");
        let mut there: Vec<String> =
            std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        let mut here: Vec<String> = WIT.iter().map(|(path, _)| path.replace("wit/", "")).collect();
        there.sort_unstable();
        here.sort_unstable();
        assert_eq!(here, there);
    }
}
