//! A story on every database: SQLite always, PostgreSQL when the environment names a server.

use forgehand::config::Settings;
use forgehand::kit::secret::Secret;
use sqlx::AnyConnection;
use sqlx::AssertSqlSafe;
use sqlx::Connection as _;
use sqlx::Executor as _;

use super::World;

/// Plays a story on each database.
pub async fn on_each(story: impl AsyncFn(World)) {
    on_each_with(|_| {}, story).await;
}

/// The same with settings that the story changes.
pub async fn on_each_with(change: impl Fn(&mut Settings), story: impl AsyncFn(World)) {
    story(World::begin_with(&change).await).await;
    #[expect(clippy::disallowed_methods, reason = "tests have no settings; `./check` says it by the environment")]
    let Ok(server) = std::env::var("FORGEHAND_TEST_POSTGRES") else { return };
    let name = format!("forgehand_story_{}", uuid::Uuid::now_v7().as_simple());
    let mut url = url::Url::parse(&server).unwrap();
    url.set_path(&name);
    sqlx::any::install_default_drivers();
    let mut connection = AnyConnection::connect(&server).await.unwrap();
    connection.execute(AssertSqlSafe(format!("create database {name}"))).await.unwrap();
    let database = Secret::new(url.to_string());
    let world = World::begin_with(|settings| {
        change(settings);
        settings.database = Some(database);
    });
    story(world.await).await;
    connection.execute(AssertSqlSafe(format!("drop database {name} with (force)"))).await.unwrap();
}
