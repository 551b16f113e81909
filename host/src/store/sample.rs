//! What the store's tests share: a store in a folder of its own, nouns and records to put into it, repeatable numbers.

use std::{
    path::{Path, PathBuf},
    sync::atomic::{AtomicU64, Ordering},
};

use serde::{Deserialize, Serialize};

use super::{Kind, Noun, Options, Record, Store, StoreError, Table};

/// A folder that is removed at the end of the test.
pub(super) struct Folder(PathBuf);

impl Folder {
    pub(super) fn new() -> Folder {
        static COUNT: AtomicU64 = AtomicU64::new(0);
        let name = format!("portcullis-store-{}-{}", std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed));
        let path = std::env::temp_dir().join(name);
        // Left over from a test process of the same number that was killed.
        let _ = std::fs::remove_dir_all(&path);
        std::fs::create_dir(&path).unwrap();
        Folder(path)
    }

    pub(super) fn file(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }

    pub(super) fn open(&self) -> Store {
        Store::open(&options(&self.file("data.redb"))).unwrap()
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

pub(super) fn options(path: &Path) -> Options {
    Options { path: path.to_path_buf(), cache_items: 1000, redb_cache_bytes: 4 << 20 }
}

/// A noun with a timeline.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Client {
    pub(super) name: String,
}

impl Client {
    pub(super) fn named(name: &str) -> Client {
        Client { name: name.to_owned() }
    }
}

impl Noun for Client {
    const KIND: Kind = Kind::Client;
}

/// A plain record.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct User {
    pub(super) logins: u64,
}

impl Record for User {
    const TABLE: Table = Table::User;
}

/// An error of a caller's own, as `domain` has one.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Refused {
    Rule(&'static str),
    Store(StoreError),
}

impl From<StoreError> for Refused {
    fn from(error: StoreError) -> Refused {
        Refused::Store(error)
    }
}

/// A small generator of repeatable numbers (xorshift64*), for tests that try many cases.
pub(super) struct Numbers(u64);

impl Numbers {
    pub(super) fn seeded(seed: u64) -> Numbers {
        Numbers(seed * 2 + 1)
    }

    pub(super) fn below(&mut self, end: usize) -> usize {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        (self.0.wrapping_mul(0x2545_F491_4F6C_DD1D) >> 33) as usize % end
    }
}
