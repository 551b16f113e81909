//! A reader of the text format of protocol buffers, as far as the suite uses it (protobuf.dev/reference/protobuf/textformat-spec).

/// A value of a field.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Value {
    /// A text or bytes.
    Text(Vec<u8>),
    /// A number, a truth value, a name.
    Word(String),
    /// A message.
    Message(Message),
}

/// The fields of a message, in their order.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Message(pub(crate) Vec<(String, Value)>);

impl Message {
    /// All values of a field.
    pub(crate) fn all<'m>(&'m self, field: &str) -> impl Iterator<Item = &'m Value> + use<'m> {
        let found: Vec<&Value> = self.0.iter().filter(|(name, _)| name == field).map(|(_, value)| value).collect();
        found.into_iter()
    }

    /// All values of a field that are messages.
    pub(crate) fn messages<'m>(&'m self, field: &str) -> impl Iterator<Item = &'m Message> + use<'m> {
        self.all(field).filter_map(|value| if let Value::Message(message) = value { Some(message) } else { None })
    }

    /// The message of a field.
    pub(crate) fn message(&self, field: &str) -> Option<&Message> {
        self.messages(field).next()
    }

    /// The text of a field.
    pub(crate) fn text(&self, field: &str) -> Option<String> {
        match self.all(field).next()? {
            Value::Text(text) => String::from_utf8(text.clone()).ok(),
            Value::Word(word) => Some(word.clone()),
            Value::Message(_) => None,
        }
    }
}

/// Reads a file.
pub(crate) fn read(text: &str) -> Message {
    let mut reader = Reader { bytes: text.as_bytes(), at: 0 };
    let message = reader.fields(None);
    assert_eq!(reader.at, text.len(), "the file is read to its end");
    message
}

struct Reader<'t> {
    bytes: &'t [u8],
    at: usize,
}

impl Reader<'_> {
    /// The next byte that is no space and no comment.
    fn peek(&mut self) -> Option<u8> {
        loop {
            match *self.bytes.get(self.at)? {
                b'#' => {
                    while self.bytes.get(self.at).is_some_and(|byte| *byte != b'\n') {
                        self.at += 1
                    }
                }
                byte if byte.is_ascii_whitespace() => self.at += 1,
                byte => return Some(byte),
            }
        }
    }

    fn takes(&mut self, wanted: u8) -> bool {
        let found = self.peek() == Some(wanted);
        self.at += usize::from(found);
        found
    }

    fn fields(&mut self, end: Option<u8>) -> Message {
        let mut fields = Vec::new();
        while let Some(byte) = self.peek() {
            if Some(byte) == end {
                self.at += 1;
                break;
            }
            let name = if self.takes(b'[') { self.until(b']') } else { self.word() };
            self.takes(b':');
            if self.takes(b'[') {
                while !self.takes(b']') {
                    fields.push((name.clone(), self.value()));
                    self.takes(b',');
                }
            } else {
                fields.push((name, self.value()));
            }
            let _ = self.takes(b',') || self.takes(b';');
        }
        Message(fields)
    }

    fn value(&mut self) -> Value {
        match self.peek() {
            Some(b'{') => {
                self.at += 1;
                Value::Message(self.fields(Some(b'}')))
            }
            Some(b'<') => {
                self.at += 1;
                Value::Message(self.fields(Some(b'>')))
            }
            Some(b'"' | b'\'') => {
                let mut text = Vec::new();
                while let Some(quote @ (b'"' | b'\'')) = self.peek() {
                    self.at += 1;
                    self.quoted(quote, &mut text);
                }
                Value::Text(text)
            }
            _ => Value::Word(self.word()),
        }
    }

    fn word(&mut self) -> String {
        self.peek();
        let start = self.at;
        while self.bytes.get(self.at).is_some_and(|byte| byte.is_ascii_alphanumeric() || b"_.-+/".contains(byte)) {
            self.at += 1;
        }
        assert!(self.at > start, "a word at byte {start}");
        String::from_utf8_lossy(&self.bytes[start..self.at]).into_owned()
    }

    fn until(&mut self, end: u8) -> String {
        let start = self.at;
        while self.bytes[self.at] != end {
            self.at += 1;
        }
        self.at += 1;
        String::from_utf8_lossy(&self.bytes[start..self.at - 1]).into_owned()
    }

    fn quoted(&mut self, quote: u8, text: &mut Vec<u8>) {
        loop {
            let byte = self.bytes[self.at];
            self.at += 1;
            match byte {
                _ if byte == quote => return,
                b'\\' => self.escape(text),
                other => text.push(other),
            }
        }
    }

    fn escape(&mut self, text: &mut Vec<u8>) {
        let byte = self.bytes[self.at];
        self.at += 1;
        match byte {
            b'n' => text.push(b'\n'),
            b'r' => text.push(b'\r'),
            b't' => text.push(b'\t'),
            b'a' => text.push(7),
            b'b' => text.push(8),
            b'f' => text.push(12),
            b'v' => text.push(11),
            b'x' | b'X' => {
                let byte = self.digits(16, 2);
                text.push(byte as u8);
            }
            b'u' | b'U' => {
                let point = self.digits(16, if byte == b'u' { 4 } else { 8 });
                let mut utf8 = [0; 4];
                text.extend_from_slice(char::from_u32(point).unwrap().encode_utf8(&mut utf8).as_bytes());
            }
            b'0'..=b'7' => {
                self.at -= 1;
                let byte = self.digits(8, 3);
                text.push(byte as u8);
            }
            other => text.push(other),
        }
    }

    fn digits(&mut self, radix: u32, most: usize) -> u32 {
        let mut value = 0;
        for _ in 0..most {
            let Some(digit) = self.bytes.get(self.at).and_then(|byte| char::from(*byte).to_digit(radix)) else { break };
            value = value * radix + digit;
            self.at += 1;
        }
        value
    }
}

#[test]
fn reads_what_the_suite_writes() {
    let message =
        read("a: 'x' \"\\101\\n\" # comment\n b { c: -1.5e3, d: true; d < e: [1, 2] > } [type.x/y.Z] { f: '' }");
    assert_eq!(message.text("a").as_deref(), Some("xA\n"));
    let b = message.message("b").unwrap();
    assert_eq!((b.text("c").as_deref(), b.all("d").count()), (Some("-1.5e3"), 2));
    assert_eq!(b.messages("d").next().unwrap().all("e").count(), 2);
    assert!(message.message("type.x/y.Z").is_some());
}
