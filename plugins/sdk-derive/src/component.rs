//! `#[component]`: fills in what an `impl` of a world's trait leaves out, and exports it.

use proc_macro2::TokenStream;
use quote::{format_ident, quote};
use syn::{Error, ImplItem, ItemImpl, Result, Type, parse_quote};

/// The worlds' traits and what exports them.
const WORLDS: [(&str, &str); 3] = [
    ("Validator", "export_validator"),
    ("ClaimMapper", "export_claim_mapper"),
    ("ConsentChecker", "export_consent_checker"),
];

pub(crate) fn expanded(mut item: ItemImpl) -> Result<TokenStream> {
    let export = format_ident!("{}", export(&item)?);
    let this = (*item.self_ty).clone();
    let conf = conf(&item);
    let is_its_own_conf = conf.is_none();
    let of = conf.unwrap_or_else(|| this.clone());
    if is_its_own_conf {
        item.items.push(parse_quote!(type Conf = #this;));
    }
    fill(
        &mut item,
        "NAME",
        parse_quote!(
            const NAME: &'static str = env!("CARGO_PKG_NAME");
        ),
    );
    fill(&mut item, "HELP", parse_quote!(const HELP: &'static str = <#of as ::portcullis_sdk::Schema>::HELP;));
    fill(
        &mut item,
        "SCHEMA",
        parse_quote!(
            const SCHEMA: &'static str = ::portcullis_sdk::schema_of!(#of);
        ),
    );
    if is_its_own_conf {
        let kept = parse_quote! {
            fn configure(conf: #this) -> ::core::result::Result<#this, ::portcullis_sdk::Problem> {
                ::core::result::Result::Ok(conf)
            }
        };
        fill(&mut item, "configure", kept);
    }
    Ok(quote! {
        #item
        ::portcullis_sdk::#export!(#this);
    })
}

/// The macro that exports this world.
fn export(item: &ItemImpl) -> Result<&'static str> {
    let name = item.trait_.as_ref().and_then(|(path, _)| path.segments.last()).map(|last| last.ident.to_string());
    let world = WORLDS.iter().find(|(world, _)| name.as_deref() == Some(*world)).map(|(_, export)| *export);
    let sentence = "a component is an impl of Validator, ClaimMapper or ConsentChecker";
    world.ok_or_else(|| Error::new_spanned(&item.self_ty, sentence))
}

/// The type of the conf, when the impl says it.
fn conf(item: &ItemImpl) -> Option<Type> {
    item.items.iter().find_map(|item| match item {
        ImplItem::Type(conf) if conf.ident == "Conf" => Some(conf.ty.clone()),
        _ => None,
    })
}

fn fill(item: &mut ItemImpl, name: &str, filled: ImplItem) {
    if !has(item, name) {
        item.items.push(filled);
    }
}

fn has(item: &ItemImpl, name: &str) -> bool {
    item.items.iter().any(|item| match item {
        ImplItem::Const(item) => item.ident == name,
        ImplItem::Fn(item) => item.sig.ident == name,
        _ => false,
    })
}
