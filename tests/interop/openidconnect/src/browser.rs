//! A browser without a screen and without script: it logs in and consents where a page asks, and ends at the client.

use std::{collections::BTreeMap, error::Error};

use ureq::http::{Method, Request};

/// Follows pages and redirects of one server.
pub struct Browser {
    home: String,
    person: (String, String),
    cookies: BTreeMap<String, String>,
}

/// A page of the server, or the address for which the browser was let go.
enum Place {
    Page { url: String, html: String },
    Elsewhere(String),
}

impl Browser {
    /// For the server at `home`, as this person.
    pub fn new(home: &str, person: (String, String)) -> Browser {
        Browser { home: home.to_owned(), person, cookies: BTreeMap::new() }
    }

    /// Opens an address and does what the pages ask, until one sends it to the client.
    pub fn walk(&mut self, url: &str) -> Result<String, Box<dyn Error>> {
        let mut place = self.follow(Method::GET, url, String::new())?;
        for _ in 0..5 {
            match place {
                Place::Elsewhere(url) => return Ok(url),
                Place::Page { url, html } => place = self.answer(&url, &html)?,
            }
        }
        Err("pages without end".into())
    }

    /// Opens the page of devices by a link with a code in it, and says yes until the device is connected.
    pub fn connect(&mut self, url: &str) -> Result<(), Box<dyn Error>> {
        let mut place = self.follow(Method::GET, url, String::new())?;
        for _ in 0..5 {
            match place {
                Place::Elsewhere(url) => return Err(format!("sent away to {url}").into()),
                Place::Page { url, .. } if url.ends_with("/device/done?done=1") => return Ok(()),
                Place::Page { url, html } => place = self.answer(&url, &html)?,
            }
        }
        Err("pages without end".into())
    }

    /// Sends the form with a password, or one that says yes.
    fn answer(&mut self, url: &str, html: &str) -> Result<Place, Box<dyn Error>> {
        let forms: Vec<&str> = html.split("<form").skip(1).filter_map(|rest| rest.split("</form>").next()).collect();
        let login = forms.iter().find(|form| form.contains(r#"type="password""#));
        let says_yes = |action: String| ["/consent", "/device", "/confirm"].iter().any(|end| action.ends_with(end));
        let yes = forms.iter().find(|form| target(form).is_some_and(says_yes));
        let form = login.or(yes).ok_or_else(|| format!("stuck at {url}:\n{html}"))?;
        let mut fields = Vec::new();
        for tag in form.split("<input").skip(1).filter_map(|rest| rest.split('>').next()) {
            let (Some(name), kind) = (attribute(tag, "name"), attribute(tag, "type")) else { continue };
            match kind.as_deref() {
                Some("password") => fields.push((name, self.person.1.clone())),
                None | Some("text") if login.is_some() => fields.push((name, self.person.0.clone())),
                Some("checkbox" | "radio") if !tag.contains(" checked") => {}
                _ => fields.push((name, attribute(tag, "value").unwrap_or_else(|| "on".to_owned()))),
            }
        }
        let body: Vec<String> =
            fields.iter().map(|(name, value)| format!("{}={}", escape(name), escape(value))).collect();
        let action = target(form).unwrap_or_else(|| url.to_owned());
        self.follow(Method::POST, &action, body.join("&"))
    }

    fn follow(&mut self, method: Method, url: &str, body: String) -> Result<Place, Box<dyn Error>> {
        let (mut method, mut url, mut body) = (method, url.to_owned(), body);
        for _ in 0..10 {
            if url.starts_with('/') {
                url = format!("{}{url}", self.home);
            }
            if !url.starts_with(&self.home) {
                return Ok(Place::Elsewhere(url));
            }
            let cookies: Vec<String> = self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
            let request = Request::builder().method(&method).uri(&url).header("cookie", cookies.join("; "));
            let request = request.header("content-type", "application/x-www-form-urlencoded");
            let answer = crate::send(request.header("origin", &self.home).body(body.into_bytes())?)?;
            for cookie in answer.headers().get_all("set-cookie") {
                let (pair, _) = cookie.to_str()?.split_once(';').ok_or("a cookie without attributes")?;
                let (name, value) = pair.split_once('=').ok_or("a cookie without a value")?;
                self.cookies.insert(name.to_owned(), value.to_owned());
            }
            match answer.headers().get("location") {
                Some(place) => (method, url, body) = (Method::GET, place.to_str()?.to_owned(), String::new()),
                None => return Ok(Place::Page { url, html: String::from_utf8(answer.into_body())? }),
            }
        }
        Err(format!("redirects without end at {url}").into())
    }
}

/// Where a form goes.
fn target(form: &str) -> Option<String> {
    attribute(form.split('>').next()?, "action")
}

/// The value of an attribute, with entities decoded.
fn attribute(tag: &str, name: &str) -> Option<String> {
    let (_, rest) = tag.split_once(&format!(" {name}=\""))?;
    let (value, _) = rest.split_once('"')?;
    Some(value.replace("&lt;", "<").replace("&gt;", ">").replace("&quot;", "\"").replace("&amp;", "&"))
}

fn escape(text: &str) -> String {
    text.bytes()
        .map(|byte| if byte.is_ascii_alphanumeric() { char::from(byte).to_string() } else { format!("%{byte:02X}") })
        .collect()
}
