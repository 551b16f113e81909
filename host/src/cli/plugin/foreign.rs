//! What components commonly ask for and do not get: what it is for, and how to do without it.
//!
//! Used by `check`. A component has its input and the log; everything else would make two calls differ.

/// The package whose interfaces the host offers.
const OURS: &str = "portcullis:policy/";

/// How an import is judged.
pub(super) enum Import {
    /// The host offers it, always.
    Offered,
    /// The host offers it to whom a tenant grants it.
    Granted,
    /// The host does not offer it.
    Foreign {
        /// What it is for.
        purpose: &'static str,
        /// How to do without it.
        advice: &'static str,
    },
}

const LOG: &str =
    "log with the host's `log` instead of printing: Rust portcullis_sdk::log, JavaScript and Python the interface host";
const NO_FILES: &str = "put what it reads into the conf: it is read once, when a policy is saved";

/// Beginnings of imports with what they are for and the way around them. The first that fits counts.
const KNOWN: [(&str, &str, &str); 12] = [
    ("wasi:clocks/", "the time", "take the time from the input: its member `now` is in seconds since 1970"),
    ("wasi:random/", "randomness", "a decision must come out the same when it is replayed: do without"),
    ("wasi:filesystem/", "files", NO_FILES),
    ("wasi:cli/environment", "environment variables", "put settings into the conf"),
    ("wasi:cli/std", "the terminal", LOG),
    ("wasi:cli/terminal", "the terminal", LOG),
    ("wasi:cli/", "a process of its own", "a component is called, it does not run: have no main function"),
    ("wasi:io/", "streams", "it comes with one of the others: once those are gone, so is this"),
    ("wasi:sockets/", "the network", "use portcullis:policy/http, which a tenant can grant"),
    ("wasi:http/", "requests", "use portcullis:policy/http, which a tenant can grant"),
    ("wasi_snapshot_preview1", "WASI of old", "build for wasm32-unknown-unknown"),
    ("portcullis:policy/", "another version of the interface", "build with the interfaces of wit/v1"),
];

/// How to get rid of all of WASI at once, by language.
pub(super) const WITHOUT_WASI: [&str; 3] = [
    "Rust: build for wasm32-unknown-unknown, not wasm32-wasip1 or -wasip2",
    "JavaScript: jco componentize --disable all",
    "Python: componentize-py componentize --stub-wasi",
];

/// Judges an import by its name.
pub(super) fn judge(import: &str) -> Import {
    let ours = import.strip_prefix(OURS).and_then(|rest| rest.split_once('@'));
    match ours {
        Some(("http" | "key-value", version)) if version.starts_with("1.") => return Import::Granted,
        Some((_, version)) if version.starts_with("1.") => return Import::Offered,
        _ => {}
    }
    let known = KNOWN.into_iter().find(|(beginning, ..)| import.starts_with(beginning));
    let (_, purpose, advice) = known.unwrap_or(("", "something this host does not know", "leave it out"));
    Import::Foreign { purpose, advice }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn imports_are_told_apart() {
        assert!(matches!(judge("portcullis:policy/host@1.0.0"), Import::Offered));
        assert!(matches!(judge("portcullis:policy/http@1.1.0"), Import::Granted));
        for (import, expected) in [
            ("wasi:clocks/wall-clock@0.2.9", "the time"),
            ("wasi:cli/stdout@0.2.9", "the terminal"),
            ("wasi:cli/exit@0.2.9", "a process of its own"),
            ("portcullis:policy/host@2.0.0", "another version of the interface"),
            ("acme:things/x", "something this host does not know"),
        ] {
            assert!(matches!(judge(import), Import::Foreign { purpose, .. } if purpose == expected), "{import}");
        }
    }
}
