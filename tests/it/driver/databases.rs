//! A story on every database: SQLite always, PostgreSQL when the environment names a server.

use sqlx::AnyConnection;
use sqlx::AssertSqlSafe;
use sqlx::Connection as _;
use sqlx::Executor as _;

use super::World;

/// Plays a story on each database.
pub async fn on_each(story: impl AsyncFn(World)) {
    story(World::begin().await).await;
    #[expect(clippy::disallowed_methods, reason = "tests have no settings; `./check` says it by the environment")]
    let Ok(server) = std::env::var("FORGEHAND_TEST_POSTGRES") else { return };
    let name = format!("forgehand_story_{}", uuid::Uuid::now_v7().as_simple());
    let mut url = url::Url::parse(&server).unwrap();
    url.set_path(&name);
    sqlx::any::install_default_drivers();
    let mut connection = AnyConnection::connect(&server).await.unwrap();
    connection.execute(AssertSqlSafe(format!("create database {name}"))).await.unwrap();
    story(World::begin_on(Some(url.to_string())).await).await;
    connection.execute(AssertSqlSafe(format!("drop database {name} with (force)"))).await.unwrap();
}
