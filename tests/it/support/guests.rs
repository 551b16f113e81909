//! The hostile guests of tests/hostile, as components, and versions of plugins made in the same way.

/// The component of a file that goes into the frame.
pub fn component(name: &str) -> Vec<u8> {
    framed(&file(name))
}

/// The same under a name and a version of its own, each of five characters: the frame has no room for more.
pub fn plugin(name: &str, version: &str, behaviour: &str) -> Vec<u8> {
    assert_eq!((name.len(), version.len()), (5, 5));
    let functions = if behaviour.is_empty() { String::new() } else { file(behaviour) };
    let frame = file("frame").replace("guest1.0.0", &format!("{name}{version}"));
    wat::parse_str(frame.replace(";; GUEST\n", &with_defaults(&functions))).unwrap()
}

/// A plugin that is a consent checker and allows.
pub fn plugin_checker(name: &str, version: &str) -> Vec<u8> {
    let frame = file("frame").replace("guest1.0.0", &format!("{name}{version}"));
    let frame = frame.replace(r#"(func (export "validate")"#, r#"(func (export "check")"#);
    wat::parse_str(frame.replace(";; GUEST\n", &with_defaults(""))).unwrap()
}

/// The component of a file that is whole.
pub fn whole(name: &str) -> Vec<u8> {
    wat::parse_str(file(name)).unwrap()
}

/// A claim mapper of a file that goes into its frame.
pub fn mapper(name: &str) -> Vec<u8> {
    wat::parse_str(file("mapper").replace(";; GUEST\n", &file(name))).unwrap()
}

/// The component of a file as a consent checker: the same functions under the other world's name.
pub fn checker(name: &str) -> Vec<u8> {
    let frame = file("frame").replace(r#"(func (export "validate")"#, r#"(func (export "check")"#);
    wat::parse_str(frame.replace(";; GUEST\n", &with_defaults(&file(name)))).unwrap()
}

/// The frame with the functions of `guest`, and the defaults for those it does not have.
fn framed(guest: &str) -> Vec<u8> {
    wat::parse_str(file("frame").replace(";; GUEST\n", &with_defaults(guest))).unwrap()
}

fn with_defaults(guest: &str) -> String {
    let mut functions = guest.to_owned();
    for default in file("defaults").split("\n;;\n") {
        let name = default.split_once("(func ").unwrap().1.split_once(' ').unwrap().0;
        if !guest.contains(&format!("(func {name} ")) {
            functions.push('\n');
            functions.push_str(default);
        }
    }
    functions
}

/// Bytes that look like a component and are none.
pub fn damaged() -> Vec<u8> {
    [b"\0asm\x0d\0\x01\0".as_slice(), &[0xee; 64]].concat()
}

fn file(name: &str) -> String {
    let path = format!("{}/hostile/{name}.wat", env!("CARGO_MANIFEST_DIR"));
    std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{path}: {error}"))
}
