//! Numbered files in `migrations/`, each applied once in a transaction of its own.

use rust_embed::RustEmbed;
use sqlx::AnyPool;
use sqlx::AssertSqlSafe;
use sqlx::SqlSafeStr as _;
use sqlx::migrate::Migration;
use sqlx::migrate::MigrationType;
use sqlx::migrate::Migrator;

use crate::db::dialect::Engine;
use crate::kit::Error;
use crate::kit::Result;
use crate::kit::error::Context as _;

#[derive(RustEmbed)]
#[folder = "migrations"]
struct Files;

/// Applies what is missing.
pub async fn run(engine: Engine, pool: &AnyPool) -> Result<()> {
    let mut migrations = Vec::new();
    for name in Files::iter() {
        migrations.push(read(engine, &name)?);
    }
    Migrator::with_migrations(migrations).run(pool).await.context("Cannot migrate the database")
}

fn read(engine: Engine, name: &str) -> Result<Migration> {
    let wrong = || Error::internal(format!("The migration `{name}` is not named like `0001_what_it_does.sql`"));
    let (number, title) = name.trim_end_matches(".sql").split_once('_').ok_or_else(wrong)?;
    let version = number.parse().map_err(|_| wrong())?;
    let file = Files::get(name).ok_or_else(wrong)?;
    let text = String::from_utf8_lossy(&file.data).replace("BYTES", engine.bytes());
    let sql = AssertSqlSafe(text).into_sql_str();
    Ok(Migration::new(version, title.replace('_', " ").into(), MigrationType::Simple, sql, false))
}
