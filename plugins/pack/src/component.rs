//! One core module, made a component and stripped.

use wasmparser::{ComponentExternalKind, ComponentTypeRef, Parser, Payload};
use wit_component::ComponentEncoder;

use crate::Result;

/// A component and the world it implements.
pub(crate) struct Component {
    pub(crate) bytes: Vec<u8>,
    pub(crate) world: &'static str,
}

/// Makes a component of a core module that wit-bindgen made. Everything unusual about it is an error.
pub(crate) fn of(module: &[u8]) -> Result<Component> {
    // The interface is written in custom sections of the module; names and producers only make it larger.
    let module = without_custom_sections(module, |name| name.starts_with("component-type"))?;
    let encoded = ComponentEncoder::default().module(&module)?.validate(true).encode()?;
    let bytes = without_custom_sections(&encoded, |_| false)?;
    wasmparser::Validator::new().validate_all(&bytes)?;
    let world = world(&bytes)?;
    Ok(Component { bytes, world })
}

/// The world, told by the name of the call. Refuses imports of anything but this host's interfaces.
fn world(component: &[u8]) -> Result<&'static str> {
    let mut depth = 0;
    let mut exports = Vec::new();
    for payload in Parser::new(0).parse_all(component) {
        match payload? {
            Payload::Version { .. } => depth += 1,
            Payload::End(_) => depth -= 1,
            Payload::ComponentImportSection(imports) if depth == 1 => {
                for import in imports {
                    let import = import?;
                    // The world's own names for types of the interface give no access to anything.
                    if !matches!(import.ty, ComponentTypeRef::Type(_)) {
                        allowed(import.name.name)?;
                    }
                }
            }
            Payload::ComponentExportSection(section) if depth == 1 => {
                for export in section {
                    let export = export?;
                    if export.kind == ComponentExternalKind::Func {
                        exports.push(export.name.name.to_owned());
                    }
                }
            }
            _ => {}
        }
    }
    let has = |name: &str| exports.iter().any(|export| export == name);
    let worlds = [("validate", "validator"), ("map", "claim-mapper"), ("check", "consent-checker")];
    let mut worlds = worlds.into_iter().filter(|(call, _)| has(call));
    match (worlds.next(), worlds.next()) {
        (Some((_, world)), None) if has("describe") && has("configure") && exports.len() == 3 => Ok(world),
        _ => Err(format!("these exports are those of no world: {}", exports.join(", ")).into()),
    }
}

fn allowed(import: &str) -> Result<()> {
    if import.starts_with("portcullis:policy/") { Ok(()) } else { Err(format!("it imports {import}").into()) }
}

/// The same module or component without the custom sections at its top level, except those to `keep`.
///
/// Both start with 8 bytes and go on with sections: an id, a length in LEB128, that many bytes. Custom sections have
/// the id 0 and start with a name.
fn without_custom_sections(binary: &[u8], keep: impl Fn(&str) -> bool) -> Result<Vec<u8>> {
    let (head, mut rest) = binary.split_at_checked(8).ok_or("not a WebAssembly binary")?;
    let mut stripped = head.to_vec();
    while let Some((id, after_id)) = rest.split_first() {
        let (length, body) = leb128(after_id)?;
        let (body, next) = body.split_at_checked(length).ok_or("a section ends after its binary")?;
        if *id != 0 || keep(name(body)?) {
            stripped.extend_from_slice(rest.get(..rest.len() - next.len()).unwrap_or_default());
        }
        rest = next;
    }
    Ok(stripped)
}

fn name(section: &[u8]) -> Result<&str> {
    let (length, name) = leb128(section)?;
    Ok(std::str::from_utf8(name.get(..length).ok_or("a name ends after its section")?)?)
}

fn leb128(bytes: &[u8]) -> Result<(usize, &[u8])> {
    let mut value = 0;
    for (position, byte) in bytes.iter().enumerate().take(5) {
        value |= usize::from(byte & 0x7f) << (7 * position);
        if byte & 0x80 == 0 {
            return Ok((value, bytes.get(position + 1..).unwrap_or_default()));
        }
    }
    Err("a length that does not end".into())
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;

    const HEAD: &[u8] = b"\0asm\x01\0\0\0";

    #[test]
    fn only_custom_sections_go() {
        let binary = [HEAD, b"\x00\x03\x01ab", b"\x05\x02xy", b"\x00\x82\x00\x01k"].concat();
        let kept = without_custom_sections(&binary, |name| name == "k").unwrap();
        assert_eq!(kept, [HEAD, b"\x05\x02xy", b"\x00\x82\x00\x01k"].concat());
    }

    #[test]
    fn cut_binaries_are_errors() {
        for cut in [&HEAD[..4], &[HEAD, b"\x05\x09x"].concat(), &[HEAD, b"\x05\x80\x80\x80\x80\x80"].concat()] {
            assert!(without_custom_sections(cut, |_| true).is_err());
        }
    }

    #[test]
    fn foreign_imports_are_refused() {
        assert!(allowed("portcullis:policy/host@1.0.0").is_ok());
        assert!(allowed("wasi:cli/environment@0.2.0").is_err());
    }
}
