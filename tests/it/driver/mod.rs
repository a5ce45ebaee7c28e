//! Drives a whole server through its public doors: `git` over HTTP, the forge's API, the agents' API.
//!
//! [`World`] is a server in this process on a port of its own, with a clock that stands still and workers that a story
//! steps. Only people and their tokens are made behind the doors. When it is dropped, its queues must be empty. [`forgehand`] is the same program as a process, and [`Demo`]
//! its demonstration, which a story may kill.
//! [`scripts`] holds the rules and stacks that stories begin with.

mod browser;
mod clone;
mod databases;
mod demo;
mod ending;
mod hooks;
mod panics;
mod people;
mod postgres;
mod program;
mod receiver;
pub mod scripts;
mod server;
mod tool_server;
mod world;

pub use browser::Browser;
pub use browser::hidden;
pub use clone::Clone;
pub use databases::on_each;
pub use databases::on_each_with;
pub use demo::Demo;
pub use postgres::on_postgres;
pub use program::forgehand;
pub use receiver::Came;
pub use receiver::Receiver;
pub use server::Gone;
pub use server::Server;
pub use tool_server::ToolServer;
pub use world::REPO;
pub use world::Told;
pub use world::World;

use forgehand::kit::secret::Secret;
use forgehand::models;
use forgehand::models::ModelProfile;
use forgehand::models::Protocol;

/// A model profile for agents that never ask their model.
pub fn model() -> ModelProfile {
    ModelProfile {
        name: "default".into(),
        protocol: Protocol::Openai,
        url: "http://127.0.0.1:9/v1".parse().unwrap(),
        key: Secret::new(String::new()),
        model: "silent".into(),
        price: None,
        limits: models::Limits::default(),
    }
}
