//! XML text, read strictly: elements, attributes and text, nothing that refers to anything outside of it (XML 1.0).
//!
//! A document type is refused, so there are no entities but the five (§4.6) and numbered characters. Depth, number and size of
//! what there is are bounded before anything is kept. Called by the handlers through `read`. Must not know which elements an
//! operation has.

use quick_xml::{
    Reader, XmlVersion,
    events::{BytesDecl, BytesRef, BytesStart, Event},
};

use crate::domain::Problem;

/// The deepest nesting.
const DEPTH: usize = 16;
/// The most elements.
const ELEMENTS: usize = 10_000;
/// The most bytes of all attributes of an element.
const ATTRIBUTES: usize = 4096;
/// The longest name of an element or an attribute, in bytes.
const NAME: usize = 128;

/// An element.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Element {
    /// Its name as it stands there.
    pub name: String,
    /// Its attributes, each at most once.
    pub attributes: Vec<(String, String)>,
    /// The elements in it.
    pub children: Vec<Element>,
    /// The text in it. Blank when there are elements.
    pub text: String,
}

/// The root of a document.
pub fn xml(text: &[u8]) -> Result<Element, Problem> {
    let text = std::str::from_utf8(text).map_err(|_| Problem::new("", "is not UTF-8 text"))?;
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    if text.is_empty() {
        return Err(Problem::new("", "must be an XML document"));
    }
    let mut reader = Reader::from_str(text);
    reader.config_mut().enable_all_checks(true);
    let mut tree = Tree::default();
    let mut first = true;
    loop {
        let place = reader.buffer_position();
        let problem = |reason: &str| Problem::new("", format!("{reason} (at byte {place})"));
        match reader.read_event() {
            Ok(Event::Eof) => return tree.whole().map_err(problem),
            Ok(event) => tree.take(&event, first).map_err(problem)?,
            // Words of our own: the library's repeat the text.
            Err(_) => return Err(problem("is not XML")),
        }
        first = false;
    }
}

/// A document, as far as it was read.
#[derive(Default)]
struct Tree {
    /// The elements that are open, the outermost first.
    open: Vec<Element>,
    root: Option<Element>,
    elements: usize,
}

impl Tree {
    fn take(&mut self, event: &Event<'_>, first: bool) -> Result<(), &'static str> {
        match event {
            Event::Decl(declaration) if first => is_plain(declaration),
            Event::Start(start) => self.begin(start),
            Event::Empty(start) => {
                self.begin(start)?;
                self.end()
            }
            Event::End(_) => self.end(),
            Event::Text(text) => self.text(&text.xml10_content()),
            Event::CData(text) => self.text(&text.xml10_content()),
            Event::GeneralRef(reference) => self.text(character(reference)?.encode_utf8(&mut [0; 4])),
            Event::Comment(_) | Event::Eof => Ok(()),
            Event::DocType(_) => Err("must not have a document type"),
            Event::PI(_) => Err("must not have processing instructions"),
            Event::Decl(_) => Err("has an XML declaration that is not at its start"),
        }
    }

    fn begin(&mut self, start: &BytesStart<'_>) -> Result<(), &'static str> {
        self.elements += 1;
        if self.root.is_some() {
            return Err("has more than one root");
        }
        if self.open.len() >= DEPTH {
            return Err("is nested deeper than it may be");
        }
        if self.elements > ELEMENTS {
            return Err("has more elements than it may have");
        }
        if start.attributes_raw().len() > ATTRIBUTES {
            return Err("has an element with longer attributes than it may have");
        }
        let name = named(start.name().0)?;
        let attributes = start.attributes().map(|attribute| {
            let attribute = attribute.map_err(|_| "has an attribute that is none, or is there twice")?;
            if attribute.value.contains('<') {
                return Err("has an attribute that is none");
            }
            let value = attribute
                .normalized_value(XmlVersion::Explicit1_0)
                .map_err(|_| "refers to something that there is not")?;
            Ok((named(attribute.key.0)?, seen(&value)?.to_owned()))
        });
        let attributes = attributes.collect::<Result<_, _>>()?;
        self.open.push(Element { name, attributes, ..Element::default() });
        Ok(())
    }

    fn end(&mut self) -> Result<(), &'static str> {
        let Some(element) = self.open.pop() else { return Err("closes more elements than it opens") };
        if !element.children.is_empty() && !element.text.trim_ascii().is_empty() {
            return Err("has text beside elements");
        }
        match self.open.last_mut() {
            Some(parent) => parent.children.push(element),
            None => self.root = Some(element),
        }
        Ok(())
    }

    fn text(&mut self, text: &str) -> Result<(), &'static str> {
        match self.open.last_mut() {
            Some(element) => element.text.push_str(seen(text)?),
            None if text.trim_ascii().is_empty() => {}
            None => return Err("has text outside of its root"),
        }
        Ok(())
    }

    fn whole(self) -> Result<Element, &'static str> {
        match self.open.is_empty() {
            true => self.root.ok_or("has no root"),
            false => Err("ends within an element"),
        }
    }
}

/// A declaration of the one version and the one encoding that are read.
fn is_plain(declaration: &BytesDecl<'_>) -> Result<(), &'static str> {
    if !declaration.version().is_ok_and(|version| version == "1.0") {
        return Err("must be XML 1.0");
    }
    match declaration.encoding() {
        None => Ok(()),
        Some(Ok(encoding)) if encoding.eq_ignore_ascii_case("utf-8") => Ok(()),
        Some(_) => Err("must be in UTF-8"),
    }
}

/// A name that is short and has no character that could pass for something else.
fn named(name: &str) -> Result<String, &'static str> {
    let good = |c: char| c.is_alphanumeric() || matches!(c, '_' | '-' | '.' | ':');
    match (1..=NAME).contains(&name.len()) && name.chars().all(good) {
        true => Ok(name.to_owned()),
        false => Err("has a name that is none, or is too long"),
    }
}

/// A text of characters that XML has (§2.2).
fn seen(text: &str) -> Result<&str, &'static str> {
    match text.chars().all(is_character) {
        true => Ok(text),
        false => Err("has a character that XML has not"),
    }
}

fn is_character(character: char) -> bool {
    matches!(character, '\t' | '\n' | '\r' | ' '..='\u{fffd}' | '\u{10000}'..)
}

/// What a reference stands for: a numbered character, or one of the five.
fn character(reference: &BytesRef<'_>) -> Result<char, &'static str> {
    const UNKNOWN: &str = "refers to something that there is not";
    if let Some(numbered) = reference.resolve_char_ref().map_err(|_| UNKNOWN)? {
        return Ok(numbered);
    }
    match reference.xml10_content().as_ref() {
        "amp" => Ok('&'),
        "lt" => Ok('<'),
        "gt" => Ok('>'),
        "apos" => Ok('\''),
        "quot" => Ok('"'),
        _ => Err(UNKNOWN),
    }
}

#[cfg(test)]
mod tests;
