//! What the server says of itself, and what lies in its folder.

use std::{fs, path::Path, thread, time::Duration};

use portcullis::world::Stopwatch;

use crate::{line::Line, server::Server};

/// No start takes longer unless something is wrong.
const PATIENCE: Duration = Duration::from_secs(120);

/// Waits until the server says that it is ready.
pub(crate) fn ready(server: &Server) {
    let watch = Stopwatch::start();
    let mut line = Line::new(server.address);
    while line.send("GET", "/health/ready", &[], "").0 != 200 {
        assert!(watch.elapsed() < PATIENCE, "the server does not get ready");
        thread::sleep(Duration::from_millis(1));
    }
}

/// Images built since the start.
pub(crate) fn built(server: &Server) -> f64 {
    metric(server, "portcullis_sandbox_builds_total ")
}

/// Images in memory.
pub(crate) fn images(server: &Server) -> f64 {
    metric(server, "portcullis_sandbox_images ")
}

fn metric(server: &Server, name: &str) -> f64 {
    let (status, text) = Line::new(server.address).send("GET", "/metrics", &[], "");
    assert_eq!(status, 200);
    text.lines().find_map(|line| line.strip_prefix(name)).unwrap().trim().parse().unwrap()
}

/// The files of a folder: how many, and their bytes.
pub(crate) fn artefacts(folder: &Path) -> (usize, u64) {
    let files = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().metadata().unwrap().len());
    let sizes: Vec<u64> = files.collect();
    (sizes.len(), sizes.iter().sum())
}
