//! The claims of a server as work for the claim mappers `path` and `cel-claims`, and their answers as members of a token.
//!
//! Made by `known` once per change, used by `claims` for every token. The mappers see every place in the authentication
//! context and every expression over it once, under a number: which claims want its value, and where it stands in the token, is
//! decided here. So servers with the same mappings share one snapshot, and no mapper can put anything where it does not belong.

use std::{collections::BTreeMap, ops::Range};

use serde_json::{Map, Value, json};

use crate::{
    decision::{self, Code, Mapped, Rule, RuleSet, Unmapped},
    domain::claim::{
        self, Claim, ClaimToken,
        expression::{self, MAPPER as EVALUATOR},
    },
};

/// The component that maps paths.
const MAPPER: &str = "path";
/// Where the authentication context is in the input document.
const CONTEXT: &str = "authn_ctx";
/// How many places one configuration of the mapper may have.
const PLACES: usize = 256;

/// How the claims of a server are made.
pub(super) struct Mapping {
    /// Shorter names first, so that what is nested finds its place.
    claims: Vec<Placed>,
    /// Whether any of them goes into access tokens: usually none does, and those are made most often.
    have_access: bool,
    /// The mappers with their places.
    pub(super) mapper: RuleSet,
    /// Which places each of their configurations answers.
    answered: Vec<Range<usize>>,
}

/// A claim and where its value comes from.
pub(super) struct Placed {
    name: Vec<String>,
    token: ClaimToken,
    scopes: Vec<String>,
    place: usize,
}

/// Where a value comes from. Those of one mapper are next to each other.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Source {
    /// A path in the input document.
    Path(String),
    /// An expression over it.
    Expression(String),
}

/// What the mappers say about a place.
type Told = Result<Option<String>, Fault>;

/// Why there are no claims, for the log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Fault {
    /// In words.
    pub(super) why: String,
    /// Whether trying again may help.
    pub(super) passing: bool,
}

impl Fault {
    fn new(why: impl Into<String>) -> Fault {
        Fault { why: why.into(), passing: false }
    }
}

impl Mapping {
    /// Takes the claims of a server. One of an earlier version that cannot be made is left out, with a line in the log.
    pub(super) fn new(claims: impl Iterator<Item = (String, Claim)>) -> Mapping {
        let sound: Vec<Claim> = claims.filter(|(id, claim)| is_sound(id, claim)).map(|(_, claim)| claim).collect();
        let mut places: BTreeMap<Source, usize> = sound.iter().map(|claim| (origin(&claim.mapping), 0)).collect();
        for (number, place) in places.values_mut().enumerate() {
            *place = number;
        }
        let mut claims: Vec<Placed> = sound.into_iter().map(|claim| placed(claim, &places)).collect();
        claims.sort_by(|one, other| (one.name.len(), &one.name).cmp(&(other.name.len(), &other.name)));
        let (rules, answered) = rules(places.keys()).into_iter().unzip();
        let have_access = claims.iter().any(|claim| claim.token == ClaimToken::AccessToken);
        Mapping { claims, have_access, mapper: RuleSet::new(rules), answered }
    }

    /// The claims that go into such a token: those of its scopes, and those of no scope.
    pub(super) fn wanted(&self, token: ClaimToken, scopes: &[String]) -> Vec<&Placed> {
        if token == ClaimToken::AccessToken && !self.have_access {
            return Vec::new();
        }
        let is_wanted = |claim: &&Placed| claim.token == token && claim.is_of(scopes);
        self.claims.iter().filter(is_wanted).collect()
    }

    /// The scopes that bring what is asked for by name and none of `scopes` brings: for each claim the first of its own that
    /// the client may have. A claim of other scopes cannot be had.
    pub(super) fn scopes_of(&self, named: &[&str], scopes: &[String], may_have: &[String]) -> Vec<String> {
        let mut more: Vec<String> = Vec::new();
        for claim in self.claims.iter().filter(|claim| claim.token == ClaimToken::IdToken) {
            let is_named = claim.names().any(|name| named.contains(&name.as_str()));
            if is_named && !claim.is_of(scopes) && !claim.is_of(&more) {
                more.extend(claim.scopes.iter().find(|scope| may_have.contains(scope)).cloned());
            }
        }
        more
    }

    /// The members that the mappers' answers make of the claims that are wanted. An expression that fails matters only to
    /// those who want its value.
    pub(super) fn members(&self, wanted: &[&Placed], answers: Vec<Mapped>) -> Result<Map<String, Value>, Fault> {
        let values = self.values(answers)?;
        let mut members = Map::new();
        for claim in wanted {
            let told = values.get(claim.place).ok_or_else(|| Fault::new("a claim has no place"))?;
            if let Some(text) = told.as_ref().map_err(Fault::clone)? {
                let value = serde_json::from_str(text).map_err(|error| Fault::new(error.to_string()))?;
                put(&mut members, &claim.name, value)?;
            }
        }
        Ok(members)
    }

    /// The JSON text of each place that has a value.
    fn values(&self, answers: Vec<Mapped>) -> Result<Vec<Told>, Fault> {
        let mut values: Vec<Told> = vec![Ok(None); self.answered.last().map_or(0, |last| last.end)];
        for (places, answer) in self.answered.iter().zip(answers) {
            let mine = values.get_mut(places.clone()).unwrap_or_default();
            match answer {
                Ok(claims) => fill(mine, places.start, claims)?,
                Err(unmapped) => mine.fill(Err(fault(unmapped))),
            }
        }
        Ok(values)
    }
}

/// Puts the claims of one configuration where they belong, which is nowhere else than among its own places.
fn fill(mine: &mut [Told], first: usize, claims: Vec<decision::Claim>) -> Result<(), Fault> {
    for claim in claims {
        let number = claim.name.parse::<usize>().ok().and_then(|number| number.checked_sub(first));
        match number.and_then(|number| mine.get_mut(number)) {
            Some(place @ Ok(None)) => *place = Ok(Some(claim.value)),
            Some(_) => return Err(Fault::new("a claim mapper answered a claim twice")),
            None => return Err(Fault::new("a claim mapper answered a claim that nobody asked for")),
        }
    }
    Ok(())
}

impl Placed {
    /// Whether these scopes let it be told: it needs one of its own, unless it has none.
    fn is_of(&self, scopes: &[String]) -> bool {
        self.scopes.is_empty() || self.scopes.iter().any(|scope| scopes.contains(scope))
    }

    /// The names by which it can be asked for: the member of the token that it is in, and its own.
    fn names(&self) -> impl Iterator<Item = String> {
        self.name.first().cloned().into_iter().chain([self.name.join(".")])
    }
}

fn is_sound(id: &str, claim: &Claim) -> bool {
    let Err(why) = claim::makeable(claim) else { return true };
    tracing::warn!(claim = id, name = claim.name, why, "this claim is left out of tokens");
    false
}

/// Where a mapping's value comes from; `.` is the whole context.
fn origin(mapping: &str) -> Source {
    match expression::source(mapping) {
        Some(source) => Source::Expression(source.to_owned()),
        None if mapping == claim::WHOLE => Source::Path(CONTEXT.to_owned()),
        None => Source::Path(format!("{CONTEXT}.{mapping}")),
    }
}

fn placed(claim: Claim, places: &BTreeMap<Source, usize>) -> Placed {
    let Claim { server: _, name, mapping, token, scopes } = claim;
    let place = places.get(&origin(&mapping)).copied().unwrap_or_default();
    Placed { name: claim::parts(&name), token, scopes, place }
}

/// The mappers' configurations, each with the places it answers: many paths in one, an expression alone, as it may fail alone.
fn rules<'s>(sources: impl Iterator<Item = &'s Source>) -> Vec<(Rule, Range<usize>)> {
    let (mut paths, mut rules) = (Vec::new(), Vec::new());
    for (place, source) in sources.enumerate() {
        match source {
            Source::Path(path) => paths.push((place, json!({ "name": place.to_string(), "path": path }))),
            Source::Expression(source) => {
                rules.push((rule(EVALUATOR, expression::conf(&place.to_string(), source)), place..place + 1));
            }
        }
    }
    let of_paths = paths.chunks(PLACES).filter_map(|chunk| {
        let claims: Vec<&Value> = chunk.iter().map(|(_, claim)| claim).collect();
        let (first, _) = chunk.first()?;
        Some((rule(MAPPER, json!({ "claims": claims }).to_string()), *first..first + chunk.len()))
    });
    of_paths.chain(rules).collect()
}

fn rule(component: &str, conf: String) -> Rule {
    Rule::plain(component, conf)
}

fn fault(unmapped: Unmapped) -> Fault {
    match unmapped {
        Unmapped::Refused(why) => Fault::new(format!("the claim mapper refuses: {why}")),
        Unmapped::Fault(code) => Fault { why: code.message().to_owned(), passing: code == Code::Overloaded },
    }
}

/// Puts a value under its name, inside the objects that the parts before the last one name.
fn put(members: &mut Map<String, Value>, name: &[String], value: Value) -> Result<(), Fault> {
    let Some((last, above)) = name.split_last() else { return Ok(()) };
    let mut here = members;
    for part in above {
        let below = here.entry(part.as_str()).or_insert_with(|| Value::Object(Map::new()));
        let Value::Object(below) = below else {
            return Err(Fault::new(format!(
                "`{}` has no room: `{part}` is a claim as well, and no object",
                name.join(".")
            )));
        };
        here = below;
    }
    here.insert(last.clone(), value);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::decision::Claim as Made;

    fn claim(name: &str, mapping: &str, token: ClaimToken, scopes: &[&str]) -> (String, Claim) {
        let scopes = scopes.iter().map(|scope| (*scope).to_owned()).collect();
        let [server, name, mapping] = ["shop", name, mapping].map(str::to_owned);
        (name.clone(), Claim { server, name, mapping, token, scopes })
    }

    fn id(name: &str, mapping: &str) -> (String, Claim) {
        claim(name, mapping, ClaimToken::IdToken, &[])
    }

    fn answer(claims: &[(&str, &str)]) -> Vec<Mapped> {
        let made = |(name, value): &(&str, &str)| Made { name: (*name).to_owned(), value: (*value).to_owned() };
        vec![Ok(claims.iter().map(made).collect())]
    }

    fn members(claims: &[(String, Claim)], answers: Vec<Mapped>) -> Result<Value, Fault> {
        let mapping = Mapping::new(claims.iter().cloned());
        let wanted = mapping.wanted(ClaimToken::IdToken, &[]);
        mapping.members(&wanted, answers).map(Value::Object)
    }

    #[test]
    fn the_same_place_is_mapped_once_in_one_order() {
        let one = Mapping::new([id("mail", "email"), id("all", "."), id("email", "email")].into_iter());
        let other = Mapping::new([id("x", "email"), id("y", ".")].into_iter());
        assert_eq!(one.mapper.digest(), other.mapper.digest());
        let conf = r#"{"claims":[{"name":"0","path":"authn_ctx"},{"name":"1","path":"authn_ctx.email"}]}"#;
        assert_eq!(one.mapper.rules().iter().map(|rule| rule.conf.as_str()).collect::<Vec<_>>(), [conf]);
    }

    #[test]
    fn scopes_and_kind_choose() {
        let mapping = Mapping::new(
            [
                claim("always", "a", ClaimToken::IdToken, &[]),
                claim("email", "b", ClaimToken::IdToken, &["email", "profile"]),
                claim("address.country", "c", ClaimToken::IdToken, &["address"]),
                claim("level", "d", ClaimToken::AccessToken, &[]),
            ]
            .into_iter(),
        );
        let texts = |scopes: &[&str]| scopes.iter().map(|scope| (*scope).to_owned()).collect::<Vec<_>>();
        let names = |token, scopes: &[&str]| {
            mapping.wanted(token, &texts(scopes)).iter().map(|claim| claim.name.join(".")).collect::<Vec<_>>()
        };
        assert_eq!(names(ClaimToken::IdToken, &["openid"]), ["always"]);
        assert_eq!(names(ClaimToken::IdToken, &["profile"]), ["always", "email"]);
        assert_eq!(names(ClaimToken::AccessToken, &["email"]), ["level"]);

        let more =
            |named: &[&str], scopes: &[&str], may: &[&str]| mapping.scopes_of(named, &texts(scopes), &texts(may));
        assert_eq!(more(&["address"], &["openid"], &["openid", "address"]), ["address"]);
        assert_eq!(more(&["address.country", "email"], &[], &["address", "profile"]), ["profile", "address"]);
        for (named, scopes, may) in [
            (&["email"][..], &["profile"][..], &["email", "profile"][..]),
            (&["email"], &[], &["address"]),
            (&["always", "level", "x"], &[], &["email"]),
        ] {
            assert_eq!(more(named, scopes, may), Vec::<String>::new(), "{named:?}");
        }
    }

    #[test]
    fn names_nest_and_values_keep_their_type() {
        let claims = [id("address.country", "land"), id("address", "address"), id(r"a\.b", "n"), id("missing", "none")];
        let answers = answer(&[("0", r#"{"city":"Bern"}"#), ("1", r#""CH""#), ("2", "[1,2.5,true]")]);
        let expected = json!({ "address": { "city": "Bern", "country": "CH" }, "a.b": [1, 2.5, true] });
        assert_eq!(members(&claims, answers), Ok(expected));
    }

    #[test]
    fn what_makes_no_sense_is_a_fault() {
        let claims = [id("a", "a"), id("a.b", "b")];
        assert!(members(&claims, answer(&[("0", "{}"), ("1", "1")])).is_ok());
        for wrong in [
            answer(&[("0", "1"), ("1", "1")]),
            answer(&[("sub", "1")]),
            answer(&[("2", "1")]),
            answer(&[("0", "{}"), ("0", "{}")]),
            answer(&[("0", "{")]),
            vec![Err(Unmapped::Refused("no".to_owned()))],
            vec![Err(Unmapped::Fault(Code::Trap))],
        ] {
            assert!(members(&claims, wrong.clone()).is_err_and(|fault| !fault.passing), "{wrong:?}");
        }
        assert!(members(&claims, vec![Err(Unmapped::Fault(Code::Overloaded))]).is_err_and(|fault| fault.passing));
    }

    #[test]
    fn claims_that_cannot_be_made_are_left_out() {
        let claims = [id("sub", "name"), id("amr.x", "name"), id("deep", &["a"; 32].join(".")), id("name", "name")];
        let mapping = Mapping::new(claims.into_iter());
        assert_eq!(mapping.claims.len(), 1);
        assert_eq!(mapping.answered.as_slice(), std::slice::from_ref(&(0..1)));
    }

    #[test]
    fn many_places_are_several_configurations() {
        let claims = (0..300).map(|number| id(&format!("c{number}"), &format!("m{number}")));
        let mapping = Mapping::new(claims);
        assert_eq!(mapping.mapper.rules().len(), 2);
        assert_eq!(mapping.answered, [0..256, 256..300]);
    }

    #[test]
    fn an_expression_fails_alone() {
        let claims =
            [id("a", "cel:authn_ctx.a"), id("b", "cel:authn_ctx.b"), claim("c", "c", ClaimToken::AccessToken, &[])];
        let mapping = Mapping::new(claims.into_iter());
        let asked: Vec<_> = mapping.mapper.rules().iter().map(|rule| rule.validator.as_str()).collect();
        assert_eq!((asked, &mapping.answered), (vec!["path", "cel-claims", "cel-claims"], &vec![0..1, 1..2, 2..3]));
        let answers = || {
            let refused = Err(Unmapped::Refused("no".to_owned()));
            [answer(&[("0", "1")]), vec![refused], answer(&[("2", "2")])].concat()
        };
        let members = |token| {
            let wanted: Vec<&Placed> = mapping.claims.iter().filter(|claim| claim.token == token).collect();
            mapping.members(&wanted, answers())
        };
        assert_eq!(members(ClaimToken::AccessToken).map(Value::Object), Ok(json!({ "c": 1 })));
        assert!(members(ClaimToken::IdToken).is_err(), "the expression of `a` has failed");
        let strange = [answer(&[("1", "1")]), answer(&[]), answer(&[])].concat();
        assert!(mapping.values(strange).is_err(), "`path` says what only `cel-claims` may say");
    }
}
