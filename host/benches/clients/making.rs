//! Makes many clients, some connections at once, so that they share the waits for the disk.

use std::{ops::Range, thread};

use serde_json::json;

use crate::{line::Line, setup::Admin};

/// Connections that make clients at the same time.
pub(crate) const CONNECTIONS: usize = 32;

/// The id of client `number`.
pub(crate) fn id(number: usize) -> String {
    format!("client-{number:06}")
}

/// Its body, as createClient and updateClient take it.
pub(crate) fn body(number: usize, description: &str) -> String {
    json!({
        "client_id": id(number), "authorization_server_id": "default", "client_name": format!("Client {number}"),
        "description": description, "grant_types": ["client_credentials"], "response_types": [], "scopes": ["email"],
    })
    .to_string()
}

/// Makes the clients of these numbers.
pub(crate) fn make(admin: &Admin, numbers: Range<usize>) {
    thread::scope(|scope| {
        for first in 0..CONNECTIONS {
            let numbers = numbers.clone().skip(first).step_by(CONNECTIONS);
            scope.spawn(move || {
                let headers = [("content-type", "application/json"), ("authorization", admin.authorization.as_str())];
                let mut line = Line::new(admin.address);
                for number in numbers {
                    line.json(201, "POST", "/api/admin/default/clients", &headers, &body(number, "made"));
                }
            });
        }
    });
}
