//! Records, indexes and the ring of pages.

use std::ops::{Bound, ControlFlow};

use crate::store::{
    Index, Store, StoreError, Write, index,
    key::LONGEST_TEXT,
    pages, records,
    sample::{Folder, User},
};

fn write<R: Send + 'static>(
    store: &Store,
    work: impl FnMut(&mut Write<'_>) -> Result<R, StoreError> + Send + 'static,
) -> R {
    store.write_blocking(work).unwrap()
}

#[test]
fn records_are_listed_by_the_parts_of_their_keys() {
    let folder = Folder::new();
    let store = folder.open();
    write(&store, |write| {
        for (logins, key) in [["t", "b"], ["t", "a"], ["tt", "c"], ["", "d"]].iter().enumerate() {
            records::put(write, key, &User { logins: logins as u64 })?;
        }
        Ok(())
    });
    let read = store.read().unwrap();
    let keys = |prefix: &[&str]| -> Vec<String> {
        records::list_prefix::<User>(&read, prefix).unwrap().into_iter().map(|(key, _)| key.join("/")).collect()
    };
    assert_eq!(keys(&[]), ["/d", "t/a", "t/b", "tt/c"]);
    assert_eq!(keys(&["t"]), ["t/a", "t/b"]);
    assert_eq!(keys(&["t", "b"]), ["t/b"]);
    let page = |prefix: &[&str], after: &[&str], limit| -> Vec<String> {
        let records = records::list_after::<User>(&read, prefix, Some(after), limit).unwrap();
        records.into_iter().map(|(key, _)| key.join("/")).collect()
    };
    assert_eq!(page(&[], &["", "d"], 2), ["t/a", "t/b"]);
    assert_eq!(page(&["t"], &["t", "a"], 9), ["t/b"]);
    assert_eq!(page(&["t"], &["", "d"], 9), ["t/a", "t/b"]);
    assert_eq!(page(&["t"], &["tt", "c"], 9), [""; 0]);
    assert_eq!(page(&["t"], &["", "d"], 0), [""; 0]);
    assert_eq!(records::get::<User>(&read, &["t", "a"]), Ok(Some(User { logins: 1 })));
    assert_eq!(records::get::<User>(&read, &["t"]), Ok(None));
    let long = "x".repeat(LONGEST_TEXT + 1);
    for bad in [&[][..], &["t", "a\0b"], &["t", &long]] {
        assert_eq!(records::get::<User>(&read, bad), Ok(None));
        assert_eq!(store.record::<User>(bad), Ok(None));
    }
    assert_eq!(records::list_prefix::<User>(&read, &["a\0b"]), Ok(Vec::new()));
    let refused = store.write_blocking(|write| records::put(write, &["a\0b"], &User { logins: 1 }));
    assert_eq!(refused, Err(StoreError::BadKey));
    assert_eq!(store.stats().cache_misses, 0, "the cache was not asked");
    assert!(write(&store, |write| records::delete::<User>(write, &["t", "a"])));
    assert!(!write(&store, |write| records::delete::<User>(write, &["t", "a"])));
}

#[test]
fn an_index_knows_the_ids_under_exactly_one_key() {
    let folder = Folder::new();
    let store = folder.open();
    write(&store, |write| {
        index::put(write, Index::ServerClients, &["t", "s"], "c2")?;
        index::put(write, Index::ServerClients, &["t", "s"], "c1")?;
        index::put(write, Index::ServerClients, &["t", "s"], "c1")?;
        index::put(write, Index::ServerClients, &["t", "s", "deeper"], "c3")?;
        index::put(write, Index::PolicyUsers, &["t", "s"], "c4")
    });
    let ids = |index, key: &[&str]| index::ids(&store.read().unwrap(), index, key).unwrap();
    let page = |after: Option<&str>, limit| {
        index::ids_after(&store.read().unwrap(), Index::ServerClients, &["t", "s"], after, limit).unwrap()
    };
    assert_eq!(page(None, 1), ["c1"]);
    assert_eq!(page(Some("c1"), 9), ["c2"]);
    assert_eq!(page(Some("c10"), 9), ["c2"], "also behind an id that is not there");
    assert_eq!(page(Some("c2"), 9), Vec::<String>::new());
    assert_eq!(page(None, 0), Vec::<String>::new());
    let any = |index, key: &[&str]| index::any(&store.read().unwrap(), index, key).unwrap();
    assert_eq!(ids(Index::ServerClients, &["t", "s"]), ["c1", "c2"]);
    assert_eq!(ids(Index::ServerClients, &["t"]), [""; 0]);
    assert!(!any(Index::ServerClients, &["t"]));
    assert!(any(Index::PolicyUsers, &["t", "s"]));
    write(&store, |write| {
        index::remove(write, Index::PolicyUsers, &["t", "s"], "c4")?;
        assert!(!index::any(&*write, Index::PolicyUsers, &["t", "s"])?);
        index::remove(write, Index::ServerClients, &["t", "s"], "c1")?;
        index::remove(write, Index::ServerClients, &["t", "s"], "never there")
    });
    assert_eq!(ids(Index::ServerClients, &["t", "s"]), ["c2"]);
    assert!(!any(Index::PolicyUsers, &["t", "s"]));
}

fn id(number: u8) -> pages::PageId {
    let mut id = [0; 16];
    id[0] = number;
    id
}

fn sizes(store: &Store) -> Vec<(u8, usize)> {
    sizes_of(store, "t")
}

fn sizes_of(store: &Store, tenant: &str) -> Vec<(u8, usize)> {
    let mut found = Vec::new();
    pages::scan(&store.read().unwrap(), tenant, Bound::Unbounded, Bound::Unbounded, false, &mut |id, page| {
        found.push((id[0], page.unwrap().len()));
        ControlFlow::Continue(())
    })
    .unwrap();
    found
}

/// Bytes in front of every page.
const HEAD: usize = 2;

fn page(tenant: &str, number: u8, bytes: &[u8]) -> pages::Page {
    pages::Page { tenant: tenant.to_owned(), first: id(number), last: id(number), bytes: bytes.to_vec() }
}

fn append(store: &Store, number: u8, length: usize, limit: usize) -> u64 {
    append_of(store, "t", number, length, limit)
}

fn append_of(store: &Store, tenant: &str, number: u8, length: usize, limit: usize) -> u64 {
    let page = page(tenant, number, &vec![number; length]);
    write(store, move |write| pages::append(write, &page, limit as u64))
}

#[test]
fn the_ring_stays_within_its_bound_by_dropping_the_oldest() {
    let folder = Folder::new();
    let store = folder.open();
    let limit = 3 * (100 + HEAD);
    assert_eq!([10, 20, 30].map(|number| append(&store, number, 100, limit)), [0, 0, 0]);
    assert_eq!(append(&store, 40, 100, limit), 1);
    assert_eq!(sizes(&store), [(20, 100), (30, 100), (40, 100)]);
    assert_eq!(append(&store, 50, 150, limit), 2);
    assert_eq!(sizes(&store), [(40, 100), (50, 150)]);
    assert_eq!(append(&store, 50, 10, limit), 0, "a page handed in again takes the place of the first");
    assert_eq!(append(&store, 60, 1000, limit), 2);
    assert_eq!(sizes(&store), [(60, 1000)], "the newest page stays, even when it alone is too large");
    assert_eq!(append(&store, 5, 20, limit), 1, "a page that comes late is not what is dropped");
    assert_eq!(sizes(&store), [(5, 20)]);
    let read = store.read().unwrap();
    assert_eq!(pages::total_bytes(&read), Ok(20 + HEAD as u64));
    assert_eq!(pages::last(&read), Ok(id(60)), "the greatest id there ever was");
}

#[test]
fn a_tenant_that_logs_much_does_not_push_out_one_that_logs_little() {
    let folder = Folder::new();
    let store = folder.open();
    append_of(&store, "quiet", 1, 98, 1000);
    for number in 2..100 {
        append_of(&store, "loud", number, 98, 1000);
    }
    assert_eq!(sizes_of(&store, "quiet"), [(1, 98)]);
    assert_eq!(sizes_of(&store, "loud").len(), 9);
    for number in 100..200 {
        append_of(&store, "quiet", number, 98, 1000);
    }
    assert_eq!((sizes_of(&store, "quiet").len(), sizes_of(&store, "loud").len()), (5, 5), "then each has its half");
    let read = store.read().unwrap();
    assert_eq!(pages::tenants(&read), Ok(vec!["loud".to_owned(), "quiet".to_owned()]));
    assert_eq!(sizes_of(&store, "qui"), [], "a tenant's name is no prefix of another's");
    append_of(&store, "large", 250, 5000, 1000);
    assert_eq!(pages::tenants(&store.read().unwrap()), Ok(vec!["large".to_owned()]));
}

#[test]
fn the_bound_holds_after_every_page() {
    let folder = Folder::new();
    let store = folder.open();
    let mut numbers = crate::store::sample::Numbers::seeded(3);
    for number in 0..120 {
        append(&store, number, numbers.below(300), 1000);
        let stored: usize = sizes(&store).iter().map(|(_, length)| length + HEAD).sum();
        assert!(stored <= 1000, "{stored}");
        assert_eq!(pages::total_bytes(&store.read().unwrap()), Ok(stored as u64));
    }
}

#[test]
fn a_page_is_found_by_any_record_in_it_and_unpacks_to_what_it_was() {
    let folder = Folder::new();
    let store = folder.open();
    let content = b"a decision, and another decision, and another decision".repeat(20);
    let packed = pages::compress(&content);
    assert!(packed.len() < content.len());
    write(&store, move |write| {
        pages::append(write, &page("t", 10, &packed), u64::MAX)?;
        pages::append(write, &page("u", 15, b"another tenant's"), u64::MAX)?;
        pages::append(write, &page("t", 20, b"second"), u64::MAX)
    });
    let read = store.read().unwrap();
    let (first, bytes) = pages::containing(&read, "t", &id(19)).unwrap().unwrap();
    assert_eq!((first, pages::decompress(&bytes).unwrap()), (id(10), content));
    assert_eq!(pages::containing(&read, "t", &id(20)), Ok(Some((id(20), b"second".to_vec()))));
    assert_eq!(pages::containing(&read, "t", &id(9)), Ok(None));
    assert!(matches!(pages::decompress(&[0xff; 8]), Err(StoreError::Corrupt { .. })));
    assert!(matches!(pages::decompress(&bytes[..bytes.len() / 2]), Err(StoreError::Corrupt { .. })));
    assert!(matches!(pages::decompress(&[]), Err(StoreError::Corrupt { .. })));

    let mut newest_first = Vec::new();
    pages::scan(&read, "t", Bound::Included(id(10)), Bound::Excluded(id(30)), true, &mut |id, _| {
        newest_first.push(id[0]);
        ControlFlow::Continue(())
    })
    .unwrap();
    assert_eq!(newest_first, [20, 10]);
}
