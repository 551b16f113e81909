//! Diagnostics: `tracing` events as lines of text or JSON on stderr.
//!
//! Installed once by `cli`. Lines are gathered for a moment and written together, because a system call for every
//! request would be the most expensive part of a small request; warnings and errors are written at once. Lines are
//! never dropped: when stderr is slow and the buffer full, whoever logs waits.

#[cfg(test)]
pub(crate) mod captured;
mod text;

use std::{
    fmt,
    io::{self, Write},
    sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError},
    thread,
    time::Duration,
};

use tracing::{Level, Metadata, level_filters::LevelFilter};
use tracing_subscriber::{EnvFilter, Layer, fmt::MakeWriter, layer::SubscriberExt, util::SubscriberInitExt};

use crate::{
    config::{Log, LogFormat},
    world::World,
};
use text::Text;

/// How long a line may wait for company.
const GATHER: Duration = Duration::from_millis(50);
/// With more bytes than this waiting, the writer does not wait for its helper.
const FULL: usize = 256 * 1024;

/// Why the log could not be set up.
#[derive(Debug)]
pub enum LoggingError {
    /// `log.level` is neither a level nor directives.
    BadLevel(String),
    /// This process has a log already.
    AlreadyInstalled,
    /// The helper thread could not be started.
    Thread(io::Error),
}

impl fmt::Display for LoggingError {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            LoggingError::BadLevel(reason) => write!(out, "log.level: {reason}"),
            LoggingError::AlreadyInstalled => out.write_str("the log is already set up"),
            LoggingError::Thread(error) => write!(out, "cannot start the log's thread: {error}"),
        }
    }
}

impl std::error::Error for LoggingError {}

/// Keeps the log going; what still waits is written when it is dropped.
#[must_use = "dropping it ends the gathering of lines"]
#[derive(Debug)]
pub struct Logging(Arc<Shared<io::Stderr>>);

impl Drop for Logging {
    fn drop(&mut self) {
        self.0.lock().ended = true;
        self.0.flush();
        self.0.arrived.notify_all();
    }
}

/// Sends this process's events to stderr, and panics with them.
///
/// # Errors
/// The level is malformed, a log was installed before, or no thread could be started.
pub fn install(log: &Log) -> Result<Logging, LoggingError> {
    let filter = EnvFilter::try_new(&log.level).map_err(|error| LoggingError::BadLevel(error.to_string()))?;
    let shared = Arc::new(Shared::new(io::stderr()));
    let lines = Lines(shared.clone());
    let layer = tracing_subscriber::fmt::layer().with_writer(lines);
    let layer = match log.format {
        LogFormat::Text => layer.with_ansi(false).event_format(Text::new(World::system())).boxed(),
        LogFormat::Json => layer.json().flatten_event(true).with_current_span(false).with_span_list(false).boxed(),
    };
    let subscriber = tracing_subscriber::registry().with(filter).with(layer);
    subscriber.try_init().map_err(|_| LoggingError::AlreadyInstalled)?;
    start_gathering(shared.clone())?;
    std::panic::set_hook(Box::new(|panic| {
        tracing::error!(location = panic.location().map(tracing::field::display), "{}", text_of(panic));
    }));
    Ok(Logging(shared))
}

fn text_of<'a>(panic: &'a std::panic::PanicHookInfo<'_>) -> &'a str {
    panic.payload_as_str().unwrap_or("a panic without text")
}

fn start_gathering(shared: Arc<Shared<io::Stderr>>) -> Result<(), LoggingError> {
    let run = move || {
        while shared.wait_for_lines() {
            thread::sleep(GATHER);
            shared.flush();
        }
    };
    thread::Builder::new().name("log".to_owned()).spawn(run).map_err(LoggingError::Thread)?;
    Ok(())
}

/// Lines that wait, and where they go.
struct Shared<W> {
    waiting: Mutex<Waiting>,
    arrived: Condvar,
    out: Mutex<W>,
}

#[derive(Default)]
struct Waiting {
    bytes: Vec<u8>,
    ended: bool,
}

impl<W: Write> Shared<W> {
    fn new(out: W) -> Shared<W> {
        Shared { waiting: Mutex::default(), arrived: Condvar::new(), out: Mutex::new(out) }
    }

    /// A thread that panicked while logging leaves whole lines behind, so a poisoned lock is still good.
    fn lock(&self) -> MutexGuard<'_, Waiting> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn add(&self, line: &[u8], at_once: bool) {
        let mut waiting = self.lock();
        let was_empty = waiting.bytes.is_empty();
        waiting.bytes.extend_from_slice(line);
        let write_now = at_once || waiting.ended || waiting.bytes.len() > FULL;
        drop(waiting);
        if write_now {
            self.flush();
        } else if was_empty {
            self.arrived.notify_one();
        }
    }

    /// Writes what waits. The output is locked first, so that batches keep their order.
    fn flush(&self) {
        let mut out = self.out.lock().unwrap_or_else(PoisonError::into_inner);
        let bytes = std::mem::take(&mut self.lock().bytes);
        // Nobody is left to tell when stderr is gone.
        let _ = out.write_all(&bytes).and_then(|()| out.flush());
    }

    /// False when there will be no more lines.
    fn wait_for_lines(&self) -> bool {
        let waiting = self.lock();
        let idle = |waiting: &mut Waiting| waiting.bytes.is_empty() && !waiting.ended;
        let waiting = self.arrived.wait_while(waiting, idle).unwrap_or_else(PoisonError::into_inner);
        !waiting.ended
    }
}

impl<W> fmt::Debug for Shared<W> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("Shared")
    }
}

/// Makes a writer for every event.
struct Lines<W>(Arc<Shared<W>>);

/// Takes one event's line.
struct Line<'a, W> {
    shared: &'a Shared<W>,
    at_once: bool,
}

impl<'a, W: Write + 'static> MakeWriter<'a> for Lines<W> {
    type Writer = Line<'a, W>;

    fn make_writer(&'a self) -> Line<'a, W> {
        Line { shared: &self.0, at_once: true }
    }

    fn make_writer_for(&'a self, meta: &Metadata<'_>) -> Line<'a, W> {
        Line { shared: &self.0, at_once: LevelFilter::from_level(Level::WARN) >= *meta.level() }
    }
}

impl<W: Write> Write for Line<'_, W> {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        self.shared.add(line, self.at_once);
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(shared: &Shared<Vec<u8>>) -> String {
        String::from_utf8(shared.out.lock().unwrap().clone()).unwrap()
    }

    #[test]
    fn ordinary_lines_wait_and_warnings_take_them_along() {
        let shared = Arc::new(Shared::new(Vec::new()));
        let subscriber = tracing_subscriber::registry()
            .with(tracing_subscriber::fmt::layer().with_ansi(false).with_writer(Lines(shared.clone())));
        tracing::subscriber::with_default(subscriber, || {
            tracing::info!("first");
            assert_eq!(written(&shared), "");
            tracing::warn!("second");
        });
        let text = written(&shared);
        assert!(text.find("first").unwrap() < text.find("second").unwrap(), "{text}");
    }

    #[test]
    fn a_full_buffer_is_written_by_whoever_fills_it() {
        let shared = Shared::new(Vec::new());
        shared.add(&vec![b'x'; FULL], false);
        assert_eq!(written(&shared).len(), 0);
        shared.add(b"y", false);
        assert_eq!(written(&shared).len(), FULL + 1);
    }

    #[test]
    fn a_malformed_level_is_refused() {
        let log = Log { level: "a=b=c".to_owned(), format: LogFormat::Text };
        assert!(matches!(install(&log), Err(LoggingError::BadLevel(_))));
    }
}
