//! The names of artefacts: digests over exactly what went into them.

use aws_lc_rs::digest::{Context, SHA256, digest};

/// Names one artefact or image.
pub(super) type Key = [u8; 32];

/// The digest of a component's bytes.
pub(super) fn component(wasm: &[u8]) -> Key {
    let mut key = [0; 32];
    key.copy_from_slice(digest(&SHA256, wasm).as_ref());
    key
}

/// The artefact of a component as it is, before any configuration.
pub(super) fn plain(component: &Key) -> Key {
    let mut context = Context::new(&SHA256);
    context.update(b"portcullis plain 1");
    context.update(component);
    bytes(context)
}

/// The image of a component configured with `confs`.
pub(super) fn image<'a>(component: &Key, confs: impl Iterator<Item = &'a str>) -> Key {
    let mut context = Context::new(&SHA256);
    context.update(b"portcullis image 1");
    context.update(component);
    for conf in confs {
        // The length first, so that no two lists of configurations run together to the same bytes.
        context.update(&(conf.len() as u64).to_be_bytes());
        context.update(conf.as_bytes());
    }
    bytes(context)
}

/// The finished digest.
pub(super) fn bytes(context: Context) -> Key {
    let mut key = [0; 32];
    key.copy_from_slice(context.finish().as_ref());
    key
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_tell_lists_apart() {
        let component = component(b"wasm");
        let keys = [
            plain(&component),
            image(&component, [].into_iter()),
            image(&component, ["ab"].into_iter()),
            image(&component, ["a", "b"].into_iter()),
            image(&component, ["b", "a"].into_iter()),
        ];
        for (index, key) in keys.iter().enumerate() {
            assert!(!keys[..index].contains(key));
        }
    }
}
