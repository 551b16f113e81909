//! The bytes of uploaded components, kept once whoever uploaded them, as long as a plugin of any tenant has them.
//!
//! Written by the operations on plugins inside their transactions; the sandbox reads them through `decision::Library`.

use std::fmt;

use serde::{
    Deserialize, Deserializer, Serialize, Serializer,
    de::{self, Visitor},
};

use super::Plugin;
use crate::{
    decision::{Inspected, Library},
    domain::{Domain, Failure},
    store::{Index, Record, Store, StoreError, Table, WeakStore, Write, index, pages, records, timeline},
};

/// The first part of the keys that have no tenant.
const EVERYWHERE: &str = "";

/// What is known of an uploaded component, by digest.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Component(pub Inspected);

impl Record for Component {
    const TABLE: Table = Table::Component;
}

/// Its bytes, compressed.
#[derive(Serialize, Deserialize)]
struct ComponentBytes(Packed);

impl Record for ComponentBytes {
    const TABLE: Table = Table::ComponentBytes;
}

/// A component made ready for the store.
#[derive(Clone)]
pub(super) struct Packed(Vec<u8>);

impl Packed {
    /// Takes a while for a large one.
    pub(super) fn new(wasm: &[u8]) -> Packed {
        Packed(pages::compress(wasm))
    }
}

impl Serialize for Packed {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_bytes(&self.0)
    }
}

impl<'de> Deserialize<'de> for Packed {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Packed, D::Error> {
        struct Bytes;

        impl Visitor<'_> for Bytes {
            type Value = Packed;

            fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str("bytes")
            }

            fn visit_bytes<E: de::Error>(self, bytes: &[u8]) -> Result<Packed, E> {
                Ok(Packed(bytes.to_vec()))
            }

            fn visit_byte_buf<E: de::Error>(self, bytes: Vec<u8>) -> Result<Packed, E> {
                Ok(Packed(bytes))
            }
        }

        deserializer.deserialize_byte_buf(Bytes)
    }
}

/// The uploaded components of a store, as the sandbox asks for them. A build in the background may outlive the server: it must not keep
/// the store open.
pub struct Shelf(WeakStore);

impl Shelf {
    /// Those of this store.
    pub fn over(store: &Store) -> Shelf {
        Shelf(store.downgrade())
    }
}

impl Library for Shelf {
    fn wasm(&self, digest: &str) -> Result<Option<Vec<u8>>, String> {
        let store = self.0.open().ok_or("the store is closed")?;
        let unpacked = || {
            // Past the cache: they are large, and the sandbox asks for them once.
            let found = records::get::<ComponentBytes>(&store.read()?, &[digest])?;
            found.map(|ComponentBytes(Packed(bytes))| pages::decompress(&bytes)).transpose()
        };
        unpacked().map_err(|error: StoreError| error.to_string())
    }
}

/// What is known of an uploaded component.
pub(super) fn component(domain: &Domain, digest: &str) -> Result<Inspected, Failure> {
    let lost = || Failure::Internal { log: format!("a plugin has the component {digest}, which is gone") };
    known(domain, digest)?.ok_or_else(lost)
}

/// The same, when somebody has it.
pub(super) fn known(domain: &Domain, digest: &str) -> Result<Option<Inspected>, Failure> {
    Ok(domain.store.record::<Component>(&[digest])?.map(|found| found.0.clone()))
}

/// Puts a component on the shelf, unless it is there. Whoever does so has it, too.
pub(super) fn put(write: &mut Write<'_>, component: &Inspected, packed: &Packed) -> Result<(), Failure> {
    let key = [component.digest.as_str()];
    if records::get::<Component>(&*write, &key)?.is_none() {
        records::put(write, &key, &Component(component.clone()))?;
        records::put(write, &key, &ComponentBytes(packed.clone()))?;
    }
    Ok(())
}

/// Writes down that a plugin has the components of `now` instead of those of `before`. What nobody has goes.
pub(super) fn switch(
    write: &mut Write<'_>,
    tenant: &str,
    name: &str,
    before: Option<&Plugin>,
    now: Option<&Plugin>,
) -> Result<(), Failure> {
    let holder = format!("{tenant}/{name}");
    let digests = |plugin: Option<&Plugin>| -> Vec<String> {
        plugin.into_iter().flat_map(|plugin| &plugin.versions).map(|version| version.digest.clone()).collect()
    };
    let (before, now) = (digests(before), digests(now));
    for digest in &now {
        if records::get::<Component>(&*write, &[digest])?.is_none() {
            let reason = format!("the component {digest} is no longer there: upload it again");
            return Err(Failure::Conflict { noun: "plugin", reason });
        }
        index::put(write, Index::ComponentHolders, &[EVERYWHERE, digest], &holder)?;
    }
    for digest in before.iter().filter(|digest| !now.contains(digest)) {
        let key = [EVERYWHERE, digest.as_str()];
        index::remove(write, Index::ComponentHolders, &key, &holder)?;
        if !index::any(&*write, Index::ComponentHolders, &key)? {
            records::delete::<Component>(write, &[digest])?;
            records::delete::<ComponentBytes>(write, &[digest])?;
        }
    }
    Ok(())
}

/// Writes down that a tenant, which goes, has no components any more.
pub(in crate::domain) fn forget(write: &mut Write<'_>, tenant: &str, at: i64) -> Result<(), Failure> {
    for (name, state) in timeline::list::<Plugin>(&*write, tenant, at, None, usize::MAX)? {
        switch(write, tenant, &name, Some(&state.value), None)?;
    }
    Ok(())
}
