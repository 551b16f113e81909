//! `portcullis plugin check`: whether a component can be used here, and if not, what to do about it.

use std::path::{Path, PathBuf};

use clap::Args;
use serde::Serialize;

use super::{
    component::{self, Component},
    foreign::{self, Import},
};
use crate::{
    cli::{Error, Outcome, output, workbench::Workbench},
    crypto::digest,
    decision::RuleSet,
    plugin::{About, Limits, Surface},
};

/// Say whether a component can be used: its world, its imports, its size, its schema and its snapshot
///
/// Example: portcullis plugin check minimum-age.wasm --conf conf.json
#[derive(Args)]
pub struct Check {
    /// The component
    file: PathBuf,
    /// A configuration in JSON that it must take
    #[arg(long, value_name = "FILE")]
    conf: Option<PathBuf>,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

/// What was found.
#[derive(Default, Serialize)]
pub(super) struct Report {
    ok: bool,
    size: usize,
    sha256: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    world: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    version: Option<String>,
    imports: Vec<String>,
    findings: Vec<Finding>,
}

/// One thing that was looked at.
#[derive(Serialize)]
struct Finding {
    /// What was looked at.
    about: &'static str,
    /// Whether it is fine.
    ok: bool,
    /// What was found, in words.
    text: String,
}

impl Check {
    /// Runs the command.
    pub(super) fn run(self) -> Result<Outcome, Error> {
        let Check { file, conf, json } = self;
        let rules = match &conf {
            Some(conf) => Some(Component::rules(&component::object(Some(conf))?)),
            None => None,
        };
        let report = check(&file, rules.as_ref())?;
        match json {
            true => output::say_json(&report)?,
            false => report.tell(),
        }
        Ok(if report.ok { Outcome::Yes } else { Outcome::No })
    }
}

/// Looks at the component in `file`, and how it takes `rules`.
pub(super) fn check(file: &Path, rules: Option<&RuleSet>) -> Result<Report, Error> {
    let wasm = component::bytes(file)?;
    let mut report = Report { size: wasm.len(), sha256: digest::sha256_hex(&wasm), ..Report::default() };
    match Surface::read(&wasm) {
        Err(error) => report.found("component", false, error.to_string()),
        Ok(surface) => {
            report.outside(&surface);
            // What asks for more than there is cannot even be loaded.
            if report.findings.iter().all(|finding| finding.ok) {
                report.inside(wasm, rules)?;
            }
        }
    }
    report.ok = report.findings.iter().all(|finding| finding.ok);
    Ok(report)
}

impl Report {
    /// Whether the component can be used.
    pub(super) fn is_ok(&self) -> bool {
        self.ok
    }

    /// Prints it for people.
    pub(super) fn tell(&self) {
        for Finding { about, ok, text } in &self.findings {
            let mark = if *ok { "ok" } else { "NO" };
            output::say(&format!("{mark}  {about:<10} {text}"));
        }
        output::say(&format!("    sha256     {}", self.sha256));
        output::say(if self.ok { "it can be used" } else { "it cannot be used" });
    }

    fn found(&mut self, about: &'static str, ok: bool, text: impl Into<String>) {
        self.findings.push(Finding { about, ok, text: text.into() });
    }

    /// What is seen without compiling it.
    fn outside(&mut self, surface: &Surface) {
        let (limit, size) = (Limits::default().component_bytes, self.size);
        self.found("size", size <= limit, format!("{} KiB of {} KiB that it may have", size / 1024, limit / 1024));
        self.imports.clone_from(&surface.imports);
        if surface.imports.is_empty() {
            self.found("imports", true, "none");
        }
        for import in &surface.imports {
            match foreign::judge(import) {
                Import::Offered => self.found("imports", true, import.as_str()),
                Import::Granted => {
                    self.found("imports", true, format!("{import}: answers only where a tenant grants it"))
                }
                Import::Foreign { purpose, advice } => {
                    self.found("imports", false, format!("{import}: {purpose}, which is not offered here; {advice}"));
                }
            }
        }
        if surface.imports.iter().any(|import| import.starts_with("wasi")) {
            foreign::WITHOUT_WASI
                .iter()
                .for_each(|way| self.found("imports", false, format!("  to be rid of WASI, {way}")));
        }
        let (ok, text) = exports(surface);
        self.found("exports", ok, text);
    }

    /// What shows when it runs.
    fn inside(&mut self, wasm: Vec<u8>, rules: Option<&RuleSet>) -> Result<(), Error> {
        let bench = Workbench::cold()?;
        let component = match Component::of(&bench, wasm) {
            Ok(component) => component,
            Err(error) => {
                self.found("world", false, format!("{error}. Its functions must have the types of wit/v1"));
                return Ok(());
            }
        };
        let About { kind, name, version, help, .. } = &component.about;
        (self.world, self.name, self.version) = (Some(kind.as_str()), Some(name.clone()), Some(version.clone()));
        self.found("world", true, kind.as_str());
        self.about(name, version, help);
        self.schema(&component.about);
        if let Some(rules) = rules {
            self.conf(&bench, &component, rules);
        }
        let fine = self.findings.iter().all(|finding| finding.ok);
        match bench.wait(Component::snapshot(&bench, rules.filter(|_| fine))) {
            Ok(()) => self.found("snapshot", true, "possible: it is configured once, when a policy is saved"),
            // It works all the same.
            Err(why) => self.found("snapshot", true, format!("impossible, so every call configures it first: {why}")),
        }
        Ok(())
    }

    fn about(&mut self, name: &str, version: &str, help: &str) {
        let letters = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
        let well = !name.is_empty() && name.len() <= 64 && name.chars().all(letters);
        match well {
            true => self.found("name", true, name),
            false => {
                self.found("name", false, format!("{name:?}: it has 1 to 64 lower case letters, digits and hyphens"))
            }
        }
        self.found("version", !version.is_empty(), if version.is_empty() { "none" } else { version });
        // It can be used without.
        self.found("help", true, if help.trim().is_empty() { "none: say what it is for" } else { help });
    }

    fn schema(&mut self, about: &About) {
        match about.schema_fault() {
            None => self.found("conf", true, format!("a JSON Schema of {} bytes", about.conf_schema.len())),
            Some(why) => self.found("conf", false, format!("its schema cannot be used: {why}")),
        }
    }

    fn conf(&mut self, bench: &Workbench, component: &Component, rules: &RuleSet) {
        let refusals = bench.wait(component.refusals(bench, rules));
        if refusals.is_empty() {
            self.found("conf", true, "the given one is taken");
        }
        for (path, message) in refusals {
            self.found("conf", false, format!("the given one is refused at {path:?}: {message}"));
        }
    }
}

/// Whether the exports are those of a world.
fn exports(surface: &Surface) -> (bool, String) {
    const CALLS: [(&str, &str); 3] = [("validate", "validator"), ("map", "claim-mapper"), ("check", "consent-checker")];
    let has = |name: &str| surface.functions.iter().any(|function| function == name);
    let calls: Vec<_> = CALLS.into_iter().filter(|(call, _)| has(call)).collect();
    let missing: Vec<&str> = ["describe", "configure"].into_iter().filter(|name| !has(name)).collect();
    match calls.as_slice() {
        [(call, world)] if missing.is_empty() => (true, format!("describe, configure and {call}, as world {world}")),
        [(_, world)] => (false, format!("world {world} needs {} as well", missing.join(" and "))),
        [] => {
            let worlds = CALLS.map(|(call, world)| format!("{call} (world {world})")).join(", ");
            let has = if surface.functions.is_empty() { "none".to_owned() } else { surface.functions.join(", ") };
            (false, format!("it exports {has}; it must export describe, configure and one of {worlds}"))
        }
        more => {
            let calls: Vec<&str> = more.iter().map(|(call, _)| *call).collect();
            (false, format!("it exports {}; a component has one world, so one of them", calls.join(" and ")))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(functions: &[&str]) -> (bool, String) {
        let functions = functions.iter().map(|name| (*name).to_owned()).collect();
        exports(&Surface { functions, ..Surface::default() })
    }

    #[test]
    fn what_is_missing_is_named() {
        assert!(told(&["describe", "configure", "map"]).0);
        for (functions, words) in [
            (&["describe", "validate"][..], "world validator needs configure as well"),
            (&["run"], "it exports run; it must export describe, configure and one of validate"),
            (&["describe", "configure", "map", "check"], "map and check; a component has one world"),
        ] {
            let (ok, text) = told(functions);
            assert!(!ok && text.contains(words), "{text}");
        }
    }
}
