//! The entries of host/fuzz over their seeds and changed copies of them: they build, they run, and they hold.

#[path = "../../host/fuzz/entries.rs"]
mod entries;

use std::{fs, path::Path};

use crate::support::Random;

/// Changed copies of every seed.
const COPIES: usize = 400;
/// Bytes that parsers care about.
const SPICE: &[u8] = b"\0\n\"\\{}[]:,/%*.-+eE019<>&;!?\xff\xc3\x80";

/// Runs an entry over its seeds.
fn run(name: &str, entry: fn(&[u8])) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../host/fuzz/seeds").join(name);
    let mut seeds: Vec<_> = fs::read_dir(&folder).unwrap().map(|file| file.unwrap().path()).collect();
    seeds.sort_unstable();
    assert!(seeds.len() >= 3, "{name} has seeds");
    let seeds: Vec<Vec<u8>> = seeds.iter().map(|seed| fs::read(seed).unwrap()).collect();
    let mut random = Random::seeded(3);
    for seed in &seeds {
        entry(seed);
        for _ in 0..COPIES {
            let other = random.one(&seeds).clone();
            entry(&changed(&mut random, seed.clone(), &other));
        }
    }
}

/// A copy with a few changes: bytes replaced, put in, cut out, or the rest taken from another seed.
fn changed(random: &mut Random, mut bytes: Vec<u8>, other: &[u8]) -> Vec<u8> {
    for _ in 0..=random.below(4) {
        let place = random.below(bytes.len() + 1);
        let spice = *random.one(SPICE);
        match random.below(5) {
            0 => bytes.insert(place, spice),
            1 if place < bytes.len() => bytes[place] = spice,
            2 if place < bytes.len() => bytes[place] ^= 1 << random.below(8),
            3 => drop(bytes.drain(place..(place + random.below(10)).min(bytes.len()))),
            _ => {
                bytes.truncate(place);
                bytes.extend_from_slice(&other[random.below(other.len())..]);
            }
        }
    }
    bytes
}

#[test]
fn any_path_is_somebodys() {
    run("paths", entries::paths);
}

#[test]
fn any_conf_is_compiled_or_refused() {
    run("fields", entries::fields);
}

#[test]
fn any_specification_is_read_or_refused() {
    run("specifications", entries::specifications);
}

#[test]
fn any_record_in_xml_is_read_or_refused() {
    run("records", entries::records);
}

#[test]
fn any_body_is_read_or_refused() {
    run("decisions", entries::decisions);
}
