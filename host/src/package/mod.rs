//! What starts a gateway: a zip file with its configuration and its credentials.
//!
//! Called by `api` for getGatewayPackage. The files are templates in the folder beside this one, with `@NAMES@` that are
//! filled in here. The same facts give the same bytes. Knows no store and no HTTP.

mod facts;

use std::io::{Cursor, Write};

use zip::{CompressionMethod, ZipWriter, write::SimpleFileOptions};

use crate::domain::gateway::GatewayKind;

pub use facts::Facts;

/// A file of a package.
struct File {
    /// Where it lies in the zip file.
    path: &'static str,
    /// Its Unix permissions.
    mode: u32,
    /// Its text, before the facts are filled in.
    template: &'static str,
}

/// Anybody may read it.
const PLAIN: u32 = 0o644;
/// It holds the gateway's secret.
const SECRET: u32 = 0o600;
/// It is a program.
const PROGRAM: u32 = 0o755;

macro_rules! file {
    ($folder:literal, $path:literal, $mode:expr) => {
        File { path: $path, mode: $mode, template: include_str!(concat!("templates/", $folder, "/", $path)) }
    };
}

const NGINX: &[File] = &[
    file!("nginx", "README.md", PLAIN),
    file!("nginx", "credentials.conf", SECRET),
    file!("nginx", "listen.conf", PLAIN),
    file!("nginx", "nginx.conf", PLAIN),
    file!("nginx", "start.sh", PROGRAM),
    file!("nginx", "upstream.conf", PLAIN),
];
const ENVOY: &[File] = &[
    file!("envoy", "README.md", PLAIN),
    file!("envoy", "docker-compose.yaml", PLAIN),
    file!("envoy", "envoy.yaml", SECRET),
];
const ISTIO: &[File] = &[
    file!("istio", "README.md", PLAIN),
    file!("istio", "authorization-policy.yaml", PLAIN),
    file!("istio", "mesh-config.yaml", SECRET),
    file!("istio", "portcullis.yaml", PLAIN),
];
const STANDALONE: &[File] = &[
    file!("standalone", "README.md", PLAIN),
    file!("standalone", ".env", SECRET),
    file!("standalone", "check.sh", PROGRAM),
];

/// The package of a gateway. Kinds without files have an empty one, which `domain` does not let anybody ask for.
pub fn zip(kind: GatewayKind, facts: &Facts<'_>) -> Result<Vec<u8>, String> {
    let files = match kind {
        GatewayKind::Nginx => NGINX,
        GatewayKind::Envoy => ENVOY,
        GatewayKind::Istio => ISTIO,
        GatewayKind::Standalone => STANDALONE,
        GatewayKind::Pyron | GatewayKind::Aws | GatewayKind::Azure => &[],
    };
    let values = facts.values()?;
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    for File { path, mode, template } in files {
        // The time of every file is the first one that a zip file knows: a package says nothing about when it was made.
        let options =
            SimpleFileOptions::default().compression_method(CompressionMethod::Stored).unix_permissions(*mode);
        zip.start_file(*path, options).map_err(|error| error.to_string())?;
        zip.write_all(fill(template, &values).as_bytes()).map_err(|error| error.to_string())?;
    }
    zip.finish().map(Cursor::into_inner).map_err(|error| error.to_string())
}

/// Puts the values in their places, in one pass: no value is looked at for names.
fn fill(template: &str, values: &[(&str, String)]) -> String {
    let mut filled = String::with_capacity(template.len());
    let mut rest = template;
    while let Some((before, after)) = rest.split_once('@') {
        filled.push_str(before);
        let found = after.split_once('@').and_then(|(name, behind)| {
            values.iter().find(|(known, _)| *known == name).map(|(_, value)| (value, behind))
        });
        rest = match found {
            Some((value, behind)) => {
                filled.push_str(value);
                behind
            }
            None => {
                filled.push('@');
                after
            }
        };
    }
    filled.push_str(rest);
    filled
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::crypto::Secret;

    const KINDS: [(GatewayKind, &[File]); 4] = [
        (GatewayKind::Nginx, NGINX),
        (GatewayKind::Envoy, ENVOY),
        (GatewayKind::Istio, ISTIO),
        (GatewayKind::Standalone, STANDALONE),
    ];

    fn facts<'a>(public_url: &'a str, secret: &'a Secret) -> Facts<'a> {
        Facts {
            public_url,
            token_issuer: "https://portcullis.example/base/default/system",
            tenant: "default",
            gateway: "gw",
            client_id: "id",
            secret,
        }
    }

    #[test]
    fn every_name_in_every_template_is_filled_in() {
        let secret = Secret::new("it's @TENANT@ secret");
        for url in ["https://portcullis.example/base", "http://127.0.0.1:8080"] {
            let values = facts(url, &secret).values().unwrap();
            for file in KINDS.iter().flat_map(|(_, files)| files.iter()) {
                let filled = fill(file.template, &values);
                let left = filled.split('@').skip(1).step_by(2).find(|name| {
                    name.len() > 2 && name.chars().all(|c| c.is_ascii_uppercase() || c == '_') && *name != "TENANT"
                });
                assert_eq!(left, None, "{} of {url}", file.path);
            }
        }
    }

    #[test]
    fn only_files_for_the_owner_hold_the_secret() {
        let secret = Secret::new("0123456789abcdef0123456789abcdef");
        let values = facts("https://portcullis.example", &secret).values().unwrap();
        let basic = values.iter().find(|(name, _)| *name == "BASIC").unwrap().1.clone();
        for (kind, files) in KINDS {
            for file in files {
                let text = fill(file.template, &values);
                let holds = text.contains(secret.expose()) || text.contains(&basic);
                assert_eq!(holds, file.mode == SECRET, "{kind:?}: {}", file.path);
            }
        }
    }

    #[test]
    fn the_same_facts_give_the_same_bytes() {
        let secret = Secret::new("secret");
        let facts = facts("http://127.0.0.1:8080", &secret);
        assert_eq!(zip(GatewayKind::Nginx, &facts), zip(GatewayKind::Nginx, &facts));
    }
}
