//! Lists all clients and watches the answer arrive.

use std::{
    io::{Read, Write},
    net::TcpStream,
};

use portcullis::world::Stopwatch;

use crate::{line, setup::Admin};

/// One listing.
pub(crate) struct Listing {
    /// Until the last byte.
    pub(crate) seconds: f64,
    /// Until the first one.
    pub(crate) first_byte: f64,
    /// Bytes of head and body.
    pub(crate) bytes: usize,
    /// Clients in it.
    pub(crate) clients: usize,
}

/// Reads the list to its end.
pub(crate) fn list(admin: &Admin) -> Listing {
    let headers = [("authorization", admin.authorization.as_str()), ("connection", "close")];
    let request = line::request(admin.address, "GET", "/api/admin/default/servers/default/clients", &headers, "");
    let mut stream = TcpStream::connect(admin.address).unwrap();
    let watch = Stopwatch::start();
    stream.write_all(&request).unwrap();
    let (mut bytes, mut piece, mut first_byte) = (Vec::new(), vec![0; 64 << 10], None);
    loop {
        let length = stream.read(&mut piece).unwrap();
        first_byte.get_or_insert_with(|| watch.elapsed().as_secs_f64());
        if length == 0 {
            break;
        }
        bytes.extend_from_slice(piece.get(..length).unwrap());
    }
    let seconds = watch.elapsed().as_secs_f64();
    assert!(bytes.starts_with(b"HTTP/1.1 200"), "the list is answered");
    assert!(bytes.ends_with(b"0\r\n\r\n") || bytes.ends_with(b"]}"), "the list has an end");
    let found = |needle: &[u8]| bytes.windows(needle.len()).filter(|window| *window == needle).count();
    let clients = found(br#""client_name":"Client "#);
    Listing { seconds, first_byte: first_byte.unwrap_or_default(), bytes: bytes.len(), clients }
}
