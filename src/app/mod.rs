//! Builds the engine from settings, mounts the doors, and runs both until told to stop.
//!
//! Who is who: [`build`] makes the engine: directories, keys, migrations, every room's handle. [`App::start`] listens
//! first, answers `/healthz` at once and everything else with 503 until the engine is there, then mounts the doors and
//! starts the background tasks. [`App::stop`] ends both in order.
//!
//! Knows every room and decides nothing. A new door is a line in `doors.rs`.

mod build;

mod doors;

mod metrics;

mod server;

pub use build::build;
pub use build::data_directory;
pub use build::database;
pub use server::App;
