//! The odd cases of pages, as Spring Data answers them.

use serde_json::json;

use super::*;

const KNOWN: [(&str, char); 3] = [("id", 'i'), ("createdAt", 'c'), ("a.b", 'n')];

fn asked(query: &str) -> Result<Pageable<char>, Failure> {
    let pairs: Vec<_> = form_urlencoded::parse(query.as_bytes()).into_owned().collect();
    read(&pairs, &KNOWN, Sort { name: "createdAt", property: 'c', descending: true, ignore_case: false })
}

#[test]
fn pages_and_sizes_that_make_no_sense_are_the_usual_ones() {
    for (query, page, size) in [
        ("", 0, 20),
        ("page=3&size=7", 3, 7),
        ("page=-1&size=-1", 0, 20),
        ("page=x&size=x", 0, 20),
        ("page=&size=", 0, 20),
        ("page=1.5&size=1.5", 0, 20),
        ("page=%201&size=1%20", 0, 20),
        ("page=%2B2&size=%2B2", 2, 2),
        ("size=0", 0, 20),
        ("size=2000", 0, 2000),
        ("size=2001", 0, 2000),
        ("size=2147483647", 0, 2000),
        // These are no numbers of 32 bits.
        ("size=2147483648", 0, 20),
        ("page=2147483648", 0, 20),
        ("page=2147483647&size=2000", 2_147_483_647, 2000),
        ("page=1&page=2&size=3&size=4", 1, 3),
        ("pageable=page,0,size,1,sort,string", 0, 20),
    ] {
        let found = asked(query).unwrap();
        assert_eq!((found.page, found.size), (page, size), "{query}");
        assert_eq!(found.sort.len(), 1, "{query}");
    }
}

#[test]
fn orders_are_read_from_the_end_of_each_parameter() {
    let usual = "c-";
    for (query, expected) in [
        ("", usual),
        ("sort=", usual),
        ("sort=id", "i"),
        ("sort=id,asc", "i"),
        ("sort=id,DESC", "i-"),
        ("sort=id,createdAt,desc", "i-c-"),
        ("sort=id,desc&sort=createdAt", "i-c"),
        ("sort=createdAt&sort=id,desc", "ci-"),
        ("sort=id,ignorecase", "i~"),
        ("sort=id,createdAt,desc,IgnoreCase", "i-~c-~"),
        ("sort=id,id", "ii"),
        // A word alone is a direction and names no property.
        ("sort=desc", usual),
        ("sort=ignorecase", usual),
        ("sort=asc,ignorecase", usual),
        ("sort=.,..,%20,id,desc", "i-"),
        ("sort=,,id,,desc,", "i-"),
        ("sort=a.b,desc", "n-"),
        ("sort=id&sort=", "i"),
    ] {
        let found = asked(query).unwrap();
        let shown: String = found
            .sort
            .iter()
            .map(|sort| {
                format!(
                    "{}{}{}",
                    sort.property,
                    if sort.descending { "-" } else { "" },
                    if sort.ignore_case { "~" } else { "" }
                )
            })
            .collect();
        assert_eq!(shown, expected, "{query}");
    }
}

#[test]
fn a_property_that_is_not_known_is_refused() {
    for query in ["sort=config", "sort=ID", "sort=id,desc,createdAt,x", "sort=%20id", "sort=id,ignorecase,desc"] {
        let expected = Failure::malformed("query.sort", "is not by one of id, createdAt, a.b");
        assert_eq!(asked(query), Err(expected), "{query}");
    }
}

#[test]
fn a_page_knows_its_place() {
    let place = |query: &str, content: usize, total: usize| {
        let body = PageBody::new(&asked(query).unwrap(), vec![0; content], total);
        (body.first, body.last, body.total_pages, body.number_of_elements, body.empty, body.pageable.offset)
    };
    assert_eq!(place("", 0, 0), (true, true, 0, 0, true, 0));
    assert_eq!(place("size=2", 2, 2), (true, true, 1, 2, false, 0));
    assert_eq!(place("size=2", 2, 5), (true, false, 3, 2, false, 0));
    assert_eq!(place("size=2&page=1", 2, 5), (false, false, 3, 2, false, 2));
    assert_eq!(place("size=2&page=2", 1, 5), (false, true, 3, 1, false, 4));
    assert_eq!(place("size=2&page=9", 0, 5), (false, true, 3, 0, true, 18));
}

#[test]
fn the_envelope_has_every_member() {
    let body = PageBody::new(&asked("page=1&size=2&sort=id,desc,ignorecase").unwrap(), vec!["x"], 3);
    let sort = json!([{
        "direction": "DESC", "nullHandling": "NATIVE", "ascending": false, "property": "id", "ignoreCase": true,
    }]);
    let expected = json!({
        "totalElements": 3, "totalPages": 2, "first": false, "last": true, "size": 2, "content": ["x"], "number": 1,
        "sort": sort, "numberOfElements": 1, "empty": false,
        "pageable": {
            "offset": 2, "sort": sort, "pageSize": 2, "unpaged": false, "pageNumber": 1, "paged": true,
        },
    });
    assert_eq!(serde_json::to_value(body).unwrap(), expected);
}
