//! The way out: whoever connects to the loopback address inside talks to the gateway's Unix socket.
//!
//! Two threads a connection, with small stacks. A task that uses up its processes also cuts itself off: then a
//! connection is closed at once.

use std::io;
use std::net::Ipv4Addr;
use std::net::Shutdown;
use std::net::TcpListener;
use std::net::TcpStream;
use std::os::unix::net::UnixStream;
use std::thread;

use crate::sandbox;
use crate::sandbox::arguments;

/// Starts to listen; returns when connections are taken.
pub fn listen() -> io::Result<()> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, sandbox::GATEWAY_PORT))?;
    start(move || {
        for connection in listener.incoming().flatten() {
            // The failure closes the connection, which is all that can be said to the other side.
            let _ = start(move || forward(connection));
        }
    })
}

fn start(work: impl FnOnce() + Send + 'static) -> io::Result<()> {
    thread::Builder::new().stack_size(128 << 10).spawn(work).map(drop)
}

fn forward(inside: TcpStream) {
    let connected = || -> io::Result<_> {
        let outside = UnixStream::connect(arguments::GATEWAY_SOCKET)?;
        inside.set_nodelay(true)?;
        Ok((inside.try_clone()?, outside.try_clone()?, outside))
    };
    let Ok((mut from_inside, mut to_outside, mut outside)) = connected() else { return };
    let mut to_inside = inside;
    let up = start(move || {
        let _ = io::copy(&mut from_inside, &mut to_outside);
        let _ = to_outside.shutdown(Shutdown::Write);
    });
    if up.is_ok() {
        let _ = io::copy(&mut outside, &mut to_inside);
        let _ = to_inside.shutdown(Shutdown::Write);
    }
}
