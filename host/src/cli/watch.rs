//! `--watch`: does something again whenever a file that it depends on is saved.
//!
//! Used by `policy test` and `plugin test`. Looks at the times of a few files several times a second, which works on every
//! file system and needs nothing from the kernel. Knows nothing of what is done.

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
    thread,
    time::{Duration, SystemTime},
};

use super::{Error, output};

/// How often the files are looked at.
const PAUSE: Duration = Duration::from_millis(300);
/// Folders that hold nothing an author writes.
const NOT_SOURCES: [&str; 4] = ["target", "node_modules", "__pycache__", "venv"];

/// What is remembered of a file: when it was written and how long it is.
type Seen = BTreeMap<PathBuf, (Option<SystemTime>, u64)>;

/// Runs `work` now and after every change of `files`, until nobody listens any more. What goes wrong in `work` is told, and the
/// next change tries again: a file that is half written is no reason to stop.
pub fn repeat(files: impl Fn() -> Vec<PathBuf>, mut work: impl FnMut() -> Result<(), Error>) -> Result<(), Error> {
    loop {
        // Looked at before the work, so that what is saved meanwhile counts as a change.
        let before = look(files());
        if let Err(error) = work() {
            output::complain(&error.to_string());
        }
        let changed = next_change(&before, &files);
        let names: Vec<String> = changed.iter().map(|path| path.display().to_string()).collect();
        if output::hand_over(&format!("\nchanged: {}", names.join(", "))).is_err() {
            return Ok(());
        }
    }
}

/// Waits until a file is another than `before`, and then until nothing changes any more.
fn next_change(before: &Seen, files: &impl Fn() -> Vec<PathBuf>) -> Vec<PathBuf> {
    let mut last = look(files());
    loop {
        thread::sleep(PAUSE);
        let now = look(files());
        let changed = differences(before, &now);
        if !changed.is_empty() && now == last {
            return changed;
        }
        last = now;
    }
}

fn look(files: Vec<PathBuf>) -> Seen {
    let seen = |path: PathBuf| {
        let about = fs::metadata(&path).ok()?;
        Some((path, (about.modified().ok(), about.len())))
    };
    files.into_iter().filter_map(seen).collect()
}

/// Files that came, went or were written.
fn differences(before: &Seen, now: &Seen) -> Vec<PathBuf> {
    let changed = now.iter().filter(|(path, seen)| before.get(*path) != Some(seen)).map(|(path, _)| path);
    let gone = before.keys().filter(|path| !now.contains_key(*path));
    changed.chain(gone).cloned().collect()
}

/// All files below `folder` that `wanted` takes. What cannot be read is not there.
pub fn below(folder: &Path, wanted: &impl Fn(&Path) -> bool) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        let name = entry.file_name().to_string_lossy().into_owned();
        if path.is_dir() {
            if !name.starts_with('.') && !NOT_SOURCES.contains(&name.as_str()) {
                files.extend(below(&path, wanted));
            }
        } else if wanted(&path) {
            files.push(path);
        }
    }
    files
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_came_went_and_changed_is_named() {
        let seen = |files: &[(&str, u64)]| -> Seen {
            files.iter().map(|(name, length)| (PathBuf::from(name), (None, *length))).collect()
        };
        let before = seen(&[("a", 1), ("b", 2), ("c", 3)]);
        assert!(differences(&before, &before).is_empty());
        let changed = differences(&before, &seen(&[("a", 1), ("b", 9), ("d", 4)]));
        assert_eq!(changed, ["b", "d", "c"].map(PathBuf::from));
    }
}
