//! The privacy ledger: what it says, that its signatures hold for anybody who has the public key, and that `portcullis
//! ledger verify` tells every way in which a file can be changed.

use std::{fs, path::Path, process::Output};

use aws_lc_rs::{
    digest,
    signature::{ECDSA_P256_SHA256_FIXED, UnparsedPublicKey},
};
use data_encoding::{BASE64URL_NOPAD, HEXLOWER};
use portcullis::server::STORE_FILE;
use redb::{Database, ReadableTable, TableDefinition};
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::support::{
    Caller, TestServer,
    made::ADMIN,
    people::{consent, events, make_consent, patch, say},
    process::{command, complaint, ended},
};

covers!("listPrivacyLedgerEventsBySubject");

type Bytes = &'static [u8];
const LEDGER: TableDefinition<'static, Bytes, Bytes> = TableDefinition::new("ledger");
const HEAD: TableDefinition<'static, Bytes, Bytes> = TableDefinition::new("ledger_head");

/// Runs `ledger verify` on a data folder.
fn verify(folder: &Path, more: &[&str]) -> Output {
    let arguments = [&["ledger", "verify", "--data", folder.to_str().unwrap()], more].concat();
    ended(&mut command(&arguments))
}

/// What it printed.
fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned()
}

/// The hash of the end of the tenant's chain, as it is printed for people.
fn end(output: &Output) -> String {
    let said = said(output);
    said.lines().last().unwrap().rsplit(' ').next().unwrap().to_owned()
}

/// Five events of `peter` and `paula`, a minute between them.
async fn five_events(server: &TestServer) -> (Caller, Caller) {
    let (admin, machine) = (server.as_admin(), server.as_system());
    make_consent(&admin, "eula", json!({ "description": "Version one" })).await;
    let says = [("peter", true), ("paula", true), ("peter", false), ("peter", true), ("paula", false)];
    for (person, granted) in says {
        say(&machine, person, "eula", granted, "explicit").await;
        server.world.advance_seconds(60);
    }
    // Tokens last an hour, the clock was moved.
    (admin, machine)
}

#[tokio::test(flavor = "multi_thread")]
async fn events_are_listed_by_subject_and_time() {
    let server = TestServer::start().await;
    let (admin, _) = five_events(&server).await;
    let all = events(&admin, "").await;
    let types: Vec<&str> = all.iter().map(|event| event["payload"]["event_type"].as_str().unwrap()).collect();
    let (granted, revoked) = ("consent_granted", "consent_revoked");
    assert_eq!(types, [granted, granted, revoked, granted, revoked]);
    let of = |person: &str| all.iter().filter(|event| event["subject"] == person).cloned().collect::<Vec<_>>();
    assert_eq!(events(&admin, "?sub=peter").await, of("peter"));
    assert_eq!(events(&admin, "?sub=paula").await, of("paula"));
    assert!(events(&admin, "?sub=nobody").await.is_empty());
    assert!(events(&admin, &format!("?sub={}", "x".repeat(1000))).await.is_empty());
    assert!(of("peter").len() == 3 && of("paula").len() == 2);

    // Both ends of a time are in it.
    let start = 1_767_268_800;
    let minutes = |from: i64, to: i64| format!("?from={}&to={}", start + from * 60, start + to * 60);
    assert_eq!(events(&admin, &minutes(1, 3)).await, all[1..4]);
    assert_eq!(events(&admin, &format!("{}&sub=peter", minutes(1, 3))).await, of("peter")[1..]);
    assert_eq!(events(&admin, &format!("?from={}", start + 60)).await, all[1..]);
    assert_eq!(events(&admin, &format!("?to={}", start + 59)).await, all[..1]);
    assert!(events(&admin, &minutes(3, 1)).await.is_empty());
    assert_eq!(events(&admin, "?after=3").await, all[3..]);
    assert_eq!(events(&admin, "?after=1&sub=peter").await, of("peter")[1..]);
    for query in ["?from=yesterday", "?to=1.5", "?magic=1", "?sub=a&sub=b", "?after=-1"] {
        admin.get(&format!("{ADMIN}/events{query}")).await.expect(400);
    }
    let theirs = server.as_other_admin().get("/api/admin/demo/events").await.expect(200).json();
    assert_eq!(theirs, json!({ "events": [] }));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_event_holds_everything_as_it_was() {
    let server = TestServer::start().await;
    let (admin, machine) = (server.as_admin(), server.as_system());
    let made = make_consent(&admin, "eula", json!({ "description": "Version one" })).await;
    make_consent(&admin, "ads", json!({})).await;
    let body = json!({
        "consents": [{ "consent_id": "eula", "granted": true, "grant_type": "implicit" }, { "consent_id": "ads", "granted": true }],
        "collection_timestamp": 1_257_894_000_000_000_000_i64,
        "context": { "ip": "52.14.142.76", "location": [25.2084, 55.2719], "device": { "b": 1, "a": 2 } },
        "language": "en", "triggered_by_action": "checkout",
    });
    let act = patch(&machine, "peter", &body).await.expect(201).json()["ConsentGrantActID"].clone();
    let given = events(&admin, "").await[0]["payload"]["consent_granted"]["given_at"].clone();
    server.world.advance_seconds(60);
    admin
        .put(&format!("{ADMIN}/consents/eula"), &consent("eula", json!({ "update_existing_grants": "implicitAll" })))
        .await
        .expect(201);
    let other = patch(&machine, "peter", &json!({ "consents": [{ "consent_id": "eula", "granted": false }] })).await;
    let other = other.expect(201).json()["ConsentGrantActID"].clone();

    let all = events(&admin, "").await;
    assert_eq!(all.len(), 3);
    let expected = json!({
        "event_type": "consent_granted",
        "consent_granted": {
            "consent_id": "eula", "version": 1, "grant_type": "implicit", "given_at": given,
            "subject": "peter", "tenant_id": "default", "consent_grant_act_id": act,
            "collection_timestamp": body["collection_timestamp"], "context": body["context"], "language": "en",
            "triggered_by_action": "checkout", "consent": made,
        },
    });
    assert_eq!(all[0]["payload"], expected);
    assert_eq!(all[1]["payload"]["consent_granted"]["consent_grant_act_id"], act, "one act for the whole call");
    let revoked = &all[2]["payload"]["consent_revoked"];
    assert_ne!(act, other);
    let seen = json!([
        revoked["version"],
        revoked["grant_type"],
        revoked["given_at"],
        revoked["consent_grant_act_id"],
        revoked["consent"]["version"]
    ]);
    assert_eq!(seen, json!([2, "implicit", given, other, 2]));
    assert_eq!(all[2]["payload"].as_object().unwrap().len(), 2);
}

/// The payloads of an answer, as the bytes that were sent.
fn payloads(body: &str) -> Vec<String> {
    let pieces = body.split("\"payload\":").skip(1);
    pieces.map(|piece| piece.split(",\"payload_signature\":").next().unwrap().to_owned()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn anybody_with_the_public_key_can_verify_the_chain() {
    let server = TestServer::start().await;
    let (admin, _) = five_events(&server).await;
    let answer = admin.get(&format!("{ADMIN}/events")).await.expect(200);
    let all = answer.json();
    let tenant = admin.get(&format!("{ADMIN}/tenant")).await.expect(200).json();
    let key = &tenant["jwks"]["keys"][0];
    let octets = |member: &str| BASE64URL_NOPAD.decode(key[member].as_str().unwrap().as_bytes()).unwrap();
    let key_bytes = [vec![4], octets("x"), octets("y")].concat();
    let mut previous = String::new();
    let texts = payloads(&answer.text());
    assert_eq!(texts.len(), 5);
    for (place, (event, payload)) in all["events"].as_array().unwrap().iter().zip(texts).enumerate() {
        let signature = event["payload_signature"].as_str().unwrap();
        let (header, signature) = signature.split_once("..").unwrap();
        let signed = format!("{header}.{}", BASE64URL_NOPAD.encode(payload.as_bytes()));
        let bytes = BASE64URL_NOPAD.decode(signature.as_bytes()).unwrap();
        UnparsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, &key_bytes).verify(signed.as_bytes(), &bytes).unwrap();
        let header: Value = serde_json::from_slice(&BASE64URL_NOPAD.decode(header.as_bytes()).unwrap()).unwrap();
        let expected = json!({
            "alg": "ES256", "typ": "privacy-event", "kid": key["kid"], "id": event["id"], "tenant": "default",
            "sub": event["subject"], "date": event["date"], "seq": place + 1, "prev": previous,
        });
        assert_eq!(header, expected);
        let whole = format!("{signed}.{signature}");
        previous = HEXLOWER.encode(digest::digest(&digest::SHA256, whole.as_bytes()).as_ref());
    }
    let verified = verify(&server.folder(), &[]);
    assert_eq!(end(&verified), previous, "the printed hash is the last event's");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_untouched_ledger_is_unbroken_with_and_without_a_server() {
    let server = TestServer::start().await;
    let empty = verify(&server.folder(), &[]);
    assert_eq!((empty.status.code(), said(&empty)), (Some(0), "there are no events\n".to_owned()));
    five_events(&server).await;
    let running = verify(&server.folder(), &[]);
    assert_eq!(running.status.code(), Some(0), "{}{}", said(&running), complaint(&running));
    let hash = end(&running);
    assert_eq!(said(&running), format!("default: 5 events, unbroken, ends with {hash}\n"));
    let (folder, world) = server.stop().await;
    let stopped = verify(folder.path(), &["--tenant", "default", "--json", "--expect", &hash]);
    assert_eq!(stopped.status.code(), Some(0), "{}", complaint(&stopped));
    let report: Value = serde_json::from_slice(&stopped.stdout).unwrap();
    let ledger = json!({ "tenant": "default", "events": 5, "head": hash, "expected": 5, "breaks": [] });
    assert_eq!(report, json!({ "unbroken": true, "expected_found": true, "ledgers": [ledger] }));

    // The chain goes on after a restart, and the hash that was written down is still in it.
    let server = TestServer::on(folder, world, |_| {}).await;
    say(&server.as_system(), "paula", "eula", true, "implicit").await;
    let longer = verify(&server.folder(), &["--expect", &hash.to_uppercase()]);
    assert_eq!(longer.status.code(), Some(0), "{}{}", said(&longer), complaint(&longer));
    assert!(said(&longer).contains("event 5 has the expected hash") && said(&longer).contains("6 events, unbroken"));
    assert_ne!(end(&longer), hash);

    let missing = verify(&server.folder(), &["--expect", &"0".repeat(64)]);
    assert_eq!(missing.status.code(), Some(1));
    assert!(said(&missing).contains("no event has the expected hash"), "{}", said(&missing));
    for wrong in [["--expect", "abc"], ["--tenant", "nobody"]] {
        let output = verify(&server.folder(), &wrong);
        assert_eq!((output.status.code(), said(&output)), (Some(2), String::new()), "{wrong:?}");
    }
    let nowhere = verify(&server.folder().join("nowhere"), &[]);
    assert_eq!(nowhere.status.code(), Some(2));
}

/// Everything of a table.
fn entries(database: &Database, table: TableDefinition<'static, Bytes, Bytes>) -> Vec<(Vec<u8>, Vec<u8>)> {
    let write = database.begin_write().unwrap();
    let table = write.open_table(table).unwrap();
    let entries = table.iter().unwrap().map(|entry| entry.unwrap());
    entries.map(|(key, value)| (key.value().to_vec(), value.value().to_vec())).collect()
}

/// Makes a table be exactly this.
fn replace(database: &Database, table: TableDefinition<'static, Bytes, Bytes>, entries: &[(Vec<u8>, Vec<u8>)]) {
    let write = database.begin_write().unwrap();
    {
        let mut table = write.open_table(table).unwrap();
        table.retain(|_, _| false).unwrap();
        for (key, value) in entries {
            table.insert(key.as_slice(), value.as_slice()).unwrap();
        }
    }
    write.commit().unwrap();
}

/// Changes one byte of the first place where `text` stands, and keeps the length.
fn scratch(bytes: &mut [u8], text: &str) {
    let place = bytes.windows(text.len()).position(|part| part == text.as_bytes()).expect("the text is there");
    bytes[place] ^= 1;
}

type Entries = Vec<(Vec<u8>, Vec<u8>)>;
type Tampering = fn(&mut Entries, &mut Entries);

/// What was done to the file, how, and what must be told.
const TAMPERINGS: &[(&str, Tampering, &[&str])] = &[
    (
        "a byte of a payload",
        |events, _| scratch(&mut events[2].1, "Version one"),
        &["event 3 does not have the hash", "event 3 has content that was not signed"],
    ),
    (
        "a byte of a subject",
        |events, _| scratch(&mut events[0].1, "peter"),
        &["event 1 has another subject", "event 1 is not listed under its subject"],
    ),
    (
        "a byte of a signature",
        |events, _| scratch(&mut events[4].1, ".."),
        &["event 5 has a signature that cannot be read"],
    ),
    ("bytes that are no record", |events, _| events[1].1.truncate(10), &["event 2 cannot be read"]),
    (
        "two events swapped",
        |events, _| {
            let (first, second) = (events[1].1.clone(), events[2].1.clone());
            (events[1].1, events[2].1) = (second, first);
        },
        &[
            "event 2 is in the place of another: it was signed as event 3",
            "event 3 is in the place of another: it was signed as event 2",
        ],
    ),
    ("the middle one removed", |events, _| drop(events.remove(2)), &["event 3 is missing"]),
    (
        "two in the middle removed",
        |events, _| drop(events.drain(1..3)),
        &["event 2 is missing, and so is everything up to event 3"],
    ),
    ("the last one removed", |events, _| drop(events.pop()), &["event 5 is missing"]),
    ("the first one removed", |events, _| drop(events.remove(0)), &["event 1 is missing"]),
    ("all removed", |events, _| events.clear(), &["event 1 is missing, and so is everything up to event 5"]),
    (
        "one removed and the others moved up",
        |events, _| {
            for place in 2..4 {
                events[place].1 = events[place + 1].1.clone();
            }
            events.pop();
        },
        &[
            "event 3 is in the place of another: it was signed as event 4",
            "event 3 does not follow the event before it",
            "event 5 is missing",
        ],
    ),
    (
        "one more at the end",
        |events, _| {
            let (key, value) = events[4].clone();
            let key = String::from_utf8(key).unwrap().replace("00005", "00006").into_bytes();
            events.push((key, value));
        },
        &["event 6 lies behind the end that the head names", "event 6 is in the place of another"],
    ),
    (
        "an entry that is no event",
        |events, _| {
            let (mut key, value) = events[4].clone();
            key.insert(key.len() - 1, b'x');
            events.push((key, value));
        },
        &["there is an entry that is no event"],
    ),
    (
        "the head's hash",
        |_, heads| {
            let place = heads[0].1.windows(4).position(|part| part == b"hash").unwrap() + 10;
            heads[0].1[place] ^= 1;
        },
        &["the head"],
    ),
    ("the head removed", |_, heads| heads.clear(), &["the head is missing"]),
    ("a key of somebody else's", |_, heads| scratch(&mut heads[0].1, "\"kty\""), &["was not put there by this server"]),
    (
        "everything removed",
        |events, heads| {
            events.clear();
            heads.clear();
        },
        &["there are grants and no ledger"],
    ),
];

#[tokio::test(flavor = "multi_thread")]
async fn whatever_is_changed_in_the_file_is_told() {
    let server = TestServer::start().await;
    five_events(&server).await;
    let (folder, _) = server.stop().await;
    let mut wrong = Vec::new();
    for (what, tamper, tellings) in TAMPERINGS {
        let copy = copy_of(folder.path());
        let database = Database::open(copy.path().join(STORE_FILE)).unwrap();
        let (mut events, mut heads) = (entries(&database, LEDGER), entries(&database, HEAD));
        assert_eq!((events.len(), heads.len()), (5, 1));
        tamper(&mut events, &mut heads);
        replace(&database, LEDGER, &events);
        replace(&database, HEAD, &heads);
        drop(database);
        let output = verify(copy.path(), &[]);
        let said = said(&output);
        let told =
            tellings.iter().all(|telling| said.contains(&format!("default: {telling}")) || said.contains(telling));
        if output.status.code() != Some(1) || !told {
            wrong.push(format!(
                "{what}: {tellings:?} expected, exit {:?}:\n{said}{}",
                output.status,
                complaint(&output)
            ));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert_eq!(verify(copy_of(folder.path()).path(), &[]).status.code(), Some(0), "a mere copy is unbroken");
}

fn copy_of(folder: &Path) -> TempDir {
    let copy = tempfile::tempdir().unwrap();
    fs::copy(folder.join(STORE_FILE), copy.path().join(STORE_FILE)).unwrap();
    copy
}

#[tokio::test(flavor = "multi_thread")]
async fn an_older_copy_of_the_chain_is_noticed_by_a_hash_from_elsewhere() {
    let server = TestServer::start().await;
    five_events(&server).await;
    let (folder, world) = server.stop().await;
    let older = entries(&Database::open(folder.path().join(STORE_FILE)).unwrap(), HEAD);
    let server = TestServer::on(folder, world, |_| {}).await;
    say(&server.as_system(), "paula", "eula", true, "explicit").await;
    let hash = end(&verify(&server.folder(), &[]));
    let (folder, _) = server.stop().await;

    let database = Database::open(folder.path().join(STORE_FILE)).unwrap();
    let mut events = entries(&database, LEDGER);
    replace(&database, HEAD, &older);
    drop(database);
    let half = verify(folder.path(), &[]);
    assert_eq!(half.status.code(), Some(1));
    assert!(said(&half).contains("event 6 lies behind the end that the head names"), "{}", said(&half));

    let database = Database::open(folder.path().join(STORE_FILE)).unwrap();
    events.pop();
    replace(&database, LEDGER, &events);
    drop(database);
    assert_eq!(verify(folder.path(), &[]).status.code(), Some(0), "in itself it is as it once was");
    let compared = verify(folder.path(), &["--expect", &hash]);
    assert_eq!(compared.status.code(), Some(1));
    assert!(said(&compared).contains("no event has the expected hash"), "{}", said(&compared));
}

#[tokio::test(flavor = "multi_thread")]
async fn many_at_once_make_one_chain() {
    let server = TestServer::start().await;
    let (admin, machine) = (server.as_admin(), server.as_system());
    make_consent(&admin, "eula", json!({ "update_existing_grants": "implicitAll" })).await;
    make_consent(&admin, "ads", json!({})).await;
    machine.token().await.unwrap();
    let body =
        json!({ "consents": [{ "consent_id": "eula", "granted": true }, { "consent_id": "ads", "granted": true }] });
    let calls: Vec<_> = (0..32)
        .map(|number| {
            let (machine, body) = (machine.clone(), body.clone());
            // Two calls for each person: the second one finds everything granted.
            tokio::spawn(async move { patch(&machine, &format!("person {}", number / 2), &body).await.expect(201) })
        })
        .collect();
    // The consent changes while they are signed.
    for number in 0..4 {
        let update =
            consent("eula", json!({ "description": format!("{number}"), "update_existing_grants": "implicitAll" }));
        admin.put(&format!("{ADMIN}/consents/eula"), &update).await.expect(201);
    }
    for call in calls {
        call.await.unwrap();
    }
    let all = events(&admin, "").await;
    let eulas = all.iter().filter(|event| event["payload"]["consent_granted"]["consent_id"] == "eula").count();
    assert_eq!(all.len() - eulas, 16, "each person has granted ads once");
    // An explicit grant that an update made implicit is granted explicitly once more.
    assert!((16..=32).contains(&eulas), "{eulas}");
    let verified = verify(&server.folder(), &[]);
    assert_eq!(verified.status.code(), Some(0), "{}", said(&verified));
    assert!(said(&verified).contains(&format!("{} events, unbroken", all.len())), "{}", said(&verified));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_long_list_is_cut_and_goes_on_where_it_was() {
    let server = TestServer::start().await;
    let (admin, machine) = (server.as_admin(), server.as_system());
    let mut changes = Vec::new();
    for number in 0..100 {
        let id = format!("consent-{number}");
        make_consent(&admin, &id, json!({})).await;
        changes.push(json!({ "consent_id": id, "granted": true }));
    }
    for person in 0..101 {
        patch(&machine, &format!("person {person}"), &json!({ "consents": changes })).await.expect(201);
    }
    let page = async |query: &str| admin.get(&format!("{ADMIN}/events{query}")).await.expect(200).json();
    let first = page("").await;
    let count = first["events"].as_array().unwrap().len();
    assert!((1..=10_000).contains(&count), "{count}");
    assert_eq!(first["next"], count, "the number of the last event");
    let rest = page(&format!("?after={count}")).await;
    assert_eq!(rest["events"].as_array().unwrap().len(), 10_100 - count);
    assert!(rest.get("next").is_none(), "{}", rest["next"]);
    let mut seen = std::collections::BTreeSet::new();
    for event in first["events"].as_array().unwrap().iter().chain(rest["events"].as_array().unwrap()) {
        assert!(seen.insert(event["id"].as_str().unwrap()), "twice: {event}");
    }
    let of_one = page("?sub=person%20100").await;
    assert_eq!(of_one["events"].as_array().unwrap().len(), 100);
}
