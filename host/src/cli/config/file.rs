//! Files with a configuration: YAML or JSON, which say the same, written for their owner alone.

use std::{
    fs::{self, File, OpenOptions},
    io::{self, IsTerminal, Read, Write},
    os::unix::fs::OpenOptionsExt,
    path::Path,
};

use clap::ValueEnum;
use serde_json::Value;

use crate::{api::read, cli::Error};

/// Stands for stdin or stdout.
const STANDARD: &str = "-";

/// How a file is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum Format {
    /// YAML
    Yaml,
    /// JSON
    Json,
}

impl Format {
    /// What a file of this name has, unless somebody says otherwise.
    pub(super) fn of(file: Option<&Path>) -> Format {
        let extension = file.and_then(Path::extension);
        if extension.is_some_and(|extension| extension == "json") { Format::Json } else { Format::Yaml }
    }

    /// A document as text.
    pub(super) fn text(self, document: &Value) -> Result<String, Error> {
        match self {
            Format::Json => Ok(serde_json::to_string_pretty(document).map_err(Error::from_display)? + "\n"),
            Format::Yaml => {
                let text = serde_saphyr::to_string_with_options(document, yaml()).map_err(Error::from_display)?;
                // YAML has more ways to misunderstand a text than anybody can list.
                match read::large_document(text.as_bytes()).is_ok_and(|again| again == *document) {
                    true => Ok(text),
                    false => Err(Error::new("this cannot be written as YAML without changing it: use --format json")),
                }
            }
        }
    }
}

/// Texts that could be taken for something else are quoted, for readers of YAML 1.1 as well.
fn yaml() -> serde_saphyr::SerializerOptions {
    serde_saphyr::ser_options! { prefer_block_scalars: false }
}

/// Reads a file, or stdin for `-`.
pub(super) fn read(file: &Path) -> Result<Value, Error> {
    let failed = |error: io::Error| Error::new(format!("{}: {error}", file.display()));
    let mut text = Vec::new();
    if file == Path::new(STANDARD) {
        io::stdin().read_to_end(&mut text).map_err(failed)?;
    } else {
        text = fs::read(file).map_err(failed)?;
    }
    read::large_document(&text).map_err(|problem| Error::new(format!("{}: {problem}", file.display())))
}

/// Writes a file, or to stdout for `-` and when no file is named. A terminal must be asked for: the text holds secrets.
pub(super) fn write(file: Option<&Path>, text: &str) -> Result<(), Error> {
    match file {
        Some(file) if file != Path::new(STANDARD) => {
            put(file, text).map_err(|error| Error::new(format!("{}: {error}", file.display())))
        }
        None if io::stdout().is_terminal() => {
            Err(Error::new("this would show secrets on the terminal: give --output FILE, or --output - to see them"))
        }
        _ => {
            let mut out = io::stdout();
            out.write_all(text.as_bytes()).and_then(|()| out.flush()).map_err(Error::from_display)
        }
    }
}

/// The file is there as a whole or as it was, and its owner's alone from the first byte.
fn put(file: &Path, text: &str) -> io::Result<()> {
    let name = file.file_name().ok_or(io::ErrorKind::InvalidInput)?;
    // A link or a device would be replaced rather than written to.
    if fs::symlink_metadata(file).is_ok_and(|there| !there.is_file()) {
        return Err(io::Error::new(io::ErrorKind::AlreadyExists, "is there and is no file"));
    }
    let mut partial = name.to_owned();
    partial.push(".partial");
    let partial = file.with_file_name(partial);
    // Left over from a command that was killed; its rights are not known.
    match fs::remove_file(&partial) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let mut out = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&partial)?;
    out.write_all(text.as_bytes())?;
    out.sync_all()?;
    fs::rename(&partial, file)?;
    let folder = file.parent().filter(|folder| *folder != Path::new("")).unwrap_or(Path::new("."));
    File::open(folder)?.sync_all()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn yaml_and_json_say_the_same_to_the_byte() {
        let words = [
            "",
            " ",
            "null",
            "~",
            "true",
            "yes",
            "No",
            "on",
            "y",
            "1",
            "-1",
            "0x1F",
            "0o7",
            "1_000",
            "1e3",
            ".5",
            ".inf",
            ".nan",
            "1:30",
            "2026-01-01",
            "=",
            "<<",
            "-",
            "- a",
            "?",
            ": ",
            "a: b",
            "a #b",
            "#",
            "&a",
            "*a",
            "!a",
            "%a",
            "@a",
            "`a",
            "'",
            "\"",
            "\\",
            "a\nb",
            "a\n",
            "\n",
            "\ta",
            "a\r\nb",
            "\u{85}",
            "\u{2028}",
            "\u{feff}a",
            "\u{0}",
            "\u{7f}",
            "ä€😀",
            "a, b",
            "[a]",
            "{a}",
            "|",
            ">",
            "$argon2id$v=19$m=1,t=1$c2FsdA$aGFzaA",
            "---",
            "...",
        ];
        let long = "word ".repeat(200);
        let texts: Vec<Value> = words.iter().map(|word| json!(word)).chain([json!(long)]).collect();
        let keys: serde_json::Map<String, Value> =
            words.iter().filter(|word| **word != "<<").map(|word| ((*word).to_owned(), json!([word]))).collect();
        let document = json!({
            "texts": texts, "keys": keys, "nested": [[], {}, [[1, -2, 3.5, u64::MAX, i64::MIN]], { "a": { "b": null } }],
            "flags": [true, false, null],
        });
        for format in [Format::Yaml, Format::Json] {
            let text = format.text(&document).unwrap();
            let again = read::large_document(text.as_bytes()).unwrap_or_else(|problem| panic!("{problem}\n{text}"));
            assert_eq!(again.to_string(), document.to_string(), "{format:?}\n{text}");
        }
    }

    #[test]
    fn only_files_are_replaced() {
        let folder = std::env::temp_dir().join(format!("portcullis-put-{}", std::process::id()));
        fs::create_dir(&folder).unwrap();
        let (file, link) = (folder.join("file"), folder.join("link"));
        put(&file, "one").unwrap();
        put(&file, "two").unwrap();
        std::os::unix::fs::symlink(&file, &link).unwrap();
        for other in [&link, &folder] {
            assert_eq!(put(other, "three").unwrap_err().kind(), io::ErrorKind::AlreadyExists);
        }
        assert_eq!(fs::read_to_string(&link).unwrap(), "two");
        assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
        fs::remove_dir_all(&folder).unwrap();
    }

    #[test]
    fn the_name_says_the_format() {
        for (name, format) in
            [("a.json", Format::Json), ("a.yaml", Format::Yaml), ("a.yml", Format::Yaml), ("-", Format::Yaml)]
        {
            assert_eq!(Format::of(Some(Path::new(name))), format, "{name}");
        }
        assert_eq!(Format::of(None), Format::Yaml);
    }
}
