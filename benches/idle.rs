//! What the server costs when nobody does anything: how soon it is ready, what it holds in memory, how big it is.

use std::fs;
use std::thread;
use std::time::Duration;

use crate::figure::Figure;
use crate::server;
use crate::server::Server;

const RUNS: usize = 7;

/// Starts on an empty directory, which includes migrations and keys, and then again on the directory as it was left.
pub fn measure() -> anyhow::Result<Vec<Figure>> {
    let mut first = Vec::new();
    let mut again = Vec::new();
    let mut resident = Vec::new();
    for _ in 0..RUNS {
        let home = tempfile::tempdir()?;
        let data = home.path().join("data");
        first.push(Server::forgehand(&data, &[])?.ready_after.as_secs_f64() * 1000.0);
        let server = Server::forgehand(&data, &[])?;
        again.push(server.ready_after.as_secs_f64() * 1000.0);
        // Its periodic work has come round once by then.
        thread::sleep(Duration::from_secs(2));
        resident.push(server.resident()?);
    }
    let bytes = fs::metadata(server::BINARY)?.len();
    Ok(vec![
        Figure::median("ready on an empty directory", "ms", first),
        Figure::median("ready again", "ms", again),
        Figure::median("resident", "MiB", resident),
        #[expect(clippy::cast_precision_loss, reason = "no binary has 2^52 bytes")]
        Figure::once("release binary", "MiB", bytes as f64 / 1024.0 / 1024.0),
    ])
}
