//! A database on the PostgreSQL that the tests are given, if they are given one.

use sqlx::AnyConnection;
use sqlx::AssertSqlSafe;
use sqlx::Connection as _;
use sqlx::Executor as _;

/// Plays a story on a database of its own; without a PostgreSQL, plays nothing.
pub async fn on_postgres<F: Future<Output = ()>>(story: impl FnOnce(String) -> F) {
    #[expect(clippy::disallowed_methods, reason = "tests have no settings; `./check` says it by the environment")]
    let Ok(server) = std::env::var("FORGEHAND_TEST_POSTGRES") else { return };
    let name = format!("forgehand_story_{}", uuid::Uuid::now_v7().as_simple());
    let mut url = url::Url::parse(&server).unwrap();
    url.set_path(&name);
    sqlx::any::install_default_drivers();
    let mut connection = AnyConnection::connect(&server).await.unwrap();
    connection.execute(AssertSqlSafe(format!("create database {name}"))).await.unwrap();
    story(url.to_string()).await;
    connection.execute(AssertSqlSafe(format!("drop database {name} with (force)"))).await.unwrap();
}
