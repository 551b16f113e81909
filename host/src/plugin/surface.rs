//! What a component asks for and offers, read from its bytes without compiling it.
//!
//! Used by `portcullis plugin check`, to say in words what is missing or too much.

use wasmparser::{ComponentExternalKind, ComponentTypeRef, Parser, Payload};

use super::{PluginError, guest::look};

/// The names on the outside of a component.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Surface {
    /// What it asks for, such as `portcullis:policy/host@1.0.0`.
    pub imports: Vec<String>,
    /// The functions it offers.
    pub functions: Vec<String>,
    /// Whatever else it offers.
    pub others: Vec<String>,
}

impl Surface {
    /// Reads it from the bytes of a component.
    pub fn read(wasm: &[u8]) -> Result<Surface, PluginError> {
        look(wasm, usize::MAX)?;
        read(wasm).map_err(|error| PluginError::Unusable(error.to_string()))
    }
}

fn read(wasm: &[u8]) -> wasmparser::Result<Surface> {
    let mut surface = Surface::default();
    let mut depth = 0;
    for payload in Parser::new(0).parse_all(wasm) {
        match payload? {
            Payload::Version { .. } => depth += 1,
            Payload::End(_) => depth -= 1,
            Payload::ComponentImportSection(imports) if depth == 1 => {
                for import in imports {
                    let import = import?;
                    // Types that the world names by itself give no access to anything.
                    if !matches!(import.ty, ComponentTypeRef::Type(_)) {
                        surface.imports.push(import.name.name.to_owned());
                    }
                }
            }
            Payload::ComponentExportSection(exports) if depth == 1 => {
                for export in exports {
                    let export = export?;
                    let list = match export.kind {
                        ComponentExternalKind::Func => &mut surface.functions,
                        ComponentExternalKind::Type => continue,
                        _ => &mut surface.others,
                    };
                    list.push(export.name.name.to_owned());
                }
            }
            _ => {}
        }
    }
    Ok(surface)
}

/// The bytes of the largest function of a component, wherever in it.
pub(super) fn largest_function(wasm: &[u8]) -> Result<usize, PluginError> {
    let mut largest = 0;
    for payload in Parser::new(0).parse_all(wasm) {
        if let Payload::CodeSectionEntry(body) = payload.map_err(|error| PluginError::Unusable(error.to_string()))? {
            largest = largest.max(body.range().len());
        }
    }
    Ok(largest)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_outside_is_read_and_the_inside_is_not() {
        let text = r#"(component
            (import "wasi:clocks/wall-clock@0.2.0" (instance))
            (import "t" (type (sub resource)))
            (component (import "hidden" (instance)))
            (core module $m (func (export "f")))
            (core instance $i (instantiate $m))
            (func $f (canon lift (core func $i "f")))
            (instance $extra)
            (export "describe" (func $f))
            (export "extra" (instance $extra)))"#;
        let surface = Surface::read(&wat::parse_str(text).unwrap()).unwrap();
        assert_eq!(surface.imports, ["wasi:clocks/wall-clock@0.2.0"]);
        assert_eq!((surface.functions, surface.others), (vec!["describe".to_owned()], vec!["extra".to_owned()]));
        assert_eq!(Surface::read(b"\0asm\x01\0\0\0"), Err(PluginError::CoreModule));
        assert!(matches!(Surface::read(b"\0asm\x0d\0\x01\0\xff\xff"), Err(PluginError::Unusable(_))));
    }
}
