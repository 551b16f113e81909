//! The attributes of `portcullis-sdk`, for authors of components. They run in the compiler; nothing of them is in a component.
//!
//! * `#[conf]` on a struct or enum: reads it from JSON and describes that JSON. See `conf`.
//! * `#[component]` on the `impl` of a world's trait: fills in what is left out, and exports it. See `component`.

mod attributes;
mod component;
mod conf;
mod words;

use proc_macro::TokenStream;
use syn::{DeriveInput, ItemImpl, parse_macro_input};

/// Makes a struct with named members, or an enum of plain words, something that a policy writes into `conf`.
///
/// It is read from JSON, members it does not have are refused, and its JSON Schema (`schema_of!`) follows from it: doc comments
/// become descriptions, `Option` and `#[conf(default)]` need not be there. `#[conf(min = 1, max = 9)]` bounds a number, the
/// length of a text, or how many entries a list or map has; `#[conf(each(…))]` bounds these entries;
/// `#[conf(pattern = "…")]` is for texts. Of serde's own attributes `rename`, `rename_all` and `default` are understood.
#[proc_macro_attribute]
pub fn conf(_: TokenStream, item: TokenStream) -> TokenStream {
    let item = parse_macro_input!(item as DeriveInput);
    conf::expanded(item).unwrap_or_else(syn::Error::into_compile_error).into()
}

/// Makes the `impl` of `Validator`, `ClaimMapper` or `ConsentChecker` a component.
///
/// What is left out is filled in: `NAME` is the package's name, `Conf` the type itself, which is then kept as it is read;
/// `HELP` and `SCHEMA` are the doc comment and the schema of `Conf`, made with `#[conf]`.
#[proc_macro_attribute]
pub fn component(_: TokenStream, item: TokenStream) -> TokenStream {
    let item = parse_macro_input!(item as ItemImpl);
    component::expanded(item).unwrap_or_else(syn::Error::into_compile_error).into()
}
