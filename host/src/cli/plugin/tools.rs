//! The tools that make components, by language: which are there, and what to do about those that are not.
//!
//! Used by `build`. What they print goes to stderr, as it comes: stdout has the command's own answer.

use std::{
    env, fs,
    io::ErrorKind,
    path::{Path, PathBuf},
    process::{Command, Output, Stdio},
};

use serde_json::Value;
use wasmparser::{Parser, Payload};
use wit_component::ComponentEncoder;

use crate::cli::{Error, output};

const TARGET: &str = "wasm32-unknown-unknown";
/// Debian's linker for WebAssembly, and where Debian has the sources of the standard library.
const DEBIAN: [&str; 3] = ["/usr/bin/wasm-ld-19", "/usr/lib/rustlib/src/rust/library/std", "/usr/share/doc/rustc-web"];

/// A component that was built.
pub(super) struct Built {
    /// Where it is.
    pub(super) file: PathBuf,
}

/// Rust: cargo makes a core module, which is made a component here.
pub(super) fn cargo(folder: &Path, out: Option<PathBuf>) -> Result<Built, Error> {
    let mut cargo = compiler()?;
    cargo.args(["--message-format", "json-render-diagnostics"]).current_dir(folder);
    let told = run(cargo, "cargo", "get it from https://rustup.rs")?;
    let module = module(&told.stdout).ok_or_else(|| {
        Error::new("cargo made no WebAssembly: Cargo.toml needs [lib] crate-type = [\"cdylib\", \"rlib\"]")
    })?;
    let name = module.file_stem().and_then(|stem| stem.to_str()).unwrap_or("component").replace('_', "-");
    let core = fs::read(&module).map_err(|error| Error::new(format!("{}: {error}", module.display())))?;
    let file = out.unwrap_or_else(|| folder.join(format!("{name}.wasm")));
    fs::write(&file, wrap(&core)?).map_err(|error| Error::new(format!("{}: {error}", file.display())))?;
    Ok(Built { file })
}

/// How the name of that section begins.
const WORLD: &str = "component-type";

/// Makes a component of a core module that says in a section of its own which world it implements.
fn wrap(core: &[u8]) -> Result<Vec<u8>, Error> {
    let refused = |why: &dyn std::fmt::Display| {
        Error::new(format!("the module cannot be made a component: {why}. Does it export one with portcullis-sdk?"))
    };
    if !names_its_world(core) {
        return Err(refused(&"it does not say which world it implements"));
    }
    let encoder = ComponentEncoder::default().module(core).map(|encoder| encoder.validate(true));
    encoder.and_then(|mut encoder| encoder.encode()).map_err(|error| refused(&format_args!("{error:#}")))
}

/// Whether a core module has the section in which bindings write down its world.
fn names_its_world(core: &[u8]) -> bool {
    let is_type = |payload| matches!(payload, Ok(Payload::CustomSection(section)) if section.name().starts_with(WORLD));
    Parser::new(0).parse_all(core).any(is_type)
}

/// The command that builds for WebAssembly: cargo with the target of rustup, or with Debian's sources of the standard library.
fn compiler() -> Result<Command, Error> {
    let libraries = Command::new("rustc").args(["--print", "target-libdir", "--target", TARGET]).output();
    let libraries = libraries.ok().filter(|told| told.status.success());
    let there = libraries.is_some_and(|told| Path::new(String::from_utf8_lossy(&told.stdout).trim()).exists());
    let mut cargo = Command::new(if there { "cargo" } else { "/usr/bin/cargo" });
    cargo.args(["build", "--release", "--target", TARGET]);
    if there {
        return Ok(cargo);
    }
    if !DEBIAN.iter().all(|path| Path::new(path).exists()) {
        return Err(Error::new(format!(
            "there is no standard library for {TARGET}. Either of these brings one:\n    rustup target add {TARGET}\n    \
             apt-get install rustc-web cargo-web rust-web-src lld-19"
        )));
    }
    output::note("there is only Debian's standard library: the first build makes it from source, which takes minutes");
    cargo.args(["-Z", "build-std=std,panic_abort"]).env("RUSTC", "/usr/bin/rustc").env("RUSTC_BOOTSTRAP", "1");
    cargo.env("CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_LINKER", "/usr/bin/wasm-ld-19");
    Ok(cargo)
}

/// The module among the files that cargo says it has made: that of the last library.
fn module(messages: &[u8]) -> Option<PathBuf> {
    let messages = String::from_utf8_lossy(messages);
    let artefact = |line: &str| {
        let message: Value = serde_json::from_str(line).ok()?;
        let files = message.get("filenames")?.as_array()?;
        let module = files.iter().filter_map(Value::as_str).find(|file| file.ends_with(".wasm"))?;
        Some(PathBuf::from(module))
    };
    messages.lines().filter_map(artefact).next_back()
}

/// JavaScript: the script `build` of package.json makes the component, at the path that it is given.
pub(super) fn node(folder: &Path, out: Option<PathBuf>) -> Result<Built, Error> {
    let package = text(&folder.join("package.json"))?;
    let package: Value =
        serde_json::from_str(&package).map_err(|error| Error::new(format!("package.json: {error}")))?;
    let name = package.get("name").and_then(Value::as_str).unwrap_or("component");
    let file = out.unwrap_or_else(|| folder.join(format!("{name}.wasm")));
    let missing = "install Node.js 20 or newer, which brings npm";
    if !folder.join("node_modules").is_dir() {
        output::note("installing what package.json asks for, with npm");
        let mut npm = Command::new("npm");
        npm.args(["install", "--no-audit", "--no-fund"]).current_dir(folder);
        run(npm, "npm", missing)?;
    }
    let mut npm = Command::new("npm");
    npm.args(["run", "--silent", "build", "--"]).arg(absolute(&file)?).current_dir(folder);
    run(npm, "npm", missing)?;
    Ok(Built { file })
}

/// Python: componentize-py makes the component, with everything of WASI left out.
pub(super) fn python(folder: &Path, out: Option<PathBuf>) -> Result<Built, Error> {
    let project = text(&folder.join("pyproject.toml"))?;
    let project: toml::Table = project.parse().map_err(|error| Error::new(format!("pyproject.toml: {error}")))?;
    let name = said(&project, &["project", "name"])?;
    let (world, module) =
        (said(&project, &["tool", "portcullis", "world"])?, said(&project, &["tool", "portcullis", "module"])?);
    let file = out.unwrap_or_else(|| folder.join(format!("{name}.wasm")));
    let own = folder.join(".venv/bin/componentize-py");
    let mut tool = Command::new(if own.exists() { absolute(&own)? } else { PathBuf::from("componentize-py") });
    tool.args(["-d", "wit", "-w", world, "componentize", "--stub-wasi", module, "-o"]).arg(absolute(&file)?);
    tool.current_dir(folder);
    run(tool, "componentize-py", "python3 -m venv .venv && .venv/bin/pip install -r requirements.txt")?;
    Ok(Built { file })
}

fn said<'a>(project: &'a toml::Table, path: &[&str]) -> Result<&'a str, Error> {
    let (last, tables) = path.split_last().unwrap_or((&"", &[]));
    let table = tables.iter().try_fold(project, |table, name| table.get(*name)?.as_table());
    let value = table.and_then(|table| table.get(*last)?.as_str());
    value.ok_or_else(|| Error::new(format!("pyproject.toml: {} is missing", path.join("."))))
}

/// Runs a tool to its end. Its complaints are shown as they come, and so is what it says when nobody needs it.
fn run(mut command: Command, tool: &str, missing: &str) -> Result<Output, Error> {
    let told = command.stdin(Stdio::null()).stderr(Stdio::inherit()).output();
    match told {
        Err(error) if error.kind() == ErrorKind::NotFound => {
            Err(Error::new(format!("{tool} is not installed: {missing}")))
        }
        Err(error) => Err(Error::new(format!("{tool}: {error}"))),
        Ok(told) if !told.status.success() => {
            // Some complain on stdout.
            output::note(String::from_utf8_lossy(&told.stdout).trim_end());
            Err(Error::new(format!("{tool} could not build it ({})", told.status)))
        }
        Ok(told) => Ok(told),
    }
}

fn text(file: &Path) -> Result<String, Error> {
    fs::read_to_string(file).map_err(|error| Error::new(format!("{}: {error}", file.display())))
}

/// Tools run in the component's folder, so paths are those of where the command runs.
fn absolute(path: &Path) -> Result<PathBuf, Error> {
    Ok(env::current_dir().map_err(Error::from_display)?.join(path))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_module_is_the_components() {
        let messages = br#"{"reason":"compiler-artifact","filenames":["/t/libsdk.rlib"]}
{"reason":"compiler-artifact","filenames":["/t/deps/other.wasm"]}
not json
{"reason":"compiler-artifact","filenames":["/t/minimum_level.wasm","/t/libminimum_level.rlib"]}
{"reason":"build-finished","success":true}"#;
        assert_eq!(module(messages), Some(PathBuf::from("/t/minimum_level.wasm")));
        assert_eq!(module(b""), None);
    }

    #[test]
    fn what_is_no_module_of_a_component_is_refused_in_words() {
        let error = wrap(b"\0asm\x01\0\0\0").unwrap_err().to_string();
        assert!(error.contains("portcullis-sdk"), "{error}");
    }
}
