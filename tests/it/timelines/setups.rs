//! Setups, clients and resource servers that change later.

use portcullis::crypto::Secret;
use portcullis::domain::{
    Failure, Untimely,
    setup::{
        self, CURRENT_SETUP, Filter, Metadata, SETUP, SNAPSHOT, Setup, ValidAt,
        client::{self, CLIENT, CURRENT_CLIENT, SetupClient},
        resource_server::{self, RESOURCE_SERVER, ResourceScope, ResourceServer},
    },
};
use portcullis::store::{Index, StoreError, Write, index};
use serde_json::json;

use super::{TENANT, ann, by, domain, machine, make_machine, make_setup, not_found, second, shop};
use crate::support::{
    Caller, TestServer,
    made::{ADMIN, ask_token, make_client, make_policy, yes},
};

const GRANT: &str = "grant_type=client_credentials";

fn scope(name: &str) -> ResourceScope {
    ResourceScope { name: name.to_owned(), ..ResourceScope::default() }
}

fn api(name: &str, scopes: &[&str]) -> ResourceServer {
    let scopes = scopes.iter().map(|name| scope(name)).collect();
    ResourceServer { name: name.to_owned(), scopes, ..ResourceServer::default() }
}

fn names(server: &ResourceServer) -> Vec<&str> {
    server.scopes.iter().map(|scope| scope.name.as_str()).collect()
}

#[track_caller]
fn untimely<T: std::fmt::Debug>(answer: Result<T, Failure>, expected: Untimely) {
    match answer {
        Err(Failure::Untimely { why, .. }) => assert_eq!(why, expected),
        other => panic!("{expected:?}? {other:?}"),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_scheduled_holds_at_the_token_endpoint_exactly_from_its_instant_and_without_a_write() {
    let server = TestServer::start().await;
    let (caller, domain) = (ann(), domain(&server));
    let id = make_setup(&server, "Shop", 600).await;
    let made = resource_server::create(domain, &by(&caller), TENANT, &id, api("Api", &["read", "write"]), None).await;
    let resource = made.unwrap().0;
    let (entity, secret) = make_machine(&server, &id, "till", &["read", "write"]).await;

    setup::replace(domain, &by(&caller), TENANT, &id, shop("Shop", 60), second(100)).await.unwrap();
    let less = api("Api", &["read", "other"]);
    resource_server::replace(domain, &by(&caller), TENANT, &id, &resource, less, second(200)).await.unwrap();
    let idle = SetupClient { grant_types: vec!["authorization_code".to_owned()], ..machine("till", &["read"]) };
    client::replace(domain, &by(&caller), TENANT, &id, &entity, idle, None, second(300)).await.unwrap();

    let ask = async |more: &str| ask_token(&server, &id, "till", &secret, &format!("{GRANT}{more}")).await;
    let told = async || {
        let body = ask("").await.expect(200).json();
        (body["expires_in"].as_i64().unwrap(), body["scope"].as_str().unwrap().to_owned())
    };
    let before = domain.store.commit_sequence();
    assert_eq!(told().await, (600, "read write".to_owned()));
    server.world.advance_micros(100_000_000 - 1);
    assert_eq!(told().await.0, 600);
    server.world.advance_micros(1);
    assert_eq!(told().await, (60, "read write".to_owned()));
    server.world.advance_micros(100_000_000 - 1);
    ask("&scope=write").await.expect(200);
    server.world.advance_micros(1);
    assert_eq!(told().await, (60, "read".to_owned()));
    assert_eq!(ask("&scope=write").await.expect(400).json()["error"], "invalid_scope");
    server.world.advance_micros(100_000_000 - 1);
    ask("").await.expect(200);
    server.world.advance_micros(1);
    assert_eq!(ask("").await.expect(400).json()["error"], "unauthorized_client");
    assert_eq!(domain.store.commit_sequence(), before, "nothing was written at the switch");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_setup_that_begins_later_is_there_from_its_instant_with_everything_in_it() {
    let server = TestServer::start().await;
    let (caller, domain, admin) = (ann(), domain(&server), server.as_admin());
    let (id, made) = setup::create(domain, &by(&caller), TENANT, shop("Later", 600), second(100)).await.unwrap();
    assert_eq!((made.valid_from, made.value.owner.as_str()), (second(100).unwrap(), "ann"));
    not_found(setup::show(domain, TENANT, &id), CURRENT_SETUP);
    let path = format!("{ADMIN}/servers/{id}");
    admin.get(&path).await.expect(404);
    admin.delete(&path).await.expect(404);
    admin.post(&format!("{ADMIN}/servers"), &json!({ "id": id, "name": "Other" })).await.expect(409);
    let listed = |at| {
        let filter = Filter { valid_at: at, ..Filter::default() };
        setup::list(domain, TENANT, &filter).unwrap().into_iter().any(|(listed, _)| listed == id)
    };
    assert!(!listed(ValidAt::Now) && listed(ValidAt::Any) && listed(ValidAt::At(made.valid_from)));

    let early = client::create(domain, &by(&caller), TENANT, &id, machine("early", &[]), None, None).await;
    not_found(early, SETUP);
    let later =
        client::create(domain, &by(&caller), TENANT, &id, machine("late", &["openid"]), None, second(100)).await;
    let entity = later.unwrap().0;
    not_found(client::show(domain, TENANT, &id, &entity), CURRENT_CLIENT);
    let secret = client::secret(domain, TENANT, &id, &entity).unwrap().unwrap().expose().to_owned();
    ask_token(&server, &id, "late", &secret, GRANT).await.expect(404);
    server.world.advance_seconds(100);
    ask_token(&server, &id, "late", &secret, GRANT).await.expect(200);
    admin.get(&path).await.expect(200);
    let scopes = admin.get(&format!("{path}/scopes")).await.expect(200).json();
    assert!(scopes.to_string().contains("openid"), "{scopes}");
    assert!(listed(ValidAt::Now));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_setup_can_begin_earlier_than_it_was_to() {
    let server = TestServer::start().await;
    let (caller, domain) = (ann(), domain(&server));
    let (id, _) = setup::create(domain, &by(&caller), TENANT, shop("Later", 600), second(100)).await.unwrap();
    setup::replace(domain, &by(&caller), TENANT, &id, shop("Sooner", 300), None).await.unwrap();
    let (_, secret) = make_machine(&server, &id, "till", &["openid"]).await;
    let told = async || ask_token(&server, &id, "till", &secret, GRANT).await.expect(200).json();
    assert_eq!((told().await["expires_in"].clone(), told().await["scope"].clone()), (json!(300), json!("openid")));
    server.world.advance_seconds(100);
    assert_eq!(told().await["expires_in"], 600, "what was scheduled stays");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_made_stricter_today_is_not_loosened_by_what_was_scheduled_yesterday() {
    let server = TestServer::start().await;
    let (caller, domain, admin) = (ann(), domain(&server), server.as_admin());
    let id = make_setup(&server, "Shop", 600).await;
    let (entity, _) = make_machine(&server, &id, "till", &["openid"]).await;
    let owner = |name: &str| SetupClient { owner: name.to_owned(), ..machine("till", &["openid"]) };
    setup::replace(domain, &by(&caller), TENANT, &id, shop("Shop later", 60), second(100)).await.unwrap();
    client::replace(domain, &by(&caller), TENANT, &id, &entity, owner("bob"), None, second(100)).await.unwrap();
    let made = resource_server::create(domain, &by(&caller), TENANT, &id, api("Api", &["read"]), None).await.unwrap();
    resource_server::replace(domain, &by(&caller), TENANT, &id, &made.0, api("New", &["read"]), second(100))
        .await
        .unwrap();

    make_policy(&admin, "strict", json!([yes()])).await;
    let change = async |path: &str, member: &str, value: serde_json::Value| {
        let mut shown = admin.get(path).await.expect(200).json();
        shown[member] = value;
        admin.put(path, &shown).await.expect(200);
    };
    let server_path = format!("{ADMIN}/servers/{id}");
    let scopes = admin.get(&format!("{server_path}/scopes")).await.expect(200).json();
    let read = scopes["scopes"].as_array().unwrap().iter().find(|scope| scope["name"] == "read").unwrap();
    let scope_path = format!("{ADMIN}/scopes/{}", read["id"].as_str().unwrap());
    change(&server_path, "enforce_pkce", json!(true)).await;
    change(&format!("{ADMIN}/clients/till"), "description", json!("of the front")).await;
    change(&scope_path, "user_policy_id", json!("strict")).await;
    let kept = setup::show(domain, TENANT, &id).unwrap().value;
    assert_eq!(
        (kept.owner.as_str(), kept.client_defaults.grant_types.len()),
        ("ann", 1),
        "acp keeps what it cannot see"
    );

    server.world.advance_seconds(100);
    let shown = admin.get(&server_path).await.expect(200).json();
    assert_eq!((&shown["name"], &shown["enforce_pkce"]), (&json!("Shop later"), &json!(true)));
    assert_eq!(admin.get(&format!("{ADMIN}/clients/till")).await.expect(200).json()["description"], "of the front");
    assert_eq!(client::show(domain, TENANT, &id, &entity).unwrap().value.owner, "bob");
    assert_eq!(admin.get(&scope_path).await.expect(200).json()["user_policy_id"], "strict");
    admin.delete(&format!("{ADMIN}/policies/strict")).await.expect(400);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_grant_that_is_taken_away_does_not_come_back_with_what_is_scheduled() {
    let server = TestServer::start().await;
    let (caller, domain, admin) = (ann(), domain(&server), server.as_admin());
    let id = make_setup(&server, "Shop", 600).await;
    let with = |grants: &[&str]| {
        let mut wanted = shop("Shop", 600);
        wanted.client_defaults.grant_types = grants.iter().map(|grant| (*grant).to_owned()).collect();
        wanted
    };
    setup::replace(domain, &by(&caller), TENANT, &id, with(&["implicit"]), second(100)).await.unwrap();
    let path = format!("{ADMIN}/servers/{id}");
    let mut shown = admin.get(&path).await.expect(200).json();
    assert_eq!(shown["grant_types"], json!(["authorization_code", "client_credentials", "refresh_token"]));
    shown["grant_types"] = json!(["client_credentials"]);
    admin.put(&path, &shown).await.expect(200);
    server.world.advance_seconds(100);
    assert_eq!(admin.get(&path).await.expect(200).json()["grant_types"], json!(["client_credentials", "implicit"]));
}

#[tokio::test(flavor = "multi_thread")]
async fn only_what_has_yet_to_begin_can_be_scheduled_and_taken_back() {
    let server = TestServer::start().await;
    let (caller, domain) = (ann(), domain(&server));
    server.world.advance_seconds(1000);
    let past = setup::create(domain, &by(&caller), TENANT, shop("Shop", 600), second(900)).await;
    untimely(past, Untimely::Past);
    let (id, first) = setup::create(domain, &by(&caller), TENANT, shop("Shop", 600), second(990)).await.unwrap();
    assert!(first.valid_from >= second(1000).unwrap(), "a little late is now");
    let replace = async |at| setup::replace(domain, &by(&caller), TENANT, &id, shop("Next", 60), second(at)).await;
    untimely(replace(900).await, Untimely::Past);
    let next = replace(1100).await.unwrap();
    untimely(replace(1100).await, Untimely::Taken);
    let unschedule = async |name: &str| setup::unschedule(domain, &by(&caller), TENANT, &id, name).await;
    untimely(unschedule(&first.id).await, Untimely::Begun);
    not_found(unschedule(&"0".repeat(32)).await, SNAPSHOT);
    not_found(setup::unschedule(domain, &by(&caller), TENANT, "nothing", &next.id).await, SETUP);
    let all = |with| setup::snapshots(domain, TENANT, &id, ValidAt::Any, with).unwrap();
    assert_eq!(all(false).iter().map(|state| state.value.name.as_str()).collect::<Vec<_>>(), ["Shop", "Next"]);
    assert_eq!(
        setup::snapshot(domain, TENANT, &id, &next.id).unwrap().value.client_defaults.access_token_ttl,
        Some(60)
    );
    unschedule(&next.id).await.unwrap();
    not_found(setup::snapshot(domain, TENANT, &id, &next.id), SNAPSHOT);
    not_found(unschedule(&next.id).await, SNAPSHOT);
    server.world.advance_seconds(200);
    let shown = setup::show(domain, TENANT, &id).unwrap();
    assert_eq!(shown.value.name, "Shop");

    let send_back = async |at| setup::replace(domain, &by(&caller), TENANT, &id, shop("Changed", 60), Some(at)).await;
    let changed = send_back(shown.valid_from).await.unwrap();
    assert!(changed.valid_from >= second(1200).unwrap(), "what was read and sent back holds from now on");
    untimely(send_back(shown.valid_from).await, Untimely::Past);

    let (only, state) = setup::create(domain, &by(&caller), TENANT, shop("Only", 600), second(2000)).await.unwrap();
    untimely(setup::unschedule(domain, &by(&caller), TENANT, &only, &state.id).await, Untimely::Last);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_deleted_ends_with_what_is_scheduled_and_comes_back_as_something_new() {
    let server = TestServer::start().await;
    let (caller, domain, admin) = (ann(), domain(&server), server.as_admin());
    let id = make_setup(&server, "Shop", 600).await;
    let (entity, secret) = make_machine(&server, &id, "till", &["openid"]).await;
    setup::replace(domain, &by(&caller), TENANT, &id, shop("Next", 60), second(100)).await.unwrap();
    let keys = async || server.anonymous().get(&format!("/default/{id}/.well-known/jwks.json")).await;
    let old_keys = keys().await.expect(200).json();
    setup::delete(domain, &by(&caller), TENANT, &id).await.unwrap();
    not_found(setup::show(domain, TENANT, &id), CURRENT_SETUP);
    not_found(setup::delete(domain, &by(&caller), TENANT, &id).await, SETUP);
    admin.get(&format!("{ADMIN}/servers/{id}")).await.expect(404);
    let states = |with| setup::snapshots(domain, TENANT, &id, ValidAt::Any, with).unwrap().len();
    assert_eq!((states(false), states(true)), (1, 2));
    let deleted = Filter { names: vec!["Shop".to_owned()], with_deleted: true, ..Filter::default() };
    assert_eq!(setup::list(domain, TENANT, &deleted).unwrap().len(), 1);
    assert_eq!(setup::list(domain, TENANT, &Filter { with_deleted: false, ..deleted }).unwrap().len(), 0);
    server.world.advance_seconds(200);
    not_found(setup::show(domain, TENANT, &id), CURRENT_SETUP);

    setup::replace(domain, &by(&caller), TENANT, &id, shop("Again", 300), None).await.unwrap();
    assert_ne!(keys().await.expect(200).json(), old_keys);
    not_found(client::show(domain, TENANT, &id, &entity), CURRENT_CLIENT);
    ask_token(&server, &id, "till", &secret, GRANT).await.expect(401);
    client::replace(domain, &by(&caller), TENANT, &id, &entity, machine("", &["openid"]).named("till"), None, None)
        .await
        .unwrap();
    ask_token(&server, &id, "till", &secret, GRANT).await.expect(401);
    let fresh = client::secret(domain, TENANT, &id, &entity).unwrap().unwrap().expose().to_owned();
    ask_token(&server, &id, "till", &fresh, GRANT).await.expect(200);
}

trait Named {
    fn named(self, name: &str) -> Self;
}

impl Named for SetupClient {
    fn named(self, name: &str) -> SetupClient {
        SetupClient { name: name.to_owned(), ..self }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_of_before_is_worth_nothing_after_its_client_was_deleted_and_came_back() {
    let server = TestServer::start().await;
    let (caller, domain) = (ann(), domain(&server));
    let owned = "a secret that is chosen by its owner";
    let secret = || Some(Secret::new(owned));
    let tool = || machine("tool", &["openid"]);
    let made = client::create(domain, &by(&caller), TENANT, "admin", tool(), secret(), None).await;
    let entity = made.unwrap().0;
    let token = ask_token(&server, "admin", "tool", owned, GRANT).await.expect(200).json();
    let bearer = Caller::new(&server.url).with_token(token["access_token"].as_str().unwrap());
    let path = "/api/admin/default/tenant";
    assert_ne!(bearer.get(path).await.status.as_u16(), 401);
    client::delete(domain, &by(&caller), TENANT, "admin", &entity).await.unwrap();
    bearer.get(path).await.expect(401);
    client::replace(domain, &by(&caller), TENANT, "admin", &entity, tool(), secret(), None).await.unwrap();
    bearer.get(path).await.expect(401);
    ask_token(&server, "admin", "tool", owned, GRANT).await.expect(200);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_secret_is_not_scheduled() {
    let server = TestServer::start().await;
    let (caller, domain) = (ann(), domain(&server));
    let id = make_setup(&server, "Shop", 600).await;
    let (entity, secret) = make_machine(&server, &id, "till", &[]).await;
    let later = async |secret: &str, at| {
        let secret = Some(Secret::new(secret));
        client::replace(domain, &by(&caller), TENANT, &id, &entity, machine("till", &[]), secret, at).await
    };
    let other = "another secret that is long enough";
    match later(other, second(100)).await {
        Err(Failure::Invalid(problems)) => assert_eq!(problems[0].member, "/client_secret"),
        answer => panic!("{answer:?}"),
    }
    later(&secret, second(100)).await.unwrap();
    let public = SetupClient { confidentiality: client::Confidentiality::Public, ..SetupClient::default() };
    let public = SetupClient { name: "till".to_owned(), grant_types: vec!["authorization_code".to_owned()], ..public };
    client::replace(domain, &by(&caller), TENANT, &id, &entity, public, None, second(200)).await.unwrap();
    ask_token(&server, &id, "till", &secret, GRANT).await.expect(200);
    later(other, None).await.unwrap();
    ask_token(&server, &id, "till", &secret, GRANT).await.expect(401);
    ask_token(&server, &id, "till", other, GRANT).await.expect(200);
    server.world.advance_seconds(200);
    ask_token(&server, &id, "till", other, GRANT).await.expect(401);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_scopes_of_a_resource_server_come_and_go_with_its_snapshots() {
    let server = TestServer::start().await;
    let (caller, domain) = (ann(), domain(&server));
    let id = make_setup(&server, "Shop", 600).await;
    let made = resource_server::create(domain, &by(&caller), TENANT, &id, api("Api", &["a", "b"]), None).await.unwrap();
    let (resource, first) = made;
    let replace = async |scopes: &[&str], at| {
        resource_server::replace(domain, &by(&caller), TENANT, &id, &resource, api("Api", scopes), at).await.unwrap()
    };
    let at_100 = replace(&["b", "c"], second(100)).await;
    replace(&["a", "c"], second(200)).await;
    // What is added and taken away now does not reach beyond the next snapshot.
    replace(&["b", "d"], None).await;
    let shown = |at: i64| {
        let at = ValidAt::At(second(at).unwrap());
        let found = resource_server::snapshots(domain, TENANT, &id, &resource, at, false).unwrap();
        names(&found[0].value).join(" ")
    };
    assert_eq!((shown(50), shown(150), shown(250)), ("b d".into(), "b c".into(), "a c".into()));
    assert_eq!(names(&resource_server::snapshot(domain, TENANT, &id, &resource, &first.id).unwrap().value), ["a", "b"]);
    assert_eq!(names(&resource_server::show(domain, TENANT, &id, &resource).unwrap().value), ["b", "d"]);
    resource_server::unschedule(domain, &by(&caller), TENANT, &id, &resource, &at_100.id).await.unwrap();
    assert_eq!((shown(150), shown(250)), ("b d".into(), "a c".into()));

    let taken = resource_server::create(domain, &by(&caller), TENANT, &id, api("Other", &["c"]), None).await;
    assert!(matches!(taken, Err(Failure::Conflict { .. })), "a name is reserved once it is scheduled: {taken:?}");
    make_machine(&server, &id, "till", &["b"]).await;
    server.world.advance_seconds(300);
    assert_eq!(names(&resource_server::show(domain, TENANT, &id, &resource).unwrap().value), ["a", "c"]);
    let other = resource_server::create(domain, &by(&caller), TENANT, &id, api("Other", &["b"]), None).await;
    other.expect("a name is free when its holder has ended");
    let till = client::show(domain, TENANT, &id, &client::entity_id(TENANT, "till")).unwrap();
    assert_eq!(till.value.scopes, [""; 0], "a later scope of the name is given to nobody");

    resource_server::delete(domain, &by(&caller), TENANT, &id, &resource).await.unwrap();
    not_found(resource_server::delete(domain, &by(&caller), TENANT, &id, &resource).await, RESOURCE_SERVER);
    let back = replace(&["a"], None).await;
    assert_eq!(names(&back.value), ["a"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn lists_hold_what_fits_at_an_instant() {
    let server = TestServer::start().await;
    let (caller, domain) = (ann(), domain(&server));
    let noted = |owner: &str, team: &str| Setup {
        owner: owner.to_owned(),
        metadata: vec![Metadata { name: "team".to_owned(), value: team.to_owned(), locale: String::new() }],
        ..shop("Shop", 600)
    };
    let (id, _) = setup::create(domain, &by(&caller), TENANT, noted("ann", "red"), None).await.unwrap();
    setup::replace(domain, &by(&caller), TENANT, &id, noted("bob", "blue"), second(100)).await.unwrap();
    resource_server::create(domain, &by(&caller), TENANT, &id, api("Api", &["read"]), second(50)).await.unwrap();
    let has = |filter: Filter| setup::list(domain, TENANT, &filter).unwrap().iter().any(|(listed, _)| *listed == id);
    let owner = |name: &str| Filter { owners: vec![name.to_owned()], ..Filter::default() };
    let team = |name: &str| Filter { metadata: vec![("team".to_owned(), name.to_owned())], ..Filter::default() };
    let at = |seconds: i64| ValidAt::At(second(seconds).unwrap());
    assert!(has(owner("ann")) && !has(owner("bob")) && has(Filter { valid_at: at(100), ..owner("bob") }));
    assert!(has(team("red")) && !has(team("blue")) && has(Filter { valid_at: ValidAt::Any, ..team("blue") }));
    let both = Filter { metadata: team("red").metadata, valid_at: ValidAt::Any, ..owner("bob") };
    assert!(!has(both), "one state must fit as a whole");
    let reads = |valid_at| Filter { scopes: vec!["read".to_owned()], valid_at, ..Filter::default() };
    assert!(!has(reads(ValidAt::Now)) && has(reads(at(50))) && !has(reads(at(49))));

    make_machine(&server, &id, "till", &["openid"]).await;
    let entity = client::translate(domain, TENANT, &id, "till").unwrap();
    not_found(client::translate(domain, TENANT, &id, "nobody"), CLIENT);
    not_found(client::translate(domain, TENANT, "admin", "till"), CLIENT);
    let clients = |filter: Filter| client::list(domain, TENANT, &id, &filter).unwrap();
    assert_eq!(clients(Filter::default()).len(), 1);
    assert_eq!(clients(Filter { scopes: vec!["openid".to_owned()], ..Filter::default() })[0].0, entity);
    assert!(clients(Filter { scopes: vec!["openid".to_owned(), "email".to_owned()], ..Filter::default() }).is_empty());
    client::delete(domain, &by(&caller), TENANT, &id, &entity).await.unwrap();
    assert!(clients(Filter::default()).is_empty());
    assert!(clients(Filter { with_deleted: true, ..Filter::default() })[0].1.deleted);
    not_found(client::list(domain, TENANT, "nothing", &Filter::default()), SETUP);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_export_has_what_only_setups_say_and_an_import_brings_it_along_or_leaves_it() {
    let (server, other) = (TestServer::start().await, TestServer::start().await);
    let (caller, domain) = (ann(), domain(&server));
    let id = make_setup(&server, "Shop", 600).await;
    let claims = ResourceScope { custom_claims: Some("{}".to_owned()), ..scope("read") };
    let wanted = ResourceServer { uri: Some("urn:api".to_owned()), scopes: vec![claims], ..api("Api", &[]) };
    let (resource, _) = resource_server::create(domain, &by(&caller), TENANT, &id, wanted, None).await.unwrap();
    let noted = SetupClient { access_token_ttl: Some(77), comment: "c".to_owned(), ..machine("till", &["read"]) };
    let (entity, _) = client::create(domain, &by(&caller), TENANT, &id, noted, None, None).await.unwrap();
    let path = "/api/system/configuration";
    let mut document = server.as_setup().get(path).await.expect(200).json();
    let import = async |document: &serde_json::Value| {
        let body = bytes::Bytes::from(document.to_string());
        let caller = other.as_setup();
        caller.send(http::Method::PUT, &format!("{path}?mode=update"), Some("application/json"), body).await
    };
    let same = || {
        let there = super::domain(&other);
        assert_eq!(setup::show(there, TENANT, &id).unwrap().value, setup::show(domain, TENANT, &id).unwrap().value);
        let client = |domain| client::show(domain, TENANT, &id, &entity).unwrap().value;
        assert_eq!(client(there), client(domain));
        let resource = |domain| resource_server::show(domain, TENANT, &id, &resource).unwrap().value;
        assert_eq!(resource(there), resource(domain));
    };
    import(&document).await.expect(204);
    same();
    for list in ["servers", "clients", "services"] {
        for record in document[list].as_array_mut().unwrap() {
            record.as_object_mut().unwrap().remove("setup");
        }
    }
    import(&document).await.expect(204);
    same();
    let server = document["servers"].as_array_mut().unwrap().iter_mut().find(|server| server["id"] == id.as_str());
    server.unwrap()["setup"] = json!({ "scope_policies": { "implicit_flow": "perhaps" } });
    import(&document).await.expect(422);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_store_of_before_files_also_what_has_gone() {
    let server = TestServer::start().await;
    let (admin, caller) = (server.as_admin(), ann());
    make_client(&admin, "default", "stays", &[]).await;
    make_client(&admin, "default", "goes", &[]).await;
    admin.delete(&format!("{ADMIN}/clients/goes")).await.expect(204);
    // As an earlier version has left it.
    let forget = |write: &mut Write<'_>| {
        for id in ["stays", "goes"] {
            index::remove(write, Index::EverOfServer, &[TENANT, "client", "default"], id)?;
            index::remove(write, Index::ClientEntities, &[TENANT, &client::entity_id(TENANT, id)], id)?;
        }
        Ok::<_, StoreError>(())
    };
    domain(&server).store.write_blocking(forget).unwrap();
    not_found(client::translate(domain(&server), TENANT, "default", "stays"), CLIENT);
    let (folder, world) = server.stop().await;
    let server = TestServer::on(folder, world, |_| {}).await;
    let domain = domain(&server);
    let listed = |with_deleted| {
        let filter = Filter { with_deleted, ..Filter::default() };
        let found = client::list(domain, TENANT, "default", &filter).unwrap();
        found.into_iter().map(|(_, state)| state.value.client_id).collect::<Vec<_>>()
    };
    assert_eq!((listed(false), listed(true)), (vec!["stays".to_owned()], vec!["goes".to_owned(), "stays".to_owned()]));
    let entity = client::entity_id(TENANT, "goes");
    client::replace(domain, &by(&caller), TENANT, "default", &entity, machine("goes", &[]), None, None).await.unwrap();
    assert_eq!(listed(false).len(), 2);
}
