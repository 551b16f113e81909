//! The lines of the text format: as tracing's own layer writes them, in less time, since a line for every request is the dearest
//! single part of a small one.
//!
//! Called by tracing for every event. Knows nothing of who logs what, and of no spans: there are none.

use std::{
    fmt::{self, Debug, Write},
    sync::{Mutex, PoisonError},
};

use jiff::Timestamp;
use tracing::{
    Event, Level, Subscriber,
    field::{Field, Visit},
};
use tracing_subscriber::{
    fmt::{FmtContext, FormatEvent, FormatFields, format::Writer},
    registry::LookupSpan,
};

use crate::world::{Micros, World};

const MICROS_A_SECOND: Micros = 1_000_000;
/// The field that is the text of an event.
const MESSAGE: &str = "message";

/// Writes an event as a line: time, level, target, text and fields.
pub(super) struct Text {
    world: World,
    second: Mutex<Second>,
}

/// A second and how it is written, up to the point: hundreds of lines have the same.
#[derive(Default)]
struct Second {
    at: i64,
    text: String,
}

impl Text {
    pub(super) fn new(world: World) -> Text {
        Text { world, second: Mutex::default() }
    }

    fn time(&self, out: &mut Writer<'_>) -> fmt::Result {
        let now = self.world.now();
        let (at, micros) = (now.div_euclid(MICROS_A_SECOND), now.rem_euclid(MICROS_A_SECOND));
        let mut second = self.second.lock().unwrap_or_else(PoisonError::into_inner);
        if second.at != at || second.text.is_empty() {
            let written = Timestamp::from_second(at).map_err(|_| fmt::Error)?.to_string();
            *second = Second { at, text: written.trim_end_matches('Z').to_owned() };
        }
        write!(out, "{}.{micros:06}Z", second.text)
    }
}

impl<S, N> FormatEvent<S, N> for Text
where
    S: Subscriber + for<'a> LookupSpan<'a>,
    N: for<'a> FormatFields<'a> + 'static,
{
    fn format_event(&self, _: &FmtContext<'_, S, N>, mut out: Writer<'_>, event: &Event<'_>) -> fmt::Result {
        self.time(&mut out)?;
        out.write_str(word(event.metadata().level()))?;
        out.write_str(event.metadata().target())?;
        out.write_char(':')?;
        let mut line = Line { out, written: Ok(()) };
        event.record(&mut line);
        line.written?;
        line.out.write_char('\n')
    }
}

/// A level between blanks, all as long as the longest.
fn word(level: &Level) -> &'static str {
    match *level {
        Level::ERROR => " ERROR ",
        Level::WARN => "  WARN ",
        Level::INFO => "  INFO ",
        Level::DEBUG => " DEBUG ",
        Level::TRACE => " TRACE ",
    }
}

/// The fields of an event on their way into its line.
struct Line<'a> {
    out: Writer<'a>,
    written: fmt::Result,
}

impl Line<'_> {
    fn add(&mut self, field: &Field, value: impl FnOnce(&mut Writer<'_>) -> fmt::Result) {
        let Line { out, written } = self;
        if written.is_ok() {
            *written = name(out, field.name()).and_then(|()| value(out));
        }
    }
}

/// The text of an event has no name.
fn name(out: &mut Writer<'_>, name: &str) -> fmt::Result {
    out.write_char(' ')?;
    if name == MESSAGE {
        return Ok(());
    }
    out.write_str(name.trim_start_matches("r#"))?;
    out.write_char('=')
}

impl Visit for Line<'_> {
    fn record_str(&mut self, field: &Field, value: &str) {
        self.add(field, |out| match value.bytes().all(is_plain) {
            _ if field.name() == MESSAGE => Visible(out).write_str(value),
            true => [r#"""#, value, r#"""#].into_iter().try_for_each(|part| out.write_str(part)),
            false => write!(out, "{value:?}"),
        });
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        self.add(field, |out| write!(out, "{value}"));
    }

    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        self.add(field, |out| write!(Visible(out), "{value:?}"));
    }
}

/// Whether a character stands for itself between quotes.
fn is_plain(byte: u8) -> bool {
    matches!(byte, b' '..=b'~') && !matches!(byte, b'"' | b'\\')
}

/// Lets through what can be seen and ends of lines, and escapes the rest: a line must not do anything to a terminal.
struct Visible<'a, 'b>(&'a mut Writer<'b>);

impl Write for Visible<'_, '_> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        let hidden = |letter: char| letter.is_control() && !matches!(letter, '\n' | '\t');
        if text.bytes().all(|byte| matches!(byte, b' '..=b'~')) || !text.contains(hidden) {
            return self.0.write_str(text);
        }
        text.chars().try_for_each(|letter| match hidden(letter) {
            true => write!(self.0, "\\x{:02x}", u32::from(letter)),
            false => self.0.write_char(letter),
        })
    }
}

#[cfg(test)]
mod tests {
    use std::{
        io,
        sync::{Arc, Mutex},
    };

    use super::*;
    use crate::world::{Clock, Random};

    struct Fixed;

    impl Clock for Fixed {
        fn now(&self) -> Micros {
            1_767_225_599_000_042
        }
    }

    impl Random for Fixed {
        fn fill(&self, _: &mut [u8]) {}
    }

    #[derive(Clone, Default)]
    struct Lines(Arc<Mutex<Vec<u8>>>);

    impl io::Write for Lines {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().unwrap().extend_from_slice(bytes);
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    /// What is written of some events by us, and by tracing's own layer.
    fn written(tell: impl Fn()) -> [String; 2] {
        let (ours, theirs) = (Lines::default(), Lines::default());
        let builder = tracing_subscriber::fmt().with_ansi(false);
        let writer = ours.clone();
        let text = Text::new(World::new(Arc::new(Fixed), Arc::new(Fixed)));
        let subscriber = builder.event_format(text).with_writer(move || writer.clone()).finish();
        tracing::subscriber::with_default(subscriber, &tell);
        let writer = theirs.clone();
        let subscriber = tracing_subscriber::fmt().with_ansi(false).with_writer(move || writer.clone()).finish();
        tracing::subscriber::with_default(subscriber, &tell);
        [ours, theirs].map(|lines| String::from_utf8(lines.0.lock().unwrap().clone()).unwrap())
    }

    #[test]
    fn lines_are_as_those_of_tracing() {
        let [ours, theirs] = written(|| {
            tracing::info!(target: "access", method = "GET", path = "/a\"b\\c\u{e4}\n\u{1b}", status = 200_u16, minus = -1, yes = true);
            let error = io::Error::other("gone");
            tracing::error!(%error, peer = %"127.0.0.1:1", list = ?[1, 2], "a {} text", "whole");
            tracing::warn!("a\u{1b}[31m text");
        });
        let tails = |text: &str| text.lines().map(|line| line[27..].to_owned()).collect::<Vec<_>>();
        assert_eq!(tails(&ours), tails(&theirs));
        assert!(ours.starts_with("2025-12-31T23:59:59.000042Z  INFO access: method=\"GET\""), "{ours}");
    }
}
