//! Manifests (OCI image specification 1.1, "Image Manifest"): the one layer that is a component.

use serde::Deserialize;

use super::reference::is_digest;

/// The manifests that are asked for.
pub(super) const ACCEPT: &str =
    "application/vnd.oci.image.manifest.v1+json, application/vnd.docker.distribution.manifest.v2+json";
/// The media types of layers that are WebAssembly: that of the CNCF's guidance, and those that tools wrote before it.
const WASM: [&str; 3] = [
    "application/wasm",
    "application/vnd.wasm.content.layer.v1+wasm",
    "application/vnd.module.wasm.content.layer.v1+wasm",
];

/// A layer.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Layer {
    /// Its digest, in hex.
    pub(super) sha256: String,
    /// In bytes.
    pub(super) size: u64,
}

#[derive(Deserialize)]
struct Manifest {
    #[serde(default)]
    layers: Vec<Descriptor>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Descriptor {
    media_type: String,
    digest: String,
    size: u64,
}

/// The one layer of WebAssembly.
pub(super) fn layer(manifest: &[u8]) -> Result<Layer, &'static str> {
    let read = serde_json::from_slice::<Manifest>(manifest);
    let Manifest { layers } = read.map_err(|_| "is no manifest of a component in the registry")?;
    let mut wasm = layers.into_iter().filter(|layer| WASM.contains(&layer.media_type.as_str()));
    match (wasm.next(), wasm.next()) {
        (Some(Descriptor { digest, size, media_type: _ }), None) if is_digest(&digest) => {
            Ok(Layer { sha256: digest.trim_start_matches("sha256:").to_owned(), size })
        }
        (Some(_), None) => Err("has a layer without a SHA-256 digest"),
        (None, _) => Err("has no layer of WebAssembly"),
        (Some(_), Some(_)) => Err("has more than one layer of WebAssembly"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(types: &[&str]) -> Result<Layer, &'static str> {
        let layer = |kind: &&str| format!(r#"{{"mediaType":"{kind}","digest":"sha256:{}","size":3}}"#, "a".repeat(64));
        let layers: Vec<_> = types.iter().map(layer).collect();
        super::layer(format!(r#"{{"schemaVersion":2,"layers":[{}]}}"#, layers.join(",")).as_bytes())
    }

    #[test]
    fn one_layer_is_the_component() {
        let expected = Layer { sha256: "a".repeat(64), size: 3 };
        for kind in WASM {
            assert_eq!(of(&["text/plain", kind]), Ok(Layer { sha256: expected.sha256.clone(), size: 3 }), "{kind}");
        }
    }

    #[test]
    fn anything_else_is_none() {
        assert!(of(&[]).is_err());
        assert!(of(&["application/vnd.oci.image.layer.v1.tar+gzip"]).is_err());
        assert!(of(&[WASM[0], WASM[1]]).is_err());
        let digest = br#"{"layers":[{"mediaType":"application/wasm","digest":"md5:00","size":3}]}"#;
        assert!(layer(digest).is_err());
        assert!(layer(b"{").is_err());
    }
}
