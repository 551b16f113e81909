//! How large a conf and its parts may be.

/// The most fields of a conf.
pub const MAX_FIELDS: usize = 64;
/// The longest path, in bytes.
pub const MAX_PATH_LENGTH: usize = 512;
/// The most names in a path.
pub const MAX_PATH_DEPTH: usize = 32;
/// The most elements of a value that is a list.
pub const MAX_LIST: usize = 256;
/// The longest text of a value, in bytes.
pub const MAX_TEXT: usize = 4096;
/// The largest compiled expression of `matches`, in bytes.
pub const MAX_EXPRESSION: usize = 64 * 1024;
