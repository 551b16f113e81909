//! Tenants as a whole: which there are, and that one goes without a trace in the others.

use std::{collections::BTreeSet, ops::Bound, ops::ControlFlow};

use crate::store::{
    Index, StoreError, Table, View, index, pages, records,
    sample::{Client, Folder, User},
    tenants, timeline,
};

/// Every key of the store but the version counters, as (table, key).
fn keys(view: &impl View) -> BTreeSet<(&'static str, Vec<u8>)> {
    let mut found = BTreeSet::new();
    for table in Table::ALL.into_iter().filter(|table| !matches!(table, Table::Identities | Table::Meta)) {
        view.scan(table, Bound::Unbounded, Bound::Unbounded, false, &mut |key, _| {
            found.insert((table.name(), key.to_vec()));
            Ok(ControlFlow::Continue(()))
        })
        .unwrap();
    }
    found
}

fn page(tenant: &str, first: u8) -> pages::Page {
    pages::Page { tenant: tenant.to_owned(), first: [first; 16], last: [first; 16], bytes: vec![1; 100] }
}

#[test]
fn a_tenant_goes_whole_and_alone() {
    let folder = Folder::new();
    let store = folder.open();
    let fill = |tenant: &'static str| {
        store
            .write_blocking::<_, StoreError>(move |write| {
                for id in ["a", "b"] {
                    timeline::append(write, tenant, id, Client::named(id), 1, 1, "ada")?;
                    timeline::append(write, tenant, id, Client::named("later"), 2, 2, "ada")?;
                    records::put(write, &[tenant, id], &User { logins: 1 })?;
                    index::put(write, Index::ServerClients, &[tenant, "s"], id)?;
                    index::put(write, Index::Names, &[tenant, "scope", "s", id], id)?;
                }
                pages::append(write, &page(tenant, 1), u64::MAX)?;
                pages::append(write, &page(tenant, 2), u64::MAX).map(drop)
            })
            .unwrap();
    };
    // One name is the beginning of the other, and one comes before, one after.
    ["sho", "shop2", "a", "t"].into_iter().for_each(fill);
    let before = keys(&store.read().unwrap());
    let bytes = pages::total_bytes(&store.read().unwrap()).unwrap();
    fill("shop");
    assert_eq!(tenants::known(&store.read().unwrap()).unwrap(), ["a", "sho", "shop", "shop2", "t"]);
    assert!(store.current::<Client>("shop", "a", 5).unwrap().is_some());
    assert!(store.record::<User>(&["shop", "a"]).unwrap().is_some());

    let erased = store.write_blocking::<_, StoreError>(|write| tenants::erase(write, "shop")).unwrap();
    assert_eq!(erased, 4 + 2 + 4 + 2, "states, records, entries of indexes, pages");
    let read = store.read().unwrap();
    assert_eq!(keys(&read), before);
    assert_eq!(pages::total_bytes(&read).unwrap(), bytes);
    assert!(store.current::<Client>("shop", "a", 5).unwrap().is_none(), "the cache forgets as well");
    assert!(store.record::<User>(&["shop", "a"]).unwrap().is_none());

    // Versions go on, so that no entity tag names two states.
    let version = store
        .write_blocking::<_, StoreError>(|write| {
            timeline::append(write, "shop", "a", Client::named("again"), 6, 6, "ada")
        })
        .unwrap()
        .version;
    assert_eq!(version, 3);
    assert_eq!(store.write_blocking::<_, StoreError>(|write| tenants::erase(write, "nobody")).unwrap(), 0);
}
