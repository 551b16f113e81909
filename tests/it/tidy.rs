//! The habits and invariants of DESIGN.md §3 and §9 that can be seen in the source text itself. What the compiler and
//! clippy already refuse is not repeated, except where an `#[allow]` could hide it.

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
};

use portcullis::crypto::digest;
use serde_json::Value;

/// The longest file of host code, in lines.
const LONGEST: usize = 400;
/// Files that may be longer, each with the reason. Tables are one row after the other.
const LONG_TABLES: &[&str] = &["api/oauth/rows.rs", "api/decide/rows.rs", "api/operate/rows.rs", "config/table.rs"];

/// Who may name whom (`use crate::…`). What is not here is not allowed.
const ARROWS: &[(&str, &[&str])] = &[
    ("world", &[]),
    ("config", &["world"]),
    ("crypto", &["world"]),
    ("decision", &[]),
    ("store", &["world"]),
    ("logging", &["config", "world"]),
    ("metrics", &["world"]),
    ("openapi", &[]),
    ("schema", &[]),
    ("plugin", &["decision", "world", "crypto", "schema"]),
    ("domain", &["store", "decision", "crypto", "world", "openapi", "schema"]),
    // domain and decision: the trait that it implements, and its future.
    ("outbound", &["config", "domain", "decision"]),
    ("authn", &["domain", "crypto"]),
    // metrics: the content type of /metrics; decision: the shapes of verdicts; crypto: secrets on their way through.
    ("api", &["domain", "decision", "crypto", "metrics", "authn", "openapi", "package"]),
    // domain: the kinds of gateways; crypto: the secret that a package holds.
    ("package", &["domain", "crypto"]),
    ("serve", &["api", "authn", "domain", "metrics", "config", "world"]),
];

/// Single uses beyond the arrows, as (file, module, reason).
const EXCEPTIONS: &[(&str, &str, &str)] = &[
    ("api/acp/servers.rs", "store", "State is what the domain answers: a value and when it began"),
    ("api/route.rs", "world", "the stopwatch that measures a read for the metrics"),
];

/// Where the process may end itself, each with the reason in the file: without randomness or sealing there are no secrets.
const MAY_ABORT: [&str; 2] = ["crypto/vault.rs", "world.rs"];

/// Files that put everything together and may name everything.
const COMPOSITION: &[&str] = &["server.rs", "server", "bundled.rs", "lib.rs", "main.rs", "cli"];

struct File {
    /// Below host/src.
    path: String,
    text: String,
}

impl File {
    /// The first part of its path: the module it belongs to.
    fn module(&self) -> &str {
        self.path.split('/').next().unwrap().trim_end_matches(".rs")
    }

    /// True for files of tests: those named so, and those that `mod.rs` beside them declares for tests only.
    fn is_test(&self) -> bool {
        let path = Path::new(&self.path);
        let declared = || {
            let parent = fs::read_to_string(repository().join("host/src").join(path.with_file_name("mod.rs"))).ok()?;
            Some(parent.contains(&format!("#[cfg(test)]\nmod {};", path.file_stem()?.to_str()?)))
        };
        self.path.contains("/tests/") || self.path.ends_with("tests.rs") || declared() == Some(true)
    }

    /// The file without its test module, without comments and without texts: what the compiler makes code of.
    fn code(&self) -> String {
        if self.is_test() {
            return String::new();
        }
        let until_tests = self.text.split("#[cfg(test)]\nmod tests {").next().unwrap();
        until_tests.lines().map(|line| without_comment(line) + "\n").collect()
    }
}

/// A line without its comment and its string literals.
fn without_comment(line: &str) -> String {
    let mut code = String::new();
    let mut characters = line.chars().peekable();
    let mut in_text = false;
    while let Some(character) = characters.next() {
        match (in_text, character) {
            (true, '\\') => drop(characters.next()),
            (_, '"') => in_text = !in_text,
            (true, _) => {}
            (false, '/') if characters.peek() == Some(&'/') => break,
            (false, other) => code.push(other),
        }
    }
    code
}

fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_owned()
}

/// All Rust files below a folder of the repository, by path.
fn rust_files(folder: &str) -> Vec<File> {
    fn collect(root: &Path, folder: &Path, files: &mut Vec<File>) {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                collect(root, &path, files);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                let relative = path.strip_prefix(root).unwrap().to_str().unwrap().to_owned();
                files.push(File { path: relative, text: fs::read_to_string(&path).unwrap() });
            }
        }
    }
    let root = repository().join(folder);
    let mut files = Vec::new();
    collect(&root, &root, &mut files);
    files.sort_by(|one, other| one.path.cmp(&other.path));
    assert!(!files.is_empty(), "nothing in {folder}");
    files
}

fn host() -> Vec<File> {
    rust_files("host/src")
}

/// True when `word` stands in the code as a word of its own.
fn names(code: &str, word: &str) -> bool {
    let part = |character: char| character.is_alphanumeric() || character == '_';
    code.match_indices(word).any(|(place, _)| {
        let before = code[..place].chars().next_back();
        let after = code[place + word.len()..].chars().next();
        !before.is_some_and(part) && !after.is_some_and(part)
    })
}

#[track_caller]
fn none(wrong: Vec<String>, rule: &str) {
    assert!(wrong.is_empty(), "{rule}:\n{}", wrong.join("\n"));
}

/// Lines of code outside `modules` that name `word`.
fn outside(modules: &[&str], word: &str) -> Vec<String> {
    let elsewhere = host().into_iter().filter(|file| !modules.contains(&file.module()));
    elsewhere
        .flat_map(|file| {
            let code = file.code();
            let lines = code.lines().enumerate().filter(|(_, line)| names(line, word));
            lines
                .map(|(number, line)| format!("host/src/{}:{}: {}", file.path, number + 1, line.trim()))
                .collect::<Vec<_>>()
        })
        .collect()
}

#[test]
fn every_library_has_its_one_place() {
    const EDGE: [&str; 2] = ["serve", "outbound"];
    for library in ["hyper", "hyper_util", "rustls"] {
        none(outside(&EDGE, library), &format!("only serve and outbound name {library}"));
    }
    none(outside(&["api"], "multer"), "only the dialects read multipart forms");
    none(outside(&["store"], "redb"), "only store names redb");
    none(outside(&["plugin"], "wasmtime"), "only plugin names wasmtime");
    none(outside(&["plugin"], "wasmtime_wizer"), "only plugin names wasmtime_wizer");
    none(
        outside(&["api", "serve", "outbound"], "StatusCode"),
        "only api (and serve, for what never reaches a dialect, and outbound, for those of others) names status codes",
    );
    let net = host().into_iter().filter(|file| !EDGE.contains(&file.module()) && file.code().contains("tokio::net"));
    none(net.map(|file| file.path).collect(), "only serve and outbound name tokio::net");
    let json = host().into_iter().filter(|file| file.module() == "serve" && !file.path.starts_with("serve/control/"));
    none(
        json.filter(|file| file.code().contains("serde_json")).map(|file| file.path).collect(),
        "serve shapes no JSON",
    );
}

/// The modules that a file's code names as `crate::module`, also inside `use crate::{…}`.
fn used(code: &str) -> BTreeSet<String> {
    let word =
        |text: &str| -> String { text.trim_start().chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect() };
    let mut found = BTreeSet::new();
    for (place, _) in code.match_indices("crate::") {
        let rest = &code[place + "crate::".len()..];
        match rest.strip_prefix('{') {
            None => drop(found.insert(word(rest))),
            Some(list) => {
                let mut depth = 0;
                let mut starts = true;
                for (position, character) in list.char_indices() {
                    if starts && depth == 0 && !character.is_whitespace() {
                        found.insert(word(&list[position..]));
                        starts = false;
                    }
                    match character {
                        '{' => depth += 1,
                        '}' if depth == 0 => break,
                        '}' => depth -= 1,
                        ',' => starts = true,
                        _ => {}
                    }
                }
            }
        }
    }
    found.remove("");
    found
}

#[test]
fn the_reader_of_uses_reads_them() {
    let code = "use crate::{\n    api::{Answer, Call},\n    domain::{Failure, decide::{self, Decision}},\n    world,\n};\nuse crate::store::Store;\ncrate::metrics::X";
    let found: Vec<String> = used(code).into_iter().collect();
    assert_eq!(found, ["api", "domain", "metrics", "store", "world"]);
    assert_eq!(without_comment(r#"let a = "// crate::x \" y"; // crate::z"#), "let a = ; ");
}

#[test]
fn arrows_point_one_way() {
    let mut wrong = Vec::new();
    let mut excused = BTreeSet::new();
    for file in
        host().iter().filter(|file| !COMPOSITION.contains(&file.module()) && !COMPOSITION.contains(&file.path.as_str()))
    {
        let module = file.module();
        let Some((_, allowed)) = ARROWS.iter().find(|(name, _)| *name == module) else {
            wrong.push(format!("host/src/{}: the module `{module}` has no arrows, write them into tidy.rs", file.path));
            continue;
        };
        for other in used(&file.code()) {
            let excuse = EXCEPTIONS.iter().find(|(path, name, _)| *path == file.path && *name == other);
            match excuse {
                Some((path, name, _)) => drop(excused.insert((*path, *name))),
                None if other == module || allowed.contains(&other.as_str()) => {}
                None => wrong.push(format!("host/src/{}: {module} must not use {other}", file.path)),
            }
        }
    }
    none(wrong, "arrows between modules");
    let stale = EXCEPTIONS.iter().filter(|(path, name, _)| !excused.contains(&(*path, *name)));
    none(stale.map(|(path, name, _)| format!("{path} no longer uses {name}")).collect(), "exceptions that are none");
}

#[test]
fn the_domain_and_the_decision_know_no_wire() {
    let wrong = host().into_iter().filter(|file| ["domain", "decision", "store"].contains(&file.module()));
    let wrong = wrong.filter(|file| names(&file.code(), "http") || names(&file.code(), "schemars"));
    none(wrong.map(|file| file.path).collect(), "no HTTP and no wire shapes below the dialects");
    let wild = host().into_iter().filter(|file| file.path.ends_with("words.rs") && file.module() == "api");
    let wild: Vec<String> = wild
        .filter(|file| {
            file.code().contains("=> error(StatusCode::INTERNAL_SERVER_ERROR, ")
                && file.code().contains("\n        _ => error")
        })
        .map(|file| file.path)
        .collect();
    none(wild, "each dialect words failures by a match without wildcard");
}

#[test]
fn every_file_says_what_it_is() {
    let mut wrong = Vec::new();
    for folder in ["host/src", "host/benches", "tests"] {
        for file in rust_files(folder) {
            if !file.text.starts_with("//! ") {
                wrong.push(format!("{folder}/{}", file.path));
            }
        }
    }
    none(wrong, "every file starts with a `//!` head");
}

#[test]
fn nothing_in_host_code_stops_the_server() {
    let mut wrong = Vec::new();
    for file in host() {
        for (number, line) in file.code().lines().enumerate() {
            for pattern in [".unwrap()", ".expect(", "panic!(", "todo!(", "unimplemented!(", "unreachable!("] {
                if line.contains(pattern) {
                    wrong.push(format!("host/src/{}:{}: {}", file.path, number + 1, line.trim()));
                }
            }
            if line.contains("process::abort") && !MAY_ABORT.contains(&file.path.as_str()) {
                wrong.push(format!("host/src/{}:{}: {}", file.path, number + 1, line.trim()));
            }
        }
    }
    none(wrong, "no unwrap, expect or panic in host code");
}

#[test]
fn unsafe_and_the_clock_have_their_one_place() {
    let is_unsafe = host().into_iter().filter(|file| names(&file.text, "unsafe") && names(&file.code(), "unsafe"));
    let found: Vec<String> = is_unsafe.map(|file| file.path).collect();
    assert_eq!(found, ["plugin/artefact.rs"], "unsafe stands where compiled components are loaded, and nowhere else");
    for clock in ["SystemTime::now", "Instant::now"] {
        let found = host().into_iter().filter(|file| file.path != "world.rs" && file.code().contains(clock));
        none(found.map(|file| file.path).collect(), &format!("{clock} stands in world.rs only"));
    }
    // crypto/keys.rs and crypto/jwe/manage.rs: aws-lc signs and makes keys with its own randomness and takes no other; the key and
    // the nonce of a token's content come from the same source as the ephemeral key beside them.
    let own = ["world.rs", "crypto/keys.rs", "crypto/jwe/manage.rs"];
    let random = host().into_iter().filter(|file| !own.contains(&file.path.as_str()));
    none(
        random.filter(|file| names(&file.code(), "rand")).map(|file| file.path).collect(),
        "randomness comes from World",
    );
}

#[test]
fn allowed_lints_have_a_reason() {
    let mut wrong = Vec::new();
    for file in host() {
        for (number, line) in file.text.lines().enumerate() {
            let line = line.trim();
            let lifts = line.starts_with("#[allow(") || line.starts_with("#![allow(") || line.starts_with("#[expect(");
            if lifts && !line.contains("reason") {
                wrong.push(format!("host/src/{}:{}: {line}", file.path, number + 1));
            }
        }
    }
    none(wrong, "a lint that is lifted has a reason beside it");
}

#[test]
fn files_stay_readable() {
    let long = host()
        .into_iter()
        .filter(|file| !LONG_TABLES.contains(&file.path.as_str()) && file.text.lines().count() > LONGEST);
    none(
        long.map(|file| format!("host/src/{}: {} lines", file.path, file.text.lines().count())).collect(),
        &format!("at most {LONGEST} lines a file"),
    );
    let paths: BTreeSet<String> = host().into_iter().map(|file| file.path).collect();
    none(
        LONG_TABLES.iter().filter(|path| !paths.contains(**path)).map(|path| (*path).to_owned()).collect(),
        "tables that do not exist",
    );
    let wide = host().into_iter().flat_map(|file| {
        let lines = file.text.lines().enumerate().filter(|(_, line)| line.contains('\u{2014}'));
        lines.map(|(number, _)| format!("host/src/{}:{}", file.path, number + 1)).collect::<Vec<_>>()
    });
    none(wide.collect(), "no long dashes");
}

#[test]
fn nothing_is_left_for_later() {
    let mut wrong = Vec::new();
    for folder in ["host/src", "host/benches"] {
        for file in rust_files(folder) {
            for (number, line) in file.text.lines().enumerate() {
                if ["TODO", "FIXME", "XXX", "HACK"].iter().any(|word| names(line, word)) {
                    wrong.push(format!("{folder}/{}:{}: {}", file.path, number + 1, line.trim()));
                }
            }
        }
    }
    none(wrong, "unfinished work belongs into an issue");
}

#[test]
fn every_dependency_has_its_reason_beside_it() {
    let mut wrong = Vec::new();
    for manifest in ["host/Cargo.toml", "tests/Cargo.toml"] {
        let text = fs::read_to_string(repository().join(manifest)).unwrap();
        let mut section = "";
        for (number, line) in text.lines().enumerate() {
            match line.starts_with('[') {
                true => section = line,
                false if !section.ends_with("dependencies]") => {}
                false if line.trim().is_empty() || line.starts_with('#') => {}
                false => {
                    let reason = line.rsplit_once('#').map(|(_, reason)| reason.trim());
                    if reason.is_none_or(str::is_empty) {
                        wrong.push(format!("{manifest}:{}: {line}", number + 1));
                    }
                }
            }
        }
        assert!(text.contains("dependencies]"), "{manifest} has no dependencies");
    }
    none(wrong, "every dependency has a comment that says why");
}

#[test]
fn the_map_is_one_page() {
    let map = fs::read_to_string(repository().join("host/ARCHITECTURE.md")).unwrap();
    assert!(map.lines().count() <= 150, "host/ARCHITECTURE.md has {} lines, at most 150", map.lines().count());
    let library = fs::read_to_string(repository().join("host/src/lib.rs")).unwrap();
    let modules = library.lines().filter_map(|line| line.strip_prefix("pub mod ")?.split_once(';'));
    for (module, sentence) in modules {
        assert!(map.contains(&format!("`{module}`")), "host/ARCHITECTURE.md does not name `{module}`");
        assert!(sentence.trim().starts_with("// "), "lib.rs is the map: `{module}` needs its line");
    }
}

/// Files that go into every component, besides three folders (plugins/README.md, plugins/pack/src/sources.rs).
const GUEST_FILES: [&str; 3] = ["plugins/.cargo/config.toml", "plugins/Cargo.lock", "plugins/Cargo.toml"];

/// The digest of a component's sources: every file with its name and length, in the order of the paths.
fn sources_of(guest: &str) -> String {
    fn collect(root: &Path, folder: &str, files: &mut Vec<String>) {
        for entry in fs::read_dir(root.join(folder)).unwrap_or_else(|error| panic!("{folder}: {error}")) {
            let entry = entry.unwrap();
            let name = entry.file_name().into_string().unwrap();
            let path = format!("{folder}/{name}");
            match entry.file_type().unwrap() {
                _ if name.starts_with('.') => {}
                kind if kind.is_dir() => collect(root, &path, files),
                _ => files.push(path),
            }
        }
    }
    let root = repository();
    let mut files: Vec<String> = GUEST_FILES.map(str::to_owned).to_vec();
    for folder in [&format!("plugins/{guest}"), "plugins/fields", "plugins/sdk", "plugins/sdk-derive", "wit/v1"] {
        collect(&root, folder, &mut files);
    }
    if ["cel", "cel-claims"].contains(&guest) {
        collect(&root, "plugins/expressions", &mut files);
    }
    files.sort_unstable();
    let mut all = Vec::new();
    for file in files {
        let content = fs::read(root.join(&file)).unwrap();
        all.extend_from_slice(format!("{file}\0{}\0", content.len()).as_bytes());
        all.extend_from_slice(&content);
    }
    digest::sha256(&all).iter().map(|byte| format!("{byte:02x}")).collect()
}

#[test]
fn the_built_components_are_not_older_than_their_sources() {
    let manifest = fs::read(repository().join("plugins/dist/MANIFEST.json")).unwrap();
    let manifest: Value = serde_json::from_slice(&manifest).unwrap();
    let mut old = Vec::new();
    let mut listed = BTreeSet::new();
    for component in manifest["components"].as_array().unwrap() {
        let name = component["name"].as_str().unwrap();
        listed.insert(name.to_owned());
        if component["sources"] != sources_of(name) {
            old.push(name.to_owned());
        }
        let packed = fs::read(repository().join(format!("plugins/dist/{name}.wasm.zst"))).unwrap();
        assert_eq!(component["compressed_size"], packed.len(), "{name}.wasm.zst is not the file of the manifest");
    }
    none(old, "plugins/dist is older than its sources, run plugins/build");
    for component in portcullis::bundled::COMPONENTS {
        assert!(listed.contains(component.name), "{} is bundled and not in plugins/dist/MANIFEST.json", component.name);
    }
}

#[test]
fn every_policy_in_a_file_has_its_cases() {
    let mut policies = 0;
    for entry in fs::read_dir(repository().join("policies")).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_some_and(|extension| extension == "json") {
            policies += 1;
            assert!(path.with_extension("cases.yaml").exists(), "{} has no cases beside it", path.display());
        }
    }
    assert!(policies >= 5, "the built-in policies are files");
}
