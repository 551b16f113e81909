//! References to what is in a registry: `HOST[:PORT]/NAME:TAG` or `HOST[:PORT]/NAME[:TAG]@sha256:DIGEST`.

/// The longest reference.
const LONGEST: usize = 512;

/// A reference.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Reference {
    /// The registry, with its port when it is not the scheme's own.
    pub(super) host: String,
    /// The repository.
    pub(super) name: String,
    /// Which manifest.
    pub(super) wanted: Wanted,
}

/// Which manifest is meant.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Wanted {
    /// What a name means now.
    Tag(String),
    /// Exactly this one: `sha256:` and the digest.
    Digest(String),
}

impl Wanted {
    /// As in a path.
    pub(super) fn as_str(&self) -> &str {
        match self {
            Wanted::Tag(text) | Wanted::Digest(text) => text,
        }
    }
}

impl Reference {
    /// Reads one. A tag beside a digest is for people only.
    pub(super) fn parse(text: &str) -> Result<Reference, &'static str> {
        let (rest, digest) = match text.split_once('@') {
            Some((rest, digest)) => (rest, Some(digest)),
            None => (text, None),
        };
        let (host, rest) =
            rest.split_once('/').ok_or("must be `oci://HOST/NAME:TAG` or `oci://HOST/NAME@sha256:DIGEST`")?;
        let (name, tag) = match rest.split_once(':') {
            Some((name, tag)) => (name, Some(tag)),
            None => (rest, None),
        };
        if text.len() > LONGEST || !is_host(host) || !is_repository(name) || !tag.is_none_or(is_tag) {
            return Err("names no host, repository or tag");
        }
        let wanted = match (digest, tag) {
            (Some(digest), _) if is_digest(digest) => Wanted::Digest(digest.to_owned()),
            (Some(_), _) => return Err("must name a digest as `sha256:` and 64 hex digits in lower case"),
            (None, Some(tag)) => Wanted::Tag(tag.to_owned()),
            (None, None) => return Err("must name a tag or a digest"),
        };
        Ok(Reference { host: host.to_owned(), name: name.to_owned(), wanted })
    }

    /// The same, with the digest of the manifest that it means now.
    pub(super) fn resolved(&self, digest: &str) -> String {
        let Reference { host, name, wanted } = self;
        match wanted {
            Wanted::Tag(tag) => format!("oci://{host}/{name}:{tag}@sha256:{digest}"),
            Wanted::Digest(digest) => format!("oci://{host}/{name}@{digest}"),
        }
    }
}

fn is_host(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b".-:[]".contains(&byte))
}

/// Components of lower case letters, digits and separators (distribution specification, "Pulling manifests").
fn is_repository(text: &str) -> bool {
    let inner = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
    text.split('/').all(|part| {
        let ends = part.bytes().next().zip(part.bytes().last());
        ends.is_some_and(|(first, last)| inner(first) && inner(last))
            && part.bytes().all(|byte| inner(byte) || b"._-".contains(&byte))
            && !part.contains("..")
    })
}

fn is_tag(text: &str) -> bool {
    let word = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
    let first = text.bytes().next().is_some_and(word);
    first && text.len() <= 128 && text.bytes().all(|byte| word(byte) || b".-".contains(&byte))
}

/// Whether this is `sha256:` and a digest.
pub(super) fn is_digest(text: &str) -> bool {
    let hex = |byte: u8| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte);
    text.strip_prefix("sha256:").is_some_and(|digest| digest.len() == 64 && digest.bytes().all(hex))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn references_are_taken_apart() {
        let digest = format!("sha256:{}", "a".repeat(64));
        let tagged = Reference::parse("127.0.0.1:5000/team/limit:1.0").unwrap();
        assert_eq!((tagged.host.as_str(), tagged.name.as_str()), ("127.0.0.1:5000", "team/limit"));
        assert_eq!(tagged.wanted, Wanted::Tag("1.0".to_owned()));
        assert_eq!(tagged.resolved("00"), "oci://127.0.0.1:5000/team/limit:1.0@sha256:00");
        let pinned = Reference::parse(&format!("ghcr.io/a/b:1.0@{digest}")).unwrap();
        assert_eq!(pinned.wanted, Wanted::Digest(digest));
    }

    #[test]
    fn nothing_leads_elsewhere() {
        for bad in [
            "",
            "host",
            "host/",
            "host/name",
            "host/../x:1",
            "host/a//b:1",
            "host/A:1",
            "host/a:b/c",
            "host/a:",
            "host/a?x=y:1",
            "u@host/a:1",
            "host/a@sha256:00",
            "host/a@md5:00",
            "ho st/a:1",
            "/a:1",
        ] {
            assert!(Reference::parse(bad).is_err(), "{bad}");
        }
    }
}
