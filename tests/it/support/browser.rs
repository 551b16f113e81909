//! A browser: keeps cookies, follows redirects within the server, finds forms and sends them. Without script, like the pages.

use std::collections::BTreeMap;

use bytes::Bytes;
use form_urlencoded::Serializer;
use http::{Method, header::SET_COOKIE};

use super::{Answer, Caller, made::FORM};

/// Somebody's browser.
#[derive(Clone)]
pub struct Browser {
    base: String,
    /// Its cookies, by name.
    pub cookies: BTreeMap<String, String>,
    /// What every Set-Cookie has said, in order.
    pub set_cookies: Vec<String>,
    headers: Vec<(&'static str, String)>,
}

/// Where a browser has come to: a page of the server, or an address elsewhere that was not asked.
#[derive(Debug)]
pub struct Page {
    /// The address, without the server for one of its own.
    pub url: String,
    /// What was answered last.
    pub answer: Answer,
}

/// A form of a page.
#[derive(Clone, Debug)]
pub struct Form {
    /// Where it goes.
    pub action: String,
    /// Names and values: hidden fields, what is typed in already, boxes that are ticked. No buttons.
    pub fields: Vec<(String, String)>,
}

impl Browser {
    /// A browser without cookies, for the server at `base`.
    pub fn new(base: &str) -> Browser {
        Browser { base: base.to_owned(), cookies: BTreeMap::new(), set_cookies: Vec::new(), headers: Vec::new() }
    }

    /// The same with one more header on every request, in place of one of the same name.
    pub fn with_header(mut self, name: &'static str, value: &str) -> Browser {
        self.headers.retain(|(known, _)| *known != name);
        self.headers.push((name, value.to_owned()));
        self
    }

    /// Opens an address and follows redirects within the server.
    pub async fn open(&mut self, url: &str) -> Page {
        let answer = self.ask(Method::GET, url, Vec::new()).await;
        self.follow(url, answer).await
    }

    /// Sends the form of a page whose action ends with `action`, with these fields in place of its own, and follows.
    pub async fn send(&mut self, page: &Page, action: &str, fields: &[(&str, &str)]) -> Page {
        let form = page.form(action).with(fields);
        self.post(&form).await
    }

    /// Sends a form and follows redirects within the server.
    pub async fn post(&mut self, form: &Form) -> Page {
        let answer = self.ask(Method::POST, &form.action, form.fields.clone()).await;
        self.follow(&form.action, answer).await
    }

    /// Opens an address, and gives name and password where that leads.
    pub async fn login(&mut self, url: &str, user: &str, password: &str) -> Page {
        let page = self.open(url).await;
        self.send(&page, "/password", &[("username", user), ("password", password)]).await
    }

    /// One request, without following.
    pub async fn ask(&mut self, method: Method, url: &str, fields: Vec<(String, String)>) -> Answer {
        let mut caller = Caller::new(&self.base);
        for (name, value) in &self.headers {
            caller = caller.with_header(name, value);
        }
        if !self.cookies.is_empty() {
            let pairs: Vec<String> = self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
            caller = caller.with_header("cookie", &pairs.join("; "));
        }
        if !self.headers.iter().any(|(name, _)| *name == "sec-fetch-site") {
            caller = caller.with_header("sec-fetch-site", if method == Method::POST { "same-origin" } else { "none" });
        }
        let path = url.strip_prefix(&self.base).unwrap_or(url);
        let (media_type, body) = match method {
            Method::POST => (Some(FORM), Bytes::from(Serializer::new(String::new()).extend_pairs(&fields).finish())),
            _ => (None, Bytes::new()),
        };
        let answer = caller.send(method, path, media_type, body).await;
        self.take_cookies(&answer);
        answer
    }

    async fn follow(&mut self, url: &str, mut answer: Answer) -> Page {
        let mut url = url.strip_prefix(&self.base).unwrap_or(url).to_owned();
        for _ in 0..10 {
            let place = match answer.status.is_redirection() {
                true => answer.header("location").expect("a redirect has a place").to_owned(),
                false => return Page { url, answer },
            };
            match place.strip_prefix(&self.base).unwrap_or(&place) {
                path if path.starts_with('/') && !path.starts_with("//") => url = path.to_owned(),
                elsewhere => return Page { url: elsewhere.to_owned(), answer },
            }
            answer = self.ask(Method::GET, &url, Vec::new()).await;
        }
        panic!("redirects without end at {url}");
    }

    fn take_cookies(&mut self, answer: &Answer) {
        for line in answer.headers.get_all(SET_COOKIE) {
            let line = line.to_str().unwrap();
            let (name, value) = line.split(';').next().unwrap().split_once('=').unwrap();
            match line.contains("Max-Age=0") {
                true => drop(self.cookies.remove(name)),
                false => drop(self.cookies.insert(name.to_owned(), value.to_owned())),
            }
            self.set_cookies.push(line.to_owned());
        }
    }

    /// The name and value of the session cookie, if there is one.
    pub fn session(&self) -> Option<(&str, &str)> {
        let mut found = self.cookies.iter().filter(|(name, _)| name.contains("pc-s-"));
        found.next().map(|(name, value)| (name.as_str(), value.as_str()))
    }
}

impl Page {
    /// Its text.
    pub fn text(&self) -> String {
        self.answer.text()
    }

    /// Fails the test unless it is a page of this server with this status.
    #[track_caller]
    pub fn expect(self, status: u16) -> Page {
        assert!(self.url.starts_with('/'), "the browser has left for {}", self.url);
        assert_eq!(self.answer.status.as_u16(), status, "{}: {}", self.url, self.text());
        self
    }

    /// Whether it has a form whose action ends with `action`.
    pub fn has_form(&self, action: &str) -> bool {
        self.forms().iter().any(|form| form.action.ends_with(action))
    }

    /// The first form whose action ends with `action`.
    #[track_caller]
    pub fn form(&self, action: &str) -> Form {
        let found = self.forms().into_iter().find(|form| form.action.ends_with(action));
        found.unwrap_or_else(|| panic!("no form for {action} at {}: {}", self.url, self.text()))
    }

    /// The first form whose action has `part` in it.
    #[track_caller]
    pub fn form_with(&self, part: &str) -> Form {
        let found = self.forms().into_iter().find(|form| form.action.contains(part));
        found.unwrap_or_else(|| panic!("no form for {part} at {}: {}", self.url, self.text()))
    }

    /// Its forms. One without an action goes to the page's own address.
    pub fn forms(&self) -> Vec<Form> {
        let text = self.text();
        let forms = text.split("<form").skip(1).filter_map(|rest| rest.split_once("</form>"));
        let form = |(whole, _): (&str, &str)| {
            let (head, inside) = whole.split_once('>').unwrap();
            let action = attribute(head, "action").unwrap_or_else(|| self.url.clone());
            Form { action, fields: fields(inside) }
        };
        forms.map(form).collect()
    }

    /// A parameter of the address, in its query or its fragment.
    pub fn parameter(&self, name: &str) -> Option<String> {
        let (_, parts) = self.url.split_once(['?', '#'])?;
        let mut parts = parts.split(['?', '#']).flat_map(|part| form_urlencoded::parse(part.as_bytes()));
        parts.find(|(known, _)| known == name).map(|(_, value)| value.into_owned())
    }
}

impl Form {
    /// The same with these fields in place of those of the same name.
    pub fn with(mut self, fields: &[(&str, &str)]) -> Form {
        self.fields.retain(|(name, _)| !fields.iter().any(|(given, _)| given == name));
        self.fields.extend(fields.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())));
        self
    }

    /// The same without a field.
    pub fn without(mut self, name: &str) -> Form {
        self.fields.retain(|(known, _)| known != name);
        self
    }

    /// The value of a field.
    pub fn value(&self, name: &str) -> Option<&str> {
        self.fields.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }
}

/// The fields of a form that would be sent.
fn fields(inside: &str) -> Vec<(String, String)> {
    let inputs = inside.split("<input").skip(1).filter_map(|rest| rest.split_once('>'));
    let sent = inputs.filter_map(|(tag, _)| {
        let boxed = matches!(attribute(tag, "type").as_deref(), Some("checkbox" | "radio"));
        let ticked = tag.split_whitespace().any(|word| word == "checked");
        let value = attribute(tag, "value").unwrap_or_else(|| if boxed { "on".to_owned() } else { String::new() });
        (!boxed || ticked).then(|| Some((attribute(tag, "name")?, value)))?
    });
    sent.collect()
}

/// The value of an attribute, with entities decoded.
pub fn attribute(tag: &str, name: &str) -> Option<String> {
    let (_, rest) = tag.split_once(&format!(" {name}=\""))?;
    let (value, _) = rest.split_once('"')?;
    Some(value.replace("&lt;", "<").replace("&gt;", ">").replace("&quot;", "\"").replace("&amp;", "&"))
}
