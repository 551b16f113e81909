//! Where in a JSON text a member stands, for complaints that an editor can jump to.
//!
//! Used by `run`. The text has been read as JSON before, so nothing here says what is wrong with it: what cannot be followed
//! has no place.

/// Line and column, counted from 1, of the member at `pointer`, or of the innermost one around it that is there.
pub(super) fn of(text: &str, pointer: &str) -> Option<(u32, u32)> {
    let mut walk = Walk { bytes: text.as_bytes(), at: 0 };
    walk.blank();
    let mut found = walk.at;
    for step in pointer.split('/').skip(1) {
        let step = step.replace("~1", "/").replace("~0", "~");
        match walk.enter(&step) {
            Some(place) => found = place,
            None => break,
        }
    }
    position(text, found)
}

fn position(text: &str, offset: usize) -> Option<(u32, u32)> {
    let before = text.get(..offset)?;
    let line = before.matches('\n').count();
    let column = before.rsplit('\n').next().unwrap_or_default().chars().count();
    Some((u32::try_from(line + 1).ok()?, u32::try_from(column + 1).ok()?))
}

/// A position in the text, before a value.
struct Walk<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl Walk<'_> {
    /// Goes to the member or item `step` of the value here; answers where it begins: its name, or the item.
    fn enter(&mut self, step: &str) -> Option<usize> {
        match self.here()? {
            b'{' => self.member(step),
            b'[' => self.item(step.parse().ok()?),
            _ => None,
        }
    }

    fn member(&mut self, name: &str) -> Option<usize> {
        self.over(b'{')?;
        while self.here()? == b'"' {
            let begins = self.at;
            let is_it = self.string()? == name;
            self.over(b':')?;
            if is_it {
                return Some(begins);
            }
            self.value()?;
            self.over(b',')?;
        }
        None
    }

    fn item(&mut self, index: usize) -> Option<usize> {
        self.over(b'[')?;
        for _ in 0..index {
            self.value()?;
            self.over(b',')?;
        }
        (self.here()? != b']').then_some(self.at)
    }

    /// Goes to the end of the value here.
    fn value(&mut self) -> Option<()> {
        let mut depth = 0_usize;
        loop {
            match self.here()? {
                b'"' => drop(self.string()?),
                b'{' | b'[' => {
                    depth += 1;
                    self.at += 1;
                }
                b'}' | b']' => {
                    depth = depth.checked_sub(1)?;
                    self.at += 1;
                }
                b',' | b':' => self.at += 1,
                _ => self.scalar(),
            }
            self.blank();
            if depth == 0 {
                return Some(());
            }
        }
    }

    fn scalar(&mut self) {
        while self.here().is_some_and(|byte| !matches!(byte, b',' | b'}' | b']' | b' ' | b'\n' | b'\r' | b'\t')) {
            self.at += 1;
        }
    }

    fn string(&mut self) -> Option<String> {
        let begins = self.at;
        self.at += 1;
        while self.here()? != b'"' {
            self.at += if self.here()? == b'\\' { 2 } else { 1 };
        }
        self.at += 1;
        let text = serde_json::from_slice(self.bytes.get(begins..self.at)?).ok();
        self.blank();
        text
    }

    /// Passes this sign and the white space after it.
    fn over(&mut self, sign: u8) -> Option<()> {
        (self.here()? == sign).then(|| self.at += 1)?;
        self.blank();
        Some(())
    }

    fn blank(&mut self) {
        while self.here().is_some_and(|byte| byte.is_ascii_whitespace()) {
            self.at += 1;
        }
    }

    fn here(&self) -> Option<u8> {
        self.bytes.get(self.at).copied()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = r#"{
  "id": "a, {b}: \"[",
  "numbers": [1, -2.5e3,
    {"x": null, "y/z": [true]}],
  "last": 1
}"#;

    #[test]
    fn members_and_items_are_found_where_they_begin() {
        for (pointer, place) in [
            ("", (1, 1)),
            ("/id", (2, 3)),
            ("/numbers", (3, 3)),
            ("/numbers/1", (3, 18)),
            ("/numbers/2", (4, 5)),
            ("/numbers/2/y~1z", (4, 17)),
            ("/numbers/2/y~1z/0", (4, 25)),
            ("/last", (5, 3)),
        ] {
            assert_eq!(of(TEXT, pointer), Some(place), "{pointer}");
        }
    }

    #[test]
    fn what_is_not_there_is_told_around_it() {
        assert_eq!(of(TEXT, "/numbers/2/w"), Some((4, 5)));
        assert_eq!(of(TEXT, "/numbers/9"), Some((3, 3)));
        assert_eq!(of(TEXT, "/id/deeper"), Some((2, 3)));
        assert_eq!(of("", "/id"), Some((1, 1)));
        assert_eq!(of("{\"a", "/b"), Some((1, 1)));
    }
}
