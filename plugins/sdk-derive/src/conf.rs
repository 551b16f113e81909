//! `#[conf]`: reading a struct or enum from JSON is serde's work; describing that JSON is done here.

use proc_macro2::TokenStream;
use quote::quote;
use syn::{Attribute, Data, DataEnum, DataStruct, DeriveInput, Error, Field, Fields, Result, parse_quote};

use crate::attributes::{self, Bounds, Container, Member};

pub(crate) fn expanded(mut item: DeriveInput) -> Result<TokenStream> {
    let container = attributes::container(&item.attrs)?;
    let shape = match &mut item.data {
        Data::Struct(data) => members(data, &container)?,
        Data::Enum(data) => words(data, &container)?,
        Data::Union(_) => return Err(Error::new_spanned(&item.ident, "a conf is a struct or an enum")),
    };
    if matches!(item.data, Data::Struct(_)) {
        item.attrs.push(parse_quote!(#[serde(deny_unknown_fields)]));
    }
    let (name, help) = (&item.ident, text(&item.attrs));
    Ok(quote! {
        #[derive(::portcullis_sdk::serde::Deserialize)]
        #[serde(crate = "::portcullis_sdk::serde")]
        #item

        impl ::portcullis_sdk::Schema for #name {
            const SHAPE: ::portcullis_sdk::schema::Shape = #shape;
            const HELP: &'static str = #help;
        }
    })
}

/// The shape of a struct. Our own attributes are taken away, so that the compiler does not meet them.
fn members(data: &mut DataStruct, container: &Container) -> Result<TokenStream> {
    let Fields::Named(fields) = &mut data.fields else {
        return match &data.fields {
            Fields::Unit => Err(Error::new_spanned(&data.fields, "write a conf without members as `struct Name {}`")),
            other => Err(Error::new_spanned(other, "the members of a conf have names")),
        };
    };
    let members: Vec<_> = fields.named.iter_mut().map(|field| member(field, container)).collect::<Result<_>>()?;
    Ok(quote!(::portcullis_sdk::schema::Shape::object(&[#(#members),*])))
}

fn member(field: &mut Field, container: &Container) -> Result<TokenStream> {
    let Member { name, default, bounds } = attributes::member(&field.attrs)?;
    let own = field.ident.as_ref().map(ToString::to_string).unwrap_or_default();
    let own = own.strip_prefix("r#").unwrap_or(&own).to_owned();
    let name = json(&name.unwrap_or_else(|| container.words.of_snake(&own)));
    let description = json(&text(&field.attrs));
    let default = default || container.default;
    let already = field.attrs.iter().any(|attribute| attribute.path().is_ident("serde"));
    field.attrs.retain(|attribute| !attribute.path().is_ident("conf"));
    if default && !already {
        field.attrs.push(parse_quote!(#[serde(default)]));
    }
    let (ty, bounds) = (&field.ty, constant(&bounds));
    Ok(quote! {
        ::portcullis_sdk::schema::Member {
            name: #name,
            description: #description,
            default: #default,
            shape: <#ty as ::portcullis_sdk::Schema>::SHAPE,
            bounds: #bounds,
        }
    })
}

/// The shape of an enum: one of some words.
fn words(data: &mut DataEnum, container: &Container) -> Result<TokenStream> {
    let mut words = Vec::new();
    for variant in &mut data.variants {
        if !matches!(variant.fields, Fields::Unit) {
            return Err(Error::new_spanned(variant, "the variants of a conf are plain words"));
        }
        let given = attributes::member(&variant.attrs)?.name;
        words.push(json(&given.unwrap_or_else(|| container.words.of_camel(&variant.ident.to_string()))));
    }
    let words = format!(r#""enum":[{}]"#, words.join(","));
    Ok(quote!(::portcullis_sdk::schema::Shape::of(#words)))
}

fn constant(bounds: &Bounds) -> TokenStream {
    let word = |word: &Option<String>| match word {
        Some(word) => quote!(::core::option::Option::Some(#word)),
        None => quote!(::core::option::Option::None),
    };
    let (min, max) = (word(&bounds.min), word(&bounds.max));
    let pattern = word(&bounds.pattern.as_deref().map(json));
    let each = match &bounds.each {
        Some(each) => {
            let each = constant(each);
            quote!(::core::option::Option::Some(&#each))
        }
        None => quote!(::core::option::Option::None),
    };
    quote!(::portcullis_sdk::schema::Bounds { min: #min, max: #max, pattern: #pattern, each: #each })
}

/// The doc comment as one text.
fn text(attributes: &[Attribute]) -> String {
    let lines = attributes.iter().filter_map(attributes::doc);
    lines.map(|line| line.trim().to_owned()).filter(|line| !line.is_empty()).collect::<Vec<_>>().join(" ")
}

/// A JSON string.
fn json(text: &str) -> String {
    let mut json = String::from('"');
    for sign in text.chars() {
        match sign {
            '"' | '\\' => json.extend(['\\', sign]),
            sign if sign.is_control() => json.push_str(&format!("\\u{:04x}", u32::from(sign))),
            sign => json.push(sign),
        }
    }
    json.push('"');
    json
}
