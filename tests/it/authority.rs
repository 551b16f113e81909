//! Who may do what: every row of the tables × every role → status, as one table that a reviewer reads.
//!
//! Everything is asked of the tenant `default` and, where a path has one, of its authorization server `shop`.

use std::fmt::Write;

use portcullis::{
    api::{DIALECTS, Row},
    domain::Needs,
};
use serde_json::json;

use crate::{
    support::{
        Caller, TestServer, golden,
        made::{ADMIN, bearer_of, make_client, make_server},
        person::SELF_SERVICE,
    },
    surface::{Surface, decision, talking_to_itself},
};

/// The columns: a heading and who it is.
const ROLES: [&str; 13] = [
    "anonymous",
    "admin",
    "developer",
    "system",
    "gateway",
    "shop",
    "person",
    "setup",
    "demo/admin",
    "demo/system",
    "garbage",
    "expired",
    "deleted",
];

/// The roles that belong to another tenant or to nobody: a row that needs anything of this tenant must refuse them all.
const STRANGERS: [&str; 6] = ["anonymous", "demo/admin", "demo/system", "garbage", "expired", "deleted"];

/// What all callers come from.
struct Cast {
    developer: Caller,
    expired: Caller,
    deleted: Caller,
    shop: Caller,
}

/// Makes the callers. Moves the clock, so that one of them has expired.
async fn cast(server: &TestServer) -> Cast {
    make_server(&server.as_admin(), "shop", json!({})).await;
    let expired = Caller::new(&server.url).with_token(&server.as_admin().token().await.unwrap());
    server.world.advance_seconds(3600);
    let admin = server.as_admin();
    // A client of the admin server, so that its token would open everything if it were still good.
    let gone = make_client(&admin, "admin", "gone", &["evaluate_decisions"]).await;
    let deleted = bearer_of(server, &gone);
    deleted.get(&format!("{ADMIN}/tenant")).await.expect(200);
    admin.delete(&format!("{ADMIN}/clients/gone")).await.expect(204);
    let developer = bearer_of(server, &make_client(&admin, "developer", "ada", &[]).await);
    // It may ask for everything that people do themselves, but nobody has let it.
    let scopes = [&["evaluate_decisions", "openid", "profile"], &SELF_SERVICE[..]].concat();
    let shop = bearer_of(server, &make_client(&admin, "shop", "till", &scopes).await);
    Cast { developer, expired, deleted, shop }
}

fn callers(server: &TestServer, cast: &Cast, surface: &Surface) -> Vec<(&'static str, Caller)> {
    ROLES
        .iter()
        .map(|role| {
            let caller = match *role {
                "anonymous" => server.anonymous(),
                "admin" => server.as_admin(),
                "developer" => cast.developer.clone(),
                "system" => server.as_system(),
                "gateway" => surface.gateway(),
                "shop" => cast.shop.clone(),
                "person" => surface.person(),
                "setup" => server.as_setup(),
                "demo/admin" => server.as_other_admin(),
                "demo/system" => server.as_other_system(),
                "garbage" => Caller::new(&server.url).with_token("garbage"),
                "expired" => cast.expired.clone(),
                "deleted" => cast.deleted.clone(),
                other => panic!("a role without a caller: {other}"),
            };
            (*role, caller)
        })
        .collect()
}

struct Line {
    row: &'static Row,
    statuses: Vec<(&'static str, u16)>,
}

/// Where two long texts part, and a little of both from there.
fn difference(before: &str, now: &str) -> String {
    let same = before.chars().zip(now.chars()).take_while(|(one, other)| one == other).count();
    let around = |text: &str| text.chars().skip(same.saturating_sub(200)).take(500).collect::<String>();
    format!("before …{}…, now …{}…", around(before), around(now))
}

/// Asks every row by every role.
async fn matrix(server: &TestServer) -> Vec<Line> {
    let cast = cast(server).await;
    let mut surface = Surface::make(server, cast.developer.clone()).await;
    let mut lines = Vec::new();
    for row in DIALECTS.iter().flat_map(|dialect| dialect.rows()) {
        let mut statuses = Vec::new();
        let mut before = surface.everything().await;
        // The gateway may be another one since the last row, and gone within this one.
        let callers = callers(server, &cast, &surface);
        for (_, caller) in &callers {
            caller.token().await;
        }
        for (role, caller) in &callers {
            let answer = surface.example(row).of(caller, row).await;
            let status = answer.status.as_u16();
            if answer.status.is_success() && row.needs != Needs::Nothing {
                surface.undo(row).await;
                before = surface.everything().await;
            } else {
                let now = surface.everything().await;
                assert!(
                    before == now,
                    "{} answered {status} to {role} and has changed something: {}",
                    row.id,
                    difference(&before, &now)
                );
            }
            statuses.push((*role, status));
        }
        lines.push(Line { row, statuses });
    }
    lines
}

fn table(lines: &[Line]) -> String {
    let operation = lines.iter().map(|line| line.row.id.len()).max().unwrap_or(0);
    let path = lines.iter().map(|line| line.row.path.len() + 1 + line.row.method.as_str().len()).max().unwrap_or(0);
    let needs_of = |line: &Line| match line.row.needs {
        Needs::System(scope) => format!("System {scope}"),
        Needs::SystemEither(one, other) => format!("System {one} or {other}"),
        Needs::Person(scope) => format!("Person {scope}"),
        needs => format!("{needs:?}"),
    };
    let needs = lines.iter().map(|line| needs_of(line).len()).max().unwrap_or(0);
    let mut text = String::from(
        "Operation × role → status. Asked of the tenant `default` and its server `shop`; a token is asked of its server `admin`\n\
         with the right secret in the form, whoever else the caller says to be.\n\n\
         admin, developer, system, shop: tokens of the servers of that name of the tenant, of machines. gateway: the token of\n\
         a gateway's client of the system server. person: a token of the server shop that a person has let a client have.\n\
         setup: a token of the system tenant. demo/…: tokens of another tenant. deleted: a token of the admin server whose\n\
         client is gone.\n\n",
    );
    let heading: Vec<String> = ROLES.iter().map(|role| format!("{role:>width$}", width = role.len().max(4))).collect();
    writeln!(text, "{:operation$}  {:path$}  {:needs$}  {}", "operation", "request", "needs", heading.join("  "))
        .unwrap();
    for line in lines {
        let Line { row, statuses } = line;
        let request = format!("{} {}", row.method, row.path);
        let cells: Vec<String> =
            statuses.iter().map(|(role, status)| format!("{status:>width$}", width = role.len().max(4))).collect();
        writeln!(text, "{:operation$}  {request:path$}  {:needs$}  {}", row.id, needs_of(line), cells.join("  "))
            .unwrap();
    }
    text
}

#[tokio::test(flavor = "multi_thread")]
async fn every_operation_by_every_role() {
    let server = talking_to_itself().await;
    let lines = matrix(&server).await;

    for Line { row, statuses } in lines.iter().filter(|line| line.row.needs != Needs::Nothing) {
        // Where the path names no tenant, everybody is at home in their own.
        let at_home =
            |role: &str| role.starts_with("demo/") && matches!(row.needs, Needs::Account | Needs::Administrator);
        let setup = |role: &str| role == "setup" && !matches!(row.needs, Needs::Setup | Needs::Account);
        let stranger = |role: &str| (STRANGERS.contains(&role) && !at_home(role)) || setup(role);
        for (role, status) in statuses.iter().filter(|(role, _)| stranger(role)) {
            assert!(
                [401, 403].contains(status),
                "{} answers {status} to {role}, who has no business in this tenant",
                row.id
            );
        }
    }
    golden::check("authority.txt", &table(&lines));
}

/// Refused evaluations leave no trace in the log: nobody decided anything.
#[tokio::test(flavor = "multi_thread")]
async fn what_was_refused_was_not_decided() {
    let server = TestServer::start().await;
    let cast = cast(&server).await;
    let surface = Surface::make(&server, cast.developer.clone()).await;
    let row = DIALECTS.iter().flat_map(|dialect| dialect.rows()).find(|row| row.id == "evaluate").unwrap();
    for (role, caller) in callers(&server, &cast, &surface) {
        let status = surface.example(row).of(&caller, row).await.status;
        assert_eq!(status == 200, ["system", "shop"].contains(&role), "{role} got {status}");
    }
    decision(&server).await;
    let decisions = server.as_admin().get(&format!("{ADMIN}/decisions")).await.expect(200).json();
    let mut callers: Vec<&str> =
        decisions["decisions"].as_array().unwrap().iter().map(|one| one["caller"].as_str().unwrap()).collect();
    callers.sort_unstable();
    // The surface has one decision in the log, and one about the application it makes; this test has another.
    let (system, setup) = ("default/system/system", "system/system/setup");
    assert_eq!(callers, ["default/shop/till", system, system, system, setup]);
}
