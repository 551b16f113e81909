//! Pages of lists as Spring Data's web support has them: `page`, `size` and `sort` in, an envelope with the page's place out.
//!
//! Called by handlers of lists that are documented so. Follows PageableHandlerMethodArgumentResolverSupport and
//! SortHandlerMethodArgumentResolverSupport to the letter: a page or a size that makes no sense is the usual one, never an error.
//! Must not know any list.

use schemars::JsonSchema;
use serde::Serialize;

use super::sent;
use crate::{api::Request, domain::Failure};

/// How many there are in a page when nothing is said.
const USUAL: usize = 20;
/// The most there are in a page.
const MOST: usize = 2000;

/// The query parameters of such a list, for OpenAPI.
pub const PARAMETERS: &[(&str, &str)] = &[
    ("page", "The page, counted from 0. What is no such number is 0."),
    ("size", "How many a page has, at most 2000. What is no number from 1 on is 20."),
    (
        "sort",
        "`property[,property…][,asc|desc][,ignorecase]`, for each order once. Descending by createdAt when left out.",
    ),
];

/// A page that somebody asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pageable<P> {
    /// Counted from 0.
    pub page: usize,
    /// The most there are in it.
    pub size: usize,
    /// What is looked at first, then, …
    pub sort: Vec<Sort<P>>,
}

/// A property to sort by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sort<P> {
    /// What it is called on the wire.
    pub name: &'static str,
    /// The property.
    pub property: P,
    /// Whether the greatest comes first.
    pub descending: bool,
    /// Whether texts that differ in case only are the same.
    pub ignore_case: bool,
}

/// The page that a request asks for. `known` are the properties that may be sorted by, under their names; the list is sorted by
/// `usual` when the request names none.
pub fn pageable<P: Copy>(
    request: &Request,
    known: &[(&'static str, P)],
    usual: Sort<P>,
) -> Result<Pageable<P>, Failure> {
    read(&sent(request)?, known, usual)
}

fn read<P: Copy>(
    pairs: &[(String, String)],
    known: &[(&'static str, P)],
    usual: Sort<P>,
) -> Result<Pageable<P>, Failure> {
    let first = |name: &str| pairs.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str());
    let mut sort = Vec::new();
    for (_, value) in pairs.iter().filter(|(name, _)| name == "sort") {
        orders(value, known, &mut sort)?;
    }
    if sort.is_empty() {
        sort.push(usual);
    }
    let size = match first("size").map_or(USUAL, number) {
        0 => USUAL,
        size => size.min(MOST),
    };
    Ok(Pageable { page: first("page").map_or(0, number), size, sort })
}

/// A whole number of 32 bits; what is none, or is negative, is 0.
fn number(text: &str) -> usize {
    text.parse::<i32>().ok().and_then(|number| usize::try_from(number).ok()).unwrap_or(0)
}

/// The orders of one `sort`.
fn orders<P: Copy>(text: &str, known: &[(&'static str, P)], sort: &mut Vec<Sort<P>>) -> Result<(), Failure> {
    let says = |part: &&str| !part.replace('.', "").trim().is_empty();
    let mut parts: Vec<&str> = text.split(',').filter(says).collect();
    let ignore_case = parts.pop_if(|last| last.eq_ignore_ascii_case("ignorecase")).is_some();
    let direction = |last: &mut &str| last.eq_ignore_ascii_case("asc") || last.eq_ignore_ascii_case("desc");
    let descending = parts.pop_if(direction).is_some_and(|direction| direction.eq_ignore_ascii_case("desc"));
    for part in parts {
        let Some((name, property)) = known.iter().find(|(name, _)| *name == part) else {
            let names: Vec<&str> = known.iter().map(|(name, _)| *name).collect();
            return Err(Failure::malformed("query.sort", format!("is not by one of {}", names.join(", "))));
        };
        sort.push(Sort { name, property: *property, descending, ignore_case });
    }
    Ok(())
}

impl<P> Pageable<P> {
    /// How many come before the page.
    pub fn offset(&self) -> usize {
        self.page.saturating_mul(self.size)
    }
}

/// A page with its place in the list.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(rename = "Page{T}")]
pub struct PageBody<T> {
    /// How many there are in the whole list.
    pub total_elements: u64,
    /// How many pages of this size the list has.
    pub total_pages: u64,
    /// Whether no page comes before it.
    pub first: bool,
    /// Whether no page comes after it.
    pub last: bool,
    /// The most there are in it.
    pub size: usize,
    /// What is in it.
    pub content: Vec<T>,
    /// Its number, counted from 0.
    pub number: usize,
    /// How the list is sorted.
    pub sort: Vec<SortObject>,
    /// How many there are in it.
    pub number_of_elements: usize,
    /// What was asked for.
    pub pageable: PageableObject,
    /// Whether there is nothing in it.
    pub empty: bool,
}

/// What was asked for.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct PageableObject {
    /// How many come before the page.
    pub offset: u64,
    /// How the list is sorted.
    pub sort: Vec<SortObject>,
    /// The most there are in it.
    pub page_size: usize,
    /// False: a list has pages.
    pub unpaged: bool,
    /// Its number, counted from 0.
    pub page_number: usize,
    /// True: a list has pages.
    pub paged: bool,
}

/// A property that the list is sorted by.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct SortObject {
    /// `ASC` or `DESC`.
    pub direction: &'static str,
    /// `NATIVE`: what has no value comes where it always does.
    pub null_handling: &'static str,
    /// Whether the least comes first.
    pub ascending: bool,
    /// The property.
    pub property: &'static str,
    /// Whether texts that differ in case only are the same.
    pub ignore_case: bool,
}

impl<T> PageBody<T> {
    /// The page that was asked for, of a list of `total`.
    pub fn new<P>(asked: &Pageable<P>, content: Vec<T>, total: usize) -> PageBody<T> {
        let sort = || asked.sort.iter().map(SortObject::new).collect();
        let pages = total.div_ceil(asked.size.max(1));
        PageBody {
            total_elements: wide(total),
            total_pages: wide(pages),
            first: asked.page == 0,
            last: asked.page.saturating_add(1) >= pages,
            size: asked.size,
            number: asked.page,
            sort: sort(),
            number_of_elements: content.len(),
            empty: content.is_empty(),
            content,
            pageable: PageableObject {
                offset: wide(asked.offset()),
                sort: sort(),
                page_size: asked.size,
                unpaged: false,
                page_number: asked.page,
                paged: true,
            },
        }
    }
}

impl SortObject {
    fn new<P>(sort: &Sort<P>) -> SortObject {
        SortObject {
            direction: if sort.descending { "DESC" } else { "ASC" },
            null_handling: "NATIVE",
            ascending: !sort.descending,
            property: sort.name,
            ignore_case: sort.ignore_case,
        }
    }
}

fn wide(number: usize) -> u64 {
    u64::try_from(number).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests;
