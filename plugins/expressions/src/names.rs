//! The functions that an expression may call, so that a name that nobody knows is found when the policy is saved.
//!
//! The crate does not tell what it has. A test asks it for every one of these.

/// A function that stands for itself, such as `size(x)`, with the least and the most arguments it takes.
pub(crate) const GLOBAL: &[(&str, usize, usize)] = &[
    ("bool", 1, 1),
    ("bytes", 1, 1),
    ("double", 1, 1),
    ("dyn", 1, 1),
    ("int", 1, 1),
    ("lists.range", 1, 1),
    ("matches", 2, 2),
    ("math.abs", 1, 1),
    ("math.bitAnd", 2, 2),
    ("math.bitNot", 1, 1),
    ("math.bitOr", 2, 2),
    ("math.bitShiftLeft", 2, 2),
    ("math.bitShiftRight", 2, 2),
    ("math.bitXor", 2, 2),
    ("math.ceil", 1, 1),
    ("math.floor", 1, 1),
    ("math.greatest", 1, 64),
    ("math.isFinite", 1, 1),
    ("math.isInf", 1, 1),
    ("math.isNaN", 1, 1),
    ("math.least", 1, 64),
    ("math.round", 1, 1),
    ("math.sign", 1, 1),
    ("math.sqrt", 1, 1),
    ("math.trunc", 1, 1),
    ("optional.none", 0, 0),
    ("optional.of", 1, 1),
    ("optional.ofNonZeroValue", 1, 1),
    ("size", 1, 1),
    ("string", 1, 1),
    ("strings.quote", 1, 1),
    ("type", 1, 1),
    ("uint", 1, 1),
];

/// A function of a value, such as `x.startsWith(y)`, with the least and the most arguments after the dot.
pub(crate) const MEMBER: &[(&str, usize, usize)] = &[
    ("charAt", 1, 1),
    ("contains", 1, 1),
    ("distinct", 0, 0),
    ("endsWith", 1, 1),
    ("flatten", 0, 1),
    ("format", 1, 1),
    ("hasValue", 0, 0),
    ("indexOf", 1, 2),
    ("join", 0, 1),
    ("lastIndexOf", 1, 2),
    ("lowerAscii", 0, 0),
    ("matches", 1, 1),
    ("or", 1, 1),
    ("orValue", 1, 1),
    ("replace", 2, 3),
    ("reverse", 0, 0),
    ("size", 0, 0),
    ("slice", 2, 2),
    ("sort", 0, 0),
    ("split", 1, 2),
    ("startsWith", 1, 1),
    ("substring", 1, 2),
    ("trim", 0, 0),
    ("upperAscii", 0, 0),
    ("value", 0, 0),
];

/// Functions that the crate knows by another name: its larger parser makes the one of the other.
pub(crate) const EXTREMES: [(&str, &str); 2] = [("math.greatest", "math.@max"), ("math.least", "math.@min")];

/// The names of types, which `type(x)` can be compared with.
pub(crate) const TYPES: &[&str] =
    &["bool", "bytes", "double", "int", "list", "map", "null_type", "optional_type", "string", "type", "uint"];

/// What is wrong with such a call, if anything.
pub(crate) fn objection(table: &[(&str, usize, usize)], name: &str, arguments: usize) -> Option<String> {
    match table.iter().find(|(known, _, _)| *known == name) {
        None => Some(format!("there is no function `{name}`")),
        Some((_, least, most)) if (*least..=*most).contains(&arguments) => None,
        Some((_, least, most)) if least == most => {
            Some(format!("`{name}` takes {least} arguments, here are {arguments}"))
        }
        Some((_, least, most)) => Some(format!("`{name}` takes {least} to {most} arguments, here are {arguments}")),
    }
}
