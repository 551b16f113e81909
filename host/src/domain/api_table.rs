//! Finds the API of a request: the templates of a gateway's APIs as a tree of path segments.
//!
//! Built once for each version of a configuration. A literal segment beats one with parameters in it, which beats a
//! parameter; the most particular template that has the method is the one. HEAD is a GET where no API says otherwise.
//! Knows no policy: where two readings of a request would lead to different APIs, it says so, and nobody may pass.

use std::collections::HashMap;

use super::{api::Api, request_target};

/// The APIs of a gateway by path and method.
pub(super) struct ApiTable(Node);

/// What was found.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Found<'t> {
    /// One API: its place in the list that the table was made of, and its path parameters.
    Api {
        /// Its place.
        place: usize,
        /// Name and value of every parameter.
        params: Vec<(&'t str, String)>,
    },
    /// No API has this path and method.
    Nothing,
    /// The request could be meant for APIs that are protected differently, with the reason.
    Unclear(&'static str),
}

/// Whatever can follow the same segments.
#[derive(Default)]
struct Node {
    /// Literal segments by their lower case; some differ in case only.
    literals: HashMap<String, Vec<(String, Node)>>,
    /// Segments with parameters in them, those with more literal text first.
    patterns: Vec<(Pattern, Node)>,
    /// A segment that is a parameter.
    parameter: Option<Box<Node>>,
    /// The APIs whose path ends here.
    ends: Vec<End>,
}

/// An API at the end of its path.
struct End {
    method: String,
    place: usize,
    policy: Option<String>,
    names: Vec<String>,
    /// Another API of the same path and method has another policy.
    contradicted: bool,
}

/// A segment such as `{name}.json`: literals around and between parameters.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Pattern {
    literals: Vec<String>,
}

/// The way down to an end.
struct Hit<'t> {
    end: &'t End,
    /// Every literal was written as in the template.
    exact: bool,
}

/// A segment of a template.
enum Segment {
    Literal(String),
    Parameter(String),
    Pattern(Pattern, Vec<String>),
}

impl ApiTable {
    /// The table of a list of APIs.
    pub(super) fn new<'a>(apis: impl Iterator<Item = &'a Api>) -> ApiTable {
        let mut root = Node::default();
        for (place, api) in apis.enumerate() {
            root.insert(place, api);
        }
        ApiTable(root)
    }

    /// The API of a method and the decoded segments of a path.
    pub(super) fn find(&self, method: &str, segments: &[String]) -> Found<'_> {
        let mut values = Vec::new();
        match self.0.search(segments, method, &mut values, true) {
            None => Found::Nothing,
            Some(Hit { exact: false, .. }) => {
                Found::Unclear("the path differs from that of an API in upper and lower case")
            }
            Some(Hit { end, .. }) if end.contradicted => {
                Found::Unclear("APIs of the same path have different policies")
            }
            Some(Hit { end, .. }) => {
                let params = end.names.iter().map(String::as_str).zip(values).collect();
                Found::Api { place: end.place, params }
            }
        }
    }
}

impl Node {
    fn insert(&mut self, place: usize, api: &Api) {
        let mut names = Vec::new();
        let mut node = self;
        for raw in api.path.strip_prefix('/').unwrap_or(&api.path).split('/') {
            let child = match parse(raw) {
                Segment::Literal(text) => node.literal(text),
                Segment::Parameter(name) => {
                    names.push(name);
                    Some(&mut **node.parameter.get_or_insert_default())
                }
                Segment::Pattern(pattern, more) => {
                    names.extend(more);
                    node.pattern(pattern)
                }
            };
            // Always there: it was found or made.
            let Some(child) = child else { return };
            node = child;
        }
        match node.ends.iter_mut().find(|end| end.method == api.method) {
            Some(end) => end.contradicted |= end.policy != api.policy,
            None => node.ends.push(End {
                method: api.method.clone(),
                place,
                policy: api.policy.clone(),
                names,
                contradicted: false,
            }),
        }
    }

    fn literal(&mut self, text: String) -> Option<&mut Node> {
        let alike = self.literals.entry(text.to_lowercase()).or_default();
        child(alike, text, |_| 0)
    }

    fn pattern(&mut self, pattern: Pattern) -> Option<&mut Node> {
        child(&mut self.patterns, pattern, |pattern| usize::MAX - pattern.weight())
    }

    fn search<'t>(
        &'t self,
        segments: &[String],
        method: &str,
        values: &mut Vec<String>,
        exact: bool,
    ) -> Option<Hit<'t>> {
        let Some((segment, rest)) = segments.split_first() else {
            return self.end(method).map(|end| Hit { end, exact });
        };
        let alike = self.literals.get(&segment.to_lowercase()).into_iter().flatten();
        let (same, others): (Vec<_>, Vec<_>) = alike.partition(|(text, _)| text == segment);
        // A literal that differs in case comes before any parameter: some servers do not tell the two apart.
        for (text, node) in same.into_iter().chain(others) {
            if let Some(hit) = node.search(rest, method, values, exact && text == segment) {
                return Some(hit);
            }
        }
        let before = values.len();
        for (pattern, node) in &self.patterns {
            if let Some((parts, same)) = pattern.matches(segment) {
                values.extend(parts);
                if let Some(hit) = node.search(rest, method, values, exact && same) {
                    return Some(hit);
                }
                values.truncate(before);
            }
        }
        let node = self.parameter.as_deref().filter(|_| !segment.is_empty())?;
        values.push(segment.clone());
        let hit = node.search(rest, method, values, exact);
        if hit.is_none() {
            values.truncate(before);
        }
        hit
    }

    fn end(&self, method: &str) -> Option<&End> {
        let of = |method: &str| self.ends.iter().find(|end| end.method == method);
        of(method).or_else(|| if method == "HEAD" { of("GET") } else { None })
    }
}

/// The child `key`, made in its place when it is not there.
fn child<K: PartialEq>(children: &mut Vec<(K, Node)>, key: K, rank: impl Fn(&K) -> usize) -> Option<&mut Node> {
    let place = match children.iter().position(|(known, _)| *known == key) {
        Some(place) => place,
        None => {
            let place = children.partition_point(|(known, _)| rank(known) <= rank(&key));
            children.insert(place, (key, Node::default()));
            place
        }
    };
    children.get_mut(place).map(|(_, node)| node)
}

impl Pattern {
    /// How much of it is literal.
    fn weight(&self) -> usize {
        self.literals.iter().map(String::len).sum()
    }

    /// The values of the parameters, none of them empty, and whether the literals are written as here.
    fn matches(&self, segment: &str) -> Option<(Vec<String>, bool)> {
        let exact = matched(&self.literals, segment, segment);
        if let Some(values) = exact {
            return Some((values, true));
        }
        let folded: Vec<String> = self.literals.iter().map(|literal| literal.to_ascii_lowercase()).collect();
        matched(&folded, &segment.to_ascii_lowercase(), segment).map(|values| (values, false))
    }
}

/// What lies between `literals` in `text`, taken from `source`, which has the same bytes but for case.
fn matched(literals: &[String], text: &str, source: &str) -> Option<Vec<String>> {
    let (first, rest) = literals.split_first()?;
    let (last, between) = rest.split_last()?;
    let inner = text.strip_prefix(first.as_str())?.strip_suffix(last.as_str())?;
    let mut place = first.len();
    let end = place + inner.len();
    let mut values = Vec::new();
    for literal in between {
        let after_one = place + text.get(place..end)?.chars().next()?.len_utf8();
        let found = after_one + text.get(after_one..end)?.find(literal.as_str())?;
        values.push(source.get(place..found)?.to_owned());
        place = found + literal.len();
    }
    let value = source.get(place..end).filter(|value| !value.is_empty())?;
    values.push(value.to_owned());
    Some(values)
}

/// Reads a segment of a template. Braces that are not a parameter are text.
fn parse(raw: &str) -> Segment {
    let (mut literals, mut names, mut text, mut rest) = (Vec::new(), Vec::new(), String::new(), raw);
    while let Some((before, name, after)) = parameter(rest) {
        text.push_str(before);
        literals.push(decoded(&std::mem::take(&mut text)));
        names.push(name.to_owned());
        rest = after;
    }
    literals.push(decoded(rest));
    match (names.len(), literals.iter().all(String::is_empty)) {
        (0, _) => Segment::Literal(literals.concat()),
        (1, true) => Segment::Parameter(names.concat()),
        _ => Segment::Pattern(Pattern { literals }, names),
    }
}

/// The text before the first parameter, its name, and what follows.
fn parameter(text: &str) -> Option<(&str, &str, &str)> {
    let (before, rest) = text.split_once('{')?;
    let (name, after) = rest.split_once('}')?;
    (!name.is_empty()).then_some((before, name, after))
}

/// Literals are compared decoded. One that no request can have stays as it is and matches none.
fn decoded(text: &str) -> String {
    request_target::segment(text).unwrap_or_else(|_| text.to_owned())
}

#[cfg(test)]
mod tests;
