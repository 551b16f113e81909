//! Lists in pages, walked as a client of Spring Data walks them.

use serde_json::{Value, json};

use super::{
    APPLICATIONS,
    cast::{ids, plain},
};
use crate::support::{Caller, TestServer};

/// A client that only knows pages: it asks for the next one until one says that it is the last.
async fn walk(caller: &Caller, path: &str, size: usize, sort: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut number = 0;
    loop {
        let answer = caller.get(&format!("{path}?page={number}&size={size}{sort}")).await.expect(200);
        let page = answer.json();
        let content = ids(&answer);
        let total = usize::try_from(page["totalElements"].as_u64().unwrap()).unwrap();
        assert_eq!(page["number"], number);
        assert_eq!(page["pageable"]["pageNumber"], number);
        assert_eq!(page["pageable"]["offset"], number * size);
        assert_eq!((&page["size"], &page["pageable"]["pageSize"]), (&json!(size), &json!(size)));
        assert_eq!(page["numberOfElements"], content.len());
        assert_eq!(page["totalPages"], total.div_ceil(size));
        assert_eq!(page["first"], number == 0);
        assert_eq!(page["empty"], content.is_empty());
        assert_eq!(page["sort"], page["pageable"]["sort"]);
        found.extend(content);
        if page["last"] == json!(true) {
            assert_eq!(found.len(), total);
            return found;
        }
        number += 1;
        assert!(number < 100, "a last page comes");
    }
}

/// Applications a0 … of the tenant `default`, a second apart; every third is disabled.
async fn with(count: usize) -> (TestServer, Caller) {
    let server = TestServer::start().await;
    let setup = server.as_setup();
    for number in 0..count {
        let mut body = plain(json!({}));
        body["id"] = json!(format!("{}{number:02}", if number % 2 == 0 { "a" } else { "A" }));
        body["organizationId"] = json!("default");
        body["disabled"] = json!(number % 3 == 0);
        setup.post(APPLICATIONS, &body).await.expect(200);
        server.world.advance_seconds(1);
    }
    let admin = server.as_admin();
    (server, admin)
}

fn numbers(ids: &[String]) -> Vec<usize> {
    ids.iter().map(|id| id[1..].parse().unwrap()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn every_application_is_on_one_page() {
    let (_server, admin) = with(23).await;
    let newest_first: Vec<usize> = (0..23).rev().collect();
    for size in [1, 2, 5, 22, 23, 24, 2000] {
        assert_eq!(numbers(&walk(&admin, APPLICATIONS, size, "").await), newest_first, "{size}");
    }
    let oldest_first: Vec<usize> = (0..23).collect();
    assert_eq!(numbers(&walk(&admin, APPLICATIONS, 7, "&sort=createdAt").await), oldest_first);
    let by_id = walk(&admin, APPLICATIONS, 4, "&sort=id,asc").await;
    assert!(by_id.is_sorted() && by_id[0].starts_with('A'), "{by_id:?}");
    assert_eq!(numbers(&walk(&admin, APPLICATIONS, 4, "&sort=id,asc,ignorecase").await), oldest_first);
    let two = numbers(&walk(&admin, APPLICATIONS, 4, "&sort=disabled,desc&sort=createdAt,asc").await);
    let (disabled, others): (Vec<usize>, Vec<usize>) = (0..23).partition(|number| number % 3 == 0);
    assert_eq!(two, [disabled, others].concat());
    // What is equal has an order all the same, or pages would overlap.
    let equal = walk(&admin, APPLICATIONS, 4, "&sort=type,organizationId,desc").await;
    assert!(equal.is_sorted(), "{equal:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_envelope_says_what_was_asked_for() {
    let (_server, admin) = with(3).await;
    let sorted = |property: &str, descending: bool, ignore_case: bool| {
        json!({
            "direction": if descending { "DESC" } else { "ASC" }, "nullHandling": "NATIVE", "ascending": !descending,
            "property": property, "ignoreCase": ignore_case,
        })
    };
    let page = async |query: &str| -> Value { admin.get(&format!("{APPLICATIONS}?{query}")).await.expect(200).json() };
    let mut usual = page("").await;
    assert_eq!(usual["content"].as_array().unwrap().len(), 3);
    usual["content"] = json!([]);
    let sort = json!([sorted("createdAt", true, false)]);
    let expected = json!({
        "totalElements": 3, "totalPages": 1, "first": true, "last": true, "size": 20, "content": [], "number": 0,
        "sort": sort, "numberOfElements": 3, "empty": false,
        "pageable": { "offset": 0, "sort": sort, "pageSize": 20, "unpaged": false, "pageNumber": 0, "paged": true },
    });
    assert_eq!(usual, expected);
    let many = page("sort=type,id,desc,ignorecase&sort=version").await;
    let sort = json!([sorted("type", true, true), sorted("id", true, true), sorted("version", false, false)]);
    assert_eq!(many["sort"], sort);
    let beyond = page("page=7&size=2").await;
    assert_eq!((&beyond["content"], &beyond["empty"]), (&json!([]), &json!(true)));
    assert_eq!((&beyond["last"], &beyond["first"], &beyond["totalPages"]), (&json!(true), &json!(false), &json!(2)));
}

#[tokio::test(flavor = "multi_thread")]
async fn pages_that_make_no_sense_are_the_usual_ones_and_properties_are_refused() {
    let (_server, admin) = with(2).await;
    for (query, number, size) in [
        ("page=-1&size=-1", 0, 20),
        ("page=one&size=all", 0, 20),
        ("size=0", 0, 20),
        ("size=2001", 0, 2000),
        ("size=99999999999", 0, 20),
        ("page=1&page=x&size=1", 1, 1),
        ("pageable=page,0,size,1,sort,string", 0, 20),
        ("sort=desc", 0, 20),
    ] {
        let page = admin.get(&format!("{APPLICATIONS}?{query}")).await.expect(200).json();
        assert_eq!((&page["number"], &page["size"]), (&json!(number), &json!(size)), "{query}");
    }
    // A configuration must not be told by the order of a list.
    for property in ["config", "secret", "ID", "id,desc,createdAt,sideways"] {
        let answer = admin.get(&format!("{APPLICATIONS}?sort={property}")).await.expect(400).json();
        assert!(answer["error"].as_str().unwrap().starts_with("query.sort: is not by one of id, "), "{answer}");
    }
}
