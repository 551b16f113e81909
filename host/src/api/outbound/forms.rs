//! The two forms of bodies and answers, XML and JSON: which one a body has, and which one a caller would have.
//!
//! Called by `clients`. XML comes first in the documents, so it is what callers get who do not say.

use http::{HeaderMap, StatusCode, header::CONTENT_TYPE};
use serde_json::Value;

use super::{body::ClientBody, xml};
use crate::{
    api::{
        Answer, Request,
        read::{self, JSON, XML, accepted},
    },
    domain::Failure,
};

/// The other name of XML (RFC 7303 §9.2).
const TEXT_XML: &str = "text/xml";

/// The form that an answer has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// application/xml
    Xml,
    /// application/json
    Json,
}

impl Form {
    /// The form that a caller would have. Otherwise the answer that there is none (RFC 9110 §15.5.7).
    pub fn wanted(headers: &HeaderMap) -> Result<Form, Box<Answer>> {
        match accepted(headers, &[XML, JSON, TEXT_XML]) {
            Some(XML | TEXT_XML) => Ok(Form::Xml),
            Some(_) => Ok(Form::Json),
            None => {
                let sentence = "The answer is application/xml or application/json.";
                Err(Box::new(Answer::text(StatusCode::NOT_ACCEPTABLE, sentence)))
            }
        }
    }

    /// An answer with one record.
    pub fn one(self, record: &ClientBody) -> Result<Answer, Failure> {
        match self {
            Form::Json => Ok(Answer::json(StatusCode::OK, record)),
            Form::Xml => Ok(xml_answer(xml::write(&value(record)?))),
        }
    }

    /// An answer with many.
    pub fn many(self, records: &[ClientBody]) -> Result<Answer, Failure> {
        match self {
            Form::Json => Ok(Answer::json(StatusCode::OK, &records)),
            Form::Xml => {
                let values: Vec<Value> = records.iter().map(value).collect::<Result<_, _>>()?;
                Ok(xml_answer(xml::write_all(&values)))
            }
        }
    }
}

/// The record in a body.
pub fn body(request: &Request) -> Result<ClientBody, Failure> {
    let expected = Failure::MediaType { expected: "application/xml or application/json, in UTF-8" };
    if !is_utf8(&request.headers) {
        return Err(expected);
    }
    let sent = read::sent_media_type(request);
    if sent.eq_ignore_ascii_case(JSON) {
        return read::from_text(&request.body);
    }
    if !sent.eq_ignore_ascii_case(XML) && !sent.eq_ignore_ascii_case(TEXT_XML) {
        return Err(expected);
    }
    let found = xml::read(&request.body).map_err(Failure::Malformed)?;
    found.and_then(read::from_value).map_err(|problem| Failure::Invalid(vec![problem]))
}

/// Whether a body's charset is the one that is read, or not told.
fn is_utf8(headers: &HeaderMap) -> bool {
    let sent = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let mut parameters = sent.split(';').skip(1).filter_map(|parameter| parameter.split_once('='));
    let charset = parameters.find(|(name, _)| name.trim().eq_ignore_ascii_case("charset"));
    charset.is_none_or(|(_, charset)| charset.trim().trim_matches('"').eq_ignore_ascii_case("utf-8"))
}

fn value(record: &ClientBody) -> Result<Value, Failure> {
    serde_json::to_value(record).map_err(|error| Failure::Internal { log: error.to_string() })
}

fn xml_answer(text: String) -> Answer {
    Answer::with(StatusCode::OK, "application/xml; charset=utf-8", text)
}
