//! The query parameters of the dialect. Names that nobody knows are ignored, as documented clients expect.
//!
//! Called by the handlers. Knows no noun.

use crate::{
    api::{Request, read},
    domain::{
        Failure, moment,
        setup::{Filter, ValidAt, page::Page},
    },
};

/// The parameters of a list of setups.
pub const SETUPS: &[(&str, &str)] = &[NAME, OWNER, METADATA, VALID_AT, SOFT_DELETED, SOFT_DELETE];
/// The parameters of a list of clients or resource servers.
pub const ENTITIES: &[(&str, &str)] = &[NAME, OWNER, SCOPE, METADATA, VALID_AT, SOFT_DELETED, SOFT_DELETE];
/// The parameters of a list of snapshots.
pub const SNAPSHOTS: &[(&str, &str)] = &[
    ("validAt", "at most the one that holds at this instant (RFC 3339 with an offset); `any` or left out: all"),
    SOFT_DELETED,
    SOFT_DELETE,
];
/// The parameters of the list of tokens.
pub const TOKENS: &[(&str, &str)] = &[CLIENT_ENTITY, USER, PAGE, SIZE];
/// The parameters of the list of consents.
pub const CONSENTS: &[(&str, &str)] =
    &[("client-id", "those of the client with this entity id"), CLIENT_ENTITY, USER, PAGE, SIZE];

const NAME: (&str, &str) = ("name", "those of this name");
const OWNER: (&str, &str) = ("owner", "those of this owner");
const SCOPE: (&str, &str) =
    ("scope", "those that have this scope; may be given several times, then those that have all");
const METADATA: (&str, &str) = (
    "metadata.{name}",
    "those with a note of this name and value; may be given several times, then those that have all of them",
);
const VALID_AT: (&str, &str) = (
    "validAt",
    "those that are so at this instant (RFC 3339 with an offset), now when left out; `any`: in any of their states",
);
const SOFT_DELETED: (&str, &str) = ("includeSoftDeletedStates", "`true`: deleted ones, too");
const SOFT_DELETE: (&str, &str) = ("includeSoftDeleteStates", "the same");
const CLIENT_ENTITY: (&str, &str) = ("client-entity-id", "those of the client with this entity id");
const USER: (&str, &str) = (
    "user",
    "those of this user; left out: everybody's for administrators and the client's owner, otherwise one's own",
);
const PAGE: (&str, &str) = ("page", "which page, from 0; 0 when left out");
const SIZE: (&str, &str) = ("size", "how many on a page, 1 to 1000; 20 when left out");

/// How many there are on a page when nothing is said.
const USUAL_SIZE: usize = 20;
/// How many there may be on a page.
const LARGEST_SIZE: usize = 1000;
/// What stands before the name of a note.
const NOTE: &str = "metadata.";

/// The query of a request, as it was sent.
pub struct Query(Vec<(String, String)>);

impl Query {
    /// Reads it.
    pub fn of(request: &Request) -> Result<Query, Failure> {
        Ok(Query(read::sent(request)?))
    }

    /// The value of a parameter that has one value; an empty one counts as absent.
    pub fn one(&self, name: &str) -> Result<Option<&str>, Failure> {
        let mut found = self.all(name);
        match (found.next(), found.next()) {
            (_, Some(_)) => Err(wrong(name, "is given more than once")),
            (found, None) => Ok(found),
        }
    }

    /// Which entities a list is to hold.
    pub fn filter(&self) -> Result<Filter, Failure> {
        let one = |name: &str| Ok::<_, Failure>(self.one(name)?.map(str::to_owned).into_iter().collect());
        let note = |(name, value): &(String, String)| Some((name.strip_prefix(NOTE)?.to_owned(), value.clone()));
        Ok(Filter {
            names: one(NAME.0)?,
            owners: one(OWNER.0)?,
            scopes: self.all(SCOPE.0).map(str::to_owned).collect(),
            metadata: self.0.iter().filter_map(note).collect(),
            valid_at: self.valid_at()?.unwrap_or(ValidAt::Now),
            with_deleted: self.with_deleted()?,
        })
    }

    /// Which snapshots a list is to hold: all unless it says otherwise.
    pub fn states(&self) -> Result<(ValidAt, bool), Failure> {
        Ok((self.valid_at()?.unwrap_or(ValidAt::Any), self.with_deleted()?))
    }

    /// Which page of a list.
    pub fn page(&self) -> Result<Page, Failure> {
        let number = self.number(PAGE.0, 0, usize::MAX, "must be a number, 0 for the first page")?;
        let size = self.number(SIZE.0, 1, LARGEST_SIZE, "must be a number from 1 to 1000")?;
        Ok(Page { number: number.unwrap_or(0), size: size.unwrap_or(USUAL_SIZE) })
    }

    fn all<'a>(&'a self, name: &str) -> impl Iterator<Item = &'a str> {
        let found = self.0.iter().filter(move |(known, value)| known == name && !value.is_empty());
        found.map(|(_, value)| value.as_str())
    }

    fn valid_at(&self) -> Result<Option<ValidAt>, Failure> {
        let Some(text) = self.one(VALID_AT.0)? else { return Ok(None) };
        if text == "any" {
            return Ok(Some(ValidAt::Any));
        }
        // The documented examples send the plus of an offset as it is, which a query means a space by.
        let at = moment::parse(&text.replace(' ', "+"));
        at.map(|at| Some(ValidAt::At(at)))
            .ok_or_else(|| wrong(VALID_AT.0, "must be `any`, or a date and time with an offset"))
    }

    /// Whether either spelling says so: both are documented.
    fn with_deleted(&self) -> Result<bool, Failure> {
        let mut wanted = false;
        for name in [SOFT_DELETED.0, SOFT_DELETE.0] {
            wanted |= match self.one(name)? {
                None | Some("false") => false,
                Some("true") => true,
                Some(_) => return Err(wrong(name, "must be `true` or `false`")),
            };
        }
        Ok(wanted)
    }

    fn number(&self, name: &str, least: usize, most: usize, expected: &str) -> Result<Option<usize>, Failure> {
        let Some(text) = self.one(name)? else { return Ok(None) };
        let number = text.parse().ok().filter(|number| (least..=most).contains(number));
        number.map(Some).ok_or_else(|| wrong(name, expected))
    }
}

fn wrong(name: &str, reason: &str) -> Failure {
    Failure::malformed(format!("query.{name}"), reason)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn query(text: &str) -> Query {
        Query(form_urlencoded::parse(text.as_bytes()).into_owned().collect())
    }

    fn fault(failure: Option<Failure>) -> String {
        match failure {
            Some(Failure::Malformed(problem)) => problem.member,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn a_filter_takes_some_parameters_once_and_others_often() {
        let text = "name=n&owner=o&scope=a&scope=b&metadata.x=1&metadata.x=2&metadata.y=&unknown=1&unknown=2";
        let filter = query(text).filter().unwrap();
        assert_eq!(
            (filter.names, filter.owners, filter.scopes),
            (vec!["n".into()], vec!["o".into()], vec!["a".into(), "b".into()])
        );
        let note = |name: &str, value: &str| (name.to_owned(), value.to_owned());
        assert_eq!(filter.metadata, [note("x", "1"), note("x", "2"), note("y", "")]);
        assert_eq!((filter.valid_at, filter.with_deleted), (ValidAt::Now, false));
        assert_eq!(fault(query("name=a&name=b").filter().err()), "query.name");
        assert_eq!(query("name=").filter().unwrap().names, Vec::<String>::new());
    }

    #[test]
    fn an_instant_may_have_its_plus_sent_as_it_is() {
        let at = |text: &str| query(text).filter().unwrap().valid_at;
        let noon = ValidAt::At(moment::parse("2020-10-14T10:00:00Z").unwrap());
        assert_eq!(at("validAt=2020-10-14T12:00:00+02:00"), noon);
        assert_eq!(at("validAt=2020-10-14T12:00:00%2B02:00"), noon);
        assert_eq!(at("validAt=any"), ValidAt::Any);
        for wrong in ["validAt=2020-10-14", "validAt=now", "validAt=any&validAt=any"] {
            assert_eq!(fault(query(wrong).filter().err()), "query.validAt", "{wrong}");
        }
        assert_eq!(query("").states().unwrap(), (ValidAt::Any, false));
        assert_eq!(query("validAt=2020-10-14T10:00:00Z").states().unwrap(), (noon, false));
    }

    #[test]
    fn both_spellings_ask_for_deleted_ones() {
        let deleted = |text: &str| query(text).states().unwrap().1;
        assert!(deleted("includeSoftDeletedStates=true") && deleted("includeSoftDeleteStates=true"));
        assert!(!deleted("includeSoftDeletedStates=false&includeSoftDeleteStates=false"));
        assert_eq!(fault(query("includeSoftDeleteStates=yes").states().err()), "query.includeSoftDeleteStates");
    }

    #[test]
    fn pages_count_from_nought_and_have_twenty() {
        let page = |text: &str| query(text).page().map(|page| (page.number, page.size));
        assert_eq!((page("").unwrap(), page("page=2&size=1000").unwrap()), ((0, 20), (2, 1000)));
        for (wrong, member) in
            [("page=-1", "query.page"), ("page=x", "query.page"), ("size=0", "query.size"), ("size=1001", "query.size")]
        {
            assert_eq!(fault(page(wrong).err()), member, "{wrong}");
        }
    }
}
