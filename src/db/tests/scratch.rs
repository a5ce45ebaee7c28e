//! Fresh, migrated databases for tests: one on SQLite always, one on PostgreSQL when `FORGEHAND_TEST_POSTGRES` names a
//! server, which `./check` always does.
//!
//! ```ignore
//! #[tokio::test]
//! async fn a_name_is_taken_once() {
//!     scratch::on_each_engine(async |db| { … }).await;
//! }
//! ```

use sqlx::AnyConnection;
use sqlx::AssertSqlSafe;
use sqlx::Connection as _;
use sqlx::Executor as _;

use crate::db::Db;

/// Runs a test against each engine in turn, each time on an empty database.
pub async fn on_each_engine(test: impl AsyncFn(Db)) {
    let directory = tempfile::tempdir().expect("a directory for SQLite");
    let db = Db::open_in(directory.path()).await.expect("SQLite opens");
    db.migrate().await.expect("SQLite migrates");
    test(db.clone()).await;
    db.close().await;

    let Some(server) = postgres() else { return };
    let name = format!("forgehand_test_{}", uuid::Uuid::now_v7().as_simple());
    run(&server, format!("create database {name}")).await;
    let db = Db::open(&at(&server, &name)).await.expect("PostgreSQL opens");
    db.migrate().await.expect("PostgreSQL migrates");
    test(db.clone()).await;
    db.close().await;
    run(&server, format!("drop database {name} with (force)")).await;
}

/// Where a PostgreSQL server is, whose user may make databases.
#[expect(clippy::disallowed_methods, reason = "tests have no settings; `./check` says it by the environment")]
fn postgres() -> Option<String> {
    std::env::var("FORGEHAND_TEST_POSTGRES").ok().filter(|url| !url.is_empty())
}

/// The server's URL with another database in it.
fn at(server: &str, name: &str) -> String {
    let mut url = url::Url::parse(server).expect("FORGEHAND_TEST_POSTGRES is a URL");
    url.set_path(name);
    url.to_string()
}

async fn run(server: &str, statement: String) {
    sqlx::any::install_default_drivers();
    let mut connection = AnyConnection::connect(server).await.expect("FORGEHAND_TEST_POSTGRES answers");
    connection.execute(AssertSqlSafe(statement)).await.expect("the test's user may make databases");
    connection.close().await.ok();
}
