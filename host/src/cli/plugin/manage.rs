//! `portcullis plugin push|list|show|enable|disable|rollback|remove`: the plugins of a tenant, whether a server runs or not.
//!
//! The same operations as those of the admin group, asked through the control socket. Knows no rule of theirs.

use std::{fs, path::PathBuf};

use clap::Args;
use data_encoding::BASE64;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::cli::{Error, Outcome, Place, commands, output};
use crate::{
    api::acp::plugins,
    decision::ComponentId,
    domain::{
        By, Caller, Condition, Domain, Failure,
        plugin::{self, Plugin, Upload, Which},
        tenant,
    },
};

/// Asks for any of these.
pub const PLUGINS: &str = "plugins";
/// The tongue in which the command line changes records.
const TONGUE: &str = "cli";
/// Where a component comes from that is pushed.
const PUSHED: &str = "push";

/// What every one of the commands takes.
#[derive(Args)]
pub struct Common {
    #[command(flatten)]
    place: Place,
    /// The tenant whose plugins these are
    #[arg(long, value_name = "ID", default_value = tenant::DEFAULT)]
    tenant: String,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

/// Upload a component as a version of its plugin; policies go on as before until it is enabled
///
/// A signature is made with: { printf 'portcullis component 1\n'; openssl dgst -sha256 -binary FILE; } > signed;
/// openssl pkeyutl -sign -rawin -inkey key.pem -in signed | base64 -w0
#[derive(Args)]
pub struct Push {
    #[command(flatten)]
    common: Common,
    /// The component
    file: PathBuf,
    /// Keep it under this name instead of its own
    #[arg(long)]
    name: Option<String>,
    /// An Ed25519 signature in base64; may be given several times
    #[arg(long = "signature", value_name = "BASE64")]
    signatures: Vec<String>,
    /// Let it answer for the plugin's name at once
    #[arg(long)]
    enable: bool,
}

/// List the plugins of a tenant and the components that come with the server
#[derive(Args)]
pub struct List {
    #[command(flatten)]
    common: Common,
}

/// Show a plugin with its versions, and who uses which
#[derive(Args)]
pub struct Show {
    #[command(flatten)]
    common: Common,
    /// The plugin
    name: String,
}

/// Let a version answer for the plugin's name from the next decision on
#[derive(Args)]
pub struct Enable {
    #[command(flatten)]
    common: Common,
    /// The plugin
    name: String,
    /// Its version or digest
    version: String,
}

/// Let nothing answer for the plugin's name, which nothing may use then
#[derive(Args)]
pub struct Disable {
    #[command(flatten)]
    common: Common,
    /// The plugin
    name: String,
}

/// Let the version answer again that answered before
#[derive(Args)]
pub struct RollBack {
    #[command(flatten)]
    common: Common,
    /// The plugin
    name: String,
}

/// Remove a plugin, or one version of it (NAME@VERSION, NAME@sha256:DIGEST), that nothing uses
#[derive(Args)]
pub struct Remove {
    #[command(flatten)]
    common: Common,
    /// The plugin or the version
    name: String,
}

/// What is asked through the socket.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Question {
    tenant: String,
    does: Does,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Does {
    Push { component: String, name: Option<String>, signatures: Vec<String>, enable: bool },
    List,
    Show { name: String },
    Enable { name: String, version: String },
    Disable { name: String },
    RollBack { name: String },
    Remove { name: String },
}

impl Push {
    /// Runs the command.
    pub fn run(self) -> Result<Outcome, Error> {
        let Push { common, file, name, signatures, enable } = self;
        let component = fs::read(&file).map_err(|error| Error::new(format!("{}: {error}", file.display())))?;
        common.ask(Does::Push { component: BASE64.encode(&component), name, signatures, enable })
    }
}

impl List {
    /// Runs the command.
    pub fn run(self) -> Result<Outcome, Error> {
        self.common.ask(Does::List)
    }
}

impl Show {
    /// Runs the command.
    pub fn run(self) -> Result<Outcome, Error> {
        self.common.ask(Does::Show { name: self.name })
    }
}

impl Enable {
    /// Runs the command.
    pub fn run(self) -> Result<Outcome, Error> {
        self.common.ask(Does::Enable { name: self.name, version: self.version })
    }
}

impl Disable {
    /// Runs the command.
    pub fn run(self) -> Result<Outcome, Error> {
        self.common.ask(Does::Disable { name: self.name })
    }
}

impl RollBack {
    /// Runs the command.
    pub fn run(self) -> Result<Outcome, Error> {
        self.common.ask(Does::RollBack { name: self.name })
    }
}

impl Remove {
    /// Runs the command.
    pub fn run(self) -> Result<Outcome, Error> {
        self.common.ask(Does::Remove { name: self.name })
    }
}

impl Common {
    fn ask(self, does: Does) -> Result<Outcome, Error> {
        let Common { place, tenant, json } = self;
        let answer = commands::ask(&place, PLUGINS, json!(Question { tenant, does }))?;
        if json {
            output::say_json(&answer)?;
        } else if let Some(refused) = answer.get("refused").and_then(Value::as_str) {
            output::complain(refused);
        } else {
            tell(&answer);
        }
        Ok(if answer.get("refused").is_some() { Outcome::No } else { Outcome::Yes })
    }
}

/// Does any of them, in the server or in this process. What the rules refuse is an answer.
pub async fn command(domain: &Domain, arguments: Value) -> Result<Value, String> {
    // Written by this program itself, with members inside its words: more than what people may send.
    let Question { tenant, does } = serde_json::from_value(arguments).map_err(|error| error.to_string())?;
    match run(domain, &tenant, does).await {
        Ok(answer) => Ok(answer),
        Err(failure) => match failure.to_log() {
            Some(log) => Err(log.to_owned()),
            None => Ok(json!({ "refused": sentence(&failure) })),
        },
    }
}

async fn run(domain: &Domain, tenant: &str, does: Does) -> Result<Value, Failure> {
    let by = By { caller: &Caller::Operator, condition: Condition::None, tongue: TONGUE };
    match does {
        Does::List => list(domain, tenant).await,
        Does::Show { name } => {
            let state = plugin::current(domain, tenant, &name)?;
            shown(domain, tenant, &name, state.value.clone())
        }
        Does::Push { component, name, signatures, enable } => {
            let pushed = push(domain, &by, tenant, (component, name, signatures)).await?;
            let digest = ("", Which::Digest(&pushed.version.digest));
            let state = match enable {
                true => plugin::enable(domain, &by, tenant, &pushed.name, digest).await?,
                false => pushed.state,
            };
            shown(domain, tenant, &pushed.name, state.value)
        }
        Does::Enable { name, version } => {
            let which = ("", Which::parse(&version));
            let state = plugin::enable(domain, &by, tenant, &name, which).await?;
            shown(domain, tenant, &name, state.value)
        }
        Does::Disable { name } => {
            let state = plugin::disable(domain, &by, tenant, &name).await?;
            shown(domain, tenant, &name, state.value)
        }
        Does::RollBack { name } => {
            let state = plugin::roll_back(domain, &by, tenant, &name).await?;
            shown(domain, tenant, &name, state.value)
        }
        Does::Remove { name } => {
            match name.split_once('@') {
                None => plugin::remove(domain, &by, tenant, &name).await?,
                Some((name, version)) => {
                    plugin::remove_version(domain, &by, tenant, name, Which::parse(version)).await.map(drop)?;
                }
            }
            Ok(json!({ "removed": name }))
        }
    }
}

async fn push(
    domain: &Domain,
    by: &By<'_>,
    tenant: &str,
    (component, name, signatures): (String, Option<String>, Vec<String>),
) -> Result<plugin::Uploaded, Failure> {
    let wasm = BASE64.decode(component.as_bytes()).map_err(|_| Failure::malformed("component", "is not base64"))?;
    let signatures = signatures.into_iter().map(|text| ("--signature".to_owned(), text)).collect();
    plugin::upload(domain, by, tenant, Upload { wasm, name, signatures, source: PUSHED.to_owned() }).await
}

async fn list(domain: &Domain, tenant: &str) -> Result<Value, Failure> {
    let mut found = Vec::new();
    for (name, state) in plugin::list(domain, tenant)? {
        found.push(shown(domain, tenant, &name, state.value)?);
    }
    let bundled = domain.components.bundled().await.into_iter();
    found.extend(bundled.map(|ComponentId { name, digest }| json!(plugins::bundled(name, digest))));
    Ok(json!({ "plugins": found }))
}

fn shown(domain: &Domain, tenant: &str, name: &str, plugin: Plugin) -> Result<Value, Failure> {
    let versions = plugin::describe(domain, tenant, name, &plugin)?;
    Ok(json!(plugins::show(tenant, name.to_owned(), plugin, versions)))
}

/// All that is wrong, not only the first of it.
fn sentence(failure: &Failure) -> String {
    match failure {
        Failure::Invalid(problems) => problems.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"),
        other => other.to_client(),
    }
}

/// Prints an answer for people.
fn tell(answer: &Value) {
    if let Some(removed) = answer.get("removed").and_then(Value::as_str) {
        return output::say(&format!("{removed} is removed"));
    }
    match answer.get("plugins").and_then(Value::as_array) {
        Some(plugins) => plugins.iter().for_each(tell_one),
        None => tell_one(answer),
    }
}

fn tell_one(plugin: &Value) {
    let text = |value: &Value, member: &str| value[member].as_str().unwrap_or_default().to_owned();
    let says = match (plugin["bundled"] == true, text(plugin, "enabled_version")) {
        (true, _) => "comes with the server".to_owned(),
        (false, none) if none.is_empty() => "disabled".to_owned(),
        (false, version) => format!("answers with {version}"),
    };
    output::say(&format!("{}  {says}", text(plugin, "name")));
    for version in plugin["versions"].as_array().into_iter().flatten().filter(|_| plugin["bundled"] != true) {
        let list = |member: &str| {
            let words = version[member].as_array().into_iter().flatten().filter_map(Value::as_str);
            words.collect::<Vec<_>>().join(", ")
        };
        let (mark, component) = (if version["enabled"] == true { "*" } else { " " }, &version["component"]);
        let digest: String = text(version, "digest").chars().take(12).collect();
        output::say(&format!(
            "  {mark} {}  sha256:{digest}  {}  {} bytes{}{}",
            text(version, "version"),
            text(component, "world"),
            component["size"],
            some("  signed by ", &list("signed_by")),
            some("  used by ", &list("used_by")),
        ));
    }
}

fn some(words: &str, list: &str) -> String {
    if list.is_empty() { String::new() } else { format!("{words}{list}") }
}
