//! The attributes that `#[conf]` understands: its own, and those of serde that change the JSON. Others are errors, since a
//! schema that says something else than the reader would be worse than none.

use quote::ToTokens;
use syn::{Attribute, Expr, ExprLit, Lit, LitStr, Meta, Result, meta::ParseNestedMeta};

use crate::words::Words;

/// What is said of the whole.
#[derive(Default)]
pub(crate) struct Container {
    pub(crate) words: Words,
    /// Every member may be left out.
    pub(crate) default: bool,
}

/// What is said of a member or a variant.
#[derive(Default)]
pub(crate) struct Member {
    pub(crate) name: Option<String>,
    pub(crate) default: bool,
    pub(crate) bounds: Bounds,
}

/// What a value is held against.
#[derive(Default)]
pub(crate) struct Bounds {
    pub(crate) min: Option<String>,
    pub(crate) max: Option<String>,
    pub(crate) pattern: Option<String>,
    pub(crate) each: Option<Box<Bounds>>,
}

pub(crate) fn container(attributes: &[Attribute]) -> Result<Container> {
    let mut container = Container::default();
    for attribute in attributes.iter().filter(|attribute| attribute.path().is_ident("serde")) {
        attribute.parse_nested_meta(|meta| {
            if meta.path.is_ident("rename_all") {
                let word: LitStr = meta.value()?.parse()?;
                container.words = Words::named(&word.value()).ok_or_else(|| unknown(&meta))?;
            } else if meta.path.is_ident("default") {
                container.default = true;
                skip_value(&meta)?;
            } else {
                return Err(unknown(&meta));
            }
            Ok(())
        })?;
    }
    Ok(container)
}

pub(crate) fn member(attributes: &[Attribute]) -> Result<Member> {
    let mut member = Member::default();
    for attribute in attributes {
        if attribute.path().is_ident("serde") {
            attribute.parse_nested_meta(|meta| of_serde(&mut member, &meta))?;
        } else if attribute.path().is_ident("conf") {
            attribute.parse_nested_meta(|meta| match meta.path.is_ident("default") {
                true => {
                    member.default = true;
                    Ok(())
                }
                false => bound(&mut member.bounds, &meta),
            })?;
        }
    }
    Ok(member)
}

fn of_serde(member: &mut Member, meta: &ParseNestedMeta<'_>) -> Result<()> {
    if meta.path.is_ident("rename") {
        member.name = Some(meta.value()?.parse::<LitStr>()?.value());
    } else if meta.path.is_ident("default") {
        member.default = true;
        skip_value(meta)?;
    } else {
        return Err(unknown(meta));
    }
    Ok(())
}

fn bound(bounds: &mut Bounds, meta: &ParseNestedMeta<'_>) -> Result<()> {
    if meta.path.is_ident("min") {
        bounds.min = Some(number(meta)?);
    } else if meta.path.is_ident("max") {
        bounds.max = Some(number(meta)?);
    } else if meta.path.is_ident("pattern") {
        bounds.pattern = Some(meta.value()?.parse::<LitStr>()?.value());
    } else if meta.path.is_ident("each") {
        let mut each = Bounds::default();
        meta.parse_nested_meta(|meta| bound(&mut each, &meta))?;
        bounds.each = Some(Box::new(each));
    } else {
        return Err(meta.error("one of min, max, pattern, each(…) and default is meant here"));
    }
    Ok(())
}

/// A number as JSON writes it.
fn number(meta: &ParseNestedMeta<'_>) -> Result<String> {
    let value: Expr = meta.value()?.parse()?;
    let text = value.to_token_stream().to_string().replace([' ', '_'], "");
    let digits = text.strip_prefix('-').unwrap_or(&text);
    let is_number = digits.starts_with(|sign: char| sign.is_ascii_digit()) && digits.parse::<f64>().is_ok();
    if is_number { Ok(text) } else { Err(meta.error("a number is meant here")) }
}

fn skip_value(meta: &ParseNestedMeta<'_>) -> Result<()> {
    if meta.input.peek(syn::Token![=]) {
        meta.value()?.parse::<Expr>()?;
    }
    Ok(())
}

fn unknown(meta: &ParseNestedMeta<'_>) -> syn::Error {
    meta.error("a conf does not understand this; write its SCHEMA by hand, with serde's own derive")
}

/// One line of a doc comment.
pub(crate) fn doc(attribute: &Attribute) -> Option<String> {
    match &attribute.meta {
        Meta::NameValue(meta) if meta.path.is_ident("doc") => match &meta.value {
            Expr::Lit(ExprLit { lit: Lit::Str(line), .. }) => Some(line.value()),
            _ => None,
        },
        _ => None,
    }
}
